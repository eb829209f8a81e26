"""Pages of the fact sheet: the sheet for the panel, adding, changing and taking off for the hiring manager."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from interview.access import Actor, Place
from interview.errors import Invalid
from interview.factsheet import rules, service
from interview.factsheet.forms import FactForm, show_faults
from interview.factsheet.rules import FACT_WORDS, FactKind
from interview.hiring import service as hiring
from interview.web.database import reading, writing
from interview.web.guard import actor, may, now, stands_for

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from interview.factsheet.models import Fact

blueprint = Blueprint("factsheet", __name__)


@stands_for("fact_id")
def _fact(db: Session, one: Actor, fact_id: int) -> Place | None:
    return service.place_of_fact(db, one, fact_id)


@blueprint.app_template_global("fact_sheet")
def fact_sheet(job_id: int) -> dict[FactKind, list[Fact]]:
    """Give a kit of any room the job's facts by kind."""
    return service.sheet(reading(), job_id)


@blueprint.app_template_global("fact_proposals")
def fact_proposals(job_id: int, interview_id: int) -> dict[int, service.Proposed | None] | None:
    """Give a kit of any room where each fact may have been said; None without a transcript."""
    return service.proposals(reading(), job_id, interview_id)


@blueprint.app_template_global("fact_words")
def fact_words(kind: FactKind) -> str:
    """Name a kind of fact."""
    return FACT_WORDS[kind]


@blueprint.get("/jobs/<int:job_id>/facts")
@may("kit.view")
def show(job_id: int) -> str:
    """Show a job's fact sheet; to its hiring manager with the form for another fact."""
    return _page(job_id, FactForm())


@blueprint.post("/jobs/<int:job_id>/facts")
@may("fact.manage")
def add(job_id: int) -> ResponseReturnValue:
    """Add a fact."""
    form = FactForm().with_materials(service.titles(reading(), job_id))
    if form.validate_on_submit():
        try:
            with writing() as db:
                service.add_fact(db, actor(), hiring.job(db, job_id), form.text(), now=now())
        except Invalid as refusal:
            show_faults(form, refusal)
        else:
            flash("The fact is on the sheet.", "success")
            return redirect(url_for("factsheet.show", job_id=job_id), 303)
    return _page(job_id, form), 422


@blueprint.get("/facts/<int:fact_id>")
@may("fact.manage")
def edit(fact_id: int) -> str:
    """Show a fact to change it."""
    return _fact_page(fact_id, FactForm.of(service.fact(reading(), fact_id).text))


@blueprint.post("/facts/<int:fact_id>")
@may("fact.manage")
def change(fact_id: int) -> ResponseReturnValue:
    """Write a fact anew."""
    found = service.fact(reading(), fact_id)
    job_id = found.job_id
    form = FactForm(material_id=str(found.material_id or "")).with_materials(service.titles(reading(), job_id))
    if form.validate_on_submit():
        try:
            with writing() as db:
                service.change_fact(db, actor(), service.fact(db, fact_id), form.text(), now=now())
        except Invalid as refusal:
            show_faults(form, refusal)
        else:
            flash("The fact is changed.", "success")
            return redirect(url_for("factsheet.show", job_id=job_id), 303)
    return _fact_page(fact_id, form), 422


@blueprint.post("/facts/<int:fact_id>/removal")
@may("fact.manage")
def take_off(fact_id: int) -> ResponseReturnValue:
    """Take a fact off the sheet."""
    job_id = service.fact(reading(), fact_id).job_id
    with writing() as db:
        service.take_off(db, actor(), service.fact(db, fact_id), now=now())
    flash("The fact is off the sheet.", "success")
    return redirect(url_for("factsheet.show", job_id=job_id), 303)


def _page(job_id: int, form: FactForm) -> str:
    db = reading()
    facts = service.sheet(db, job_id)
    return render_template(
        "factsheet/show.html",
        job=hiring.job(db, job_id),
        facts=facts,
        size_words=rules.size_words(sum(len(one) for one in facts.values())),
        form=form.with_materials(service.titles(db, job_id)),
    )


def _fact_page(fact_id: int, form: FactForm) -> str:
    db = reading()
    found = service.fact(db, fact_id)
    form.with_materials(service.titles(db, found.job_id))
    return render_template("factsheet/edit.html", job=hiring.job(db, found.job_id), fact_id=fact_id, form=form)
