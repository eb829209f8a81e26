"""Use cases of calibration: keep samples and their gold ratings, rate them in rounds, say who is calibrated.

Gold ratings reach a rater through `gold_for` and `result` alone, after the own card. Knows no web and no clock."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, aliased, defer, joinedload, selectinload
from sqlalchemy.sql.base import ExecutableOption

from interview import audit
from interview.access import Actor, Place, Role
from interview.calibration import rules
from interview.calibration.models import Round, Sample, SampleCard, SampleRating, SampleWithdrawal
from interview.calibration.rules import Pair, Passage, SampleText, Standing
from interview.errors import Conflict, Forbidden, Invalid, NotFound
from interview.hiring import service as hiring
from interview.hiring.models import Application, Interview, Job, Membership, Seat
from interview.people.models import Person
from interview.rubric import service as rubric
from interview.rubric.models import JobRubric
from interview.rubric.rules import Criterion
from interview.rubric.service import ChosenRubric
from interview.scorecard.rules import Citation, Completeness, Draft, Rating, draft_problem
from interview.scorecard.service import ScorecardAlreadySubmitted, ScorecardChangedElsewhere, ScorecardIncomplete
from interview.transcript.rules.reading import read_transcript


@dataclass(frozen=True)
class Sheet:
    """A card on a sample, with what its page needs: the rubric as chosen, what was said, what is missing."""

    card: SampleCard
    chosen: ChosenRubric
    draft: Draft
    edition: int

    @property
    def sample(self) -> Sample:
        """The sample that is rated."""
        return self.card.sample

    @property
    def is_gold(self) -> bool:
        """Tell whether these are the ratings that experts agreed on."""
        return self.card.round_id is None

    @property
    def passages(self) -> tuple[Passage, ...]:
        """The sample's words."""
        return tuple(Passage(id=place, **one) for place, one in enumerate(self.sample.passages, start=1))

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the attributes to rate, in the rubric's order."""
        return tuple(one.key for one in self.chosen.attributes)

    @property
    def completeness(self) -> Completeness:
        """How far the card is."""
        return rules.completeness(self.keys, self.draft, is_gold=self.is_gold)

    @property
    def missing(self) -> tuple[str, ...]:
        """What keeps the card from being submitted, a sentence each."""
        names = {one.key: one.name for one in self.chosen.attributes}
        return rules.missing_sentences(names, self.completeness, is_gold=self.is_gold)


# -- samples and their gold ratings: for those who keep them ----------------------------------------------------------


def add_sample(
    session: Session, actor: Actor, job: Job, text: SampleText, transcript: bytes, *, now: datetime
) -> Sample:
    """Add a sample pitch with an empty gold card, rated with the job's rubric as it is chosen now.

    Raises Invalid with a sentence for each field, NoRubricChosen, TranscriptRefused."""
    faults = rules.sample_faults(text)
    segments = read_transcript(transcript).segments
    if len(segments) > rules.PASSAGES_MAX:
        faults["file"] = f"A sample has at most {rules.PASSAGES_MAX} passages: cut the part that shows the most."
    if faults:
        raise Invalid(" ".join(faults.values()), fields=faults)
    sample = Sample(
        job_id=job.id,
        job_rubric_id=rubric.in_force(session, job.id).job_rubric_id,
        title=text.title,
        experts="\n".join(rules.expert_names(text.experts)),
        is_warm_up=text.is_warm_up,
        passages=[{"start_ms": one.start_ms, "speaker_name": one.speaker or "", "text": one.text} for one in segments],
        added_by_id=actor.person_id,
        added_at=now,
    )
    sample.withdrawal = None
    session.add(sample)
    session.flush()
    session.add(SampleCard(sample_id=sample.id))
    session.flush()
    _record(session, actor, "calibration:sample-added", sample, now, warm_up=text.is_warm_up)
    return sample


def sample(session: Session, sample_id: int) -> Sample:
    """Return a sample. Raises NotFound."""
    found = session.get(Sample, sample_id)
    if found is None:
        raise NotFound("There is no such sample pitch.")
    return found


