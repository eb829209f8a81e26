"""Pages of preparation: what the candidate sees before the pitch, and the team's record of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse
from wtforms.fields import SelectChoice

from interview.access import Actor, Place
from interview.errors import Forbidden, Invalid
from interview.hiring import service as hiring
from interview.hiring.rules import SEAT_WORDS, STAGES, is_email
from interview.knowledge.views import material_titles
from interview.prep import rules, service
from interview.prep.forms import AccommodationForm, ConsentForm, HandCreditForm, ReplyForm, WishForm
from interview.prep.rules import CONSENT_TEXTS, REQUEST_TASKS, REQUEST_WORDS, Checklist, Item
from interview.rubric import service as rubric
from interview.watch import service as watch
from interview.web.database import reading, writing
from interview.web.guard import actor, may, may_here, now, stands_for
from interview.web.refusals import refused, wants_json

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from interview.hiring.models import Application
    from interview.prep.models import PrepRequest

blueprint = Blueprint("prep", __name__)


@stands_for("request_id")
def _request(db: Session, one: Actor, request_id: int) -> Place | None:
    return service.place_of_request(db, one, request_id)


@material_titles
def _titles(db: Session, job_id: int) -> dict[int, str]:
    return {one.id: one.title for one in watch.material_of_job(db, job_id)}


blueprint.add_app_template_filter(rules.minutes_words)


@blueprint.app_context_processor
def _for_templates() -> dict[str, Any]:
    """Give every template the words of requests, and the application's page those that are still open."""
    return {"request_words": REQUEST_WORDS, "request_tasks": REQUEST_TASKS, "open_requests": _open_requests}


def _open_requests(application_id: int) -> list[PrepRequest]:
    return [one for one in service.requests_of(reading(), application_id) if one.settlement is None]


# -- the candidate -------------------------------------------------------------------------------------------------


def _about(application: Application) -> dict[str, Any]:
    """Return what every page of the candidate says about the job."""
    contact = application.job.contact
    return {
        "application": application,
        "job": application.job,
        "contact": contact,
        "contact_is_email": is_email(contact),
        "panel_size": service.panel_size(reading(), application),
    }


@blueprint.get("/prep")
@may("prep.own")
def show() -> str:
    """Show the candidate's checklist."""
    application = service.own_application(reading(), actor())
    if service.is_unnoted(application, service.checklist(reading(), application)):
        with writing() as db:
            service.note_prepared(db, service.own_application(db, actor()), now())
    return _checklist_page(WishForm(formdata=None))


def _checklist_page(form: WishForm) -> str:
    application = service.own_application(reading(), actor())
    found = service.checklist(reading(), application)
    return render_template(
        "prep/show.html",
        checklist=found,
        urls={item.key: _url(item) for item in found.items},
        attributes=_attributes(application.job_id),
        requests=service.requests_of(reading(), application.id),
        form=form,
        **_about(application),
    )


def _url(item: Item) -> str:
    if item.kind is rules.ItemKind.MATERIAL:
        return url_for("watch.show", material_id=item.id)
    endpoints = {"consent": "prep.consent", "knowledge": "knowledge.show", "pitch": "prep.pitch"}
    return url_for(endpoints[item.kind.value])


def _attributes(job_id: int) -> list[str]:
    chosen = rubric.chosen(reading(), job_id)
    return [one.name for one in chosen.attributes] if chosen else []


@blueprint.get("/prep.json")
@may("prep.own")
def data() -> Response:
    """Answer the candidate's own checklist for programs (INTERFACES, HTTP)."""
    application = service.own_application(reading(), actor())
    return jsonify(_as_json(application.id, service.checklist(reading(), application)))


