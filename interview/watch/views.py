"""Pages and routes of the watch room: material for the team, the player, leases and beats, films and captions."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from flask import Blueprint, Response, flash, g, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import UnsupportedMediaType

from interview.access import Actor, Place
from interview.errors import Invalid, NotFound, Refusal, TooLarge
from interview.hiring import service as hiring
from interview.hiring.views import candidate_token
from interview.people.rules import digest
from interview.watch import forms, service, views_elsewhere
from interview.watch.models import Material, MaterialVersion
from interview.watch.rules.beats import MAX_BODY_BYTES, read_beat, read_json
from interview.watch.rules.captions import paragraphs, read_captions
from interview.watch.rules.clocks import Reading
from interview.watch.rules.keys import MediaKey, read_key
from interview.watch.rules.material import KIND_WORDS, Kind, Source, VersionState, Way, read_excluded, write_excluded
from interview.watch.rules.media import Container
from interview.watch.rules.ranges import decode
from interview.watch.rules.streams import ENTRY
from interview.web.cookies import check_form_token
from interview.web.database import reading, sharing, writing
from interview.web.guard import actor, admits, check, doors, let_in, may, now, stands_for
from interview.web.limits import unlimited
from interview.web.refusals import status_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

T = TypeVar("T")

blueprint = Blueprint("watch", __name__)
blueprint.register_blueprint(views_elsewhere.blueprint)
SANDBOX = "default-src 'none'; sandbox"


@stands_for("material_id")
def _material(db: Session, one: Actor, material_id: int) -> Place | None:
    return service.place_of_material(db, one, material_id)


# -- the team's pages ----------------------------------------------------------------------------------------------


@blueprint.get("/jobs/<int:job_id>/materials")
@may("job.view")
def materials(job_id: int) -> str:
    """List a job's material, with the form to add some."""
    return _materials_page(job_id, forms.UploadForm())


@blueprint.post("/jobs/<int:job_id>/materials")
@may("material.manage", upload=True)
def upload(job_id: int) -> ResponseReturnValue:
    """Add material."""
    form = forms.UploadForm()
    if not form.validate():
        return _materials_page(job_id, form), 422

    def store() -> int:
        text, cues = form.text(), form.cues()

        def write(db: Session, film: service.StoredFilm) -> int:
            return service.add_material(db, actor(), hiring.job(db, job_id), text, film, cues, now=now()).id

        return _with_film(form, write)

    refused, material_id = _attempt(form, store)
    if refused:
        return _materials_page(job_id, form), refused
    flash("The film was uploaded and is being looked into. Candidates see it as soon as it is ready.", "success")
    return redirect(url_for("watch.material", material_id=material_id), 303)


@blueprint.get("/materials/<int:material_id>")
@may("job.view")
def material(material_id: int) -> str:
    """Show one piece of material: its state, the film, captions, and what can be changed."""
    return _material_page(material_id)


@blueprint.post("/materials/<int:material_id>")
@may("material.manage")
def edit(material_id: int) -> ResponseReturnValue:
    """Change what is said about material and what of the film does not count."""
    form = forms.EditForm()
    if not form.validate():
        return _material_page(material_id, edit_form=form), 422

    def store() -> None:
        with writing() as db:
            found = service.material(db, material_id)
            duration_ms = found.ready.film.duration_ms if found.ready else 0
            excluded = read_excluded(form.excluded.data or "", duration_ms)
            service.edit_material(db, actor(), found, form.text(), excluded, now=now())

    refused, _ = _attempt(form, store)
    if refused:
        return _material_page(material_id, edit_form=form), refused
    flash("Saved.", "success")
    return redirect(url_for("watch.material", material_id=material_id), 303)


@blueprint.post("/materials/<int:material_id>/captions")
@may("material.manage", upload=True)
def caption(material_id: int) -> ResponseReturnValue:
    """Put captions on material."""
    form = forms.CaptionsForm()
    if not form.validate():
        return _material_page(material_id, captions_form=form), 422

    def store() -> None:
        cues = form.cues()
        with writing() as db:
            service.add_captions(db, actor(), service.material(db, material_id), cues, now=now())

    refused, _ = _attempt(form, store)
    if refused:
        return _material_page(material_id, captions_form=form), refused
    flash("The captions are in place.", "success")
    return redirect(url_for("watch.material", material_id=material_id), 303)


