"""The named cast of view tests: who they are, on which job they work, and a browser for each.

Two jobs. On `job`: Mara (hiring manager), Ivo, Ines and Iris (interviewers), with candidate Cleo, whose pitch interview
has all three on the panel, and candidate Cato without an interview. On `other_job`: Otto (hiring manager). Rita
recruits, Ada is the admin, Nils interviews nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy.orm import Session

from interview.access import SYSTEM, Actor, Role
from interview.db import writing
from interview.hiring import service as hiring
from interview.hiring.models import Application, Interview, Job
from interview.hiring.rules import Gate, SeatKind
from interview.people import service as people
from interview.people.models import Person
from tests.support.clock import HandClock
from tests.support.kept import KeptRows, keep, put_back
from tests.support.pages import Browser, browser

PEOPLE = {
    "ada": ("Ada Admin", Role.ADMIN),
    "mara": ("Mara Manager", Role.HIRING_MANAGER),
    "otto": ("Otto Otherjob", Role.HIRING_MANAGER),
    "rita": ("Rita Recruiter", Role.RECRUITER),
    "ivo": ("Ivo Interviewer", Role.INTERVIEWER),
    "ines": ("Ines Interviewer", Role.INTERVIEWER),
    "iris": ("Iris Interviewer", Role.INTERVIEWER),
    "nils": ("Nils Nowhere", Role.INTERVIEWER),
}


@dataclass
class Cast:
    """The cast's ids, actors and browsers; everything is committed."""

    app: Flask
    session: Session
    clock: HandClock
    person_ids: dict[str, int] = field(default_factory=dict)
    job_id: int = 0
    other_job_id: int = 0
    cleo_id: int = 0  # applications
    cato_id: int = 0
    oda_id: int = 0  # on the other job
    interview_id: int = 0
    links: dict[str, str] = field(default_factory=dict)  # candidate -> token of the personal link

    def actor(self, name: str) -> Actor:
        """Return a member of the cast as an actor, with the roles as they are now."""
        if name in self.person_ids:
            return hiring.actor_of(self.session, self.session.get_one(Person, self.person_ids[name]))
        application = self.session.get_one(Application, getattr(self, f"{name}_id"))
        return Actor(
            name=application.candidate.name,
            candidate_id=application.candidate_id,
            application_id=application.id,
            job_id=application.job_id,
            role=Role.CANDIDATE,
        )

    def browser_token(self, name: str) -> tuple[str, str] | None:
        """Return the cookie's key and a fresh session token for a member of the cast, None for anybody else."""
        with writing(self.session):
            if name in self.links:
                return "candidate", hiring.start_candidate_session(self.session, self.links[name], now=self.clock.now())
            if name not in self.person_ids:
                return None
            person = self.session.get_one(Person, self.person_ids[name])
            link = people.make_sign_in_link(self.session, SYSTEM, person, now=self.clock.now())
            return "person", people.sign_in_with_link(self.session, link, now=self.clock.now())

    def browser(self, name: str) -> Browser:
        """Return a new browser in which this member of the cast is signed in."""
        one = browser(self.app)
        if name in self.links:
            one.send(f"/c/{self.links[name]}")
            return one
        with writing(self.session):
            person = self.session.get_one(Person, self.person_ids[name])
            token = people.make_sign_in_link(self.session, SYSTEM, person, now=self.clock.now())
        one.send(f"/sign-in/{token}")
        return one

    @property
    def job(self) -> Job:
        return self.session.get_one(Job, self.job_id)

    @property
    def cleo(self) -> Application:
        return self.session.get_one(Application, self.cleo_id)

    @property
    def cato(self) -> Application:
        return self.session.get_one(Application, self.cato_id)

    @property
    def interview(self) -> Interview:
        return self.session.get_one(Interview, self.interview_id)


def job_text(title: str, gate: Gate = Gate.RECORDED) -> hiring.JobText:
    """Return a job's text for tests."""
    return hiring.JobText(
        title=title,
        brief="Sell us our own product.",
        buyer_persona="A busy head of operations.",
        questions="What does it not do?",
        contact="rita@example.org",
        gate=gate,
        pitch_min=30,
        scorecard_due_h=24,
    )


def make_cast(app: Flask, session: Session, clock: HandClock) -> Cast:
    """Write the cast into the database."""
    cast = Cast(app, session, clock)
    now = clock.now()
    with writing(session):
        for key, (name, role) in PEOPLE.items():
            person = people.add_person(session, SYSTEM, email=f"{key}@example.org", name=name, role=role, now=now)
            cast.person_ids[key] = person.id
        job = hiring.create_job(session, cast.actor("mara"), job_text("Account Executive"), now=now)
        other = hiring.create_job(session, cast.actor("otto"), job_text("Sales Engineer"), now=now)
        panel = {cast.person_ids[one]: SeatKind.INTERVIEWER for one in ("ivo", "ines", "iris")}
        hiring.plan_panel(session, cast.actor("mara"), hiring.plan_step(session, job.id), panel, now=now)
        for key, name, on in (
            ("cleo", "Cleo Candidate", job),
            ("cato", "Cato Candidate", job),
            ("oda", "Oda Other", other),
        ):
            application, _ = hiring.add_candidate(session, SYSTEM, on, name=name, email=f"{key}@example.com", now=now)
            setattr(cast, f"{key}_id", application.id)
            cast.links[key] = hiring.make_link(session, SYSTEM, application, days=14, now=now)
        slot = hiring.Slot(starts_at=now + timedelta(days=2), minutes=30, place="Room 1", panel=panel)
        cast.job_id, cast.other_job_id = job.id, other.id
        interview = hiring.schedule(
            session, cast.actor("mara"), session.get_one(Application, cast.cleo_id), slot, now=now
        )
        cast.interview_id = interview.id
    return cast


_made: dict[tuple[str, datetime], tuple[Cast, KeptRows]] = {}


def cast_of(app: Flask, session: Session, clock: HandClock) -> Cast:
    """Return the cast as `make_cast` writes it, which it does once for each kind of database and moment."""
    key = session.get_bind().dialect.name, clock.now()
    if key not in _made:
        made = make_cast(app, session, clock)
        _made[key] = _copy(made, app, session, clock), keep(session)
        session.rollback()
        return made
    made, rows = _made[key]
    put_back(session, rows)
    return _copy(made, app, session, clock)


def _copy(cast: Cast, app: Flask, session: Session, clock: HandClock) -> Cast:
    """Return a cast of its own, which a test may add to."""
    return replace(
        cast, app=app, session=session, clock=clock, person_ids=dict(cast.person_ids), links=dict(cast.links)
    )
