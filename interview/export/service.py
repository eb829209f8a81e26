"""Use cases of exports: write a job's tables into a file, as much as the exporter may read, and keep who took what.

What takes too long for a page is made by a worker. Knows no web and no clock."""

from __future__ import annotations

import errno
import re
import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from tempfile import TemporaryFile
from typing import Any, BinaryIO

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from interview import audit, jobs
from interview.access import Actor, Place, Role, Verdict, decide
from interview.errors import NotFound, StorageFull
from interview.export import queries
from interview.export.models import ExportOrder
from interview.export.rules import tables
from interview.export.rules.cells import instant
from interview.export.rules.files import SUFFIX, About, Format, table_file
from interview.export.rules.tables import Table
from interview.export.rules.xapi import StatementArray, Subject, Verb, statements
from interview.hiring import service as hiring
from interview.hiring.models import Application, Job
from interview.hiring.rules import Stage
from interview.people.models import Person
from interview.ports import Doors
from interview.rubric import service as rubric

LARGE_FROM = 1_000  # applications; about ten seconds of work
KEPT = timedelta(days=1)
FILE_LIMIT_BYTES = 4_000_000_000


@dataclass(frozen=True)
class Wish:
    """What is to be exported: as which kind of file, and the stages of the candidates (none: all)."""

    format: Format
    stages: tuple[Stage, ...] = ()

    @property
    def filter_words(self) -> str:
        """Say which candidates are in it."""
        return ", ".join(self.stages) if self.stages else "all stages"


@dataclass(frozen=True)
class Made:
    """A written export: its number and the rows of each table, or the statements of each verb."""

    number: str
    row_counts: dict[str, int]


def new_number() -> str:
    """Return a number that names one export, in the file and in the audit trail."""
    return secrets.token_hex(6)


def file_name(title: str, wish: Wish, *, now: datetime) -> str:
    """Return what the file is called: product, job and day."""
    slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60] or "job"
    return f"pitchproof-{slug}-{now:%Y-%m-%d}.{SUFFIX[wish.format]}"


def eyes_for(session: Session, job_id: int, *, email: str | None = None) -> Actor:
    """Return as whom the command line exports: a person of the job's team, by default its hiring manager.

    What is sealed for that person is not in the file. Raises NotFound where there is no such person."""
    for member in hiring.team(session, hiring.job(session, job_id).id):
        wanted = member.person.email.lower() == email.lower() if email else member.role == Role.HIRING_MANAGER
        if wanted:
            return hiring.actor_of(session, member.person)
    if email:
        raise NotFound(f"{email} is not on this job's hiring team.")
    raise NotFound("This job has no hiring manager: name somebody of its team with --as.")


def make(
    session: Session,
    actor: Actor,
    job_id: int,
    wish: Wish,
    target: BinaryIO,
    *,
    number: str,
    base_url: str,
    url_of: Callable[[int], str],
    now: datetime,
) -> Made:
    """Write an export into a binary file. `number` names it; `url_of` gives an application's debrief page.

    Leaves the session without objects. Raises NotFound for an unknown job, StorageFull when the disk is."""
    job = hiring.job(session, job_id)
    try:
        if wish.format is Format.XAPI:
            written = _write_statements(session, actor, job, wish, target, base_url)
        else:
            written = _write_tables(session, actor, job, wish, target, number=number, url_of=url_of, now=now)
    except OSError as problem:
        if problem.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFull(
                "The server's disk is full, so the export was not made. Ask your admin to make room."
            ) from None
        raise
    return Made(number, dict(written))


def _write_tables(
    session: Session,
    actor: Actor,
    job: Job,
    wish: Wish,
    target: BinaryIO,
    *,
    number: str,
    url_of: Callable[[int], str],
    now: datetime,
) -> Counter[str]:
    attributes = _attributes(session, job.id)
    sheets = tables.all_tables(attributes)
    about = _about(session, actor, job, wish, sheets, number=number, now=now)
    written = Counter({table.name: 0 for table in sheets})
    file = table_file(wish.format, target, sheets)
    for name, row in queries.rows(session, actor, job, wish.stages, [key for key, _ in attributes], url_of, now=now):
        file.add(name, row)
        written[name] += 1
    file.finish([*about, *((f"rows in {name}", str(count)) for name, count in written.items())])
    return written


def _write_statements(
    session: Session, actor: Actor, job: Job, wish: Wish, target: BinaryIO, base_url: str
) -> Counter[str]:
    job_id = job.id
    written = Counter({verb.value: 0 for verb in Verb})
    file = StatementArray(target)
    for application_id, viewings in queries.viewings(session, actor, job, wish.stages):
        for one in statements(Subject(base_url, job_id, application_id), viewings):
            file.add(one)
            written[one["verb"]["display"]["en-US"]] += 1
    file.finish()
    return written


def keep_record(
    session: Session, actor: Actor, job_id: int, wish: Wish, made: Made, *, on_behalf: str = "", now: datetime
) -> None:
    """Write down who took what: before the first byte leaves."""
    audit.record(
        session,
        actor,
        "export:made",
        "job",
        job_id,
        {"number": made.number, "format": wish.format, "filter": wish.filter_words, "rows": made.row_counts},
        on_behalf=on_behalf,
        now=now,
    )


# -- large ones, made by a worker ----------------------------------------------------------------------------------


def is_large(session: Session, job_id: int, wish: Wish) -> bool:
    """Say whether an export takes longer than somebody should wait for a page."""
    query = select(func.count()).where(Application.job_id == job_id)
    if wish.stages:
        query = query.where(Application.stage.in_(wish.stages))
    return (session.scalar(query) or 0) > LARGE_FROM


