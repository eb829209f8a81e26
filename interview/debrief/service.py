"""Use cases of debriefs: compare candidates, look at one panel's cards together, decide, reopen, give feedback.

Reads cards through the scorecard room's one door, so what is sealed there is sealed here. Knows no web and no clock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from statistics import fmean

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from interview import audit
from interview.access import Actor, Role
from interview.agreement.rules.analysis import Analysis, Components
from interview.calibration import service as calibration
from interview.debrief import rules
from interview.debrief.models import Decision, Feedback, Reopening
from interview.debrief.rules import (
    FINAL,
    FORWARD,
    OUTCOME_WORDS,
    Dot,
    Outcome,
    Spread,
    Standing,
    Verdict,
    interviewer,
    standing,
)
from interview.debrief.rules.interviewer import Rated, Report
from interview.debrief.rules.standing import Advice, Estimated, Flag, Footing, PanelFacts, Point, Seen
from interview.errors import Conflict, Forbidden, Invalid, NotFound
from interview.hiring import service as hiring
from interview.hiring.models import Application, Interview, Job, Seat
from interview.hiring.rules import Stage
from interview.people.models import Person
from interview.rubric.rules import Criterion
from interview.scorecard import service as scorecard
from interview.scorecard.rules import Rating, composite
from interview.scorecard.service import Card, Progress


class AlreadyDecided(Conflict):
    """Somebody else decided while this decision was being written."""


class FeedbackChanged(Conflict):
    """Somebody else saved the feedback while this text was being written."""


# -- looking -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Panel:
    """One candidate's submitted cards together; sealed (and empty) while the reader may not read all of them."""

    application_id: int
    candidate_name: str
    cards: tuple[Card, ...]
    progress: Progress
    is_sealed: bool
    is_owed: bool  # the reader still has a card to submit here

    @property
    def is_provisional(self) -> bool:
        """Tell whether cards are missing, so that everything may still change."""
        return self.progress.submitted_count < self.progress.seat_count

    @property
    def version_ids(self) -> frozenset[int]:
        """The rubric versions the cards were filled in on."""
        return frozenset(card.chosen.version_id for card in self.cards)

    @cached_property
    def composite(self) -> Spread:
        """The interviewers' weighted means; those who observed too little count as not observed.

        Where attributes are split across raters, the mean is of the attributes' means with the job's weights: a mean of
        raters would weigh an attribute by who was asked for it."""
        spread = rules.composite_spread(Dot(card.person_name, card.composite.mean) for card in self.cards)
        if len({frozenset(card.chosen.weights) for card in self.cards}) < 2:
            return spread
        weights = {key: weight for card in self.cards for key, weight in card.chosen.weights.items()}
        means = {key: self.attribute(key).mean for key in weights}
        return replace(spread, split_mean=composite(weights, means).mean, is_split=True)

    @cached_property
    def means(self) -> dict[int, float]:
        """Each interviewer's weighted mean by person id; of several interviews, their mean."""
        given: dict[int, list[float]] = defaultdict(list)
        for card in self.cards:
            if (mean := card.composite.mean) is not None:
                given[card.person_id].append(mean)
        return {person_id: fmean(means) for person_id, means in given.items()}

    def attribute(self, key: str) -> Spread:
        """The points that count for one attribute, of the interviewers who were asked for it."""
        return rules.attribute_spread(
            Dot(card.person_name, card.value(key)) for card in self.cards if key in card.chosen.weights
        )

    @property
    def attributes(self) -> tuple[Criterion, ...]:
        """The attributes that any interviewer was asked for, in the rubric's order."""
        return attributes_of(self.cards)


def attributes_of(cards: Collection[Card]) -> tuple[Criterion, ...]:
    """Return the attributes that any of the cards asked for, in the rubric's order."""
    asked = {key for card in cards for key in card.chosen.weights}
    every = {one.key: one for card in cards for one in card.chosen.rubric.criteria}
    return tuple(one for key, one in every.items() if key in asked)


