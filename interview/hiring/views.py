"""Pages of hiring: jobs, candidates, applications, interviews, and the candidate's personal link."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response
from wtforms.fields import SelectChoice

from interview.access import PUBLIC, Actor, Place, Role
from interview.errors import Conflict, Invalid
from interview.hiring import service
from interview.hiring.forms import (
    CandidateForm,
    ImportForm,
    JobForm,
    NewJobForm,
    SlotForm,
    TeamForm,
    read_panel,
)
from interview.hiring.rules import GATE_WORDS, SEAT_WORDS, STAGES, TEMPLATES, SeatKind
from interview.people import service as people
from interview.people.forms import ROLE_WORDS
from interview.people.views import signed_in_person
from interview.web.database import reading, writing
from interview.web.forms import Form
from interview.web.guard import actor, doors, loads, may, may_here, now, stands_for
from interview.web.limits import limiter

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from interview.hiring.models import Application, Interview

blueprint = Blueprint("hiring", __name__)
CANDIDATE_KEY = "candidate"  # where the cookie keeps the candidate's session token


@loads("person")
def _person(db: Session, at: datetime) -> Actor | None:
    person = signed_in_person(db, at)
    return service.actor_of(db, person) if person else None


def candidate_token() -> str:
    """Return the candidate's session token that the cookie carries; empty where there is none."""
    token = session.get(CANDIDATE_KEY)
    return token if isinstance(token, str) else ""


@loads("candidate")
def _candidate(db: Session, at: datetime) -> Actor | None:
    token = candidate_token()
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
    counts = service.stage_counts(reading(), [one.id for one in found])
    return render_template("hiring/jobs.html", jobs=found, counts=counts, stages=STAGES)


@blueprint.get("/jobs/new")
@may("job.create")
def new_job() -> str:
    """Offer the templates a job can start from."""
    return render_template("hiring/new_job.html", form=NewJobForm(), templates=TEMPLATES)


@blueprint.post("/jobs")
@may("job.create")
def create_job() -> Response | tuple[str, int]:
    """Create a job from a template."""
    form = NewJobForm()
    if not form.validate_on_submit():
        return render_template("hiring/new_job.html", form=form, templates=TEMPLATES), 422
    with writing() as db:
        contact = people.person(db, actor().person_id or 0).email
        made = service.create_job(db, actor(), form.text(contact), now=now())
        target = url_for("hiring.job", job_id=made.id)
    flash("The job is made. Next: add the material candidates prepare with.", "success")
    return redirect(target, 303)


@blueprint.get("/jobs/<int:job_id>")
@may("job.view")
def job(job_id: int) -> str:
    """Show one job: how many stand where, and the parts it is made of."""
    return _job_page(job_id)


def _job_page(job_id: int, **forms: Form) -> str:
    db = reading()
    found = service.job(db, job_id)
    step = service.plan_step(db, job_id)
    team = service.team(db, job_id)
    everyone = [one for one in people.people(db) if one.disabled_at is None]
    team_form = TeamForm()
    team_form.person_id.choices = [SelectChoice(one.id, one.name) for one in everyone]
    return render_template(
        "hiring/job.html",
        job=found,
        counts=service.stage_counts(db, [job_id])[job_id],
        stages=STAGES,
        step=step,
        panel=service.plan_seats(db, step),
        team=team,
        gate_words=GATE_WORDS,
        seat_words=SEAT_WORDS,
        role_words=ROLE_WORDS,
        **{
            "candidate_form": CandidateForm(formdata=None),
            "import_form": ImportForm(formdata=None),
            "team_form": team_form,
            **forms,
        },
    )


@blueprint.get("/jobs/<int:job_id>/edit")
@may("job.edit")
def edit_job(job_id: int) -> str:
    """Show the form of what is written on a job."""
    found = service.job(reading(), job_id)
    return render_template("hiring/edit_job.html", job=found, form=JobForm(obj=found))


@blueprint.post("/jobs/<int:job_id>/edit")
@may("job.edit")
def edit_job_save(job_id: int) -> Response | tuple[str, int]:
    """Save what is written on a job."""
    form = JobForm()
    if not form.validate_on_submit():
        return render_template("hiring/edit_job.html", job=service.job(reading(), job_id), form=form), 422
    with writing() as db:
        service.edit_job(db, actor(), service.job(db, job_id), form.text(), now=now())
    flash("Saved.", "success")
    return redirect(url_for("hiring.job", job_id=job_id), 303)


@blueprint.post("/jobs/<int:job_id>/close")
@may("job.edit")
def close_job(job_id: int) -> Response:
    """Close a job for new candidates."""
    with writing() as db:
        service.close_job(db, actor(), service.job(db, job_id), now=now())
    flash("The job is closed: nobody can be added to it.", "success")
    return redirect(url_for("hiring.job", job_id=job_id), 303)


