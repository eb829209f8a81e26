"""Pages of writing down a recording: what it costs, how far it is, cancelling, trying a failed part again."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from interview.errors import NotFound
from interview.hiring import service as hiring
from interview.transcription import rules, service
from interview.web.database import reading, writing
from interview.web.guard import actor, doors, may, now
from interview.web.waiting import waiting

blueprint = Blueprint("transcription", __name__)


@blueprint.app_template_global("speech_is_on")
def speech_is_on() -> bool:
    """Tell a page of any room whether there is a model that writes down speech."""
    return doors().speech.about.is_on


@blueprint.get("/interviews/<int:interview_id>/transcription")
@may("transcript.manage")
def show(interview_id: int) -> str:
    """Show what writing down the recording would cost, or how far it is."""
    db = reading()
    interview = hiring.interview(db, interview_id)
    about = doors().speech.about
    source = service.source(db, interview_id)
    runs = service.runs(db, interview_id)
    known = service.begun_before(runs, source.sha256, about.key) if source else None
    return render_template(
        "transcription/show.html",
        interview=interview,
        about=about,
        source=source,
        consent=service.has_consent(db, interview.application_id),
        micros=rules.cost_micros(source.duration_ms, about.minute_price) if source else None,
        run=runs[0] if runs else None,
        known=known,
        progress=service.progress(db, runs[0]) if runs else None,
    )


@blueprint.get("/interviews/<int:interview_id>/transcription/progress")
@may("transcript.manage")
def progress(interview_id: int) -> ResponseReturnValue:
    """Tell a waiting page how far the newest run is."""
    runs = service.runs(reading(), interview_id)
    if not runs:
        raise NotFound("Nothing is being written down.")
    found = service.progress(reading(), runs[0])
    return waiting(runs[0].number, runs[0].requested_at, found.is_open, found.done_count, found.parts_count)


@blueprint.post("/interviews/<int:interview_id>/transcription")
@may("transcript.manage")
def begin(interview_id: int) -> ResponseReturnValue:
    """Ask for the recording to be written down."""
    with writing() as db:
        service.begin(db, actor(), hiring.interview(db, interview_id), doors().speech.about, now=now())
    flash("The recording is being written down. This page shows how far it is.", "success")
    return redirect(url_for(".show", interview_id=interview_id), 303)


@blueprint.post("/interviews/<int:interview_id>/transcription/<int:number>/cancellation")
@may("transcript.manage")
def cancel(interview_id: int, number: int) -> ResponseReturnValue:
    """Stop a run."""
    with writing() as db:
        service.cancel(db, actor(), interview_id, number, now=now())
    flash("Cancelled. What was not sent yet is not sent any more.", "success")
    return redirect(url_for(".show", interview_id=interview_id), 303)


@blueprint.post("/interviews/<int:interview_id>/transcription/<int:number>/retry")
@may("transcript.manage")
def retry(interview_id: int, number: int) -> ResponseReturnValue:
    """Go on where a run failed."""
    with writing() as db:
        service.retry(db, actor(), interview_id, number, doors().speech.about, now=now())
    flash("It goes on where it stopped: what was answered is kept.", "success")
    return redirect(url_for(".show", interview_id=interview_id), 303)
