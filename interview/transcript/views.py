"""Pages of transcripts: upload at the interview, warnings by line, who is who by hand, the words, the original file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response

from interview.access import Actor, Place
from interview.errors import Invalid, NotFound
from interview.hiring import service as hiring
from interview.hiring.rules import SEAT_WORDS, Stage
from interview.transcript import service
from interview.transcript.forms import CorrectionForm, UploadForm, chosen_labels, read_speakers
from interview.transcript.models import Transcript
from interview.transcript.rules.corrections import longest_for
from interview.transcript.rules.decoding import MAX_BYTES
from interview.transcript.rules.segments import TranscriptRefused
from interview.web.database import reading, writing
from interview.web.guard import actor, doors, may, now, stands_for

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

blueprint = Blueprint("transcript", __name__)

PAGE_SEGMENTS = 1000
LARGEST_INT = 2**31 - 1  # what a column can hold
NO_VERSION = "There is no such version of the transcript."
OWN_PAGE_SEGMENTS = 100
FORMAT_WORDS = {
    "webvtt": "WebVTT",
    "srt": "SubRip",
    "sbv": "YouTube captions (SBV)",
    "text": "plain text",
    "meet": "Google Meet",
    "teams_docx": "Word document with names and times (Teams, Otter)",
    "word": "Word document",
    "whisper": "Whisper (JSON)",
    "whisperx": "Whisper with speakers (JSON)",
    "openai": "OpenAI transcription (JSON)",
    "openai_verbose": "OpenAI transcription (JSON)",
    "openai_diarized": "OpenAI transcription with speakers (JSON)",
    "assemblyai": "AssemblyAI (JSON)",
    "deepgram": "Deepgram (JSON)",
    "rev": "Rev (JSON)",
    "fireflies": "Fireflies (JSON)",
    "gong": "Gong (JSON)",
    "meet_entries": "Google Meet entries (JSON)",
    "turns": "list of turns (JSON)",
}


@stands_for("segment_id")
def _segment(db: Session, one: Actor, segment_id: int) -> Place | None:
    return service.place_of_segment(db, one, segment_id)


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
    found = service.labels(reading(), _transcript(interview_id, version))
    labels = [label.label for label in found]
    said = read_speakers(labels, request.form)
    chosen = chosen_labels(labels, request.form)
    with writing() as db:
        interview = hiring.interview(db, interview_id)
        apart = request.form.get("apart", "")
        if request.form.get("do") == "swap":
            pair = _pair(chosen, [label.label for label in found if not label.merged_into])
            service.swap_speakers(db, actor(), interview, pair=pair, speakers=said, number=version, now=now())
            flash("The two are exchanged.", "success")
        elif request.form.get("do") == "join":
            service.map_speakers(db, actor(), interview, speakers=said, number=version, now=now())
            service.merge_labels(db, actor(), interview, labels_chosen=chosen, number=version, now=now())
            flash("They are one voice now. You can tell them apart again below.", "success")
        elif apart:
            service.split_label(db, actor(), interview, label=_label(labels, apart), number=version, now=now())
            flash("They are told apart again.", "success")
        else:
            service.map_speakers(db, actor(), interview, speakers=said, number=version, now=now())
            flash("The speakers are named.", "success")
    return redirect(url_for("transcript.show", interview_id=interview_id), 303)


def _pair(chosen: list[str], labels: list[str]) -> tuple[str, str]:
    """Return the two ticked names; without a tick the two that there are."""
    two = chosen or labels
    if len(two) != 2:
        raise Invalid("Tick the two names that are to be exchanged.")
    return two[0], two[1]


def _label(labels: list[str], index: str) -> str:
    if not (index.isascii() and index.isdecimal() and len(index) < 6 and int(index) < len(labels)):
        raise Invalid("One of the names was sent in a way no page of ours does. Reload the page.")
    return labels[int(index)]


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


# -- the candidate -------------------------------------------------------------------------------------------------


@blueprint.get("/prep/transcript")
@may("transcript.own")
def own() -> str:
    """Show a candidate the words of the own pitch; `edit` opens one passage for a correction."""
    return _own_page()


@blueprint.post("/prep/transcript/segments/<int:segment_id>/correction")
@may("transcript.own")
def correct(segment_id: int) -> Response | tuple[str, int]:
    """Keep a candidate's correction; a refused one stays in its field."""
    form = CorrectionForm()
    try:
        if not form.validate():
            return _own_page(segment_id, form), 422
        with writing() as db:
            service.correct(db, actor(), segment_id, form.words.data or "", now=now())
    except Invalid as refusal:
        form.words.errors = [refusal.sentence]
        return _own_page(segment_id, form), 422
    flash("Your correction is kept. The team sees it beside the original words.", "success")
    return redirect(_own_url(segment_id), 303)


@blueprint.post("/prep/transcript/segments/<int:segment_id>/correction/removal")
@may("transcript.own")
def take_back(segment_id: int) -> Response:
    """Take a correction back."""
    with writing() as db:
        service.take_back(db, actor(), segment_id, now=now())
    flash("Taken back: the original words stand alone again.", "success")
    return redirect(_own_url(segment_id), 303)


def _own_url(segment_id: int) -> str:
    return url_for("transcript.own", passage=segment_id, _anchor=f"segment-{segment_id}")


def _own_page(editing: int | None = None, form: CorrectionForm | None = None) -> str:
    db = reading()
    application = hiring.application(db, actor().application_id or 0)
    transcripts = service.own_transcripts(db, actor())
    about = editing or request.args.get("edit", type=int) or request.args.get("passage", type=int)
    if not transcripts:
        return render_template("transcript/own.html", application=application, transcript=None)
    asked = request.args.get("interview", type=int)
    chosen = [one for one in transcripts if one.interview_id == asked]
    found = service.ordinal_of(db, about, transcripts) if about is not None and 0 < about <= LARGEST_INT else None
    transcript = found[0] if found else (chosen or transcripts)[0]
    after = min(max(0, request.args.get("after", 0, type=int)), LARGEST_INT)
    if found:
        after = (found[1] - 1) // OWN_PAGE_SEGMENTS * OWN_PAGE_SEGMENTS
    segments = service.segments(db, transcript, after=after, limit=OWN_PAGE_SEGMENTS)
    editing = editing or request.args.get("edit", type=int)
    edited = next((one for one in segments if one.id == editing), None)
    if edited and form is None:
        form = CorrectionForm(formdata=None, data={"words": edited.correction or edited.text})
    return render_template(
        "transcript/own.html",
        application=application,
        transcript=transcript,
        transcripts=transcripts,
        segments=segments,
        roles=service.roles_for_candidate(db, transcript),
        corrections_count=service.corrections_count(db, transcript),
        edited=edited,
        form=form,
        longest=longest_for(edited.text) if edited else 0,
        is_open=Stage(application.stage) is not Stage.DECIDED,
        after=after,
        last_shown=after + OWN_PAGE_SEGMENTS,
        page_segments=OWN_PAGE_SEGMENTS,
    )


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
        corrections_count=service.corrections_count(db, transcript),
        format_words=FORMAT_WORDS.get(transcript.format, transcript.format),
        seat_words=SEAT_WORDS,
    )
