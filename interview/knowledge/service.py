"""Use cases of the knowledge check: keep the bank, draw an attempt, keep answers, grade once, say where people stand.

Knows no web and no clock; never commits. What is right never leaves this room except to those who write the bank.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from interview import audit
from interview.access import Actor, Place
from interview.errors import Conflict, Invalid, NotFound
from interview.hiring import service as hiring
from interview.hiring.models import Application, Job
from interview.knowledge import rules
from interview.knowledge.models import (
    AskedQuestion,
    Attempt,
    AttemptResult,
    KnowledgeCheck,
    Question,
    QuestionVersion,
    Retirement,
)
from interview.knowledge.rules import (
    CheckSettings,
    CheckState,
    Marked,
    NextStep,
    QuestionText,
    Step,
    Timeline,
    TopicResult,
)

# -- material that nobody can observe ------------------------------------------------------------------------------

TimelineProvider: TypeAlias = "Callable[[Session, Collection[int]], Mapping[int, Sequence[Timeline]]]"
_timeline_providers: list[TimelineProvider] = []


def unobserved_material(provider: TimelineProvider) -> TimelineProvider:
    """Register what knows which material jobs require without observing it (job ids -> job id -> timelines).

    A room above does. Such a job has a larger check: fewer than so many questions, attempts or hours it never is.
    """
    _timeline_providers.append(provider)
    return provider


def timelines_of(session: Session, job_ids: Collection[int]) -> dict[int, list[Timeline]]:
    """Return the required material of these jobs that nobody can observe."""
    found: dict[int, list[Timeline]] = {}
    for provider in _timeline_providers:
        for job_id, timelines in provider(session, job_ids).items():
            found.setdefault(job_id, []).extend(timelines)
    return found


def shortfall(session: Session, job_id: int, timeline: Timeline) -> str:
    """Say what a job's bank lacks before one more piece of material can be required unobserved; empty for nothing."""
    return rules.shortfall([one.newest.text for one in bank(session, job_id) if one.retirement is None], [timeline])


def _check_bank(session: Session, changed: Question, replaced_by: QuestionText | None) -> str:
    """Say what the bank would lack, and does not lack now, if a question were replaced or taken out."""
    timelines = timelines_of(session, [changed.job_id]).get(changed.job_id, [])
    if not timelines or changed.retirement is not None:
        return ""
    asked = {one.id: one.newest.text for one in bank(session, changed.job_id) if one.retirement is None}
    before = rules.shortfall(list(asked.values()), timelines)
    asked.pop(changed.id, None)
    after = rules.shortfall([*asked.values(), *([replaced_by] if replaced_by else [])], timelines)
    return after if after != before else ""


# -- the bank, for the hiring team ---------------------------------------------------------------------------------


def settings_of(session: Session, job_id: int) -> CheckSettings:
    """Return how a job's check runs; a job without one has a draw of 0 questions."""
    return _settings(session.get(KnowledgeCheck, job_id))


def _settings(row: KnowledgeCheck | None) -> CheckSettings:
    return CheckSettings(row.draw_count, row.needed_pct, row.attempts_count, row.wait_min) if row else CheckSettings()


def settings_in_effect(session: Session, job_id: int) -> CheckSettings:
    """Return how a job's check really runs: as set, and at least as unobserved material asks."""
    return _in_effect(settings_of(session, job_id), timelines_of(session, [job_id]).get(job_id))


def _in_effect(settings: CheckSettings, timelines: Sequence[Timeline] | None) -> CheckSettings:
    return rules.at_least(settings, rules.UNOBSERVED_CHECK) if timelines else settings


def set_settings(session: Session, actor: Actor, job: Job, settings: CheckSettings, *, now: datetime) -> None:
    """Change how a job's check runs; attempts under way keep the share they began with. Raises Invalid."""
    faults = rules.settings_faults(settings)
    if faults:
        raise Invalid(" ".join(faults.values()), fields=faults)
    row = session.get(KnowledgeCheck, job.id)
    if row is None:
        row = KnowledgeCheck(job_id=job.id)
        session.add(row)
    row.draw_count, row.needed_pct = settings.draw_count, settings.needed_pct
    row.attempts_count, row.wait_min = settings.attempts_count, settings.wait_min
    session.flush()
    audit.record(session, actor, "knowledge:settings-changed", "job", job.id, now=now)


def bank(session: Session, job_id: int) -> list[Question]:
    """Return a job's questions with versions and retirement, by topic, then as they were added."""
    found = session.scalars(
        select(Question)
        .where(Question.job_id == job_id)
        .options(selectinload(Question.versions), joinedload(Question.retirement))
        .order_by(Question.id)
    )
    return sorted(found.unique(), key=lambda question: question.newest.topic.casefold())