@blueprint.post("/materials/<int:material_id>/film")
@may("material.manage", upload=True)
def replace(material_id: int) -> ResponseReturnValue:
    """Upload a new version of the film."""
    form = forms.VersionForm()
    if not form.validate():
        return _material_page(material_id, film_form=form), 422

    def store() -> None:
        cues = form.cues()

        def write(db: Session, film: service.StoredFilm) -> None:
            found = service.material(db, material_id)
            service.replace_film(db, actor(), found, film, cues, asks_again=form.asks_again.data, now=now())

        _with_film(form, write)

    refused, _ = _attempt(form, store)
    if refused:
        return _material_page(material_id, film_form=form), refused
    flash("The new version was uploaded. Candidates see it as soon as it is ready.", "success")
    return redirect(url_for("watch.material", material_id=material_id), 303)


@blueprint.post("/materials/<int:material_id>/withdrawal")
@may("material.manage")
def withdraw(material_id: int) -> ResponseReturnValue:
    """Take material away from candidates."""
    with writing() as db:
        service.withdraw_material(db, actor(), service.material(db, material_id), now=now())
    flash("Withdrawn. Candidates no longer see it; what they watched is kept.", "success")
    return redirect(url_for("watch.material", material_id=material_id), 303)


@blueprint.post("/materials/<int:material_id>/restoration")
@may("material.manage")
def restore(material_id: int) -> ResponseReturnValue:
    """Show withdrawn material again."""
    with writing() as db:
        service.restore_material(db, actor(), service.material(db, material_id), now=now())
    flash("Candidates see it again.", "success")
    return redirect(url_for("watch.material", material_id=material_id), 303)


@blueprint.post("/materials/<int:material_id>/order/<any(up,down):direction>")
@may("material.manage")
def move(material_id: int, direction: str) -> ResponseReturnValue:
    """Move material up or down in the list."""
    with writing() as db:
        moved = service.material(db, material_id)
        service.move_material(db, actor(), moved, up=direction == "up", now=now())
        job_id = moved.job_id
    return redirect(url_for("watch.materials", job_id=job_id), 303)


# -- the candidate's page ------------------------------------------------------------------------------------------


@blueprint.get("/prep/material/<int:material_id>")
@may("prep.own")
def show(material_id: int) -> ResponseReturnValue:
    """Show the player with what is covered and what is missing."""
    db = reading()
    found, version = service.visible_material(db, material_id)
    if version.address:
        return views_elsewhere.page(found, version)
    cues = read_captions(version.captions.content.encode()) if version.captions else ()
    return render_template(
        "watch/show.html",
        material=found,
        version=version,
        media_url=_media_url(actor(), version),
        kind=KIND_WORDS[Kind(found.kind)],
        standing=service.standing(db, actor(), version),
        transcript=paragraphs(cues),
        job=hiring.job(db, found.job_id),
    )


@blueprint.get("/prep/material/<int:material_id>/reading")
@may("prep.own")
def read(material_id: int) -> str:
    """Show the transcript, section by section, in place of the film."""
    db = reading()
    found, version = service.visible_material(db, material_id)
    here = service.sections_of(version)
    if not here:
        raise NotFound("There is no transcript to read here. Your checklist shows what there is.")
    return render_template(
        "watch/reading.html",
        material=found,
        version=version,
        standing=service.standing(db, actor(), version),
        sections=here,
        job=hiring.job(db, found.job_id),
    )


@blueprint.post("/prep/material/<int:material_id>/reading")
@may("prep.own")
def tell(material_id: int) -> ResponseReturnValue:
    """Keep whether the team may see that the transcript was read."""
    with writing() as db:
        service.visible_material(db, material_id)
        service.tell(db, actor(), material_id, tells="tells" in request.form)
    flash("Saved.", "success")
    return redirect(url_for("watch.read", material_id=material_id), 303)


# -- the protocol --------------------------------------------------------------------------------------------------


@blueprint.post("/watch/<int:material_id>/lease")
@may("prep.own")
def lease(material_id: int) -> ResponseReturnValue:
    """Open a session, to play or (`way` "read") to read; the candidate's other one, wherever it is, is superseded."""
    fields = _message()
    _check_csrf(fields)
    way = fields.get("way", Way.PLAY.value)
    if way not in list(Way):
        raise Invalid("way must be play or read.", reason="bad_way")
    number = fields.get("version")
    if number is not None and type(number) is not int:
        raise Invalid("version must be a whole number.", reason="bad_version")
    device = "phone" if "Mobi" in request.user_agent.string else "computer"
    with writing() as db:
        opened = service.open_lease(
            db, actor(), material_id, reading=_clocks(), device=device, now=now(), way=Way(way), number=number
        )
        media_url = _media_url(actor(), service.visible_material(db, material_id)[1])
    return _json({**opened.as_json(), "media": media_url}, 201)


lease.checks_csrf = True  # type: ignore[attr-defined]


