"""Use cases of hiring: jobs, candidates, links, interviews, panels, stages.

Knows no web and no clock; never commits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, exists, func, select, update
from sqlalchemy.orm import Session, joinedload, selectinload

from interview import audit
from interview.access import Actor, Place, Role
from interview.errors import Conflict, Gone, Invalid, NotFound
from interview.hiring import rules
from interview.hiring.models import (
    Application,
    Candidate,
    CandidateLink,
    CandidateSession,
    FeedbackRelease,
    Interview,
    Job,
    JobClosure,
    Membership,
    PlanSeat,
    PlanStep,
    Seat,
)
from interview.hiring.rules import Gate, SeatKind, Stage
from interview.people.models import Person
from interview.people.rules import digest, new_token

# -- who acts, and where -------------------------------------------------------------------------------------------


def actor_of(session: Session, person: Person) -> Actor:
    """Return a person as an actor, with the roles on every job."""
    rows = session.execute(select(Membership.job_id, Membership.role).where(Membership.person_id == person.id))
    return Actor(
        name=person.name,
        person_id=person.id,
        role=Role(person.role),
        memberships=frozenset((job_id, Role(role)) for job_id, role in rows),
    )


# Who is here as a candidate: one row for each session that lives under a link that lives, at the time `at`. Columns,
# not rows of the ORM, and for other queries to join: every beat of every player asks this.
LIVING_CANDIDATES = (
    select(
        CandidateSession.token_sha256,
        Candidate.id.label("candidate_id"),
        Candidate.name.label("candidate_name"),
        Application.id.label("session_application_id"),
        Application.job_id.label("session_job_id"),
    )
    .join(CandidateLink, CandidateLink.id == CandidateSession.link_id)
    .join(Application, Application.id == CandidateLink.application_id)
    .join(Candidate, Candidate.id == Application.candidate_id)
    .where(
        CandidateSession.ended_at.is_(None),
        CandidateSession.created_at > bindparam("opened_after"),  # the parameters that `life_at` returns
        CandidateLink.revoked_at.is_(None),
        CandidateLink.expires_at > bindparam("at"),
    )
)
_CANDIDATE_HERE = LIVING_CANDIDATES.where(CandidateSession.token_sha256 == bindparam("token_sha256"))


def life_at(now: datetime) -> dict[str, datetime]:
    """Return what LIVING_CANDIDATES needs to know of the time."""
    return {"at": now, "opened_after": now - rules.SESSION_LIFE}


def candidate_from(row: Any) -> Actor:
    """Return the candidate that a row with the columns of LIVING_CANDIDATES stands for."""
    return Actor(
        name=row.candidate_name,
        candidate_id=row.candidate_id,
        application_id=row.session_application_id,
        job_id=row.session_job_id,
        role=Role.CANDIDATE,
    )


def candidate_actor(session: Session, token: str, *, now: datetime) -> Actor | None:
    """Return the candidate whose session token this is, while session and link live."""
    asked = {"token_sha256": digest(token), **life_at(now)}
    row = session.connection().execute(_CANDIDATE_HERE, asked).one_or_none()
    return None if row is None else candidate_from(row)


def place_of_job(session: Session, actor: Actor, job_id: int) -> Place | None:
    """Return the place a job is, or None when there is no such job."""
    if session.get(Job, job_id) is None:
        return None
    return Place(job_id=job_id, seated=_is_seated(session, actor, Application.job_id == job_id))


def place_of_application(session: Session, actor: Actor, application_id: int) -> Place | None:
    """Return the place an application is, or None when there is no such application."""
    application = session.get(Application, application_id)
    return None if application is None else _place(session, actor, application)


def place_of_interview(session: Session, actor: Actor, interview_id: int) -> Place | None:
    """Return the place an interview is; seated means a seat on this very interview's panel."""
    interview = session.get(Interview, interview_id)
    if interview is None:
        return None
    application = interview.application
    return Place(
        job_id=application.job_id,
        application_id=application.id,
        candidate_id=application.candidate_id,
        seated=_is_seated(session, actor, Interview.id == interview_id),
    )


