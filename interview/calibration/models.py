"""Rows of calibration: sample pitches, rounds, and the cards on samples, of which the gold card is the experts' own."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from interview.db import Base, UtcDateTime


class Sample(Base):
    """A pitch to practise rating on: its words, and the choice of rubric that it is rated with."""

    __tablename__ = "calibration_sample"
    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"), index=True)
    job_rubric_id: Mapped[int] = mapped_column(ForeignKey("job_rubric.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(String(200))
    experts: Mapped[str] = mapped_column(Text)  # who agreed on the gold ratings, a name a line
    is_warm_up: Mapped[bool] = mapped_column(default=False)  # rated first, counted nowhere
    passages: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    withdrawal: Mapped[SampleWithdrawal | None] = relationship(cascade="all, delete-orphan")


class SampleWithdrawal(Base):
    """The end of a sample: it counts for nobody any more."""

    __tablename__ = "calibration_withdrawal"
    sample_id: Mapped[int] = mapped_column(ForeignKey("calibration_sample.id", ondelete="CASCADE"), primary_key=True)
    withdrawn_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    withdrawn_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Round(Base):
    """One interviewer's way through the samples that were open when it began."""

    __tablename__ = "calibration_round"
    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    begun_at: Mapped[datetime] = mapped_column(UtcDateTime)
    cards: Mapped[list[SampleCard]] = relationship(back_populates="round", order_by="SampleCard.ordinal")


class SampleCard(Base):
    """The ratings of one sample: in a round its interviewer's, without a round the gold that experts agreed on."""

    __tablename__ = "calibration_card"
    id: Mapped[int] = mapped_column(primary_key=True)
    sample_id: Mapped[int] = mapped_column(ForeignKey("calibration_sample.id", ondelete="CASCADE"), index=True)
    round_id: Mapped[int | None] = mapped_column(ForeignKey("calibration_round.id", ondelete="CASCADE"))
    ordinal: Mapped[int] = mapped_column(default=0)  # the order in the round: shuffled, so it is kept
    edition: Mapped[int] = mapped_column(default=0)  # counts saves: a save built on an older one is a conflict
    save_key: Mapped[str] = mapped_column(String(64), default="")  # of the last save: sent twice, it is stored once
    saved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # of the gold card: the sample opens to rounds
    sample: Mapped[Sample] = relationship()
    round: Mapped[Round | None] = relationship(back_populates="cards")
    ratings: Mapped[list[SampleRating]] = relationship(cascade="all, delete-orphan", order_by="SampleRating.attribute")

    __table_args__ = (UniqueConstraint("round_id", "sample_id"),)


class SampleRating(Base):
    """One attribute on one card: a point, or not observed; why; and the passages that are cited."""

    __tablename__ = "calibration_rating"
    card_id: Mapped[int] = mapped_column(ForeignKey("calibration_card.id", ondelete="CASCADE"), primary_key=True)
    attribute: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[int | None] = mapped_column(CheckConstraint("value BETWEEN 1 AND 5", name="point"))
    not_observed: Mapped[bool] = mapped_column(default=False)
    note: Mapped[str] = mapped_column(Text, default="")
    cited: Mapped[list[int]] = mapped_column(JSON)  # places in the sample's transcript

    __table_args__ = (CheckConstraint("value IS NULL OR NOT not_observed", name="one_answer"),)
