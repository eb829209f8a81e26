"""Rows of hiring: jobs and their teams, candidates, applications, personal links, interviews and panel seats."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from interview.access import Role
from interview.db import Base, UtcDateTime
from interview.hiring.rules import Gate, SeatKind, Stage
from interview.people.models import Person


class Job(Base):
    """An opening: what is sold, how candidates prepare, how the pitch interview runs."""

    __tablename__ = "job"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    brief: Mapped[str] = mapped_column(Text, default="")  # what the candidate is asked to do
    buyer_persona: Mapped[str] = mapped_column(Text, default="")  # for the panel alone
    questions: Mapped[str] = mapped_column(Text, default="")  # the panel's questions, one a line
    contact: Mapped[str] = mapped_column(String(254), default="")  # whom candidates may ask
    gate: Mapped[Gate] = mapped_column(String(12), default=Gate.RECORDED)
    pitch_min: Mapped[int] = mapped_column(default=30)
    scorecard_due_h: Mapped[int] = mapped_column(default=24)  # after the end of the interview
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closure: Mapped[JobClosure | None] = relationship(back_populates="job")
    members: Mapped[list[Membership]] = relationship(
        back_populates="job", cascade="all, delete-orphan", order_by="Membership.person_id"
    )


class JobClosure(Base):
    """A job that takes no more candidates: who closed it, and when."""

    __tablename__ = "job_closure"
    job_id: Mapped[int] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"), primary_key=True)
    closed_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    closed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    job: Mapped[Job] = relationship(back_populates="closure")


class Membership(Base):
    """A person's role on one job's hiring team."""

    __tablename__ = "membership"
    job_id: Mapped[int] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, index=True)
    role: Mapped[Role] = mapped_column(String(20))
    job: Mapped[Job] = relationship(back_populates="members")
    person: Mapped[Person] = relationship()


class Candidate(Base):
    """A person who applies; known by e-mail address, once in the organisation."""

    __tablename__ = "candidate"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (Index("uq_candidate_email_lower", func.lower(email), unique=True),)


class Application(Base):
    """A candidate on a job, and how far it has come."""

    __tablename__ = "application"
    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("job.id"), index=True)
    candidate_id: Mapped[int] = mapped_column(ForeignKey("candidate.id"), index=True)
    stage: Mapped[Stage] = mapped_column(String(12), default=Stage.INVITED)
    employers: Mapped[str] = mapped_column(
        Text, default="", server_default=""
    )  # sealed: scorecard/rules.py says for whom
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    active_at: Mapped[datetime] = mapped_column(UtcDateTime)  # the last thing that happened on it
    job: Mapped[Job] = relationship()
    candidate: Mapped[Candidate] = relationship()
    interviews: Mapped[list[Interview]] = relationship(back_populates="application", order_by="Interview.id")

    __table_args__ = (
        UniqueConstraint("job_id", "candidate_id"),
        Index("ix_application_board", "job_id", "active_at", "id"),
        Index("ix_application_stage", "job_id", "stage", "active_at", "id"),
    )


class CandidateLink(Base):
    """A candidate's personal link; only its digest is kept."""

    __tablename__ = "candidate_link"
    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id", ondelete="CASCADE"), index=True)
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # the first time its button was pressed
    application: Mapped[Application] = relationship()


class CandidateSession(Base):
    """A browser in which a candidate has opened the personal link."""

    __tablename__ = "candidate_session"
    id: Mapped[int] = mapped_column(primary_key=True)
    link_id: Mapped[int] = mapped_column(ForeignKey("candidate_link.id", ondelete="CASCADE"), index=True)
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    link: Mapped[CandidateLink] = relationship()


class FeedbackRelease(Base):
    """What a candidate may read of the team's feedback: the text as it was released, who released it and when."""

    __tablename__ = "feedback_release"
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id", ondelete="CASCADE"), primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    released_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    released_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PlanStep(Base):
    """One step of a job's interview plan; every step of this issue is a pitch interview."""

    __tablename__ = "plan_step"
    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"), index=True)
    ordinal: Mapped[int] = mapped_column()
    name: Mapped[str] = mapped_column(String(200))
    job: Mapped[Job] = relationship()


class PlanSeat(Base):
    """A person who sits on the panel of a plan step unless an interview says otherwise."""

    __tablename__ = "plan_seat"
    step_id: Mapped[int] = mapped_column(ForeignKey("plan_step.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    kind: Mapped[SeatKind] = mapped_column(String(20), default=SeatKind.INTERVIEWER)
    part: Mapped[str] = mapped_column(Text, default="", server_default="")  # see Seat
    person: Mapped[Person] = relationship()


class Interview(Base):
    """An event: one application's pitch interview, when and where."""

    __tablename__ = "interview"
    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id", ondelete="CASCADE"), index=True)
    step_id: Mapped[int] = mapped_column(ForeignKey("plan_step.id"))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)  # when scorecards are due
    place: Mapped[str] = mapped_column(String(500), default="")  # a room or a meeting link
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    application: Mapped[Application] = relationship(back_populates="interviews")
    step: Mapped[PlanStep] = relationship()
    seats: Mapped[list[Seat]] = relationship(
        back_populates="interview", cascade="all, delete-orphan", order_by="Seat.person_id"
    )


class Seat(Base):
    """A person on the panel of one interview."""

    __tablename__ = "seat"
    interview_id: Mapped[int] = mapped_column(ForeignKey("interview.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, index=True)
    kind: Mapped[SeatKind] = mapped_column(String(20), default=SeatKind.INTERVIEWER)
    part: Mapped[str] = mapped_column(Text, default="", server_default="")  # keys of the attributes asked; none: all
    interview: Mapped[Interview] = relationship(back_populates="seats")
    person: Mapped[Person] = relationship()
