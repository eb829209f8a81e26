"""Pages of recorded pitches: the candidate records, uploads or writes; the team says how, and brings its own recording.

The protocol of parts is the same on both sides: begin, ask the offset, append at it, close with the hash."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from interview.access import Actor, Place
from interview.errors import Conflict, Invalid, NotFound
from interview.hiring import service as hiring
from interview.recording import forms, service
from interview.recording.models import Pitch, PitchPart
from interview.recording.rules import SECTIONS_MAX, TEXT_MAX_CHARS, WAY_WORDS, Section, Way
from interview.recording.service import OwnPitch
from interview.recording.service.parts import HashDiffers, empty, part_of
from interview.recording.service.pitches import consent_of
from interview.recording.service.recordings import State, is_noted
from interview.web.database import reading, writing
from interview.web.fields import first, number, save_keys, sent_fields, text
from interview.web.guard import actor, doors, may, now, stands_for

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from interview.hiring.models import Application, Interview

blueprint = Blueprint("recording", __name__)
SANDBOX = "default-src 'none'; sandbox"


@stands_for("part_id")
def _part_place(db: Session, one: Actor, part_id: int) -> Place | None:
    return service.place_of_part(db, one, part_id)


@blueprint.app_context_processor
def _for_templates() -> dict[str, Any]:
    """Give templates of other rooms how an application is pitched, and what can be played."""
    return {"own_pitch": _own_pitch, "playable": lambda interview_id: service.playable(reading(), interview_id)}


def _own_pitch(application: Application) -> OwnPitch:
    return service.own_pitch(reading(), application)


# -- the candidate: the pages ------------------------------------------------------------------------------------------


@blueprint.get("/pitch/record")
@may("pitch.own")
def record() -> ResponseReturnValue:
    """Show the recorder: set up, practise, record section by section, hand in."""
    application = service.open_pitch(reading(), actor())
    own = service.own_pitch(reading(), application)
    if not _takes_recordings(own):
        return redirect(url_for("prep.pitch"), 303)
    return render_template("recording/record.html", **_about(application, own))


@blueprint.get("/pitch/upload")
@may("pitch.own")
def upload() -> ResponseReturnValue:
    """Show the upload of a file, which goes on where it stopped."""
    application = service.open_pitch(reading(), actor())
    own = service.own_pitch(reading(), application)
    if not _takes_recordings(own):
        return redirect(url_for("prep.pitch"), 303)
    return render_template("recording/upload.html", **_about(application, own))


def _takes_recordings(own: OwnPitch) -> bool:
    return bool(own.setting.recorded and own.may_record and not own.hand_in and not own.closed)


@blueprint.get("/pitch/typed")
@may("pitch.own")
def typed() -> ResponseReturnValue:
    """Show the written pitch, as far as it is written."""
    application = service.open_pitch(reading(), actor())
    own = service.own_pitch(reading(), application)
    if own.hand_in or own.closed or not own.setting.typed:
        return redirect(url_for("prep.pitch"), 303)
    return _typed_page(application, own)


def _typed_page(application: Application, own: OwnPitch, typed: str | None = None, problem: str = "") -> str:
    return render_template(
        "recording/typed.html",
        text=own.text if typed is None else typed,
        problem=problem,
        text_max=TEXT_MAX_CHARS,
        **_about(application, own),
    )


def _about(application: Application, own: OwnPitch) -> dict[str, Any]:
    return {
        "application": application,
        "job": application.job,
        "own": own,
        "limit_bytes": doors().settings.upload_limit_bytes,
        "is_over": own.due_at is not None and now() > own.due_at,
    }


@blueprint.patch("/pitch/typed")
@may("pitch.own")
def typed_save() -> ResponseReturnValue:
    """Keep what is written while one writes."""
    fields = sent_fields()
    with writing() as db:
        application = service.open_pitch(db, actor())
        pitch = service.save_text(
            db,
            application,
            text(fields, "text"),
            edition=number(first(fields, "edition")),
            save_keys=save_keys(fields),
            now=now(),
        )
        answer = {"edition": pitch.edition, "saved_at": (pitch.saved_at or now()).isoformat()}
    return jsonify(answer)


@blueprint.post("/pitch/typed")
@may("pitch.own")
def typed_hand_in() -> ResponseReturnValue:
    """Save what is written and hand it in; what cannot be handed in comes back as it was written."""
    fields = sent_fields()
    sent = text(fields, "text")
    try:
        with writing() as db:  # first of all: kept, whatever comes of the rest
            application = service.open_pitch(db, actor())
            edition = number(first(fields, "edition"))
            service.save_text(db, application, sent, edition=edition, save_keys=save_keys(fields), now=now())
        with writing() as db:
            application = service.open_pitch(db, actor())
            service.hand_in_typed(db, actor(), application, files=doors().files, now=now())
    except Invalid as refusal:
        application = service.open_pitch(reading(), actor())
        own = service.own_pitch(reading(), application)
        return _typed_page(application, own, sent, refusal.sentence), 422
    except Conflict as refusal:
        if refusal.reason != "over":
            raise
        application = service.open_pitch(reading(), actor())  # what was saved in time is what can be handed in
        return _typed_page(application, service.own_pitch(reading(), application), problem=refusal.sentence), 409
    flash("Handed in. The team has your pitch now.", "success")
    return redirect(url_for("prep.pitch"), 303)


@blueprint.post("/pitch/hand-in/<way>")
@may("pitch.own")
def hand_in(way: str) -> ResponseReturnValue:
    """Hand in what was recorded or uploaded."""
    if way not in (Way.RECORDED, Way.UPLOADED):
        raise NotFound("There is no such way to pitch.")
    try:
        with writing() as db:
            application = service.open_pitch(db, actor())
            choice = forms.read_choice(request.form)
            service.hand_in_recorded(db, actor(), application, Way(way), choice, now=now())
    except Invalid as refusal:
        flash(refusal.sentence, "danger")
        return redirect(url_for("recording.record" if way == Way.RECORDED else "recording.upload"), 303)
    flash("Handed in. It is being prepared for the team now: you need not wait for it.", "success")
    return redirect(url_for("prep.pitch"), 303)


# -- the candidate: parts ----------------------------------------------------------------------------------------------


@blueprint.post("/pitch/parts")
@may("pitch.own")
def begin() -> ResponseReturnValue:
    """Begin a part under the browser's name for it, or find it again."""
    new, _ = forms.read_new_part(request.get_json(silent=True))
    with writing() as db:
        application = service.open_pitch(db, actor())
        own = service.own_pitch(db, application)
        known = any(part.name == new.name for part in own.parts)
        service.check_recordable(db, application, now=None if known else now())
        part = service.begin_part(
            db,
            actor(),
            service.begin_pitch(db, application, now=now()),
            new,
            files=doors().files,
            limit_bytes=doors().settings.upload_limit_bytes,
            sections_count=len(own.setting.sections),
            takes_max=own.setting.takes_max,
            now=now(),
        )
        answer = _told(part)
    return jsonify(answer), 201


