"""Use cases of the live interview: run the timer, count prompts, log deviations, keep one's own sheet.

What others noted is read through the seal of their scorecards. Knows no web and no clock; never commits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from interview import audit
from interview.access import Actor
from interview.errors import Conflict, Forbidden, Invalid, NotFound
from interview.factsheet import service as factsheet
from interview.hiring.models import Interview, Seat
from interview.hiring.rules import SeatKind
from interview.kit import rules
from interview.kit.models import Deviation, FactTick, KitNote, KitSheet, PromptUse, TimerMove
from interview.kit.rules import DeviationKind, Move, Note, Offer, Prompt, RoadmapAnswer, Sheet, Tick, Timer, Verb
from interview.rubric import service as rubric
from interview.rubric.rules import Exercise
from interview.scorecard import service as scorecard


class SheetLocked(Conflict):
    """The scorecard is submitted, and with it what was noted."""


@dataclass(frozen=True)
class Live:
    """What the whole panel sees of a running interview; nothing of what anybody thinks of it."""

    exercise: Exercise
    timer: Timer
    moves: Sequence[TimerMove]
    uses: Mapping[Prompt, Sequence[PromptUse]]
    deviations: Sequence[Deviation]

    def used(self, section: str, words: str) -> Sequence[PromptUse]:
        """Return the uses of a scripted prompt, the latest last."""
        return self.uses.get(Prompt(section, words), ())

    @property
    def edition(self) -> tuple[object, ...]:
        """What changes when, and only when, somebody does something."""
        used = sorted(use.id for uses in self.uses.values() for use in uses)
        return self.exercise, len(self.moves), used, [one.id for one in self.deviations]


@dataclass(frozen=True)
class OwnSheet:
    """One's own sheet of one interview, begun or not."""

    sheet: Sheet
    edition: int = 0
    saved_at: datetime | None = None
    is_locked: bool = False


@dataclass(frozen=True)
class ReadSheet:
    """A sheet as somebody may read it; ticks by the fact's words."""

    interview_id: int
    person_id: int
    person_name: str
    notes: Sequence[KitNote]
    ticks: Mapping[str, Tick]
    roadmap: RoadmapAnswer | None


@dataclass(frozen=True)
class Kept:
    """What is kept of an application's interviews beside the scorecards, as far as somebody may read it."""

    sheets: Sequence[ReadSheet]
    deviations: Sequence[Deviation]
    uses: Sequence[PromptUse]

    @property
    def facts(self) -> tuple[str, ...]:
        """Every fact that somebody ticked, by its words."""
        return tuple(dict.fromkeys(words for sheet in self.sheets for words in sheet.ticks))

    def __bool__(self) -> bool:
        """Tell whether there is anything to read."""
        return bool(self.sheets or self.deviations or self.uses)


# -- what the panel shares -------------------------------------------------------------------------------------------


def live(session: Session, interview: Interview, *, now: datetime) -> Live:
    """Return the interview as it stands. Raises NoRubricChosen, for the script is the rubric's."""
    exercise = rubric.in_force(session, interview.application.job_id).rubric.exercise
    moves = session.scalars(
        select(TimerMove)
        .where(TimerMove.interview_id == interview.id)
        .options(joinedload(TimerMove.person))
        .order_by(TimerMove.ordinal)
    ).all()
    uses: dict[Prompt, list[PromptUse]] = {}
    for use in _uses(session, [interview.id]):
        uses.setdefault(Prompt(use.section, use.words), []).append(use)
    made = [Move(Verb(move.verb), move.at) for move in moves]
    return Live(
        exercise,
        rules.timer(len(exercise.sections), made, now),
        moves,
        uses,
        _deviations(session, [interview.id]),
    )


def move_timer(
    session: Session, actor: Actor, interview: Interview, verb: Verb, *, seen_count: int, now: datetime
) -> None:
    """Start, pause or lead the timer on; `seen_count` is how many moves the page had seen.

    Raises Conflict where somebody was faster, or where the timer cannot do that now."""
    _take_turn(session, interview)
    before = live(session, interview, now=now)
    if seen_count != len(before.moves):
        who = before.moves[-1].person.name if before.moves else "Somebody"
        raise Conflict(f"{who} has moved the timer meanwhile. Look where it stands, then press again if need be.")
    if verb not in before.timer.verbs:
        raise Conflict("The timer cannot do that now. Reload the page to see where it stands.")
    moved = TimerMove(
        interview_id=interview.id,
        ordinal=len(before.moves) + 1,
        verb=verb,
        person_id=actor.person_id,
        at=now,
    )
    session.add(moved)
    session.flush()
    audit.record(
        session,
        actor,
        "kit:timer-moved",
        "interview",
        interview.id,
        {"verb": verb, "section": before.timer.section},
        now=now,
    )


