"""Use cases of scorecards: open, save, submit, revise, and the one query through which anybody reads anybody's card.

Knows no web and no clock; never commits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, select
from sqlalchemy.orm import Session, aliased, joinedload, selectinload
from sqlalchemy.sql.base import ExecutableOption

from interview import audit
from interview.access import Actor, Role
from interview.errors import Conflict, Forbidden, Invalid, NotFound
from interview.hiring import service as hiring
from interview.hiring.models import Application, Candidate, Interview, Job, PlanSeat, Seat
from interview.hiring.rules import SeatKind, Stage
from interview.people.models import Person
from interview.rubric import service as rubric
from interview.rubric.service import ChosenRubric
from interview.scorecard import rules
from interview.scorecard.models import Evidence, Excusal, Rating, Revision, Scorecard, Submission
from interview.scorecard.rules import (
    CardFacts,
    CardState,
    Citation,
    Completeness,
    Composite,
    Draft,
    Excuse,
    Excused,
    Reader,
    Reminder,
)
from interview.transcript.models import Transcript, TranscriptSegment


class ScorecardAlreadySubmitted(Conflict):
    """A submitted card is locked."""


class ScorecardExcused(Conflict):
    """No card is owed for this seat, so none is written."""


class ScorecardChangedElsewhere(Conflict):
    """The card was saved from another tab or device since this one read it; `edition` is the newest."""

    def __init__(self, edition: int, saved_at: datetime, *, what: str = "This scorecard was") -> None:
        super().__init__(
            f"{what} saved in another tab or on another device at {saved_at:%H:%M} UTC. Nothing is lost: "
            "what you typed is still here. Keep it, or load what was saved there.",
            reason="changed_elsewhere",
            fields={"edition": str(edition)},
        )
        self.edition = edition


class ScorecardIncomplete(Invalid):
    """Something is missing before a card can be submitted; `sentences` says each thing."""

    def __init__(self, sentences: Sequence[str]) -> None:
        super().__init__("This scorecard cannot be submitted yet. " + " ".join(sentences), reason="incomplete")
        self.sentences = tuple(sentences)


@dataclass(frozen=True)
class Card:
    """A scorecard as somebody may read it."""

    scorecard_id: int
    interview_id: int
    application_id: int
    job_id: int
    person_id: int
    person_name: str
    chosen: ChosenRubric
    draft: Draft
    saved_at: datetime
    submitted_at: datetime | None
    revisions: tuple[rules.Revision, ...] = ()

    @cached_property
    def composite(self) -> Composite:
        """The weighted mean of this card with the job's weights; what was revised after the debrief counts."""
        return rules.composite(self.chosen.weights, rules.standing_values(self.draft, self.revisions))

    @property
    def original_composite(self) -> Composite:
        """The weighted mean of this card as it was submitted."""
        return rules.composite(self.chosen.weights, rules.standing_values(self.draft, ()))

    def value(self, key: str) -> int | None:
        """Return the value that counts for an attribute; None where it was not observed."""
        return rules.standing_values(self.draft, self.revisions).get(key)

    def revisions_of(self, key: str) -> tuple[rules.Revision, ...]:
        """Return the revisions of one attribute, the newest last."""
        return tuple(revision for revision in self.revisions if revision.attribute == key)


@dataclass(frozen=True)
class OwnCard:
    """One's own card of one interview, begun or not, with what is still missing."""

    interview_id: int
    chosen: ChosenRubric
    draft: Draft
    edition: int
    saved_at: datetime | None
    submitted_at: datetime | None
    revisions: tuple[rules.Revision, ...] = ()

    def revisions_of(self, key: str) -> tuple[rules.Revision, ...]:
        """Return the revisions of one attribute, the newest last."""
        return tuple(revision for revision in self.revisions if revision.attribute == key)

    @property
    def completeness(self) -> Completeness:
        """How far the card is."""
        return rules.completeness(self.keys, self.draft)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the attributes to rate, in the rubric's order."""
        return tuple(attribute.key for attribute in self.chosen.attributes)

    @property
    def missing(self) -> tuple[str, ...]:
        """What keeps the card from being submitted, a sentence each."""
        names = {attribute.key: attribute.name for attribute in self.chosen.attributes}
        return rules.missing_sentences(names, self.completeness)


@dataclass(frozen=True)
class PanelSeat:
    """A person on the panel and where their card stands; never what is on it."""

    person_id: int
    name: str
    kind: SeatKind
    state: CardState
    excused: Excused | None = None
    reason: str = ""  # of the excuse


