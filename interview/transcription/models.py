"""Rows of recordings that are written down: a run, and its parts with the raw answers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from interview.db import Base, UtcDateTime
from interview.hiring.models import Interview
from interview.people.models import Person
from interview.recording.models import Recording
from interview.transcript.models import Transcript


class TranscriptionRun(Base):
    """One recording written down by one model, however it ended."""

    __tablename__ = "transcription_run"
    id: Mapped[int] = mapped_column(primary_key=True)
    interview_id: Mapped[int] = mapped_column(ForeignKey("interview.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column()
    recording_id: Mapped[int] = mapped_column(ForeignKey("recording.id", ondelete="CASCADE"))
    recording_sha256: Mapped[str] = mapped_column(String(64))
    duration_ms: Mapped[int] = mapped_column()
    secret: Mapped[str] = mapped_column(String(32))  # names its jobs: the number of an erased row may be given again
    model_key: Mapped[str] = mapped_column(String(64))
    host: Mapped[str] = mapped_column(String(255))
    model: Mapped[str] = mapped_column(String(255))
    minute_price: Mapped[str] = mapped_column(String(24), default="")
    currency: Mapped[str] = mapped_column(String(8), default="")
    requested_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime)
    tries_count: Mapped[int] = mapped_column(default=1)
    cut_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failure: Mapped[str] = mapped_column(Text, default="")
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancelled_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    transcript_id: Mapped[int | None] = mapped_column(ForeignKey("transcript.id", ondelete="SET NULL"))
    interview: Mapped[Interview] = relationship()
    recording: Mapped[Recording] = relationship()
    transcript: Mapped[Transcript | None] = relationship()
    requested_by: Mapped[Person | None] = relationship(foreign_keys=requested_by_id)
    parts: Mapped[list[TranscriptionPart]] = relationship(
        back_populates="run", cascade="all, delete-orphan", order_by="TranscriptionPart.ordinal"
    )

    __table_args__ = (UniqueConstraint("interview_id", "number"),)

    @property
    def is_open(self) -> bool:
        """Tell whether something is still to come."""
        return self.finished_at is None and self.failed_at is None and self.cancelled_at is None


class TranscriptionPart(Base):
    """A stretch of the recording's sound, and what the model answered: stored before it is used."""

    __tablename__ = "transcription_part"
    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("transcription_run.id", ondelete="CASCADE"))
    ordinal: Mapped[int] = mapped_column()
    start_ms: Mapped[int] = mapped_column()
    end_ms: Mapped[int] = mapped_column()
    file_key: Mapped[str] = mapped_column(String(255))
    raw: Mapped[str | None] = mapped_column(Text)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    run: Mapped[TranscriptionRun] = relationship(back_populates="parts")

    __table_args__ = (UniqueConstraint("run_id", "ordinal"),)
