"""The recording of an interview: made of parts by a background job, found, opened, withdrawn.

Knows no web and no clock; never commits."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from interview import audit, jobs
from interview.access import SYSTEM, Actor
from interview.errors import Conflict, Invalid, NotFound, StorageFull
from interview.hiring import service as hiring
from interview.hiring.models import Interview
from interview.ports import Doors
from interview.recording.models import HandIn, Pitch, PitchPart, Recording, RecordingOpening
from interview.recording.rules import HEAD_BYTES, Joined, Way, container_of, join_objection
from interview.recording.service.setting import setting_of

Withdrawn = Callable[[Session, int, datetime], Collection[str]]  # application id, now -> keys of files to delete too
_withdrawn: list[Withdrawn] = []
JOIN: Final = "recording.join"
DELETE: Final = "recording.delete"
ONE_SITTING: Final = timedelta(hours=1)
ATTEMPTS_MAX: Final = 30  # a day of a full disk


class State(StrEnum):
    """Where a recording stands."""

    JOINING = "joining"
    READY = "ready"
    REFUSED = "refused"
    DELETED = "deleted"  # the candidate withdrew the consent


@dataclass(frozen=True)
class Playable:
    """An interview's recording that can be played: a file that seeks, its length, what it holds, its SHA-256 (hex)."""

    recording_id: int
    file_key: str
    duration_ms: int
    has_video: bool
    has_audio: bool
    sha256: str
    content_type: str
    size_bytes: int


def playable(session: Session, interview_id: int) -> Playable | None:
    """Return an interview's recording in use: the newest that is ready; None where there is none."""
    row = session.scalars(
        select(Recording)
        .where(Recording.interview_id == interview_id, Recording.state == State.READY)
        .order_by(Recording.id.desc())
        .limit(1)
    ).first()
    return None if row is None else _playable(row)


def _playable(row: Recording) -> Playable:
    assert row.file_key is not None
    assert row.sha256 is not None
    return Playable(
        recording_id=row.id,
        file_key=row.file_key,
        duration_ms=row.duration_ms or 0,
        has_video=row.has_video,
        has_audio=row.has_audio,
        sha256=row.sha256,
        content_type=row.content_type or "application/octet-stream",
        size_bytes=row.size_bytes or 0,
    )


def with_recording(session: Session, interview_ids: Collection[int]) -> set[int]:
    """Return which of many interviews have a recording that can be played, in one query."""
    found = session.scalars(
        select(Recording.interview_id).where(Recording.interview_id.in_(interview_ids), Recording.state == State.READY)
    )
    return {one for one in found if one is not None}


def recording_state(session: Session, pitch: Pitch) -> Recording | None:
    """Return the newest recording made of a pitch, whatever its state."""
    return session.scalars(
        select(Recording).where(Recording.pitch_id == pitch.id).order_by(Recording.id.desc()).limit(1)
    ).first()


def is_given_up(session: Session, row: Recording) -> bool:
    """Say whether a recording is still to be made and nobody tries any more, until an admin lets it be tried again."""
    key = f"{JOIN}:{row.id}"
    return row.state == State.JOINING and jobs.states(session, [key]).get(key) is jobs.State.FAILED


# -- opening it --------------------------------------------------------------------------------------------------------


def media_for(session: Session, interview_id: int, recording_id: int) -> Playable:
    """Return a ready recording of this very interview. Raises NotFound."""
    row = session.get(Recording, recording_id)
    if row is None or row.interview_id != interview_id or row.state != State.READY:
        raise NotFound("There is no such recording.")
    return _playable(row)


def is_noted(session: Session, actor: Actor, recording_id: int, *, now: datetime) -> bool:
    """Say whether this sitting stands in the audit trail already."""
    row = session.get(RecordingOpening, (recording_id, actor.person_id or 0))
    return row is not None and now - row.opened_at < ONE_SITTING


def note_opened(session: Session, actor: Actor, interview_id: int, recording_id: int, *, now: datetime) -> None:
    """Write into the audit trail who opens a recording, once a sitting (an hour)."""
    if actor.person_id is None or is_noted(session, actor, recording_id, now=now):
        return
    session.get(Recording, recording_id, with_for_update=True)  # two first openings at once are one
    row = session.get(RecordingOpening, (recording_id, actor.person_id), populate_existing=True)
    if row is not None and now - row.opened_at < ONE_SITTING:
        return
    if row is None:
        row = RecordingOpening(recording_id=recording_id, person_id=actor.person_id, opened_at=now)
        session.add(row)
    row.opened_at = now
    session.flush()
    audit.record(session, actor, "recording:opened", "interview", interview_id, {"recording": recording_id}, now=now)