def use_prompt(session: Session, actor: Actor, interview: Interview, prompt: Prompt, *, now: datetime) -> PromptUse:
    """Count a prompt of the script as said to this candidate. Raises Invalid for one that is not in it."""
    before = live(session, interview, now=now)
    if prompt not in rules.prompts(before.exercise):
        raise Invalid("This prompt is not in the script. Log it as a deviation: a prompt beyond the script.")
    use = PromptUse(
        interview_id=interview.id,
        section=prompt.section,
        words=prompt.words,
        person_id=actor.person_id,
        moment_ms=before.timer.moment_ms,
        at=now,
    )
    session.add(use)
    session.flush()
    audit.record(
        session,
        actor,
        "kit:prompt-used",
        "interview",
        interview.id,
        {"use": use.id, "section": prompt.section},
        now=now,
    )
    return use


def take_back(session: Session, actor: Actor, interview: Interview, use_id: int, *, now: datetime) -> None:
    """Take back a prompt that was counted by mistake; the audit trail keeps both. Raises NotFound."""
    use = session.scalar(select(PromptUse).where(PromptUse.id == use_id, PromptUse.interview_id == interview.id))
    if use is None:
        raise NotFound("This use of the prompt is taken back already.")
    section = use.section
    session.delete(use)
    session.flush()
    audit.record(
        session, actor, "kit:prompt-taken-back", "interview", interview.id, {"use": use_id, "section": section}, now=now
    )


def log_deviation(
    session: Session, actor: Actor, interview: Interview, kind: DeviationKind, words: str, *, now: datetime
) -> Deviation:
    """Log what differed from the script, who says so and when; it stays as written. Raises Invalid."""
    problem = rules.deviation_problem(words)
    if problem:
        raise Invalid(problem, fields={"words": problem})
    deviation = Deviation(
        interview_id=interview.id,
        kind=kind,
        words=words,
        person_id=actor.person_id,
        moment_ms=live(session, interview, now=now).timer.moment_ms,
        at=now,
    )
    session.add(deviation)
    session.flush()
    audit.record(
        session,
        actor,
        "kit:deviation-logged",
        "interview",
        interview.id,
        {"deviation": deviation.id, "kind": kind},
        now=now,
    )
    return deviation


def seat_kind(interview: Interview, actor: Actor) -> SeatKind | None:
    """Return what the actor sits on the panel for, or None."""
    return next((SeatKind(seat.kind) for seat in interview.seats if seat.person_id == actor.person_id), None)


# -- one's own sheet -------------------------------------------------------------------------------------------------


def own_sheet(session: Session, actor: Actor, interview: Interview) -> OwnSheet:
    """Return the actor's own sheet; an empty one where nothing was saved."""
    is_locked = scorecard.own_card(session, actor, interview).submitted_at is not None
    row = _own_row(session, actor, interview.id)
    if row is None:
        return OwnSheet(Sheet(), is_locked=is_locked)
    sheet = Sheet(
        notes=tuple(Note(note.key, note.moment_ms, note.text) for note in row.notes),
        ticks={tick.fact_id: Tick(tick.tick) for tick in row.ticks if tick.fact_id is not None},
        roadmap=RoadmapAnswer(row.roadmap) if row.roadmap else None,
    )
    return OwnSheet(sheet, row.edition, row.saved_at, is_locked)


def offers(session: Session, actor: Actor, interview_id: int) -> tuple[Offer, ...]:
    """Return what the actor noted and ticked, to take over as evidence on the own scorecard."""
    row = _own_row(session, actor, interview_id)
    if row is None:
        return ()
    notes = tuple(Offer(note.moment_ms, note.text) for note in row.notes)
    ticks = tuple(Offer(None, f"{rules.TICK_WORDS[Tick(tick.tick)]}: {tick.words}") for tick in row.ticks)
    roadmap = (Offer(None, f"Roadmap: {rules.ROADMAP_WORDS[RoadmapAnswer(row.roadmap)]}"),) if row.roadmap else ()
    return notes + ticks + roadmap


def save(
    session: Session,
    actor: Actor,
    interview: Interview,
    sheet: Sheet,
    *,
    edition: int,
    save_keys: Sequence[str] = (),
    now: datetime,
) -> OwnSheet:
    """Store the whole sheet of the actor, begun with the first save; editions and keys are as of a scorecard's save.

    Raises SheetLocked, ChangedElsewhere, Invalid."""
    seat = seat_kind(interview, actor)
    if seat is None:
        raise Forbidden("Only members of the panel keep notes here.")
    _take_turn(session, interview, actor)
    if scorecard.own_card(session, actor, interview).submitted_at is not None:
        raise SheetLocked("Your scorecard is submitted, and your notes with it. What you wrote now was not added.")
    row = _own_row(session, actor, interview.id) or _begin(session, actor, interview, now=now)
    key, *unanswered = save_keys or [""]
    if key and row.save_key == key:
        return own_sheet(session, actor, interview)
    if row.edition != edition and row.save_key not in unanswered:
        raise scorecard.ScorecardChangedElsewhere(row.edition, row.saved_at, what="These notes were")
    problem = rules.sheet_problem(sheet, has_roadmap_seat=seat is SeatKind.HEAD_OF_PRODUCT)
    if problem:
        raise Invalid(problem)
    _write(session, row, interview, sheet)
    row.edition, row.save_key, row.saved_at = row.edition + 1, key, now
    session.flush()
    return own_sheet(session, actor, interview)