@dataclass(frozen=True)
class Progress:
    """How many cards an application needs, has, and waits for beyond their time."""

    seat_count: int = 0
    submitted_count: int = 0
    overdue_count: int = 0
    excused: tuple[Excused, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Tell whether every card that is owed is in."""
        return 0 < self.seat_count == self.submitted_count

    @property
    def without(self) -> str:
        """Say without whom the panel counts; an empty text where nobody is excused."""
        return rules.without_sentence(self.excused)


@dataclass(frozen=True)
class Task:
    """A scorecard that somebody still owes."""

    interview_id: int
    candidate_name: str
    job_title: str
    starts_at: datetime
    due_at: datetime
    state: CardState
    reminder: Reminder | None


# -- one's own card ------------------------------------------------------------------------------------------------


def own_card(session: Session, actor: Actor, interview: Interview) -> OwnCard:
    """Return the actor's own card; an empty one where nothing was saved. Raises NoRubricChosen."""
    row = _own_row(session, actor, interview.id)
    if row is None:
        chosen = rubric.in_force(session, interview.application.job_id)
        return OwnCard(
            interview.id, chosen.asking(_part_of_seat(session, actor, interview).split()), Draft(), 0, None, None
        )
    return OwnCard(
        interview_id=interview.id,
        chosen=_asked(session, row),
        draft=_draft(row),
        edition=row.edition,
        saved_at=row.saved_at,
        submitted_at=row.submission.submitted_at if row.submission else None,
        revisions=_revisions(row),
    )


def save(
    session: Session,
    actor: Actor,
    interview: Interview,
    draft: Draft,
    *,
    edition: int,
    save_keys: Sequence[str] = (),
    now: datetime,
) -> OwnCard:
    """Store the whole draft of the actor's card, begun with the first save.

    `edition` is the one the draft was built on; `save_keys` names this save and then earlier ones whose answer never
    came: sent twice, a save is stored once, and what builds on an unanswered one is no conflict. Raises
    ScorecardChangedElsewhere where somebody else's edition is newer, ScorecardAlreadySubmitted, ScorecardExcused,
    Invalid."""
    _take_turn(session, _own_seat(actor, interview))
    _check_not_excused(session, actor, interview)
    row = _own_row(session, actor, interview.id) or _begin(session, actor, interview, now=now)
    if row.submission is not None:
        raise ScorecardAlreadySubmitted(
            "This scorecard is submitted and locked. What you wrote now was not added to it."
        )
    key, *unanswered = save_keys or [""]
    if key and row.save_key == key:
        return own_card(session, actor, interview)
    if row.edition != edition and row.save_key not in unanswered:
        raise ScorecardChangedElsewhere(row.edition, row.saved_at)
    problem = rules.draft_problem([attribute.key for attribute in _asked(session, row).attributes], draft)
    if problem:
        raise Invalid(problem)
    _write(session, row, draft)
    row.edition, row.save_key, row.saved_at = row.edition + 1, key, now
    session.flush()
    return own_card(session, actor, interview)


def typed_card(session: Session, actor: Actor, interview: Interview, draft: Draft, *, edition: int) -> OwnCard:
    """Return the actor's card with what was typed in place of what is stored, as if built on that edition."""
    segments = _cited_segments(session, interview.id, draft)
    ratings = {
        key: replace(
            rating,
            citations=tuple(
                one if one.segment_id is None else segments[one.segment_id]
                for one in rating.citations
                if one.segment_id is None or one.segment_id in segments
            ),
        )
        for key, rating in draft.ratings.items()
    }
    return replace(own_card(session, actor, interview), draft=replace(draft, ratings=ratings), edition=edition)


def submit(session: Session, actor: Actor, interview: Interview, *, now: datetime) -> Submission:
    """Lock the actor's card; when it was the panel's last one, the application counts as scored.

    Raises ScorecardIncomplete with a sentence for each thing missing, ScorecardAlreadySubmitted, ScorecardExcused."""
    _take_turn(session, _own_seat(actor, interview))
    _take_turn(session, select(Application).where(Application.id == interview.application_id))
    _check_not_excused(session, actor, interview)
    card = own_card(session, actor, interview)
    if card.submitted_at is not None:
        raise ScorecardAlreadySubmitted("This scorecard is submitted already.")
    if card.missing:
        raise ScorecardIncomplete(card.missing)
    row = _own_row(session, actor, interview.id)
    assert row is not None
    assert actor.person_id is not None
    submission = Submission(scorecard_id=row.id, submitted_by_id=actor.person_id, submitted_at=now)
    row.submission = submission
    session.flush()
    hiring.advance(session, interview.application, Stage.PITCHED, now=now)
    _note_when_complete(session, interview.application, now=now)
    audit.record(
        session,
        actor,
        "scorecard:submitted",
        "scorecard",
        row.id,
        {"interview": interview.id, "rubric_version": card.chosen.version_id, "edition": row.edition},
        now=now,
    )
    return submission


def _note_when_complete(session: Session, application: Application, *, now: datetime) -> None:
    if progress_of(session, [application.id], now=now)[application.id].is_complete:
        hiring.advance(session, application, Stage.SCORED, now=now)


def _check_not_excused(session: Session, actor: Actor, interview: Interview) -> None:
    found = session.get(Excusal, (interview.id, actor.person_id), populate_existing=True)
    if found is not None:
        raise ScorecardExcused(
            f"This scorecard is {found.excuse}, so nothing is added to it. Ask the hiring manager to take that back."
        )


def _part_of_seat(session: Session, actor: Actor, interview: Interview) -> str:
    return session.scalar(_own_seat(actor, interview).with_only_columns(Seat.part)) or ""


def _asked(session: Session, row: Scorecard) -> ChosenRubric:
    """Return what a card was filled in on: the job's choice, as far as this card was asked for it."""
    return rubric.chosen_by_id(session, [row.job_rubric_id])[row.job_rubric_id].asking(row.part.split())


def _take_turn(session: Session, rows: Select[*tuple[Any, ...]]) -> None:
    """Let two writers of the same card, or the last two of a panel, come one after the other (PostgreSQL)."""
    session.execute(rows.with_for_update(key_share=True))


def _own_seat(actor: Actor, interview: Interview) -> Select[Seat]:
    return select(Seat).where(Seat.interview_id == interview.id, Seat.person_id == actor.person_id)


def _own_row(session: Session, actor: Actor, interview_id: int) -> Scorecard | None:
    if actor.person_id is None:
        raise Forbidden("Only members of the panel fill in scorecards.")
    mine = select(Scorecard).where(Scorecard.interview_id == interview_id, Scorecard.person_id == actor.person_id)
    return session.scalar(mine.options(*_whole()))


def _begin(session: Session, actor: Actor, interview: Interview, *, now: datetime) -> Scorecard:
    chosen = rubric.mark_used(session, job_id=interview.application.job_id, now=now)
    row = Scorecard(
        interview_id=interview.id,
        person_id=actor.person_id,
        job_rubric_id=chosen.job_rubric_id,
        part=_part_of_seat(session, actor, interview),
        edition=0,
        created_at=now,
        saved_at=now,
    )
    row.submission = None
    session.add(row)
    session.flush()
    audit.record(
        session,
        actor,
        "scorecard:begun",
        "scorecard",
        row.id,
        {"interview": interview.id, "rubric_version": chosen.version_id},
        now=now,
    )
    return row


def _write(session: Session, row: Scorecard, draft: Draft) -> None:
    row.would_buy, row.recommendation, row.takeaways = draft.would_buy, draft.recommendation, draft.takeaways
    segments = _cited_segments(session, row.interview_id, draft)
    known = {rating.attribute: rating for rating in row.ratings}
    for key, said in draft.ratings.items():
        rating = known.get(key)
        if rating is None:
            if said.empty:
                continue
            rating = Rating(attribute=key)
            row.ratings.append(rating)
        rating.value, rating.not_observed, rating.note = said.value, said.not_observed, said.note
        _write_evidence(session, rating, said.citations, segments)


def _write_evidence(
    session: Session, rating: Rating, citations: Sequence[Citation], segments: Mapping[int, Citation]
) -> None:
    """Keep what was cited before with the words of then, add what is new, drop what is no longer cited."""
    kept = {_cites(evidence.segment_id, evidence.start_ms): evidence for evidence in rating.evidence}
    wanted = dict.fromkeys(_cites(citation.segment_id, citation.start_ms) for citation in citations)
    rating.evidence = [evidence for cited, evidence in kept.items() if cited in wanted]
    session.flush()
    ordinal = max((evidence.ordinal for evidence in rating.evidence), default=0)
    for segment_id, start_ms in wanted:
        if (segment_id, start_ms) in kept:
            continue
        if segment_id is not None and segment_id not in segments:
            raise Invalid("A cited moment is not in this interview's transcript. Reload the page and cite it again.")
        ordinal += 1
        found = Citation(start_ms=start_ms) if segment_id is None else segments[segment_id]
        rating.evidence.append(
            Evidence(ordinal=ordinal, segment_id=segment_id, start_ms=found.start_ms, quote=found.quote)
        )


def _cites(segment_id: int | None, start_ms: int | None) -> tuple[int | None, int | None]:
    """Return what a citation is known by: its segment, or, without one, its moment of the recording."""
    return (None, start_ms) if segment_id is None else (segment_id, None)


def _cited_segments(session: Session, interview_id: int, draft: Draft) -> dict[int, Citation]:
    """Look up what a draft cites, in any version of the interview's transcript."""
    cited = {citation.segment_id for rating in draft.ratings.values() for citation in rating.citations}
    found = session.execute(
        select(TranscriptSegment.id, TranscriptSegment.start_ms, TranscriptSegment.text)
        .join(Transcript, Transcript.id == TranscriptSegment.transcript_id)
        .where(Transcript.interview_id == interview_id, TranscriptSegment.id.in_(cited - {None}))
    )
    return {row.id: Citation(quote=row.text, segment_id=row.id, start_ms=row.start_ms) for row in found}


# -- after the debrief ---------------------------------------------------------------------------------------------


def revise(
    session: Session,
    actor: Actor,
    interview: Interview,
    attribute: str,
    value: int | None,
    reason: str,
    *,
    now: datetime,
) -> None:
    """Add a revision of one attribute beside what the actor submitted, which stays (decision 54).

    Raises Conflict before all of the panel's cards are in and while a decision is in force, Invalid."""
    _take_turn(session, select(Application).where(Application.id == interview.application_id))
    check_revisable(session, actor, interview, now=now)
    row = _own_row(session, actor, interview.id)
    assert row is not None
    keys = [criterion.key for criterion in _asked(session, row).attributes]
    wish = rules.Revision(attribute, value, reason, now)
    problem = rules.revision_problem(keys, _draft(row), _revisions(row), wish)
    if problem:
        raise Invalid(problem)
    rating = next(rating for rating in row.ratings if rating.attribute == attribute)
    rating.revisions.append(Revision(value=value, reason=reason, revised_at=now))
    session.flush()
    audit.record(
        session,
        actor,
        "scorecard:revised",
        "scorecard",
        row.id,
        {"interview": interview.id, "attribute": attribute},
        now=now,
    )


def check_revisable(session: Session, actor: Actor, interview: Interview, *, now: datetime) -> None:
    """Keep revisions to the debrief: of submitted cards, after the last one, before the decision. Raises Conflict."""
    if own_card(session, actor, interview).submitted_at is None:
        raise Conflict("Your scorecard is not submitted, so there is nothing to revise.")
    if not is_revisable(session, interview, now=now):
        raise Conflict(
            "A rating is revised after the debrief: once all of the panel's scorecards are in, and before the decision "
            "that rests on them."
        )


def is_revisable(session: Session, interview: Interview, *, now: datetime) -> bool:
    """Tell whether submitted ratings may be revised now."""
    progress = progress_of(session, [interview.application_id], now=now)[interview.application_id]
    return progress.is_complete and interview.application.stage != Stage.DECIDED


# -- who owes no card ----------------------------------------------------------------------------------------------


def decline(session: Session, actor: Actor, interview: Interview, reason: str, *, now: datetime) -> None:
    """Excuse the actor from the own card. Raises Conflict where it is submitted or the last one, Invalid."""
    assert actor.person_id is not None
    _excuse(session, actor, interview, actor.person_id, Excuse.DECLINED, reason, now=now)


def dismiss(
    session: Session, actor: Actor, interview: Interview, person_id: int, reason: str, *, now: datetime
) -> None:
    """Let the panel count without somebody's card. Raises as decline does, Conflict for one's own, NotFound."""
    _check_not_own(actor, person_id)
    _excuse(session, actor, interview, person_id, Excuse.DISMISSED, reason, now=now)


def reassign(
    session: Session, actor: Actor, interview: Interview, person_id: int, to_id: int, reason: str, *, now: datetime
) -> None:
    """Ask somebody else in place of a member of the panel, for the same part; nothing of a draft is passed on.

    Raises NotFound, Invalid, and Conflict for whom the seal was open already: they would not judge alone."""
    _check_not_own(actor, person_id)
    _check_can_judge_alone(session, actor, interview, to_id)
    _excuse(session, actor, interview, person_id, Excuse.REASSIGNED, reason, instead_id=to_id, now=now)
    seat = session.get_one(Seat, (interview.id, person_id))
    interview.seats.append(Seat(person_id=to_id, kind=seat.kind, part=seat.part))
    session.flush()


def take_back(session: Session, actor: Actor, interview: Interview, person_id: int, *, now: datetime) -> None:
    """Let somebody owe the card again; who declined may do so, otherwise the hiring manager.

    Raises Conflict once another's card is in: it may have been read meanwhile."""
    _take_turn(session, select(Application).where(Application.id == interview.application_id))
    found = session.get(Excusal, (interview.id, person_id))
    if found is None:
        raise Conflict("This scorecard is owed already.")
    if person_id == actor.person_id and found.excuse != Excuse.DECLINED:
        raise Conflict("Ask a hiring manager: who was taken off does not come back alone.")
    if _counted(session, person_id, [interview.application_id])[interview.application_id].others_are_in:
        raise Conflict("Another scorecard of this candidate is in by now, so it is too late to rate independently.")
    session.delete(found)
    session.flush()
    _record_about_seat(session, actor, "scorecard:excuse-taken-back", interview, person_id, now=now)


def excusal_of(session: Session, interview_id: int, person_id: int | None) -> Excusal | None:
    """Return why this person owes no card of this interview, if that is so."""
    return session.get(Excusal, (interview_id, person_id))


_EXCUSED = {
    Excuse.DECLINED: "scorecard:declined",
    Excuse.DISMISSED: "scorecard:dismissed",
    Excuse.REASSIGNED: "scorecard:reassigned",
}


def _excuse(
    session: Session,
    actor: Actor,
    interview: Interview,
    person_id: int,
    excuse: Excuse,
    reason: str,
    *,
    instead_id: int | None = None,
    now: datetime,
) -> None:
    assert actor.person_id is not None
    _take_turn(session, select(Seat).where(Seat.interview_id == interview.id, Seat.person_id == person_id))
    _take_turn(session, select(Application).where(Application.id == interview.application_id))
    state = seat_of(session, interview, person_id, now=now).state
    if state is CardState.SUBMITTED:
        raise Conflict(
            "This scorecard is submitted, so it counts. It can no longer be declined, dismissed or reassigned."
        )
    if state.is_excused:
        raise Conflict(f"This scorecard is {state} already.")
    seats = panel_of(session, interview, now=now)
    if instead_id is None and sum(not seat.state.is_excused for seat in seats) == 1:
        raise Conflict("Nobody would be left to score this pitch. Let it be reassigned to somebody else instead.")
    problem = rules.reason_problem(reason)
    if problem:
        raise Invalid(problem, fields={"reason": problem})
    session.add(
        Excusal(
            interview_id=interview.id,
            person_id=person_id,
            excuse=excuse,
            reason=reason,
            excused_by_id=actor.person_id,
            excused_at=now,
            instead_id=instead_id,
        )
    )
    session.flush()
    if instead_id is None:
        _note_when_complete(session, interview.application, now=now)
    _record_about_seat(session, actor, _EXCUSED[excuse], interview, person_id, reason=reason, now=now)


def _record_about_seat(
    session: Session,
    actor: Actor,
    action: str,
    interview: Interview,
    person_id: int,
    *,
    reason: str = "",
    now: datetime,
) -> None:
    audit.record(session, actor, action, "interview", interview.id, {"person": person_id}, reason=reason, now=now)


def _check_not_own(actor: Actor, person_id: int) -> None:
    if person_id == actor.person_id:
        raise Conflict("This is your own scorecard: decline it on its page.")


def _check_can_judge_alone(session: Session, actor: Actor, interview: Interview, person_id: int) -> None:
    person = session.get(Person, person_id)
    if person is None or person.disabled_at is not None:
        raise Invalid("Choose somebody with an open account.", fields={"instead": "Choose somebody else."})
    if person_id == actor.person_id:
        raise Conflict("Nobody puts themselves on a panel in place of another. Ask another hiring manager.")
    if hiring.is_on_panel(session, interview.id, person_id):
        raise Conflict(f"{person.name} sits on this panel already.")
    known = hiring.actor_of(session, person)
    if readable_scorecards(session, known, application_ids=[interview.application_id]):
        raise Conflict(f"{person.name} may read scorecards of this candidate already, so would not judge alone.")
    if person.email.lower() == interview.application.candidate.email.lower():
        raise Conflict(f"{person.name} is the candidate.")


# -- attributes split across raters --------------------------------------------------------------------------------


def split_of(session: Session, job_id: int) -> dict[int, tuple[str, ...]]:
    """Return the keys of the attributes that the plan asks each rater for, by person. Raises NoRubricChosen."""
    chosen = rubric.in_force(session, job_id)
    seats = hiring.plan_seats(session, hiring.plan_step(session, job_id))
    return {seat.person_id: tuple(one.key for one in chosen.asking(seat.part.split()).attributes) for seat in seats}


def split(session: Session, actor: Actor, job_id: int, parts: Mapping[int, Collection[str]], *, now: datetime) -> None:
    """Ask each rater of the plan for a part of the attributes, also in interviews whose card is not begun.

    Raises Invalid where a rater is asked for nothing."""
    keys = [one.key for one in rubric.in_force(session, job_id).attributes]
    step = hiring.plan_step(session, job_id)
    seats: list[PlanSeat | Seat] = [*hiring.plan_seats(session, step), *_unbegun_seats(session, step.id)]
    for seat in (seat for seat in seats if seat.person_id in parts):
        asked = [key for key in keys if key in parts[seat.person_id]]
        if not asked:
            raise Invalid("Ask every rater for at least one attribute, or take them off the panel.")
        seat.part = "" if asked == keys else " ".join(asked)
    audit.record(
        session,
        actor,
        "scorecard:split",
        "job",
        job_id,
        {str(person_id): sorted(asked) for person_id, asked in parts.items()},
        now=now,
    )


def _unbegun_seats(session: Session, step_id: int) -> list[Seat]:
    begun = select(Scorecard.id).where(
        Scorecard.interview_id == Seat.interview_id, Scorecard.person_id == Seat.person_id
    )
    return list(
        session.scalars(
            select(Seat)
            .join(Seat.interview)
            .where(Interview.step_id == step_id, ~begun.exists())
            .with_for_update(of=Seat)
        )
    )


# -- reading others' cards: every page, API answer and export goes through readable_scorecards -------------------------


def readable_scorecards(
    session: Session,
    actor: Actor,
    *,
    interview_id: int | None = None,
    application_ids: Collection[int] | None = None,
    job_id: int | None = None,
) -> tuple[Card, ...]:
    """Return the cards that the actor may read, of one interview, some applications or a job, in constant queries.

    This is the only door to another's card; rules.may_read decides. Ordered by application, interview and name."""
    if actor.person_id is None:
        return ()
    conditions: list[ColumnElement[bool]] = []
    if interview_id is not None:
        conditions.append(Interview.id == interview_id)
    if application_ids is not None:
        conditions.append(Application.id.in_(application_ids))
    if job_id is not None:
        conditions.append(Application.job_id == job_id)
    query: Select[*tuple[Any, ...]] = (
        select(
            Scorecard.id,
            Scorecard.interview_id,
            Interview.application_id,
            Application.job_id,
            Application.stage,
            Scorecard.person_id,
            Person.name.label("person_name"),
            Scorecard.job_rubric_id,
            Scorecard.part,
            Scorecard.would_buy,
            Scorecard.recommendation,
            Scorecard.takeaways,
            Scorecard.saved_at,
            Submission.submitted_at,
        )
        .join(Scorecard.interview)
        .join(Interview.application)
        .join(Scorecard.person)
        .outerjoin(Scorecard.submission)
        .where(*conditions)
        .order_by(Application.id, Interview.id, Person.name, Person.id)
    )
    rows = session.execute(query).all()
    readers = _readers(session, actor, {row.application_id: row.job_id for row in rows})
    seen = [row for row in rows if rules.may_read(readers[row.application_id], _facts(row))]
    chosen = rubric.chosen_by_id(session, list({row.job_rubric_id for row in seen}))
    ratings, revisions = _contents(session, [row.id for row in seen])
    return tuple(
        Card(
            scorecard_id=row.id,
            interview_id=row.interview_id,
            application_id=row.application_id,
            job_id=row.job_id,
            person_id=row.person_id,
            person_name=row.person_name,
            chosen=chosen[row.job_rubric_id].asking(row.part.split()),
            draft=_said(row, ratings[row.id]),
            saved_at=row.saved_at,
            submitted_at=row.submitted_at,
            revisions=tuple(revisions[row.id]),
        )
        for row in seen
    )


def submitted_ratings(
    session: Session, actor: Actor, *, application_ids: Collection[int] | None = None, job_id: int | None = None
) -> tuple[Card, ...]:
    """Return the submitted cards that the actor may read: what means, comparisons and exports are made of."""
    cards = readable_scorecards(session, actor, application_ids=application_ids, job_id=job_id)
    return tuple(card for card in cards if card.submitted_at is not None)


def owes_a_card(session: Session, actor: Actor, application_id: int) -> bool:
    """Tell whether the actor still has a card to submit on this application, so that all else stays sealed."""
    return application_id in owed_among(session, actor, [application_id])


def owed_among(session: Session, actor: Actor, application_ids: Collection[int]) -> set[int]:
    """Return the applications, of many, on which the actor still has a card to submit, in constant queries."""
    if actor.person_id is None:
        return set()
    return {one for one, reader in _counted(session, actor.person_id, application_ids).items() if reader.owes_a_card}


def is_open_to(session: Session, actor: Actor, application: Application) -> bool:
    """Tell whether what opens with one's own submitted card is open: earlier employers, the summary."""
    if actor.person_id is None:
        return False
    return _readers(session, actor, {application.id: application.job_id})[application.id].may_read_after_own


def employers_of(session: Session, actor: Actor, application: Application) -> str | None:
    """Return where the candidate worked before; None for whom it is sealed."""
    return application.employers if is_open_to(session, actor, application) else None


def note_employers(session: Session, actor: Actor, application: Application, text: str, *, now: datetime) -> None:
    """Note where the candidate worked before. Raises Forbidden for whom it is sealed, Invalid for too much text."""
    if employers_of(session, actor, application) is None:
        raise Forbidden("You owe a scorecard for this candidate. Submit it first: earlier employers open then.")
    if len(text) > rules.EMPLOYERS_MAX_CHARS:
        raise Invalid(f"Shorten the earlier employers to {rules.EMPLOYERS_MAX_CHARS} characters.")
    hiring.note_employers(session, actor, application, text, now=now)


def _readers(session: Session, actor: Actor, job_ids: Mapping[int, int]) -> dict[int, Reader]:
    assert actor.person_id is not None
    counted = _counted(session, actor.person_id, job_ids)
    own_applications = set(
        session.scalars(
            select(Application.id)
            .join(Application.candidate)
            .join(Person, func.lower(Person.email) == func.lower(Candidate.email))
            .where(Person.id == actor.person_id)
        )
    )
    return {
        application_id: replace(
            counted[application_id],
            is_hiring_manager=(job_id, Role.HIRING_MANAGER) in actor.memberships,
            is_recruiter=actor.role is Role.RECRUITER or (job_id, Role.RECRUITER) in actor.memberships,
            is_the_candidate=application_id in own_applications,
        )
        for application_id, job_id in job_ids.items()
    }


def _counted(session: Session, person_id: int, application_ids: Collection[int]) -> dict[int, Reader]:
    """Return a reader with what counts on each application: own seats, cards and excuses, and others' cards."""
    own = session.execute(
        select(
            Interview.application_id,
            func.count(Seat.person_id),
            func.count(Submission.scorecard_id),
            func.count(Excusal.person_id),
        )
        .join(Seat, Seat.interview_id == Interview.id)
        .outerjoin(Scorecard, (Scorecard.interview_id == Interview.id) & (Scorecard.person_id == Seat.person_id))
        .outerjoin(Submission, Submission.scorecard_id == Scorecard.id)
        .outerjoin(Excusal, (Excusal.interview_id == Interview.id) & (Excusal.person_id == Seat.person_id))
        .where(Seat.person_id == person_id, Interview.application_id.in_(application_ids))
        .group_by(Interview.application_id)
    )
    others = set(
        session.scalars(
            select(Interview.application_id)
            .join(Scorecard, Scorecard.interview_id == Interview.id)
            .join(Submission, Submission.scorecard_id == Scorecard.id)
            .where(Scorecard.person_id != person_id, Interview.application_id.in_(application_ids))
            .distinct()
        )
    )
    found = {one: Reader(person_id=person_id, others_are_in=one in others) for one in application_ids}
    for application_id, seats, submitted, excused in own:
        found[application_id] = replace(
            found[application_id], panel_card_count=seats, submitted_count=submitted, excused_count=excused
        )
    return found


def _facts(row: Row[Any]) -> CardFacts:
    return CardFacts(row.person_id, submitted=row.submitted_at is not None, decided=row.stage == Stage.DECIDED)


def _contents(
    session: Session, scorecard_ids: Collection[int]
) -> tuple[Mapping[int, dict[str, rules.Rating]], Mapping[int, list[rules.Revision]]]:
    """Return the ratings and the revisions of cards; as plain columns, because a job has a thousand of them."""
    citations: dict[tuple[int, str], list[Citation]] = defaultdict(list)
    cited = select(Evidence.scorecard_id, Evidence.attribute, Evidence.quote, Evidence.segment_id, Evidence.start_ms)
    for card, key, quote, segment_id, start_ms in session.execute(
        cited.where(Evidence.scorecard_id.in_(scorecard_ids)).order_by(Evidence.ordinal)
    ):
        citations[card, key].append(Citation(quote, segment_id, start_ms))
    ratings: dict[int, dict[str, rules.Rating]] = defaultdict(dict)
    rated = select(Rating.scorecard_id, Rating.attribute, Rating.value, Rating.not_observed, Rating.note)
    for card, key, value, not_observed, note in session.execute(rated.where(Rating.scorecard_id.in_(scorecard_ids))):
        ratings[card][key] = rules.Rating(value, not_observed, note, tuple(citations[card, key]))
    revisions: dict[int, list[rules.Revision]] = defaultdict(list)
    revised = select(Revision).where(Revision.scorecard_id.in_(scorecard_ids)).order_by(Revision.id)
    for row in session.scalars(revised):
        revisions[row.scorecard_id].append(rules.Revision(row.attribute, row.value, row.reason, row.revised_at))
    return ratings, revisions


def _revisions(row: Scorecard) -> tuple[rules.Revision, ...]:
    return tuple(
        rules.Revision(one.attribute, one.value, one.reason, one.revised_at)
        for rating in row.ratings
        for one in rating.revisions
    )


def _draft(row: Scorecard) -> Draft:
    return _said(row, {rating.attribute: _rating(rating) for rating in row.ratings})


def _said(row: Scorecard | Row[Any], ratings: dict[str, rules.Rating]) -> Draft:
    return Draft(
        ratings=ratings,
        would_buy=rules.WouldBuy(row.would_buy) if row.would_buy else None,
        recommendation=rules.Recommendation(row.recommendation) if row.recommendation else None,
        takeaways=row.takeaways,
    )


def _rating(row: Rating) -> rules.Rating:
    citations = tuple(
        Citation(quote=evidence.quote, segment_id=evidence.segment_id, start_ms=evidence.start_ms)
        for evidence in row.evidence
    )
    return rules.Rating(value=row.value, not_observed=row.not_observed, note=row.note, citations=citations)


def _whole() -> tuple[ExecutableOption, ...]:
    return (
        selectinload(Scorecard.ratings).options(selectinload(Rating.evidence), selectinload(Rating.revisions)),
        joinedload(Scorecard.submission),
    )


# -- where cards stand: never what is on them --------------------------------------------------------------------------


def panel_of(session: Session, interview: Interview, *, now: datetime) -> tuple[PanelSeat, ...]:
    """Return who sits on the panel, by name, and where each one's card stands."""
    rows = session.execute(_seats().where(Interview.id == interview.id).order_by(Person.name, Person.id)).all()
    return tuple(
        PanelSeat(row.person_id, row.person_name, SeatKind(row.kind), _state(row, now), _excused(row), row.reason or "")
        for row in rows
    )


def seat_of(session: Session, interview: Interview, person_id: int, *, now: datetime) -> PanelSeat:
    """Return where somebody on the panel stands. Raises NotFound."""
    for seat in panel_of(session, interview, now=now):
        if seat.person_id == person_id:
            return seat
    raise NotFound("This person does not sit on the panel.")


def progress_of(session: Session, application_ids: Collection[int], *, now: datetime) -> dict[int, Progress]:
    """Return, for each application, how many cards it needs, has and waits for in vain, in one query."""
    found = dict.fromkeys(application_ids, Progress())
    seats = _seats().where(Application.id.in_(application_ids)).order_by(Person.name, Person.id)
    for row in session.execute(seats):
        before, state, excused = found[row.application_id], _state(row, now), _excused(row)
        found[row.application_id] = Progress(
            before.seat_count + (excused is None),
            before.submitted_count + (state is CardState.SUBMITTED),
            before.overdue_count + (state is CardState.OVERDUE),
            (*before.excused, excused) if excused else before.excused,
        )
    return found


def tasks_for(session: Session, actor: Actor, *, now: datetime) -> tuple[Task, ...]:
    """Return the scorecards that the actor still owes, the one due first on top."""
    rows = session.execute(_seats().where(Seat.person_id == actor.person_id).order_by(Interview.due_at, Interview.id))
    return tuple(
        Task(
            row.interview_id,
            row.candidate_name,
            row.job_title,
            row.starts_at,
            row.due_at,
            state,
            rules.last_reminder(row.ends_at, now),
        )
        for row in rows
        if (state := _state(row, now)) is not CardState.SUBMITTED and not state.is_excused
    )


def _seats() -> Select[*tuple[Any, ...]]:
    instead = aliased(Person)
    return (
        select(
            Interview.id.label("interview_id"),
            Interview.application_id,
            Interview.starts_at,
            Interview.ends_at,
            Interview.due_at,
            Person.id.label("person_id"),
            Person.name.label("person_name"),
            Seat.kind,
            Candidate.name.label("candidate_name"),
            Job.title.label("job_title"),
            Submission.submitted_at,
            Excusal.excuse,
            Excusal.reason,
            instead.name.label("instead_name"),
        )
        .join(Seat, Seat.interview_id == Interview.id)
        .join(Person, Person.id == Seat.person_id)
        .join(Application, Application.id == Interview.application_id)
        .join(Candidate, Candidate.id == Application.candidate_id)
        .join(Job, Job.id == Application.job_id)
        .outerjoin(Scorecard, (Scorecard.interview_id == Interview.id) & (Scorecard.person_id == Seat.person_id))
        .outerjoin(Submission, Submission.scorecard_id == Scorecard.id)
        .outerjoin(Excusal, (Excusal.interview_id == Interview.id) & (Excusal.person_id == Seat.person_id))
        .outerjoin(instead, instead.id == Excusal.instead_id)
    )


def _state(row: Row[Any], now: datetime) -> CardState:
    excuse = Excuse(row.excuse) if row.excuse else None
    return rules.card_state(
        pitch_at=row.starts_at, due_at=row.due_at, submitted_at=row.submitted_at, excuse=excuse, now=now
    )


def _excused(row: Row[Any]) -> Excused | None:
    return Excused(row.person_name, Excuse(row.excuse), row.instead_name) if row.excuse else None