@blueprint.get("/pitch/parts/<int:part_id>")
@may("pitch.own")
def part(part_id: int) -> ResponseReturnValue:
    """Answer how many bytes of a part are here."""
    return jsonify(_told(_own_part(part_id)))


@blueprint.patch("/pitch/parts/<int:part_id>")
@may("pitch.own")
def append(part_id: int) -> ResponseReturnValue:
    """Append bytes at the offset that the header says."""
    return _append(_own_part(part_id))


@blueprint.post("/pitch/parts/<int:part_id>/finish")
@may("pitch.own")
def finish(part_id: int) -> ResponseReturnValue:
    """Close a part, once its bytes are here and the hashes agree."""
    return _finish(_own_part(part_id))


@blueprint.get("/pitch/parts/<int:part_id>/media")
@may("pitch.own")
def own_media(part_id: int) -> Response:
    """Play a part back to whom it is of, before it is handed in."""
    found = _own_part(part_id)
    content_type = {b"\x1a\x45\xdf\xa3": "video/webm"}.get(doors().files.head(found.file_key, 4), "video/mp4")
    if found.finished_at is None:
        raise NotFound("This has not arrived completely yet.")
    return _media(found.file_key, content_type, etag=found.sha256 or str(found.id))


def _own_part(part_id: int) -> PitchPart:
    """Return a part of the candidate's own pitch. Raises NotFound, and what the gate raises."""
    application = service.open_pitch(reading(), actor())
    pitch = service.own_pitch(reading(), application).pitch
    if pitch is None:
        raise NotFound("There is no such recording.")
    return part_of(reading(), pitch, part_id)


