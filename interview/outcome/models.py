"""Rows of outcomes: one for each hire and each of the months after which it is asked."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from interview.db import Base, UtcDateTime
from interview.people.models import Person


class HireOutcome(Base):
    """How a hire does after so many months, who entered it and when."""

    __tablename__ = "hire_outcome"
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id", ondelete="CASCADE"), primary_key=True)
    months: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    is_still_here: Mapped[bool] = mapped_column()
    ramp_months: Mapped[int | None] = mapped_column()
    quota_pct: Mapped[int | None] = mapped_column()
    note: Mapped[str] = mapped_column(Text, default="")
    edition: Mapped[int] = mapped_column(default=0)  # counts saves: a save built on an older one is a conflict
    entered_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    entered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    entered_by: Mapped[Person] = relationship()
