"""Deny by default: every view names its action, and no request reaches a view that its actor may not do.

Knows the table of `access.py`; rooms register who the actor is and what a URL's ids stand for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Flask, current_app, g, request
from sqlalchemy.orm import Session
from werkzeug.routing import IntegerConverter, Map

from interview import access
from interview.access import Actor, Place, Verdict
from interview.clock import Clock
from interview.config import Settings
from interview.errors import Forbidden, NotFound, SignInNeeded
from interview.ports import FileStore, FilmProbe, Joiner, LanguageModel, SoundCutter, SpeechModel, StreamTools
from interview.web.database import reading

View = TypeVar("View", bound=Callable[..., Any])
Loader = Callable[[Session, datetime], Actor | None]
Resolver = Callable[[Session, Actor, Any], Place | None]

_loaders: dict[str, Loader] = {}  # "person", "candidate": who the cookie says is here; "token": whose token was sent
_resolvers: dict[str, Resolver] = {}  # URL argument -> what it stands for

API = "/api/"  # here a token signs in and a cookie does not: no other site can make a browser ask anything here
SMALL_BODY_BYTES = 2_000_000


@dataclass(frozen=True)
class Doors:
    """What the edge hands to services: clock, settings, files, what looks into films, cuts and joins them, models."""

    clock: Clock
    settings: Settings
    files: FileStore
    probe: FilmProbe
    streams: StreamTools
    model: LanguageModel
    speech: SpeechModel
    sound: SoundCutter
    joiner: Joiner


def may(action: str, *, upload: bool = False, scope: str = "", inside: bool = False) -> Callable[[View], View]:
    """Declare the action of a view (a key of access.MAY, or access.PUBLIC); `upload` lifts the body limit.

    `scope` is what a token must have been made for, on addresses of the API. `inside` is for a view that finds who is
    here in its own transaction, asks `admits` there, and says `let_in`: until it does, nobody is here.
    """
    if action != access.PUBLIC and action not in access.MAY:
        raise LookupError(f"{action} is not in access.MAY")

    def declare(view: View) -> View:
        view = _inside(view) if inside else view
        view.inside = inside  # type: ignore[attr-defined]
        view.action = action  # type: ignore[attr-defined]
        view.upload = upload  # type: ignore[attr-defined]
        view.scope = scope  # type: ignore[attr-defined]
        return view

    return declare


def admits(action: str) -> Callable[[Actor], bool]:
    """Return the decision about an action that needs no place, for an `inside` view to hand to its transaction."""
    return lambda one: access.decide(one, action, None) is Verdict.ALLOWED


def let_in(one: Actor) -> None:
    """Say who is here, as an `inside` view found it."""
    g.actor, g.place = one, None


def check() -> None:
    """Find out who is here and let pass or refuse, as before every other view. Raises what the guard raises."""
    _check(_view())


def _inside(view: View) -> View:
    """Let no answer of a view out before somebody was let in; who may not be here hears that before all else."""

    @wraps(view)
    def watched(*args: Any, **arguments: Any) -> Any:
        try:
            answer = view(*args, **arguments)
        except Exception:
            if "actor" not in g:
                check()
            raise
        if "actor" not in g:
            check()
            raise Forbidden("This page is not open to anyone.")
        return answer

    return cast(View, watched)


def loads(kind: str) -> Callable[[Loader], Loader]:
    """Register the function that finds the signed-in actor of a kind ("person", "candidate" or "token")."""

    def register(loader: Loader) -> Loader:
        _loaders[kind] = loader
        return loader

    return register


def stands_for(argument: str) -> Callable[[Resolver], Resolver]:
    """Register the function that turns a URL argument (job_id, interview_id...) into its Place, or None."""

    def register(resolver: Resolver) -> Resolver:
        _resolvers[argument] = resolver
        return resolver

    return register


def doors() -> Doors:
    """Return the application's doors."""
    return cast(Doors, current_app.extensions["pitchproof"])


def now() -> datetime:
    """Return the request's instant: one reading per request, so that its rows agree."""
    if "now" not in g:
        g.now = doors().clock.now()
    return cast(datetime, g.now)


