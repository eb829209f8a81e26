"""Watching: opening a lease and receiving beats, exactly as the protocol says (WATCH 3.3 to 3.5).

All beats of one candidate queue on the candidate's budget row. Knows no web and no clock; never commits.
"""

from __future__ import annotations

import math
import re
import secrets
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from interview import audit
from interview.access import Actor
from interview.errors import Gone, Invalid, NotFound, Refusal, TooMany
from interview.hiring import service as hiring
from interview.hiring.rules import Stage
from interview.watch import queries
from interview.watch.models import Lease, MaterialVersion, Watch, WatchBudget
from interview.watch.rules import checkpoints as checkpoint_rules
from interview.watch.rules import credit
from interview.watch.rules.beats import Beat, fit_to_film
from interview.watch.rules.clocks import Reading
from interview.watch.rules.completion import Film, Progress
from interview.watch.rules.credit import Budget, Outcome, Pace, Verdict
from interview.watch.rules.material import Source, Way
from interview.watch.rules.ranges import Ranges, decode, encode, overlap, total_ms, union
from interview.watch.rules.sections import Section
from interview.watch.service import checkpoints
from interview.watch.service import reading as reading_room
from interview.watch.service.material import visible_material
from interview.watch.service.progress import resume_point
from interview.watch.service.reading import ReadAnswer, sections_of

BEAT_MS = 10_000
EVEN_MS = 5  # gaps between beats that differ by less are those of a machine
AGAIN_MS = 2000  # shorter repeats are seams between beats
_LEASE_ID = re.compile(r"[A-Za-z0-9_-]{22}")
UNKNOWN_LEASE = "There is no such play session. Open the material again."


