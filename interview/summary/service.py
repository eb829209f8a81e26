"""Use cases of summaries: test the model, estimate, begin, ask part by part, check, show, cancel, compare two runs.

Knows no web and no clock; never commits. Writes rows of this room alone: nothing here reaches a score or a decision.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from interview import audit, jobs
from interview.access import Actor
from interview.errors import Conflict, NotFound, Unavailable
from interview.hiring.models import Interview
from interview.ports import Doors, LanguageModel, ModelAbout, ModelAnswer, ModelProblem, ModelQuestion, ModelTrouble
from interview.prep import service as prep
from interview.prep.rules import CONSENT_TEXTS, ConsentKind
from interview.rubric import service as rubric
from interview.scorecard import service as scorecard
from interview.summary.models import ModelTest, SummaryAnswer, SummaryClaim, SummaryPart, SummaryPassage, SummaryRun
from interview.summary.rules import checks
from interview.summary.rules.answers import Reply, Unusable, read_reply
from interview.summary.rules.checks import Difference, Place
from interview.summary.rules.costs import Estimate, Price, estimated
from interview.summary.rules.cuts import CUT_WORDS, Cut
from interview.summary.rules.ladder import Capability, Shape, response_format, step_down
from interview.summary.rules.prompt import (
    ANSWER_TOKENS,
    CHECK_SEGMENTS,
    PARTS_MAX,
    PROMPT_VERSION,
    SCHEMA,
    Marks,
    Part,
    language_of,
    marks_of,
    part_sha256,
    parts_of,
    question_tokens,
    system_message,
    user_message,
)
from interview.summary.rules.quotes import Spoken
from interview.summary.rules.quotes import Transcript as Searchable
from interview.transcript import service as transcript
from interview.transcript.models import Transcript
from interview.transcript.rules.speakers import SpeakerKind

TRIES_MAX = 2  # of a part: the second where the first answer could not be read
STEPS_MAX = 6  # down the ladder, each after a refusal that cost nothing
STOPPED = "The worker stopped while it waited for the language model. Begin it again: answers that came are kept."
STILL_WAITS = (
    "The cancelled one still waits for an answer that may have to be paid. Try again when it is there; it is kept."
)
NOT_SEEN = (
    "The language model did not see the whole transcript: it could not give back the marks at its beginning and end. "
    "Set MODEL_CONTEXT to what the model really reads at once, so that the transcript goes in smaller parts."
)


class NoConsent(Conflict):
    """The candidate has not agreed to a summary, or has taken the consent back."""


# -- what stands in the way ------------------------------------------------------------------------------------------


def is_open_to(session: Session, actor: Actor, interview: Interview) -> bool:
    """Tell whether the actor may read summaries of this interview: what opens with the own card is open."""
    return scorecard.is_open_to(session, actor, interview.application)


def has_consent(session: Session, application_id: int) -> bool:
    """Tell whether the candidate agrees to a summary, by the text as it reads now; silence is no consent."""
    answer = prep.consents(session, application_id).get(ConsentKind.AI)
    version = next(one.version for one in CONSENT_TEXTS if one.kind is ConsentKind.AI)
    return answer is not None and answer.agreed and answer.text_version == version


@dataclass(frozen=True)
class Material:
    """What a summary would be made of."""

    transcript: Transcript
    spoken: tuple[Spoken, ...]
    criteria: Mapping[str, str]
    language: str
    parts: tuple[Part, ...]
    hashes: tuple[str, ...]


def material(
    session: Session, interview: Interview, about: ModelAbout, *, number: int | None = None
) -> Material | None:
    """Return what a summary would be made of; None without a transcript. Raises NoRubricChosen."""
    found = transcript.transcript_of(session, interview.id, number=number)
    if found is None:
        return None
    chosen = rubric.in_force(session, interview.application.job_id)
    criteria = {one.key: one.name for one in chosen.attributes}
    language = language_of(chosen.rubric.language)
    spoken = spoken_of(transcript.segments(session, found))
    parts = tuple(parts_of(spoken, criteria, language=language, context_tokens=about.context_tokens or 8_000))
    hashes = tuple(part_sha256(part, criteria, language=language, model_key=about.key) for part in parts)
    return Material(found, spoken, criteria, language, parts, hashes)


def spoken_of(segments: Sequence[transcript.NamedSegment]) -> tuple[Spoken, ...]:
    """Return segments as a summary sees them: roles, never names."""
    voices: dict[str, str] = {}
    for one in segments:
        if one.label and one.kind not in (SpeakerKind.CANDIDATE, SpeakerKind.PANEL):
            voices.setdefault(one.label, f"voice {len(voices) + 1}")
    return tuple(
        Spoken(
            id=one.id,
            ordinal=one.ordinal,
            role=one.kind.value
            if one.kind in (SpeakerKind.CANDIDATE, SpeakerKind.PANEL)
            else voices.get(one.label or "", "voice"),
            label=one.label or "",
            text=one.text,
            start_ms=one.start_ms,
        )
        for one in segments
    )


def price_of(about: ModelAbout) -> Price:
    """Return what the model costs now."""
    return Price(about.input_price, about.output_price)


def estimate(made_of: Material, about: ModelAbout) -> Estimate:
    """Return what a run would take at most."""
    sent = [question_tokens(part, made_of.criteria, language=made_of.language) for part in made_of.parts]
    return estimated(sent, price_of(about))


# -- beginning and cancelling ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Begun:
    """The run that there is now, and whether it was made already, so that nothing is paid."""

    run: SummaryRun
    was_there: bool


def begin(session: Session, actor: Actor, interview: Interview, about: ModelAbout, *, now: datetime) -> Begun:
    """Ask for a summary of the transcript in use; the same words, prompt and model are paid once.

    Raises Unavailable without a model, NoConsent, Conflict without a transcript, with a run under way, while an answer
    of a cancelled one is still to come, or where it would take more tokens than the settings allow."""
    if not about.is_on:
        raise Unavailable("No language model is set up, so no summary can be made. Everything else works without one.")
    session.refresh(interview, with_for_update=True)
    if not has_consent(session, interview.application_id):
        raise NoConsent("The candidate has not agreed to a summary by a language model. That costs them nothing.")
    made_of = material(session, interview, about)
    if made_of is None:
        raise Conflict("There is no transcript yet. Upload it first.")
    known = runs(session, interview.id)
    if any(run.is_open and not _stopped(session, run) for run in known):
        raise Conflict("A summary is being made already. Wait for it, or cancel it.")
    content = _content_sha256(made_of)
    for run in known:
        if run.finished_at and run.content_sha256 == content and not (run.abstention and run.parts):
            return Begun(run, was_there=True)
    if any(not run.is_open and jobs.State.RUNNING in _job_states(session, run) for run in known):
        raise Conflict(STILL_WAITS)
    for run in known:
        if run.is_open:
            run.failed_at, run.failure = now, STOPPED
    run = _new_run(session, actor, interview, made_of, about, content, number=len(known) + 1, now=now)
    too_little = checks.too_little(made_of.spoken)
    if too_little:
        run.finished_at, run.abstention = now, too_little
    else:
        _check_size(made_of, about)
        _add_parts(session, run, made_of, known, now=now)
        _go_on(session, run, now=now)
    audit.record(
        session,
        actor,
        "summary:requested",
        "interview",
        run.interview_id,
        {"run": run.number, "model": about.name, "parts": len(run.parts)},
        now=now,
    )
    return Begun(run, was_there=False)


def _content_sha256(made_of: Material) -> str:
    return part_sha256((), {str(made_of.transcript.id): " ".join(made_of.hashes)}, language="", model_key="")


def _speakers_sha256(spoken: Sequence[Spoken]) -> str:
    return hashlib.sha256("\n".join(one.role for one in spoken).encode()).hexdigest()


def _check_size(made_of: Material, about: ModelAbout) -> None:
    takes = estimate(made_of, about)
    if takes.tokens > about.run_tokens_max or takes.parts_count > PARTS_MAX:
        raise Conflict(
            f"This transcript would take up to {takes.tokens} tokens in {takes.parts_count} parts, more than allowed "
            f"({about.run_tokens_max}). An admin can raise MODEL_RUN_TOKENS, or MODEL_CONTEXT if the model reads more."
        )


def _new_run(
    session: Session,
    actor: Actor,
    interview: Interview,
    made_of: Material,
    about: ModelAbout,
    content: str,
    *,
    number: int,
    now: datetime,
) -> SummaryRun:
    run = SummaryRun(
        interview_id=interview.id,
        number=number,
        transcript_id=made_of.transcript.id,
        content_sha256=content,
        speakers_sha256=_speakers_sha256(made_of.spoken),
        prompt_version=PROMPT_VERSION,
        language=made_of.language,
        model_key=about.key,
        host=about.host,
        model=about.name,
        secret=secrets.token_hex(16),
        criteria=dict(made_of.criteria),
        requested_by_id=actor.person_id,
        requested_at=now,
        addressed_count=len(checks.reader_addressed(made_of.spoken)),
        currency=about.currency,
        input_price="" if about.input_price is None else str(about.input_price),
        output_price="" if about.output_price is None else str(about.output_price),
    )
    session.add(run)
    session.flush()
    return run


def _add_parts(
    session: Session, run: SummaryRun, made_of: Material, known: Sequence[SummaryRun], *, now: datetime
) -> None:
    """Add the parts; one whose answers came in an earlier run has them already, paid then."""
    paid = {
        part.content_sha256: part
        for earlier in known
        for part in earlier.parts
        if not earlier.abstention and _is_answered(part) and part.answers[-1].saw_all
    }
    for ordinal, (items, name) in enumerate(zip(made_of.parts, made_of.hashes, strict=True), start=1):
        part = SummaryPart(
            ordinal=ordinal,
            content_sha256=name,
            refs=list(dict.fromkeys(one.ref for one in items)),
            sent_tokens=question_tokens(items, made_of.criteria, language=made_of.language),
        )
        run.parts.append(part)
        if name in paid:
            before = paid[name].answers[-1]
            part.answers.append(
                SummaryAnswer(
                    ordinal=1,
                    raw=before.raw,
                    is_usable=True,
                    saw_all=True,
                    finish=before.finish,
                    reused=True,
                    answered_at=now,
                )
            )
    session.flush()


def cancel(session: Session, actor: Actor, interview_id: int, number: int, *, now: datetime) -> None:
    """Stop a run: what was not asked yet is never asked. Raises NotFound, or Conflict when it is over."""
    run = run_of(session, interview_id, number)
    session.execute(select(SummaryRun.id).where(SummaryRun.id == run.id).with_for_update())
    session.refresh(run, ["finished_at", "failed_at", "cancelled_at"])
    if not run.is_open:
        raise Conflict("This summary is not being made any more.")
    run.cancelled_at, run.cancelled_by_id = now, actor.person_id
    audit.record(session, actor, "summary:cancelled", "interview", run.interview_id, {"run": run.number}, now=now)


# -- asking: each paid call is a background job of its own, and its answer is kept before it is used -----------------


def _key(run: SummaryRun, part: SummaryPart, ordinal: int) -> str:
    """Name a call by the run's secret: the number of an erased run may be given again, its job is remembered."""
    return f"summary-{run.secret}-{part.ordinal}-{ordinal}"