def actor() -> Actor:
    """Return who acts in this request. Raises SignInNeeded on a public page with nobody signed in."""
    found = cast("Actor | None", g.get("actor"))
    if found is None:
        raise SignInNeeded("Please sign in first.")
    return found


def may_here(action: str, place: Place | None = None) -> bool:
    """Say whether this request's actor may do an action at a place (default: the request's own place).

    For templates: a button that would be refused is not shown.
    """
    found = cast("Actor | None", g.get("actor"))
    return access.decide(found, action, place or g.get("place")) is Verdict.ALLOWED


def may_anywhere(action: str) -> bool:
    """Say whether this request's actor has a role somewhere that may do an action (the navigation asks)."""
    return access.decide(cast("Actor | None", g.get("actor")), action, None) is Verdict.ALLOWED


def actions_of(app: Flask) -> dict[str, str]:
    """Return endpoint -> action. Raises LookupError naming an endpoint that declared none."""
    found = {}
    for endpoint, view in app.view_functions.items():
        if endpoint == "static":
            continue
        action = getattr(view, "action", None)
        if action is None:
            raise LookupError(f"The endpoint {endpoint} names no action: decorate it with @may(...).")
        found[endpoint] = action
    return found


class IdConverter(IntegerConverter):
    """An id in an address: no larger than a column can hold, so that a longer number is no address at all."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=2**31 - 1)


def protect(app: Flask) -> None:
    """Install the guard; it runs before anything reads the body."""
    app.url_map.converters["int"] = IdConverter
    app.before_request(_stand)
    app.jinja_env.globals |= {"may_here": may_here, "may_anywhere": may_anywhere}


def _view() -> Any:
    return current_app.view_functions[request.endpoint or ""]


def _stand() -> None:
    if request.endpoint is None or request.endpoint == "static":
        return  # unknown path: Flask answers 404; static files are public
    view = _view()
    if getattr(view, "action", None) is None:
        raise Forbidden("This page is not open to anyone.")
    limit = (
        doors().settings.upload_limit_bytes + SMALL_BODY_BYTES if getattr(view, "upload", False) else SMALL_BODY_BYTES
    )
    request.max_content_length = limit
    if not getattr(view, "inside", False):
        _check(view)


def _check(view: Any) -> None:
    action = view.action
    session = reading()
    kinds = ("token",) if request.path.startswith(API) else ("person", "candidate")
    present = [found for kind in kinds if (found := _loaders[kind](session, now())) is not None]
    g.present = {"candidate" if one.is_candidate else "person": one for one in present}
    verdicts: list[tuple[Actor | None, Verdict, Place | None]] = [
        (one, *_verdict(session, one, action)) for one in present
    ] or [(None, access.decide(None, action, None), None)]
    for one, verdict, place in verdicts:
        if verdict is Verdict.ALLOWED:
            g.actor, g.place = one, place
            return
    _refuse([verdict for _, verdict, _ in verdicts], action)


def _verdict(session: Session, one: Actor, action: str) -> tuple[Verdict, Place | None]:
    place: Place | None = None
    for argument, value in (request.view_args or {}).items():
        resolver = _resolvers.get(argument)
        if resolver is None:
            continue
        found = resolver(session, one, value)
        if found is None or (place is not None and found.job_id != place.job_id):
            return (Verdict.HIDDEN if action != access.PUBLIC else Verdict.ALLOWED), None
        if place is None or found.application_id is not None:
            place = found
    return access.decide(one, action, place), place


def _refuse(verdicts: list[Verdict], action: str) -> None:
    roles = access.MAY.get(action, frozenset())
    if Verdict.SIGN_IN in verdicts:
        raise SignInNeeded(
            "Send a token that works, in the header Authorization: Bearer pp_..."
            if request.path.startswith(API)
            else "Open your personal link again to go on."
            if roles == {access.Role.CANDIDATE}
            else "Please sign in to see this page."
        )
    if Verdict.REFUSED in verdicts:
        raise Forbidden("Your role does not allow this. Ask your admin if you think it should.")
    raise NotFound("There is no such page, or it is not yours to see.")
