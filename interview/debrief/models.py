"""Rows of debriefs: decisions and their reopening, the feedback that is written, and its release."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from interview.db import Base, UtcDateTime
from interview.debrief.rules import Outcome, RejectionReason
from interview.hiring.models import Application
from interview.people.models import Person


class Decision(Base):
    """What somebody decided about an application; the newest one that was not reopened is in force."""

    __tablename__ = "decision"
    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id", ondelete="CASCADE"))
    ordinal: Mapped[int] = mapped_column()  # two decisions at once would have the same: one of them is refused
    outcome: Mapped[Outcome] = mapped_column(String(12))
    rejection: Mapped[RejectionReason | None] = mapped_column(String(24))
    reason: Mapped[str] = mapped_column(Text)
    other_information: Mapped[str] = mapped_column(Text, default="", server_default="")
    is_against_order: Mapped[bool] = mapped_column()
    decided_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)
    application: Mapped[Application] = relationship()
    decided_by: Mapped[Person] = relationship()
    reopening: Mapped[Reopening | None] = relationship(back_populates="decision")

    __table_args__ = (UniqueConstraint("application_id", "ordinal"),)


class Reopening(Base):
    """A decision that is no longer in force: who reopened it, when and why."""

    __tablename__ = "decision_reopening"
    decision_id: Mapped[int] = mapped_column(ForeignKey("decision.id", ondelete="CASCADE"), primary_key=True)
    reason: Mapped[str] = mapped_column(Text)
    reopened_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    reopened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decision: Mapped[Decision] = relationship(back_populates="reopening")
    reopened_by: Mapped[Person] = relationship()


class Feedback(Base):
    """What the team writes to a candidate; the candidate reads nothing of it before it is released."""

    __tablename__ = "feedback"
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id", ondelete="CASCADE"), primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    edition: Mapped[int] = mapped_column(default=1)  # counts saves: a save built on an older one is a conflict
    written_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)
    written_by: Mapped[Person] = relationship()
