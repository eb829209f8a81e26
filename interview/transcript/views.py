"""Pages of transcripts: upload at the interview, warnings by line, who is who by hand, the words, the original file."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response

from interview.errors import NotFound
from interview.hiring import service as hiring
from interview.hiring.rules import SEAT_WORDS
from interview.transcript import service
from interview.transcript.forms import UploadForm, read_speakers
from interview.transcript.models import Transcript
from interview.transcript.rules.decoding import MAX_BYTES
from interview.transcript.rules.segments import TranscriptRefused
from interview.web.database import reading, writing
from interview.web.guard import actor, doors, may, now

blueprint = Blueprint("transcript", __name__)

PAGE_SEGMENTS = 1000
LARGEST_INT = 2**31 - 1  # what a column can hold
NO_VERSION = "There is no such version of the transcript."
FORMAT_WORDS = {"webvtt": "WebVTT", "srt": "SubRip", "text": "plain text"}


@blueprint.get("/interviews/<int:interview_id>/transcript")
@may("transcript.view")
def show(interview_id: int) -> str:
    """Show an interview's transcript, or the version asked for, and the upload."""
    number = request.args.get("version", type=int)
    if number is not None and not 0 < number <= LARGEST_INT:
        raise NotFound(NO_VERSION)
    return _page(interview_id, UploadForm(), _transcript(interview_id, number) if number is not None else None)


@blueprint.post("/interviews/<int:interview_id>/transcript")
@may("transcript.manage", upload=True)
def upload(interview_id: int) -> Response | tuple[str, int]:
    """Take a file as the interview's transcript; a refused one changes nothing."""
    form = UploadForm()
    if not form.validate_on_submit():
        return _page(interview_id, form), 422
    sent = form.file.data
    try:
        received = service.receive(sent.filename, sent.stream.read(MAX_BYTES + 1), files=doors().files)
    except TranscriptRefused as refusal:
        form.file.errors = [refusal.sentence]
        return _page(interview_id, form), 422
    with writing() as db:
        kept = service.add(db, actor(), hiring.interview(db, interview_id), received, now=now()).file_key
    if kept != received.stored.key:  # the file in use came again: one copy is enough
        doors().files.delete(received.stored.key)
    flash("The transcript was read. Please say who is who, and look at the warnings if there are any.", "success")
    return redirect(url_for("transcript.show", interview_id=interview_id), 303)


@blueprint.post("/interviews/<int:interview_id>/transcript/<int:version>/speakers")
@may("transcript.manage")
def speakers(interview_id: int, version: int) -> Response:
    """Keep who each speaker is."""
    labels = [label.label for label in service.labels(reading(), _transcript(interview_id, version))]
    said = read_speakers(labels, request.form)
    with writing() as db:
        interview = hiring.interview(db, interview_id)
        service.map_speakers(db, actor(), interview, number=version, speakers=said, now=now())
    flash("The speakers are named.", "success")
    return redirect(url_for("transcript.show", interview_id=interview_id), 303)


@blueprint.get("/interviews/<int:interview_id>/transcript/<int:version>/file")
@may("transcript.view")
def original(interview_id: int, version: int) -> Response:
    """Send the file as it was uploaded: as an attachment, never rendered."""
    found = _transcript(interview_id, version)
    answer = send_file(
        doors().files.local_path(found.file_key),
        mimetype="application/octet-stream",
        as_attachment=True,
        download_name=found.file_name or "transcript",
    )
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


def _transcript(interview_id: int, number: int) -> Transcript:
    found = service.transcript_of(reading(), interview_id, number=number)
    if found is None:
        raise NotFound(NO_VERSION)
    return found


def _page(interview_id: int, form: UploadForm, asked: Transcript | None = None) -> str:
    db = reading()
    interview = hiring.interview(db, interview_id)
    versions = service.versions(db, interview_id)
    newest = versions[0] if versions else None
    transcript = asked or newest
    after = min(max(0, request.args.get("after", 0, type=int)), LARGEST_INT)
    if transcript is None:
        return render_template("transcript/show.html", interview=interview, form=form, transcript=None)
    return render_template(
        "transcript/show.html",
        interview=interview,
        form=form,
        transcript=transcript,
        is_newest=transcript is newest,
        versions=versions,
        labels=service.labels(db, transcript),
        segments=service.segments(db, transcript, after=after, limit=PAGE_SEGMENTS),
        last_shown=after + PAGE_SEGMENTS,
        facts=service.talk_facts(db, transcript),
        format_words=FORMAT_WORDS[transcript.format],
        seat_words=SEAT_WORDS,
    )