def _place(session: Session, actor: Actor, application: Application) -> Place:
    return Place(
        job_id=application.job_id,
        application_id=application.id,
        candidate_id=application.candidate_id,
        seated=_is_seated(session, actor, Application.id == application.id),
    )


def _is_seated(session: Session, actor: Actor, condition: object) -> bool:
    if actor.person_id is None:
        return False
    found = (
        select(Seat.person_id)
        .join(Interview, Interview.id == Seat.interview_id)
        .join(Application, Application.id == Interview.application_id)
        .where(Seat.person_id == actor.person_id, condition)  # type: ignore[arg-type]
    )
    return bool(session.scalar(select(found.exists())))


# -- jobs ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class JobText:
    """What a hiring manager writes on a job."""

    title: str
    brief: str
    buyer_persona: str
    questions: str
    contact: str
    gate: Gate
    pitch_min: int
    scorecard_due_h: int


def create_job(session: Session, actor: Actor, text: JobText, *, now: datetime) -> Job:
    """Create a job with one pitch interview in its plan; its maker joins the hiring team."""
    job = Job(created_at=now)
    _write(job, text)
    job.closure = None
    session.add(job)
    session.flush()
    session.add(PlanStep(job_id=job.id, ordinal=1, name="Pitch interview"))
    role = actor.role if actor.role in (Role.RECRUITER, Role.HIRING_MANAGER) else Role.HIRING_MANAGER
    if actor.person_id is not None:
        session.add(Membership(job_id=job.id, person_id=actor.person_id, role=role))
    audit.record(session, actor, "job:created", "job", job.id, now=now)
    return job


def edit_job(session: Session, actor: Actor, job: Job, text: JobText, *, now: datetime) -> None:
    """Change what is written on a job."""
    _write(job, text)
    audit.record(session, actor, "job:edited", "job", job.id, now=now)


def _write(job: Job, text: JobText) -> None:
    for name in JobText.__dataclass_fields__:
        setattr(job, name, getattr(text, name))


def close_job(session: Session, actor: Actor, job: Job, *, now: datetime) -> None:
    """Close a job: no new candidates, personal links stop. Raises Conflict when it is closed already."""
    if job.closure is not None:
        raise Conflict("This job is closed already.")
    assert actor.person_id is not None
    job.closure = JobClosure(job_id=job.id, closed_by_id=actor.person_id, closed_at=now)
    audit.record(session, actor, "job:closed", "job", job.id, now=now)


def reopen_job(session: Session, actor: Actor, job: Job, *, now: datetime) -> None:
    """Open a closed job again."""
    if job.closure is not None:
        session.delete(job.closure)
        job.closure = None
        audit.record(session, actor, "job:reopened", "job", job.id, now=now)


def job(session: Session, job_id: int) -> Job:
    """Return a job. Raises NotFound."""
    found = session.get(Job, job_id)
    if found is None:
        raise NotFound("There is no such job.")
    return found


def jobs_for(session: Session, actor: Actor) -> list[Job]:
    """Return the jobs this actor can reach, newest first."""
    query = select(Job).options(selectinload(Job.closure)).order_by(Job.created_at.desc(), Job.id.desc())
    if actor.role not in (Role.ADMIN, Role.RECRUITER):
        seated = (
            select(Application.job_id)
            .join(Interview, Interview.application_id == Application.id)
            .join(Seat, Seat.interview_id == Interview.id)
            .where(Seat.person_id == actor.person_id)
        )
        member = select(Membership.job_id).where(Membership.person_id == actor.person_id)
        query = query.where(Job.id.in_(member.union(seated)))
    return list(session.scalars(query))


def stage_counts(session: Session, job_ids: Sequence[int]) -> dict[int, dict[Stage, int]]:
    """Return how many applications of each job stand at each stage."""
    rows = session.execute(
        select(Application.job_id, Application.stage, func.count())
        .where(Application.job_id.in_(job_ids))
        .group_by(Application.job_id, Application.stage)
    )
    counts: dict[int, dict[Stage, int]] = {job_id: dict.fromkeys(Stage, 0) for job_id in job_ids}
    for job_id, stage, count in rows:
        counts[job_id][Stage(stage)] = count
    return counts


