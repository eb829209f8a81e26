"""A candidate's own pitch: open or not, what is there of it, written text, handing in. Knows no web and no clock.

Whether the gate is open and whether recording was agreed to is known above: prep registers both. Never commits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from interview import audit
from interview.access import Actor
from interview.errors import Conflict, Forbidden, Invalid
from interview.hiring import service as hiring
from interview.hiring.models import Application, Interview
from interview.hiring.rules import Stage
from interview.ports import FileStore
from interview.recording.models import HandIn, Pitch, PitchPart, Recording
from interview.recording.rules import (
    TEXT_MAX_CHARS,
    PartFacts,
    Setting,
    Take,
    Way,
    chosen_parts,
    closed_because,
    takes,
    text_problem,
)
from interview.recording.service.parts import facts
from interview.recording.service.recordings import (
    check_not_sent_in,
    is_given_up,
    make_recording,
    reach_team,
    recording_state,
)
from interview.recording.service.setting import setting_of

Gate = Callable[[Session, Application], None]  # raises while the pitch is closed
Consent = Callable[[Session, int], tuple[bool, datetime] | None]  # application id -> what was answered, and when
Written = Callable[[Session, Interview, str, FileStore, datetime], None]
_gates: list[Gate] = []
_consents: list[Consent] = []
_written: list[Written] = []


def guards_pitch(gate: Gate) -> Gate:
    """Register who raises while the pitch is closed for a candidate."""
    _gates.append(gate)
    return gate


def asks_consent(consent: Consent) -> Consent:
    """Register who knows whether a candidate agreed to be recorded."""
    _consents.append(consent)
    return consent


def on_written(listener: Written) -> Written:
    """Register what a room above does with a written pitch that reaches the team."""
    _written.append(listener)
    return listener


class ConsentNeeded(Forbidden):
    """Nobody may be recorded without having said yes."""


@dataclass(frozen=True)
class OwnPitch:
    """Where a candidate's own pitch stands: begun or not, its takes by section, hand-in and what was made of it."""

    setting: Setting
    may_record: bool | None  # the answer to the consent question
    answered_at: datetime | None
    closed: str  # why nothing can be sent any more; "" while it can
    due_at: datetime | None
    pitch: Pitch | None
    recording: Recording | None
    is_given_up: bool  # what was handed in could not be prepared, and waits for an admin

    @property
    def hand_in(self) -> HandIn | None:
        """Return the hand-in, if there is one."""
        return self.pitch.hand_in if self.pitch else None

    @property
    def takes(self) -> Mapping[int, tuple[Take, ...]]:
        """Return the recorded takes by number of the section."""
        return takes(self._facts(Way.RECORDED))

    @property
    def upload(self) -> PitchPart | None:
        """Return the file that was uploaded last, complete or not."""
        found = [part for part in self.parts if part.way == Way.UPLOADED]
        return found[-1] if found else None

    @property
    def parts(self) -> Sequence[PitchPart]:
        """Return all parts, in the order they were begun."""
        return self.pitch.parts if self.pitch else ()

    @property
    def unfinished(self) -> list[PitchPart]:
        """Return the recorded parts of which the end has not arrived."""
        return [part for part in self.parts if part.finished_at is None and part.way == Way.RECORDED]

    @property
    def text(self) -> str:
        """Return what is written so far."""
        return self.pitch.text if self.pitch else ""

    def _facts(self, way: Way) -> list[PartFacts]:
        return facts(self.parts, way)

    def is_ready(self) -> bool:
        """Say whether every section has a take that arrived."""
        try:
            chosen_parts(self.setting.sections, self._facts(Way.RECORDED), {})
        except Invalid:
            return False
        return True


def open_pitch(session: Session, actor: Actor) -> Application:
    """Return the application a candidate pitches on. Raises what the gate raises while it is closed."""
    application = hiring.application(session, actor.application_id or 0)
    for gate in _gates:
        gate(session, application)
    return application


def own_pitch(session: Session, application: Application) -> OwnPitch:
    """Return where a candidate's own pitch stands; writes nothing."""
    setting = setting_of(session, application.job_id)
    pitch = _pitch(session, application.id)
    agreed, answered_at = _answer(session, application.id) or (None, None)
    recording = recording_state(session, pitch) if pitch else None
    return OwnPitch(
        setting=setting,
        may_record=agreed,
        answered_at=answered_at,
        closed=_closed(application, pitch),
        due_at=setting.due_at(application.created_at),
        pitch=pitch,
        recording=recording,
        is_given_up=recording is not None and is_given_up(session, recording),
    )