@blueprint.post("/watch/lease/<lease_id>/beat")
@may("prep.own", inside=True)
@unlimited  # by candidate, not by address: the budget row keeps the pace
def beat(lease_id: str) -> ResponseReturnValue:
    """Take what a player observed and answer what the server makes of it."""
    fields = _message()
    _check_csrf(fields)
    observed, clocks, at, token = read_beat(fields), _clocks(), now(), candidate_token()
    received: service.ReceivedBeat | None = None
    if token and service.is_lease_id(lease_id):
        sent = service.SentBeat(digest(token), lease_id, observed, clocks, at, _admits)
        received = sharing(service.receive_beats).run(sent)
    if received is None:  # the ordinary way: the guard first, then a transaction of its own
        check()
        with writing() as db:
            answer = service.receive_beat(db.connection(), actor(), lease_id, observed, reading=clocks, now=at)
    else:
        let_in(received.actor)
        answer = received.answer
    if isinstance(answer, Refusal):
        raise answer
    return _json(answer.as_json(), 409 if answer.is_conflict else 200)


_admits = admits("prep.own")
beat.checks_csrf = True  # type: ignore[attr-defined]


@blueprint.post("/watch/lease/<lease_id>/section/<int:number>")
@may("prep.own")
@unlimited  # as beats: the budget row keeps the pace
def section(lease_id: str, number: int) -> ResponseReturnValue:
    """Open a section of the transcript; with `read` true ask for the credit of the open one."""
    fields = _message()
    _check_csrf(fields)
    asks = fields.pop("read", False)
    if fields or type(asks) is not bool:
        raise Invalid("Send nothing but `read`, true or false.", reason="unknown_field")
    try:
        with writing() as db:
            told = service.read_section(db, actor(), lease_id, number, asks=asks, reading=_clocks(), now=now())
    except service.StillReading as early:
        return _json({"reason": early.reason, "detail": early.sentence, "remaining_ms": early.remaining_ms}, 409)
    return _json(told.as_json(), 200)


section.checks_csrf = True  # type: ignore[attr-defined]


@blueprint.post("/watch/lease/<lease_id>/checkpoint/<issue_id>")
@may("prep.own")
@unlimited  # each is answered once, and after ten wrong ones there is a pause
def checkpoint(lease_id: str, issue_id: str) -> ResponseReturnValue:
    """Take the answer at a checkpoint: `answer` is the option's text or its place among the options shown."""
    fields = _message()
    _check_csrf(fields)
    if fields.keys() != {"answer"} or type(fields["answer"]) not in (int, str):
        raise Invalid("Send the chosen option as `answer`.", reason="bad_answer")
    with writing() as db:
        answered = service.answer_checkpoint(
            db, actor(), lease_id, issue_id, fields["answer"], reading=_clocks(), now=now()
        )
    if isinstance(answered, Refusal):
        raise answered
    return _json(answered.as_json(), 200)


checkpoint.checks_csrf = True  # type: ignore[attr-defined]


@blueprint.get("/watch/<int:material_id>/film/<int:number>")
@may("material.view")
def film(material_id: int, number: int) -> Response:
    """Send a film's bytes, or the range of them that a player asks for; a candidate's address holds a key."""
    version = service.whole_film_for(reading(), actor(), material_id, number)
    if actor().is_candidate:
        _key(request.args.get("key", "")).check(actor().label, version.id, now())
    return _media(version.file_key, Container(version.container).media_type, etag=version.sha256)


@blueprint.get("/watch/<int:material_id>/hls/<int:number>/<key>/<path:name>")
@may("material.view")
def segment(material_id: int, number: int, key: str, name: str) -> Response:
    """Send a playlist or a segment, and log what a candidate was sent of the film."""
    held = _key(key)
    holder = next((one for one in g.present.values() if one.label == held.holder), actor())  # two may be signed in
    part = service.stream_part(
        reading(), holder, material_id, number, name, lambda version_id: held.check(holder.label, version_id, now())
    )
    answer = _media(part.file_key, part.media_type, etag=part.file_key)
    candidate_id, place, at = holder.candidate_id, part.place, now()
    if candidate_id is not None and place is not None and _is_whole(answer, part.size_bytes):
        with writing() as db:
            service.log_delivery(db.connection(), candidate_id, part.version_id, place, now=at)
    return answer


@blueprint.get("/watch/<int:material_id>/captions/<int:number>.vtt")
@may("material.view")
def captions(material_id: int, number: int) -> Response:
    """Send a version's captions."""
    text = service.captions_for(reading(), actor(), material_id, number)
    answer = Response(text, content_type="text/vtt; charset=utf-8")
    answer.headers["Content-Security-Policy"] = SANDBOX
    return answer


# -- inside --------------------------------------------------------------------------------------------------------


