"""Rows of transcripts: each upload is a version that stays and its segments never change; who is who stands apart."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, event, text
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped, Mapper, mapped_column, relationship

from interview.db import Base, UtcDateTime
from interview.hiring.models import Interview
from interview.people.models import Person
from interview.transcript.rules.reading import LONGEST_NAME
from interview.transcript.rules.speakers import SpeakerKind

_STANDING = text("ended_at IS NULL")


class Transcript(Base):
    """One uploaded file of an interview as it was read; the highest number is the one in use."""

    __tablename__ = "transcript"
    id: Mapped[int] = mapped_column(primary_key=True)
    interview_id: Mapped[int] = mapped_column(ForeignKey("interview.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column()
    file_name: Mapped[str] = mapped_column(String(255))
    file_key: Mapped[str] = mapped_column(String(255))
    file_sha256: Mapped[str] = mapped_column(String(64))
    file_bytes: Mapped[int] = mapped_column()
    format: Mapped[str] = mapped_column(String(20))
    language: Mapped[str | None] = mapped_column(String(35))
    segments_count: Mapped[int] = mapped_column()
    warnings: Mapped[list[dict[str, Any]]] = mapped_column(JSON)  # line, code, message
    uploaded_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # None: brought by the system
    uploaded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    interview: Mapped[Interview] = relationship()
    uploaded_by: Mapped[Person | None] = relationship()

    __table_args__ = (UniqueConstraint("interview_id", "number"),)


class TranscriptSegment(Base):
    """One stretch of speech; immutable, because evidence points at it."""

    __tablename__ = "transcript_segment"
    id: Mapped[int] = mapped_column(primary_key=True)
    transcript_id: Mapped[int] = mapped_column(ForeignKey("transcript.id", ondelete="CASCADE"))
    ordinal: Mapped[int] = mapped_column()
    start_ms: Mapped[int | None] = mapped_column()
    end_ms: Mapped[int | None] = mapped_column()
    label: Mapped[str | None] = mapped_column(String(LONGEST_NAME))  # the speaker as the file names it
    text: Mapped[str] = mapped_column(Text)
    line: Mapped[int] = mapped_column()
    source_ref: Mapped[str] = mapped_column(Text)

    __table_args__ = (UniqueConstraint("transcript_id", "ordinal"),)


class SpeakerMap(Base):
    """Who a label of one transcript is, as a person of the team said; several labels may be the same person."""

    __tablename__ = "speaker_map"
    transcript_id: Mapped[int] = mapped_column(ForeignKey("transcript.id", ondelete="CASCADE"), primary_key=True)
    label: Mapped[str] = mapped_column(String(LONGEST_NAME), primary_key=True)
    kind: Mapped[SpeakerKind] = mapped_column(String(12))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    mapped_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    mapped_at: Mapped[datetime] = mapped_column(UtcDateTime)
    person: Mapped[Person | None] = relationship(foreign_keys=person_id)

    __table_args__ = (CheckConstraint("(kind = 'panel') = (person_id IS NOT NULL)", name="panel_has_person"),)


class SpeakerMerge(Base):
    """A label that stands for the same voice as another of its transcript, as a person of the team said.

    Flat: what others are joined into is itself joined into nothing. Taking the row away is the way back.
    """

    __tablename__ = "speaker_merge"
    transcript_id: Mapped[int] = mapped_column(ForeignKey("transcript.id", ondelete="CASCADE"), primary_key=True)
    label: Mapped[str] = mapped_column(String(LONGEST_NAME), primary_key=True)
    into_label: Mapped[str] = mapped_column(String(LONGEST_NAME))
    merged_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    merged_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (CheckConstraint("label <> into_label", name="other_label"),)


class TranscriptCorrection(Base):
    """What a candidate says was said in a segment; the segment keeps its words, and what cites it cites those.

    `ended_at` is set when the candidate takes it back or corrects again.
    """

    __tablename__ = "transcript_correction"
    id: Mapped[int] = mapped_column(primary_key=True)
    segment_id: Mapped[int] = mapped_column(ForeignKey("transcript_segment.id", ondelete="CASCADE"))
    text: Mapped[str] = mapped_column(Text)
    corrected_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index(
            "ix_transcript_correction_standing",
            "segment_id",
            unique=True,
            sqlite_where=_STANDING,
            postgresql_where=_STANDING,
        ),
    )


@event.listens_for(TranscriptSegment, "before_update")
def _refuse_change(_mapper: Mapper[Any], _connection: Connection, segment: TranscriptSegment) -> None:
    raise TypeError(f"Segment {segment.id} is immutable: evidence may point at it. Upload a new version instead.")
