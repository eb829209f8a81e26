"""Pages and routes of material elsewhere: adding addresses, third-party players after consent, plain links."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app, flash, make_response, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from itsdangerous import BadSignature, URLSafeSerializer

from interview.access import Actor, Place
from interview.errors import Invalid, NotFound, Refusal, TooLarge
from interview.hiring import service as hiring
from interview.hiring.models import Job
from interview.hiring.rules import is_email
from interview.watch import forms, service
from interview.watch.models import Material, MaterialVersion
from interview.watch.rules.addresses import Address
from interview.watch.rules.beats import MAX_BODY_BYTES, read_json
from interview.watch.rules.captions import paragraphs, read_captions
from interview.watch.rules.clocks import Reading
from interview.watch.rules.material import KIND_WORDS, Kind, Source
from interview.watch.rules.players import PLAYERS, Player
from interview.watch.rules.troubles import TROUBLES
from interview.web.database import reading, writing
from interview.web.guard import actor, doors, may, now, stands_for
from interview.web.headers import content_policy
from interview.web.refusals import TITLES, status_of

blueprint = Blueprint("elsewhere", __name__)
AGREED = "players"  # in the session cookie: "candidate:provider", as agreed to on this device


@stands_for("trouble_id")
def _trouble(db: Any, one: Actor, trouble_id: int) -> Place | None:
    return service.place_of_trouble(db, one, trouble_id)


# -- the team ------------------------------------------------------------------------------------------------------


@blueprint.get("/jobs/<int:job_id>/materials/address")
@may("material.manage")
def new(job_id: int) -> str:
    """Ask for an address to add as material."""
    return _address_page(hiring.job(reading(), job_id), forms.AddressForm(formdata=None))


@blueprint.post("/jobs/<int:job_id>/materials/address")
@may("material.manage", upload=True)
def add(job_id: int) -> ResponseReturnValue:
    """Add material that lies elsewhere."""
    form = forms.AddressForm()
    if not form.validate():
        return _address_page(hiring.job(reading(), job_id), form), 422
    try:
        text, place, cues = form.text(), service.Elsewhere(*form.place()), form.cues()
        with writing() as db:
            job = hiring.job(db, job_id)
            material_id = service.add_address(db, actor(), job, text, place, cues, now=now()).id
    except Refusal as refusal:
        form.refuse(refusal)
        return _address_page(hiring.job(reading(), job_id), form), status_of(refusal)
    flash(f"Added as {_what(place.address)}. Candidates see it now.", "success")
    return redirect(url_for("watch.material", material_id=material_id), 303)


@blueprint.get("/materials/<int:material_id>/address")
@may("material.manage")
def ask(material_id: int) -> str:
    """Ask for an address to put in the place of what there is."""
    found = service.material(reading(), material_id)
    given = {"address": found.newest.address} if found.newest.address else {}
    return _address_page(hiring.job(reading(), found.job_id), forms.ReplaceForm(formdata=None, data=given), found)


@blueprint.post("/materials/<int:material_id>/address")
@may("material.manage", upload=True)
def replace(material_id: int) -> ResponseReturnValue:
    """Put an address in the place of what there is."""
    form = forms.ReplaceForm()
    try:
        if not form.validate():
            raise Invalid("")
        place, cues = service.Elsewhere(*form.place()), form.cues()
        with writing() as db:
            found = service.material(db, material_id)
            again = bool(form.asks_again.data)
            service.replace_with_address(db, actor(), found, place, cues, asks_again=again, now=now())
    except Refusal as refusal:
        if refusal.sentence:
            form.refuse(refusal)
        found = service.material(reading(), material_id)
        return _address_page(hiring.job(reading(), found.job_id), form, found), status_of(refusal)
    flash(f"Replaced by {_what(place.address)}. Candidates see it now.", "success")
    return redirect(url_for("watch.material", material_id=material_id), 303)


@blueprint.post("/materials/<int:material_id>/troubles/<int:trouble_id>/settlement")
@may("prep.settle")
def settle(material_id: int, trouble_id: int) -> ResponseReturnValue:
    """Note that somebody saw to what a player reported."""
    with writing() as db:
        service.settle_trouble(db, actor(), trouble_id, now=now())
    flash("Noted. It comes back here if a player reports it again.", "success")
    is_home = request.form.get("back") == "home"
    return redirect(url_for("board.home") if is_home else url_for("watch.material", material_id=material_id), 303)


@blueprint.app_context_processor
def _for_templates() -> dict[str, Any]:
    """Give every template the words of players and of their troubles, and the material's page what they reported."""
    return {
        "players": PLAYERS,
        "trouble_words": TROUBLES,
        "troubles_of": lambda one: service.troubles_of(reading(), one),
    }


def _address_page(job: Job, form: forms.SentenceForm, material: Material | None = None) -> str:
    return render_template("watch/address.html", job=job, form=form, material=material)


def _what(address: Address) -> str:
    player = PLAYERS.get(address.source)
    return f"a film on {player.name}" if player else "a link to another page"


# -- the candidate's page ------------------------------------------------------------------------------------------