def consent_of(session: Session, application_id: int) -> bool | None:
    """Return whether the candidate agreed to be recorded; None where nothing was answered."""
    answer = _answer(session, application_id)
    return answer and answer[0]


def _answer(session: Session, application_id: int) -> tuple[bool, datetime] | None:
    return next((consent(session, application_id) for consent in _consents), None)


def _closed(application: Application, pitch: Pitch | None) -> str:
    reached_team = pitch is not None and pitch.interview_id is not None
    return closed_because(Stage(application.stage), reached_team=reached_team)


def _check_open(application: Application, pitch: Pitch | None) -> None:
    closed = _closed(application, pitch)
    if closed:
        raise Conflict(closed, reason="closed")


def _pitch(session: Session, application_id: int) -> Pitch | None:
    return session.scalars(
        select(Pitch)
        .where(Pitch.application_id == application_id, Pitch.brought_by_id.is_(None))
        .options(selectinload(Pitch.parts), selectinload(Pitch.hand_in))
        .order_by(Pitch.id)
        .limit(1)
    ).first()


def check_recordable(session: Session, application: Application, *, now: datetime | None = None) -> None:
    """Raise ConsentNeeded without a yes to being recorded, Forbidden where the job takes none, Conflict after the end.

    Without `now` neither the end nor the stage is looked at: what was begun in time may arrive later."""
    setting = setting_of(session, application.job_id)
    if not setting.recorded:
        raise Forbidden("On this job pitches are not recorded beforehand. Your pitch page says which ways there are.")
    _check_consent(session, application.id, "Answer the question about recording first, with yes or with no.")
    if now is not None:
        _check_open(application, _pitch(session, application.id))
        _check_due(setting, application, now)


def _check_consent(session: Session, application_id: int, unanswered: str) -> None:
    agreed = consent_of(session, application_id)
    if agreed is None:
        raise ConsentNeeded(unanswered, reason="consent")
    if not agreed:
        raise ConsentNeeded(
            "Nothing is recorded, because the answer to the question about recording is no. "
            "Pitch live or in writing: both count the same.",
            reason="consent",
        )


def _check_due(setting: Setting, application: Application, now: datetime) -> None:
    due_at = setting.due_at(application.created_at)
    if due_at is not None and now > due_at:
        raise Conflict(
            "The time for your pitch is over. What you have can still be handed in; ask your contact for more time.",
            reason="over",
        )


def begin_pitch(session: Session, application: Application, *, now: datetime) -> Pitch:
    """Return the candidate's own pitch, begun now where there is none."""
    session.refresh(application, with_for_update=True)  # two tabs begin one pitch
    pitch = _pitch(session, application.id)
    if pitch is None:
        pitch = Pitch(application_id=application.id, begun_at=now)
        pitch.hand_in = None
        session.add(pitch)
        session.flush()
    return pitch


def save_text(
    session: Session,
    application: Application,
    text: str,
    *,
    edition: int,
    save_keys: Sequence[str] = (),
    now: datetime,
) -> Pitch:
    """Keep what is written so far; editions and keys are as of a scorecard's save.

    Raises Forbidden where the job takes no written pitch, Conflict after hand-in, after the end, or (changed_elsewhere)
    for an older edition; Invalid when it is too long."""
    setting = setting_of(session, application.job_id)
    if not setting.typed:
        raise Forbidden("On this job pitches are not written. Your pitch page says which ways there are.")
    pitch = begin_pitch(session, application, now=now)
    if pitch.hand_in is not None:
        raise Conflict("Your pitch is handed in. What you wrote now was not added.")
    _check_open(application, pitch)
    key, *unanswered = save_keys or [""]
    if (key and pitch.save_key == key) or (pitch.edition and pitch.text == text):
        return pitch  # a save whose answer never came, a hand-in that an autosave overtook, or one after the end
    _check_due(setting, application, now)
    if len(text) > TEXT_MAX_CHARS:
        raise Invalid(f"Shorten your pitch to {TEXT_MAX_CHARS} characters. What you wrote is kept on this device.")
    if pitch.edition != edition and pitch.save_key not in unanswered:
        raise Conflict(
            "Your text was saved meanwhile from another tab or device. Nothing was overwritten.",
            reason="changed_elsewhere",
            fields={"edition": str(pitch.edition)},
        )
    pitch.text, pitch.save_key, pitch.saved_at = text, key, now
    pitch.edition += 1
    session.flush()
    return pitch


