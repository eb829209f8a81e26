"""Durable background jobs: the rows that say what is to be done and what became of it, and the code that does one.

A row is written in the caller's transaction; interview/worker.py has the engine carry it out. The effect and its
done-mark are stored in one transaction, so a second run is harmless. Knows no room, no web and not the engine.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol, overload

from sqlalchemy import ColumnElement, Index, and_, delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from interview.clock import Clock
from interview.db import Base, UtcDateTime, writing
from interview.errors import Conflict, NotFound, Refusal
from interview.ports import Doors

ATTEMPTS_MAX = 6
KEPT_DAYS = 30
SILENT_S = 15.0  # longer than a writer may wait for its turn, so that a busy worker is not taken for a dead one
_ERROR_CHARACTERS = 500

Payload = Mapping[str, Any]
Sessions = Callable[[], Session]
log = logging.getLogger(__name__)


class State(StrEnum):
    """Where a background job stands."""

    WAITING = "waiting"
    RUNNING = "running"
    FAILED = "failed"
    DONE = "done"


class BackgroundJob(Base):
    """One thing to be done outside a request, and what became of it."""

    __tablename__ = "background_job"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    key: Mapped[str | None] = mapped_column(unique=True)  # enqueued again under the same key, it is still one job
    payload: Mapped[str]
    enqueued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    round: Mapped[int] = mapped_column(default=1)  # every hand-over to the engine has a name of its own
    handed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempt_count: Mapped[int] = mapped_column(default=0)
    begun_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    worker: Mapped[str | None]
    answer: Mapped[str | None]  # what the slow or paid part answered: kept before it is used, never asked for again
    result: Mapped[str | None]
    error: Mapped[str] = mapped_column(default="")
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def state(self) -> State:
        """Return where this job stands."""
        if self.done_at:
            return State.DONE
        if self.failed_at:
            return State.FAILED
        return State.RUNNING if self.begun_at else State.WAITING


_OPEN = and_(BackgroundJob.done_at.is_(None), BackgroundJob.failed_at.is_(None))
_IS: Mapping[State, ColumnElement[bool]] = {
    State.WAITING: and_(_OPEN, BackgroundJob.begun_at.is_(None)),
    State.RUNNING: and_(_OPEN, BackgroundJob.begun_at.is_not(None)),
    State.FAILED: BackgroundJob.failed_at.is_not(None),
    State.DONE: BackgroundJob.done_at.is_not(None),
}
Index("ix_background_job_open", BackgroundJob.due_at, sqlite_where=_OPEN, postgresql_where=_OPEN)


class WorkerProcess(Base):
    """A worker process that lives, or fell silent a moment ago."""

    __tablename__ = "worker_process"

    id: Mapped[str] = mapped_column(primary_key=True)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)


class GiveUp(Refusal):
    """A handler's word that trying again cannot help; the sentence says why."""


# --- what kinds of work there are ---


class Apply(Protocol):
    """The work of a kind: changes rows in the session it is given, never commits, returns what is worth keeping."""

    def __call__(self, session: Session, payload: Payload, /, *, now: datetime, doors: Doors) -> Any:
        """Do the work; it is stored together with the done-mark."""


class ApplyAnswer(Protocol):
    """The second half of a kind with a slow or paid first half, whose answer it uses."""

    def __call__(self, session: Session, payload: Payload, answer: Any, /, *, now: datetime, doors: Doors) -> Any:
        """Store the effect of the answer."""


class Prepare(Protocol):
    """The slow or paid first half: runs outside any transaction; `reading()` opens a session to look things up."""

    def __call__(self, payload: Payload, /, *, reading: Sessions, doors: Doors) -> Any:
        """Return an answer that JSON can hold."""


@dataclass(frozen=True)
class Kind:
    """How a kind of background job is carried out."""

    name: str
    apply: Callable[..., Any]
    prepare: Prepare | None
    attempts_max: int
    asks: bool


_kinds: dict[str, Kind] = {}


@overload
def handler(name: str, *, attempts_max: int = ...) -> Callable[[Apply], Apply]: ...
@overload
def handler(
    name: str, *, prepare: Prepare, attempts_max: int = ..., asks: bool = ...
) -> Callable[[ApplyAnswer], ApplyAnswer]: ...
def handler(name: str, *, prepare: Prepare | None = None, attempts_max: int = ATTEMPTS_MAX, asks: bool = False) -> Any:
    """Register the decorated function as the work of a kind, named "room.verb".

    `asks` says that it waits for somebody else's server: that holds up nothing else."""

    def register(apply: Callable[..., Any]) -> Callable[..., Any]:
        _kinds[name] = Kind(name, apply, prepare, attempts_max, asks)
        return apply

    return register


def wait_after(attempt_count: int) -> timedelta:
    """Return how long to wait after so many failed attempts: 2 s, 8 s, 32 s ... and never more than an hour."""
    return timedelta(seconds=min(2 * 4 ** (attempt_count - 1), 3600))