def team(session: Session, job_id: int) -> list[Membership]:
    """Return a job's hiring team with its people, by name."""
    return list(
        session.scalars(
            select(Membership)
            .join(Membership.person)
            .options(joinedload(Membership.person))
            .where(Membership.job_id == job_id)
            .order_by(Person.name, Person.id)
        )
    )


def join_team(session: Session, actor: Actor, job: Job, person_id: int, role: Role, *, now: datetime) -> None:
    """Give a person a role on a job, or change it. Raises NotFound for an unknown person."""
    if session.get(Person, person_id) is None:
        raise NotFound("There is no such person.")
    row = session.get(Membership, (job.id, person_id))
    if row is None:
        session.add(Membership(job_id=job.id, person_id=person_id, role=role))
    else:
        row.role = role
    audit.record(session, actor, "job:team-changed", "job", job.id, {"person": person_id, "role": role.value}, now=now)


def leave_team(session: Session, actor: Actor, job: Job, person_id: int, *, now: datetime) -> None:
    """Take a person off a job's hiring team. Raises Conflict for its last hiring manager."""
    row = session.get(Membership, (job.id, person_id))
    if row is None:
        return
    managers = [one for one in job.members if one.role == Role.HIRING_MANAGER]
    if managers == [row]:
        raise Conflict("A job needs a hiring manager: add another one first.")
    session.delete(row)
    audit.record(session, actor, "job:team-changed", "job", job.id, {"person": person_id, "role": ""}, now=now)


# -- the interview plan --------------------------------------------------------------------------------------------


def plan_step(session: Session, job_id: int) -> PlanStep:
    """Return the pitch interview of a job's plan."""
    return session.scalars(
        select(PlanStep).where(PlanStep.job_id == job_id).order_by(PlanStep.ordinal, PlanStep.id).limit(1)
    ).one()


def plan_seats(session: Session, step: PlanStep) -> list[PlanSeat]:
    """Return who sits on the panel by default, by name."""
    return list(
        session.scalars(
            select(PlanSeat)
            .join(PlanSeat.person)
            .options(joinedload(PlanSeat.person))
            .where(PlanSeat.step_id == step.id)
            .order_by(Person.name, Person.id)
        )
    )


def plan_panel(session: Session, actor: Actor, step: PlanStep, panel: dict[int, SeatKind], *, now: datetime) -> None:
    """Set who sits on the panel by default: person id -> kind of seat. Raises Invalid for an unknown person."""
    _check_people(session, panel)
    parts = _parts(session, step.id)
    for seat in plan_seats(session, step):
        session.delete(seat)
    session.flush()
    session.add_all(
        PlanSeat(step_id=step.id, person_id=person_id, kind=kind, part=parts.get(person_id, ""))
        for person_id, kind in panel.items()
    )
    audit.record(session, actor, "plan:panel-set", "job", step.job_id, {"people": sorted(panel)}, now=now)


def _check_people(session: Session, panel: dict[int, SeatKind]) -> None:
    found = session.scalars(select(Person.id).where(Person.id.in_(panel), Person.disabled_at.is_(None)))
    if set(found) != set(panel):
        raise Invalid("Someone on this panel has no open account. Choose the panel again.")


# -- candidates and applications -----------------------------------------------------------------------------------


def add_candidate(
    session: Session, actor: Actor, job: Job, *, name: str, email: str, now: datetime
) -> tuple[Application, bool]:
    """Put a candidate on a job; returns the application and whether it is new. Raises Conflict on a closed job."""
    if job.closure is not None:
        raise Conflict("This job is closed. Open it again before adding candidates.")
    candidate = session.scalar(select(Candidate).where(func.lower(Candidate.email) == email.lower()))
    if candidate is None:
        candidate = Candidate(email=email, name=name, created_at=now)
        session.add(candidate)
        session.flush()
    known = session.scalar(
        select(Application).where(Application.job_id == job.id, Application.candidate_id == candidate.id)
    )
    if known is not None:
        return known, False
    application = Application(
        job_id=job.id, candidate_id=candidate.id, stage=Stage.INVITED, created_at=now, active_at=now
    )
    session.add(application)
    session.flush()
    audit.record(session, actor, "application:created", "application", application.id, now=now)
    return application, True


