"""Checkpoints: drawn with the first lease, issued by a live beat, answered once. Knows no web, no clock; never commits.

Where they lie stands in `Watch.waiting` and is never sent; every time one is shown is a row of its own.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from interview import audit
from interview.access import Actor
from interview.errors import Conflict, Gone, NotFound, Refusal, TooMany
from interview.hiring import service as hiring
from interview.hiring.models import Application
from interview.hiring.rules import Stage
from interview.watch.models import Allowance, CheckpointIssue, Lease, MaterialVersion, Watch, WatchBudget
from interview.watch.rules import checkpoints as rules
from interview.watch.rules.checkpoints import Answer, Ask, ContentQuestion
from interview.watch.rules.completion import Progress
from interview.watch.rules.credit import RATE
from interview.watch.rules.material import Accommodation
from interview.watch.rules.ranges import Range, Ranges, decode, encode

CHANCE: Random = secrets.SystemRandom()
CLOSED = "Your part in this application has ended, so nothing more is recorded."
UNKNOWN = "There is no such question here. Go on watching: the next one comes by itself."
Questions = Callable[[Session, int, Range], Sequence[ContentQuestion]]
_questions: list[Questions] = []


def asks_about(source: Questions) -> Questions:
    """Register where questions about a part of a material come from: (session, material_id, part) -> questions."""
    _questions.append(source)
    return source


@dataclass(frozen=True)
class Answered:
    """What became of an answer at a checkpoint, and where the candidate stands now."""

    answer: Answer
    check_count: int
    waiting: Ranges
    progress: Progress
    replay_ms: int | None  # after a wrong answer about the content: where to go back to

    def as_json(self) -> dict[str, Any]:
        """Return the answer's fields."""
        return {
            "right": self.answer is Answer.RIGHT,
            "checks": self.check_count,
            "confirmed": self.check_count - len(self.waiting),
            "replay_ms": self.replay_ms,
            "pct": self.progress.pct,
            "done": self.progress.done,
        }


def draw(session: Session, row: Watch, version: MaterialVersion, application_id: int) -> None:
    """Draw the checkpoints of a candidate's first session with a version; none where it counts as done already."""
    if row.done_at is None:
        film = version.film
        drawn = rules.draw(film.duration_ms, film.excluded, CHANCE)
        asked, waived = rules.split(drawn, allowance_of(session, application_id))
        row.waiting, row.waived, row.check_count = encode(asked), encode(waived), len(asked)


def issue(
    session: Session, lease_id: str, at_ms: int, duration_ms: int, *, age_ms: int, now: datetime
) -> dict[str, Any] | None:
    """Return what to show at a checkpoint that is due: the one shown already, else a fresh one; None while it rests."""
    lease = session.get_one(Lease, lease_id)
    number = rules.chunk_number(at_ms, duration_ms)
    earlier = _issues(session, lease, at_ms)
    shown = earlier[-1] if earlier else None
    if shown is not None and shown.answered_ms is None and shown.lease_id == lease.id and not _is_over(shown, age_ms):
        return _as_json(shown, number, age_ms)
    wrong = [one.answered_ms or 0 for one in earlier if one.is_right is False]
    if rules.pause_left_ms(wrong, age_ms) or _is_replaying(shown, age_ms):
        return None
    asked = _ask(session, lease, at_ms)
    allowance = allowance_of(session, lease.application_id)
    fresh = CheckpointIssue(
        id=secrets.token_urlsafe(16),
        candidate_id=lease.candidate_id,
        material_id=lease.material_id,
        material_version=lease.material_version,
        at_ms=at_ms,
        lease_id=lease.id,
        kind=asked.kind.value,
        prompt=asked.prompt,
        options=list(asked.options),
        right=asked.right,
        question_id=asked.question_id,
        issued_at=now,
        issued_ms=age_ms,
        ttl_ms=None if allowance is Accommodation.NO_TIMER else rules.TTL_MS,
    )
    session.add(fresh)
    session.flush()
    return _as_json(fresh, number, age_ms)


