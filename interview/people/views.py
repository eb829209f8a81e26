"""Pages of accounts: sign in and out, one-time links, passwords, the people of the team."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from interview.access import PUBLIC, SYSTEM, Actor, Role
from interview.errors import Conflict, Invalid, NotFound
from interview.people import service
from interview.people.forms import ROLE_WORDS, FirstAdminForm, PasswordForm, PersonForm, SignInForm
from interview.web.database import reading, writing
from interview.web.guard import actor, doors, may, now
from interview.web.limits import limiter

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from interview.people.models import Person

blueprint = Blueprint("people", __name__)
SESSION_KEY = "person"  # where the cookie keeps the session token


def signed_in_person(db: Session, at: datetime) -> Person | None:
    """Return the person whose session the request's cookie names."""
    token = session.get(SESSION_KEY)
    return service.signed_in(db, token, now=at) if token else None


def _local(target: str) -> str:
    """Return a path of our own to go on to; anything else leads home."""
    # Tabs and line ends are dropped on the way to the browser, so that "/<tab>/host" would lead to another host.
    if target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable():
        return target
    return url_for("board.home")


@blueprint.get("/sign-in")
@may(PUBLIC)
def sign_in() -> str | Response:
    """Show the sign-in form, or the first-run page where nobody has an account yet."""
    if service.is_empty(reading()):
        return redirect(url_for("people.first_run"))
    return render_template("people/sign_in.html", form=SignInForm(), next=request.args.get("next", ""))


@blueprint.post("/sign-in")
@may(PUBLIC)
@limiter.limit("10 per minute")
@limiter.limit("20 per hour", key_func=lambda: "account:" + request.form.get("email", "").strip().lower())
def sign_in_now() -> str | Response | tuple[str, int]:
    """Sign in with a password."""
    form = SignInForm()
    target = request.args.get("next", "")
    if form.validate_on_submit():
        try:
            with writing() as db:
                token = service.sign_in_with_password(db, form.email.data, form.password.data, now=now())
        except Invalid as refusal:
            form.form_errors.append(refusal.sentence)
            with writing() as db:
                service.note_refused_sign_in(db, form.email.data, now=now())
        else:
            session[SESSION_KEY] = token
            return redirect(_local(target), 303)
    return render_template("people/sign_in.html", form=form, next=target), 422


@blueprint.get("/sign-in/<token>")
@may(PUBLIC)
def link(token: str) -> str:
    """Show a page with one button: mail scanners open links, so a GET changes nothing."""
    found = service.usable_link(reading(), token, now=now())
    if found is None:
        raise NotFound("This sign-in link has been used or has expired. Ask your admin for a new one.")
    return render_template("people/link.html", token=token, person=found.person)


@blueprint.post("/sign-in/<token>")
@may(PUBLIC)
@limiter.limit("30 per minute")
def link_use(token: str) -> Response:
    """Use a one-time link and sign in."""
    with writing() as db:
        session[SESSION_KEY] = service.sign_in_with_link(db, token, now=now())
    return redirect(url_for("board.home"), 303)


@blueprint.post("/sign-out")
@may("account.edit")
def sign_out() -> Response:
    """End this browser's session."""
    with writing() as db:
        service.sign_out(db, session.pop(SESSION_KEY, ""), now=now())
    return redirect(url_for("people.sign_in"), 303)


@blueprint.get("/first-run")
@may(PUBLIC)
def first_run() -> str | Response:
    """Ask for the first admin; gone once somebody has an account."""
    if not service.is_empty(reading()):
        return redirect(url_for("people.sign_in"))
    return render_template("people/first_run.html", form=FirstAdminForm())


@blueprint.post("/first-run")
@may(PUBLIC)
def first_run_done() -> str | Response | tuple[str, int]:
    """Make the first admin and sign in."""
    form = FirstAdminForm()
    if form.validate_on_submit():
        try:
            with writing() as db:
                if not service.is_empty(db):
                    raise Conflict("There is an account already: sign in instead.")
                added = service.add_person(
                    db, SYSTEM, email=form.email.data, name=form.name.data, role=Role.ADMIN, now=now()
                )
                own = Actor(name=added.name, person_id=added.id, role=Role.ADMIN)
                service.set_password(db, own, form.password.data, keep_token="", now=now())
                token = service.sign_in_with_password(db, form.email.data, form.password.data, now=now())
        except Invalid as refusal:
            form.password.errors = [refusal.sentence]
        else:
            session[SESSION_KEY] = token
            return redirect(url_for("board.home"), 303)
    return render_template("people/first_run.html", form=form), 422


@blueprint.get("/account")
@may("account.edit")
def account() -> str:
    """Show the own account."""
    return render_template(
        "people/account.html",
        person=service.person(reading(), actor().person_id or 0),
        form=PasswordForm(),
        role_words=ROLE_WORDS,
    )


@blueprint.post("/account/password")
@may("account.edit")
@limiter.limit("10 per minute")
def password() -> Response | tuple[str, int]:
    """Set the own password."""
    form = PasswordForm()
    if form.validate_on_submit():
        try:
            with writing() as db:
                service.set_password(db, actor(), form.password.data, keep_token=session[SESSION_KEY], now=now())
        except Invalid as refusal:
            form.password.errors = [refusal.sentence]
        else:
            flash("Your password is set. Other browsers were signed out.", "success")
            return redirect(url_for("people.account"), 303)
    found = service.person(reading(), actor().person_id or 0)
    return render_template("people/account.html", person=found, form=form, role_words=ROLE_WORDS), 422


@blueprint.get("/people")
@may("people.manage")
def index() -> str:
    """List the people of the team."""
    return _people_page(PersonForm())


def _people_page(form: PersonForm) -> str:
    return render_template("people/index.html", people=service.people(reading()), form=form, role_words=ROLE_WORDS)


@blueprint.post("/people")
@may("people.manage")
def add() -> str | tuple[str, int]:
    """Add a person and show the one-time sign-in link to pass on."""
    form = PersonForm()
    if form.validate_on_submit():
        try:
            with writing() as db:
                added = service.add_person(
                    db, actor(), email=form.email.data, name=form.name.data, role=Role(form.role.data), now=now()
                )
                token = service.make_sign_in_link(db, actor(), added, now=now())
                name = added.name
        except Conflict as refusal:
            form.email.errors = [refusal.sentence]
        else:
            return render_template("people/link_made.html", name=name, url=sign_in_url(token))
    return _people_page(form), 422


def sign_in_url(token: str) -> str:
    """Return the full address of a sign-in link."""
    return doors().settings.base_url + url_for("people.link", token=token)


@blueprint.post("/people/<int:person_id>/link")
@may("people.manage")
def new_link(person_id: int) -> str:
    """Make a new one-time sign-in link for a person."""
    with writing() as db:
        found = service.person(db, person_id)
        token = service.make_sign_in_link(db, actor(), found, now=now())
        name = found.name
    return render_template("people/link_made.html", name=name, url=sign_in_url(token))


@blueprint.post("/people/<int:person_id>/disable")
@may("people.manage")
def disable(person_id: int) -> Response:
    """Close an account; its sessions end at once."""
    with writing() as db:
        service.disable(db, actor(), person_id, now=now())
    flash("The account is closed and signed out everywhere.", "success")
    return redirect(url_for("people.index"), 303)


@blueprint.post("/people/<int:person_id>/enable")
@may("people.manage")
def enable(person_id: int) -> Response:
    """Open a closed account again."""
    with writing() as db:
        service.enable(db, actor(), person_id, now=now())
    flash("The account is open again. Send a new sign-in link.", "success")
    return redirect(url_for("people.index"), 303)
