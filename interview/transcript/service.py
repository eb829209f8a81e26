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
from interview.access import Actor, Place
from interview.errors import Conflict, Invalid, NotFound
from interview.hiring import service as hiring
from interview.hiring.models import Interview
from interview.hiring.rules import SEAT_WORDS, STAGES, SeatKind, Stage
from interview.ports import FileStore, StoredFile
from interview.transcript.models import SpeakerMap, SpeakerMerge, Transcript, TranscriptCorrection, TranscriptSegment
from interview.transcript.rules.corrections import MOST_CORRECTIONS, mended
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
    text: str  # as the file has it, always: what cites a segment cites these words
    correction: str | None = None  # what the candidate says was said, where that is otherwise


@dataclass(frozen=True)
class Label:
    """A speaker's name as the file has it: how often, first words, and who was said to be meant.

    `merged_into` is the label that it was joined to: then that one's speaker counts, and this one's own comes back
    when they are told apart again.
    """

    label: str
    segments_count: int
    first_words: str
    speaker: Speaker | None
    merged_into: str | None = None


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
        actor,
        "transcript:uploaded",
        "interview",
        interview.id,
        {"version": transcript.number, "sha256": stored.sha256, "format": reading.format},
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
    transcript = _in_use(session, interview, number)
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
        actor,
        "transcript:speakers-mapped",
        "interview",
        interview.id,
        {label: who.key if who else "" for label, who in changed.items()},
        now=now,
    )


def swap_speakers(
    session: Session,
    actor: Actor,
    interview: Interview,
    *,
    number: int,
    pair: tuple[str, str],
    speakers: Mapping[str, Speaker | None],
    now: datetime,
) -> None:
    """Exchange who two labels are; `speakers` are choices of the same page that are kept with it.

    Raises what map_speakers raises, and Invalid where neither of the two is named.
    """
    transcript = _in_use(session, interview, number)
    said: dict[str, Speaker | None] = {**_speakers(session, transcript.id), **speakers}
    one, other = (said.get(label) for label in pair)
    if one == other:
        raise Invalid("Both of these names stand for the same, or for nobody yet: there is nothing to exchange.")
    wanted = {**speakers, pair[0]: other, pair[1]: one}
    map_speakers(session, actor, interview, number=number, speakers=wanted, now=now)


def merge_labels(
    session: Session, actor: Actor, interview: Interview, *, number: int, labels_chosen: Sequence[str], now: datetime
) -> None:
    """Say that several labels are one voice: the rest go with the one that is named, or the first in the file.

    Raises Conflict when another version came meanwhile; Invalid for fewer than two, for labels that are not there, and
    for labels that were said to be different people.
    """
    transcript = _in_use(session, interview, number)
    found = [one for one in labels(session, transcript) if one.label in set(labels_chosen)]
    if len(found) < 2 or len(found) < len(set(labels_chosen)) or any(one.merged_into for one in found):
        raise Invalid("Choose at least two of the names on the page to join them.")
    named = [one for one in found if one.speaker]
    if len({one.speaker for one in named}) > 1:
        raise Invalid(
            f"“{named[0].label}” and “{named[1].label}” were said to be different. "
            "Say first who they are, then join them."
        )
    into = (named or found)[0].label
    joined = [one.label for one in found if one.label != into]
    for row in session.scalars(
        select(SpeakerMerge).where(SpeakerMerge.transcript_id == transcript.id, SpeakerMerge.into_label.in_(joined))
    ):
        row.into_label = into  # flat: nothing is joined to what is itself joined
    session.add_all(
        SpeakerMerge(
            transcript_id=transcript.id, label=label, into_label=into, merged_by_id=actor.person_id, merged_at=now
        )
        for label in joined
    )
    session.flush()
    audit.record(
        session, actor, "transcript:labels-joined", "interview", interview.id, {"into": into, "joined": joined}, now=now
    )


def split_label(
    session: Session, actor: Actor, interview: Interview, *, number: int, label: str, now: datetime
) -> None:
    """Tell a joined label apart again; who it was said to be before comes back. Raises Conflict where it is alone."""
    transcript = _in_use(session, interview, number)
    row = session.get(SpeakerMerge, (transcript.id, label))
    if row is None:
        raise Conflict("These names are told apart already. Reload the page.")
    session.delete(row)
    session.flush()
    audit.record(
        session,
        actor,
        "transcript:labels-split",
        "interview",
        interview.id,
        {"label": label, "was": row.into_label},
        now=now,
    )


def _in_use(session: Session, interview: Interview, number: int) -> Transcript:
    """Return the version in use, with the interview locked. Raises Conflict when it is not the one that was shown."""
    session.refresh(interview, with_for_update=True)
    transcript = transcript_of(session, interview.id)
    if transcript is None or transcript.number != number:
        raise Conflict("Another transcript was uploaded meanwhile. Reload the page and name the speakers again.")
    return transcript