def page(found: Material, version: MaterialVersion) -> Response:
    """Return the candidate's page of an embed or a link."""
    db = reading()
    job = hiring.job(db, found.job_id)
    cues = read_captions(version.captions.content.encode()) if version.captions else ()
    about = {
        "material": found,
        "version": version,
        "kind": KIND_WORDS[Kind(found.kind)],
        "standing": service.standing(db, actor(), version),
        "transcript": paragraphs(cues),
        "reading_url": url_for("watch.read", material_id=found.id) if version.captions else None,
        "job": job,
        "contact_is_email": is_email(job.contact),
    }
    player = PLAYERS.get(Source(version.source))
    if player is None:
        link = service.link_standing(db, actor(), version, reading=_clocks())
        return make_response(render_template("watch/link.html", link=link, go_url=_go_url(version), **about))
    agreed = _agreement(version) in cookie.get(AGREED, [])
    answer = make_response(
        render_template(
            "watch/embed.html",
            player=player,
            agreed=agreed,
            player_url=Address(Source(version.source), version.address).player_url,
            troubles=service.own_troubles(db, actor(), version),
            told={code: words.told for code, words in TROUBLES.items() if words.told},
            **about,
        )
    )
    return _opened_for(answer, player) if agreed else answer


def _opened_for(answer: Response, player: Player) -> Response:
    """Let this answer load one player. YouTube plays (error 153) only where the referrer names the page's origin."""
    answer.headers["Content-Security-Policy"] = content_policy(player.policy)
    answer.headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
    return answer


@blueprint.post("/prep/material/<int:material_id>/player")
@may("prep.own")
def player(material_id: int) -> ResponseReturnValue:
    """Remember on this device that a company's player may be loaded, or may be no more."""
    _, version = service.visible_material(reading(), material_id)
    agreement = _agreement(version)
    others = [one for one in cookie.get(AGREED, []) if one != agreement]
    cookie[AGREED] = others if "take_back" in request.form else [*others, agreement]
    return redirect(url_for("watch.show", material_id=material_id), 303)


def _agreement(version: MaterialVersion) -> str:
    if Source(version.source) not in PLAYERS:
        raise NotFound("No other company's player is needed here.")
    return f"{actor().candidate_id}:{version.source}"


@blueprint.post("/watch/<int:material_id>/trouble")
@may("prep.own")
def trouble(material_id: int) -> ResponseReturnValue:
    """Take what a player refused to do, or a length that was not expected."""
    if (request.content_length or 0) > MAX_BODY_BYTES:
        raise TooLarge("A report has at most 8 KiB.", reason="too_large")
    fields = read_json(request.get_data())
    code, found_ms = fields.get("code"), fields.get("found_ms")
    if not isinstance(code, str) or set(fields) - {"code", "found_ms"}:
        raise Invalid("Send the code of what happened, and found_ms with a length.", reason="bad_code")
    if found_ms is not None and (type(found_ms) is not int or not 0 < found_ms < 2**31):
        raise Invalid("found_ms is a length in milliseconds.", reason="bad_range")
    with writing() as db:
        count = service.report_trouble(db, actor(), material_id, code, found_ms, now=now())
    return {"code": code, "count": count}


# -- a plain link --------------------------------------------------------------------------------------------------


@blueprint.get("/go/<token>")
@may("prep.own")
def go(token: str) -> ResponseReturnValue:
    """Lead a candidate to the stored address of a link; the first opening begins the wait."""
    try:
        candidate_id, material_id, number = (int(part) for part in _tokens().loads(token))
    except (BadSignature, TypeError, ValueError):
        raise NotFound("There is no such link. Open the material from your checklist.") from None
    with writing() as db:
        key = (candidate_id, material_id, number)
        address = service.follow_link(db, actor(), key, reading=_clocks(), now=now())
    answer = redirect(address, 302)
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


@blueprint.post("/watch/<int:material_id>/attestation")
@may("prep.own")
def attest(material_id: int) -> ResponseReturnValue:
    """Take the candidate's word that a link was watched; a page for people, problem+json for programs."""
    agrees = request.form.get("agree", "") not in ("", "0", "false", "no")
    try:
        with writing() as db:
            service.attest(db, actor(), material_id, agrees=agrees, reading=_clocks(), now=now())
    except (service.TooEarly, Invalid) as refusal:
        status = status_of(refusal)
        if "text/html" in request.headers.get("Accept", ""):
            flash(refusal.sentence, "warning")
            return page(*service.visible_material(reading(), material_id)), status
        body = {"type": "about:blank", "title": TITLES[status], "status": status, "detail": refusal.sentence}
        if isinstance(refusal, service.TooEarly):
            body["remaining_s"] = refusal.remaining_s
        if refusal.reason:
            body["reason"] = refusal.reason
        answer = current_app.json.response(body)
        answer.status_code, answer.content_type = status, "application/problem+json"
        return answer
    flash("Thank you. This counts as watched, by your word.", "success")
    return redirect(url_for("watch.show", material_id=material_id), 303)


def _tokens() -> URLSafeSerializer:
    return URLSafeSerializer(doors().settings.secret_key, salt="watch.link")


def _go_url(version: MaterialVersion) -> str:
    token = _tokens().dumps([actor().candidate_id, version.material_id, version.number])
    return url_for("watch.elsewhere.go", token=token)


def _clocks() -> Reading:
    steady = doors().clock.steady()
    return Reading(steady.epoch, steady.ms, round(now().timestamp() * 1000))
