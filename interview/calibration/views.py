"""Pages of calibration: a job's samples and rounds, cards to fill in, one's own ratings beside gold, results."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from interview.access import Actor, Place
from interview.calibration import rules, service
from interview.calibration.forms import SampleForm
from interview.calibration.rules import Standing
from interview.calibration.service import Sheet
from interview.errors import Invalid
from interview.hiring import service as hiring
from interview.rubric import service as rubric
from interview.scorecard.forms import Saving, read_saving
from interview.scorecard.service import ScorecardChangedElsewhere, ScorecardIncomplete
from interview.transcript.rules.decoding import MAX_BYTES
from interview.web.database import reading, writing
from interview.web.fields import sent_fields
from interview.web.guard import actor, may, may_here, now, stands_for

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

blueprint = Blueprint("calibration", __name__)

STANDING_WORDS = {
    Standing.NEVER: "no round yet",
    Standing.CALIBRATED: "calibrated",
    Standing.EXPIRED: "due again",
}


@stands_for("sample_id")
def _sample(db: Session, one: Actor, sample_id: int) -> Place | None:
    return service.place_of_sample(db, one, sample_id)


@stands_for("card_id")
def _card(db: Session, one: Actor, card_id: int) -> Place | None:
    return service.place_of_card(db, one, card_id)


@stands_for("round_id")
def _round(db: Session, one: Actor, round_id: int) -> Place | None:
    return service.place_of_round(db, one, round_id)


# -- a job's samples and rounds ----------------------------------------------------------------------------------------


@blueprint.get("/jobs/<int:job_id>/calibration")
@may("calibration.view")
def show(job_id: int) -> str:
    """Show a rater the own rounds; to who keeps the samples, the samples and who is calibrated."""
    return _page(job_id, SampleForm(formdata=None))


@blueprint.post("/jobs/<int:job_id>/calibration/samples")
@may("calibration.manage", upload=True)
def add(job_id: int) -> ResponseReturnValue:
    """Add a sample pitch."""
    form = SampleForm()
    if not form.validate_on_submit():
        return _page(job_id, form), 422
    transcript = form.file.data.stream.read(MAX_BYTES + 1)
    try:
        with writing() as db:
            job = hiring.job(db, job_id)
            added_id = service.add_sample(db, actor(), job, form.text(), transcript, now=now()).id
    except Invalid as refusal:
        form.show_faults(refusal)
        return _page(job_id, form), 422
    flash("The sample is added. Write its gold ratings next; raters see it when you open it.", "success")
    return redirect(url_for(".gold", sample_id=added_id), 303)


@blueprint.post("/calibration/samples/<int:sample_id>/withdrawal")
@may("calibration.manage")
def withdraw(sample_id: int) -> ResponseReturnValue:
    """Let a sample count for nobody any more."""
    with writing() as db:
        sample = service.sample(db, sample_id)
        service.withdraw(db, actor(), sample, now=now())
        job_id = sample.job_id
    flash("The sample is withdrawn: it counts for nobody any more.", "success")
    return redirect(url_for(".show", job_id=job_id), 303)


@blueprint.post("/jobs/<int:job_id>/calibration/rounds")
@may("calibration.rate")
def begin(job_id: int) -> ResponseReturnValue:
    """Begin a round, or go on with the one under way."""
    with writing() as db:
        chance = secrets.SystemRandom()
        card_id = service.begin(db, actor(), hiring.job(db, job_id), chance=chance, now=now()).id
    return redirect(url_for(".card", card_id=card_id), 303)


@blueprint.get("/calibration/rounds/<int:round_id>")
@may("calibration.rate")
def result(round_id: int) -> str:
    """Show what one's own finished round says."""
    found = service.result(reading(), actor(), round_id)
    return render_template("calibration/result.html", result=found, words=rules)


def _page(job_id: int, form: SampleForm) -> str:
    db = reading()
    keeps = may_here("calibration.manage")
    return render_template(
        "calibration/show.html",
        job=hiring.job(db, job_id),
        keeps=keeps,
        own=None if keeps else service.own(db, actor(), job_id, now=now()),
        samples=service.samples(db, job_id) if keeps else [],
        raters=service.raters(db, job_id, now=now()) if keeps else [],
        has_rubric=rubric.chosen(db, job_id) is not None,
        form=form,
        lasts=rules.LASTS,
        standing_words=STANDING_WORDS,
    )


# -- the gold card of a sample -----------------------------------------------------------------------------------------


@blueprint.get("/calibration/samples/<int:sample_id>")
@may("calibration.manage")
def gold(sample_id: int) -> ResponseReturnValue:
    """Show a sample with its gold ratings: to write, or as they were locked."""
    return _shown(service.gold(reading(), actor(), sample_id))


@blueprint.post("/calibration/samples/<int:sample_id>")
@may("calibration.manage")
def save_gold(sample_id: int) -> ResponseReturnValue:
    """Save the gold ratings, for browsers without JavaScript."""
    return _saved(lambda db: service.gold(db, actor(), sample_id))