def _own_row(session: Session, actor: Actor, interview_id: int) -> KitSheet | None:
    return session.scalar(
        select(KitSheet)
        .where(KitSheet.interview_id == interview_id, KitSheet.person_id == actor.person_id)
        .options(selectinload(KitSheet.notes), selectinload(KitSheet.ticks))
    )


def _begin(session: Session, actor: Actor, interview: Interview, *, now: datetime) -> KitSheet:
    row = KitSheet(interview_id=interview.id, person_id=actor.person_id, edition=0, save_key="", saved_at=now)
    session.add(row)
    session.flush()
    audit.record(session, actor, "kit:notes-begun", "interview", interview.id, {"sheet": row.id}, now=now)
    return row


def _write(session: Session, row: KitSheet, interview: Interview, sheet: Sheet) -> None:
    row.roadmap = sheet.roadmap
    known = {note.key: note for note in row.notes}
    row.notes = [known.get(note.key) or KitNote(key=note.key) for note in sheet.notes]
    for ordinal, (kept, note) in enumerate(zip(row.notes, sheet.notes, strict=True), start=1):
        kept.ordinal, kept.moment_ms, kept.text = ordinal, note.moment_ms, note.text
    facts = {
        fact.id: fact for facts in factsheet.sheet(session, interview.application.job_id).values() for fact in facts
    }
    ticked = {tick.fact_id: tick for tick in row.ticks if tick.fact_id is not None}
    gone = [tick for tick in row.ticks if tick.fact_id is None]
    row.ticks = gone + [
        ticked.get(fact_id) or FactTick(fact_id=fact_id, words=facts[fact_id].words)
        for fact_id in sheet.ticks
        if fact_id in facts
    ]
    for tick in row.ticks:
        if tick.fact_id is not None:
            tick.tick = sheet.ticks[tick.fact_id]


# -- afterwards: others' sheets come through the seal of their scorecards --------------------------------------------


def kept_of(session: Session, actor: Actor, application_id: int) -> Kept:
    """Return what is kept of an application's interviews: sheets of those whose submitted card the actor may read."""
    cards = scorecard.submitted_ratings(session, actor, application_ids=[application_id])
    readable = {(card.interview_id, card.person_id) for card in cards}
    interview_ids = list(session.scalars(select(Interview.id).where(Interview.application_id == application_id)))
    rows = session.scalars(
        select(KitSheet)
        .where(KitSheet.interview_id.in_({interview_id for interview_id, _ in readable}))
        .options(selectinload(KitSheet.notes), selectinload(KitSheet.ticks), joinedload(KitSheet.person))
        .order_by(KitSheet.interview_id, KitSheet.id)
    )
    sheets = [
        ReadSheet(
            interview_id=row.interview_id,
            person_id=row.person_id,
            person_name=row.person.name,
            notes=row.notes,
            ticks={tick.words: Tick(tick.tick) for tick in row.ticks},
            roadmap=RoadmapAnswer(row.roadmap) if row.roadmap else None,
        )
        for row in rows
        if (row.interview_id, row.person_id) in readable
    ]
    return Kept(sheets, _deviations(session, interview_ids), _uses(session, interview_ids))


def _uses(session: Session, interview_ids: Sequence[int]) -> Sequence[PromptUse]:
    query = select(PromptUse).where(PromptUse.interview_id.in_(interview_ids)).order_by(PromptUse.id)
    return session.scalars(query.options(joinedload(PromptUse.person))).all()


def _deviations(session: Session, interview_ids: Sequence[int]) -> Sequence[Deviation]:
    query = select(Deviation).where(Deviation.interview_id.in_(interview_ids)).order_by(Deviation.id)
    return session.scalars(query.options(joinedload(Deviation.person))).all()


def _take_turn(session: Session, interview: Interview, actor: Actor | None = None) -> None:
    """Let writers come one after the other (PostgreSQL): on the whole interview, or on the actor's seat alone.

    Submitting a scorecard waits for the same seat, so that no note slips in behind it."""
    seats = select(Seat.person_id).where(Seat.interview_id == interview.id).order_by(Seat.person_id)
    if actor is not None:
        seats = seats.where(Seat.person_id == actor.person_id)
    session.execute(seats.with_for_update(key_share=True))
