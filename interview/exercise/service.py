"""Use cases of exercises: the job's requests, a candidate's ranking and its hand-ins, feedback and the second take.

Knows no web and no clock; never commits. The result of a ranking opens when every scorecard of the application is in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import yaml
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from interview import audit
from interview.access import Actor
from interview.errors import Conflict, Forbidden, Invalid, NotFound
from interview.exercise.models import Autosaved, Coaching, JobRequests, Ranking, RankingHandIn, SecondTake
from interview.exercise.rules import force_rank, kinds
from interview.exercise.rules.force_rank import FINAL, FIRST, Answer, RequestSet, Result
from interview.exercise.rules.kinds import ExerciseKind
from interview.exercise.rules.starting_set import STARTING_SET
from interview.hiring.models import Application
from interview.hiring.rules import Stage
from interview.prep import service as prep
from interview.rubric import rules as rubrics
from interview.rubric import service as rubric
from interview.rubric.service import ChosenRubric
from interview.scorecard import service as scorecard


class NoSuchExercise(NotFound):
    """The job's rubric asks for another exercise."""


class ChangedElsewhere(Conflict):
    """It was saved from another tab or device since this one read it; `edition` is the newest."""

    def __init__(self, row: Autosaved) -> None:
        super().__init__(
            f"This was saved in another tab or on another device at {row.saved_at:%H:%M} UTC. Nothing is lost: what "
            "you have here is still here. Keep it, or load what was saved there.",
            reason="changed_elsewhere",
            fields={"edition": str(row.edition)},
        )
        self.edition = row.edition


class HandedInAlready(Conflict):
    """What was handed in for good stays as it is."""


@dataclass(frozen=True)
class Saving:
    """The edition that what is saved was built on, the key of this save, and of earlier ones without an answer."""

    edition: int
    save_keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class HandIn:
    """A ranking as it was handed in, and when."""

    answer: Answer
    at: datetime


@dataclass(frozen=True)
class Standing:
    """A ranking as it stands: the requests, what is known of them by now, the draft, what was handed in."""

    requests: RequestSet
    started_at: datetime
    news: bool
    draft: Answer
    edition: int
    first: HandIn | None
    final: HandIn | None

    @property
    def latest(self) -> HandIn | None:
        """What was handed in last."""
        return self.final or self.first

    @property
    def round(self) -> int:
        """The round that is handed in next."""
        return FINAL if self.news else FIRST


@dataclass(frozen=True)
class Outcome:
    """What the team may know of a ranking's result by now: nothing before `in_count` is `needed_count`."""

    in_count: int
    needed_count: int
    result: Result | None


# -- what a job does ---------------------------------------------------------------------------------------------------


def chosen(session: Session, job_id: int) -> tuple[ChosenRubric, ExerciseKind] | None:
    """Return the job's rubric and the exercise it asks for; None while no rubric is chosen."""
    found = rubric.chosen(session, job_id)
    return (found, kinds.kind_of(found.rubric)) if found else None


def panel_warning(session: Session, job_id: int, seats: Sequence[str]) -> str:
    """Say whom a panel lacks for the job's exercise, or nothing."""
    found = chosen(session, job_id)
    return kinds.panel_warning(found[1], seats) if found else ""


def requests_of(session: Session, job_id: int) -> RequestSet:
    """Return the requests that the job's next candidate ranks."""
    row = _requests_row(session, job_id)
    return force_rank.set_from_body(row.body) if row else STARTING_SET


def write_requests(session: Session, actor: Actor, job_id: int, found: RequestSet, *, now: datetime) -> None:
    """Write the job's requests; who has begun keeps ranking the earlier ones. Raises Invalid, NoSuchExercise."""
    _force_rank_only(session, job_id)
    faults = force_rank.set_faults(found)
    if faults:
        raise Invalid(" ".join(faults))
    row = _add_requests(session, job_id, found, actor.person_id, now)
    audit.record(session, actor, "exercise:requests-written", "job", job_id, {"requests": row.id}, now=now)


def begun_count(session: Session, job_id: int) -> int:
    """Return how many candidates of the job have begun to rank."""
    rows = select(Ranking.application_id).join(JobRequests).where(JobRequests.job_id == job_id)
    return len(session.scalars(rows).all())


def rate_coachability(session: Session, actor: Actor, job_id: int, *, now: datetime) -> None:
    """Publish the job's rubric once more with the coachability attribute and choose that version for the job.

    Raises RubricInUse once a scorecard was begun, NoRubricChosen, Conflict where it is rated already."""
    before = rubric.in_force(session, job_id)
    if kinds.rates_second_takes(before.weights):
        raise Conflict("Coachability is rated already.")
    weights = {**before.weights, kinds.COACHABILITY.key: kinds.COACHABILITY.weight}
    version_id = before.version_id
    if before.rubric.criterion(kinds.COACHABILITY.key) is None:
        latest = rubric.latest(session, before.rubric.key).version
        body = rubrics.to_body(kinds.with_coachability(before.rubric, latest + 1))
        data = yaml.safe_dump(body, allow_unicode=True, sort_keys=False).encode()
        version_id = rubric.publish(session, actor, data=data, now=now).id
    rubric.choose(session, actor, job_id=job_id, version_id=version_id, weights=weights, now=now)