def _as_json(application_id: int, found: Checklist) -> dict[str, Any]:
    return {
        "application": application_id,
        "gate": found.gate.value,
        "pitch_unlocked": found.pitch_unlocked,
        "items": [
            {
                "kind": item.kind.value,
                "id": item.id,
                "title": item.title,
                "state": item.state.value,
                "required": item.required,
                "tier": item.tier,
                "pct": item.pct,
                "need_ms": item.need_ms,
                "covered_ms": item.covered_ms,
                "done_at": item.done_at.isoformat(timespec="seconds") if item.done_at else None,
            }
            for item in found.items
        ],
    }


@blueprint.get("/prep/consent")
@may("prep.own")
def consent() -> str:
    """Ask the consent questions, with the answers given so far."""
    application = service.own_application(reading(), actor())
    given = service.consents(reading(), application.id)
    chosen = {
        text.kind.value: "yes" if given[text.kind].agreed else "no"
        for text in CONSENT_TEXTS
        if text.kind in given and given[text.kind].text_version == text.version
    }
    return _consent_page(ConsentForm(formdata=None, data=chosen), application)


def _consent_page(form: ConsentForm, application: Application) -> str:
    given = service.consents(reading(), application.id)
    return render_template("prep/consent.html", form=form, given=given, **_about(application))


@blueprint.post("/prep/consent")
@may("prep.own")
def consent_answer() -> AnyResponse | tuple[str, int]:
    """Keep the answers to the consent questions."""
    form = ConsentForm()
    if not form.validate_on_submit():
        return _consent_page(form, service.own_application(reading(), actor())), 422
    with writing() as db:
        service.answer_consents(db, actor(), form.answers(), now=now())
    flash("Thank you. You can change your answers at any time.", "success")
    return redirect(url_for("prep.show"), 303)


@blueprint.post("/prep/ask")
@may("prep.own")
def ask() -> AnyResponse | tuple[str, int]:
    """Keep what the candidate asks for."""
    form = WishForm()
    if not form.validate_on_submit():
        if "text" not in form.errors:
            raise Invalid("This cannot be asked for with a button. Go back and send it as a question.")
        return _checklist_page(form), 422
    with writing() as db:
        is_new = service.ask(db, actor(), form.wish(), now=now())
    flash("Sent. You will find the answer here." if is_new else "We have this from you already.", "success")
    return redirect(url_for("prep.show"), 303)


@blueprint.get("/prep/status")
@may("prep.own")
def status() -> str:
    """Show the candidate where things stand, what happens next and what is kept."""
    application = service.own_application(reading(), actor())
    return render_template(
        "prep/status.html",
        checklist=service.checklist(reading(), application),
        interview=service.pitch_interview(reading(), application),
        stages=STAGES,
        seat_words=SEAT_WORDS,
        requests=service.requests_of(reading(), application.id),
        feedback=hiring.released_feedback(reading(), application.id),
        record=service.record_of(reading(), application),
        **_about(application),
    )


@blueprint.get("/pitch")
@may("prep.own")
def pitch() -> str:
    """Show the pitch interview: what, when, where, who; or what is missing while the gate is closed."""
    application = service.own_application(reading(), actor())
    interview = service.pitch(reading(), application)
    return render_template(
        "prep/pitch.html",
        interview=interview,
        seat_words=SEAT_WORDS,
        attributes=_attributes(application.job_id),
        given=service.consents(reading(), application.id),
        **_about(application),
    )


@blueprint.app_errorhandler(service.PitchClosed)
def closed(refusal: service.PitchClosed) -> AnyResponse | tuple[str, int]:
    """Say what is missing, on every page of the pitch, whichever room it is of."""
    if wants_json():
        return refused(refusal)
    urls = {item.key: _url(item) for item in refusal.checklist.missing}
    application = service.own_application(reading(), actor())
    page = render_template("prep/closed.html", checklist=refusal.checklist, urls=urls, **_about(application))
    return page, 403


# -- the team ------------------------------------------------------------------------------------------------------


@blueprint.get("/applications/<int:application_id>/prep")
@may("prep.record")
def record(application_id: int) -> str:
    """Show the team what was found of one candidate's preparation; raters see it in the debrief, after their card."""
    return _record_page(application_id)