def gold(session: Session, actor: Actor, sample_id: int) -> Sheet:
    """Return a sample's gold card, for who keeps the job's samples. Raises NotFound, Forbidden."""
    if not keeps_samples(actor, sample(session, sample_id).job_id):
        raise Forbidden("Gold ratings are for those who keep the samples. Rate the sample to see them.")
    return _gold(session, [sample_id])[sample_id]


def withdraw(session: Session, actor: Actor, withdrawn: Sample, *, now: datetime) -> None:
    """Let a sample count for nobody any more; what was rated on it stays. Raises Conflict when it is done already."""
    if withdrawn.withdrawal is not None:
        raise Conflict("This sample is withdrawn already.")
    assert actor.person_id is not None
    withdrawn.withdrawal = SampleWithdrawal(sample_id=withdrawn.id, withdrawn_by_id=actor.person_id, withdrawn_at=now)
    session.flush()
    _record(session, actor, "calibration:sample-withdrawn", withdrawn, now)


def keeps_samples(actor: Actor, job_id: int) -> bool:
    """Tell whether somebody knows the job's gold ratings by office, so that a round would measure nothing."""
    return (job_id, Role.HIRING_MANAGER) in actor.memberships


@dataclass(frozen=True)
class Listed:
    """A sample as its keepers see it in the list."""

    sample: Sample
    opened_at: datetime | None
    is_live: bool  # open, not withdrawn, and on the rubric version that the job uses now


def samples(session: Session, job_id: int) -> list[Listed]:
    """Return a job's samples, the newest first, in two queries."""
    live = _live(session, [job_id])
    rows = session.execute(
        select(Sample, SampleCard.submitted_at)
        .join(SampleCard, SampleCard.sample_id == Sample.id)
        .where(Sample.job_id == job_id, SampleCard.round_id.is_(None))
        .options(defer(Sample.passages), joinedload(Sample.withdrawal))
        .order_by(Sample.id.desc())
    )
    return [Listed(one, opened_at, one.id in live) for one, opened_at in rows]


# -- a card: the gold card and those of a round are filled in alike ---------------------------------------------------


def own_card(session: Session, actor: Actor, card_id: int) -> Sheet:
    """Return the actor's own card of a round. Raises NotFound for anybody else's, and for gold cards."""
    row = session.scalar(select(SampleCard).where(SampleCard.id == card_id).options(*_whole()))
    if row is None or row.round is None or row.round.person_id != actor.person_id:
        raise NotFound("There is no such card of yours.")
    return _sheet(row, rubric.chosen_by_id(session, [row.sample.job_rubric_id]))


def save(
    session: Session,
    sheet: Sheet,
    draft: Draft,
    *,
    edition: int,
    save_keys: Sequence[str] = (),
    now: datetime,
) -> Sheet:
    """Store the whole draft of a card; editions and keys work as on scorecards.

    Raises ScorecardChangedElsewhere, ScorecardAlreadySubmitted, Invalid."""
    row = _turn(session, sheet)
    key, *unanswered = save_keys or [""]
    if key and row.save_key == key:
        return _sheet_again(row, sheet)
    if row.edition != edition and row.save_key not in unanswered:
        raise ScorecardChangedElsewhere(row.edition, row.saved_at or now)
    problem = draft_problem(sheet.keys, draft)
    if problem:
        raise Invalid(problem)
    known = {one.attribute: one for one in row.ratings}
    places = range(1, len(row.sample.passages) + 1)
    for attribute, said in draft.ratings.items():
        rating = known.get(attribute) or SampleRating(attribute=attribute)
        rating.value, rating.not_observed, rating.note = said.value, said.not_observed, said.note
        cited = (one.segment_id for one in said.citations)
        rating.cited = [place for place in cited if place is not None and place in places]
        if attribute not in known:
            row.ratings.append(rating)
    row.edition, row.save_key, row.saved_at = row.edition + 1, key, now
    session.flush()
    return _sheet_again(row, sheet)


