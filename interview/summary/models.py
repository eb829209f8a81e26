"""Rows of summaries: runs with what they cost, every raw answer, the sentences that passed, what a model can do."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, BigInteger, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from interview.db import Base, UtcDateTime
from interview.hiring.models import Interview
from interview.people.models import Person
from interview.summary.rules.checks import Place
from interview.summary.rules.ladder import Shape
from interview.transcript.models import Transcript, TranscriptSegment


class ModelTest(Base):
    """One press of "Test connection": asked for, then what was found; the newest of a model counts."""

    __tablename__ = "model_test"
    id: Mapped[int] = mapped_column(primary_key=True)
    model_key: Mapped[str] = mapped_column(String(64), index=True)
    host: Mapped[str] = mapped_column(String(255))
    model: Mapped[str] = mapped_column(String(255))
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    tested_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    works: Mapped[bool | None] = mapped_column()
    sentence: Mapped[str] = mapped_column(Text, default="")
    shape: Mapped[Shape | None] = mapped_column(String(12))
    limit_name: Mapped[str] = mapped_column(String(24), default="")
    with_temperature: Mapped[bool] = mapped_column(default=True)
    took_ms: Mapped[int | None] = mapped_column()
    asked_by: Mapped[Person | None] = relationship()


class SummaryRun(Base):
    """One summary of one version of a transcript, however it ended."""

    __tablename__ = "summary_run"
    id: Mapped[int] = mapped_column(primary_key=True)
    interview_id: Mapped[int] = mapped_column(ForeignKey("interview.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column()
    transcript_id: Mapped[int] = mapped_column(ForeignKey("transcript.id", ondelete="CASCADE"))
    content_sha256: Mapped[str] = mapped_column(String(64))
    speakers_sha256: Mapped[str] = mapped_column(String(64))  # of whose words the segments were when it was asked
    prompt_version: Mapped[str] = mapped_column(String(12))
    language: Mapped[str] = mapped_column(String(8))
    model_key: Mapped[str] = mapped_column(String(64))
    host: Mapped[str] = mapped_column(String(255))
    model: Mapped[str] = mapped_column(String(255))
    secret: Mapped[str] = mapped_column(String(32))  # of its marks
    criteria: Mapped[dict[str, str]] = mapped_column(JSON)  # key -> name, as they were asked
    requested_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # with sentences, or with an abstention
    failed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancelled_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    failure: Mapped[str] = mapped_column(Text, default="")
    abstention: Mapped[str] = mapped_column(Text, default="")
    dropped: Mapped[dict[str, int]] = mapped_column(
        JSON, default=dict
    )  # why -> how many; their words are not kept here
    addressed_count: Mapped[int] = mapped_column(default=0)  # segments that seem to be spoken to a machine
    currency: Mapped[str] = mapped_column(String(8), default="")
    input_price: Mapped[str] = mapped_column(String(24), default="")  # of a million tokens, when it was asked
    output_price: Mapped[str] = mapped_column(String(24), default="")
    interview: Mapped[Interview] = relationship()
    transcript: Mapped[Transcript] = relationship()
    requested_by: Mapped[Person | None] = relationship(foreign_keys=requested_by_id)
    parts: Mapped[list[SummaryPart]] = relationship(
        back_populates="run", cascade="all, delete-orphan", order_by="SummaryPart.ordinal"
    )
    claims: Mapped[list[SummaryClaim]] = relationship(
        back_populates="run", cascade="all, delete-orphan", order_by="SummaryClaim.ordinal"
    )

    __table_args__ = (UniqueConstraint("interview_id", "number"),)

    @property
    def is_open(self) -> bool:
        """Tell whether something is still to come."""
        return self.finished_at is None and self.failed_at is None and self.cancelled_at is None


class SummaryPart(Base):
    """A stretch of the transcript that is asked about at once."""

    __tablename__ = "summary_part"
    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("summary_run.id", ondelete="CASCADE"))
    ordinal: Mapped[int] = mapped_column()
    content_sha256: Mapped[str] = mapped_column(String(64), index=True)
    refs: Mapped[list[str]] = mapped_column(JSON)
    sent_tokens: Mapped[int] = mapped_column()  # our careful estimate of one question
    run: Mapped[SummaryRun] = relationship(back_populates="parts")
    answers: Mapped[list[SummaryAnswer]] = relationship(
        back_populates="part", cascade="all, delete-orphan", order_by="SummaryAnswer.ordinal"
    )

    __table_args__ = (UniqueConstraint("run_id", "ordinal"),)


class SummaryAnswer(Base):
    """One answer as it came, stored before anything is made of it: raw words, or the trouble there was."""

    __tablename__ = "summary_answer"
    id: Mapped[int] = mapped_column(primary_key=True)
    part_id: Mapped[int] = mapped_column(ForeignKey("summary_part.id", ondelete="CASCADE"))
    ordinal: Mapped[int] = mapped_column()  # 1, and 2 for the second try after an answer that could not be read
    raw: Mapped[str | None] = mapped_column(Text)
    is_usable: Mapped[bool] = mapped_column(default=False)  # read once, when it came: pages read no model's words
    saw_all: Mapped[bool] = mapped_column(default=False)  # gave back the marks at the beginning and the end
    trouble: Mapped[str] = mapped_column(String(16), default="")
    detail: Mapped[str] = mapped_column(Text, default="")
    finish: Mapped[str] = mapped_column(String(40), default="")
    input_tokens: Mapped[int | None] = mapped_column()
    output_tokens: Mapped[int | None] = mapped_column()
    took_ms: Mapped[int | None] = mapped_column()
    cost_micros: Mapped[int | None] = mapped_column(BigInteger)  # millionths of the run's currency
    reused: Mapped[bool] = mapped_column(default=False)  # taken from an earlier run, not paid again
    answered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    part: Mapped[SummaryPart] = relationship(back_populates="answers")

    __table_args__ = (UniqueConstraint("part_id", "ordinal"),)


class SummaryClaim(Base):
    """A sentence that passed every check."""

    __tablename__ = "summary_claim"
    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("summary_run.id", ondelete="CASCADE"))
    ordinal: Mapped[int] = mapped_column()
    criterion: Mapped[str] = mapped_column(String(80))
    text: Mapped[str] = mapped_column(Text)
    place: Mapped[Place] = mapped_column(String(8))
    run: Mapped[SummaryRun] = relationship(back_populates="claims")
    passages: Mapped[list[SummaryPassage]] = relationship(
        cascade="all, delete-orphan", order_by="SummaryPassage.ordinal"
    )

    __table_args__ = (UniqueConstraint("run_id", "ordinal"),)


class SummaryPassage(Base):
    """The transcript's own words that a sentence leans on, in one segment."""

    __tablename__ = "summary_passage"
    claim_id: Mapped[int] = mapped_column(ForeignKey("summary_claim.id", ondelete="CASCADE"), primary_key=True)
    ordinal: Mapped[int] = mapped_column(primary_key=True)
    segment_id: Mapped[int] = mapped_column(ForeignKey("transcript_segment.id", ondelete="CASCADE"))
    words: Mapped[str] = mapped_column(Text)
    segment: Mapped[TranscriptSegment] = relationship()
