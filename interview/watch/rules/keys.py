"""Keys in the addresses of media: signed, bound to one candidate or person and one version, good for six hours.

Knows no session: a key opens nothing for anybody but its holder.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from itsdangerous import BadData, URLSafeSerializer

from interview.errors import Forbidden

LIFE_S = 6 * 60 * 60
_SALT = "watch.media"
WRONG_KEY = "This address is not yours or was changed. Open the material again."
OLD_KEY = "This address is older than six hours. Open the material again."


@dataclass(frozen=True, slots=True)
class MediaKey:
    """Who may fetch which version, and until when (seconds of wall time)."""

    holder: str  # an actor's label
    version_id: int
    until_s: int

    @classmethod
    def fresh(cls, holder: str, version_id: int, now: datetime) -> MediaKey:
        """Return a key that is good from now on."""
        return cls(holder, version_id, int(now.timestamp()) + LIFE_S)

    def sign(self, secret: str) -> str:
        """Return the key as it stands in an address."""
        return str(_serializer(secret).dumps([self.holder, self.version_id, self.until_s]))

    def check(self, holder: str, version_id: int, now: datetime) -> None:
        """Raise Forbidden where the key is another's, for something else, or too old."""
        if (self.holder, self.version_id) != (holder, version_id):
            raise Forbidden(WRONG_KEY, reason="wrong_key")
        if now.timestamp() > self.until_s:
            raise Forbidden(OLD_KEY, reason="old_key")


def read_key(text: str, secret: str) -> MediaKey:
    """Return a key whose signature is ours; raise Forbidden."""
    try:
        fields: Any = _serializer(secret).loads(text)
        return MediaKey(*fields)
    except (BadData, TypeError, ValueError):
        raise Forbidden(WRONG_KEY, reason="wrong_key") from None


def _serializer(secret: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt=_SALT)
