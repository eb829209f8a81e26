"""Rows of recorded pitches: a job's settings, a pitch with parts and hand-in, its recording, who opened it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from interview.db import Base, UtcDateTime
from interview.hiring.models import Application, Interview
from interview.people.models import Person
from interview.recording.rules import Way


class PitchSetting(Base):
    """How a job takes pitches, where somebody changed the defaults."""

    __tablename__ = "pitch_setting"
    job_id: Mapped[int] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"), primary_key=True)
    live: Mapped[bool]
    recorded: Mapped[bool]
    typed: Mapped[bool]
    sections: Mapped[list[dict[str, Any]]] = mapped_column(JSON)  # title, think_s, minutes
    retakes: Mapped[int]
    due_days: Mapped[int | None]
    set_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Pitch(Base):
    """What a candidate records, uploads or types, or what the team uploads of a live pitch (`brought_by_id`)."""

    __tablename__ = "pitch"
    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id", ondelete="CASCADE"), index=True)
    # the candidate's own gets it when it reaches the team; the recording of a live pitch has it from the start
    interview_id: Mapped[int | None] = mapped_column(ForeignKey("interview.id", ondelete="CASCADE"), index=True)
    brought_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    begun_at: Mapped[datetime] = mapped_column(UtcDateTime)
    text: Mapped[str] = mapped_column(Text, default="")
    edition: Mapped[int] = mapped_column(default=0)  # counts saves of the text, as a scorecard's does
    save_key: Mapped[str] = mapped_column(String(64), default="")
    saved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    application: Mapped[Application] = relationship()
    interview: Mapped[Interview | None] = relationship()
    parts: Mapped[list[PitchPart]] = relationship(
        back_populates="pitch", cascade="all, delete-orphan", order_by="PitchPart.id"
    )
    hand_in: Mapped[HandIn | None] = relationship(back_populates="pitch", cascade="all, delete-orphan")


class PitchPart(Base):
    """One run of the recorder, or one uploaded file: bytes appended until it is finished, then never changed."""

    __tablename__ = "pitch_part"
    id: Mapped[int] = mapped_column(primary_key=True)
    pitch_id: Mapped[int] = mapped_column(ForeignKey("pitch.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(80))  # the browser's: begun twice under it, it is one part
    way: Mapped[Way] = mapped_column(String(12))
    section: Mapped[int]
    take: Mapped[int]
    ordinal: Mapped[int]
    file_name: Mapped[str] = mapped_column(String(255), default="")
    file_key: Mapped[str] = mapped_column(String(255))
    begun_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str | None] = mapped_column(String(64))
    length_ms: Mapped[int] = mapped_column(default=0)  # the browser's own word
    pitch: Mapped[Pitch] = relationship(back_populates="parts")

    __table_args__ = (
        UniqueConstraint("pitch_id", "name"),
        UniqueConstraint("pitch_id", "way", "section", "take", "ordinal"),
    )


class HandIn(Base):
    """The moment a pitch was handed in, and which way it came; gone again when its file turned out unreadable."""

    __tablename__ = "pitch_hand_in"
    pitch_id: Mapped[int] = mapped_column(ForeignKey("pitch.id", ondelete="CASCADE"), primary_key=True)
    way: Mapped[Way] = mapped_column(String(12))
    handed_in_at: Mapped[datetime] = mapped_column(UtcDateTime)
    pitch: Mapped[Pitch] = relationship(back_populates="hand_in")


class Recording(Base):
    """The film or sound made of a pitch's parts: being made, ready, refused with a sentence, or deleted."""

    __tablename__ = "recording"
    id: Mapped[int] = mapped_column(primary_key=True)
    pitch_id: Mapped[int] = mapped_column(ForeignKey("pitch.id", ondelete="CASCADE"), index=True)
    interview_id: Mapped[int | None] = mapped_column(ForeignKey("interview.id", ondelete="CASCADE"), index=True)
    part_ids: Mapped[list[int]] = mapped_column(JSON)  # in the order they are joined
    state: Mapped[str] = mapped_column(String(12))
    objection: Mapped[str] = mapped_column(Text, default="")
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)  # when it was asked for, then when it was ready or refused
    file_key: Mapped[str | None] = mapped_column(String(255))
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str | None] = mapped_column(String(64))
    content_type: Mapped[str | None] = mapped_column(String(40))
    duration_ms: Mapped[int | None]
    has_video: Mapped[bool] = mapped_column(default=False)
    has_audio: Mapped[bool] = mapped_column(default=False)
    pitch: Mapped[Pitch] = relationship()


class RecordingOpening(Base):
    """When somebody last opened a recording, so that one sitting stands once in the audit trail."""

    __tablename__ = "recording_opening"
    recording_id: Mapped[int] = mapped_column(ForeignKey("recording.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    person: Mapped[Person] = relationship()