def questions_about(session: Session, material_id: int, start_ms: int, end_ms: int) -> list[QuestionVersion]:
    """Return the questions asked now whose moment lies in a part of a material."""
    newest = select(func.max(QuestionVersion.id)).group_by(QuestionVersion.question_id)
    return list(
        session.scalars(
            select(QuestionVersion)
            .where(
                QuestionVersion.id.in_(newest),
                QuestionVersion.material_id == material_id,
                QuestionVersion.moment_ms.between(start_ms, end_ms),
                QuestionVersion.question.has(~Question.retirement.has()),
            )
            .order_by(QuestionVersion.question_id)
        )
    )


def question(session: Session, question_id: int) -> Question:
    """Return a question. Raises NotFound."""
    found = session.get(Question, question_id)
    if found is None:
        raise NotFound("There is no such question.")
    return found


def place_of_question(session: Session, actor: Actor, question_id: int) -> Place | None:
    """Return the place a question is: its job; None when there is no such question."""
    found = session.get(Question, question_id)
    return hiring.place_of_job(session, actor, found.job_id) if found else None


def add_question(session: Session, actor: Actor, job: Job, text: QuestionText, *, now: datetime) -> Question:
    """Add a question to a job's bank. Raises Invalid with a sentence for each field."""
    _check(text)
    found = Question(job_id=job.id, created_at=now)
    found.versions.append(_version(text, 1, actor, now))
    session.add(found)
    session.flush()
    audit.record(session, actor, "knowledge:question-added", "question", found.id, now=now)
    return found


def change_question(session: Session, actor: Actor, found: Question, text: QuestionText, *, now: datetime) -> None:
    """Give a question a new version; attempts and answers keep the one they were drawn with.

    Raises Invalid, also when the bank would then lack what a required link needs.
    """
    _check(text)
    session.refresh(found, with_for_update=True)
    if found.newest.text == text:
        return
    if sentence := _check_bank(session, found, text):
        raise Invalid(sentence, fields={"moment": f"This moment is needed where it is. {sentence}"})
    found.versions.append(_version(text, found.newest.number + 1, actor, now))
    session.flush()
    audit.record(
        session, actor, "knowledge:question-changed", "question", found.id, {"version": found.newest.number}, now=now
    )


def retire_question(session: Session, actor: Actor, found: Question, *, now: datetime) -> None:
    """Ask a question no more; nothing is deleted. Doing it twice is fine.

    Raises Conflict when the bank would then lack what a required link needs.
    """
    if found.retirement is None:
        session.scalars(select(Job.id).where(Job.id == found.job_id).with_for_update()).one()  # one at a time
        if sentence := _check_bank(session, found, None):
            raise Conflict(f"This question is needed while a link is required. Add another first. {sentence}")
        found.retirement = Retirement(retired_by_id=actor.person_id, retired_at=now)
        session.flush()
        audit.record(session, actor, "knowledge:question-retired", "question", found.id, now=now)


def restore_question(session: Session, actor: Actor, found: Question, *, now: datetime) -> None:
    """Ask a retired question again."""
    if found.retirement is not None:
        found.retirement = None
        session.flush()
        audit.record(session, actor, "knowledge:question-restored", "question", found.id, now=now)


def _check(text: QuestionText) -> None:
    faults = rules.question_faults(text)
    if faults:
        raise Invalid(" ".join(faults.values()), fields=faults)


def _version(text: QuestionText, number: int, actor: Actor, now: datetime) -> QuestionVersion:
    return QuestionVersion(
        number=number,
        topic=text.topic,
        prompt=text.prompt,
        options=list(text.options),
        right=text.right,
        material_id=text.material_id,
        moment_ms=text.moment_ms,
        written_by_id=actor.person_id,
        written_at=now,
    )


# -- attempts, for the candidate -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Overview:
    """Where one application stands: the job's settings, what comes next, and the attempts so far, oldest first."""

    settings: CheckSettings
    asked_count: int  # how many questions an attempt has: the bank may hold fewer than are to be drawn
    state: CheckState
    next: NextStep
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True)
class ShownQuestion:
    """A question as the page shows it: options in the drawn order, nothing that tells the right one."""

    ordinal: int
    prompt: str
    options: tuple[str, ...]
    chosen: int | None  # place among the shown options


@dataclass(frozen=True)
class WatchAgain:
    """A question that was not answered right, and where the material explains it; never the right answer."""

    prompt: str
    topic: str
    material_id: int | None
    moment_ms: int | None


@dataclass(frozen=True)
class ResultView:
    """What a candidate is told about a submitted attempt."""

    right_count: int
    asked_count: int
    share_pct: int
    needed_pct: int
    reached: bool
    topics: tuple[TopicResult, ...]
    watch_again: tuple[WatchAgain, ...]