def panels(session: Session, actor: Actor, applications: Collection[Application], *, now: datetime) -> list[Panel]:
    """Return the panels of applications, by candidate name, in a constant number of queries."""
    ids = [one.id for one in applications]
    cards: dict[int, list[Card]] = defaultdict(list)
    for card in scorecard.submitted_ratings(session, actor, application_ids=ids):
        cards[card.application_id].append(card)
    progress = scorecard.progress_of(session, ids, now=now)
    owed = scorecard.owed_among(session, actor, ids)
    sealed = owed | {one for one in ids if progress[one].submitted_count > len(cards[one])}
    found = [
        Panel(
            application_id=one.id,
            candidate_name=one.candidate.name,
            cards=() if one.id in sealed else tuple(cards[one.id]),
            progress=progress[one.id],
            is_sealed=one.id in sealed,
            is_owed=one.id in owed,
        )
        for one in applications
    ]
    return sorted(found, key=lambda panel: (panel.candidate_name.casefold(), panel.application_id))


def flags_of(session: Session, job_id: int, looked_at: Sequence[Panel]) -> dict[int, tuple[Flag, ...]]:
    """Return what is to be looked at first on each panel of one job, by application id, in constant queries."""
    interviews = hiring.interviews_of(session, [panel.application_id for panel in looked_at])
    in_time = {
        one.id: one.ends_at + timedelta(hours=standing.LATE_HOURS) for many in interviews.values() for one in many
    }
    unready = calibration.uncalibrated(session, job_id, {one for panel in looked_at for one in _rated(panel)})
    return {
        panel.application_id: standing.flags(
            _facts(panel, in_time, len(_rated(panel) & unready)),
            attribute_range=rules.ATTRIBUTE_RANGE_FLAG,
            composite_range=rules.COMPOSITE_RANGE_FLAG,
        )
        for panel in looked_at
    }


def _rated(panel: Panel) -> set[tuple[int, datetime]]:
    return {(card.person_id, card.submitted_at) for card in panel.cards if card.submitted_at is not None}


def _facts(panel: Panel, in_time: Mapping[int, datetime], uncalibrated_count: int) -> PanelFacts:
    attributes = {one.key: one for card in panel.cards for one in card.chosen.attributes}
    return PanelFacts(
        card_count=len(panel.cards),
        composites=tuple(dot.value for dot in panel.composite.dots),
        late_count=sum(
            card.submitted_at is not None and card.submitted_at > in_time[card.interview_id] for card in panel.cards
        ),
        attributes=tuple(
            Seen(
                name=attribute.name,
                is_critical=attribute.critical,
                values=panel.attribute(key).values,
                evidence_missing_count=sum(card.draft.rating(key).evidence_missing for card in panel.cards),
            )
            for key, attribute in attributes.items()
        ),
        is_mixed=len(panel.version_ids) > 1,
        uncalibrated_count=uncalibrated_count,
    )


@dataclass(frozen=True)
class Opening:
    """Every candidate of a job whose panel is complete and readable, on one rubric version, and what that carries."""

    panels: tuple[Panel, ...]
    footing: Footing
    analysis: Analysis | None  # None where `footing` says why
    order: str = ""  # says so where later pitches were rated otherwise than earlier ones

    @cached_property
    def points(self) -> tuple[Point, ...]:
        """The weighted means that estimates are made of."""
        return standing.in_order(
            (str(panel.application_id), str(person_id), mean)
            for panel in self.panels
            for person_id, mean in panel.means.items()
        )

    def advice(self, looked_at: Collection[int]) -> Advice | None:
        """Put what the estimates say about some of its candidates into words; None where there are none."""
        if self.analysis is None:
            return None
        names = {str(panel.application_id): panel.candidate_name for panel in self.panels}
        return standing.advise(self.analysis, names, [str(one) for one in looked_at], self.points)

    @property
    def differences(self) -> str:
        """Say how far apart the ratings are where they are too few for more than that."""
        return standing.agreement_words(self._ratings()) if self.footing is Footing.DIFFERENCES else ""

    def _ratings(self) -> Iterator[tuple[float, ...]]:
        return (panel.attribute(one.key).values for panel in self.panels for one in panel.cards[0].chosen.attributes)

    @cached_property
    def banner(self) -> str:
        """Say that the ratings hardly distinguish the candidates, where that is so."""
        if self.analysis is None:
            return ""
        per_candidate = round(len(self.points) / len(self.panels))
        phi = next((one.phi for one in self.analysis.dependability if one.n_raters == per_candidate), None)
        return standing.separation_words(len(self.panels), phi, self._ratings())