def order(session: Session, actor: Actor, job_id: int, wish: Wish, *, base_url: str, now: datetime) -> ExportOrder:
    """Ask a worker for an export; its file can be fetched for a day after it is made."""
    assert actor.person_id is not None
    row = ExportOrder(
        number=new_number(),
        job_id=job_id,
        asked_by_id=actor.person_id,
        asked_at=now,
        format=wish.format,
        stages=" ".join(wish.stages),
        file_name=file_name(hiring.job(session, job_id).title, wish, now=now),
    )
    session.add(row)
    session.flush()
    jobs.enqueue(session, "export.build", {"order_id": row.id, "base_url": base_url}, now=now, key=_key(row.number))
    return row


def orders_of(session: Session, actor: Actor, job_id: int) -> list[ExportOrder]:
    """Return the exports of a job that this person asked for and that were not thrown away, newest first."""
    query = select(ExportOrder).where(ExportOrder.job_id == job_id, ExportOrder.asked_by_id == actor.person_id)
    return list(session.scalars(query.order_by(ExportOrder.id.desc())))


def failed_numbers(session: Session, orders: Sequence[ExportOrder]) -> set[str]:
    """Return the numbers of those exports that could not be made."""
    states = jobs.states(session, [_key(one.number) for one in orders])
    return {one.number for one in orders if states.get(_key(one.number)) is jobs.State.FAILED}


def _key(number: str) -> str:
    return f"export-{number}"


def made_order(session: Session, actor: Actor, job_id: int, order_id: int) -> ExportOrder:
    """Return an export that this person asked for and whose file is there. Raises NotFound."""
    row = session.get(ExportOrder, order_id)
    if row is None or row.file_key is None or (row.job_id, row.asked_by_id) != (job_id, actor.person_id):
        raise NotFound("This export is not made yet, or it was thrown away after a day. Make a new one.")
    return row


def _build(payload: jobs.Payload, /, *, reading: jobs.Sessions, doors: Doors) -> dict[str, Any]:
    """Write the file with the rights its orderer has by now, and store it."""
    with reading() as session, TemporaryFile() as target:
        row = session.get_one(ExportOrder, payload["order_id"])
        actor, wish, suffix = _orderer(session, row), _wish(row), f".{SUFFIX[row.format]}"
        made = make(
            session,
            actor,
            row.job_id,
            wish,
            target,
            number=row.number,
            base_url=payload["base_url"],
            url_of=lambda one: f"{payload['base_url']}/applications/{one}/debrief",
            now=row.asked_at,
        )
        target.seek(0)
        stored = doors.files.put(target, suffix=suffix, limit_bytes=FILE_LIMIT_BYTES)
    return {"key": stored.key, "size_bytes": stored.size_bytes, "rows": made.row_counts}


@jobs.handler("export.build", prepare=_build, attempts_max=3)
def hand_out(session: Session, payload: jobs.Payload, answer: Any, /, *, now: datetime, doors: Doors) -> None:
    """Let the orderer fetch the file, keep who took what, and throw the file away in a day."""
    row = session.get_one(ExportOrder, payload["order_id"])
    row.file_key, row.size_bytes, row.made_at = answer["key"], answer["size_bytes"], now
    jobs.enqueue(session, "export.throw_away", {"order_id": row.id}, now=now, due_at=now + KEPT)
    actor = hiring.actor_of(session, session.get_one(Person, row.asked_by_id))
    keep_record(session, actor, row.job_id, _wish(row), Made(row.number, answer["rows"]), now=now)


@jobs.handler("export.throw_away")
def throw_away(session: Session, payload: jobs.Payload, /, *, now: datetime, doors: Doors) -> None:
    """Delete an export's file and row."""
    row = session.get(ExportOrder, payload["order_id"])
    if row is not None and row.file_key is not None:
        doors.files.delete(row.file_key)
        session.delete(row)


def _orderer(session: Session, row: ExportOrder) -> Actor:
    person = session.get_one(Person, row.asked_by_id)
    actor = hiring.actor_of(session, person)
    if person.disabled_at or decide(actor, "export.make", Place(job_id=row.job_id)) is not Verdict.ALLOWED:
        raise jobs.GiveUp(f"{person.name} may no longer export from this job.")
    return actor


def _wish(row: ExportOrder) -> Wish:
    return Wish(Format(row.format), tuple(Stage(one) for one in row.stages.split()))


# -- what a file says about itself ---------------------------------------------------------------------------------


def _attributes(session: Session, job_id: int) -> list[tuple[str, str]]:
    chosen = rubric.chosen(session, job_id)
    return [(one.key, one.name) for one in chosen.attributes] if chosen else []


def _about(
    session: Session, actor: Actor, job: Job, wish: Wish, sheets: Sequence[Table], *, number: str, now: datetime
) -> About:
    chosen = rubric.chosen(session, job.id)
    scale = f"{chosen.rubric.name}, version {chosen.rubric.version}" if chosen else "none chosen yet"
    facts = [
        ("export", number),
        ("job", job.title),
        ("made by", actor.name),
        ("made at", f"{instant(now)} (all times are UTC)"),
        ("candidates", wish.filter_words),
        ("rubric", scale),
        ("method", "Means are of submitted scorecards; what was not observed never counts as a number."),
        ("read with care", tables.ONE_DAY),
        ("sealed", "Scorecards that are hidden from who made this file are not in it."),
        ("safety", "In CSV, text that a spreadsheet could take for a formula has an apostrophe in front."),
        ("schema", tables.SCHEMA),
    ]
    for table in sheets:
        facts.append((f"table {table.name}", table.says))
        facts.extend((f"{table.name}.{column.name}", column.says) for column in table.columns)
    return facts
