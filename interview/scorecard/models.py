"""Rows of scorecards: a card per interviewer and interview, its ratings, evidence, submission, revisions; excuses."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from interview.db import Base, UtcDateTime
from interview.hiring.models import Interview
from interview.people.models import Person
from interview.rubric.models import JobRubric


class Scorecard(Base):
    """What one interviewer says about one interview; a draft until there is a submission."""

    __tablename__ = "scorecard"
    id: Mapped[int] = mapped_column(primary_key=True)
    interview_id: Mapped[int] = mapped_column(ForeignKey("interview.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    job_rubric_id: Mapped[int] = mapped_column(
        ForeignKey("job_rubric.id")
    )  # rubric version and weights it is filled in on
    would_buy: Mapped[str | None] = mapped_column(String(12))
    recommendation: Mapped[str | None] = mapped_column(String(12))
    takeaways: Mapped[str] = mapped_column(Text, default="")
    part: Mapped[str] = mapped_column(Text, default="", server_default="")  # the seat's, as it was when the card began
    edition: Mapped[int] = mapped_column(default=0)  # counts saves: a save built on an older one is a conflict
    save_key: Mapped[str] = mapped_column(String(64), default="")  # of the last save: sent twice, it is stored once
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    interview: Mapped[Interview] = relationship()
    person: Mapped[Person] = relationship()
    job_rubric: Mapped[JobRubric] = relationship()
    ratings: Mapped[list[Rating]] = relationship(
        back_populates="scorecard", cascade="all, delete-orphan", order_by="Rating.attribute"
    )
    submission: Mapped[Submission | None] = relationship(back_populates="scorecard")

    __table_args__ = (UniqueConstraint("interview_id", "person_id"),)


class Rating(Base):
    """One attribute on one card: a point, or not observed, or still open with a note."""

    __tablename__ = "rating"
    scorecard_id: Mapped[int] = mapped_column(ForeignKey("scorecard.id", ondelete="CASCADE"), primary_key=True)
    attribute: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[int | None] = mapped_column(CheckConstraint("value BETWEEN 1 AND 5", name="point"))
    not_observed: Mapped[bool] = mapped_column(default=False)
    note: Mapped[str] = mapped_column(Text, default="")
    scorecard: Mapped[Scorecard] = relationship(back_populates="ratings")
    evidence: Mapped[list[Evidence]] = relationship(
        back_populates="rating", cascade="all, delete-orphan", order_by="Evidence.ordinal"
    )
    revisions: Mapped[list[Revision]] = relationship(order_by="Revision.id")

    __table_args__ = (CheckConstraint("value IS NULL OR NOT not_observed", name="one_answer"),)


class Evidence(Base):
    """A moment that a rating cites: the words as they were read, so that they outlive a corrected transcript."""

    __tablename__ = "evidence"
    id: Mapped[int] = mapped_column(primary_key=True)
    scorecard_id: Mapped[int] = mapped_column()
    attribute: Mapped[str] = mapped_column(String(40))
    ordinal: Mapped[int] = mapped_column()
    segment_id: Mapped[int | None] = mapped_column(ForeignKey("transcript_segment.id", ondelete="SET NULL"))
    start_ms: Mapped[int | None] = mapped_column()
    quote: Mapped[str] = mapped_column(Text, default="")
    rating: Mapped[Rating] = relationship(back_populates="evidence")

    __table_args__ = (
        ForeignKeyConstraint(
            ["scorecard_id", "attribute"], ["rating.scorecard_id", "rating.attribute"], ondelete="CASCADE"
        ),
        UniqueConstraint("scorecard_id", "attribute", "ordinal"),
    )


class Submission(Base):
    """The moment a card was locked, and by whom."""

    __tablename__ = "submission"
    scorecard_id: Mapped[int] = mapped_column(ForeignKey("scorecard.id", ondelete="CASCADE"), primary_key=True)
    submitted_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    submitted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    scorecard: Mapped[Scorecard] = relationship(back_populates="submission")


class Revision(Base):
    """What an interviewer gives an attribute after the debrief; the rating itself stays as it was submitted."""

    __tablename__ = "revision"
    id: Mapped[int] = mapped_column(primary_key=True)
    scorecard_id: Mapped[int] = mapped_column()
    attribute: Mapped[str] = mapped_column(String(40))
    value: Mapped[int | None] = mapped_column(
        CheckConstraint("value BETWEEN 1 AND 5", name="point")
    )  # None: not observed
    reason: Mapped[str] = mapped_column(Text)
    revised_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        ForeignKeyConstraint(
            ["scorecard_id", "attribute"], ["rating.scorecard_id", "rating.attribute"], ondelete="CASCADE"
        ),
        Index("ix_revision_scorecard_id", "scorecard_id"),
    )


class Excusal(Base):
    """A seat that owes no card: declined, dismissed or reassigned, by whom, when and why. Outlives the seat."""

    __tablename__ = "excusal"
    interview_id: Mapped[int] = mapped_column(ForeignKey("interview.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, index=True)
    excuse: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(Text)
    excused_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    excused_at: Mapped[datetime] = mapped_column(UtcDateTime)
    instead_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # who was asked instead
    instead: Mapped[Person | None] = relationship(foreign_keys=instead_id)
