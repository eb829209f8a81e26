"""Use cases of debriefs: compare candidates, look at one panel's cards together, decide, reopen, give feedback.

Reads cards through the scorecard room's one door, so what is sealed there is sealed here. Knows no web and no clock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from interview import audit
from interview.access import Actor
from interview.calibration import service as calibration
from interview.debrief import rules
from interview.debrief.models import Decision, Feedback, Reopening
from interview.debrief.rules import FINAL, FORWARD, OUTCOME_WORDS, Dot, Outcome, Spread, Standing, Verdict
from interview.errors import Conflict, Forbidden, Invalid, NotFound
from interview.hiring import service as hiring
from interview.hiring.models import Application
from interview.hiring.rules import Stage
from interview.rubric.rules import Criterion
from interview.scorecard import service as scorecard
from interview.scorecard.rules import Rating
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

    @property
    def composite(self) -> Spread:
        """The interviewers' weighted means; those who observed too little count as not observed."""
        return rules.composite_spread(Dot(card.person_name, card.composite.mean) for card in self.cards)

    def attribute(self, key: str) -> Spread:
        """The interviewers' points for one attribute."""
        return rules.attribute_spread(Dot(card.person_name, card.draft.rating(key).value) for card in self.cards)


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


@dataclass(frozen=True)
class Comparison:
    """Candidates of one job side by side, in alphabetical order."""

    panels: tuple[Panel, ...]
    attributes: tuple[Criterion, ...]
    versions: Mapping[int, str]  # rubric version id -> its words
    headline: str

    @property
    def is_mixed(self) -> bool:
        """Tell whether the cards stand on different rubric versions, so that numbers may not be compared."""
        return len(self.versions) > 1


def comparable(session: Session, job_id: int) -> list[Application]:
    """Return the job's applications that were pitched, by candidate name: those a comparison may choose from."""
    rows = session.scalars(
        select(Application)
        .where(Application.job_id == job_id, Application.stage.in_((Stage.PITCHED, Stage.SCORED, Stage.DECIDED)))
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
    side_by_side = tuple(panels(session, actor, found, now=now))
    chosen = {card.chosen.version_id: card.chosen for panel in side_by_side for card in panel.cards}
    any_chosen = next(iter(chosen.values()), None)
    return Comparison(
        panels=side_by_side,
        attributes=any_chosen.attributes if any_chosen else (),
        versions={key: f"{one.rubric.name}, version {one.rubric.version}" for key, one in chosen.items()},
        headline=any_chosen.rubric.headline_question if any_chosen else "",
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
    uncalibrated_count: int  # cards submitted without a calibration round in force

    @property
    def is_mixed(self) -> bool:
        """Tell whether the cards stand on different rubric versions."""
        return len(self.panel.version_ids) > 1


def debrief(session: Session, actor: Actor, application: Application, *, now: datetime) -> Debrief:
    """Return one candidate's cards together; attributes on which the panel differs most come first."""
    (panel,) = panels(session, actor, [application], now=now)
    attributes = {one.key: one for card in panel.cards for one in card.chosen.attributes}
    rows = [
        Row(attribute, panel.attribute(key), tuple((card, card.draft.rating(key)) for card in panel.cards))
        for key, attribute in attributes.items()
    ]
    rated_at = {card.person_id: card.submitted_at for card in panel.cards if card.submitted_at is not None}
    return Debrief(
        panel,
        tuple(sorted(rows, key=lambda row: -row.spread.range)),  # a stable sort keeps rubric order
        len(calibration.uncalibrated(session, application.job_id, rated_at)),
    )


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
        is_against_order=bool(against),
        decided_by_id=actor.person_id,
        decided_at=now,
    )
    session.add(decision)
    session.flush()
    hiring.advance(session, application, Stage.DECIDED, now=now)
    audit.record(
        session,
        actor=actor,
        action="decision:made",
        object_kind="application",
        object_id=application_id,
        reason=verdict.reason,
        details={
            "outcome": verdict.outcome,
            "rejection": verdict.rejection,
            "passed_over": list(against),
        },
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
        actor=actor,
        action="decision:reopened",
        object_kind="application",
        object_id=application_id,
        reason=reason,
        details={"outcome": decision.outcome},
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
    audit.record(
        session, actor=actor, action="feedback:written", object_kind="application", object_id=application_id, now=now
    )
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