# -- the candidate's corrections -----------------------------------------------------------------------------------


def own_transcripts(session: Session, actor: Actor) -> list[Transcript]:
    """Return the transcripts in use of a candidate's own pitches, newest interview first; none before the pitch."""
    application = hiring.application(session, actor.application_id or 0)
    if STAGES.index(Stage(application.stage)) < STAGES.index(Stage.PITCHED):
        return []
    interviews = hiring.interviews_of(session, [application.id])[application.id]
    found = (transcript_of(session, one.id) for one in reversed(interviews))
    return [one for one in found if one is not None]


def correct(session: Session, actor: Actor, segment_id: int, written: str, *, now: datetime) -> None:
    """Keep what the candidate says was said in a segment, beside its words; an earlier correction of it ends.

    Raises NotFound for a segment of another's pitch, Conflict when the transcript was replaced or the decision is
    made, Invalid with a sentence for what a correction cannot be.
    """
    row, transcript = _own_segment(session, actor, segment_id)
    words = mended(row.text, written)
    standing = _standing(session, segment_id)
    if standing is not None and standing.text == words:
        return
    if standing is None and _corrections_count(session, transcript.id) >= MOST_CORRECTIONS:
        raise Invalid(
            f"{MOST_CORRECTIONS} passages of this transcript are corrected already. If it is as wrong as that, write "
            "to your contact and ask for a better one."
        )
    if standing is not None:
        standing.ended_at = now
        session.flush()
    session.add(TranscriptCorrection(segment_id=segment_id, text=words, corrected_at=now))
    session.flush()
    audit.record(
        session,
        actor,
        "transcript:corrected",
        "interview",
        transcript.interview.id,
        {"segment_id": segment_id},
        now=now,
    )


def take_back(session: Session, actor: Actor, segment_id: int, *, now: datetime) -> None:
    """End the candidate's correction of a segment. Raises what `correct` raises, and Conflict where none stands."""
    _, transcript = _own_segment(session, actor, segment_id)
    standing = _standing(session, segment_id)
    if standing is None:
        raise Conflict("There is no correction of yours at this passage any more.")
    standing.ended_at = now
    session.flush()
    audit.record(
        session,
        actor,
        "transcript:correction-taken-back",
        "interview",
        transcript.interview.id,
        {"segment_id": segment_id},
        now=now,
    )


def ordinal_of(session: Session, segment_id: int, transcripts: Sequence[Transcript]) -> tuple[Transcript, int] | None:
    """Return which of some transcripts a segment is of, and its ordinal there; None where it is of none of them."""
    row = session.get(TranscriptSegment, segment_id)
    found = next((one for one in transcripts if row is not None and one.id == row.transcript_id), None)
    return (found, row.ordinal) if row is not None and found is not None else None


def place_of_segment(session: Session, actor: Actor, segment_id: int) -> Place | None:
    """Return the place a segment's interview is, or None when there is no such segment."""
    row = session.get(TranscriptSegment, segment_id)
    if row is None:
        return None
    return hiring.place_of_interview(session, actor, session.get_one(Transcript, row.transcript_id).interview_id)


def _own_segment(session: Session, actor: Actor, segment_id: int) -> tuple[TranscriptSegment, Transcript]:
    row = session.get(TranscriptSegment, segment_id)
    transcript = session.get(Transcript, row.transcript_id) if row else None
    if row is None or transcript is None or transcript.interview.application_id != actor.application_id:
        raise NotFound("There is no such passage in a transcript of yours.")
    session.refresh(transcript.interview, with_for_update=True)
    if Stage(transcript.interview.application.stage) is Stage.DECIDED:
        raise Conflict(
            "The decision about your application has been made, so its transcript is closed. Write to your contact to "
            "have something put right."
        )
    newest = transcript_of(session, transcript.interview_id)
    if newest is None or newest.id != transcript.id:
        raise Conflict("The team replaced this transcript meanwhile. Reload the page to see the new one.")
    return row, transcript


def _standing(session: Session, segment_id: int) -> TranscriptCorrection | None:
    return session.scalar(
        select(TranscriptCorrection).where(
            TranscriptCorrection.segment_id == segment_id, TranscriptCorrection.ended_at.is_(None)
        )
    )


def _corrections_count(session: Session, transcript_id: int) -> int:
    return len(_corrections(session, transcript_id))


def _corrections(session: Session, transcript_id: int) -> dict[int, str]:
    """Return segment id -> the words of the correction that stands, for one version."""
    rows = session.execute(
        select(TranscriptCorrection.segment_id, TranscriptCorrection.text)
        .join(TranscriptSegment, TranscriptSegment.id == TranscriptCorrection.segment_id)
        .where(TranscriptSegment.transcript_id == transcript_id, TranscriptCorrection.ended_at.is_(None))
    )
    return dict(rows.all())