def answer(
    session: Session, actor: Actor, budget: WatchBudget, lease_id: str, issue_id: str, chosen: object, *, now: datetime
) -> Answered | Refusal:
    """Judge an answer, once; the caller has locked the budget and brought it to now.

    `chosen` is an option's index or its text. Returns a refusal that leaves a mark (expired, the tenth wrong answer).
    Raises NotFound (unknown, foreign), Conflict (superseded lease, used), Gone, TooMany (too many were wrong).
    """
    lease = session.get(Lease, lease_id)
    shown = session.get(CheckpointIssue, issue_id)
    if lease is None or shown is None or lease.candidate_id != actor.candidate_id or shown.lease_id != lease.id:
        raise NotFound(UNKNOWN, reason="not_found")
    if budget.lease_id != lease.id:
        raise Conflict("You went on watching elsewhere. Answer the question there.", reason="superseded")
    row = session.get_one(
        Watch, (lease.candidate_id, lease.material_id, lease.material_version), populate_existing=True
    )
    version = version_of(session, lease)
    check_open(session, lease, version)
    duration_ms, waiting = version.film.duration_ms, decode(row.waiting)
    earlier = _issues(session, lease, shown.at_ms)
    wrong = [one.answered_ms or 0 for one in earlier if one.is_right is False]
    if left_ms := rules.pause_left_ms(wrong, budget.age_ms):
        raise _too_many(left_ms)
    if shown.answered_ms is not None:
        raise Conflict("This question was answered already. Go on watching.", reason="used")
    place = chosen if type(chosen) is int else shown.options.index(chosen) if chosen in shown.options else -1
    verdict = rules.judge(shown.right, place, issued_ms=shown.issued_ms, ttl_ms=shown.ttl_ms, age_ms=budget.age_ms)
    shown.answered_at, shown.answered_ms = now, budget.age_ms
    if verdict is Answer.EXPIRED:
        return Gone("The time for this question is over. Nothing is lost: it comes again.", reason="expired")
    shown.is_right = verdict is Answer.RIGHT
    if verdict is Answer.RIGHT:
        chunk = rules.chunk_number(shown.at_ms, duration_ms)  # the positions may have been drawn anew meanwhile
        waiting = tuple(one for one in waiting if rules.chunk_number(one[1], duration_ms) != chunk)
        row.waiting = encode(waiting)
    progress = Progress.of(version.film, decode(row.covered), was_done=row.done_at is not None, waiting=bool(waiting))
    if progress.done:
        complete(session, actor, row, lease.application_id, progress, now=now)
    if verdict is Answer.WRONG and (left_ms := rules.pause_left_ms([*wrong, budget.age_ms], budget.age_ms)):
        return _too_many(left_ms)
    replay_ms = (
        max(0, shown.at_ms - rules.REPLAY_MS) if verdict is Answer.WRONG and shown.kind == Ask.QUESTION else None
    )
    return Answered(verdict, row.check_count, waiting, progress, replay_ms)


def complete(
    session: Session, actor: Actor, row: Watch, application_id: int, progress: Progress, *, now: datetime
) -> None:
    """Write, once, that material was completed, and let the preparation move on."""
    if row.done_at is not None:
        return
    row.done_at = now
    session.flush()
    hiring.preparation_moved(session, application_id, now=now)
    audit.record(
        session,
        actor,
        "watch:completed",
        "material",
        row.material_id,
        {"version": row.material_version, "covered_ms": progress.covered_ms},
        now=now,
    )


# -- accommodations ------------------------------------------------------------------------------------------------


def allowance_of(session: Session, application_id: int) -> Accommodation | None:
    """Return the accommodation of an application, if it has one."""
    found = session.get(Allowance, application_id)
    return None if found is None else Accommodation(found.kind)


def set_allowance(
    session: Session, actor: Actor, application: Application, kind: Accommodation | None, *, now: datetime
) -> None:
    """Give an application an accommodation, or take it back; checkpoints not confirmed yet are drawn anew under it."""
    session.scalar(
        select(WatchBudget).where(WatchBudget.candidate_id == application.candidate_id).with_for_update()
    )  # no beat meanwhile
    before = session.get(Allowance, application.id)
    if (before and Accommodation(before.kind)) == kind:
        return
    if before is not None:
        session.delete(before)
        session.flush()
    if kind is not None:
        assert actor.person_id is not None
        session.add(Allowance(application_id=application.id, kind=kind, granted_by_id=actor.person_id, granted_at=now))
        session.flush()
    rows = session.execute(
        select(Watch, MaterialVersion)
        .join(
            MaterialVersion,
            (MaterialVersion.material_id == Watch.material_id) & (MaterialVersion.number == Watch.material_version),
        )
        .where(
            Watch.candidate_id == application.candidate_id,
            Watch.done_at.is_(None),
            MaterialVersion.material.has(job_id=application.job_id),
        )
    ).all()
    for row, version in rows:
        _redraw(session, row, version, kind)
        progress = Progress.of(version.film, decode(row.covered), waiting=bool(row.waiting))
        if progress.done:
            complete(session, actor, row, application.id, progress, now=now)
    audit.record(
        session,
        actor,
        "watch:accommodation-set",
        "application",
        application.id,
        {"kind": kind.value if kind else "standard"},
        now=now,
    )