def overview(session: Session, application: Application, *, now: datetime) -> Overview:
    """Return where an application stands with the knowledge check."""
    settings = settings_in_effect(session, application.job_id)
    attempts = _attempts(session, [application.id])
    records = [_record_of(attempt) for attempt in attempts]
    asked_count = min(settings.draw_count, _askable_count(session, application.job_id))
    state, following = rules.state(settings, records), rules.next_step(settings, records, now)
    return Overview(settings, asked_count, state, following, tuple(attempts))


def _askable_count(session: Session, job_id: int) -> int:
    found = select(func.count()).select_from(Question).where(Question.job_id == job_id, ~Question.retirement.has())
    return session.scalar(found) or 0


def start(session: Session, actor: Actor, application: Application, *, chance: random.Random, now: datetime) -> Attempt:
    """Begin an attempt: the row and its draw are stored before anything is shown. An open attempt is gone on with.

    Raises Conflict with a sentence when the check is off, done, empty, used up or waiting.
    """
    session.refresh(application, with_for_update=True)  # two clicks are one attempt
    seen = overview(session, application, now=now)
    if seen.next.step is Step.GO_ON:
        return seen.attempts[-1]
    if seen.next.step is not Step.START or seen.settings.draw_count == 0:
        raise Conflict(_why_not(seen))
    pool = [one.newest for one in bank(session, application.job_id) if one.retirement is None]
    timelines = timelines_of(session, [application.job_id]).get(application.job_id, [])
    drawn = rules.draw(
        [
            rules.PoolQuestion(one.question_id, one.topic, len(one.options), rules.part_of(one.text, timelines))
            for one in pool
        ],
        seen=_seen(session, application.id),
        draw_count=seen.settings.draw_count,
        chance=chance,
    )
    if not drawn:
        raise Conflict("There are no questions yet. Please tell your contact; nothing is needed from you.")
    versions = {one.question_id: one for one in pool}
    attempt = Attempt(
        application_id=application.id,
        number=len(seen.attempts) + 1,
        needed_pct=seen.settings.needed_pct,
        started_at=now,
        result=None,
        asked=[
            AskedQuestion(ordinal=ordinal, version=versions[one.question_id], order=list(one.order))
            for ordinal, one in enumerate(drawn, 1)
        ],
    )
    session.add(attempt)
    session.flush()
    audit.record(
        session, actor, "knowledge:attempt-started", "application", application.id, {"number": attempt.number}, now=now
    )
    return attempt


def _why_not(seen: Overview) -> str:
    if seen.next.step is Step.DONE:
        return "The knowledge check is done; there is nothing more to answer."
    if seen.next.step is Step.WAIT:
        return "The next attempt is not open yet. Use the time to watch the parts again."
    if seen.next.step is Step.ASK:
        return "All attempts are used. Please write to your contact, who can open another one."
    return "This job has no knowledge check."


def attempt(session: Session, application_id: int, number: int) -> Attempt:
    """Return an application's own attempt with its questions. Raises NotFound."""
    found = session.scalar(
        select(Attempt)
        .where(Attempt.application_id == application_id, Attempt.number == number)
        .options(selectinload(Attempt.asked).joinedload(AskedQuestion.version), joinedload(Attempt.result))
    )
    if found is None:
        raise NotFound("There is no such attempt.")
    return found


def shown(found: Attempt) -> list[ShownQuestion]:
    """Return an attempt's questions as its page shows them."""
    return [
        ShownQuestion(
            one.ordinal,
            one.version.prompt,
            tuple(one.version.options[index] for index in one.order),
            None if one.chosen is None else one.order.index(one.chosen),
        )
        for one in found.asked
    ]


def answer(session: Session, found: Attempt, answers: Mapping[int, int], *, now: datetime) -> None:
    """Keep answers so far: question's ordinal -> place of the chosen option as shown.

    Raises Conflict once the attempt is submitted, Invalid for a question or an option that was not shown.
    """
    _lock(session, found)
    if found.result is not None:
        raise Conflict("This attempt is submitted; its answers stay as they are.")
    _keep(found, answers, now)


def _keep(found: Attempt, answers: Mapping[int, int], now: datetime) -> None:
    asked = {one.ordinal: one for one in found.asked}
    if any(ordinal not in asked or not 0 <= place < len(asked[ordinal].order) for ordinal, place in answers.items()):
        raise Invalid("An answer does not belong to this attempt. Reload the page and answer again.")
    for ordinal, place in answers.items():
        one = asked[ordinal]
        if one.chosen != one.order[place]:
            one.chosen, one.chosen_at = one.order[place], now


