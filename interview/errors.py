"""The refusals of the product: nouns, raised with a full sentence a person can act on.

Knows nothing of HTTP; `web/refusals.py` gives each its status once.
"""

from __future__ import annotations

from collections.abc import Mapping


class Refusal(Exception):
    """A request that cannot be done, and why, in one sentence for the person who asked."""

    def __init__(self, sentence: str, *, reason: str = "", fields: Mapping[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.reason = reason  # a short machine word for JSON callers
        self.fields = dict(fields or {})


class NotFound(Refusal):
    """What was asked for does not exist, or may not be known to exist."""


class SignInNeeded(Refusal):
    """Nobody is signed in."""


class Forbidden(Refusal):
    """The person is known, and may not do this."""


class Invalid(Refusal):
    """What was sent cannot be used; `fields` says which field and why."""


class Unreadable(Refusal):
    """What was sent is not in the language it claims (JSON that is not JSON, a wrong media type)."""


class Conflict(Refusal):
    """Somebody or something was faster, or the state no longer allows it."""


class Gone(Refusal):
    """It existed and was withdrawn."""


class TooLarge(Refusal):
    """More bytes than the limit."""


class TooMany(Refusal):
    """Asked too often; `retry_after_s` says when to come back."""

    def __init__(self, sentence: str, *, retry_after_s: int, reason: str = "slow_down") -> None:
        super().__init__(sentence, reason=reason)
        self.retry_after_s = retry_after_s


class StorageFull(Refusal):
    """The disk or the quota cannot take it; nothing was kept half."""


class Unavailable(Refusal):
    """A part this depends on is away for the moment; trying again later is right."""