# --- the caller's side ---


def enqueue(
    session: Session,
    kind: str,
    payload: Payload,
    *,
    now: datetime,
    key: str | None = None,
    due_at: datetime | None = None,
) -> int:
    """Put a job into the caller's transaction and return its id; with a known key, return the job that has it.

    Raises LookupError for a kind nobody handles and TypeError for a payload that JSON cannot hold.
    """
    if kind not in _kinds:
        raise LookupError(f"Nobody handles background jobs of the kind {kind!r}.")
    row = BackgroundJob(kind=kind, key=key, payload=json.dumps(payload), enqueued_at=now, due_at=due_at or now)
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        known = session.scalar(select(BackgroundJob.id).where(BackgroundJob.key == key))
        if known is None:
            raise
        return known
    return row.id


def states(session: Session, keys: Collection[str]) -> dict[str, State]:
    """Return where the jobs with these keys stand, as far as they are known, in one query."""
    rows = session.scalars(select(BackgroundJob).where(BackgroundJob.key.in_(keys)))
    return {row.key: row.state for row in rows if row.key is not None}


# --- the worker's side ---


def perform(sessions: Sessions, job_id: int, round_: int, *, worker: str, clock: Clock, doors: Doors) -> None:
    """Carry out one job, once more or for the first time; its row says afterwards what happened.

    What the handler raises becomes a later attempt or a failure; what the database raises goes up to the engine.
    """
    begun = _begin(sessions, job_id, round_, worker=worker, now=clock.now())
    if begun is None:
        return
    kind, payload, answer = begun
    try:
        if kind.prepare and answer is None:
            answer = json.dumps(kind.prepare(payload, reading=sessions, doors=doors))
            _keep_answer(sessions, job_id, answer)
        _apply(sessions, job_id, round_, kind, payload, answer, now=clock.now(), doors=doors)
    except Exception as problem:
        log.warning("Background job %s (%s) did not succeed.", job_id, kind.name, exc_info=problem)
        _put_off(sessions, job_id, round_, kind, problem, now=clock.now())


def _open_row(session: Session, job_id: int, round_: int) -> BackgroundJob | None:
    row = session.get(BackgroundJob, job_id, with_for_update=True)
    still_open = row is not None and row.round == round_ and row.state in (State.WAITING, State.RUNNING)
    return row if still_open else None


def _begin(
    sessions: Sessions, job_id: int, round_: int, *, worker: str, now: datetime
) -> tuple[Kind, Payload, str | None] | None:
    """Mark an attempt as begun; None when there is nothing to do (any more)."""
    with sessions() as session, writing(session):
        row = _open_row(session, job_id, round_)
        if row is None:
            return None
        kind = _kinds.get(row.kind)
        if kind is None:
            row.failed_at, row.error = now, f"This version of Pitchproof has no work of the kind {row.kind}."
            return None
        if row.attempt_count >= kind.attempts_max:  # only a worker that died at it leaves an attempt without an end
            row.failed_at = now
            row.error = f"Set aside: it was begun {row.attempt_count} times and the worker never came to its end."
            return None
        row.attempt_count += 1
        row.begun_at, row.worker = now, worker
        return kind, json.loads(row.payload), row.answer


def _keep_answer(sessions: Sessions, job_id: int, answer: str) -> None:
    with sessions() as session, writing(session):
        session.execute(update(BackgroundJob).where(BackgroundJob.id == job_id).values(answer=answer))


def _apply(
    sessions: Sessions,
    job_id: int,
    round_: int,
    kind: Kind,
    payload: Payload,
    answer: str | None,
    *,
    now: datetime,
    doors: Doors,
) -> None:
    """Do the work and mark it done in one transaction; a second worker at the same row finds it done."""
    with sessions() as session, writing(session):
        row = _open_row(session, job_id, round_)
        if row is None:
            return
        answers = () if answer is None else (json.loads(answer),)
        result = kind.apply(session, payload, *answers, now=now, doors=doors)
        row.done_at, row.result, row.error = now, json.dumps(result), ""


def _put_off(sessions: Sessions, job_id: int, round_: int, kind: Kind, problem: Exception, *, now: datetime) -> None:
    """Note why an attempt did not succeed, and when to try again, if at all."""
    with sessions() as session, writing(session):
        row = _open_row(session, job_id, round_)
        if row is None:
            return
        row.error = _sentence(problem)
        if isinstance(problem, GiveUp) or row.attempt_count >= kind.attempts_max:
            row.failed_at = now
        else:
            _wait_again(row, due_at=now + wait_after(row.attempt_count))


def _wait_again(row: BackgroundJob, *, due_at: datetime) -> None:
    row.round += 1
    row.due_at, row.handed_at, row.begun_at, row.worker = due_at, None, None, None


def _sentence(problem: Exception) -> str:
    sentence = problem.sentence if isinstance(problem, Refusal) else f"{type(problem).__name__}: {problem}"
    return sentence[:_ERROR_CHARACTERS]