@dataclass(frozen=True)
class ImportReport:
    """What became of a candidate list: how many are new, and which lines were known already."""

    added_count: int
    known: tuple[str, ...]


def import_candidates(session: Session, actor: Actor, job: Job, content: bytes, *, now: datetime) -> ImportReport:
    """Add all candidates of a CSV, or none.

    Raises Invalid naming every line that cannot be used; duplicates are reported, not doubled.
    """
    found = rules.read_candidate_list(content)
    if found.problems:
        shown = [f"Line {problem.line} {problem.sentence}" for problem in found.problems[:20]]
        more = len(found.problems) - len(shown)
        if more:
            shown.append(f"And {more} more.")
        raise Invalid("Nothing was imported. " + " ".join(shown), fields={"file": "\n".join(shown)})
    known = [f"Line {one.line} {one.sentence}" for one in found.repeated]
    added = 0
    for line in found.candidates:
        _, is_new = add_candidate(session, actor, job, name=line.name, email=line.email, now=now)
        added += is_new
        if not is_new:
            known.append(f"Line {line.line}: {line.email} is on this job already.")
    return ImportReport(added, tuple(known))


def application(session: Session, application_id: int) -> Application:
    """Return an application. Raises NotFound."""
    found = session.get(Application, application_id)
    if found is None:
        raise NotFound("There is no such application.")
    return found


def note_employers(session: Session, actor: Actor, application: Application, text: str, *, now: datetime) -> None:
    """Note where the candidate worked before."""
    application.employers = text
    audit.record(session, actor, "application:employers-noted", "application", application.id, now=now)


def advance(session: Session, application: Application, stage: Stage, *, now: datetime) -> None:
    """Note that an application has come at least this far; it never goes back."""
    reached = rules.further(Stage(application.stage), stage)
    if reached != application.stage:
        application.stage = reached
    application.active_at = max(application.active_at, now)


PreparationListener = Callable[[Session, Application, datetime], None]
_preparation_listeners: list[PreparationListener] = []


def on_preparation(listener: PreparationListener) -> PreparationListener:
    """Register what a room above does when a part of a candidate's preparation is completed."""
    _preparation_listeners.append(listener)
    return listener


def preparation_moved(session: Session, application_id: int, *, now: datetime) -> None:
    """Tell, in the same transaction, that a part of the preparation was completed. Raises NotFound."""
    for listener in _preparation_listeners:
        listener(session, application(session, application_id), now)


def release_feedback(session: Session, actor: Actor, application: Application, text: str, *, now: datetime) -> None:
    """Let the candidate read this feedback. Raises Conflict when feedback was released before."""
    if session.get(FeedbackRelease, application.id) is not None:
        raise Conflict("Feedback was released to this candidate already, and what was read cannot be taken back.")
    assert actor.person_id is not None
    session.add(
        FeedbackRelease(application_id=application.id, text=text, released_by_id=actor.person_id, released_at=now)
    )
    session.flush()
    audit.record(session, actor, "feedback:released", "application", application.id, now=now)


def released_feedback(session: Session, application_id: int) -> FeedbackRelease | None:
    """Return the feedback that the candidate may read, if any was released."""
    return session.get(FeedbackRelease, application_id)


# -- personal links ------------------------------------------------------------------------------------------------


def make_link(
    session: Session, actor: Actor, application: Application, *, days: int, now: datetime, keep_old: bool = False
) -> str:
    """Make a personal link's token; older links of the application stop working unless `keep_old`."""
    if not keep_old:
        revoke_links(session, actor, application, now=now)
    token = new_token()
    session.add(
        CandidateLink(
            application_id=application.id,
            token_sha256=digest(token),
            created_at=now,
            expires_at=now + timedelta(days=days),
        )
    )
    audit.record(session, actor, "candidate:link-made", "application", application.id, {"days": days}, now=now)
    return token