def opening(
    session: Session,
    actor: Actor,
    job_id: int,
    everybody: Sequence[Panel],
    version_ids: Collection[int],
    *,
    now: datetime,
) -> Opening:
    """Return those of a job's panels that estimates are made of: a provisional or sealed one places nobody.

    Where they are too few, variances are borrowed from the reader's other openings on the same rubric version."""
    own = _bare(everybody, version_ids)
    own = replace(own, order=_order_words(session, own.panels))
    borrowed = None
    if own.footing is Footing.DIFFERENCES and len(own.panels) > 1:
        borrowed = _pooled(session, actor, job_id, version_ids, now=now)
    if own.footing is not Footing.MODEL and borrowed is None:
        return own
    analysis = standing.analysed(own.points, borrowed)
    if not analysis.connected:
        return replace(own, footing=Footing.APART)
    if analysis.components is None:
        return replace(own, footing=Footing.ALIKE)
    return replace(own, footing=Footing.MODEL, analysis=analysis)


def _bare(everybody: Sequence[Panel], version_ids: Collection[int]) -> Opening:
    wanted = frozenset(version_ids)
    complete = [
        panel for panel in everybody if panel.cards and not panel.is_provisional and panel.version_ids == wanted
    ]
    found = Opening(tuple(complete), Footing.DIFFERENCES, None)
    return replace(found, footing=standing.footing(found.points))


def _order_words(session: Session, complete: Sequence[Panel]) -> str:
    if len(complete) < standing.ORDER_CANDIDATES_MIN:
        return ""
    by_id = {panel.application_id: panel for panel in complete}
    held = (
        select(Interview.application_id)
        .where(Interview.application_id.in_(by_id))
        .group_by(Interview.application_id)
        .order_by(func.min(Interview.starts_at), Interview.application_id)
    )
    means = (by_id[application_id].composite.mean for application_id in session.scalars(held))
    return standing.order_words([mean for mean in means if mean is not None])


def _pooled(
    session: Session, actor: Actor, job_id: int, version_ids: Collection[int], *, now: datetime
) -> Components | None:
    jobs = {one for one, role in actor.memberships if role is Role.HIRING_MANAGER} - {job_id}
    if not jobs:
        return None
    applications = comparable(session, *jobs)
    job_of = {one.id: one.job_id for one in applications}
    by_job: dict[int, list[Panel]] = defaultdict(list)
    for panel in panels(session, actor, applications, now=now):
        by_job[job_of[panel.application_id]].append(panel)
    found = []
    for many in by_job.values():
        other = _bare(many, version_ids)
        if other.footing is Footing.MODEL and (components := standing.analysed(other.points).components):
            found.append((len(other.panels), components))
    return standing.pooled(found)


@dataclass(frozen=True)
class Comparison:
    """Candidates of one job side by side, in alphabetical order."""

    panels: tuple[Panel, ...]
    attributes: tuple[Criterion, ...]
    versions: Mapping[int, str]  # rubric version id -> its words
    headline: str
    flags: Mapping[int, tuple[Flag, ...]]  # by application id
    opening: Opening

    @property
    def is_mixed(self) -> bool:
        """Tell whether the cards stand on different rubric versions, so that numbers may not be compared."""
        return len(self.versions) > 1


def comparable(session: Session, *job_ids: int) -> list[Application]:
    """Return the jobs' applications that were pitched, by candidate name: those a comparison may choose from."""
    rows = session.scalars(
        select(Application)
        .where(Application.job_id.in_(job_ids), Application.stage.in_((Stage.PITCHED, Stage.SCORED, Stage.DECIDED)))
        .options(joinedload(Application.candidate))
        .order_by(Application.active_at.desc(), Application.id)
        .limit(200)
    )
    return sorted(rows, key=lambda one: (one.candidate.name.casefold(), one.id))