def _ask_about(session: Session, part: SummaryPart, ordinal: int, *, now: datetime) -> None:
    payload = {"part_id": part.id, "ordinal": ordinal}
    jobs.enqueue(session, "summary.ask", payload, now=now, key=_key(part.run, part, ordinal))


def _prepare(payload: jobs.Payload, /, *, reading: jobs.Sessions, doors: Doors) -> dict[str, Any]:
    """Ask about one part. Trouble is an answer too: it is not asked again by itself."""
    with reading() as session:
        part = session.get(SummaryPart, payload["part_id"])
        if part is None or not part.run.is_open:
            return {"left": "closed"}
        if not has_consent(session, part.run.interview.application_id):
            return {"left": "consent"}
        question = _question(session, part, payload["ordinal"], doors.model.about)
        if question is None:
            return {"left": "changed"}
        capability = _capability(session, doors.model.about)
        key = _key(part.run, part, payload["ordinal"])
    try:
        answer, _ = climb_down(doors.model, question, capability, key=key)
    except ModelProblem as problem:
        return {"trouble": problem.trouble.value, "sentence": problem.sentence, "detail": problem.detail}
    return dict(vars(answer))


def _marks(part: SummaryPart) -> Marks:
    return marks_of(part.content_sha256, part.run.secret)