@blueprint.patch("/calibration/samples/<int:sample_id>")
@may("calibration.manage")
def autosave_gold(sample_id: int) -> ResponseReturnValue:
    """Save the gold ratings while one writes."""
    return _autosaved(lambda db: service.gold(db, actor(), sample_id))


@blueprint.post("/calibration/samples/<int:sample_id>/opening")
@may("calibration.manage")
def open_sample(sample_id: int) -> ResponseReturnValue:
    """Lock the gold ratings and open the sample to rounds; asks once."""
    return _submitted(
        lambda db: service.gold(db, actor(), sample_id), "The sample is open: rounds ask for it from now on."
    )


# -- a rater's card ----------------------------------------------------------------------------------------------------


@blueprint.get("/calibration/cards/<int:card_id>")
@may("calibration.rate")
def card(card_id: int) -> ResponseReturnValue:
    """Show one's own card of a sample: to fill in, or beside gold."""
    return _shown(service.own_card(reading(), actor(), card_id))


@blueprint.post("/calibration/cards/<int:card_id>")
@may("calibration.rate")
def save(card_id: int) -> ResponseReturnValue:
    """Save one's own card, for browsers without JavaScript."""
    return _saved(lambda db: service.own_card(db, actor(), card_id))


@blueprint.patch("/calibration/cards/<int:card_id>")
@may("calibration.rate")
def autosave(card_id: int) -> ResponseReturnValue:
    """Save one's own card while one writes."""
    return _autosaved(lambda db: service.own_card(db, actor(), card_id))


@blueprint.post("/calibration/cards/<int:card_id>/submission")
@may("calibration.rate")
def submit(card_id: int) -> ResponseReturnValue:
    """Lock one's own card, which opens the gold ratings of its sample; asks once."""
    return _submitted(
        lambda db: service.own_card(db, actor(), card_id), "Submitted and locked. Here is what the experts saw."
    )


# -- both kinds of card ------------------------------------------------------------------------------------------------


def _url(sheet: Sheet) -> str:
    if sheet.is_gold:
        return url_for(".gold", sample_id=sheet.sample.id)
    return url_for(".card", card_id=sheet.card.id)


def _form(sheet: Sheet, *, problems: tuple[str, ...] = (), conflict: str = "") -> str:
    return render_template(
        "calibration/card.html",
        sheet=sheet,
        job=hiring.job(reading(), sheet.sample.job_id),
        url=_url(sheet),
        submit_url=f"{_url(sheet)}/{'opening' if sheet.is_gold else 'submission'}",
        problems=problems,
        conflict=conflict,
    )


def _shown(sheet: Sheet) -> ResponseReturnValue:
    if sheet.card.submitted_at is None:
        return _form(sheet)
    db = reading()
    job_id = sheet.sample.job_id
    return render_template(
        "calibration/rated.html",
        own=None if sheet.is_gold else sheet,
        gold=sheet if sheet.is_gold else service.gold_for(db, actor(), sheet),
        sample=sheet.sample,
        sheet=sheet,
        job=hiring.job(db, job_id),
        next_card_id=None if sheet.is_gold else service.own(db, actor(), job_id, now=now()).next_card_id,
        pair=rules.Pair,
        words=rules,
    )


def _store(find: Callable[[Session], Sheet], saving: Saving) -> Sheet:
    with writing() as db:
        return service.save(db, find(db), saving.draft, edition=saving.edition, save_keys=saving.save_keys, now=now())


def _conflicted(find: Callable[[Session], Sheet], saving: Saving, conflict: ScorecardChangedElsewhere) -> str:
    sheet = service.typed(find(reading()), saving.draft, edition=conflict.edition)
    return _form(sheet, conflict=conflict.sentence)


def _saved(find: Callable[[Session], Sheet]) -> ResponseReturnValue:
    saving = read_saving(sent_fields())
    try:
        sheet = _store(find, saving)
    except ScorecardChangedElsewhere as conflict:
        return _conflicted(find, saving, conflict), 409
    flash("Saved.", "success")
    return redirect(_url(sheet), 303)


def _autosaved(find: Callable[[Session], Sheet]) -> ResponseReturnValue:
    sheet = _store(find, read_saving(sent_fields()))
    assert sheet.card.saved_at is not None
    return jsonify(
        edition=sheet.edition, saved_at=sheet.card.saved_at.isoformat(), progress=sheet.completeness.sentence
    )


def _submitted(find: Callable[[Session], Sheet], done: str) -> ResponseReturnValue:
    if "edition" in request.form:
        saving = read_saving(sent_fields())
        try:
            _store(find, saving)
        except ScorecardChangedElsewhere as conflict:
            return _conflicted(find, saving, conflict), 409
    sheet = find(reading())
    if sheet.missing:
        return _form(sheet, problems=sheet.missing), 422
    if "confirmed" not in request.form:
        return render_template(
            "calibration/submit.html", sheet=sheet, url=_url(sheet), job=hiring.job(reading(), sheet.sample.job_id)
        )
    try:
        with writing() as db:
            service.submit(db, actor(), find(db), now=now())
    except ScorecardIncomplete as incomplete:
        return _form(find(reading()), problems=incomplete.sentences), 422
    flash(done, "success")
    return redirect(_url(sheet), 303)