def compare(
    session: Session, actor: Actor, job_id: int, application_ids: Collection[int], *, now: datetime
) -> Comparison:
    """Put two to five candidates of a job side by side.

    Raises Invalid for another number of them, NotFound where one is not on this job."""
    wanted = set(application_ids)
    if not rules.COMPARED_MIN <= len(wanted) <= rules.COMPARED_MAX:
        raise Invalid(f"Choose {rules.COMPARED_MIN} to {rules.COMPARED_MAX} candidates to compare.")
    found = session.scalars(
        select(Application)
        .where(Application.id.in_(wanted), Application.job_id == job_id)
        .options(joinedload(Application.candidate))
    ).all()
    if len(found) != len(wanted):
        raise NotFound("One of these candidates is not on this job. Choose again.")
    everybody = panels(session, actor, {*found, *comparable(session, job_id)}, now=now)
    side_by_side = tuple(panel for panel in everybody if panel.application_id in wanted)
    chosen = {card.chosen.version_id: card.chosen for panel in side_by_side for card in panel.cards}
    any_chosen = next(iter(chosen.values()), None)
    return Comparison(
        panels=side_by_side,
        attributes=attributes_of([card for panel in side_by_side for card in panel.cards]),
        versions={key: f"{one.rubric.name}, version {one.rubric.version}" for key, one in chosen.items()},
        headline=any_chosen.rubric.headline_question if any_chosen else "",
        flags=flags_of(session, job_id, side_by_side),
        opening=opening(session, actor, job_id, everybody, chosen, now=now),
    )


def note_early(session: Session, actor: Actor, job_id: int, comparison: Comparison, *, now: datetime) -> None:
    """Record that a comparison was opened before every scorecard of it was in: it colours how the rest is seen."""
    audit.record(
        session,
        actor,
        "comparison:opened-early",
        "job",
        job_id,
        {"applications": [panel.application_id for panel in comparison.panels if panel.is_provisional]},
        now=now,
    )


@dataclass(frozen=True)
class Row:
    """One attribute across the panel: its spread, and each card with its rating."""

    attribute: Criterion
    spread: Spread
    ratings: tuple[tuple[Card, Rating], ...]


@dataclass(frozen=True)
class Debrief:
    """One candidate's cards together, disagreements first."""

    panel: Panel
    rows: tuple[Row, ...]
    flags: tuple[Flag, ...]

    @property
    def is_mixed(self) -> bool:
        """Tell whether the cards stand on different rubric versions."""
        return len(self.panel.version_ids) > 1


def debrief(session: Session, actor: Actor, application: Application, *, now: datetime) -> Debrief:
    """Return one candidate's cards together; attributes on which the panel differs most come first."""
    (panel,) = panels(session, actor, [application], now=now)
    rows = [
        Row(
            one,
            panel.attribute(one.key),
            tuple((card, card.draft.rating(one.key)) for card in panel.cards if one.key in card.chosen.weights),
        )
        for one in panel.attributes
    ]
    disagreements_first = tuple(sorted(rows, key=lambda row: -row.spread.range))  # a stable sort keeps rubric order
    return Debrief(panel, disagreements_first, flags_of(session, application.job_id, [panel])[application.id])


def estimate(
    session: Session, actor: Actor, found: Debrief, job_id: int, *, now: datetime
) -> tuple[Opening, Estimated | None]:
    """Return a candidate's estimate among the job's others; None where the opening's footing says why."""
    everybody = panels(session, actor, comparable(session, job_id), now=now)
    among = opening(session, actor, job_id, everybody, found.panel.version_ids, now=now)
    advice = among.advice([found.panel.application_id])
    return among, advice.of(str(found.panel.application_id)) if advice else None


# -- the interviewer's own report ----------------------------------------------------------------------------------


def interviewers(session: Session, job_id: int) -> list[Person]:
    """Return who sat on a panel of this job, by name."""
    seated = select(Seat.person_id).join(Seat.interview).join(Interview.application).where(Application.job_id == job_id)
    return list(session.scalars(select(Person).where(Person.id.in_(seated)).order_by(Person.name, Person.id)))


def interviewer_report(session: Session, person: Person, job: Job, *, now: datetime) -> Report | None:
    """Return what a closed job's ratings tell about one interviewer; None where eight shared candidates are missing.

    Read as the interviewer, whoever looks at it: it holds nothing that its subject may not read. Raises Conflict
    before the job is closed."""
    if job.closure is None:
        raise Conflict(
            "This job is open. Reports on interviewers open when it is closed, so that nobody rates by them."
        )
    subject = hiring.actor_of(session, person)
    rated = []
    for panel in panels(session, subject, comparable(session, job.id), now=now):
        means = panel.means
        own = means.pop(person.id, None)
        if own is not None and not panel.is_provisional:
            rated.append(Rated(own, tuple(means.values())))
    return interviewer.report(rated)


# -- deciding ------------------------------------------------------------------------------------------------------