@blueprint.post("/jobs/<int:job_id>/reopen")
@may("job.edit")
def reopen_job(job_id: int) -> Response:
    """Open a closed job again."""
    with writing() as db:
        service.reopen_job(db, actor(), service.job(db, job_id), now=now())
    flash("The job is open again.", "success")
    return redirect(url_for("hiring.job", job_id=job_id), 303)


@blueprint.post("/jobs/<int:job_id>/team")
@may("job.edit")
def join_team(job_id: int) -> Response:
    """Give a person a role on the job."""
    form = TeamForm()
    form.person_id.choices = [SelectChoice(one.id, one.name) for one in people.people(reading())]
    if not form.validate_on_submit():
        raise Invalid("Choose a person and a role on this job.")
    with writing() as db:
        service.join_team(db, actor(), service.job(db, job_id), form.person_id.data, Role(form.role.data), now=now())
    flash("The hiring team is changed.", "success")
    return redirect(url_for("hiring.job", job_id=job_id) + "#team", 303)


@blueprint.post("/jobs/<int:job_id>/team/<int:person_id>/leave")
@may("job.edit")
def leave_team(job_id: int, person_id: int) -> Response:
    """Take a person off the hiring team."""
    with writing() as db:
        service.leave_team(db, actor(), service.job(db, job_id), person_id, now=now())
    flash("The hiring team is changed.", "success")
    return redirect(url_for("hiring.job", job_id=job_id) + "#team", 303)


@blueprint.get("/jobs/<int:job_id>/panel")
@may("interview.schedule")
def panel(job_id: int) -> str:
    """Show who sits on the panel by default."""
    db = reading()
    seats = {seat.person_id: seat.kind for seat in service.plan_seats(db, service.plan_step(db, job_id))}
    return render_template("hiring/panel.html", job=service.job(db, job_id), **_panel_choice(seats))


def _panel_choice(seats: Mapping[int, str]) -> dict[str, object]:
    open_accounts = [one for one in people.people(reading()) if one.disabled_at is None]
    return {"people": open_accounts, "seats": seats, "seat_words": SEAT_WORDS, "role_words": ROLE_WORDS}


def _sent_panel() -> dict[int, SeatKind]:
    return read_panel(request.form, [one.id for one in people.people(reading())])


@blueprint.post("/jobs/<int:job_id>/panel")
@may("interview.schedule")
def save_panel(job_id: int) -> Response:
    """Set who sits on the panel by default."""
    sent = _sent_panel()
    with writing() as db:
        service.plan_panel(db, actor(), service.plan_step(db, job_id), sent, now=now())
    flash("The panel is saved. Interviews already scheduled keep theirs.", "success")
    return redirect(url_for("hiring.job", job_id=job_id), 303)


@blueprint.post("/jobs/<int:job_id>/candidates")
@may("candidate.invite")
def add_candidate(job_id: int) -> Response | tuple[str, int]:
    """Put a candidate on the job; the personal link is made on the application's page."""
    form = CandidateForm()
    if not form.validate_on_submit():
        return _job_page(job_id, candidate_form=form), 422
    with writing() as db:
        added, is_new = service.add_candidate(
            db, actor(), service.job(db, job_id), name=form.name.data, email=form.email.data, now=now()
        )
        target = url_for("hiring.application", application_id=added.id)
    if is_new:
        flash("The candidate is on this job. Next: make the personal link and send it.", "success")
    else:
        flash("This candidate was on this job already: here is the application.", "warning")
    return redirect(target, 303)


@blueprint.post("/jobs/<int:job_id>/candidates/import")
@may("candidate.invite")
def import_candidates(job_id: int) -> Response | tuple[str, int]:
    """Import a CSV of candidates: all of it or nothing."""
    form = ImportForm()
    file = request.files.get("file")
    content = file.read() if file else b""
    if not form.validate_on_submit() or not content:
        form.file.errors = ["Choose a CSV file that is not empty."]
        return _job_page(job_id, import_form=form), 422
    try:
        with writing() as db:
            report = service.import_candidates(db, actor(), service.job(db, job_id), content, now=now())
    except Invalid as refusal:
        form.file.errors = ["Nothing was imported.", *refusal.fields["file"].splitlines()]
        return _job_page(job_id, import_form=form), 422
    words = f"{report.added_count} imported."
    if report.known:
        words += f" {len(report.known)} not doubled: " + " ".join(report.known[:10])
    flash(words, "success" if report.added_count else "warning")
    return redirect(url_for("board.show", job_id=job_id), 303)


