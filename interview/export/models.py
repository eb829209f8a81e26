"""Rows of exports that are too large to wait for: who asked for what, and where the file lies for a day."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from interview.db import Base, UtcDateTime
from interview.export.rules.files import Format


class ExportOrder(Base):
    """An export that a worker makes; its file can be fetched by who asked for it until the row is gone."""

    __tablename__ = "export_order"
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(12), unique=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"))
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    format: Mapped[Format] = mapped_column(String(8))
    stages: Mapped[str] = mapped_column(String(80))  # with blanks between them; empty for all
    file_name: Mapped[str] = mapped_column(String(120))
    file_key: Mapped[str | None] = mapped_column(String(80))
    size_bytes: Mapped[int | None] = mapped_column()
    made_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
