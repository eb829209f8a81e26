"""The headers of every answer: a nonce policy, no framing, no sniffing, a request id, nothing cached that is personal.

Knows no page.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from typing import cast

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
_WITHOUT_SCRIPTS = "; ".join(f"{directive} {allowed}" for directive, allowed in _SOURCES.items())
_ALWAYS = (
    ("x-content-type-options", "X-Content-Type-Options", "nosniff"),
    ("referrer-policy", "Referrer-Policy", "no-referrer"),
    ("cross-origin-opener-policy", "Cross-Origin-Opener-Policy", "same-origin"),
    ("permissions-policy", "Permissions-Policy", "geolocation=(), payment=(), usb=()"),
)


def install(app: Flask) -> None:
    """Give every request an id, every page that asks a nonce, and every answer its headers."""
    app.before_request(_begin)
    app.after_request(_finish)
    app.jinja_env.globals["nonce"] = _nonce


def content_policy(more: Mapping[str, str] | None = None) -> str:
    """Return what this answer may load; `more` adds sources to directives, for a page that needs them alone."""
    sources = {**_SOURCES, "script-src": f"'self' 'nonce-{_nonce()}'"}
    for directive, added in (more or {}).items():
        sources[directive] = f"{sources.get(directive, '')} {added}".strip()
    return "; ".join(f"{directive} {allowed}" for directive, allowed in sources.items())


def _begin() -> None:
    given = request.headers.get("X-Request-ID")
    g.request_id = given if given and _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)


def _nonce() -> str:
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(12)
    return cast(str, g.nonce)


def _finish(answer: Response) -> Response:
    headers = answer.headers
    given = {name.lower() for name, _ in headers}  # looked through once, not once for each header
    headers["X-Request-ID"] = g.get("request_id", "")
    for key, name, value in _ALWAYS:
        if key not in given:
            headers.add(name, value)
    if "content-security-policy" not in given:
        headers.add("Content-Security-Policy", content_policy() if "nonce" in g else _WITHOUT_SCRIPTS)
    if "cache-control" not in given and request.endpoint != "static":
        headers.add("Cache-Control", "no-store")
    return answer
