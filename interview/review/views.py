"""Pages of the review: recording and transcript side by side, captions, clips."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from interview.errors import Invalid
from interview.hiring import service as hiring
from interview.review import service
from interview.review.forms import ClipForm
from interview.review.models import Clip
from interview.web.database import reading, writing
from interview.web.guard import actor, may, now

blueprint = Blueprint("review", __name__)
SPEEDS = ("0.75", "1", "1.25", "1.5", "1.75", "2")


@blueprint.app_template_global("clips_of_application")
def clips_of_application(application_id: int) -> list[Clip]:
    """Give the debrief the clips that its reader may see."""
    interviews = hiring.interviews_of(reading(), [application_id])[application_id]
    return service.clips_of(reading(), actor(), [one.id for one in interviews])


@blueprint.get("/interviews/<int:interview_id>/review")
@may("recording.view")
def show(interview_id: int) -> str:
    """Show the recording with its transcript, marks and clips."""
    return _page(interview_id, ClipForm(formdata=None))


def _page(interview_id: int, form: ClipForm) -> str:
    interview = hiring.interview(reading(), interview_id)
    return render_template(
        "review/show.html",
        interview=interview,
        application=interview.application,
        review=service.review(reading(), actor(), interview),
        form=form,
        speeds=SPEEDS,
        is_seated=hiring.is_on_panel(reading(), interview_id, actor().person_id),
    )


@blueprint.get("/interviews/<int:interview_id>/captions.vtt")
@may("recording.view")
def captions(interview_id: int) -> Response:
    """Send the transcript in use as captions."""
    answer = Response(service.captions_of(reading(), interview_id), content_type="text/vtt; charset=utf-8")
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


@blueprint.post("/interviews/<int:interview_id>/clips")
@may("clip.make")
def make_clip(interview_id: int) -> ResponseReturnValue:
    """Make a clip; what cannot be made comes back as it was typed."""
    form = ClipForm()
    if not form.validate_on_submit():
        return _page(interview_id, form), 422
    start_ms, end_ms = form.moments()
    try:
        with writing() as db:
            service.make_clip(
                db,
                actor(),
                hiring.interview(db, interview_id),
                start_ms=start_ms,
                end_ms=end_ms,
                title=form.title.data or "",
                now=now(),
            )
    except Invalid as refusal:
        for name, sentence in refusal.fields.items():
            form[name].errors = [sentence]
        return _page(interview_id, form), 422
    flash("The clip is made. Others see it when their scorecards and yours are in.", "success")
    return redirect(url_for("review.show", interview_id=interview_id) + "#clips", 303)


@blueprint.post("/interviews/<int:interview_id>/clips/<int:clip_id>/removal")
@may("clip.make")
def remove_clip(interview_id: int, clip_id: int) -> ResponseReturnValue:
    """Remove one's own clip."""
    with writing() as db:
        service.remove_clip(db, actor(), hiring.interview(db, interview_id), clip_id, now=now())
    flash("The clip is removed.", "success")
    return redirect(url_for("review.show", interview_id=interview_id) + "#clips", 303)
