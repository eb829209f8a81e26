"""Use cases of writing down recordings: begin, cut, ask part by part, try a failed part again, make the transcript.

Knows no web and no clock; never commits."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from interview import audit, jobs
from interview.access import SYSTEM, Actor
from interview.errors import Conflict, Invalid, NotFound, Refusal, StorageFull, Unavailable
from interview.hiring.models import Interview
from interview.ports import Doors, ModelProblem, ModelTrouble, SpeechAbout, SpeechModel
from interview.prep import service as prep
from interview.prep.rules import CONSENT_TEXTS, ConsentKind
from interview.recording import service as recording
from interview.transcript import service as transcript
from interview.transcript.rules.segments import ReadingWarning, TranscriptRefused
from interview.transcription import rules
from interview.transcription.models import TranscriptionPart, TranscriptionRun

PART_MAX_BYTES = 25_000_000
STOPPED = "The worker stopped at it. Try again: parts that were answered are kept."
NO_CONSENT = "The candidate has not agreed to both the recording and the use of a model, so nothing is sent."
TAKEN_BACK = "The candidate has taken the consent back, so nothing was sent."
GONE = "The recording was replaced or deleted meanwhile."
UNDER_WAY = "The recording is being written down already. Wait for it, or cancel it."
PAID = "This model has written down this recording already. It is not paid for twice."
APPROXIMATE = "The model gave no times. Those of the segments are approximate: compare them with the recording."
STILL_ASKED = "The cancelled one still waits for an answer that may be paid. Try again when it is there; it is kept."


def has_consent(session: Session, application_id: int) -> bool:
    """Tell whether the candidate agrees to the recording and to a model, by the texts as they read now."""
    answers = prep.consents(session, application_id)
    return all(
        (answer := answers.get(one.kind)) is not None and answer.agreed and answer.text_version == one.version
        for one in CONSENT_TEXTS
        if one.kind in (ConsentKind.RECORDING, ConsentKind.AI)
    )


@dataclass(frozen=True)
class Source:
    """The recording that would be written down."""

    recording_id: int
    file_key: str
    sha256: str
    duration_ms: int
    container: str


def source(session: Session, interview_id: int) -> Source | None:
    """Return the recording in use where it has sound that can be cut, or None."""
    found = recording.playable(session, interview_id)
    container = rules.CONTAINERS.get(found.content_type.partition(";")[0].strip().lower()) if found else None
    if found is None or container is None or not found.has_audio:
        return None
    return Source(found.recording_id, found.file_key, found.sha256, found.duration_ms, container)


# -- beginning, cancelling, trying again -----------------------------------------------------------------------------


def begin(
    session: Session, actor: Actor, interview: Interview, about: SpeechAbout, *, now: datetime
) -> TranscriptionRun:
    """Ask for the recording in use to be written down; the same recording and model are paid once.

    Raises Unavailable without a model, Conflict without consent or a recording, while one is made, or when it is."""
    if not about.is_on:
        raise Unavailable("No model that writes down speech is set up. Upload a transcript instead.")
    session.refresh(interview, with_for_update=True)
    if not has_consent(session, interview.application_id):
        raise Conflict(NO_CONSENT)
    found = source(session, interview.id)
    if found is None:
        raise Conflict("There is no recording with sound that could be written down.")
    known = runs(session, interview.id)
    if any(run.is_open and not _stopped(session, run) for run in known):
        raise Conflict(UNDER_WAY)
    begun = begun_before(known, found.sha256, about.key)
    if begun:
        raise Conflict(PAID if begun.finished_at else "It was begun already: go on where it stopped.")
    run = TranscriptionRun(
        interview_id=interview.id,
        number=len(known) + 1,
        recording_id=found.recording_id,
        recording_sha256=found.sha256,
        duration_ms=found.duration_ms,
        secret=secrets.token_hex(16),
        model_key=about.key,
        host=about.host,
        model=about.name,
        minute_price="" if about.minute_price is None else str(about.minute_price),
        currency=about.currency,
        requested_by_id=actor.person_id,
        requested_at=now,
    )
    session.add(run)
    session.flush()
    _go_on(session, run, now=now)
    details = {"model": about.name, "duration_ms": found.duration_ms}
    audit.record(
        session,
        actor,
        "transcription:requested",
        "interview",
        run.interview_id,
        {"run": run.number, **details},
        now=now,
    )
    return run


def begun_before(known: Sequence[TranscriptionRun], sha256: str, model_key: str) -> TranscriptionRun | None:
    """Return the run of a recording by a model that is finished or can be gone on with: it is never begun anew."""
    same = (run for run in known if (run.recording_sha256, run.model_key) == (sha256, model_key))
    return next((run for run in same if run.finished_at or run.parts), None)


def retry(session: Session, actor: Actor, interview_id: int, number: int, about: SpeechAbout, *, now: datetime) -> None:
    """Go on with a run that failed or was cancelled: what was answered is kept. Raises NotFound or Conflict."""
    run = _locked(session, interview_id, number)
    if run.model_key != about.key:
        raise Conflict("Another model is set up by now. Begin anew with that one.")
    session.refresh(run.interview, with_for_update=True)
    objection = _objection(session, run)
    if objection:
        raise Conflict(objection)
    known = runs(session, interview_id)
    if any(one.is_open and not _stopped(session, one) for one in known):
        raise Conflict(UNDER_WAY)
    begun = begun_before(known, run.recording_sha256, run.model_key)
    if begun and begun.finished_at:
        raise Conflict(PAID)
    if begun not in (None, run):
        raise Conflict("It was begun anew since: go on with that one.")
    if run.cut_at and _state(session, run) is jobs.State.RUNNING:
        raise Conflict(STILL_ASKED)
    run.failed_at, run.failure, run.cancelled_at, run.cancelled_by_id = None, "", None, None
    run.tries_count += 1
    _go_on(session, run, now=now)
    audit.record(session, actor, "transcription:retried", "interview", run.interview_id, {"run": run.number}, now=now)


def cancel(session: Session, actor: Actor, interview_id: int, number: int, *, now: datetime) -> None:
    """Stop a run: what was not asked yet is not asked. Raises NotFound, or Conflict when it is over."""
    run = _locked(session, interview_id, number)
    if not run.is_open:
        raise Conflict("The recording is not being written down any more.")
    run.cancelled_at, run.cancelled_by_id = now, actor.person_id
    audit.record(session, actor, "transcription:cancelled", "interview", run.interview_id, {"run": run.number}, now=now)


def _locked(session: Session, interview_id: int, number: int) -> TranscriptionRun:
    query = select(TranscriptionRun).where(
        TranscriptionRun.interview_id == interview_id, TranscriptionRun.number == number
    )
    run = session.scalar(query.with_for_update().execution_options(populate_existing=True))
    if run is None:
        raise NotFound("There is no such transcription.")
    return run


# -- the work: cutting once, then one part after the other, each answer kept before it is used -------------------------


def _key(run: TranscriptionRun) -> str:
    """Name what a run waits for now."""
    waiting = next((part for part in run.parts if part.raw is None), None)
    what = "cut" if run.cut_at is None else f"part-{waiting.ordinal}" if waiting else "end"
    return f"transcription-{run.secret}-{what}-{run.tries_count}"


def _go_on(session: Session, run: TranscriptionRun, *, now: datetime) -> None:
    waiting = next((part for part in run.parts if part.raw is None), None)
    kind, about = "transcription.end", {"run_id": run.id}
    if run.cut_at is None:
        kind = "transcription.cut"
    elif waiting is not None:
        kind, about = "transcription.part", {"part_id": waiting.id}
    jobs.enqueue(session, kind, {**about, "try": run.tries_count}, now=now, key=_key(run))


def _is_over(run: TranscriptionRun | None, payload: jobs.Payload) -> bool:
    """Tell whether a job is of a run that ended or was begun again since: then another one does its work."""
    return run is None or not run.is_open or run.tries_count != payload["try"]


def _objection(session: Session, run: TranscriptionRun) -> str:
    """Say why nothing may be made of a run's sound now; empty where it may."""
    found = source(session, run.interview_id)
    if found is None or found.sha256 != run.recording_sha256:
        return GONE
    return "" if has_consent(session, run.interview.application_id) else TAKEN_BACK