def _redraw(session: Session, row: Watch, version: MaterialVersion, kind: Accommodation | None) -> None:
    film = version.film
    confirmed = set(
        session.scalars(
            select(CheckpointIssue.at_ms).where(
                CheckpointIssue.candidate_id == row.candidate_id,
                CheckpointIssue.material_id == row.material_id,
                CheckpointIssue.material_version == row.material_version,
                CheckpointIssue.is_right.is_(True),
            )
        )
    )
    chunks = {rules.chunk_number(at_ms, film.duration_ms) for at_ms in confirmed}
    drawn = rules.draw(film.duration_ms, film.excluded, CHANCE)
    asked, waived = (
        tuple(one for one in some if rules.chunk_number(one[1], film.duration_ms) not in chunks)
        for some in rules.split(drawn, kind)
    )
    row.waiting, row.waived, row.check_count = encode(asked), encode(waived), len(asked) + len(chunks)


# -- inside --------------------------------------------------------------------------------------------------------


def _issues(session: Session, lease: Lease, at_ms: int) -> Sequence[CheckpointIssue]:
    """Return how often a candidate's checkpoint was shown, oldest first."""
    return session.scalars(
        select(CheckpointIssue)
        .where(
            CheckpointIssue.candidate_id == lease.candidate_id,
            CheckpointIssue.material_id == lease.material_id,
            CheckpointIssue.material_version == lease.material_version,
            CheckpointIssue.at_ms == at_ms,
        )
        .order_by(CheckpointIssue.issued_ms, CheckpointIssue.id)
    ).all()


def _ask(session: Session, lease: Lease, at_ms: int) -> rules.Asked:
    asked = set(
        session.scalars(
            select(CheckpointIssue.question_id).where(
                CheckpointIssue.candidate_id == lease.candidate_id, CheckpointIssue.material_id == lease.material_id
            )
        )
    )
    found = [
        one
        for source in _questions
        for one in source(session, lease.material_id, rules.about(at_ms))
        if one.question_id not in asked
    ]
    return rules.question(CHANCE.choice(found), CHANCE) if found else rules.word(CHANCE)


def _is_over(shown: CheckpointIssue, age_ms: int) -> bool:
    return shown.ttl_ms is not None and age_ms - shown.issued_ms > shown.ttl_ms


def _is_replaying(shown: CheckpointIssue | None, age_ms: int) -> bool:
    """Say whether the last minute is still being shown again after a wrong answer about the content."""
    if shown is None or shown.is_right is not False or shown.kind != Ask.QUESTION:
        return False
    return age_ms - (shown.answered_ms or 0) < rules.REPLAY_MS // RATE


def _as_json(shown: CheckpointIssue, number: int, age_ms: int) -> dict[str, Any]:
    left_ms = None if shown.ttl_ms is None else shown.ttl_ms - (age_ms - shown.issued_ms)
    return {
        "n": number,
        "id": shown.id,
        "kind": shown.kind,
        "prompt": shown.prompt,
        "options": shown.options,
        "ttl_s": None if left_ms is None else max(0, left_ms // 1000),
    }


def _too_many(left_ms: int) -> TooMany:
    minutes = math.ceil(left_ms / 60_000)
    return TooMany(
        f"That were many wrong answers. Go on with other parts, and come back to this one in {minutes} minutes.",
        retry_after_s=math.ceil(left_ms / 1000),
        reason="too_many_wrong",
    )


def version_of(session: Session, lease: Lease) -> MaterialVersion:
    """Return the version that a session is about."""
    return session.scalars(
        select(MaterialVersion).where(
            MaterialVersion.material_id == lease.material_id, MaterialVersion.number == lease.material_version
        )
    ).one()


def check_open(session: Session, lease: Lease, version: MaterialVersion) -> None:
    """Refuse what comes for material that was replaced or withdrawn, or after the decision. Raises Gone."""
    material = version.material
    if material.withdrawal is not None or material.ready_number != version.number:
        raise Gone("This version was replaced or withdrawn.", reason="closed")
    if session.get_one(Application, lease.application_id).stage == Stage.DECIDED:
        raise Gone(CLOSED, reason="closed")
