"""API tokens: what one looks like, what it opens, how long it lives. Pure; knows no web, database or clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

TOKEN_PREFIX: Final = "pp_"  # noqa: S105  # secret scanners find a leaked token by it
TOKEN_LIFE: Final = timedelta(days=90)
NAME_MAX_CHARS: Final = 100


class Scope(StrEnum):
    """What a token was made for; its owner's rights bound it further, at every request."""

    READ = "read"
    EXPORT = "export"
    OPS = "ops"


class TokenState(StrEnum):
    """Whether a token works, or why it does not."""

    WORKS = "works"
    REVOKED = "revoked"
    EXPIRED = "expired"
    OWNER_CLOSED = "owner's account closed"


def token_state(
    *, expires_at: datetime, revoked_at: datetime | None, owner_closed_at: datetime | None, now: datetime
) -> TokenState:
    """Tell whether a token works at this moment: it dies at the instant it expires."""
    if revoked_at is not None:
        return TokenState.REVOKED
    if owner_closed_at is not None:
        return TokenState.OWNER_CLOSED
    return TokenState.EXPIRED if now >= expires_at else TokenState.WORKS


def read_scopes(text: str) -> tuple[tuple[Scope, ...], tuple[str, ...]]:
    """Read scopes separated by commas or spaces; returns each once, in order, and the words that are none."""
    words = set(text.replace(",", " ").split())
    return tuple(one for one in Scope if one in words), tuple(sorted(words - set(Scope)))
