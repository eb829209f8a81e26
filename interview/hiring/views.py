"""Pages of hiring: jobs, candidates, applications, interviews, and the candidate's personal link."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, redirect, render_template, session, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from interview.access import PUBLIC, Actor, Place
from interview.hiring import service
from interview.people.views import signed_in_person
from interview.web.database import reading, writing
from interview.web.guard import actor, loads, may, now, stands_for
from interview.web.limits import limiter

blueprint = Blueprint("hiring", __name__)
CANDIDATE_KEY = "candidate"  # where the cookie keeps the candidate's session token


@loads("person")
def _person(db: Session, at: datetime) -> Actor | None:
    person = signed_in_person(db, at)
    return service.actor_of(db, person) if person else None


@loads("candidate")
def _candidate(db: Session, at: datetime) -> Actor | None:
    token = session.get(CANDIDATE_KEY)
    return service.candidate_actor(db, token, now=at) if token else None


@stands_for("job_id")
def _job(db: Session, one: Actor, job_id: int) -> Place | None:
    return service.place_of_job(db, one, job_id)


@stands_for("application_id")
def _application(db: Session, one: Actor, application_id: int) -> Place | None:
    return service.place_of_application(db, one, application_id)


@stands_for("interview_id")
def _interview(db: Session, one: Actor, interview_id: int) -> Place | None:
    return service.place_of_interview(db, one, interview_id)


@blueprint.get("/c/<token>")
@may(PUBLIC)
def personal_link(token: str) -> str:
    """Show a page with one button: mail scanners open links, so a GET changes nothing."""
    link = service.open_link(reading(), token, now=now())
    return render_template("hiring/personal_link.html", token=token, application=link.application)


@blueprint.post("/c/<token>")
@may(PUBLIC)
@limiter.limit("30 per minute")
def personal_link_open(token: str) -> Response:
    """Start the candidate's session in this browser and lead to the preparation."""
    with writing() as db:
        session[CANDIDATE_KEY] = service.start_candidate_session(db, token, now=now())
    return redirect(url_for("prep.show"), 303)


@blueprint.post("/c/leave")
@may("prep.own")
def leave() -> str:
    """End the candidate's session in this browser."""
    with writing() as db:
        service.end_candidate_session(db, session.pop(CANDIDATE_KEY, ""), now=now())
    return render_template("hiring/left.html")


@blueprint.get("/jobs")
@may("job.list")
def jobs() -> str:
    """List the jobs one can reach."""
    found = service.jobs_for(reading(), actor())
    counts = service.stage_counts(reading(), [job.id for job in found])
    return render_template("hiring/jobs.html", jobs=found, counts=counts)


@blueprint.get("/jobs/<int:job_id>")
@may("job.view")
def job(job_id: int) -> str:
    """Show one job."""
    return render_template("hiring/job.html", job=service.job(reading(), job_id))


@blueprint.get("/applications/<int:application_id>")
@may("application.view")
def application(application_id: int) -> str:
    """Show one application."""
    return render_template("hiring/application.html", application=service.application(reading(), application_id))
