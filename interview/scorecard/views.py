"""The pages of scorecards: one's own with its kit, its autosave, its submission, and the panel's cards."""

from __future__ import annotations

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from interview.hiring import service as hiring
from interview.hiring.models import Interview
from interview.hiring.rules import SEAT_WORDS
from interview.scorecard import forms, service
from interview.scorecard.forms import Saving
from interview.scorecard.rules import CardState, Recommendation, WouldBuy
from interview.scorecard.service import OwnCard, ScorecardChangedElsewhere, ScorecardIncomplete
from interview.transcript import service as transcript
from interview.web.database import reading, writing
from interview.web.fields import sent_fields
from interview.web.guard import actor, may, now

blueprint = Blueprint("scorecard", __name__)

BUY_WORDS = {WouldBuy.YES: "Yes", WouldBuy.NO: "No", WouldBuy.NOT_SURE: "Not sure"}
STATE_WORDS = {
    CardState.NOT_YET: "not begun: the pitch is ahead",
    CardState.DUE: "due",
    CardState.OVERDUE: "overdue",
    CardState.SUBMITTED: "submitted",
}


@blueprint.get("/interviews/<int:interview_id>/scorecard")
@may("scorecard.own")
def show(interview_id: int) -> ResponseReturnValue:
    """Show one's own scorecard: to fill in, or as it was submitted."""
    session = reading()
    interview = hiring.interview(session, interview_id)
    card = service.own_card(session, actor(), interview)
    if card.submitted_at is None:
        return _page(interview, card)
    return render_template(
        "scorecard/submitted.html",
        interview=interview,
        card=card,
        seats=service.panel_of(session, interview, now=now()),
        owes=service.owes_a_card(session, actor(), interview.application_id),
        **_words(),
    )


@blueprint.post("/interviews/<int:interview_id>/scorecard")
@may("scorecard.own")
def save(interview_id: int) -> ResponseReturnValue:
    """Save the form as a whole, for browsers without JavaScript; a conflict gives back what was typed."""
    saving = forms.read_saving(sent_fields())
    try:
        _store(interview_id, saving)
    except ScorecardChangedElsewhere as conflict:
        return _conflict_page(interview_id, saving, conflict), 409
    flash("Saved. Nobody else can read it until you submit.", "success")
    return redirect(url_for("scorecard.show", interview_id=interview_id), 303)


@blueprint.patch("/interviews/<int:interview_id>/scorecard")
@may("scorecard.own")
def autosave(interview_id: int) -> ResponseReturnValue:
    """Save what the page sends while one writes; answers with the new edition."""
    card = _store(interview_id, forms.read_saving(sent_fields()))
    assert card.saved_at is not None
    return jsonify(edition=card.edition, saved_at=card.saved_at.isoformat(), progress=card.completeness.sentence)


@blueprint.post("/interviews/<int:interview_id>/scorecard/submission")
@may("scorecard.own")
def submit(interview_id: int) -> ResponseReturnValue:
    """Save what came with it, ask once, then lock the card; what is missing is said and nothing is lost."""
    if "edition" in request.form:
        saving = forms.read_saving(sent_fields())
        try:
            _store(interview_id, saving)
        except ScorecardChangedElsewhere as conflict:
            return _conflict_page(interview_id, saving, conflict), 409
    if "confirmed" not in request.form:
        return _confirmation(interview_id)
    try:
        with writing() as session:
            service.submit(session, actor(), hiring.interview(session, interview_id), now=now())
    except ScorecardIncomplete as incomplete:
        return _incomplete(interview_id, incomplete.sentences)
    flash("Submitted and locked. The others' cards that are in are open to you now.", "success")
    return redirect(url_for("scorecard.panel", interview_id=interview_id), 303)


@blueprint.get("/interviews/<int:interview_id>/scorecards")
@may("scorecard.view")
def panel(interview_id: int) -> ResponseReturnValue:
    """Show the panel's cards that the reader may read; of the others only where they stand."""
    session = reading()
    interview = hiring.interview(session, interview_id)
    cards = service.readable_scorecards(session, actor(), interview_id=interview_id)
    return render_template(
        "scorecard/panel.html",
        interview=interview,
        cards=[card for card in cards if card.submitted_at is not None],
        seats=service.panel_of(session, interview, now=now()),
        owes=service.owes_a_card(session, actor(), interview.application_id),
        **_words(),
    )


def _store(interview_id: int, saving: Saving) -> OwnCard:
    with writing() as session:
        interview = hiring.interview(session, interview_id)
        return service.save(
            session,
            actor(),
            interview,
            saving.draft,
            edition=saving.edition,
            save_keys=saving.save_keys,
            now=now(),
        )


def _page(interview: Interview, card: OwnCard, *, problems: tuple[str, ...] = (), conflict: str = "") -> str:
    session = reading()
    return render_template(
        "scorecard/show.html",
        interview=interview,
        card=card,
        problems=problems,
        conflict=conflict,
        seats=service.panel_of(session, interview, now=now()),
        segments=transcript.segments_of(session, interview.id),
        **_words(),
    )


def _conflict_page(interview_id: int, saving: Saving, conflict: ScorecardChangedElsewhere) -> str:
    session = reading()
    interview = hiring.interview(session, interview_id)
    card = service.typed_card(session, actor(), interview, saving.draft, edition=conflict.edition)
    return _page(interview, card, conflict=conflict.sentence)


def _confirmation(interview_id: int) -> ResponseReturnValue:
    session = reading()
    interview = hiring.interview(session, interview_id)
    card = service.own_card(session, actor(), interview)
    if card.missing:
        return _incomplete(interview_id, card.missing)
    return render_template("scorecard/submit.html", interview=interview, card=card)


def _incomplete(interview_id: int, sentences: tuple[str, ...]) -> ResponseReturnValue:
    session = reading()
    interview = hiring.interview(session, interview_id)
    return _page(interview, service.own_card(session, actor(), interview), problems=sentences), 422


def _words() -> dict[str, object]:
    return {
        "buy_words": BUY_WORDS,
        "state_words": STATE_WORDS,
        "seat_words": SEAT_WORDS,
        "recommendations": tuple(Recommendation),
    }
