"""Rows of the knowledge check: settings, the bank in versions, attempts with what was drawn, chosen and graded."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from interview.db import Base, UtcDateTime
from interview.hiring.models import Application, Job
from interview.knowledge.rules import LONGEST_TOPIC, QuestionText
from interview.people.models import Person


class KnowledgeCheck(Base):
    """How a job's knowledge check runs; a job without this row has none."""

    __tablename__ = "knowledge_check"
    job_id: Mapped[int] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"), primary_key=True)
    draw_count: Mapped[int] = mapped_column()  # 0: no knowledge check
    needed_pct: Mapped[int] = mapped_column()
    attempts_count: Mapped[int | None] = mapped_column()  # None: as often as wanted
    wait_min: Mapped[int] = mapped_column()
    job: Mapped[Job] = relationship()


class Question(Base):
    """A question of a job's bank; what it says stands in its versions."""

    __tablename__ = "question"
    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    versions: Mapped[list[QuestionVersion]] = relationship(
        back_populates="question", order_by="QuestionVersion.number", cascade="all, delete-orphan"
    )
    retirement: Mapped[Retirement | None] = relationship(cascade="all, delete-orphan")

    @property
    def newest(self) -> QuestionVersion:
        """Return the version that is asked from now on."""
        return self.versions[-1]


class QuestionVersion(Base):
    """What a question says, since when; answers point here, so that an edit changes no old answer."""

    __tablename__ = "question_version"
    id: Mapped[int] = mapped_column(primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("question.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column()
    topic: Mapped[str] = mapped_column(String(LONGEST_TOPIC))
    prompt: Mapped[str] = mapped_column(Text)
    options: Mapped[list[str]] = mapped_column(JSON)
    right: Mapped[int] = mapped_column()  # index of the right option; never leaves the server
    material_id: Mapped[int | None] = mapped_column()  # a number of the watch room, which this room does not know
    moment_ms: Mapped[int | None] = mapped_column()
    written_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)
    question: Mapped[Question] = relationship(back_populates="versions")

    __table_args__ = (UniqueConstraint("question_id", "number"),)

    @property
    def text(self) -> QuestionText:
        """Return it as it was written."""
        return QuestionText(self.topic, self.prompt, tuple(self.options), self.right, self.material_id, self.moment_ms)


class Retirement(Base):
    """A question that is not asked any more: who took it out, and when. Old answers stay."""

    __tablename__ = "question_retirement"
    question_id: Mapped[int] = mapped_column(ForeignKey("question.id", ondelete="CASCADE"), primary_key=True)
    retired_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    retired_at: Mapped[datetime] = mapped_column(UtcDateTime)
    retired_by: Mapped[Person | None] = relationship()


class Attempt(Base):
    """One go at the check by one application; made, with its draw, before the first question is shown."""

    __tablename__ = "knowledge_attempt"
    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column()
    needed_pct: Mapped[int] = mapped_column()  # as it was when the attempt began
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    application: Mapped[Application] = relationship()
    asked: Mapped[list[AskedQuestion]] = relationship(
        back_populates="attempt", order_by="AskedQuestion.ordinal", cascade="all, delete-orphan"
    )
    result: Mapped[AttemptResult | None] = relationship(back_populates="attempt", cascade="all, delete-orphan")

    __table_args__ = (UniqueConstraint("application_id", "number"),)


class AskedQuestion(Base):
    """A question of an attempt: which version, in which order its options stand, and what was chosen so far."""

    __tablename__ = "asked_question"
    attempt_id: Mapped[int] = mapped_column(ForeignKey("knowledge_attempt.id", ondelete="CASCADE"), primary_key=True)
    ordinal: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("question_version.id"), index=True)
    order: Mapped[list[int]] = mapped_column(JSON)  # order[shown] is the option's index as written
    chosen: Mapped[int | None] = mapped_column()  # index as written
    chosen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempt: Mapped[Attempt] = relationship(back_populates="asked")
    version: Mapped[QuestionVersion] = relationship()


class AttemptResult(Base):
    """The grade of a submitted attempt; its key lets an attempt be graded once."""

    __tablename__ = "knowledge_result"
    attempt_id: Mapped[int] = mapped_column(ForeignKey("knowledge_attempt.id", ondelete="CASCADE"), primary_key=True)
    submitted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    right_count: Mapped[int] = mapped_column()
    asked_count: Mapped[int] = mapped_column()
    reached: Mapped[bool] = mapped_column()
    attempt: Mapped[Attempt] = relationship(back_populates="result")

    __table_args__ = (CheckConstraint("right_count BETWEEN 0 AND asked_count", name="right_of_asked"),)