def revoke_links(session: Session, actor: Actor, application: Application, *, now: datetime) -> None:
    """Stop every personal link of an application, and the sessions opened with them, at once."""
    living = select(CandidateLink.id).where(
        CandidateLink.application_id == application.id, CandidateLink.revoked_at.is_(None)
    )
    if session.scalar(select(living.exists())):
        session.execute(
            update(CandidateLink)
            .where(CandidateLink.application_id == application.id, CandidateLink.revoked_at.is_(None))
            .values(revoked_at=now)
        )
        audit.record(session, actor, "candidate:link-revoked", "application", application.id, now=now)


def link_state(session: Session, application: Application) -> CandidateLink | None:
    """Return the newest link of an application, whatever its state."""
    return session.scalar(
        select(CandidateLink)
        .where(CandidateLink.application_id == application.id)
        .order_by(CandidateLink.id.desc())
        .limit(1)
    )


def open_link(session: Session, token: str, *, now: datetime) -> CandidateLink:
    """Return the link of a token. Raises Gone, with the same words for expired, revoked and unknown."""
    link = session.scalar(
        select(CandidateLink)
        .where(CandidateLink.token_sha256 == digest(token))
        .options(
            joinedload(CandidateLink.application).joinedload(Application.candidate),
            joinedload(CandidateLink.application).joinedload(Application.job),
        )
    )
    if link is None or not _works(link, now):
        raise Gone("This link does not work any more. Please ask the person who sent it for a new one.")
    return link


def _works(link: CandidateLink, now: datetime) -> bool:
    return link.revoked_at is None and link.expires_at > now


def start_candidate_session(session: Session, token: str, *, now: datetime) -> str:
    """Open a candidate's session with a personal link and return its token. Raises Gone."""
    link = open_link(session, token, now=now)
    own = new_token()
    session.add(CandidateSession(link_id=link.id, token_sha256=digest(own), created_at=now))
    if link.opened_at is None:
        link.opened_at = now
    actor = Actor(
        name=link.application.candidate.name,
        candidate_id=link.application.candidate_id,
        application_id=link.application_id,
        job_id=link.application.job_id,
        role=Role.CANDIDATE,
    )
    audit.record(session, actor, "candidate:link-opened", "application", link.application_id, now=now)
    advance(session, link.application, Stage.PREPARING, now=now)
    return own


def end_candidate_session(session: Session, token: str, *, now: datetime) -> None:
    """End one browser's candidate session."""
    session.execute(update(CandidateSession).where(CandidateSession.token_sha256 == digest(token)).values(ended_at=now))


# -- interviews ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Slot:
    """When and where an interview takes place, and who sits on its panel."""

    starts_at: datetime
    minutes: int
    place: str
    panel: dict[int, SeatKind]


def schedule(session: Session, actor: Actor, application: Application, slot: Slot, *, now: datetime) -> Interview:
    """Schedule the pitch interview of an application. Raises Invalid for an empty or unknown panel."""
    if not slot.panel:
        raise Invalid("Choose at least one person for the panel.", fields={"panel": "Choose at least one person."})
    _check_people(session, slot.panel)
    interview = Interview(
        application_id=application.id, step_id=plan_step(session, application.job_id).id, created_at=now
    )
    _set_slot(interview, slot, application.job.scorecard_due_h, _parts(session, interview.step_id))
    session.add(interview)
    session.flush()
    advance(session, application, Stage(application.stage), now=now)
    audit.record(
        session, actor, "interview:scheduled", "interview", interview.id, {"people": sorted(slot.panel)}, now=now
    )
    return interview


def reschedule(session: Session, actor: Actor, interview: Interview, slot: Slot, *, now: datetime) -> None:
    """Change when, where or who of an interview.

    Raises Invalid for an empty or unknown panel, and Conflict for one's own seat once the pitch has begun: who leaves
    the panel could read the others' scorecards without rating, and come back.
    """
    own = actor.person_id
    if now >= interview.starts_at and (own in slot.panel) != (own in {seat.person_id for seat in interview.seats}):
        raise Conflict(
            "Once the pitch has begun, nobody puts themselves on its panel or takes themselves off. "
            "Ask another hiring manager or the recruiter."
        )
    if not slot.panel:
        raise Invalid("Choose at least one person for the panel.", fields={"panel": "Choose at least one person."})
    _check_people(session, slot.panel)
    _set_slot(interview, slot, interview.application.job.scorecard_due_h, _parts(session, interview.step_id))
    audit.record(
        session, actor, "interview:rescheduled", "interview", interview.id, {"people": sorted(slot.panel)}, now=now
    )


