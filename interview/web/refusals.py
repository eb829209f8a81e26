"""The one place where a refusal becomes an HTTP answer: a page for people, problem+json for programs.

Knows HTTP codes; raises nothing.
"""

from __future__ import annotations

import errno
import json
from typing import Any

from flask import Flask, Response, current_app, g, redirect, render_template, request, url_for
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from interview import errors

STATUS: dict[type[errors.Refusal], int] = {
    errors.Unreadable: 400,
    errors.SignInNeeded: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.Gone: 410,
    errors.TooLarge: 413,
    errors.Invalid: 422,
    errors.TooMany: 429,
    errors.Unavailable: 503,
    errors.StorageFull: 507,
}
TITLES = {
    400: "That could not be read",
    401: "Please sign in",
    403: "Not allowed",
    404: "Not found",
    405: "Not possible here",
    409: "Something changed meanwhile",
    410: "No longer here",
    413: "Too large",
    415: "Wrong kind of content",
    422: "Please check what you sent",
    429: "A little slower, please",
    500: "Something broke on our side",
    503: "Not available right now",
    507: "The server is full",
}
_SENTENCES = {
    404: "There is no such page, or it is not yours to see.",
    405: "This address cannot be used in this way.",
    413: "What you sent is larger than the limit.",
}


def install(app: Flask) -> None:
    """Answer every refusal, HTTP error and lost database with a sentence."""
    app.register_error_handler(errors.Refusal, refused)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OperationalError, _database_away)
    app.register_error_handler(Exception, _crash)


def status_of(refusal: errors.Refusal) -> int:
    """Return the HTTP status of a refusal, by its nearest known class."""
    return next((STATUS[kind] for kind in type(refusal).__mro__ if kind in STATUS), 422)


def wants_json() -> bool:
    """Say whether the caller is a program: it sent or accepts JSON, or the path is one for programs."""
    if request.is_json or request.path.startswith(("/api/", "/watch/")) or request.path.endswith(".json"):
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json", "application/problem+json"])
    return best in ("application/json", "application/problem+json")


def refused(refusal: errors.Refusal) -> AnyResponse:
    """Return the answer to a refusal: a page for people, problem+json for programs."""
    status = status_of(refusal)
    if isinstance(refusal, errors.SignInNeeded) and not wants_json() and request.method == "GET":
        return redirect(url_for("people.sign_in", next=request.full_path.rstrip("?")))
    reason = refusal.reason or ("retry" if isinstance(refusal, errors.Unavailable) else "")
    answer = _answer(status, refusal.sentence, reason=reason, fields=refusal.fields)
    if isinstance(refusal, errors.TooMany):
        answer.headers["Retry-After"] = str(refusal.retry_after_s)
    return answer


def _http(problem: HTTPException) -> AnyResponse:
    if problem.response is not None or problem.code is None or problem.code < 400:
        return problem.get_response()
    sentence = _SENTENCES.get(problem.code) or problem.description or "That did not work."
    if problem.code == 413 and getattr(current_app.view_functions.get(request.endpoint or ""), "upload", False):
        limit_mb = current_app.extensions["pitchproof"].settings.upload_limit_bytes // 1_000_000
        sentence = f"The file is larger than the limit of {limit_mb} MB. Nothing was kept: choose a smaller one."
    answer = _answer(problem.code, sentence)
    for name, value in problem.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            answer.headers[name] = value
    return answer


def _database_away(problem: OperationalError) -> AnyResponse:
    if "disk is full" in str(problem.orig):
        return _answer(507, "The server's disk is full. Nothing was changed: ask your admin to make room.")
    current_app.logger.error("database away: %s", type(problem.orig).__name__)
    sentence = "The database cannot be reached. Nothing was changed: please try again in a minute."
    answer = _answer(503, sentence, reason="retry")
    answer.headers["Retry-After"] = "10"
    return answer


def _crash(problem: Exception) -> AnyResponse:
    if isinstance(problem, OSError) and problem.errno in (errno.ENOSPC, errno.EDQUOT):
        return _answer(507, "The server's disk is full, so this was not kept. Ask your admin to make room.")
    if current_app.testing or current_app.debug:
        raise problem
    current_app.logger.exception("unexpected error, request %s", g.get("request_id"))
    return _answer(500, "The error was written to the log. Nothing was changed: please try again, or tell your admin.")


def _answer(status: int, sentence: str, *, reason: str = "", fields: dict[str, str] | None = None) -> Response:
    title = TITLES.get(status, "That did not work")
    if wants_json():
        body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "detail": sentence}
        if reason:
            body["reason"] = reason
        if fields:
            body["fields"] = fields
        return Response(json.dumps(body), status=status, content_type="application/problem+json")
    page = render_template("errors/refusal.html", title=title, sentence=sentence, status=status)
    return Response(page, status=status)