@dataclass(frozen=True)
class Handed:
    """A job in the engine's hands, under the name of its round."""

    job_id: int
    round: int
    asks: bool = False


def due(session: Session, *, now: datetime, count_max: int) -> list[Handed]:
    """Return what is due and not yet in the engine's hands, oldest first."""
    query = select(BackgroundJob.id, BackgroundJob.round, BackgroundJob.kind).where(
        _OPEN, BackgroundJob.handed_at.is_(None), BackgroundJob.due_at <= now
    )
    asking = {name for name, kind in _kinds.items() if kind.asks}
    rows = session.execute(query.order_by(BackgroundJob.due_at, BackgroundJob.id).limit(count_max))
    return [Handed(job_id, round_, kind in asking) for job_id, round_, kind in rows]


def in_hand(session: Session) -> list[Handed]:
    """Return what the engine was given and has not finished."""
    query = select(BackgroundJob.id, BackgroundJob.round).where(_OPEN, BackgroundJob.handed_at.is_not(None))
    return [Handed(*row) for row in session.execute(query)]


def mark_handed(session: Session, handed: Collection[Handed], *, now: datetime) -> None:
    """Note that the engine has these now."""
    for one in handed:
        session.execute(
            update(BackgroundJob)
            .where(BackgroundJob.id == one.job_id, BackgroundJob.round == one.round, _OPEN)
            .values(handed_at=now)
        )


def take_back(session: Session, lost: Collection[Handed], *, now: datetime) -> None:
    """Make jobs wait again that the engine no longer knows or has ended without their rows being finished."""
    for one in lost:
        row = _open_row(session, one.job_id, one.round)
        if row is not None:
            _wait_again(row, due_at=now)


def be_seen(session: Session, worker: str, *, started_at: datetime, now: datetime) -> None:
    """Note that a worker process lives."""
    session.merge(WorkerProcess(id=worker, started_at=started_at, seen_at=now))


def leave(session: Session, worker: str) -> None:
    """Note that a worker process stopped."""
    session.execute(delete(WorkerProcess).where(WorkerProcess.id == worker))


def live_workers(session: Session, *, now: datetime, silent_s: float = SILENT_S) -> set[str]:
    """Return the worker processes that were seen within `silent_s`."""
    query = select(WorkerProcess.id).where(WorkerProcess.seen_at >= now - timedelta(seconds=silent_s))
    return set(session.scalars(query))


def clear_old(session: Session, *, now: datetime, silent_s: float = SILENT_S) -> None:
    """Forget jobs done more than KEPT_DAYS ago and worker processes long silent."""
    session.execute(delete(BackgroundJob).where(BackgroundJob.done_at < now - timedelta(days=KEPT_DAYS)))
    session.execute(delete(WorkerProcess).where(WorkerProcess.seen_at < now - timedelta(seconds=100 * silent_s)))


# --- the admin's side ---


@dataclass(frozen=True)
class Health:
    """Whether background jobs get done, in a word or a sentence."""

    is_ok: bool
    sentence: str


def health(session: Session, now: datetime) -> Health:
    """Say whether a worker lives, and how long the oldest due job has waited."""
    if not live_workers(session, now=now):
        return Health(
            False, f"No worker was seen in the last {SILENT_S:.0f} s: start one with `flask --app wsgi work`."
        )
    oldest = session.scalar(select(func.min(BackgroundJob.due_at)).where(_IS[State.WAITING]))
    waited_s = int((now - oldest).total_seconds()) if oldest else 0
    return Health(True, "ok" if waited_s < 60 else f"ok, but the oldest waiting job is due for {waited_s} s")


def counts(session: Session) -> dict[State, int]:
    """Return how many jobs stand where."""
    return {state: session.scalar(select(func.count()).where(where)) or 0 for state, where in _IS.items()}


def listing(
    session: Session, state: State, *, before_id: int | None = None, count_max: int = 50
) -> list[BackgroundJob]:
    """Return jobs in a state, newest first, before an id (keyset paging)."""
    query = select(BackgroundJob).where(_IS[state]).order_by(BackgroundJob.id.desc()).limit(count_max)
    if before_id is not None:
        query = query.where(BackgroundJob.id < before_id)
    return list(session.scalars(query))


def retry(session: Session, job_id: int, *, now: datetime) -> BackgroundJob:
    """Let a failed job wait again, with all its attempts; an answer it already has is kept. The caller audits.

    Raises NotFound, or Conflict when the job has not failed.
    """
    row = session.get(BackgroundJob, job_id, with_for_update=True)
    if row is None:
        raise NotFound("There is no such background job; jobs that were done are forgotten after 30 days.")
    if row.failed_at is None:
        raise Conflict(f"This background job is {row.state}: only one that failed can be tried again.")
    row.failed_at, row.attempt_count = None, 0
    _wait_again(row, due_at=now)
    return row
