"""Passwords and one-time tokens: what is good enough, how it is kept. Knows no web, no database, no clock."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SIGN_IN_LINK_LIFE: Final = timedelta(hours=24)
SESSION_LIFE: Final = timedelta(hours=12)
PASSWORD_MIN: Final = 15  # NIST SP 800-63B-4: 15 when the password is the only factor
PASSWORD_MAX: Final = 128
_OWN_WORDS: Final = ("pitchproof", "password", "passwort", "qwertz", "qwerty", "letmein", "welcome", "12345")
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_NOBODY: Final = _hasher.hash(secrets.token_urlsafe(16))  # verified for unknown e-mails, so that both take as long


def new_token() -> str:
    """Return 256 random bits, URL-safe; only its digest is ever stored."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """Return the SHA-256 (hex) under which a token is stored."""
    return hashlib.sha256(token.encode()).hexdigest()


def password_problem(password: str, *, name: str = "", email: str = "") -> str | None:
    """Return what is wrong with a new password in one sentence, or None. No composition rules, on purpose."""
    if len(password) < PASSWORD_MIN:
        return f"Use at least {PASSWORD_MIN} characters: three or four words are easy to remember and hard to guess."
    if len(password) > PASSWORD_MAX:
        return f"Use at most {PASSWORD_MAX} characters."
    rest = password.lower()
    for known in (*_OWN_WORDS, *name.lower().split(), email.lower().partition("@")[0]):
        if len(known) > 2:
            rest = rest.replace(known, "")
    if len(set(rest)) < 5:
        return "This password is easy to guess: avoid your name, this product's name and repeated characters."
    return None


def hash_password(password: str) -> str:
    """Return the Argon2id hash of a password."""
    return _hasher.hash(password)


def password_matches(stored: str | None, password: str) -> bool:
    """Say whether a password matches; an unknown account costs the same time as a wrong password."""
    try:
        return _hasher.verify(stored or _NOBODY, password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False