def openings_of(session: Session, interview_id: int) -> list[RecordingOpening]:
    """Return who opened an interview's recordings, and when last, newest first."""
    return list(
        session.scalars(
            select(RecordingOpening)
            .join(Recording, Recording.id == RecordingOpening.recording_id)
            .where(Recording.interview_id == interview_id)
            .options(joinedload(RecordingOpening.person))
            .order_by(RecordingOpening.opened_at.desc())
        )
    )


# -- making it ---------------------------------------------------------------------------------------------------------


def make_recording(session: Session, pitch: Pitch, part_ids: Sequence[int], *, now: datetime) -> Recording:
    """Have the parts joined into a recording, in the background."""
    row = Recording(
        pitch_id=pitch.id,
        interview_id=pitch.interview_id,
        part_ids=list(part_ids),
        state=State.JOINING,
        made_at=now,
    )
    session.add(row)
    session.flush()
    jobs.enqueue(session, JOIN, {"recording_id": row.id}, now=now, key=f"{JOIN}:{row.id}")
    return row


def bring_recording(session: Session, actor: Actor, part: PitchPart, *, now: datetime) -> None:
    """Have the team's complete upload made into the interview's recording; asked twice, it is made once.

    Raises Conflict where the candidate sent the pitch in."""
    check_not_sent_in(session, part.pitch.application_id)
    newest = recording_state(session, part.pitch)  # a withdrawn one may have been of another part under the same id
    if newest is not None and newest.part_ids == [part.id] and newest.state != State.DELETED:
        return
    row = make_recording(session, part.pitch, [part.id], now=now)
    details = {"recording": row.id, "sha256": part.sha256}
    audit.record(session, actor, "recording:brought", "interview", part.pitch.interview_id or 0, details, now=now)


def is_sent_in(session: Session, application_id: int) -> bool:
    """Say whether the candidate's own pitch is handed in."""
    own = select(HandIn.pitch_id).join(Pitch).where(Pitch.application_id == application_id)
    return session.scalar(own.where(Pitch.brought_by_id.is_(None)).limit(1)) is not None


def check_not_sent_in(session: Session, application_id: int) -> None:
    """Raise Conflict where the team would put a recording in the place of the candidate's own."""
    if is_sent_in(session, application_id):
        raise Conflict("The candidate sent this pitch in. No other recording can take its place.", reason="sent_in")


def _join(payload: jobs.Payload, /, *, reading: Callable[[], Session], doors: Doors) -> dict[str, Any]:
    """Join the parts outside any transaction; what cannot be joined is an answer, not a failure."""
    with reading() as session:
        row = session.get(Recording, payload["recording_id"])
        if row is None or row.state != State.JOINING:
            return {"objection": "The recording was withdrawn before it was prepared."}
        of_pitch = {part.id: part.file_key for part in row.pitch.parts}
        keys = [of_pitch[part_id] for part_id in row.part_ids if part_id in of_pitch]
        if len(keys) < len(row.part_ids):
            return {"objection": "Parts of it were removed before it was prepared. Record or upload it again."}
        is_candidates = row.pitch.brought_by_id is None
        longest_ms = setting_of(session, row.pitch.application.job_id).longest_ms if is_candidates else None
    return join_parts(keys, longest_ms, doors=doors)


def join_parts(keys: Sequence[str], longest_ms: int | None, *, doors: Doors) -> dict[str, Any]:
    """Join files of the store into one more; return what join_recording stores, with `objection` where it cannot be."""
    try:
        parts = [(doors.files.local_path(key), container_of(doors.files.head(key, HEAD_BYTES))) for key in keys]
        with doors.joiner.join([(path, container.value) for path, container in parts]) as made:
            joined = Joined(made.container, made.duration_ms, made.video_codec, made.audio_codec)
            objection = join_objection(joined, longest_ms)
            if objection:
                return {"objection": objection}
            with made.path.open("rb") as file:
                stored = doors.files.put(file, suffix=f".{made.container}", limit_bytes=2**62)
    except (Invalid, NotFound) as refusal:
        return {"objection": refusal.sentence}
    return {
        "objection": "",
        "file_key": stored.key,
        "size_bytes": stored.size_bytes,
        "sha256": stored.sha256,
        "content_type": joined.content_type,
        "duration_ms": joined.duration_ms,
        "has_video": joined.video_codec is not None,
        "has_audio": joined.audio_codec is not None,
    }


