"""The page of outcomes: what was entered about a hire, what is due, and the form for it."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from interview.debrief.forms import number
from interview.errors import Invalid
from interview.hiring import service as hiring
from interview.outcome import rules, service
from interview.outcome.forms import OutcomeForm
from interview.outcome.models import HireOutcome
from interview.web.database import reading, writing
from interview.web.guard import actor, may, now

blueprint = Blueprint("outcome", __name__)


@blueprint.get("/applications/<int:application_id>/outcome")
@may("outcome.view")
def show(application_id: int) -> ResponseReturnValue:
    """Show the outcomes of a hire, and the form of the one that is due or wished for."""
    return _page(application_id)


@blueprint.post("/applications/<int:application_id>/outcome")
@may("outcome.enter")
def enter(application_id: int) -> ResponseReturnValue:
    """Store or correct an outcome; what needs other words comes back with what was typed."""
    form = OutcomeForm()
    if not form.validate():
        return _page(application_id, form), 422
    try:
        with writing() as session:
            service.enter(
                session, actor(), application_id, form.after, form.outcome(), edition=form.edition_seen, now=now()
            )
    except service.OutcomeChanged as refusal:
        form.form_errors.append(refusal.sentence)
        return _page(application_id, form), 409
    except Invalid as refusal:
        for name, sentence in refusal.fields.items():
            form[name].errors = [*form[name].errors, sentence]
        return _page(application_id, form), 422
    flash(f"Stored: the outcome after {form.after} months.", "success")
    return redirect(url_for(".show", application_id=application_id), 303)


def _page(application_id: int, form: OutcomeForm | None = None) -> str:
    session = reading()
    history = service.history(session, actor(), application_id, now=now())
    wished = number(request.args.get("after"))
    months = wished if wished in history.open_to else next(iter(history.asked), None)
    if form is None and months is not None:
        form = _form(months, history.entered.get(months))
    return render_template(
        "outcome/show.html",
        application=hiring.application(session, application_id),
        history=history,
        due={one: rules.due_on(history.hired_on, one) for one in rules.MONTHS} if history.hired_on else {},
        today=now().date(),
        form=form,
    )


def _form(months: int, row: HireOutcome | None) -> OutcomeForm:
    if row is None:
        return OutcomeForm(formdata=None, months=str(months))
    return OutcomeForm(
        formdata=None,
        months=str(months),
        edition=str(row.edition),
        still_here="yes" if row.is_still_here else "no",
        ramp_months=row.ramp_months,
        quota_pct=row.quota_pct,
        note=row.note,
    )