# -- handing in --------------------------------------------------------------------------------------------------------


def hand_in_recorded(
    session: Session, actor: Actor, application: Application, way: Way, choice: Mapping[int, int], *, now: datetime
) -> None:
    """Hand in a recorded or uploaded pitch: of each section the take chosen; a recording is made in the background.

    What was begun in time can be handed in later. Raises Invalid for what is missing, Conflict when it is handed in."""
    check_recordable(session, application)
    pitch = begin_pitch(session, application, now=now)
    if way is Way.RECORDED:
        setting = setting_of(session, application.job_id)
        parts: Sequence[PartFacts] = chosen_parts(setting.sections, facts(pitch.parts, way), choice)
    else:
        parts = facts(pitch.parts, way)[-1:]
        if not parts or not parts[0].is_finished or not parts[0].size_bytes:
            raise Invalid("The file has not arrived completely. Choose it again: it goes on where it stopped.")
    _hand_in(session, actor, pitch, way, now=now)
    make_recording(session, pitch, [part.id for part in parts], now=now)


def hand_in_typed(
    session: Session, actor: Actor, application: Application, *, files: FileStore, now: datetime
) -> Interview:
    """Hand in what was written and saved. Raises Invalid for too short a text, Conflict when it is handed in."""
    if not setting_of(session, application.job_id).typed:
        raise Forbidden("On this job pitches are not written. Your pitch page says which ways there are.")
    pitch = begin_pitch(session, application, now=now)
    problem = text_problem(pitch.text)
    if problem:
        raise Invalid(problem, fields={"text": problem})
    _hand_in(session, actor, pitch, Way.TYPED, now=now)
    interview = reach_team(session, pitch, 0, now=now)
    pitch.interview_id = interview.id
    session.flush()
    for listener in _written:
        listener(session, interview, pitch.text, files, now)
    return interview


def _hand_in(session: Session, actor: Actor, pitch: Pitch, way: Way, *, now: datetime) -> None:
    if pitch.hand_in is not None:
        raise Conflict("Your pitch is handed in already.")
    _check_open(pitch.application, pitch)
    pitch.hand_in = HandIn(way=way, handed_in_at=now)
    session.flush()
    hiring.advance(session, pitch.application, Stage(pitch.application.stage), now=now)
    audit.record(session, actor, "pitch:handed-in", "application", pitch.application_id, {"way": way.value}, now=now)


# -- the team ----------------------------------------------------------------------------------------------------------


def pitch_of_interview(session: Session, interview_id: int) -> Pitch | None:
    """Return the candidate's own pitch that an interview is about, if it came without a meeting."""
    return session.scalars(
        select(Pitch)
        .where(Pitch.interview_id == interview_id, Pitch.brought_by_id.is_(None))
        .options(joinedload(Pitch.hand_in))
        .limit(1)
    ).first()


def typed_of(session: Session, interview_id: int) -> str:
    """Return the written pitch of an interview; "" where it came another way."""
    pitch = pitch_of_interview(session, interview_id)
    return pitch.text if pitch and pitch.hand_in and pitch.hand_in.way == Way.TYPED else ""


def team_pitch(session: Session, actor: Actor, interview: Interview, *, begin: bool, now: datetime) -> Pitch | None:
    """Return what the team brings as the recording of a live pitch, begun now where asked.

    Raises ConsentNeeded where the candidate did not agree to be recorded, Conflict where the own pitch was sent in."""
    session.refresh(interview, with_for_update=begin)
    pitch = session.scalars(
        select(Pitch)
        .where(Pitch.interview_id == interview.id, Pitch.brought_by_id.is_not(None))
        .order_by(Pitch.id)
        .limit(1)
    ).first()
    if not begin:
        return pitch
    _check_consent(
        session,
        interview.application_id,
        "The candidate has not answered the question about recording yet. Ask for the answer first.",
    )
    check_not_sent_in(session, interview.application_id)
    if pitch is None:
        pitch = Pitch(
            application_id=interview.application_id,
            interview_id=interview.id,
            brought_by_id=actor.person_id,
            begun_at=now,
        )
        pitch.hand_in = None
        session.add(pitch)
        session.flush()
    return pitch