def _fail(run: TranscriptionRun, failure: str, *, now: datetime, doors: Doors) -> None:
    run.failed_at, run.failure = now, failure
    if failure == GONE:
        for part in run.parts:
            doors.files.delete(part.file_key)


@recording.on_withdrawn
def _withdraw(session: Session, application_id: int, now: datetime) -> list[str]:
    """End what is made of recordings that were taken away, and name the files of their sound."""
    query = select(TranscriptionRun).join(Interview).where(Interview.application_id == application_id)
    ended = session.scalars(query.with_for_update(of=TranscriptionRun)).all()
    for run in ended:
        if run.is_open:
            run.failed_at, run.failure = now, GONE
    return [part.file_key for run in ended for part in run.parts]


def _cut(payload: jobs.Payload, /, *, reading: jobs.Sessions, doors: Doors) -> dict[str, Any]:
    with reading() as session:
        run = session.get(TranscriptionRun, payload["run_id"])
        if run is None or _is_over(run, payload) or run.cut_at:
            return {"left": True}
        found, objection = source(session, run.interview_id), _objection(session, run)
        if found is None or objection:
            return {"trouble": objection}
    parts: list[dict[str, Any]] = []
    try:
        with doors.sound.cut(
            doors.files.local_path(found.file_key), found.container, longest_s=rules.PART_MAX_S
        ) as cut:
            for one in cut:
                with one.path.open("rb") as file:
                    stored = doors.files.put(file, suffix=".ogg", limit_bytes=PART_MAX_BYTES)
                parts.append({"file_key": stored.key, "start_ms": one.start_ms, "end_ms": one.end_ms})
    except (Invalid, NotFound, StorageFull) as refusal:
        for part in parts:
            doors.files.delete(part["file_key"])
        return {"trouble": refusal.sentence}
    return {"parts": parts}


