"""Rows of fact sheets: one fact of a job's product, and who wrote it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from interview.db import Base, UtcDateTime
from interview.factsheet.rules import FactKind, FactText
from interview.people.models import Person
from interview.watch.models import Material


class Fact(Base):
    """One line of a job's product fact sheet."""

    __tablename__ = "fact"

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"), index=True)
    kind: Mapped[FactKind] = mapped_column(String(12))
    words: Mapped[str] = mapped_column(Text)
    material_id: Mapped[int | None] = mapped_column(ForeignKey("material.id", ondelete="SET NULL"))
    moment_ms: Mapped[int | None] = mapped_column()
    written_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)
    written_by: Mapped[Person | None] = relationship()
    material: Mapped[Material | None] = relationship()

    @property
    def text(self) -> FactText:
        """Return it as it was written."""
        return FactText(FactKind(self.kind), self.words, self.material_id, self.moment_ms)