def corrections_count(session: Session, transcript: Transcript) -> int:
    """Return how many segments of a version the candidate has corrected."""
    return _corrections_count(session, transcript.id)


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
    roots = _roots(session, transcript.id)
    corrections = _corrections(session, transcript.id)
    return [
        NamedSegment(
            id=row.id,
            ordinal=row.ordinal,
            start_ms=row.start_ms,
            end_ms=row.end_ms,
            label=row.label,
            speaker_name=names.get(row.label, row.label) if row.label else "",
            kind=_kind(speakers, roots, row.label),
            text=row.text,
            correction=corrections.get(row.id),
        )
        for row in rows
    ]


def _kind(speakers: Mapping[str, Speaker], roots: Mapping[str, str], label: str | None) -> SpeakerKind | None:
    who = speakers.get(roots.get(label, label)) if label else None
    return who.kind if who else None


def _roots(session: Session, transcript_id: int) -> dict[str, str]:
    """Return label -> the label it was joined to."""
    rows = session.execute(
        select(SpeakerMerge.label, SpeakerMerge.into_label).where(SpeakerMerge.transcript_id == transcript_id)
    )
    return dict(rows.all())


def speaker_names(session: Session, transcript: Transcript) -> dict[str, str]:
    """Return label -> name for the labels that stand for the candidate, somebody of the panel, or another label."""
    rows = session.scalars(
        select(SpeakerMap)
        .where(SpeakerMap.transcript_id == transcript.id, SpeakerMap.kind != SpeakerKind.OTHER)
        .options(joinedload(SpeakerMap.person))
    )
    candidate = transcript.interview.application.candidate.name
    names = {row.label: row.person.name if row.person else candidate for row in rows}
    roots = _roots(session, transcript.id)
    return {**names, **{label: names.get(into, into) for label, into in roots.items()}}


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
    roots = _roots(session, transcript.id)
    return [Label(label, count, text, speakers.get(label), roots.get(label)) for label, count, text in rows]


def _speakers(session: Session, transcript_id: int) -> dict[str, Speaker]:
    rows = session.execute(
        select(SpeakerMap.label, SpeakerMap.kind, SpeakerMap.person_id).where(SpeakerMap.transcript_id == transcript_id)
    )
    return {label: Speaker(SpeakerKind(kind), person_id) for label, kind, person_id in rows}


@dataclass(frozen=True)
class TalkFacts:
    """Counts over a whole transcript: by the speakers' names, and by side once somebody is named."""

    shares: tuple[TalkShare, ...]
    longest: Monologue | None
    sides: tuple[TalkShare, ...] = ()


SIDE_WORDS = {SpeakerKind.CANDIDATE: "Candidate", SpeakerKind.PANEL: "Panel", SpeakerKind.OTHER: "Other voices"}


def talk_facts(session: Session, transcript: Transcript) -> TalkFacts:
    """Return who talked how much, how fast and with how many questions, and the longest monologue; never judged."""
    named = segments(session, transcript)
    spoken = [
        Segment(one.text, 0, one.speaker_name or None, one.start_ms, one.end_ms, ordinal=one.ordinal) for one in named
    ]
    sides = (
        one._replace(speaker=SIDE_WORDS[by.kind] if by.kind else "Not named yet")
        for one, by in zip(spoken, named, strict=True)
    )
    return TalkFacts(
        talk_shares(spoken),
        longest_monologue(spoken),
        talk_shares(list(sides)) if any(one.kind for one in named) else (),
    )


SEAT_ROLES = SEAT_WORDS | {SeatKind.BUYER: "Buyer"}


def roles_for_candidate(session: Session, transcript: Transcript) -> dict[str | None, str]:
    """Return label -> what the candidate's own page calls it: you, a seat of the panel, or a number; no names."""
    speakers, roots = _speakers(session, transcript.id), _roots(session, transcript.id)
    seats = {seat.person_id: SEAT_ROLES[SeatKind(seat.kind)] for seat in transcript.interview.seats}
    found: dict[str | None, str] = {None: ""}
    numbers: dict[str, int] = {}
    for label in (one.label for one in labels(session, transcript)):
        root = roots.get(label, label)
        who = speakers.get(root)
        if who is None or who.kind is SpeakerKind.OTHER:
            found[label] = f"Voice {numbers.setdefault(root, len(numbers) + 1)}"
        elif who.kind is SpeakerKind.CANDIDATE:
            found[label] = "You"
        else:
            found[label] = seats.get(who.person_id or 0, "Interviewer")
    return found
