"""Use cases of transcripts: take an uploaded file as a new version, say who is who, give segments with names.

Knows no web; never commits. Old versions stay, so that what cites them keeps its words.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session, joinedload

from interview import audit
from interview.access import Actor
from interview.errors import Conflict, Invalid, NotFound
from interview.hiring import service as hiring
from interview.hiring.models import Interview
from interview.hiring.rules import Stage
from interview.ports import FileStore, StoredFile
from interview.transcript.models import SpeakerMap, Transcript, TranscriptSegment
from interview.transcript.rules.decoding import MAX_BYTES
from interview.transcript.rules.facts import Monologue, TalkShare, longest_monologue, talk_shares
from interview.transcript.rules.reading import read_transcript
from interview.transcript.rules.segments import Reading, Segment
from interview.transcript.rules.speakers import Speaker, SpeakerKind


@dataclass(frozen=True)
class Received:
    """An uploaded file after it was read and stored, before it belongs to an interview."""

    file_name: str
    reading: Reading
    stored: StoredFile


@dataclass(frozen=True)
class NamedSegment:
    """A segment with the speaker's name: the mapped person's, else the file's label, else empty."""

    id: int
    ordinal: int
    start_ms: int | None
    end_ms: int | None
    label: str | None
    speaker_name: str
    kind: SpeakerKind | None
    text: str


@dataclass(frozen=True)
class Label:
    """A speaker's name as the file has it: how often, first words, and who was said to be meant."""

    label: str
    segments_count: int
    first_words: str
    speaker: Speaker | None


def receive(file_name: str, data: bytes, *, files: FileStore) -> Received:
    """Read an uploaded file and store its bytes; outside of any transaction, because reading takes its time.

    Raises TranscriptRefused (nothing is stored) and StorageFull.
    """
    reading = read_transcript(data)
    stored = files.put(io.BytesIO(data), suffix=".transcript", limit_bytes=MAX_BYTES)
    return Received(file_name[-255:], reading, stored)


def add(session: Session, actor: Actor, interview: Interview, received: Received, *, now: datetime) -> Transcript:
    """Make a received file the interview's transcript; the version before stays. The application counts as pitched.

    The file that is in use already is not stored twice. Raises nothing.
    """
    session.refresh(interview, with_for_update=True)  # one upload at a time gives its version a number
    before = transcript_of(session, interview.id)
    if before is not None and before.file_sha256 == received.stored.sha256:
        return before
    reading, stored = received.reading, received.stored
    transcript = Transcript(
        interview_id=interview.id,
        number=before.number + 1 if before else 1,
        file_name=received.file_name,
        file_key=stored.key,
        file_sha256=stored.sha256,
        file_bytes=stored.size_bytes,
        format=reading.format,
        language=(reading.language or "")[:35] or None,
        segments_count=len(reading.segments),
        warnings=[asdict(warning) for warning in reading.warnings],
        uploaded_by_id=actor.person_id,
        uploaded_at=now,
    )
    session.add(transcript)
    session.flush()
    session.execute(insert(TranscriptSegment), [_row(transcript.id, reading, i) for i in range(len(reading.segments))])
    hiring.advance(session, interview.application, Stage.PITCHED, now=now)
    audit.record(
        session,
        actor=actor,
        action="transcript:uploaded",
        object_kind="interview",
        object_id=interview.id,
        details={"version": transcript.number, "sha256": stored.sha256, "format": reading.format},
        now=now,
    )
    return transcript


def _row(transcript_id: int, reading: Reading, index: int) -> dict[str, object]:
    segment = reading.segments[index]
    return {
        "transcript_id": transcript_id,
        "ordinal": segment.ordinal,
        "start_ms": segment.start_ms,
        "end_ms": segment.end_ms,
        "label": segment.speaker,
        "text": segment.text,
        "line": segment.line,
        "source_ref": segment.source_ref,
    }


def map_speakers(
    session: Session,
    actor: Actor,
    interview: Interview,
    *,
    number: int,
    speakers: Mapping[str, Speaker | None],
    now: datetime,
) -> None:
    """Say who each label is; None takes a label's mapping away, labels not named stay as they are.

    Raises Conflict when another version came meanwhile, Invalid for a label or a person that is not of this interview.
    """
    transcript = transcript_of(session, interview.id)
    if transcript is None or transcript.number != number:
        raise Conflict("Another transcript was uploaded meanwhile. Reload the page and name the speakers again.")
    before = _speakers(session, transcript.id)
    unknown = speakers.keys() - {label.label for label in labels(session, transcript)}
    panel = {seat.person_id for seat in interview.seats} | {one.person_id for one in before.values()}
    if unknown or any(who.person_id not in panel for who in speakers.values() if who and who.person_id is not None):
        raise Invalid("A speaker or a person is not of this interview. Reload the page and name the speakers again.")
    changed = {label: who for label, who in speakers.items() if before.get(label) != who}
    if not changed:
        return
    session.execute(delete(SpeakerMap).where(SpeakerMap.transcript_id == transcript.id, SpeakerMap.label.in_(changed)))
    session.add_all(
        SpeakerMap(
            transcript_id=transcript.id,
            label=label,
            kind=who.kind,
            person_id=who.person_id,
            mapped_by_id=actor.person_id,
            mapped_at=now,
        )
        for label, who in changed.items()
        if who is not None
    )
    session.flush()
    audit.record(
        session,
        actor=actor,
        action="transcript:speakers-mapped",
        object_kind="interview",
        object_id=interview.id,
        details={label: who.key if who else "" for label, who in changed.items()},
        now=now,
    )


