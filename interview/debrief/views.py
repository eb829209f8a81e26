"""Pages of debriefs: candidates side by side, one panel's cards together, the decision, the feedback."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from interview.access import Role
from interview.debrief import rules, service
from interview.debrief.forms import DecisionForm, FeedbackForm, ReopenForm, number
from interview.debrief.models import Decision
from interview.debrief.rules import OUTCOME_WORDS, REJECTION_WORDS, Outcome, standing
from interview.debrief.rules.interviewer import CANDIDATES_MIN
from interview.errors import Conflict, Invalid
from interview.hiring import service as hiring
from interview.kit import service as kit
from interview.kit.rules import DEVIATION_WORDS, ROADMAP_WORDS, TICK_WORDS
from interview.prep import service as prep
from interview.scorecard.views import BUY_WORDS
from interview.web.database import reading, writing
from interview.web.forms import Form
from interview.web.guard import actor, may, may_here, now

blueprint = Blueprint("debrief", __name__)


@blueprint.app_context_processor
def _charts() -> dict[str, object]:
    return {"chart_rules": rules}


@blueprint.get("/jobs/<int:job_id>/compare")
@may("comparison.view")
def compare(job_id: int) -> str:
    """Show two to five candidates of the job side by side; without a wish, let them be chosen."""
    session = reading()
    wanted = {number(one) for one in request.args.getlist("application")}
    problem, comparison = "", None
    if wanted:
        try:
            comparison = service.compare(session, actor(), job_id, wanted, now=now())
            if any(panel.is_provisional for panel in comparison.panels):
                with writing() as log:
                    service.note_early(log, actor(), job_id, comparison, now=now())
        except Invalid as refusal:
            problem = refusal.sentence
    return render_template(
        "debrief/compare.html",
        job=hiring.job(session, job_id),
        choices=service.comparable(session, job_id),
        wanted=wanted,
        problem=problem,
        comparison=comparison,
        advice=comparison.opening.advice(wanted) if comparison else None,
        is_adjusted=_is_adjusted(),
        standing=standing,
    )


@blueprint.get("/jobs/<int:job_id>/interviewer-report")
@may("interviewer.report")
def interviewer_report(job_id: int) -> str:
    """Show an interviewer the report on the own rating, and an admin those of everybody, once the job is closed."""
    session = reading()
    job = hiring.job(session, job_id)
    people = service.interviewers(session, job_id)
    wished = number(request.args.get("person")) if actor().role is Role.ADMIN else actor().person_id
    person = next((one for one in people if one.id == wished), None)
    return render_template(
        "debrief/interviewer_report.html",
        job=job,
        people=people if actor().role is Role.ADMIN else [],
        person=person,
        report=service.interviewer_report(session, person, job, now=now()) if person and job.closure else None,
        candidates_min=CANDIDATES_MIN,
    )


@blueprint.get("/applications/<int:application_id>/debrief")
@may("debrief.view")
def show(application_id: int) -> str:
    """Show one candidate's cards together, disagreements first, with the decision below."""
    session = reading()
    application = hiring.application(session, application_id)
    decisions = service.decisions(session, application_id)
    found = service.debrief(session, actor(), application, now=now())
    opening, estimated = None, None
    if _is_adjusted() and found.panel.cards and not found.is_mixed and may_here("comparison.view"):
        opening, estimated = service.estimate(session, actor(), found, application.job_id, now=now())
    return render_template(
        "debrief/show.html",
        application=application,
        debrief=found,
        is_adjusted=_is_adjusted(),
        opening=opening,
        estimated=estimated,
        standing=standing,
        kept=kit.kept_of(session, actor(), application_id),
        record=None if found.panel.is_sealed else prep.record_of(session, application),
        decisions=decisions if may_here("decision.view") else [],
        decision_form=_decision_form(decisions),
        **_words(),
    )


@blueprint.get("/applications/<int:application_id>/decision")
@may("decision.view")
def decision(application_id: int) -> ResponseReturnValue:
    """Show what was decided, by whom and why, and let who may decide do so."""
    return _decision_page(application_id)