def _told(found: PitchPart) -> dict[str, Any]:
    return {
        "id": found.id,
        "name": found.name,
        "offset": service.grown_bytes(found, files=doors().files),
        "finished": found.finished_at is not None,
        "section": found.section,
        "take": found.take,
        "sha256": found.sha256,
    }


def _append(found: PitchPart) -> ResponseReturnValue:
    offset_bytes = forms.read_offset(request.headers.get("Upload-Offset"))
    files, limit_bytes = doors().files, doors().settings.upload_limit_bytes
    others_bytes = service.sent_bytes([part for part in found.pitch.parts if part.id != found.id], files=files)
    _let_go(found)
    content = request.get_data(cache=False)
    have = service.append(
        found,
        content,
        offset_bytes=offset_bytes,
        others_bytes=others_bytes,
        files=files,
        limit_bytes=limit_bytes,
    )
    return jsonify(offset=have)


def _let_go(found: PitchPart) -> None:
    """Give the database connection back before something slow; the part stays as it was read."""
    reading().expunge(found)
    reading().rollback()


def _finish(found: PitchPart, then: Callable[[Session, PitchPart], None] | None = None) -> ResponseReturnValue:
    """Close a part; `then` stands in the same transaction."""
    closing, part_id, files = forms.read_closing(request.get_json(silent=True)), found.id, doors().files
    _let_go(found)
    try:
        stored = service.arrived(found, sha256=closing.sha256, size_bytes=closing.size_bytes, files=files, now=now())
    except HashDiffers:
        with writing() as db:
            empty(db, part_id, files=files)
        raise
    length_ms = closing.length_ms
    if closing.sha256 is None and stored is not None and not length_ms:
        length_ms = service.measured_ms(stored.key, doors=doors())
    with writing() as db:
        closed = service.finish_part(db, part_id, stored, length_ms=length_ms, now=now())
        if then is not None:
            then(db, closed)
        told = _told(closed)
    return jsonify(told)


# -- the team ----------------------------------------------------------------------------------------------------------


@blueprint.get("/jobs/<int:job_id>/pitch")
@may("job.edit")
def setting(job_id: int) -> str:
    """Show how a job takes pitches."""
    found = service.setting_of(reading(), job_id)
    return _setting_page(job_id, forms.SettingForm(formdata=None, obj=found), found.sections)


@blueprint.post("/jobs/<int:job_id>/pitch")
@may("job.edit")
def setting_save(job_id: int) -> ResponseReturnValue:
    """Change how a job takes pitches."""
    form, sections = forms.SettingForm(), forms.read_sections(request.form)
    if not form.validate_on_submit():
        return _setting_page(job_id, form, sections), 422
    try:
        with writing() as db:
            service.change_setting(db, actor(), hiring.job(db, job_id), form.setting(sections), now=now())
    except Invalid as refusal:
        form.form_errors.append(refusal.sentence)
        return _setting_page(job_id, form, sections), 422
    flash("Saved. Candidates see it on their pitch page at once.", "success")
    return redirect(url_for("hiring.job", job_id=job_id), 303)


def _setting_page(job_id: int, form: forms.SettingForm, sections: tuple[Section, ...]) -> str:
    return render_template(
        "recording/setting.html",
        job=hiring.job(reading(), job_id),
        form=form,
        sections=[*sections, *[None] * (SECTIONS_MAX - len(sections))],
    )


