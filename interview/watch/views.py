"""Pages and routes of the watch room: material for the team, the player, leases and beats, films and captions."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import UnsupportedMediaType

from interview.access import Actor, Place
from interview.errors import Refusal, TooLarge
from interview.hiring import service as hiring
from interview.hiring.views import candidate_token
from interview.people.rules import digest
from interview.watch import forms, service
from interview.watch.models import Material
from interview.watch.rules.beats import MAX_BODY_BYTES, read_beat, read_json
from interview.watch.rules.captions import paragraphs, read_captions
from interview.watch.rules.clocks import Reading
from interview.watch.rules.material import KIND_WORDS, Kind, VersionState, read_excluded, write_excluded
from interview.watch.rules.media import Container
from interview.watch.rules.ranges import decode
from interview.web.cookies import check_form_token
from interview.web.database import reading, sharing, writing
from interview.web.guard import actor, admits, check, doors, let_in, may, now, stands_for
from interview.web.limits import unlimited
from interview.web.refusals import status_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

T = TypeVar("T")

blueprint = Blueprint("watch", __name__)
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

        return _with_film(form.stream(), write)

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
    form = forms.FilmForm()
    if not form.validate():
        return _material_page(material_id, film_form=form), 422

    def store() -> None:
        cues = form.cues()

        def write(db: Session, film: service.StoredFilm) -> None:
            service.replace_film(db, actor(), service.material(db, material_id), film, cues, now=now())

        _with_film(form.stream(), write)

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
def show(material_id: int) -> str:
    """Show the player with what is covered and what is missing."""
    db = reading()
    found, version = service.visible_material(db, material_id)
    cues = read_captions(version.captions.content.encode()) if version.captions else ()
    return render_template(
        "watch/show.html",
        material=found,
        version=version,
        kind=KIND_WORDS[Kind(found.kind)],
        standing=service.standing(db, actor(), version),
        transcript=paragraphs(cues),
        job=hiring.job(db, found.job_id),
    )


# -- the protocol --------------------------------------------------------------------------------------------------


@blueprint.post("/watch/<int:material_id>/lease")
@may("prep.own")
def lease(material_id: int) -> ResponseReturnValue:
    """Open a play session; the candidate's other one, wherever it is, is superseded."""
    _check_csrf(_message())
    device = "phone" if "Mobi" in request.user_agent.string else "computer"
    with writing() as db:
        opened = service.open_lease(db, actor(), material_id, reading=_clocks(), device=device, now=now())
    return _json(opened.as_json(), 201)


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


@blueprint.get("/watch/<int:material_id>/film/<int:number>")
@may("material.view")
def film(material_id: int, number: int) -> Response:
    """Send a film's bytes, or the range of them that a player asks for."""
    version = service.film_for(reading(), actor(), material_id, number)
    path, media_type = doors().files.local_path(version.file_key), Container(version.container).media_type
    etag = version.sha256
    reading().rollback()  # a download may take minutes and needs no database connection
    answer = send_file(path, mimetype=media_type, conditional=True, etag=etag, max_age=0)
    answer.headers["Content-Security-Policy"] = SANDBOX
    answer.headers.pop("Content-Disposition", None)
    answer.cache_control.private = True
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


def _json(body: dict[str, Any], status: int) -> Response:
    return Response(json.dumps(body, separators=(",", ":")), status, content_type="application/json")


def _with_film(stream: Any, write: Callable[[Session, service.StoredFilm], T]) -> T:
    """Keep the film's bytes, then write about it in one transaction; nothing is kept when that is refused."""
    files = doors().files
    film = service.keep_film(files, stream, limit_bytes=doors().settings.upload_limit_bytes)
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
        film_form=given.get("film_form") or forms.FilmForm(formdata=None),
        limit_bytes=doors().settings.upload_limit_bytes,
        watched=service.watched_by(db, found),
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
