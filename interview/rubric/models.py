"""Rows of rubrics: published versions, frozen; drafts of the next; which one a job uses with which weights."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from interview.db import Base, UtcDateTime
from interview.people.models import Person


class RubricVersion(Base):
    """One published version of a rubric; its body is never changed, an edit is a version of its own."""

    __tablename__ = "rubric_version"
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(40))
    version: Mapped[int] = mapped_column()
    name: Mapped[str] = mapped_column(String(200))
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
    body_sha256: Mapped[str] = mapped_column(String(64))
    published_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # None: loaded at the command line
    published_at: Mapped[datetime] = mapped_column(UtcDateTime)
    published_by: Mapped[Person | None] = relationship()

    __table_args__ = (UniqueConstraint("key", "version"),)


class RubricDraft(Base):
    """A rubric being written, until it is published as a version or discarded; whoever manages rubrics writes on it."""

    __tablename__ = "rubric_draft"
    id: Mapped[int] = mapped_column(primary_key=True)
    based_on_id: Mapped[int | None] = mapped_column(ForeignKey("rubric_version.id"))  # None: from a file
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
    removed: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))  # what can be put back
    edition: Mapped[int] = mapped_column()
    save_key: Mapped[str] = mapped_column(String(64))
    begun_at: Mapped[datetime] = mapped_column(UtcDateTime)
    saved_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    saved_by: Mapped[Person] = relationship()
    based_on: Mapped[RubricVersion | None] = relationship()


class JobRubric(Base):
    """A job's choice: a version, and the attributes on its scorecards with their weights. The latest row counts."""

    __tablename__ = "job_rubric"
    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"), index=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("rubric_version.id"))
    weights: Mapped[dict[str, float]] = mapped_column(
        JSON
    )  # by attribute key; an attribute that is not here is not rated
    chosen_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    chosen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # the first scorecard on it: fixed from then on
    version: Mapped[RubricVersion] = relationship()