def measured_ms(key: str, *, doors: Doors) -> int:
    """Measure a file whose sender could not say how long it is; 0 where it cannot be read."""
    try:
        container = container_of(doors.files.head(key, HEAD_BYTES))
        with doors.joiner.join([(doors.files.local_path(key), container.value)]) as made:
            return made.duration_ms
    except (Invalid, StorageFull):
        return 0


@jobs.handler(JOIN, prepare=_join, attempts_max=ATTEMPTS_MAX)
def join_recording(
    session: Session, payload: jobs.Payload, answer: dict[str, Any], /, *, now: datetime, doors: Doors
) -> str | None:
    """Store what was made: a ready recording reaches the interview; a refused one opens the pitch again."""
    row = session.get(Recording, payload["recording_id"], with_for_update=True)
    if row is None or row.state != State.JOINING:
        if answer.get("file_key"):
            doors.files.delete(answer["file_key"])
        return None
    row.made_at = now
    pitch = row.pitch
    if answer["objection"]:
        row.state, row.objection = State.REFUSED, answer["objection"]
        if pitch.brought_by_id is None:
            pitch.hand_in = None
        audit.record(
            session, SYSTEM, "recording:refused", "application", pitch.application_id, {"recording": row.id}, now=now
        )
        return str(row.state)
    for name, value in answer.items():
        if name != "objection":
            setattr(row, name, value)
    row.state = State.READY
    if pitch.interview_id is None:
        pitch.interview_id = reach_team(session, pitch, answer["duration_ms"], now=now).id
    row.interview_id = pitch.interview_id
    session.flush()
    details = {"recording": row.id, "sha256": row.sha256, "duration_ms": row.duration_ms}
    audit.record(session, SYSTEM, "recording:ready", "interview", pitch.interview_id, details, now=now)
    return str(row.state)


def reach_team(session: Session, pitch: Pitch, length_ms: int, *, now: datetime) -> Interview:
    """Give a pitch that is handed in to the application's interview, so that its panel has the usual tasks."""
    hand_in: HandIn | None = pitch.hand_in
    at = hand_in.handed_in_at if hand_in else now
    return hiring.hold_without_meeting(
        session, SYSTEM, pitch.application, starts_at=at - timedelta(milliseconds=length_ms), ends_at=at, now=now
    )


# -- withdrawing it ----------------------------------------------------------------------------------------------------


def on_withdrawn(listener: Withdrawn) -> Withdrawn:
    """Register what a room above stops when recordings are taken away, and which files made of them go too."""
    _withdrawn.append(listener)
    return listener


def withdraw_recordings(session: Session, actor: Actor, application_id: int, *, now: datetime) -> None:
    """Take away every recording of an application whose candidate no longer agrees; a job deletes the bytes."""
    pitches = session.scalars(select(Pitch).where(Pitch.application_id == application_id)).all()
    rows = session.scalars(  # locked first: one that is just being made ready is seen ready, or made ready never
        select(Recording)
        .where(Recording.pitch_id.in_([pitch.id for pitch in pitches]))
        .order_by(Recording.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    keys = [row.file_key for row in rows if row.file_key]
    for row in rows:
        row.state, row.file_key, row.made_at = State.DELETED, None, now
    for pitch in pitches:
        keys += [part.file_key for part in pitch.parts]
        pitch.parts.clear()
        if pitch.hand_in is not None and pitch.hand_in.way != Way.TYPED:
            pitch.hand_in = None  # the live and the written way are open again
    if not keys:
        return
    session.flush()
    for listener in _withdrawn:
        keys += listener(session, application_id, now)
    jobs.enqueue(session, DELETE, {"keys": keys}, now=now)
    audit.record(session, actor, "recording:withdrawn", "application", application_id, now=now)


@jobs.handler(DELETE)
def delete_files(session: Session, payload: jobs.Payload, /, *, now: datetime, doors: Doors) -> int:
    """Delete the bytes of withdrawn recordings; what is gone already is fine."""
    for key in payload["keys"]:
        doors.files.delete(key)
    return len(payload["keys"])