@dataclass(frozen=True)
class OpenedLease:
    """A new play session and where the candidate stands."""

    lease_id: str
    number: int
    film: Film
    covered: Ranges
    progress: Progress
    resume_ms: int
    opened_at: datetime
    check_count: int
    waiting: Ranges
    sections: tuple[Section, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the answer's fields (WATCH 3.3); with those of the sections where the transcript is read."""
        return {
            "lease": self.lease_id,
            "gen": self.number,
            "duration_ms": self.film.duration_ms,
            "beat_ms": BEAT_MS,
            "max_rate": float(credit.RATE),
            "covered": self.covered,
            "resume_ms": self.resume_ms,
            "need_ms": self.progress.need_ms,
            "server_ms": round(self.opened_at.timestamp() * 1000),
            "missing": self.progress.missing,
            "pct": self.progress.pct,
            "done": self.progress.done,
            **standing_of_checks(self.check_count, self.waiting, self.covered, self.resume_ms, self.film),
            **({"sections": [_section_as_json(one) for one in self.sections]} if self.sections else {}),
        }


def _section_as_json(one: Section) -> dict[str, int]:
    return {
        "n": one.number,
        "from_ms": one.start_ms,
        "to_ms": one.end_ms,
        "words": one.word_count,
        "least_ms": one.least_ms,
    }


@dataclass(frozen=True)
class BeatAnswer:
    """What the server made of a beat."""

    seq: int
    outcome: Outcome
    pos_ms: int
    film: Film
    check_count: int
    waiting: Ranges
    checkpoint: dict[str, Any] | None = None

    @property
    def is_conflict(self) -> bool:
        """Say whether the player must stop: another lease took over, or it reused a sequence number."""
        return self.outcome.verdict in (Verdict.SUPERSEDED, Verdict.CONFLICT)

    def as_json(self) -> dict[str, Any]:
        """Return the answer's fields (WATCH 3.3)."""
        progress, credited = self.outcome.progress, self.outcome.credited
        return {
            "ack": self.seq,
            "dup": self.outcome.verdict is Verdict.DUPLICATE,
            "reason": self.outcome.verdict.value,
            "credited_ms": credited.credited_ms,
            "covered_ms": progress.covered_ms,
            "need_ms": progress.need_ms,
            "pct": progress.pct,
            "done": progress.done,
            "short": credited.short,
            "missing": progress.missing,
            "checkpoint": self.checkpoint,
            "beat_ms": BEAT_MS,
            **standing_of_checks(self.check_count, self.waiting, credited.covered, self.pos_ms, self.film),
        }


def standing_of_checks(check_count: int, waiting: Ranges, covered: Ranges, pos_ms: int, film: Film) -> dict[str, Any]:
    """Return what players are told about checkpoints: how many, how many confirmed, and what to play again for them."""
    return {
        "checks": check_count,
        "confirmed": check_count - len(waiting),
        "unconfirmed": checkpoint_rules.passed(waiting, film.seen(covered), pos_ms, film.duration_ms)
        if waiting
        else (),
    }


def open_lease(
    session: Session,
    actor: Actor,
    material_id: int,
    *,
    reading: Reading,
    device: str,
    now: datetime,
    way: Way = Way.PLAY,
    number: int | None = None,
) -> OpenedLease:
    """Open a session on a piece of material; it supersedes the candidate's current one, wherever that is.

    `number` is the version that the page shows, where it says so. Raises NotFound (also: nothing to read), Gone
    (withdrawn, replaced, or the application is decided) or TooMany.
    """
    assert actor.candidate_id is not None
    assert actor.application_id is not None
    application = hiring.application(session, actor.application_id)
    material, version = visible_material(session, material_id)
    if material.job_id != application.job_id:
        raise NotFound("There is no such material.")
    if application.stage == Stage.DECIDED:
        raise Gone(checkpoints.CLOSED, reason="closed")
    if number is not None and number != version.number:
        raise Gone("This was replaced by a new version. Load the page again to go on with it.", reason="closed")
    if version.source == Source.LINK and way is Way.PLAY:
        raise NotFound("Nothing of this recording is played here: open it from its page.")
    to_read = sections_of(version) if way is Way.READ else ()
    if way is Way.READ and not to_read:
        raise NotFound("There is no transcript to read here.")
    row = locked_budget(session, actor.candidate_id, reading)
    age_ms = come_of_age(session, actor, row, reading, now)
    pace = Pace(row.opens_due_ms)
    _keep_pace(pace, age_ms)
    row.opens_due_ms = pace.after_one(age_ms).due_ms
    _supersede(session, actor, row, age_ms, now)
    watch = watch_row(session, actor.candidate_id, application.id, version, now)
    lease = Lease(
        id=secrets.token_urlsafe(16),
        candidate_id=actor.candidate_id,
        application_id=application.id,
        material_id=material.id,
        material_version=version.number,
        opened_at=now,
        last_at=now,
        opened_ms=age_ms,
        last_ms=age_ms,
        device=device,
        way=way,
    )
    session.add(lease)
    row.lease_id = lease.id
    row.lease_count += 1
    hiring.advance(session, application, Stage.PREPARING, now=now)
    film, covered, waiting = version.film, decode(watch.covered), decode(watch.waiting)
    progress = Progress.of(film, covered, was_done=watch.done_at is not None, waiting=bool(waiting))
    resume_ms = resume_point(watch.resume_ms, film)
    return OpenedLease(
        lease.id, row.lease_count, film, covered, progress, resume_ms, now, watch.check_count, waiting, to_read
    )


def answer_checkpoint(
    session: Session,
    actor: Actor,
    lease_id: str,
    issue_id: str,
    chosen: object,
    *,
    reading: Reading,
    now: datetime,
) -> checkpoints.Answered | Refusal:
    """Judge an answer at a checkpoint: an option's index or its text.

    Returns a refusal that leaves a mark. Raises NotFound (unknown, foreign or not issued), Conflict (used, or another
    session took over) or TooMany (too many were wrong).
    """
    assert actor.candidate_id is not None
    if not (is_lease_id(lease_id) and is_lease_id(issue_id)):
        raise NotFound(checkpoints.UNKNOWN, reason="not_found")
    budget = locked_budget(session, actor.candidate_id, reading)
    come_of_age(session, actor, budget, reading, now)
    return checkpoints.answer(session, actor, budget, lease_id, issue_id, chosen, now=now)


def read_section(
    session: Session, actor: Actor, lease_id: str, number: int, *, asks: bool, reading: Reading, now: datetime
) -> ReadAnswer:
    """Open a section of the transcript, or ask for the open one's credit. Raises as there, or TooMany."""
    assert actor.candidate_id is not None
    if not is_lease_id(lease_id):
        raise NotFound(reading_room.UNKNOWN, reason="not_found")
    budget = locked_budget(session, actor.candidate_id, reading)
    age_ms = come_of_age(session, actor, budget, reading, now)
    pace = Pace(budget.beats_due_ms)
    _keep_pace(pace, age_ms)
    budget.beats_due_ms = pace.after_one(age_ms).due_ms
    return reading_room.read_section(session, actor, budget, lease_id, number, asks=asks, now=now)


@dataclass(frozen=True, slots=True)
class SentBeat:
    """A beat that waits for the shared transaction: who says to have sent it (a session's token), for what, and when.

    `admits` is the guard's decision about who the session turns out to belong to.
    """

    session_sha256: str
    lease_id: str
    beat: Beat
    reading: Reading
    now: datetime
    admits: Callable[[Actor], bool]


@dataclass(frozen=True, slots=True)
class ReceivedBeat:
    """Whose beat it was, and what became of it."""

    actor: Actor
    answer: BeatAnswer | Refusal


def receive_beats(connection: Connection, many: Sequence[SentBeat]) -> list[ReceivedBeat | None]:
    """Credit the ordinary beats of many candidates in one transaction; return None for each that needs its own.

    Those are a beat whose session or lease is not there, one that would wait for another of its candidate, and one
    that completes a film, brings a checkpoint or shows a clock that jumped: nothing is written for them. All is read
    and judged before anything is written, so that no refusal undoes a thing.
    """
    now = max(sent.now for sent in many)
    rows = queries.play_sessions(connection, [(sent.session_sha256, sent.lease_id) for sent in many], now=now)
    received: list[ReceivedBeat | None] = []
    judged: dict[int, _Judged] = {}
    for sent, row in zip(many, rows, strict=True):
        received.append(None)
        if row is None or row.candidate_id in judged or not sent.admits(actor := hiring.candidate_from(row)):
            continue
        try:
            one = _judge(row, sent.beat, sent.reading)
        except Refusal as refusal:
            received[-1] = ReceivedBeat(actor, refusal)
            continue
        if not one.seldom:
            judged[row.candidate_id] = one
            received[-1] = ReceivedBeat(actor, one.answer)
    _write(connection, judged.values(), now)
    return received


def receive_beat(
    connection: Connection, actor: Actor, lease_id: str, beat: Beat, *, reading: Reading, now: datetime
) -> BeatAnswer | Refusal:
    """Credit one beat in the caller's transaction, and do what few beats bring.

    Returns a refusal that leaves a mark (the player's clock ran ahead). Raises NotFound (unknown or foreign lease),
    Gone, TooMany or Invalid for what leaves none.
    """
    assert actor.candidate_id is not None
    row = queries.play_session(connection, lease_id, actor.candidate_id) if is_lease_id(lease_id) else None
    if row is None:
        raise NotFound(UNKNOWN_LEASE, reason="not_found")
    one = _judge(row, beat, reading)
    _write(connection, [one], now)
    return _do_seldom(connection, actor, one, now) if one.seldom else one.answer


def is_lease_id(text: str) -> bool:
    """Say whether a lease (or a checkpoint shown in one) could be called so; a database need not be asked else."""
    return _LEASE_ID.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class _Seldom:
    """What few beats bring, each in a transaction of its own: a completion, a checkpoint, a clock that jumped."""

    completes: bool = False
    due_ms: int | None = None
    jumped_ms: int = 0

    def __bool__(self) -> bool:
        return self.completes or self.due_ms is not None or self.jumped_ms != 0


@dataclass(frozen=True, slots=True)
class _Judged:
    """One beat after judgement: the row it was judged by, what to answer, and what of it is to be written."""

    row: Any
    answer: BeatAnswer | Refusal
    key: dict[str, int]  # of the watch row
    budget: dict[str, Any]
    rest: dict[str, Any]  # of lease and watch; empty for a duplicate, which costs pace and nothing else
    seldom: _Seldom = _Seldom()


def _judge(row: Any, beat: Beat, reading: Reading) -> _Judged:
    """Decide about one beat by what `queries` read of its lease; writes nothing. Raises Gone, TooMany or Invalid."""
    if row.withdrawn_at or row.stage == Stage.DECIDED or row.material_version != row.ready_number:
        raise Gone(
            checkpoints.CLOSED if row.stage == Stage.DECIDED else "This version was replaced or withdrawn.",
            reason="closed",
        )
    before = Reading(row.clock_epoch, row.clock_ms, row.clock_wall_ms)
    age_ms = row.age_ms + reading.since(before)
    pace = Pace(row.beats_due_ms)
    _keep_pace(pace, age_ms)
    budget = Budget(row.budget_ms, row.age_ms).refilled(age_ms)
    lease = credit.Lease(row.opened_ms, row.last_ms, row.max_seq, row.seen, row.late_ms, row.superseded_ms)
    film = Film(row.duration_ms, decode(row.excluded), row.need_permille)
    covered, waiting = decode(row.covered), decode(row.waiting)
    key = {"of_candidate": row.candidate_id, "of_material": row.material_id, "of_version": row.material_version}
    try:
        outcome = credit.receive(
            budget, lease, covered, film, beat, was_done=row.done_at is not None, waiting=bool(waiting)
        )
    except Invalid as refusal:
        if refusal.reason != "mono":
            raise
        return _Judged(row, refusal, key, {}, {})
    anchor = reading.not_before(before)
    after = {
        "of_candidate": row.candidate_id,
        "clock_epoch": anchor.epoch,
        "clock_ms": anchor.ms,
        "clock_wall_ms": anchor.wall_ms,
        "age_ms": outcome.budget.age_ms,
        "budget_ms": outcome.budget.budget_ms,
        "beats_due_ms": pace.after_one(age_ms).due_ms,
    }
    answer = BeatAnswer(beat.seq, outcome, beat.pos_ms, film, row.check_count, waiting)
    is_live = outcome.lease.late_ms is None and outcome.verdict is not Verdict.CONFLICT
    seldom = _Seldom(
        completes=outcome.progress.done and row.done_at is None,
        due_ms=checkpoint_rules.due(waiting, film.seen(outcome.credited.covered), beat.pos_ms)
        if waiting and is_live
        else None,
        jumped_ms=reading.jumped_ms(before),
    )
    if outcome.verdict in (Verdict.DUPLICATE, Verdict.CONFLICT):
        return _Judged(row, answer, key, after, {}, seldom)
    return _Judged(row, answer, key, after, _after(row, beat, covered, outcome), seldom)


def _after(row: Any, beat: Beat, covered: Ranges, outcome: Outcome) -> dict[str, Any]:
    """Return what a beat leaves on its lease and watch rows."""
    gap_ms = min(outcome.budget.age_ms - row.last_ms, credit.CAP_MS)
    repeated = overlap(covered, fit_to_film(beat, row.duration_ms), AGAIN_MS)
    return {
        "of_lease": row.lease_id,
        "last_ms": outcome.lease.last_ms,
        "late_ms": outcome.lease.late_ms,
        "max_seq": outcome.lease.max_seq,
        "seen": outcome.lease.seen,
        "credited": outcome.credited.credited_ms,
        "short": len(outcome.credited.short),
        "hidden": beat.hidden,
        "muted": beat.muted,
        "paused": int(beat.state == "paused"),
        "gap_ms": gap_ms,
        "even": int(abs(gap_ms - row.gap_ms) < EVEN_MS),
        "covered": encode(outcome.credited.covered),
        "covered_ms": total_ms(outcome.credited.covered),
        "resume_ms": min(beat.pos_ms, row.duration_ms) if outcome.lease.late_ms is None else row.resume_ms,
        "again": encode(union(decode(row.again), repeated)) if repeated else row.again,
    }


def _write(connection: Connection, many: Collection[_Judged], now: datetime) -> None:
    """Store what was judged: each beat whole, a duplicate's pace, or the mark of a clock that ran ahead."""
    queries.write_beats(connection, [{**one.key, **one.budget, **one.rest} for one in many if one.rest], at=now)
    queries.write_budgets(connection, [one.budget for one in many if one.budget and not one.rest])
    queries.flag_watches(connection, [one.key for one in many if not one.budget])


def _do_seldom(connection: Connection, actor: Actor, one: _Judged, now: datetime) -> BeatAnswer:
    """Do what few beats bring (completion, checkpoint, a clock that jumped); return the answer with the checkpoint."""
    assert isinstance(one.answer, BeatAnswer)
    answer = one.answer
    with Session(connection, join_transaction_mode="create_savepoint") as session:
        if one.seldom.jumped_ms:
            _record_jump(session, actor, one.seldom.jumped_ms, now)
        if one.seldom.completes:
            row = session.get_one(Watch, tuple(one.key.values()))
            checkpoints.complete(session, actor, row, one.row.application_id, answer.outcome.progress, now=now)
        if one.seldom.due_ms is not None:
            shown = checkpoints.issue(
                session,
                one.row.lease_id,
                one.seldom.due_ms,
                one.row.duration_ms,
                age_ms=answer.outcome.budget.age_ms,
                now=now,
            )
            answer = replace(answer, checkpoint=shown)
        session.commit()
    return answer


def _keep_pace(pace: Pace, age_ms: int) -> None:
    if wait_ms := pace.wait_ms(age_ms):
        raise TooMany("Too many at once: nothing is lost, try again shortly.", retry_after_s=math.ceil(wait_ms / 1000))


def locked_budget(session: Session, candidate_id: int, reading: Reading) -> WatchBudget:
    """Return the candidate's budget row, locked; the first lease makes it."""
    query = select(WatchBudget).where(WatchBudget.candidate_id == candidate_id).with_for_update()
    row = session.scalar(query)
    if row is None:
        fresh = WatchBudget(
            candidate_id=candidate_id,
            clock_epoch=reading.epoch,
            clock_ms=reading.ms,
            clock_wall_ms=reading.wall_ms,
            budget_ms=credit.START_MS,
        )
        try:
            with session.begin_nested():
                session.add(fresh)
        except IntegrityError:  # two first leases at once: the other one made it
            pass
        row = session.scalars(query).one()
    return row


def come_of_age(session: Session, actor: Actor, row: WatchBudget, reading: Reading, now: datetime) -> int:
    """Refill the budget to now and move its clock on; return the candidate's age."""
    before = Reading(row.clock_epoch, row.clock_ms, row.clock_wall_ms)
    if jumped_ms := reading.jumped_ms(before):
        _record_jump(session, actor, jumped_ms, now)
    budget = Budget(row.budget_ms, row.age_ms).refilled(row.age_ms + reading.since(before))
    anchor = reading.not_before(before)
    row.clock_epoch, row.clock_ms, row.clock_wall_ms = anchor.epoch, anchor.ms, anchor.wall_ms
    row.age_ms, row.budget_ms = budget.age_ms, budget.budget_ms
    return budget.age_ms


def _record_jump(session: Session, actor: Actor, jumped_ms: int, now: datetime) -> None:
    """Write down that the server's clocks disagreed, so that nobody wonders about the times beside it."""
    audit.record(
        session, actor, "watch:clock-jumped", "candidate", actor.candidate_id or 0, {"apart_ms": jumped_ms}, now=now
    )


def _supersede(session: Session, actor: Actor, row: WatchBudget, age_ms: int, now: datetime) -> None:
    current = session.get(Lease, row.lease_id, populate_existing=True) if row.lease_id else None
    if current is None:
        return
    if current.way == Way.READ:
        reading_room.leave(session, actor, row, current, now=now)
    old = credit.Lease(current.opened_ms, current.last_ms).superseded(age_ms)
    current.superseded_ms, current.late_ms = old.superseded_ms, old.late_ms


def watch_row(
    session: Session, candidate_id: int, application_id: int, version: MaterialVersion, now: datetime
) -> Watch:
    """Return the row of what a candidate covered of a version, made with its checkpoints the first time."""
    key = (candidate_id, version.material_id, version.number)
    row = session.get(Watch, key, populate_existing=True)
    if row is None:
        earlier = (
            (Watch.candidate_id == candidate_id)
            & (Watch.material_id == version.material_id)
            & (Watch.material_version >= version.material.counts_from)
        )
        row = Watch(
            candidate_id=candidate_id,
            material_id=version.material_id,
            material_version=version.number,
            covered=b"",
            covered_ms=0,
            resume_ms=0,
            first_at=now,
            last_at=now,
            done_at=session.scalar(select(func.min(Watch.done_at)).where(earlier)),  # of an earlier version: it stays
            tier=version.tier,
            check_count=0,
            waiting=b"",
            waived=b"",
            again=b"",
        )
        checkpoints.draw(session, row, version, application_id)
        session.add(row)
    return row
