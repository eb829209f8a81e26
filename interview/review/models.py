"""Rows of the review: clips of a recording, each its maker's until the seal opens it to others."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from interview.db import Base, UtcDateTime
from interview.people.models import Person


class Clip(Base):
    """A stretch of an interview's recording with a title; moments are of the interview, not of a file."""

    __tablename__ = "clip"
    id: Mapped[int] = mapped_column(primary_key=True)
    interview_id: Mapped[int] = mapped_column(ForeignKey("interview.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    start_ms: Mapped[int]
    end_ms: Mapped[int]
    title: Mapped[str] = mapped_column(String(120))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    person: Mapped[Person] = relationship()

    __table_args__ = (CheckConstraint("start_ms >= 0 AND end_ms > start_ms", name="forward"),)