@jobs.handler("transcription.cut", prepare=_cut, attempts_max=3)
def _take_parts(session: Session, payload: jobs.Payload, answer: Any, /, *, now: datetime, doors: Doors) -> Any:
    run = session.get(TranscriptionRun, payload["run_id"], with_for_update=True)
    is_wanted = run is not None and not _is_over(run, payload) and run.cut_at is None
    failure = answer.get("trouble") or (_objection(session, run) if run is not None and is_wanted else "")
    if run is None or not is_wanted or failure:
        for one in answer.get("parts", ()):
            doors.files.delete(one["file_key"])
        if run is not None and is_wanted:
            _fail(run, failure, now=now, doors=doors)
        return None
    run.parts = [TranscriptionPart(ordinal=number, **one) for number, one in enumerate(answer["parts"], start=1)]
    run.cut_at = now
    session.flush()
    _go_on(session, run, now=now)
    return len(run.parts)


def _ask(payload: jobs.Payload, /, *, reading: jobs.Sessions, doors: Doors) -> dict[str, Any]:
    with reading() as session:
        part = session.get(TranscriptionPart, payload["part_id"])
        if part is None or _is_over(part.run, payload) or part.raw is not None:
            return {"left": True}
        objection = _objection(session, part.run)
        if objection:
            return {"trouble": objection}
        if part.run.model_key != doors.speech.about.key:
            return {"trouble": "Another model was set up meanwhile. Begin anew with that one."}
        file_key, key = part.file_key, f"{_key(part.run)}"
    try:
        return {"raw": climb_down(doors.speech, doors.files.local_path(file_key), key=key)}
    except Refusal as refusal:
        return {"trouble": refusal.sentence}


def climb_down(model: SpeechModel, path: Any, *, key: str) -> str:
    """Have a file written down in the richest format that the server takes. Raises ModelProblem."""
    asked: str | None = rules.first_format(model.about.name)
    while asked is not None:
        try:
            return model.write_down(path, response_format=asked, idempotency_key=f"{key}-{asked}")
        except ModelProblem as problem:
            lower = rules.lower_format(asked, problem.detail) if problem.trouble is ModelTrouble.REFUSED else None
            if lower is None:
                raise
            asked = lower
    raise AssertionError("the lowest format returns or raises")