def _message() -> dict[str, Any]:
    """Return the JSON object of the request. Raises TooLarge, UnsupportedMediaType, Unreadable or Invalid."""
    if (request.content_length or 0) > MAX_BODY_BYTES:
        raise TooLarge("A beat has at most 8 KiB.", reason="too_large")
    request.max_content_length = MAX_BODY_BYTES
    body = request.get_data(cache=False)
    if not body:
        return {}
    if request.mimetype not in ("application/json", "text/plain"):
        raise UnsupportedMediaType("Send JSON, as application/json or text/plain.")
    return read_json(body)


def _check_csrf(fields: dict[str, Any]) -> None:
    """Take the CSRF token out of the header or the body. Raises Forbidden."""
    in_body = fields.pop("csrf", None) or fields.pop("csrf_token", None)
    check_form_token(request.headers.get("X-CSRFToken") or (in_body if isinstance(in_body, str) else None))


def _clocks() -> Reading:
    steady = doors().clock.steady()
    return Reading(steady.epoch, steady.ms, round(now().timestamp() * 1000))


def _key(text: str) -> MediaKey:
    return read_key(text, doors().settings.secret_key)


def _media_url(one: Actor, version: MaterialVersion) -> str:
    """Return the address of a film or of its playlist, with a fresh key for whom it is shown to."""
    key = MediaKey.fresh(one.label, version.id, now()).sign(doors().settings.secret_key)
    place: dict[str, Any] = {"material_id": version.material_id, "number": version.number, "key": key}
    if version.source == Source.HLS:
        return url_for("watch.segment", **place, name=ENTRY)
    return url_for("watch.film", **place)


def _media(file_key: str, media_type: str, *, etag: str) -> Response:
    """Send a stored file as what it is and nothing else, or the range of it that a player asks for."""
    path = doors().files.local_path(file_key)
    reading().rollback()  # a download may take minutes and needs no database connection
    answer = send_file(path, mimetype=media_type, conditional=True, etag=etag, max_age=0)
    answer.headers["Content-Security-Policy"] = SANDBOX
    answer.headers.pop("Content-Disposition", None)
    answer.cache_control.private = True
    return answer


def _is_whole(answer: Response, size_bytes: int) -> bool:
    """Say whether an answer carries a file from its first byte to its last."""
    if request.method != "GET":
        return False
    everything = f"bytes 0-{size_bytes - 1}/{size_bytes}"
    return answer.status_code == 200 or answer.headers.get("Content-Range") == everything


def _json(body: dict[str, Any], status: int) -> Response:
    return Response(json.dumps(body, separators=(",", ":")), status, content_type="application/json")


def _with_film(form: forms.FilmForm, write: Callable[[Session, service.StoredFilm], T]) -> T:
    """Keep the film's bytes, then write about it in one transaction; nothing is kept when that is refused."""
    files, in_segments = doors().files, bool(form.in_segments.data)
    limit_bytes = doors().settings.upload_limit_bytes
    film = service.keep_film(files, form.stream(), limit_bytes=limit_bytes, in_segments=in_segments)
    try:
        with writing() as db:
            return write(db, film)
    except BaseException:
        files.delete(film.file.key)
        raise


def _attempt(form: forms.SentenceForm, act: Callable[[], T]) -> tuple[int, T | None]:
    """Do it and return (0, its value), or put the refusal on the form and return its status."""
    try:
        return 0, act()
    except Refusal as refusal:
        form.refuse(refusal)
        return status_of(refusal), None


def _materials_page(job_id: int, form: forms.UploadForm) -> str:
    db = reading()
    return render_template(
        "watch/materials.html",
        job=hiring.job(db, job_id),
        materials=service.material_of_job(db, job_id),
        kinds=KIND_WORDS,
        form=form,
        limit_bytes=doors().settings.upload_limit_bytes,
    )


def _material_page(material_id: int, **given: forms.SentenceForm) -> str:
    db = reading()
    found = service.material(db, material_id)
    return render_template(
        "watch/material.html",
        material=found,
        job=hiring.job(db, found.job_id),
        kinds=KIND_WORDS,
        states=VersionState,
        edit_form=given.get("edit_form") or _edit_form(found),
        captions_form=given.get("captions_form") or forms.CaptionsForm(formdata=None),
        film_form=given.get("film_form") or forms.VersionForm(formdata=None),
        limit_bytes=doors().settings.upload_limit_bytes,
        watched=service.watched_by(db, found),
        media_url=_media_url(actor(), found.ready) if found.ready else None,
        stream=service.stream_facts(db, found.ready) if found.ready else None,
    )


def _edit_form(found: Material) -> forms.EditForm:
    ranges = decode(found.ready.excluded) if found.ready else ()
    return forms.EditForm(
        formdata=None,
        title=found.title,
        kind=Kind(found.kind).value,
        required=found.required,
        need_pct=found.need_permille // 10,
        excluded=write_excluded(ranges),
    )