@blueprint.get("/applications/<int:application_id>")
@may("application.view")
def application(application_id: int) -> str:
    """Show one application: the candidate, the link, the interviews, and where everything about it is."""
    db = reading()
    found = service.application(db, application_id)
    return render_template(
        "hiring/application.html",
        application=found,
        link=service.link_state(db, found),
        at=now(),
        interviews=service.interviews_of(db, [application_id])[application_id],
        stages=STAGES,
        seat_words=SEAT_WORDS,
        may_see_contact=may_here("candidate.invite"),
    )


@blueprint.post("/applications/<int:application_id>/link")
@may("candidate.invite")
def make_link(application_id: int) -> str:
    """Make a new personal link and show it once; older ones stop working."""
    with writing() as db:
        found = service.application(db, application_id)
        token = service.make_link(db, actor(), found, days=doors().settings.link_days, now=now())
        name = found.candidate.name
    return render_template(
        "hiring/link_made.html",
        name=name,
        application_id=application_id,
        days=doors().settings.link_days,
        url=doors().settings.base_url + url_for("hiring.personal_link", token=token),
    )


@blueprint.post("/applications/<int:application_id>/link/revoke")
@may("candidate.invite")
def revoke_link(application_id: int) -> Response:
    """Stop the personal link and every session opened with it."""
    with writing() as db:
        service.revoke_links(db, actor(), service.application(db, application_id), now=now())
    flash("The personal link has stopped working.", "success")
    return redirect(url_for("hiring.application", application_id=application_id), 303)


@blueprint.get("/applications/<int:application_id>/interview")
@may("interview.schedule")
def schedule(application_id: int) -> str:
    """Show the form that schedules the pitch interview, with the plan's panel chosen."""
    db = reading()
    found = service.application(db, application_id)
    seats = {seat.person_id: seat.kind for seat in service.plan_seats(db, service.plan_step(db, found.job_id))}
    form = SlotForm(formdata=None, minutes=found.job.pitch_min)
    return _slot_page(form, found, None, seats)


def _slot_page(form: SlotForm, found: Application, event: Interview | None, seats: Mapping[int, str]) -> str:
    return render_template(
        "hiring/schedule.html", form=form, application=found, interview=event, **_panel_choice(seats)
    )


@blueprint.post("/applications/<int:application_id>/interview")
@may("interview.schedule")
def schedule_save(application_id: int) -> Response | tuple[str, int]:
    """Schedule the pitch interview."""
    form, sent = SlotForm(), _sent_panel()
    if form.validate_on_submit():
        try:
            with writing() as db:
                made = service.schedule(
                    db, actor(), service.application(db, application_id), form.slot(sent), now=now()
                )
                target = url_for("hiring.interview", interview_id=made.id)
        except Invalid as refusal:
            form.form_errors.append(refusal.sentence)
        else:
            flash("The pitch interview is scheduled.", "success")
            return redirect(target, 303)
    return _slot_page(form, service.application(reading(), application_id), None, sent), 422


@blueprint.get("/interviews/<int:interview_id>")
@may("application.view")
def interview(interview_id: int) -> str:
    """Show one interview with its kit: when, who, brief, buyer persona, questions."""
    found = service.interview(reading(), interview_id)
    return render_template(
        "hiring/interview.html",
        interview=found,
        application=found.application,
        job=found.application.job,
        seat_words=SEAT_WORDS,
        is_seated=service.is_on_panel(reading(), interview_id, actor().person_id),
    )


@blueprint.get("/interviews/<int:interview_id>/edit")
@may("interview.schedule")
def reschedule(interview_id: int) -> str:
    """Show the form that changes an interview."""
    found = service.interview(reading(), interview_id)
    seats = {seat.person_id: seat.kind for seat in found.seats}
    length = round((found.ends_at - found.starts_at).total_seconds() / 60)
    form = SlotForm(formdata=None, minutes=length, place=found.place, starts_at=found.starts_at)
    return _slot_page(form, found.application, found, seats)


@blueprint.post("/interviews/<int:interview_id>/edit")
@may("interview.schedule")
def reschedule_save(interview_id: int) -> Response | tuple[str, int]:
    """Change when, where or who of an interview."""
    form, sent = SlotForm(), _sent_panel()
    if form.validate_on_submit():
        try:
            with writing() as db:
                service.reschedule(db, actor(), service.interview(db, interview_id), form.slot(sent), now=now())
        except (Invalid, Conflict) as refusal:
            form.form_errors.append(refusal.sentence)
        else:
            flash("The interview is changed.", "success")
            return redirect(url_for("hiring.interview", interview_id=interview_id), 303)
    found = service.interview(reading(), interview_id)
    return _slot_page(form, found.application, found, sent), 422
