"""Rows of exercises: a job's requests, a candidate's ranking and what was handed in, feedback and the second take."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from interview.db import Base, UtcDateTime
from interview.people.models import Person


class JobRequests(Base):
    """A job's requests, budget and new information, never changed: an edit is a new row, the latest counts."""

    __tablename__ = "job_requests"
    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"), index=True)
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
    written_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # None: the set that ships
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Autosaved:
    """What a text that is saved while one writes needs: its edition, and the key of the last save."""

    edition: Mapped[int] = mapped_column(default=0)  # counts saves: a save built on an older one is a conflict
    save_key: Mapped[str] = mapped_column(String(64), default="")  # of the last save: sent twice, it is stored once
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Ranking(Autosaved, Base):
    """A candidate's ranking from the moment it is begun, on the requests as they were then."""

    __tablename__ = "ranking"
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id", ondelete="CASCADE"), primary_key=True)
    requests_id: Mapped[int] = mapped_column(ForeignKey("job_requests.id"))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
    requests: Mapped[JobRequests] = relationship()
    hand_ins: Mapped[list[RankingHandIn]] = relationship(cascade="all, delete-orphan", order_by="RankingHandIn.round")


class RankingHandIn(Base):
    """A ranking as it was handed in: before the new information (round 1), and for good (round 2)."""

    __tablename__ = "ranking_hand_in"
    application_id: Mapped[int] = mapped_column(
        ForeignKey("ranking.application_id", ondelete="CASCADE"), primary_key=True
    )
    round: Mapped[int] = mapped_column(CheckConstraint("round BETWEEN 1 AND 2", name="round"), primary_key=True)
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
    handed_in_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Coaching(Base):
    """The one piece of feedback that a candidate gets before a second take, who wrote it and when."""

    __tablename__ = "coaching"
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id", ondelete="CASCADE"), primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    written_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)
    written_by: Mapped[Person] = relationship()
    second_take: Mapped[SecondTake | None] = relationship(cascade="all, delete-orphan")


class SecondTake(Autosaved, Base):
    """What the candidate makes of the feedback; a draft until it is handed in."""

    __tablename__ = "second_take"
    application_id: Mapped[int] = mapped_column(
        ForeignKey("coaching.application_id", ondelete="CASCADE"), primary_key=True
    )
    text: Mapped[str] = mapped_column(Text, default="")
    handed_in_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
