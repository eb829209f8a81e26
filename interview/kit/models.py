"""Rows of the live interview: moves of the timer, prompts used, deviations, and each interviewer's own sheet."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from interview.db import Base, UtcDateTime
from interview.factsheet.models import Fact
from interview.kit.rules import DeviationKind, RoadmapAnswer, Tick, Verb
from interview.people.models import Person


class TimerMove(Base):
    """One press on the timer of an interview: what, who and when. The timer is what the moves add up to."""

    __tablename__ = "timer_move"
    interview_id: Mapped[int] = mapped_column(ForeignKey("interview.id", ondelete="CASCADE"), primary_key=True)
    ordinal: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    verb: Mapped[Verb] = mapped_column(String(8))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    person: Mapped[Person] = relationship()


class PromptUse(Base):
    """A prompt of the script that the buyer said to this candidate, in the words of then."""

    __tablename__ = "prompt_use"
    id: Mapped[int] = mapped_column(primary_key=True)
    interview_id: Mapped[int] = mapped_column(ForeignKey("interview.id", ondelete="CASCADE"), index=True)
    section: Mapped[str] = mapped_column(String(40))
    words: Mapped[str] = mapped_column(Text)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    moment_ms: Mapped[int] = mapped_column()
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    person: Mapped[Person] = relationship()


class Deviation(Base):
    """What differed from the script in one interview, for the panel and the hiring manager to know."""

    __tablename__ = "deviation"
    id: Mapped[int] = mapped_column(primary_key=True)
    interview_id: Mapped[int] = mapped_column(ForeignKey("interview.id", ondelete="CASCADE"), index=True)
    kind: Mapped[DeviationKind] = mapped_column(String(12))
    words: Mapped[str] = mapped_column(Text)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    moment_ms: Mapped[int] = mapped_column()
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    person: Mapped[Person] = relationship()


class KitSheet(Base):
    """What one interviewer notes and ticks in one interview; locked with the scorecard."""

    __tablename__ = "kit_sheet"
    id: Mapped[int] = mapped_column(primary_key=True)
    interview_id: Mapped[int] = mapped_column(ForeignKey("interview.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    roadmap: Mapped[RoadmapAnswer | None] = mapped_column(String(16))
    edition: Mapped[int] = mapped_column(default=0)  # counts saves, as a scorecard's does
    save_key: Mapped[str] = mapped_column(String(64), default="")
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    person: Mapped[Person] = relationship()
    notes: Mapped[list[KitNote]] = relationship(cascade="all, delete-orphan", order_by="KitNote.ordinal")
    ticks: Mapped[list[FactTick]] = relationship(cascade="all, delete-orphan", order_by="FactTick.id")

    __table_args__ = (UniqueConstraint("interview_id", "person_id"),)


class KitNote(Base):
    """A note and its moment in the interview."""

    __tablename__ = "kit_note"
    sheet_id: Mapped[int] = mapped_column(ForeignKey("kit_sheet.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    ordinal: Mapped[int] = mapped_column()
    moment_ms: Mapped[int | None] = mapped_column()
    text: Mapped[str] = mapped_column(Text)


class FactTick(Base):
    """What the candidate did with a fact, in the words of then: they outlive a fact taken off the sheet."""

    __tablename__ = "fact_tick"
    id: Mapped[int] = mapped_column(primary_key=True)
    sheet_id: Mapped[int] = mapped_column(ForeignKey("kit_sheet.id", ondelete="CASCADE"))
    fact_id: Mapped[int | None] = mapped_column(ForeignKey("fact.id", ondelete="SET NULL"))
    words: Mapped[str] = mapped_column(Text)
    tick: Mapped[Tick] = mapped_column(String(8))
    fact: Mapped[Fact | None] = relationship()

    __table_args__ = (UniqueConstraint("sheet_id", "fact_id"),)
