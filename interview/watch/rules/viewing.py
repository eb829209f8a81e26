"""What the server observed of one candidate and one version of a film, as other rooms may tell it."""

from dataclasses import dataclass
from datetime import datetime

from interview.watch.rules.completion import Film
from interview.watch.rules.ranges import Ranges


@dataclass(frozen=True, slots=True)
class PlaySession:
    """One play session: when it was opened, when it was last heard of, and whether more can come of it."""

    lease_id: str
    opened_at: datetime
    last_at: datetime
    beat_count: int
    is_over: bool


@dataclass(frozen=True, slots=True)
class Viewing:
    """One version of a film: its play sessions in their order, and what they covered together by `last_at`.

    `done_at` is when this version was completed; a completion that it took over from an earlier version is not told.
    """

    material_id: int
    number: int
    title: str
    film: Film
    sessions: tuple[PlaySession, ...]
    covered: Ranges
    position_ms: int
    last_at: datetime
    done_at: datetime | None

    @property
    def last_heard(self) -> PlaySession | None:
        """Return the session that the coverage was last heard of in, or None where none sent anything."""
        heard = [one for one in self.sessions if one.beat_count and one.last_at == self.last_at]
        return heard[-1] if heard else None

    def session_at(self, at: datetime) -> PlaySession | None:
        """Return the session that was the newest at an instant."""
        return next((one for one in reversed(self.sessions) if one.opened_at <= at), None)