def typed(sheet: Sheet, draft: Draft, *, edition: int) -> Sheet:
    """Return a card with what was typed in place of what is stored, as if built on that edition."""
    ratings = {
        key: replace(said, citations=_citations(sheet.sample, [one.segment_id for one in said.citations]))
        for key, said in draft.ratings.items()
    }
    return replace(sheet, draft=replace(draft, ratings=ratings), edition=edition)


def submit(session: Session, actor: Actor, sheet: Sheet, *, now: datetime) -> None:
    """Lock a card: a rater's opens its sample's gold ratings to the rater, the gold card opens the sample to rounds.

    Raises ScorecardIncomplete with a sentence for each thing missing, ScorecardAlreadySubmitted."""
    row = _turn(session, sheet)
    missing = _sheet_again(row, sheet).missing
    if missing:
        raise ScorecardIncomplete(missing)
    row.submitted_at = now
    session.flush()
    if sheet.is_gold:
        _record(session, actor, "calibration:sample-opened", row.sample, now, edition=row.edition)
    else:
        _record(session, actor, "calibration:card-submitted", row.sample, now, round=row.round_id, edition=row.edition)


def _turn(session: Session, sheet: Sheet) -> SampleCard:
    """Let two writers of a card come one after the other, and refuse a locked one."""
    row = sheet.card
    session.execute(select(SampleCard.id).where(SampleCard.id == row.id).with_for_update(key_share=True))
    session.expire(row)  # whoever held the turn before may have changed it
    if row.submitted_at is not None:
        raise ScorecardAlreadySubmitted("This card is submitted and locked. What you wrote now was not added to it.")
    return row


def _sheet(row: SampleCard, chosen: Mapping[int, ChosenRubric]) -> Sheet:
    ratings = {
        one.attribute: Rating(one.value, one.not_observed, one.note, _citations(row.sample, one.cited))
        for one in row.ratings
    }
    return Sheet(row, chosen[row.sample.job_rubric_id], Draft(ratings), row.edition)


def _sheet_again(row: SampleCard, before: Sheet) -> Sheet:
    return _sheet(row, {row.sample.job_rubric_id: before.chosen})


def _citations(of: Sample, cited: Iterable[int | None]) -> tuple[Citation, ...]:
    found = [place for place in cited if place is not None and 0 < place <= len(of.passages)]
    said = [(place, of.passages[place - 1]) for place in found]
    return tuple(Citation(one["text"], place, one["start_ms"]) for place, one in said)


def _gold(session: Session, sample_ids: Collection[int]) -> dict[int, Sheet]:
    rows = session.scalars(
        select(SampleCard).where(SampleCard.sample_id.in_(sample_ids), SampleCard.round_id.is_(None)).options(*_whole())
    ).all()
    chosen = rubric.chosen_by_id(session, list({row.sample.job_rubric_id for row in rows}))
    return {row.sample_id: _sheet(row, chosen) for row in rows}


def _whole() -> tuple[ExecutableOption, ...]:
    return (
        selectinload(SampleCard.ratings),
        joinedload(SampleCard.sample).joinedload(Sample.withdrawal),
        joinedload(SampleCard.round),
    )


# -- rounds ----------------------------------------------------------------------------------------------------------