def decisions(session: Session, application_id: int) -> list[Decision]:
    """Return every decision about an application, newest first, with who decided and who reopened."""
    return list(
        session.scalars(
            select(Decision)
            .where(Decision.application_id == application_id)
            .options(
                joinedload(Decision.decided_by),
                joinedload(Decision.reopening).joinedload(Reopening.reopened_by),
            )
            .order_by(Decision.ordinal.desc())
        )
    )


def check_owes_nothing(session: Session, actor: Actor, application_id: int) -> None:
    """Keep decision and feedback, which tell what others thought, from who has a card to submit. Raises Forbidden."""
    if scorecard.owes_a_card(session, actor, application_id):
        raise Forbidden("You owe a scorecard for this candidate. Submit it first: decision and feedback open then.")


def in_force(session: Session, application_ids: Sequence[int]) -> dict[int, Decision]:
    """Return the decision in force of each application that has one, in one query."""
    rows = session.scalars(
        select(Decision)
        .where(Decision.application_id.in_(application_ids))
        .options(joinedload(Decision.reopening), joinedload(Decision.decided_by))
        .order_by(Decision.ordinal)
    )
    newest = {row.application_id: row for row in rows}
    return {key: row for key, row in newest.items() if row.reopening is None}


def passed_over(
    session: Session, actor: Actor, application: Application, outcome: Outcome, *, now: datetime
) -> tuple[str, ...]:
    """Return whom this decision would pass over, against the order of the composites (rules.passed_over).

    Only complete panels on the same rubric version count: a provisional mean orders nobody."""
    everybody = panels(session, actor, comparable(session, application.job_id), now=now)
    own = next((panel for panel in everybody if panel.application_id == application.id), None)
    if own is None or own.is_provisional:
        return ()
    decided = in_force(session, [panel.application_id for panel in everybody])
    others = [
        Standing(
            panel.candidate_name,
            panel.composite.mean,
            Outcome(decided[panel.application_id].outcome) if panel.application_id in decided else None,
        )
        for panel in everybody
        if panel is not own and not panel.is_provisional and panel.version_ids == own.version_ids
    ]
    return rules.passed_over(outcome, own.composite.mean, others)


def decide(
    session: Session, actor: Actor, application_id: int, verdict: Verdict, *, based_on: int, now: datetime
) -> Decision:
    """Decide about an application. `based_on` is the id of the newest decision the decider saw, 0 for none.

    Raises AlreadyDecided when there is a newer one, Conflict when a final one is in force or cards are missing to go
    forward, Forbidden when the decider owes a scorecard, Invalid with the fields that need other words."""
    application = session.get(Application, application_id, with_for_update=True, populate_existing=True)
    if application is None or actor.person_id is None:
        raise NotFound("There is no such application.")
    check_owes_nothing(session, actor, application_id)
    earlier = decisions(session, application_id)
    _check_newest(earlier, based_on)
    _check_cards_are_in(session, application, verdict.outcome, now=now)
    against = passed_over(session, actor, application, verdict.outcome, now=now)
    problems = rules.verdict_problems(verdict, against)
    if problems:
        raise Invalid("This decision needs a little more.", fields=problems)
    decision = Decision(
        application_id=application_id,
        ordinal=len(earlier) + 1,
        outcome=verdict.outcome,
        rejection=verdict.rejection if verdict.outcome is Outcome.REJECT else None,
        reason=verdict.reason,
        other_information=verdict.other_information,
        is_against_order=bool(against),
        decided_by_id=actor.person_id,
        decided_at=now,
    )
    session.add(decision)
    session.flush()
    hiring.advance(session, application, Stage.DECIDED, now=now)
    audit.record(
        session,
        actor,
        "decision:made",
        "application",
        application_id,
        {
            "outcome": verdict.outcome,
            "rejection": verdict.rejection,
            "passed_over": list(against),
            "other_information": verdict.other_information,
        },
        reason=verdict.reason,
        now=now,
    )
    return decision


def _check_newest(earlier: Sequence[Decision], based_on: int) -> None:
    newest = earlier[0] if earlier else None
    if newest is not None and newest.id != based_on:
        raise AlreadyDecided(
            f"{newest.decided_by.name} decided “{OUTCOME_WORDS[Outcome(newest.outcome)]}” meanwhile, at "
            f"{newest.decided_at:%H:%M} UTC. Nothing of yours was stored: read that decision first.",
            reason="already_decided",
        )
    if newest is not None and newest.reopening is None and newest.outcome in FINAL:
        raise Conflict(
            f"“{OUTCOME_WORDS[Outcome(newest.outcome)]}” is decided. Reopen the decision with a reason to change it.",
            reason="final",
        )


