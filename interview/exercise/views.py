"""The pages of exercises: the candidate's brief, ranking and second take; the team's brief, requests and view."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from interview.errors import Invalid
from interview.exercise import forms, service
from interview.exercise.forms import FIGURE_WORDS, RequestsForm
from interview.exercise.rules import force_rank
from interview.exercise.rules.force_rank import FINAL, FIRST, REASON_MAX
from interview.exercise.rules.kinds import COACHABILITY, KIND_WORDS, PREPARE, TEXT_MAX, ExerciseKind
from interview.exercise.service import ChangedElsewhere
from interview.hiring import service as hiring
from interview.hiring.rules import Stage
from interview.prep import service as prep
from interview.web.database import reading, writing
from interview.web.fields import Fields, sent_fields
from interview.web.guard import actor, may, now

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from interview.hiring.models import Application

blueprint = Blueprint("exercise", __name__)


@blueprint.app_template_global("panel_warning")
def panel_warning(job_id: int, seats: list[str]) -> str:
    """Give every page with a panel the sentence that says whom it lacks."""
    return service.panel_warning(reading(), job_id, seats)


@blueprint.app_template_global("has_feedback_to_answer")
def has_feedback_to_answer(application_id: int) -> bool:
    """Say whether a candidate has feedback for a second take."""
    return service.coaching(reading(), application_id) is not None


# -- the candidate -----------------------------------------------------------------------------------------------------


@blueprint.get("/pitch/exercise")
@may("exercise.own")
def show() -> ResponseReturnValue:
    """Show the candidate's brief, and the ranking where the exercise is one."""
    return _candidate_page()


@blueprint.post("/pitch/exercise/start")
@may("exercise.own")
def start() -> ResponseReturnValue:
    """Begin the ranking."""
    with writing() as db:
        service.start(db, actor(), _own(db), now=now())
    return redirect(url_for("exercise.show"), 303)


@blueprint.patch("/pitch/exercise")
@may("exercise.own")
def autosave() -> ResponseReturnValue:
    """Save what the page sends while one ranks; answers with the new edition and what the choice takes."""
    fields = sent_fields()
    with writing() as db:
        found = _store(db, fields)
        points = force_rank.points_of(found.requests, found.draft.chosen, news=found.news)
        return jsonify(edition=found.edition, saved_at=now().isoformat(), points=points, budget=found.requests.budget)


@blueprint.post("/pitch/exercise")
@may("exercise.own")
def save() -> ResponseReturnValue:
    """Save the form as a whole and move a request, for browsers without JavaScript."""
    fields = sent_fields()
    step = forms.read_move(request.form.get("move", ""))
    try:
        with writing() as db:
            _store(db, fields)
            if step:
                service.move(db, _own(db), *step, now=now())
    except (ChangedElsewhere, Invalid) as refusal:
        return _candidate_page(fields, refusal.sentence), 409 if isinstance(refusal, ChangedElsewhere) else 422
    return redirect(url_for("exercise.show", _anchor=f"request-{step[0]}" if step else None), 303)


@blueprint.post("/pitch/exercise/hand-in")
@may("exercise.own")
def hand_in() -> ResponseReturnValue:
    """Save what came with it and hand the ranking in; what breaks the budget is said and nothing is lost."""
    fields = sent_fields()
    number = FINAL if request.form.get("round") == str(FINAL) else FIRST
    try:
        with writing() as db:
            _store(db, fields)
        with writing() as db:
            service.hand_in(db, actor(), _own(db), number, now=now())
    except (ChangedElsewhere, Invalid) as refusal:
        return _candidate_page(fields, refusal.sentence), 409 if isinstance(refusal, ChangedElsewhere) else 422
    if number == FIRST:
        flash("Handed in. Here is what was learnt since: rank again with it.", "success")
    else:
        flash("Your ranking is handed in. Thank you.", "success")
    return redirect(url_for("exercise.show"), 303)


@blueprint.get("/pitch/second-take")
@may("exercise.own")
def second_take() -> ResponseReturnValue:
    """Show the one piece of feedback and the second take."""
    return _second_take_page()


@blueprint.patch("/pitch/second-take")
@may("exercise.own")
def autosave_second_take() -> ResponseReturnValue:
    """Save the second take while one writes it."""
    fields = sent_fields()
    with writing() as db:
        row = service.save_second_take(db, _own(db), forms.read_text(fields), forms.read_saving(fields), now=now())
        return jsonify(edition=row.edition, saved_at=row.saved_at.isoformat())


@blueprint.post("/pitch/second-take")
@may("exercise.own")
def hand_in_second_take() -> ResponseReturnValue:
    """Save the second take and hand it in."""
    fields = sent_fields()
    text = forms.read_text(fields)
    try:
        with writing() as db:
            service.save_second_take(db, _own(db), text, forms.read_saving(fields), now=now())
        with writing() as db:
            service.hand_in_second_take(db, actor(), _own(db), now=now())
    except (ChangedElsewhere, Invalid) as refusal:
        code = 409 if isinstance(refusal, ChangedElsewhere) else 422
        return _second_take_page(text, refusal.sentence), code
    flash("Your second take is handed in. Thank you.", "success")
    return redirect(url_for("exercise.second_take"), 303)


def _own(db: Session) -> Application:
    return prep.own_application(db, actor())


def _store(db: Session, fields: Fields) -> service.Standing:
    return service.save(db, _own(db), forms.read_answer(fields), forms.read_saving(fields), now=now())