def begin(session: Session, actor: Actor, job: Job, *, chance: random.Random, now: datetime) -> SampleCard:
    """Begin a round over the open samples, warm-ups first, the others shuffled, or go on with the one under way.

    Returns the card to fill in next. Raises Forbidden for who knows gold, Conflict while no sample is open."""
    if actor.person_id is None or keeps_samples(actor, job.id):
        raise Forbidden("You keep the samples of this job and know their gold ratings: a round would measure nothing.")
    session.execute(select(Person.id).where(Person.id == actor.person_id).with_for_update(key_share=True))
    live = _live(session, [job.id])
    under_way = (_next(one, live) for one in _rounds(session, [job.id], [actor.person_id]))
    if (card := next((one for one in under_way if one is not None), None)) is not None:
        return card
    if all(one.is_warm_up for one in live.values()):
        raise Conflict("No sample pitch is open yet. The hiring manager opens one when its gold ratings are complete.")
    order = sorted(live.values(), key=lambda one: one.id)
    chance.shuffle(order)
    order.sort(key=lambda one: not one.is_warm_up)
    begun = Round(job_id=job.id, person_id=actor.person_id, begun_at=now)
    begun.cards = [SampleCard(sample_id=one.id, ordinal=ordinal) for ordinal, one in enumerate(order, start=1)]
    session.add(begun)
    session.flush()
    audit.record(
        session,
        actor,
        "calibration:round-begun",
        "calibration_round",
        begun.id,
        {"job": job.id, "samples": [one.id for one in order]},
        now=now,
    )
    return begun.cards[0]


def gold_for(session: Session, actor: Actor, sheet: Sheet) -> Sheet | None:
    """Return the gold card of a sample that the actor has rated; None while any own card of it is still to submit."""
    sample_id = sheet.card.sample_id
    if sheet.is_gold or sample_id not in _unsealed(session, actor, [sample_id]):
        return None
    return _gold(session, [sample_id])[sample_id]


def _unsealed(session: Session, actor: Actor, sample_ids: Collection[int]) -> set[int]:
    rows = session.execute(
        select(SampleCard.sample_id, SampleCard.submitted_at)
        .join(Round, Round.id == SampleCard.round_id)
        .where(Round.person_id == actor.person_id, SampleCard.sample_id.in_(sample_ids))
    ).all()
    return {one for one in sample_ids if rules.may_see_gold([at is not None for key, at in rows if key == one])}


@dataclass(frozen=True)
class Finding:
    """One attribute in a round: one's own point beside the experts', sample by sample."""

    attribute: Criterion
    pairs: tuple[tuple[str, Pair], ...]  # the sample's title

    @property
    def distance(self) -> float | None:
        """The mean distance from gold."""
        return rules.distance([pair for _, pair in self.pairs])


@dataclass(frozen=True)
class Result:
    """What a finished round shows its rater; warm-ups are left out."""

    job: Job
    finished_at: datetime
    sample_count: int
    findings: tuple[Finding, ...]

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """Every comparison of the round."""
        return tuple(pair for finding in self.findings for _, pair in finding.pairs)


def result(session: Session, actor: Actor, round_id: int) -> Result:
    """Return what the actor's own finished round shows. Raises NotFound, Forbidden while a card is still to submit."""
    found = session.get(Round, round_id)
    if found is None or found.person_id != actor.person_id:
        raise NotFound("There is no such round of yours.")
    live = _live(session, [found.job_id])
    finished_at = _finished_at(found, live)
    counted = [card.id for card in found.cards if card.sample_id in live and not live[card.sample_id].is_warm_up]
    ids = {card.sample_id for card in found.cards if card.id in counted}
    if finished_at is None or _unsealed(session, actor, ids) != ids:
        raise Forbidden("The result of a round opens when you have rated its samples and no new round of them is open.")
    rows = session.scalars(
        select(SampleCard).where(SampleCard.id.in_(counted)).options(*_whole()).order_by(SampleCard.ordinal)
    ).all()
    chosen = rubric.chosen_by_id(session, list({row.sample.job_rubric_id for row in rows}))
    own, golden = [_sheet(row, chosen) for row in rows], _gold(session, ids)
    asked = {one.key: one for sheet in own for one in sheet.chosen.attributes}
    findings = tuple(
        Finding(
            attribute,
            tuple(
                (
                    sheet.sample.title,
                    Pair(sheet.draft.rating(key).value, golden[sheet.sample.id].draft.rating(key).value),
                )
                for sheet in own
                if key in sheet.keys
            ),
        )
        for key, attribute in asked.items()
    )
    return Result(hiring.job(session, found.job_id), finished_at, len(own), findings)