def open_count(found: Attempt, answers: Mapping[int, int]) -> int:
    """Return how many questions of an attempt are answered neither before nor by these answers."""
    return sum(one.chosen is None and one.ordinal not in answers for one in found.asked)


def submit(
    session: Session, actor: Actor, found: Attempt, answers: Mapping[int, int], *, now: datetime
) -> AttemptResult:
    """Keep the last answers and grade an attempt; sent again, the first grade stands. Raises Invalid."""
    _lock(session, found)
    if found.result is not None:
        return found.result
    _keep(found, answers, now)
    grade = rules.grade(_marked(found), needed_pct=found.needed_pct)
    found.result = AttemptResult(
        submitted_at=now, right_count=grade.right_count, asked_count=grade.asked_count, reached=grade.reached
    )
    session.flush()
    if grade.reached:
        hiring.preparation_moved(session, found.application_id, now=now)
    details = {"number": found.number, "right": grade.right_count, "asked": grade.asked_count}
    audit.record(session, actor, "knowledge:attempt-submitted", "application", found.application_id, details, now=now)
    return found.result


def result(found: Attempt) -> ResultView:
    """Return what the candidate is told about a submitted attempt. Raises NotFound before it is submitted."""
    if found.result is None:
        raise NotFound("This attempt is not submitted yet.")
    marked = _marked(found)
    return ResultView(
        found.result.right_count,
        found.result.asked_count,
        rules.share_pct(found.result.right_count, found.result.asked_count),
        found.needed_pct,
        found.result.reached,
        rules.grade(marked, needed_pct=found.needed_pct).topics,
        tuple(
            WatchAgain(one.version.prompt, one.version.topic, one.version.material_id, one.version.moment_ms)
            for one, mark in zip(found.asked, marked, strict=True)
            if not mark.is_right
        ),
    )


def _lock(session: Session, found: Attempt) -> None:
    """Make answers and submissions of one attempt take turns, and see what the turn before left."""
    session.refresh(found, with_for_update={"of": Attempt})
    session.expire(found, ["asked", "result"])


def _marked(found: Attempt) -> list[Marked]:
    return [Marked(one.version.topic, one.version.right, one.chosen) for one in found.asked]


def _seen(session: Session, application_id: int) -> frozenset[int]:
    return frozenset(
        session.scalars(
            select(QuestionVersion.question_id)
            .join(AskedQuestion, AskedQuestion.version_id == QuestionVersion.id)
            .join(Attempt, Attempt.id == AskedQuestion.attempt_id)
            .where(Attempt.application_id == application_id)
        )
    )


# -- for the rooms above -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CheckProgress:
    """Where an application stands: the figures are of the attempt that reached the share, else of the latest graded."""

    state: CheckState
    draw_count: int
    attempt_count: int  # graded ones
    attempt_number: int | None
    right_count: int | None
    asked_count: int | None
    done_at: datetime | None


def state_of(session: Session, application_ids: Collection[int]) -> dict[int, CheckProgress]:
    """Return where many applications stand, in constant queries; unknown ids are left out."""
    checks = session.execute(
        select(Application.id, Application.job_id, KnowledgeCheck)
        .outerjoin(KnowledgeCheck, KnowledgeCheck.job_id == Application.job_id)
        .where(Application.id.in_(application_ids))
    ).all()
    attempts: dict[int, list[Attempt]] = {}
    for one in _attempts(session, application_ids):
        attempts.setdefault(one.application_id, []).append(one)
    timelines = timelines_of(session, {job_id for _, job_id, _ in checks})
    return {
        one: _progress(_in_effect(_settings(row), timelines.get(job_id)), attempts.get(one, []))
        for one, job_id, row in checks
    }


def _progress(settings: CheckSettings, attempts: list[Attempt]) -> CheckProgress:
    graded = [(one.number, one.result) for one in attempts if one.result is not None]
    number, told = next(((n, one) for n, one in graded if one.reached), graded[-1] if graded else (None, None))
    return CheckProgress(
        rules.state(settings, [_record_of(one) for one in attempts]),
        settings.draw_count,
        len(graded),
        number,
        told.right_count if told else None,
        told.asked_count if told else None,
        told.submitted_at if told and told.reached else None,
    )


def _attempts(session: Session, application_ids: Collection[int]) -> list[Attempt]:
    return list(
        session.scalars(
            select(Attempt)
            .where(Attempt.application_id.in_(application_ids))
            .options(joinedload(Attempt.result))
            .order_by(Attempt.application_id, Attempt.number)
        )
    )


def _record_of(one: Attempt) -> rules.AttemptRecord:
    return rules.AttemptRecord(
        one.started_at, one.result.submitted_at if one.result else None, one.result.reached if one.result else None
    )