# -- reading -------------------------------------------------------------------------------------------------------


def transcript_of(session: Session, interview_id: int, *, number: int | None = None) -> Transcript | None:
    """Return the interview's transcript in use, or the version of a number, or None."""
    query = (
        select(Transcript).where(Transcript.interview_id == interview_id).options(joinedload(Transcript.uploaded_by))
    )
    if number is not None:
        query = query.where(Transcript.number == number)
    return session.scalar(query.order_by(Transcript.number.desc()).limit(1))


def versions(session: Session, interview_id: int) -> list[Transcript]:
    """Return every version of the interview's transcript, newest first."""
    return list(
        session.scalars(
            select(Transcript)
            .where(Transcript.interview_id == interview_id)
            .options(joinedload(Transcript.uploaded_by))
            .order_by(Transcript.number.desc())
        )
    )


def with_transcript(session: Session, interview_ids: Collection[int]) -> set[int]:
    """Return which of many interviews have a transcript, in one query."""
    return set(session.scalars(select(Transcript.interview_id).where(Transcript.interview_id.in_(interview_ids))))


def segments_of(session: Session, interview_id: int) -> list[NamedSegment]:
    """Return the segments of the interview's transcript in use, in order, with names; empty without a transcript."""
    transcript = transcript_of(session, interview_id)
    return segments(session, transcript) if transcript else []


def segments(
    session: Session, transcript: Transcript, *, after: int = 0, limit: int | None = None
) -> list[NamedSegment]:
    """Return a version's segments behind an ordinal, with names."""
    rows = session.scalars(
        select(TranscriptSegment)
        .where(TranscriptSegment.transcript_id == transcript.id, TranscriptSegment.ordinal > after)
        .order_by(TranscriptSegment.ordinal)
        .limit(limit)
    ).all()
    return _named(session, transcript, rows)


def segment(session: Session, segment_id: int) -> NamedSegment:
    """Return one segment of any version. Raises NotFound."""
    row = session.get(TranscriptSegment, segment_id)
    if row is None:
        raise NotFound("There is no such passage in a transcript.")
    return _named(session, session.get_one(Transcript, row.transcript_id), [row])[0]


def _named(session: Session, transcript: Transcript, rows: Sequence[TranscriptSegment]) -> list[NamedSegment]:
    speakers = _speakers(session, transcript.id)
    names = speaker_names(session, transcript)
    return [
        NamedSegment(
            id=row.id,
            ordinal=row.ordinal,
            start_ms=row.start_ms,
            end_ms=row.end_ms,
            label=row.label,
            speaker_name=names.get(row.label, row.label) if row.label else "",
            kind=speakers[row.label].kind if row.label in speakers else None,
            text=row.text,
        )
        for row in rows
    ]


def speaker_names(session: Session, transcript: Transcript) -> dict[str, str]:
    """Return label -> name for the labels that stand for the candidate or somebody of the panel."""
    rows = session.scalars(
        select(SpeakerMap)
        .where(SpeakerMap.transcript_id == transcript.id, SpeakerMap.kind != SpeakerKind.OTHER)
        .options(joinedload(SpeakerMap.person))
    )
    candidate = transcript.interview.application.candidate.name
    return {row.label: row.person.name if row.person else candidate for row in rows}


def labels(session: Session, transcript: Transcript) -> list[Label]:
    """Return the speakers as the file names them, in order of their first words."""
    first = (
        select(
            TranscriptSegment.label,
            func.min(TranscriptSegment.ordinal).label("ordinal"),
            func.count().label("segments_count"),
        )
        .where(TranscriptSegment.transcript_id == transcript.id, TranscriptSegment.label.is_not(None))
        .group_by(TranscriptSegment.label)
        .subquery()
    )
    rows = session.execute(
        select(first.c.label, first.c.segments_count, TranscriptSegment.text)
        .join(
            TranscriptSegment,
            (TranscriptSegment.ordinal == first.c.ordinal) & (TranscriptSegment.transcript_id == transcript.id),
        )
        .order_by(first.c.ordinal)
    )
    speakers = _speakers(session, transcript.id)
    return [Label(label, count, text, speakers.get(label)) for label, count, text in rows]


def _speakers(session: Session, transcript_id: int) -> dict[str, Speaker]:
    rows = session.execute(
        select(SpeakerMap.label, SpeakerMap.kind, SpeakerMap.person_id).where(SpeakerMap.transcript_id == transcript_id)
    )
    return {label: Speaker(SpeakerKind(kind), person_id) for label, kind, person_id in rows}


@dataclass(frozen=True)
class TalkFacts:
    """Counts over a whole transcript, by the speakers' names."""

    shares: tuple[TalkShare, ...]
    longest: Monologue | None


def talk_facts(session: Session, transcript: Transcript) -> TalkFacts:
    """Return who talked how much, and the longest monologue; counted, never judged."""
    spoken = [
        Segment(one.text, 0, one.speaker_name or None, one.start_ms, one.end_ms, ordinal=one.ordinal)
        for one in segments(session, transcript)
    ]
    return TalkFacts(talk_shares(spoken), longest_monologue(spoken))
