"""The page of a live interview, what all of the panel do on it, and the autosave of one's own sheet."""

from __future__ import annotations

import hashlib

from flask import Blueprint, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from interview.errors import Invalid
from interview.hiring import service as hiring
from interview.hiring.models import Interview
from interview.hiring.rules import SEAT_WORDS, SeatKind
from interview.kit import forms, service
from interview.kit.rules import BUYER, DEVIATION_WORDS, ROADMAP_WORDS, TICK_WORDS, Offer
from interview.kit.service import Live
from interview.web.database import reading, writing
from interview.web.fields import sent_fields
from interview.web.guard import actor, may, now

blueprint = Blueprint("kit", __name__)


@blueprint.app_template_global("own_notes")
def own_notes(interview_id: int) -> tuple[Offer, ...]:
    """Give a scorecard's page what its interviewer noted and ticked."""
    return service.offers(reading(), actor(), interview_id)


@blueprint.get("/interviews/<int:interview_id>/kit")
@may("kit.view")
def show(interview_id: int) -> ResponseReturnValue:
    """Show the kit of a running interview, to the panel with their own sheet; 304 while nothing shared has changed."""
    interview = hiring.interview(reading(), interview_id)
    live = service.live(reading(), interview, now=now())
    etag = hashlib.sha256(repr(live.edition).encode()).hexdigest()
    if request.if_none_match.contains(etag):
        return "", 304
    answer = make_response(_page(interview, live))
    answer.set_etag(etag)
    return answer


@blueprint.post("/interviews/<int:interview_id>/kit/timer")
@may("kit.run")
def move_timer(interview_id: int) -> ResponseReturnValue:
    """Start or pause the timer, or lead it to the next section or back."""
    verb, seen_count = forms.read_move(sent_fields())
    with writing() as session:
        interview = hiring.interview(session, interview_id)
        service.move_timer(session, actor(), interview, verb, seen_count=seen_count, now=now())
    return _back(interview_id)


@blueprint.post("/interviews/<int:interview_id>/kit/prompts")
@may("kit.run")
def use_prompt(interview_id: int) -> ResponseReturnValue:
    """Count a prompt of the script as said."""
    with writing() as session:
        interview = hiring.interview(session, interview_id)
        service.use_prompt(session, actor(), interview, forms.read_prompt(sent_fields()), now=now())
    return _back(interview_id)


@blueprint.post("/interviews/<int:interview_id>/kit/prompts/<int:use_id>/removal")
@may("kit.run")
def take_back(interview_id: int, use_id: int) -> ResponseReturnValue:
    """Take back a prompt that was counted by mistake."""
    with writing() as session:
        service.take_back(session, actor(), hiring.interview(session, interview_id), use_id, now=now())
    return _back(interview_id)


@blueprint.post("/interviews/<int:interview_id>/kit/deviations")
@may("kit.run")
def log_deviation(interview_id: int) -> ResponseReturnValue:
    """Log what differed from the script; what cannot be logged comes back as it was typed."""
    kind, words = forms.read_deviation(sent_fields())
    try:
        with writing() as session:
            interview = hiring.interview(session, interview_id)
            service.log_deviation(session, actor(), interview, kind, words, now=now())
    except Invalid as refusal:
        if request.accept_mimetypes.best == "application/json":
            raise
        interview = hiring.interview(reading(), interview_id)
        live = service.live(reading(), interview, now=now())
        return _page(interview, live, typed=words, problem=refusal.sentence), 422
    return _back(interview_id)


@blueprint.patch("/interviews/<int:interview_id>/kit")
@may("kit.run")
def autosave(interview_id: int) -> ResponseReturnValue:
    """Save one's own sheet while one writes; answers with the new edition."""
    saving = forms.read_saving(sent_fields())
    with writing() as session:
        sheet = service.save(
            session,
            actor(),
            hiring.interview(session, interview_id),
            saving.sheet,
            edition=saving.edition,
            save_keys=saving.save_keys,
            now=now(),
        )
    assert sheet.saved_at is not None
    return jsonify(edition=sheet.edition, saved_at=sheet.saved_at.isoformat())


def _back(interview_id: int) -> ResponseReturnValue:
    return redirect(url_for("kit.show", interview_id=interview_id), 303)


def _page(interview: Interview, live: Live, *, typed: str = "", problem: str = "") -> str:
    kind = service.seat_kind(interview, actor())
    return render_template(
        "kit/show.html",
        interview=interview,
        live=live,
        own=service.own_sheet(reading(), actor(), interview) if kind else None,
        asks_roadmap=kind is SeatKind.HEAD_OF_PRODUCT,
        typed=typed,
        problem=problem,
        seat_words=SEAT_WORDS,
        buyer=BUYER,
        tick_words=TICK_WORDS,
        roadmap_words=ROADMAP_WORDS,
        deviation_words=DEVIATION_WORDS,
    )
