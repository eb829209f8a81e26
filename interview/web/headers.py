"""The headers of every answer: a nonce policy, no framing, no sniffing, a request id, nothing cached that is personal.

Knows no page.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping

from flask import Flask, Response, g, request

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_SOURCES: Mapping[str, str] = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "media-src": "'self' blob:",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "object-src": "'none'",
    "frame-ancestors": "'none'",
}


def install(app: Flask) -> None:
    """Give every request an id and a nonce, and every answer its headers."""
    app.before_request(_begin)
    app.after_request(_finish)
    app.jinja_env.globals["nonce"] = lambda: g.nonce


def content_policy(more: Mapping[str, str] | None = None) -> str:
    """Return what this answer may load; `more` adds sources to directives, for a page that needs them alone."""
    sources = {**_SOURCES, "script-src": f"'self' 'nonce-{g.get('nonce', '')}'"}
    for directive, added in (more or {}).items():
        sources[directive] = f"{sources.get(directive, '')} {added}".strip()
    return "; ".join(f"{directive} {allowed}" for directive, allowed in sources.items())


def _begin() -> None:
    given = request.headers.get("X-Request-ID", "")
    g.request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
    g.nonce = secrets.token_urlsafe(12)


def _finish(answer: Response) -> Response:
    answer.headers["X-Request-ID"] = g.get("request_id", "")
    answer.headers.setdefault("X-Content-Type-Options", "nosniff")
    answer.headers.setdefault("Referrer-Policy", "no-referrer")
    answer.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    answer.headers.setdefault("Permissions-Policy", "geolocation=(), payment=(), usb=()")
    answer.headers.setdefault("Content-Security-Policy", content_policy())
    if request.endpoint != "static":
        answer.headers.setdefault("Cache-Control", "no-store")
    return answer