def _check_cards_are_in(session: Session, application: Application, outcome: Outcome, *, now: datetime) -> None:
    progress = scorecard.progress_of(session, [application.id], now=now)[application.id]
    if outcome in FORWARD and (progress.seat_count == 0 or progress.submitted_count < progress.seat_count):
        raise Conflict(
            f"{progress.submitted_count} of {progress.seat_count} scorecards are in. A candidate goes forward when all "
            "are: remind the panel, or take who cannot score off it. Hold and Reject are possible now.",
            reason="scorecards_missing",
        )


def reopen(session: Session, actor: Actor, application_id: int, reason: str, *, now: datetime) -> None:
    """Take the decision in force back, with a reason; the application counts as scored again.

    Raises Conflict when there is none in force, Forbidden for who owes a scorecard, Invalid without a reason."""
    application = session.get(Application, application_id, with_for_update=True, populate_existing=True)
    if application is None or actor.person_id is None:
        raise NotFound("There is no such application.")
    check_owes_nothing(session, actor, application_id)
    decision = in_force(session, [application_id]).get(application_id)
    if decision is None:
        raise Conflict("No decision is in force, so there is none to reopen.")
    if not 0 < len(reason) <= rules.REASON_MAX_CHARS:
        raise Invalid("Say why the decision is reopened.", fields={"why": "Write why the decision is reopened."})
    session.add(Reopening(decision_id=decision.id, reason=reason, reopened_by_id=actor.person_id, reopened_at=now))
    application.stage = Stage.SCORED
    application.active_at = max(application.active_at, now)
    audit.record(
        session,
        actor,
        "decision:reopened",
        "application",
        application_id,
        {"outcome": decision.outcome},
        reason=reason,
        now=now,
    )


# -- feedback ------------------------------------------------------------------------------------------------------


def feedback(session: Session, application_id: int) -> Feedback | None:
    """Return the feedback as it is written so far, if any."""
    return session.get(Feedback, application_id, options=[joinedload(Feedback.written_by)])


def write_feedback(
    session: Session, actor: Actor, application_id: int, text: str, *, edition: int, now: datetime
) -> Feedback:
    """Store the feedback's text; nobody but the team reads it. `edition` is the one that was edited, 0 for none.

    Raises FeedbackChanged when a newer one is stored, Conflict after the release, Forbidden for who owes a scorecard,
    Invalid for no or too much text."""
    check_owes_nothing(session, actor, application_id)
    _check_feedback(session, application_id, text)
    row = session.get(Feedback, application_id, with_for_update=True)
    if (row.edition if row else 0) != edition:
        raise FeedbackChanged("Somebody else changed this feedback meanwhile. Your text is still in the form below.")
    assert actor.person_id is not None
    if row is None:
        row = Feedback(application_id=application_id, edition=0)
        session.add(row)
    row.text, row.written_by_id, row.written_at = text, actor.person_id, now
    row.edition = edition + 1
    session.flush()
    audit.record(session, actor, "feedback:written", "application", application_id, now=now)
    return row


def release_feedback(
    session: Session, actor: Actor, application_id: int, text: str, *, edition: int, now: datetime
) -> None:
    """Store the feedback's text and let the candidate read it from now on. Raises as write_feedback does.

    Only after a decision: feedback before it would be read as one."""
    check_owes_nothing(session, actor, application_id)
    if application_id not in in_force(session, [application_id]):
        raise Conflict("Decide first: feedback before a decision would be read as one.", reason="undecided")
    row = write_feedback(session, actor, application_id, text, edition=edition, now=now)
    hiring.release_feedback(session, actor, hiring.application(session, application_id), row.text, now=now)


def _check_feedback(session: Session, application_id: int, text: str) -> None:
    if hiring.released_feedback(session, application_id) is not None:
        raise Conflict("This feedback was released: the candidate may have read it, so it stays as it is.")
    if not text:
        raise Invalid("There is no feedback yet.", fields={"text": "Write what the candidate should read."})
    if len(text) > rules.FEEDBACK_MAX_CHARS:
        too_long = f"Shorten the feedback to {rules.FEEDBACK_MAX_CHARS} characters."
        raise Invalid(too_long, fields={"text": too_long})