def _force_rank_only(session: Session, job_id: int) -> None:
    found = chosen(session, job_id)
    if found is None or found[1] is not ExerciseKind.FORCE_RANK:
        raise NoSuchExercise(
            "This job's rubric does not ask for force-ranking. Choose the feature budget rubric first."
        )


def _requests_row(session: Session, job_id: int) -> JobRequests | None:
    newest = select(JobRequests).where(JobRequests.job_id == job_id).order_by(JobRequests.id.desc()).limit(1)
    return session.scalar(newest)


def _add_requests(
    session: Session, job_id: int, found: RequestSet, person_id: int | None, now: datetime
) -> JobRequests:
    body = force_rank.set_to_body(found)
    row = JobRequests(job_id=job_id, body=body, written_by_id=person_id, written_at=now)
    session.add(row)
    session.flush()
    return row


# -- the candidate's ranking -------------------------------------------------------------------------------------------


def standing(session: Session, application_id: int, *, now: datetime) -> Standing | None:
    """Return how far a candidate's ranking is; None before it is begun."""
    row = session.scalar(
        select(Ranking)
        .where(Ranking.application_id == application_id)
        .options(joinedload(Ranking.requests), selectinload(Ranking.hand_ins))
    )
    return _standing(row, now) if row else None


def start(session: Session, actor: Actor, application: Application, *, now: datetime) -> None:
    """Begin the ranking, on the job's requests as they are now; begun before, it stays. Raises PitchClosed."""
    _check_open(session, application)
    _force_rank_only(session, application.job_id)
    _take_turn(session, application)
    if session.get(Ranking, application.id) is not None:
        return
    requests = _requests_row(session, application.job_id)
    requests = requests or _add_requests(session, application.job_id, STARTING_SET, None, now)
    body = force_rank.answer_to_body(force_rank.settled(force_rank.set_from_body(requests.body), Answer(), news=False))
    session.add(
        Ranking(application_id=application.id, requests_id=requests.id, started_at=now, body=body, saved_at=now)
    )
    session.flush()
    audit.record(
        session, actor, "exercise:ranking-begun", "application", application.id, {"requests": requests.id}, now=now
    )


def save(session: Session, application: Application, answer: Answer, saving: Saving, *, now: datetime) -> Standing:
    """Store the whole draft; sent twice it is stored once. Raises ChangedElsewhere, HandedInAlready, Invalid."""
    _check_open(session, application)
    _take_turn(session, application)
    row = _own_ranking(session, application)
    found = _standing(row, now)
    if found.final is not None:
        raise HandedInAlready("Your ranking is handed in. What you changed now was not added to it.")
    if _is_new(row, saving):
        problem = force_rank.answer_problem(answer)
        if problem:
            raise Invalid(problem)
        row.body = force_rank.answer_to_body(force_rank.settled(found.requests, answer, news=found.news))
        _count_save(row, saving, now)
        session.flush()
    return _standing(row, now)


def move(session: Session, application: Application, key: str, step: int, *, now: datetime) -> None:
    """Move one request up or down in the stored draft."""
    row = _own_ranking(session, application)
    found = _standing(row, now)
    row.body = force_rank.answer_to_body(force_rank.moved(found.draft, key, step))
    _count_save(row, Saving(row.edition), now)
    session.flush()


def hand_in(session: Session, actor: Actor, application: Application, number: int, *, now: datetime) -> None:
    """Hand the stored draft in: before the new information, or for good. Raises Invalid where it breaks the budget."""
    _check_open(session, application)
    _take_turn(session, application)
    row = _own_ranking(session, application)
    found = _standing(row, now)
    if found.final is not None or (number == FIRST and found.first is not None):
        raise HandedInAlready("This ranking is handed in already.")
    if number == FINAL and not found.news:
        raise Conflict("Hand in the first ranking before: then you get the new information.")
    problem = force_rank.hand_in_problem(found.requests, found.draft, news=number == FINAL)
    if problem:
        raise Invalid(problem)
    answer = force_rank.settled(found.requests, found.draft, news=number == FINAL)
    row.hand_ins.append(RankingHandIn(round=number, body=force_rank.answer_to_body(answer), handed_in_at=now))
    session.flush()
    audit.record(
        session, actor, "exercise:ranking-handed-in", "application", application.id, {"round": number}, now=now
    )


def outcome(session: Session, application: Application, found: Standing, *, now: datetime) -> Outcome:
    """Return the result of a final ranking once every scorecard of the application is in; before, how many are."""
    progress = scorecard.progress_of(session, [application.id], now=now)[application.id]
    is_open = 0 < progress.seat_count == progress.submitted_count
    result = force_rank.result_of(found.requests, found.final.answer) if found.final and is_open else None
    return Outcome(progress.submitted_count, progress.seat_count, result)