# -- who is calibrated -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Own:
    """Where the actor stands on a job."""

    standing: Standing
    finished: tuple[tuple[int, datetime], ...]  # rounds with their end, the newest first
    next_card_id: int | None
    live_count: int  # samples that count; warm-ups do not
    has_warm_up: bool


def own(session: Session, actor: Actor, job_id: int, *, now: datetime) -> Own:
    """Return where the actor stands, in constant queries."""
    live = _live(session, [job_id])
    rounds = _rounds(session, [job_id], [actor.person_id or 0])
    finished = [(one.id, at) for one in rounds if (at := _finished_at(one, live)) is not None]
    open_cards = [card for one in rounds if (card := _next(one, live)) is not None]
    return Own(
        standing=rules.standing(max((at for _, at in finished), default=None), now),
        finished=tuple(sorted(finished, key=lambda one: one[1], reverse=True)),
        next_card_id=open_cards[0].id if open_cards else None,
        live_count=sum(not one.is_warm_up for one in live.values()),
        has_warm_up=any(one.is_warm_up for one in live.values()),
    )


@dataclass(frozen=True)
class Rater:
    """Somebody who rates on a job and whether that is calibrated; never how far from gold."""

    name: str
    standing: Standing
    finished_at: datetime | None


def raters(session: Session, job_id: int, *, now: datetime) -> list[Rater]:
    """Return who is asked to calibrate on a job, by name, in constant queries."""
    rates = select(Membership.person_id).where(Membership.job_id == job_id, Membership.role == Role.INTERVIEWER)
    sits = (
        select(Seat.person_id)
        .join(Interview, Interview.id == Seat.interview_id)
        .join(Application, Application.id == Interview.application_id)
        .where(Application.job_id == job_id)
    )
    people = session.scalars(
        select(Person)
        .where(Person.id.in_(rates.union(sits)), Person.id.not_in(_keepers(job_id)), Person.disabled_at.is_(None))
        .order_by(Person.name, Person.id)
    ).all()
    ends = _ends(session, [job_id], [one.id for one in people])
    newest = {one.id: max(ends.get((job_id, one.id), ()), default=None) for one in people}
    return [Rater(one.name, rules.standing(newest[one.id], now), newest[one.id]) for one in people]


def uncalibrated(session: Session, job_id: int, rated: Collection[tuple[int, datetime]]) -> set[tuple[int, datetime]]:
    """Return which of these (person, instant of rating) had no round in force; none where there are no samples."""
    if all(one.is_warm_up for one in _live(session, [job_id]).values()):
        return set()
    ends = _ends(session, [job_id], {person_id for person_id, _ in rated})
    keepers = set(session.scalars(_keepers(job_id)))
    return {
        (one, at)
        for one, at in rated
        if one not in keepers and not rules.is_calibrated_at(ends.get((job_id, one), ()), at)
    }


@dataclass(frozen=True)
class Task:
    """A round that somebody should do."""

    job_id: int
    job_title: str
    standing: Standing
    is_under_way: bool


def tasks_for(session: Session, actor: Actor, *, now: datetime) -> tuple[Task, ...]:
    """Return the open jobs on which the actor rates and has no round in force, by title, in constant queries."""
    member = {job_id for job_id, role in actor.memberships if role is Role.INTERVIEWER}
    sits = (
        select(Application.job_id)
        .join(Interview, Interview.application_id == Application.id)
        .join(Seat, Seat.interview_id == Interview.id)
        .where(Seat.person_id == actor.person_id)
    )
    jobs = session.scalars(
        select(Job).where(Job.id.in_(member) | Job.id.in_(sits), ~Job.closure.has()).order_by(Job.title, Job.id)
    ).all()
    asked = {job.id: job for job in jobs if not keeps_samples(actor, job.id)}
    live = _live(session, asked)
    rounds = _rounds(session, asked, [actor.person_id or 0])
    found = []
    for job_id in dict.fromkeys(one.job_id for one in live.values() if not one.is_warm_up):
        here = [one for one in rounds if one.job_id == job_id]
        standing = rules.standing(max((at for one in here if (at := _finished_at(one, live))), default=None), now)
        if standing is not Standing.CALIBRATED:
            under_way = any(_next(one, live) for one in here)
            found.append(Task(job_id, asked[job_id].title, standing, under_way))
    return tuple(sorted(found, key=lambda one: list(asked).index(one.job_id)))