@jobs.handler("transcription.part", prepare=_ask, attempts_max=2, asks=True)
def _take_answer(session: Session, payload: jobs.Payload, answer: Any, /, *, now: datetime, doors: Doors) -> Any:
    part = session.get(TranscriptionPart, payload["part_id"])
    if part is None or "left" in answer:
        return None
    run = session.get_one(TranscriptionRun, part.run_id, with_for_update=True)
    session.refresh(part)
    if part.raw is not None:
        return None  # what another try answered is in use
    failure = GONE if _objection(session, run) == GONE else answer.get("trouble", "")
    if "raw" in answer and not failure:
        try:
            rules.read_answer(answer["raw"], start_ms=part.start_ms, end_ms=part.end_ms)
        except rules.Unusable as problem:
            failure = str(problem)
        else:
            part.raw, part.answered_at = answer["raw"], now
            session.flush()
    if run.is_open and not failure:
        _go_on(session, run, now=now)
    elif not _is_over(run, payload):
        where = "" if failure in (GONE, TAKEN_BACK) else f"Part {part.ordinal} of {len(run.parts)}: "
        _fail(run, where + failure, now=now, doors=doors)
    return part.ordinal


@jobs.handler("transcription.end", attempts_max=3)
def _make_transcript(session: Session, payload: jobs.Payload, /, *, now: datetime, doors: Doors) -> Any:
    run = session.get(TranscriptionRun, payload["run_id"], with_for_update=True)
    if run is None or _is_over(run, payload):
        return None
    objection = _objection(session, run)
    if objection:
        return _fail(run, objection, now=now, doors=doors)
    heard = [rules.read_answer(part.raw or "", start_ms=part.start_ms, end_ms=part.end_ms) for part in run.parts]
    try:
        received = transcript.receive(f"recording-{run.number}.vtt", rules.webvtt(heard), files=doors.files)
    except TranscriptRefused:
        return _fail(run, "The model heard no words in this recording.", now=now, doors=doors)
    if not all(rules.has_times(part.raw or "") for part in run.parts):
        warnings = (ReadingWarning(1, "approximate_times", APPROXIMATE), *received.reading.warnings)
        received = replace(received, reading=replace(received.reading, warnings=warnings))
    made = transcript.add(session, SYSTEM, run.interview, received, now=now)
    run.finished_at, run.transcript_id = now, made.id
    for part in run.parts:
        doors.files.delete(part.file_key)
    return made.number


# -- reading ---------------------------------------------------------------------------------------------------------


def runs(session: Session, interview_id: int) -> list[TranscriptionRun]:
    """Return the runs of an interview, newest first."""
    query = select(TranscriptionRun).where(TranscriptionRun.interview_id == interview_id)
    return list(
        session.scalars(
            query.options(
                selectinload(TranscriptionRun.parts),
                joinedload(TranscriptionRun.requested_by),
                joinedload(TranscriptionRun.transcript),
            ).order_by(TranscriptionRun.number.desc())
        )
    )


@dataclass(frozen=True)
class Progress:
    """How far a run is: parts answered of all (0: not cut yet), and why it failed, also where its worker died."""

    done_count: int
    parts_count: int
    is_open: bool
    failure: str
    micros: int | None


def progress(session: Session, run: TranscriptionRun) -> Progress:
    """Return how far a run is and what it took."""
    done = [part for part in run.parts if part.raw is not None]
    stopped = run.is_open and _stopped(session, run)
    price = Decimal(run.minute_price) if run.minute_price else None
    return Progress(
        done_count=len(done),
        parts_count=len(run.parts),
        is_open=run.is_open and not stopped,
        failure=STOPPED if stopped else run.failure,
        micros=rules.cost_micros(sum(part.end_ms - part.start_ms for part in done), price),
    )


def _stopped(session: Session, run: TranscriptionRun) -> bool:
    return _state(session, run) is jobs.State.FAILED


def _state(session: Session, run: TranscriptionRun) -> jobs.State | None:
    return jobs.states(session, [_key(run)]).get(_key(run))