def _candidate_page(typed: Fields | None = None, problem: str = "") -> str:
    db = reading()
    application = _own(db)
    prep.pitch(db, application)  # closed with the gate
    found = service.chosen(db, application.job_id)
    kind = found[1] if found else ExerciseKind.PITCH
    standing = service.standing(db, application.id, now=now()) if kind is ExerciseKind.FORCE_RANK else None
    draft = standing.draft if standing else None
    if standing and typed is not None:
        draft = force_rank.settled(standing.requests, forms.read_answer(typed), news=standing.news)
    return render_template(
        "exercise/candidate.html",
        application=application,
        job=application.job,
        rubric=found[0] if found else None,
        kind=kind,
        kind_words=KIND_WORDS[kind],
        prepare=PREPARE[kind],
        requests=standing.requests if standing else service.requests_of(db, application.job_id),
        standing=standing,
        draft=draft,
        news_in_s=round((standing.requests.news_at(standing.started_at) - now()).total_seconds()) if standing else 0,
        is_over=application.stage in (Stage.SCORED, Stage.DECIDED),
        problem=problem,
        figure_words=FIGURE_WORDS,
        reason_max=REASON_MAX,
    )


def _second_take_page(typed: str | None = None, problem: str = "") -> str:
    db = reading()
    application = _own(db)
    prep.pitch(db, application)
    return render_template(
        "exercise/second_take.html",
        application=application,
        job=application.job,
        coaching=service.coaching(db, application.id),
        is_over=application.stage in (Stage.SCORED, Stage.DECIDED),
        typed=typed,
        problem=problem,
        text_max=TEXT_MAX,
    )


# -- the team ----------------------------------------------------------------------------------------------------------


@blueprint.get("/jobs/<int:job_id>/exercise")
@may("kit.view")
def brief(job_id: int) -> str:
    """Show the team what the job's exercise is: what candidates read, what the panel does, whom the panel needs."""
    db = reading()
    found = service.chosen(db, job_id)
    kind = found[1] if found else ExerciseKind.PITCH
    return render_template(
        "exercise/brief.html",
        job=hiring.job(db, job_id),
        rubric=found[0] if found else None,
        kind=kind,
        kind_words=KIND_WORDS[kind],
        prepare=PREPARE[kind],
        requests=service.requests_of(db, job_id) if kind is ExerciseKind.FORCE_RANK else None,
        seats=hiring.plan_seats(db, hiring.plan_step(db, job_id)),
        coachability=COACHABILITY,
        figure_words=FIGURE_WORDS,
    )


@blueprint.post("/jobs/<int:job_id>/exercise/coachability")
@may("rubric.manage")
def rate_coachability(job_id: int) -> ResponseReturnValue:
    """Add coachability to what the job rates."""
    with writing() as db:
        service.rate_coachability(db, actor(), job_id, now=now())
    flash("Coachability is rated from now on, on a second take after one piece of feedback.", "success")
    return redirect(url_for("exercise.brief", job_id=job_id), 303)


@blueprint.get("/jobs/<int:job_id>/exercise/requests")
@may("exercise.manage")
def requests(job_id: int) -> str:
    """Show the requests to change them."""
    return _requests_page(job_id, RequestsForm.of(service.requests_of(reading(), job_id)))


@blueprint.post("/jobs/<int:job_id>/exercise/requests")
@may("exercise.manage")
def write_requests(job_id: int) -> ResponseReturnValue:
    """Write the requests; what is wrong is said at its field and nothing typed is lost."""
    form = RequestsForm.read(sent_fields())
    found = form.requests()
    if not form.faults:
        form.faults = {f"set-{index}": fault for index, fault in enumerate(force_rank.set_faults(found))}
    if form.faults:
        return _requests_page(job_id, form), 422
    with writing() as db:
        service.write_requests(db, actor(), job_id, found, now=now())
    flash("Saved. Every candidate who begins from now on ranks these requests.", "success")
    return redirect(url_for("exercise.brief", job_id=job_id), 303)


def _requests_page(job_id: int, form: RequestsForm) -> str:
    db = reading()
    return render_template(
        "exercise/requests.html",
        job=hiring.job(db, job_id),
        form=form,
        figure_words=FIGURE_WORDS,
        begun=service.begun_count(db, job_id),
    )


@blueprint.get("/applications/<int:application_id>/exercise")
@may("exercise.view")
def application(application_id: int) -> str:
    """Show one candidate's ranking and second take; the result when every scorecard is in."""
    return _application_page(application_id)


@blueprint.post("/applications/<int:application_id>/exercise/feedback")
@may("exercise.coach")
def coach(application_id: int) -> ResponseReturnValue:
    """Give the candidate the one piece of feedback."""
    text = forms.read_text(sent_fields())
    try:
        with writing() as db:
            service.coach(db, actor(), hiring.application(db, application_id), text, now=now())
    except Invalid as refusal:
        return _application_page(application_id, text, refusal.sentence), 422
    flash("The candidate reads it on the page of the pitch interview and can give the second take.", "success")
    return redirect(url_for("exercise.application", application_id=application_id), 303)


def _application_page(application_id: int, typed: str = "", problem: str = "") -> str:
    db = reading()
    one = hiring.application(db, application_id)
    at: datetime = now()
    found = service.chosen(db, one.job_id)
    standing = service.standing(db, one.id, now=at)
    return render_template(
        "exercise/application.html",
        application=one,
        job=one.job,
        kind=found[1] if found else ExerciseKind.PITCH,
        standing=standing,
        outcome=service.outcome(db, one, standing, now=at) if standing else None,
        rates_second_take=service.has_second_take(db, one.job_id),
        coaching=service.coaching(db, one.id),
        typed=typed,
        problem=problem,
        figure_words=FIGURE_WORDS,
        text_max=TEXT_MAX,
    )
