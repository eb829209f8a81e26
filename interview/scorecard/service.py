"""Use cases of scorecards: open, save, submit, and the one query through which anybody reads anybody's card.

Knows no web and no clock; never commits."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, select
from sqlalchemy.orm import Session, joinedload, selectinload
from sqlalchemy.sql.base import ExecutableOption

from interview import audit
from interview.access import Actor, Role
from interview.errors import Conflict, Forbidden, Invalid
from interview.hiring import service as hiring
from interview.hiring.models import Application, Candidate, Interview, Job, Seat
from interview.hiring.rules import SeatKind, Stage
from interview.people.models import Person
from interview.rubric import service as rubric
from interview.rubric.service import ChosenRubric
from interview.scorecard import rules
from interview.scorecard.models import Evidence, Rating, Scorecard, Submission
from interview.scorecard.rules import CardFacts, CardState, Citation, Completeness, Composite, Draft, Reader
from interview.transcript.models import Transcript, TranscriptSegment


class ScorecardAlreadySubmitted(Conflict):
    """A submitted card is locked."""


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

    @property
    def composite(self) -> Composite:
        """The weighted mean of this card with the job's weights."""
        return rules.composite(self.chosen.weights, {key: rating.value for key, rating in self.draft.ratings.items()})


@dataclass(frozen=True)
class OwnCard:
    """One's own card of one interview, begun or not, with what is still missing."""

    interview_id: int
    chosen: ChosenRubric
    draft: Draft
    edition: int
    saved_at: datetime | None
    submitted_at: datetime | None

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


@dataclass(frozen=True)
class Progress:
    """How many cards an application needs, has, and waits for beyond their time."""

    seat_count: int = 0
    submitted_count: int = 0
    overdue_count: int = 0


@dataclass(frozen=True)
class Task:
    """A scorecard that somebody still owes."""

    interview_id: int
    candidate_name: str
    job_title: str
    starts_at: datetime
    due_at: datetime
    state: CardState


# -- one's own card ------------------------------------------------------------------------------------------------


def own_card(session: Session, actor: Actor, interview: Interview) -> OwnCard:
    """Return the actor's own card; an empty one where nothing was saved. Raises NoRubricChosen."""
    row = _own_row(session, actor, interview.id)
    if row is None:
        chosen = rubric.in_force(session, interview.application.job_id)
        return OwnCard(interview.id, chosen, Draft(), 0, None, None)
    return OwnCard(
        interview_id=interview.id,
        chosen=rubric.chosen_by_id(session, [row.job_rubric_id])[row.job_rubric_id],
        draft=_draft(row),
        edition=row.edition,
        saved_at=row.saved_at,
        submitted_at=row.submission.submitted_at if row.submission else None,
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
    ScorecardChangedElsewhere where somebody else's edition is newer, ScorecardAlreadySubmitted, Invalid."""
    _take_turn(session, _own_seat(actor, interview))
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
    chosen = rubric.chosen_by_id(session, [row.job_rubric_id])[row.job_rubric_id]
    problem = rules.draft_problem([attribute.key for attribute in chosen.attributes], draft)
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
            citations=tuple(segments[one.segment_id] for one in rating.citations if one.segment_id in segments),
        )
        for key, rating in draft.ratings.items()
    }
    return replace(own_card(session, actor, interview), draft=replace(draft, ratings=ratings), edition=edition)