def _question(session: Session, part: SummaryPart, ordinal: int, about: ModelAbout) -> tuple[str, str] | None:
    """Return system and user message of a part; None where what would be asked is not what was agreed on any more."""
    run = part.run
    made_of = material(session, run.interview, about, number=run.transcript.number)
    if made_of is None or run.model_key != about.key or part.content_sha256 not in made_of.hashes:
        return None
    items = made_of.parts[made_of.hashes.index(part.content_sha256)]
    repair = ""
    if ordinal > 1:
        try:
            read_reply(part.answers[-1].raw or "")
        except Unusable as problem:
            repair = str(problem)
    return system_message(made_of.language), user_message(items, made_of.criteria, _marks(part), repair=repair)


def climb_down(
    model: LanguageModel, question: tuple[str, str], capability: Capability, *, key: str
) -> tuple[ModelAnswer, Capability]:
    """Ask, a step lower each time the server refuses something by name; return the answer and what it takes.

    Raises ModelProblem."""
    system, user = question
    for step in range(STEPS_MAX):
        try:
            answer = model.ask(
                ModelQuestion(
                    system=system,
                    user=user,
                    answer_tokens_max=ANSWER_TOKENS,
                    response_format=response_format(capability.shape, SCHEMA),
                    limit_name=capability.limit_name,
                    with_temperature=capability.with_temperature,
                    idempotency_key=f"{key}-{step}",
                )
            )
        except ModelProblem as problem:
            lower = step_down(capability, problem.detail) if problem.trouble is ModelTrouble.REFUSED else None
            if lower is None:
                raise
            capability = lower
        else:
            return answer, capability
    raise ModelProblem(ModelTrouble.REFUSED, "The language model refused every way of asking that we know.")