WITHOUT_MEETING = "Sent in, without a meeting"


def hold_without_meeting(
    session: Session, actor: Actor, application: Application, *, starts_at: datetime, ends_at: datetime, now: datetime
) -> Interview:
    """Give a pitch that was sent in an interview, with the planned panel and the usual due time.

    One that is scheduled for later becomes it, so that nobody pitches twice; one that has begun keeps its times.
    """
    interview = next(reversed(interviews_of(session, [application.id])[application.id]), None)
    step = plan_step(session, application.job_id)
    due_at = now + timedelta(hours=application.job.scorecard_due_h)
    if interview is None:
        parts = _parts(session, step.id)
        interview = Interview(application_id=application.id, step_id=step.id, created_at=now, starts_at=ends_at)
        interview.seats = [
            Seat(person_id=seat.person_id, kind=seat.kind, part=parts.get(seat.person_id, ""))
            for seat in plan_seats(session, step)
        ]
        session.add(interview)
    if interview.id is None or interview.starts_at > now:
        interview.starts_at, interview.ends_at, interview.place = starts_at, ends_at, WITHOUT_MEETING
        interview.due_at = due_at
    interview.due_at = max(interview.due_at, due_at)
    session.flush()
    advance(session, application, Stage.PITCHED, now=now)
    audit.record(session, actor, "interview:held-without-meeting", "interview", interview.id, now=now)
    return interview


def _parts(session: Session, step_id: int) -> dict[int, str]:
    """Return which part of the attributes the plan asks of whom."""
    rows = session.execute(select(PlanSeat.person_id, PlanSeat.part).where(PlanSeat.step_id == step_id))
    return {row.person_id: row.part for row in rows}


def _set_slot(interview: Interview, slot: Slot, due_h: int, parts: Mapping[int, str]) -> None:
    interview.starts_at = slot.starts_at
    interview.ends_at = slot.starts_at + timedelta(minutes=slot.minutes)
    interview.due_at = interview.ends_at + timedelta(hours=due_h)
    interview.place = slot.place
    kept = {seat.person_id: seat for seat in interview.seats}
    for person_id, seat in kept.items():
        if person_id not in slot.panel:
            interview.seats.remove(seat)
    for person_id, kind in slot.panel.items():
        if person_id in kept:
            kept[person_id].kind = kind
        else:
            interview.seats.append(Seat(person_id=person_id, kind=kind, part=parts.get(person_id, "")))


def interview(session: Session, interview_id: int) -> Interview:
    """Return an interview. Raises NotFound."""
    found = session.get(Interview, interview_id)
    if found is None:
        raise NotFound("There is no such interview.")
    return found


def interviews_of(session: Session, application_ids: Sequence[int]) -> dict[int, list[Interview]]:
    """Return the interviews of many applications, with seats and people, in constant queries."""
    rows = session.scalars(
        select(Interview)
        .where(Interview.application_id.in_(application_ids))
        .options(selectinload(Interview.seats).joinedload(Seat.person))
        .order_by(Interview.starts_at, Interview.id)
    )
    found: dict[int, list[Interview]] = {one: [] for one in application_ids}
    for row in rows:
        found[row.application_id].append(row)
    return found


def interviews_for_person(session: Session, person_id: int) -> list[Interview]:
    """Return the interviews on whose panel a person sits, soonest first, with candidate and job."""
    return list(
        session.scalars(
            select(Interview)
            .join(Seat)
            .where(Seat.person_id == person_id)
            .options(
                joinedload(Interview.application).joinedload(Application.candidate),
                joinedload(Interview.application).joinedload(Application.job),
            )
            .order_by(Interview.starts_at, Interview.id)
        )
    )


def is_on_panel(session: Session, interview_id: int, person_id: int | None) -> bool:
    """Say whether a person sits on an interview's panel."""
    return bool(session.scalar(select(exists().where(Seat.interview_id == interview_id, Seat.person_id == person_id))))