def submit(session: Session, actor: Actor, interview: Interview, *, now: datetime) -> Submission:
    """Lock the actor's card; when it was the panel's last one, the application counts as scored.

    Raises ScorecardIncomplete with a sentence for each thing missing, ScorecardAlreadySubmitted."""
    _take_turn(session, _own_seat(actor, interview))
    _take_turn(session, select(Application).where(Application.id == interview.application_id))
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
    progress = progress_of(session, [interview.application_id], now=now)[interview.application_id]
    done = progress.submitted_count == progress.seat_count
    hiring.advance(session, interview.application, Stage.SCORED if done else Stage.PITCHED, now=now)
    audit.record(
        session,
        actor=actor,
        action="scorecard:submitted",
        object_kind="scorecard",
        object_id=row.id,
        details={"interview": interview.id, "rubric_version": card.chosen.version_id, "edition": row.edition},
        now=now,
    )
    return submission


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
        edition=0,
        created_at=now,
        saved_at=now,
    )
    row.submission = None
    session.add(row)
    session.flush()
    audit.record(
        session,
        actor=actor,
        action="scorecard:begun",
        object_kind="scorecard",
        object_id=row.id,
        details={"interview": interview.id, "rubric_version": chosen.version_id},
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
    kept = {evidence.segment_id: evidence for evidence in rating.evidence}
    wanted = [citation.segment_id for citation in citations if citation.segment_id is not None]
    rating.evidence = [evidence for segment_id, evidence in kept.items() if segment_id in wanted]
    session.flush()
    ordinal = max((evidence.ordinal for evidence in rating.evidence), default=0)
    for segment_id in dict.fromkeys(wanted):
        if segment_id in kept:
            continue
        if segment_id not in segments:
            raise Invalid("A cited moment is not in this interview's transcript. Reload the page and cite it again.")
        ordinal += 1
        found = segments[segment_id]
        rating.evidence.append(
            Evidence(ordinal=ordinal, segment_id=segment_id, start_ms=found.start_ms, quote=found.quote)
        )


def _cited_segments(session: Session, interview_id: int, draft: Draft) -> dict[int, Citation]:
    """Look up what a draft cites, in any version of the interview's transcript."""
    cited = {citation.segment_id for rating in draft.ratings.values() for citation in rating.citations}
    found = session.execute(
        select(TranscriptSegment.id, TranscriptSegment.start_ms, TranscriptSegment.text)
        .join(Transcript, Transcript.id == TranscriptSegment.transcript_id)
        .where(Transcript.interview_id == interview_id, TranscriptSegment.id.in_(cited - {None}))
    )
    return {row.id: Citation(quote=row.text, segment_id=row.id, start_ms=row.start_ms) for row in found}


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
    query = (
        select(Scorecard)
        .join(Scorecard.interview)
        .join(Interview.application)
        .join(Scorecard.person)
        .where(*conditions)
        .options(
            *_whole(), joinedload(Scorecard.person), joinedload(Scorecard.interview).joinedload(Interview.application)
        )
        .order_by(Application.id, Interview.id, Person.name, Person.id)
    )
    rows = session.scalars(query).unique().all()
    applications = {row.interview.application_id: row.interview.application for row in rows}
    readers = _readers(session, actor, applications)
    seen = [row for row in rows if rules.may_read(readers[row.interview.application_id], _facts(row))]
    chosen = rubric.chosen_by_id(session, list({row.job_rubric_id for row in seen}))
    return tuple(_card(row, chosen[row.job_rubric_id]) for row in seen)


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
    seats, submitted = _own_counts(session, actor.person_id, application_ids)
    return {one for one in application_ids if submitted.get(one, 0) < seats.get(one, 0)}


def _readers(session: Session, actor: Actor, applications: Mapping[int, Application]) -> dict[int, Reader]:
    assert actor.person_id is not None
    seats, submitted = _own_counts(session, actor.person_id, applications)
    own_applications = set(
        session.scalars(
            select(Application.id)
            .join(Application.candidate)
            .join(Person, func.lower(Person.email) == func.lower(Candidate.email))
            .where(Person.id == actor.person_id)
        )
    )
    return {
        application_id: Reader(
            person_id=actor.person_id,
            is_hiring_manager=(application.job_id, Role.HIRING_MANAGER) in actor.memberships,
            is_recruiter=actor.role is Role.RECRUITER or (application.job_id, Role.RECRUITER) in actor.memberships,
            is_the_candidate=application_id in own_applications,
            panel_card_count=seats.get(application_id, 0),
            submitted_count=submitted.get(application_id, 0),
        )
        for application_id, application in applications.items()
    }


def _own_counts(
    session: Session, person_id: int, application_ids: Collection[int]
) -> tuple[dict[int, int], dict[int, int]]:
    """Count a person's seats, and their submitted cards on those seats, by application."""
    rows = session.execute(
        select(Interview.application_id, func.count(Seat.person_id), func.count(Submission.scorecard_id))
        .join(Seat, Seat.interview_id == Interview.id)
        .outerjoin(Scorecard, (Scorecard.interview_id == Interview.id) & (Scorecard.person_id == Seat.person_id))
        .outerjoin(Submission, Submission.scorecard_id == Scorecard.id)
        .where(Seat.person_id == person_id, Interview.application_id.in_(application_ids))
        .group_by(Interview.application_id)
    ).all()
    return {row[0]: row[1] for row in rows}, {row[0]: row[2] for row in rows}


def _facts(row: Scorecard) -> CardFacts:
    decided = row.interview.application.stage == Stage.DECIDED
    return CardFacts(owner_id=row.person_id, submitted=row.submission is not None, decided=decided)


def _card(row: Scorecard, chosen: ChosenRubric) -> Card:
    return Card(
        scorecard_id=row.id,
        interview_id=row.interview_id,
        application_id=row.interview.application_id,
        job_id=row.interview.application.job_id,
        person_id=row.person_id,
        person_name=row.person.name,
        chosen=chosen,
        draft=_draft(row),
        saved_at=row.saved_at,
        submitted_at=row.submission.submitted_at if row.submission else None,
    )


def _draft(row: Scorecard) -> Draft:
    return Draft(
        ratings={rating.attribute: _rating(rating) for rating in row.ratings},
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
    return selectinload(Scorecard.ratings).selectinload(Rating.evidence), joinedload(Scorecard.submission)


# -- where cards stand: never what is on them --------------------------------------------------------------------------


def panel_of(session: Session, interview: Interview, *, now: datetime) -> tuple[PanelSeat, ...]:
    """Return who sits on the panel, by name, and where each one's card stands."""
    rows = session.execute(_seats().where(Interview.id == interview.id).order_by(Person.name, Person.id)).all()
    return tuple(PanelSeat(row.person_id, row.person_name, SeatKind(row.kind), _state(row, now)) for row in rows)


def progress_of(session: Session, application_ids: Collection[int], *, now: datetime) -> dict[int, Progress]:
    """Return, for each application, how many cards it needs, has and waits for in vain, in one query."""
    found = dict.fromkeys(application_ids, Progress())
    for row in session.execute(_seats().where(Application.id.in_(application_ids))):
        before, state = found[row.application_id], _state(row, now)
        found[row.application_id] = Progress(
            before.seat_count + 1,
            before.submitted_count + (state is CardState.SUBMITTED),
            before.overdue_count + (state is CardState.OVERDUE),
        )
    return found


def tasks_for(session: Session, actor: Actor, *, now: datetime) -> tuple[Task, ...]:
    """Return the scorecards that the actor still owes, the one due first on top."""
    rows = session.execute(_seats().where(Seat.person_id == actor.person_id).order_by(Interview.due_at, Interview.id))
    return tuple(
        Task(row.interview_id, row.candidate_name, row.job_title, row.starts_at, row.due_at, state)
        for row in rows
        if (state := _state(row, now)) is not CardState.SUBMITTED
    )


def _seats() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Interview.id.label("interview_id"),
            Interview.application_id,
            Interview.starts_at,
            Interview.due_at,
            Person.id.label("person_id"),
            Person.name.label("person_name"),
            Seat.kind,
            Candidate.name.label("candidate_name"),
            Job.title.label("job_title"),
            Submission.submitted_at,
        )
        .join(Seat, Seat.interview_id == Interview.id)
        .join(Person, Person.id == Seat.person_id)
        .join(Application, Application.id == Interview.application_id)
        .join(Candidate, Candidate.id == Application.candidate_id)
        .join(Job, Job.id == Application.job_id)
        .outerjoin(Scorecard, (Scorecard.interview_id == Interview.id) & (Scorecard.person_id == Seat.person_id))
        .outerjoin(Submission, Submission.scorecard_id == Scorecard.id)
    )


def _state(row: Row[Any], now: datetime) -> CardState:
    return rules.card_state(pitch_at=row.starts_at, due_at=row.due_at, submitted_at=row.submitted_at, now=now)