def _record_page(application_id: int, credit_form: HandCreditForm | None = None) -> str:
    application = hiring.application(reading(), application_id)
    is_sealed = service.is_on_a_panel(reading(), application, actor())
    return render_template(
        "prep/record.html",
        application=application,
        record=None if is_sealed else service.record_of(reading(), application),
        given=service.consents(reading(), application_id),
        consent_texts=CONSENT_TEXTS,
        requests=service.requests_of(reading(), application_id),
        credit_form=None if is_sealed else credit_form or _credit_form(application_id, formdata=None),
        accommodation=None
        if is_sealed or not may_here("accommodation.manage")
        else _accommodation_form(application_id),
    )


def _credit_form(application_id: int, **how: Any) -> HandCreditForm:
    """Return the form with the material that is not done yet."""
    form = HandCreditForm(**how)
    items = watch.progress_of(reading(), [application_id])[application_id]
    form.material_id.choices = [SelectChoice(one.material_id, one.title) for one in items if one.done_at is None]
    return form


def _accommodation_form(application_id: int) -> AccommodationForm:
    kind = watch.allowance_of(reading(), application_id)
    return AccommodationForm(formdata=None, kind=kind.value if kind else "standard")


@blueprint.post("/applications/<int:application_id>/accommodation")
@may("accommodation.manage")
def accommodate(application_id: int) -> AnyResponse:
    """Change how the questions on the way are asked of this candidate."""
    form = AccommodationForm()
    if not form.validate():
        raise Invalid("Choose one of the ways to ask the questions on the way.")
    with writing() as db:
        application = hiring.application(db, application_id)
        if service.is_on_a_panel(db, application, actor()):
            raise Forbidden("You sit on this panel, so another recruiter has to set this: raters must not know.")
        watch.set_allowance(db, actor(), application, form.accommodation(), now=now())
    flash("Saved. Interviewers do not see this.", "success")
    return redirect(url_for("prep.record", application_id=application_id), 303)


@blueprint.post("/applications/<int:application_id>/credit")
@may("prep.settle")
def count_by_hand(application_id: int) -> AnyResponse | tuple[str, int]:
    """Count material as done, with a reason."""
    form = _credit_form(application_id)
    if not form.validate():
        return _record_page(application_id, form), 422
    try:
        with writing() as db:
            application, reason = hiring.application(db, application_id), form.reason.data or ""
            watch.count_by_hand(db, actor(), application, form.material_id.data, reason, now=now())
    except Invalid as refusal:
        form.reason.errors = [refusal.sentence]
        return _record_page(application_id, form), 422
    flash("Counted. Your reason stands on the record.", "success")
    return redirect(url_for("prep.record", application_id=application_id), 303)


@blueprint.post("/applications/<int:application_id>/credit/<int:material_id>/removal")
@may("prep.settle")
def uncount(application_id: int, material_id: int) -> AnyResponse:
    """Take a credit by hand back."""
    with writing() as db:
        watch.uncount(db, actor(), hiring.application(db, application_id), material_id, now=now())
    flash("Taken back: what was observed decides again.", "success")
    return redirect(url_for("prep.record", application_id=application_id), 303)


@blueprint.post("/prep/requests/<int:request_id>/settle")
@may("prep.settle")
def settle(request_id: int) -> AnyResponse:
    """Settle what a candidate asked for."""
    form = ReplyForm()
    with writing() as db:
        counts = bool(form.counts.data)
        settled = service.settle(db, actor(), request_id, form.reply.data or "", counts=counts, now=now())
        name, application_id = settled.application.candidate.name, settled.application_id
    flash(f"Done. {name} reads it on the status page.", "success")
    ways_back = {
        "home": url_for("board.home"),
        "application": url_for("hiring.application", application_id=application_id),
    }
    way_back = ways_back.get(request.form.get("back", ""), url_for("prep.record", application_id=application_id))
    return redirect(way_back, 303)