@blueprint.post("/applications/<int:application_id>/decision")
@may("decision.make")
def decide(application_id: int) -> ResponseReturnValue:
    """Decide; what needs other words comes back with what was typed."""
    form = DecisionForm()
    if not form.validate():
        return _decision_page(application_id, form=form), 422
    try:
        with writing() as session:
            made = service.decide(
                session, actor(), application_id, form.verdict(), based_on=form.newest_seen, now=now()
            )
            words = OUTCOME_WORDS[Outcome(made.outcome)]
    except service.AlreadyDecided:
        raise  # there is a newer decision to read first
    except Conflict as refusal:
        form.form_errors.append(refusal.sentence)
        return _decision_page(application_id, form=form), 409
    except Invalid as refusal:
        _add_errors(form, refusal)
        return _decision_page(application_id, form=form), 422
    flash(f"Decided: {words}. Write the candidate what you saw, whatever you decided.", "success")
    return redirect(url_for(".decision", application_id=application_id), 303)


@blueprint.post("/applications/<int:application_id>/decision/reopening")
@may("decision.make")
def reopen(application_id: int) -> ResponseReturnValue:
    """Take the decision in force back, with a reason."""
    form = ReopenForm()
    if not form.validate():
        return _decision_page(application_id, reopening=form), 422
    with writing() as session:
        service.reopen(session, actor(), application_id, form.why.data, now=now())
    flash("The decision is reopened; both it and your reason stay on record.", "success")
    return redirect(url_for(".decision", application_id=application_id), 303)


@blueprint.get("/applications/<int:application_id>/feedback")
@may("feedback.release")
def feedback(application_id: int) -> ResponseReturnValue:
    """Show the feedback: to write, or as it was released."""
    return _feedback_page(application_id)


@blueprint.post("/applications/<int:application_id>/feedback")
@may("feedback.release")
def write_feedback(application_id: int) -> ResponseReturnValue:
    """Store the feedback and, with the other button, let the candidate read it."""
    form = FeedbackForm()
    if not form.validate():
        return _feedback_page(application_id, form), 422
    release = "release" in request.form
    store = service.release_feedback if release else service.write_feedback
    try:
        with writing() as session:
            store(session, actor(), application_id, form.text.data or "", edition=form.edition_seen, now=now())
    except (Invalid, service.FeedbackChanged) as refusal:
        form.form_errors.append(refusal.sentence)
        return _feedback_page(application_id, form), 409 if isinstance(refusal, service.FeedbackChanged) else 422
    flash("Released: the candidate can read it on the status page." if release else "Saved for the team.", "success")
    return redirect(url_for(".feedback", application_id=application_id), 303)


def _decision_page(
    application_id: int, *, form: DecisionForm | None = None, reopening: ReopenForm | None = None
) -> str:
    session = reading()
    service.check_owes_nothing(session, actor(), application_id)
    decisions = service.decisions(session, application_id)
    return render_template(
        "debrief/decision.html",
        application=hiring.application(session, application_id),
        decisions=decisions,
        decision_form=form or _decision_form(decisions),
        reopen_form=reopening or ReopenForm(formdata=None),
        **_words(),
    )


def _decision_form(decisions: list[Decision]) -> DecisionForm:
    return DecisionForm(formdata=None, based_on=str(decisions[0].id) if decisions else "0")


def _feedback_page(application_id: int, form: FeedbackForm | None = None) -> str:
    session = reading()
    service.check_owes_nothing(session, actor(), application_id)
    written = service.feedback(session, application_id)
    if form is None:
        text, edition = (written.text, written.edition) if written else ("", 0)
        form = FeedbackForm(formdata=None, text=text, edition=str(edition))
    return render_template(
        "debrief/feedback.html",
        application=hiring.application(session, application_id),
        written=written,
        released=hiring.released_feedback(session, application_id),
        is_decided=application_id in service.in_force(session, [application_id]),
        form=form,
    )


def _is_adjusted() -> bool:
    """Tell whether the reader switched the adjusted estimates on: the plain weighted mean is the record."""
    return request.args.get("adjusted") == "on"


def _add_errors(form: Form, refusal: Invalid) -> None:
    for name, sentence in refusal.fields.items():
        form[name].errors = [*form[name].errors, sentence]


def _words() -> dict[str, object]:
    return {
        "outcome_words": OUTCOME_WORDS,
        "rejection_words": REJECTION_WORDS,
        "buy_words": BUY_WORDS,
        "tick_words": TICK_WORDS,
        "roadmap_words": ROADMAP_WORDS,
        "deviation_words": DEVIATION_WORDS,
    }