@jobs.handler("summary.ask", prepare=_prepare, attempts_max=2, asks=True)
def _take_answer(
    session: Session, payload: jobs.Payload, answer: Any, /, *, now: datetime, doors: Doors
) -> dict[str, Any]:
    """Keep the answer, then go on: the second try, the next part, or the end."""
    part = session.get(SummaryPart, payload["part_id"])
    if part is None:
        return {"left": "gone"}
    run = session.get_one(SummaryRun, part.run_id, with_for_update=True)
    if "left" in answer:
        if run.is_open and answer["left"] != "closed":
            run.failed_at, run.failure = now, _LEFT[answer["left"]]
        return dict(answer)
    price = Price(_decimal(run.input_price), _decimal(run.output_price))
    try:
        reply = read_reply(answer.get("text") or "")
    except Unusable:
        reply = None
    part.answers.append(
        SummaryAnswer(
            ordinal=payload["ordinal"],
            raw=answer.get("text"),
            is_usable=reply is not None,
            saw_all=reply is not None and _saw_all(part, reply, answer.get("input_tokens")),
            trouble=answer.get("trouble", ""),
            detail=answer.get("detail", ""),
            finish=answer.get("finish", "")[:40],
            input_tokens=answer.get("input_tokens"),
            output_tokens=answer.get("output_tokens"),
            took_ms=answer.get("took_ms"),
            cost_micros=price.micros(answer.get("input_tokens"), answer.get("output_tokens")),
            answered_at=now,
        )
    )
    session.flush()
    if run.is_open:
        if "trouble" in answer:
            run.failed_at, run.failure = now, answer["sentence"]
        else:
            _go_on(session, run, now=now)
    return {"part": part.ordinal}


def _saw_all(part: SummaryPart, reply: Reply, counted: int | None) -> bool:
    """Tell whether an answer gave both marks back and the server counted more than a small part of what was sent."""
    marks = _marks(part)
    return reply.marks == (marks.start, marks.end) and not (counted and counted < part.sent_tokens / 4)


