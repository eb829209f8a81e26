"""Signed cookies and form tokens, read as Flask and Flask-WTF read them, at a third of the cost.

Formats, keys and algorithms are theirs; here the keys are derived once and HMAC is one call. Knows no page.
"""

from __future__ import annotations

import hashlib
import hmac
from functools import lru_cache
from typing import Any, cast

from flask import Flask, current_app, session
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import BadData, TimestampSigner, URLSafeTimedSerializer
from itsdangerous.signer import SigningAlgorithm

from interview.errors import Forbidden

_FORM_SALT, _FORM_FIELD = "wtf-csrf-token", "csrf_token"  # as in flask_wtf.csrf


class _Hmac(SigningAlgorithm):
    def get_signature(self, key: bytes, value: bytes) -> bytes:
        return hmac.digest(key, value, "sha1")


_HMAC = _Hmac()


class _Signer(TimestampSigner):
    """A signer whose key is derived once for each secret and salt."""

    def __init__(self, secret_key: Any, **options: Any) -> None:
        super().__init__(secret_key, algorithm=_HMAC, **options)

    def derive_key(self, secret_key: str | bytes | None = None) -> bytes:
        secret = self.secret_key if secret_key is None else secret_key
        return _derived(secret if isinstance(secret, bytes) else secret.encode(), self.salt, self.key_derivation)


@lru_cache(16)
def _derived(secret: bytes, salt: bytes, derivation: str) -> bytes:
    if derivation == "hmac":
        return hmac.digest(secret, salt, "sha1")
    return hashlib.sha1(salt + b"signer" + secret, usedforsecurity=False).digest()


class CookieSessions(SecureCookieSessionInterface):
    """Flask's own sessions, with one serializer for all requests."""

    def __init__(self) -> None:
        self._made: tuple[Any, URLSafeTimedSerializer] | None = None

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """Return the serializer of the application's secret key."""
        if self._made is None or self._made[0] != app.secret_key:
            plain = super().get_signing_serializer(app)
            if plain is None:
                return None
            plain.signer = _Signer
            self._made = app.secret_key, plain
        return self._made[1]


@lru_cache(4)
def _form_tokens(secret: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret, salt=_FORM_SALT, signer=_Signer)


def check_form_token(token: str | None) -> None:
    """Check a form's token against the session, as flask_wtf.csrf.validate_csrf does. Raises Forbidden."""
    mine = session.get(_FORM_FIELD)
    try:
        if token and mine and hmac.compare_digest(mine, _form_tokens(cast(str, current_app.secret_key)).loads(token)):
            return
    except (BadData, TypeError):  # not signed by us, or signed and no text
        pass
    raise Forbidden("This page is out of date. Load it again.", reason="forbidden")