def _own_ranking(session: Session, application: Application) -> Ranking:
    row = session.get(Ranking, application.id, populate_existing=True)
    if row is None:
        raise Conflict("The exercise is not begun yet. Open it and press Begin.")
    return row


def _standing(row: Ranking, now: datetime) -> Standing:
    requests = force_rank.set_from_body(row.requests.body)
    rounds = {one.round: HandIn(force_rank.answer_from_body(one.body), one.handed_in_at) for one in row.hand_ins}
    news = not requests.has_news or FIRST in rounds or FINAL in rounds or now >= requests.news_at(row.started_at)
    draft = force_rank.settled(requests, force_rank.answer_from_body(row.body), news=news)
    return Standing(requests, row.started_at, news, draft, row.edition, rounds.get(FIRST), rounds.get(FINAL))


# -- feedback and the second take --------------------------------------------------------------------------------------


def has_second_take(session: Session, job_id: int) -> bool:
    """Say whether the job's scorecards rate coachability, so that a second take is asked for."""
    found = rubric.chosen(session, job_id)
    return found is not None and kinds.rates_second_takes(found.weights)


def coaching(session: Session, application_id: int) -> Coaching | None:
    """Return the feedback a candidate got, with who wrote it and the second take; None before."""
    query = select(Coaching).where(Coaching.application_id == application_id)
    return session.scalar(query.options(joinedload(Coaching.written_by), joinedload(Coaching.second_take)))


def coach(session: Session, actor: Actor, application: Application, text: str, *, now: datetime) -> None:
    """Give a candidate the one piece of feedback. Raises Conflict where it was given, Invalid."""
    if not has_second_take(session, application.job_id):
        raise Conflict("This job does not rate coachability, so there is no second take.")
    problem = kinds.text_problem(text, "the feedback")
    if problem:
        raise Invalid(problem, fields={"text": problem})
    _take_turn(session, application)
    if session.get(Coaching, application.id) is not None:
        raise Conflict("The feedback was given already: everybody gets one piece, so that all are measured alike.")
    assert actor.person_id is not None
    session.add(Coaching(application_id=application.id, text=text, written_by_id=actor.person_id, written_at=now))
    session.flush()
    audit.record(session, actor, "exercise:feedback-given", "application", application.id, {"text": text}, now=now)


def save_second_take(
    session: Session, application: Application, text: str, saving: Saving, *, now: datetime
) -> SecondTake:
    """Store the draft of the second take. Raises ChangedElsewhere, HandedInAlready, Invalid, NotFound."""
    if len(text) > kinds.TEXT_MAX:
        raise Invalid(f"A second take has at most {kinds.TEXT_MAX} characters. Shorten it; nothing else is lost.")
    _check_open(session, application)
    _take_turn(session, application)
    found = _own_coaching(session, application)
    row = found.second_take
    if row is None:
        row = found.second_take = SecondTake(edition=0, save_key="", saved_at=now)
    if row.handed_in_at is not None:
        raise HandedInAlready("Your second take is handed in. What you changed now was not added to it.")
    if _is_new(row, saving):
        row.text = text
        _count_save(row, saving, now)
    session.flush()
    return row


def hand_in_second_take(session: Session, actor: Actor, application: Application, *, now: datetime) -> None:
    """Hand the stored second take in for good. Raises Invalid while it is empty, HandedInAlready, NotFound."""
    _check_open(session, application)
    _take_turn(session, application)
    row = _own_coaching(session, application).second_take
    problem = kinds.text_problem(row.text if row else "", "your second take")
    if problem or row is None:
        raise Invalid(problem or "")
    if row.handed_in_at is not None:
        raise HandedInAlready("Your second take is handed in already.")
    row.handed_in_at = now
    session.flush()
    audit.record(session, actor, "exercise:second-take-handed-in", "application", application.id, now=now)


def _own_coaching(session: Session, application: Application) -> Coaching:
    found = coaching(session, application.id)
    if found is None:
        raise NotFound("There is no feedback yet, so there is no second take to give.")
    return found


# -- what all of them do -----------------------------------------------------------------------------------------------


def _check_open(session: Session, application: Application) -> None:
    """Let nobody in while the job's gate is closed, and nothing change once it was scored."""
    prep.pitch(session, application)
    if application.stage in (Stage.SCORED, Stage.DECIDED):
        raise Forbidden("The panel has rated this interview, so the exercise stays as it is.")


def _take_turn(session: Session, application: Application) -> None:
    """Let two saves or hand-ins of one candidate come one after the other (PostgreSQL)."""
    session.execute(select(Application.id).where(Application.id == application.id).with_for_update(key_share=True))


def _is_new(row: Autosaved, saving: Saving) -> bool:
    """Say whether a save is to be stored: not the one stored last. Raises ChangedElsewhere."""
    key, *unanswered = saving.save_keys or [""]
    if key and row.save_key == key:
        return False
    if row.edition != saving.edition and row.save_key not in unanswered:
        raise ChangedElsewhere(row)
    return True


def _count_save(row: Autosaved, saving: Saving, now: datetime) -> None:
    row.edition, row.save_key, row.saved_at = row.edition + 1, next(iter(saving.save_keys), ""), now