_LEFT = {
    "consent": "The candidate has taken the consent back, so the model was not asked.",
    "changed": "The transcript, the rubric or the model was changed meanwhile. Begin the summary again.",
}


def _decimal(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def _go_on(session: Session, run: SummaryRun, *, now: datetime) -> None:
    """Ask about the next part that has no usable answer; where every part has one, check them and finish.

    One part at a time: cancelling then saves what was not asked yet, and so does a part that was not seen whole."""
    for part in run.parts:
        if _is_answered(part):
            if part.answers[-1].saw_all:
                continue
            run.failed_at, run.failure = now, NOT_SEEN
        elif len(part.answers) >= TRIES_MAX:
            run.failed_at, run.failure = now, _why_unusable(part)
        else:
            _ask_about(session, part, len(part.answers) + 1, now=now)
        return
    _finish(session, run, now=now)


def _is_answered(part: SummaryPart) -> bool:
    return bool(part.answers) and part.answers[-1].is_usable


def _why_unusable(part: SummaryPart) -> str:
    last = part.answers[-1]
    if last.finish == "length":
        return "The language model's answer was cut off because it was too long, twice. Another model may do better."
    try:
        read_reply(last.raw or "")
    except Unusable as problem:
        return f"{problem} It was asked twice. Another model may do better."
    return "The language model's answer could not be used."


def _finish(session: Session, run: SummaryRun, *, now: datetime) -> None:
    spoken = spoken_of(transcript.segments(session, run.transcript))
    found = Searchable(spoken)
    replies = [(read_reply(part.answers[-1].raw or ""), frozenset(part.refs)) for part in run.parts]
    checked = checks.check(found, replies, run.criteria, language=run.language)
    run.dropped = {cut.value: count for cut, count in checked.dropped.items()}
    run.abstention = checked.abstention
    run.finished_at = now
    if run.abstention:
        return
    for ordinal, claim in enumerate(checked.claims, start=1):
        row = SummaryClaim(ordinal=ordinal, criterion=claim.criterion, text=claim.text, place=claim.place)
        row.passages = [
            SummaryPassage(ordinal=place, segment_id=spoken[one.index].id, words=found.words(one))
            for place, one in enumerate(claim.hit, start=1)
        ]
        run.claims.append(row)
    session.flush()


# -- reading ---------------------------------------------------------------------------------------------------------


def runs(session: Session, interview_id: int) -> list[SummaryRun]:
    """Return the runs of an interview, newest first."""
    query = select(SummaryRun).where(SummaryRun.interview_id == interview_id).order_by(SummaryRun.number.desc())
    return list(
        session.scalars(
            query.options(
                joinedload(SummaryRun.requested_by),
                joinedload(SummaryRun.transcript),
                selectinload(SummaryRun.parts).selectinload(SummaryPart.answers).defer(SummaryAnswer.raw),
            )
        )
    )


def has_runs(session: Session, interview_id: int) -> bool:
    """Tell whether a summary was ever asked for."""
    return session.scalar(select(SummaryRun.id).where(SummaryRun.interview_id == interview_id).limit(1)) is not None


def newest_transcript_id(session: Session, interview_id: int) -> int | None:
    """Return the id of the transcript in use, or None."""
    found = transcript.transcript_of(session, interview_id)
    return found.id if found else None


def are_named_otherwise(session: Session, run: SummaryRun) -> bool:
    """Tell whether the speakers stand for others now than when a summary was made of their words."""
    return _speakers_sha256(spoken_of(transcript.segments(session, run.transcript))) != run.speakers_sha256


def run_of(session: Session, interview_id: int, number: int) -> SummaryRun:
    """Return a run by its number. Raises NotFound."""
    found = session.scalar(
        select(SummaryRun).where(SummaryRun.interview_id == interview_id, SummaryRun.number == number)
    )
    if found is None:
        raise NotFound("There is no such summary.")
    return found


@dataclass(frozen=True)
class Taken:
    """What a run took, as far as the server told: tokens, time, cost in millionths; how many answers were reused."""

    input_tokens: int
    output_tokens: int
    took_ms: int
    micros: int | None
    reused_count: int


def taken(run: SummaryRun) -> Taken:
    """Return what a run took."""
    answers = [answer for part in run.parts for answer in part.answers if not answer.trouble]
    asked = [answer for answer in answers if not answer.reused]
    known = all(answer.cost_micros is not None for answer in asked)
    return Taken(
        input_tokens=sum(answer.input_tokens or 0 for answer in asked),
        output_tokens=sum(answer.output_tokens or 0 for answer in asked),
        took_ms=sum(answer.took_ms or 0 for answer in asked),
        micros=sum(answer.cost_micros or 0 for answer in asked) if known else None,
        reused_count=sum(answer.reused for answer in answers),
    )


@dataclass(frozen=True)
class Progress:
    """How far a run is; `failure` also where its worker died."""

    done_count: int
    parts_count: int
    is_open: bool
    failure: str


def progress(session: Session, run: SummaryRun) -> Progress:
    """Return how far a run is."""
    done = sum(map(_is_answered, run.parts))
    stopped = run.is_open and _stopped(session, run)
    return Progress(done, len(run.parts), run.is_open and not stopped, STOPPED if stopped else run.failure)


def _stopped(session: Session, run: SummaryRun) -> bool:
    return run.is_open and jobs.State.FAILED in _job_states(session, run)


def _job_states(session: Session, run: SummaryRun) -> set[jobs.State]:
    keys = [_key(run, part, ordinal) for part in run.parts for ordinal in range(1, TRIES_MAX + 1)]
    return set(jobs.states(session, keys).values())


@dataclass(frozen=True)
class ShownPassage:
    """The transcript's own words, who said them by the transcript, and where they stand."""

    segment_id: int
    ordinal: int
    start_ms: int | None
    speaker_name: str
    words: str


@dataclass(frozen=True)
class ShownClaim:
    """A sentence with the passages it leans on."""

    id: int
    criterion: str
    text: str
    place: Place
    passages: tuple[ShownPassage, ...]

    @property
    def words(self) -> str:
        """Return the quoted words."""
        return " ".join(one.words for one in self.passages)


def claims_of(session: Session, run: SummaryRun) -> dict[str, list[ShownClaim]]:
    """Return the sentences of a run by the criterion's key, in the order they were asked about."""
    names = transcript.speaker_names(session, run.transcript)
    rows = session.scalars(
        select(SummaryClaim)
        .where(SummaryClaim.run_id == run.id)
        .options(selectinload(SummaryClaim.passages).joinedload(SummaryPassage.segment))
        .order_by(SummaryClaim.ordinal)
    )
    found: dict[str, list[ShownClaim]] = {key: [] for key in run.criteria}
    for row in rows:
        passages = tuple(
            ShownPassage(
                segment_id=one.segment_id,
                ordinal=one.segment.ordinal,
                start_ms=one.segment.start_ms,
                speaker_name=names.get(one.segment.label, one.segment.label) if one.segment.label else "",
                words=one.words,
            )
            for one in row.passages
        )
        found[row.criterion].append(ShownClaim(row.id, row.criterion, row.text, row.place, passages))
    return found


def dropped_words(run: SummaryRun) -> list[str]:
    """Say what of a run's answers is not shown, a phrase each: 2 sentences whose quote ..."""
    counts = Counter({Cut(name): count for name, count in run.dropped.items()})
    return [f"{counts[cut]} {CUT_WORDS[cut][counts[cut] != 1]}" for cut in Cut if counts[cut]]


def compare(session: Session, before: SummaryRun, after: SummaryRun) -> tuple[Difference, dict[int, ShownClaim]]:
    """Return how two runs differ by what they quote, and every claim of both by id."""
    left, right = (
        {one.id: one for claims in claims_of(session, run).values() for one in claims} for run in (before, after)
    )
    found = checks.difference(
        {id_: (one.criterion, one.words) for id_, one in left.items()},
        {id_: (one.criterion, one.words) for id_, one in right.items()},
    )
    return found, left | right


# -- the model itself ------------------------------------------------------------------------------------------------


def newest_test(session: Session, about: ModelAbout) -> ModelTest | None:
    """Return the newest test of this very model, or None."""
    query = select(ModelTest).where(ModelTest.model_key == about.key).options(joinedload(ModelTest.asked_by))
    return session.scalar(query.order_by(ModelTest.id.desc()).limit(1))


def capability_of(test: ModelTest) -> Capability | None:
    """Return what a test found, or None where it found nothing that works."""
    return Capability(Shape(test.shape), test.limit_name, test.with_temperature) if test.works and test.shape else None


def _capability(session: Session, about: ModelAbout) -> Capability:
    query = select(ModelTest).where(ModelTest.model_key == about.key, ModelTest.works.is_(True))
    found = session.scalar(query.order_by(ModelTest.id.desc()).limit(1))
    return (capability_of(found) if found else None) or Capability()


def ask_test(session: Session, actor: Actor, about: ModelAbout, *, now: datetime) -> ModelTest:
    """Have a worker test the connection. Raises Unavailable without a model."""
    if not about.is_on:
        raise Unavailable("No language model is set up: there is nothing to test. Set MODEL_BASE_URL and MODEL_NAME.")
    before = newest_test(session, about)
    if before is not None and before.tested_at is None and not test_stopped(session, before):
        return before
    row = ModelTest(model_key=about.key, host=about.host, model=about.name, asked_by_id=actor.person_id, asked_at=now)
    session.add(row)
    session.flush()
    jobs.enqueue(session, "summary.test", {"test_id": row.id}, now=now, key=f"model-test-{row.id}")
    audit.record(session, actor, "model:tested", "model", row.id, {"host": about.host, "model": about.name}, now=now)
    return row


def test_stopped(session: Session, test: ModelTest) -> bool:
    """Tell whether the worker died at a test."""
    key = f"model-test-{test.id}"
    return jobs.states(session, [key]).get(key) is jobs.State.FAILED


def _test(payload: jobs.Payload, /, *, reading: jobs.Sessions, doors: Doors) -> dict[str, Any]:
    spoken = [Spoken(n, n, role, role, text) for n, role, text in CHECK_SEGMENTS]
    criteria = {"problem": "Names the customer's problem"}
    (part,) = parts_of(spoken, criteria, language="en", context_tokens=8_000)
    marks = marks_of("test", secrets.token_hex(8))
    question = (system_message("en"), user_message(part, criteria, marks))
    try:
        answer, found = climb_down(doors.model, question, Capability(), key=f"model-test-{payload['test_id']}")
    except ModelProblem as problem:
        said = f" It said: {problem.detail}" if problem.detail else ""
        return {"works": False, "sentence": f"{problem.sentence}{said}"}
    sentence, works = _judged(answer, marks)
    return {
        "works": works,
        "sentence": sentence,
        "shape": found.shape,
        "limit_name": found.limit_name,
        "with_temperature": found.with_temperature,
        "took_ms": answer.took_ms,
    }


def _judged(answer: ModelAnswer, marks: Marks) -> tuple[str, bool]:
    try:
        reply = read_reply(answer.text)
    except Unusable as problem:
        return f"It answers, but not in the way that was asked for. {problem} Another model may do better.", False
    if reply.marks != (marks.start, marks.end):
        return "It answers, but does not give back the marks in what it was sent. Its context may be too small.", False
    return "It answers as it is asked to.", True


@jobs.handler("summary.test", prepare=_test, attempts_max=2, asks=True)
def _take_test(
    session: Session, payload: jobs.Payload, answer: Any, /, *, now: datetime, doors: Doors
) -> dict[str, Any]:
    row = session.get_one(ModelTest, payload["test_id"])
    row.tested_at, row.works, row.sentence = now, answer["works"], answer["sentence"]
    row.shape = Shape(answer["shape"]) if "shape" in answer else None
    row.limit_name = answer.get("limit_name", "")
    row.with_temperature = answer.get("with_temperature", True)
    row.took_ms = answer.get("took_ms")
    return {"works": row.works}