def _keepers(job_id: int) -> Select[int]:
    return select(Membership.person_id).where(Membership.job_id == job_id, Membership.role == Role.HIRING_MANAGER)


def _live(session: Session, job_ids: Collection[int]) -> dict[int, Sample]:
    """Return by id the samples that count now: opened, not withdrawn, on the rubric version that their job uses."""
    used, later = aliased(JobRubric), aliased(JobRubric)
    rows = session.scalars(
        select(Sample)
        .join(JobRubric, JobRubric.id == Sample.job_rubric_id)
        .join(used, (used.job_id == Sample.job_id) & (used.version_id == JobRubric.version_id))
        .join(SampleCard, (SampleCard.sample_id == Sample.id) & SampleCard.round_id.is_(None))
        .where(
            Sample.job_id.in_(job_ids),
            SampleCard.submitted_at.is_not(None),
            ~select(later.id).where(later.job_id == Sample.job_id, later.id > used.id).exists(),
            ~Sample.withdrawal.has(),
        )
        .options(defer(Sample.passages))
        .order_by(Sample.id)
    )
    return {one.id: one for one in rows}


def _rounds(session: Session, job_ids: Collection[int], person_ids: Collection[int]) -> Sequence[Round]:
    return session.scalars(
        select(Round)
        .where(Round.job_id.in_(job_ids), Round.person_id.in_(person_ids))
        .options(selectinload(Round.cards))
        .order_by(Round.id)
    ).all()


def _ends(
    session: Session, job_ids: Collection[int], person_ids: Collection[int]
) -> dict[tuple[int, int], list[datetime]]:
    """Return when the finished rounds of people on jobs ended, by job and person."""
    live = _live(session, job_ids)
    ends: dict[tuple[int, int], list[datetime]] = {}
    for one in _rounds(session, job_ids, person_ids):
        if (at := _finished_at(one, live)) is not None:
            ends.setdefault((one.job_id, one.person_id), []).append(at)
    return ends


def _finished_at(one: Round, live: Mapping[int, Sample]) -> datetime | None:
    """Return when the last card was submitted, once all are; None for a round without a sample that counts."""
    cards = [card for card in one.cards if card.sample_id in live]
    ends = [card.submitted_at for card in cards if card.submitted_at is not None]
    counts = any(not live[card.sample_id].is_warm_up for card in cards)
    return max(ends) if counts and len(ends) == len(cards) else None


def _next(one: Round, live: Mapping[int, Sample]) -> SampleCard | None:
    return next((card for card in one.cards if card.sample_id in live and card.submitted_at is None), None)


# -- where ids lead ----------------------------------------------------------------------------------------------------


def place_of_sample(session: Session, actor: Actor, sample_id: int) -> Place | None:
    """Return the place of the job that a sample belongs to, or None when there is none."""
    found = session.get(Sample, sample_id)
    return None if found is None else hiring.place_of_job(session, actor, found.job_id)


def place_of_card(session: Session, actor: Actor, card_id: int) -> Place | None:
    """Return the place of the job that a card belongs to, or None when there is none."""
    found = session.get(SampleCard, card_id)
    return None if found is None else hiring.place_of_job(session, actor, found.sample.job_id)


def place_of_round(session: Session, actor: Actor, round_id: int) -> Place | None:
    """Return the place of the job that a round belongs to, or None when there is none."""
    found = session.get(Round, round_id)
    return None if found is None else hiring.place_of_job(session, actor, found.job_id)


def _record(session: Session, actor: Actor, action: str, about: Sample, now: datetime, **details: object) -> None:
    audit.record(session, actor, action, "calibration_sample", about.id, {"job": about.job_id, **details}, now=now)