@blueprint.get("/interviews/<int:interview_id>/recording")
@may("recording.view")
def show(interview_id: int) -> str:
    """Show the recording of an interview, who opened it, and the upload of a live pitch's recording."""
    db = reading()
    interview = hiring.interview(db, interview_id)
    own = service.pitch_of_interview(db, interview_id)
    brought = service.team_pitch(db, actor(), interview, begin=False, now=now())
    states = [service.recording_state(db, pitch) if pitch else None for pitch in (brought, own)]
    return render_template(
        "recording/show.html",
        interview=interview,
        application=interview.application,
        own=own,
        brought=states[0],
        is_given_up=states[0] is not None and service.is_given_up(db, states[0]),
        was_deleted=any(one is not None and one.state == State.DELETED for one in states),
        is_sent_in=service.is_sent_in(db, interview.application_id),
        upload=brought.parts[-1] if brought and brought.parts else None,
        openings=service.openings_of(db, interview_id),
        agreed=consent_of(db, interview.application_id),
        limit_bytes=doors().settings.upload_limit_bytes,
        way_words=WAY_WORDS,
    )


@blueprint.get("/interviews/<int:interview_id>/recording/<int:recording_id>")
@may("recording.view")
def media(interview_id: int, recording_id: int) -> Response:
    """Send a recording, or the range of it that a player asks for; the audit trail says who opened it."""
    found, at = service.media_for(reading(), interview_id, recording_id), now()
    if not is_noted(reading(), actor(), recording_id, now=at):
        with writing() as db:
            service.note_opened(db, actor(), interview_id, recording_id, now=at)
    return _media(found.file_key, found.content_type, etag=found.sha256)


def _media(file_key: str, content_type: str, *, etag: str) -> Response:
    path = doors().files.local_path(file_key)
    reading().rollback()  # a download may take minutes and needs no database connection
    answer = send_file(path, mimetype=content_type, conditional=True, etag=etag, max_age=0)
    answer.headers["Content-Security-Policy"] = SANDBOX
    answer.headers.pop("Content-Disposition", None)
    answer.cache_control.private = True
    return answer


@blueprint.post("/interviews/<int:interview_id>/recording/parts")
@may("recording.manage")
def team_begin(interview_id: int) -> ResponseReturnValue:
    """Begin the upload of a live pitch's recording, or find it again."""
    new, _ = forms.read_new_part(request.get_json(silent=True))
    if new.way is not Way.UPLOADED:
        raise Invalid("The team uploads a file.")
    with writing() as db:
        interview = hiring.interview(db, interview_id)
        pitch = service.team_pitch(db, actor(), interview, begin=True, now=now())
        assert pitch is not None
        part = service.begin_part(
            db,
            actor(),
            pitch,
            new,
            files=doors().files,
            limit_bytes=doors().settings.upload_limit_bytes,
            takes_max=1,
            now=now(),
        )
        answer = _told(part)
    return jsonify(answer), 201


@blueprint.get("/interviews/<int:interview_id>/recording/parts/<int:part_id>")
@may("recording.manage")
def team_part(interview_id: int, part_id: int) -> ResponseReturnValue:
    """Answer how many bytes of an upload are here."""
    return jsonify(_told(part_of(reading(), _team_pitch(reading(), interview_id), part_id)))


@blueprint.patch("/interviews/<int:interview_id>/recording/parts/<int:part_id>")
@may("recording.manage")
def team_append(interview_id: int, part_id: int) -> ResponseReturnValue:
    """Append bytes at the offset that the header says."""
    return _append(part_of(reading(), _team_pitch(reading(), interview_id), part_id))


@blueprint.post("/interviews/<int:interview_id>/recording/parts/<int:part_id>/finish")
@may("recording.manage")
def team_finish(interview_id: int, part_id: int) -> ResponseReturnValue:
    """Close an upload, and have the recording prepared."""
    found = part_of(reading(), _team_pitch(reading(), interview_id), part_id)
    return _finish(found, lambda db, part: service.bring_recording(db, actor(), part, now=now()))


def _team_pitch(db: Session, interview_id: int) -> Pitch:
    interview: Interview = hiring.interview(db, interview_id)
    pitch = service.team_pitch(db, actor(), interview, begin=False, now=now())
    if pitch is None:
        raise NotFound("There is no such recording.")
    return pitch
