"""What home and board show: one page of applications with what every room below knows of them, in constant queries.

Writes nothing; knows no web and no clock.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from interview.access import Actor, Role
from interview.errors import Invalid
from interview.hiring import service as hiring
from interview.hiring.models import Application, Candidate, Interview
from interview.hiring.rules import STAGES, Stage
from interview.prep import service as prep
from interview.scorecard import service as scorecard

PAGE_ROWS = 50
TASKS_MAX = 20


@dataclass(frozen=True)
class Cursor:
    """Where the next page begins: after this activity and application id."""

    active_at: datetime
    application_id: int

    def word(self) -> str:
        """Return the cursor as one URL-safe word."""
        said = f"{int(self.active_at.timestamp() * 1_000_000)}.{self.application_id}"
        return base64.urlsafe_b64encode(said.encode()).decode().rstrip("=")


def read_cursor(word: str) -> Cursor:
    """Read a cursor. Raises Invalid for a word that is none."""
    try:
        said = base64.urlsafe_b64decode(word + "=" * (-len(word) % 4)).decode()
        at, application_id = (int(part) for part in said.split("."))
        return Cursor(datetime.fromtimestamp(at / 1_000_000, UTC), application_id)
    except (ValueError, binascii.Error, OverflowError, OSError):
        raise Invalid("The link to this page of the board is broken. Start at the board's first page.") from None


@dataclass(frozen=True)
class Row:
    """One application on the board. `prep` is None where it is sealed from the reader for now."""

    application: Application
    prep: prep.Progress | None
    interview: Interview | None
    scorecards: scorecard.Progress


@dataclass(frozen=True)
class Board:
    """One page of a job's board."""

    rows: Sequence[Row]
    counts: dict[Stage, int]
    next_word: str | None

    @property
    def total_count(self) -> int:
        """Return how many applications the job has."""
        return sum(self.counts.values())


def board(
    session: Session,
    actor: Actor,
    job_id: int,
    *,
    stage: Stage | None = None,
    text: str = "",
    after: Cursor | None = None,
    now: datetime,
) -> Board:
    """Return a page of the board, the latest activity first; the number of queries does not depend on its size."""
    query = (
        select(Application)
        .join(Application.candidate)
        .options(contains_eager(Application.candidate))
        .where(Application.job_id == job_id)
        .order_by(Application.active_at.desc(), Application.id.desc())
        .limit(PAGE_ROWS + 1)
    )
    if stage is not None:
        query = query.where(Application.stage == stage)
    if text:
        pattern = "%" + text.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        query = query.where(
            or_(
                func.lower(Candidate.name).like(pattern, escape="\\"),
                func.lower(Candidate.email).like(pattern, escape="\\"),
            )
        )
    if after is not None:
        earlier = and_(Application.active_at == after.active_at, Application.id < after.application_id)
        query = query.where(or_(Application.active_at < after.active_at, earlier))
    found = list(session.scalars(query))
    shown, more = found[:PAGE_ROWS], len(found) > PAGE_ROWS
    last = shown[-1] if shown else None
    return Board(
        rows=_rows(session, actor, shown, now),
        counts=hiring.stage_counts(session, [job_id])[job_id],
        next_word=Cursor(last.active_at, last.id).word() if more and last else None,
    )


def _rows(session: Session, actor: Actor, applications: Sequence[Application], now: datetime) -> list[Row]:
    ids = [one.id for one in applications]
    interviews = hiring.interviews_of(session, ids)
    progress = prep.progress_of(session, ids)
    cards = scorecard.progress_of(session, ids, now=now)
    sealed = scorecard.owed_among(session, actor, ids)
    return [
        Row(
            application=one,
            prep=None if one.id in sealed else progress[one.id],
            interview=interviews[one.id][-1] if interviews[one.id] else None,
            scorecards=cards[one.id],
        )
        for one in applications
    ]


@dataclass(frozen=True)
class TeamTasks:
    """What waits for the hiring manager: whom to decide about, which pitches have no transcript yet."""

    to_decide: Sequence[Application]
    without_transcript: Sequence[Interview]

    def __bool__(self) -> bool:
        return bool(self.to_decide or self.without_transcript)


def team_tasks(session: Session, actor: Actor, *, now: datetime) -> TeamTasks:
    """Return what waits on the jobs whose hiring manager the actor is, the longest waiting first, in two queries."""
    own = [job_id for job_id, role in actor.memberships if role is Role.HIRING_MANAGER]
    asked = [joinedload(Application.candidate), joinedload(Application.job)]
    to_decide = session.scalars(
        select(Application)
        .where(Application.job_id.in_(own), Application.stage == Stage.SCORED)
        .options(*asked)
        .order_by(Application.active_at, Application.id)
        .limit(TASKS_MAX)
    )
    unread = session.scalars(
        select(Interview)
        .join(Interview.application)
        .where(
            Application.job_id.in_(own),
            Application.stage.in_(STAGES[: STAGES.index(Stage.PITCHED)]),
            Interview.ends_at <= now,
        )
        .options(contains_eager(Interview.application).options(*asked))
        .order_by(Interview.ends_at, Interview.id)
        .limit(TASKS_MAX)
    )
    return TeamTasks(tuple(to_decide), tuple(unread))
