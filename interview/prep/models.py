"""Rows of preparation: answers to the consent questions, what candidates asked for, and how that was settled."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from interview.db import Base, UtcDateTime
from interview.hiring.models import Application
from interview.people.models import Person
from interview.prep.rules import ConsentKind, RequestKind
from interview.watch.models import Material


class ConsentAnswer(Base):
    """A candidate's answer to one consent text. The newest of a kind counts; earlier ones stay as they were given."""

    __tablename__ = "prep_consent"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id", ondelete="CASCADE"))
    kind: Mapped[ConsentKind] = mapped_column(String(12))
    agreed: Mapped[bool]
    text_version: Mapped[int]
    answered_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (Index("ix_prep_consent_newest", "application_id", "kind", "id"),)


class PrepRequest(Base):
    """Something a candidate asked the team for while preparing; open until somebody settles it."""

    __tablename__ = "prep_request"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id", ondelete="CASCADE"), index=True)
    kind: Mapped[RequestKind] = mapped_column(String(16))
    material_id: Mapped[int | None] = mapped_column(
        ForeignKey("material.id", ondelete="SET NULL")
    )  # what did not count
    text: Mapped[str] = mapped_column(Text, default="")
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    application: Mapped[Application] = relationship()
    material: Mapped[Material | None] = relationship()
    settlement: Mapped[PrepSettlement | None] = relationship(back_populates="request", cascade="all, delete-orphan")


class PrepSettlement(Base):
    """Who settled a request, when, and what they answered the candidate."""

    __tablename__ = "prep_settlement"

    request_id: Mapped[int] = mapped_column(ForeignKey("prep_request.id", ondelete="CASCADE"), primary_key=True)
    settled_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    settled_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reply: Mapped[str] = mapped_column(Text, default="")
    request: Mapped[PrepRequest] = relationship(back_populates="settlement")
    settled_by: Mapped[Person] = relationship()
