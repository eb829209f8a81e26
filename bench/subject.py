"""What the load needs of anything it is let loose on."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from bench.load import Dialect, Seat
from bench.server import Server


class Subject(Protocol):
    """An installation full of candidates in front of a film: `seats` have it open, `newcomer` has opened nothing."""

    @property
    def seats(self) -> list[Seat]:
        """Return everybody who watches."""

    @property
    def newcomer(self) -> Seat:
        """Return somebody who is signed in and watches nothing."""

    @property
    def dialect(self) -> Dialect:
        """Return how its server is spoken to."""

    def serving(self) -> AbstractContextManager[Server]:
        """Run its server."""

    def row_bytes(self) -> int:
        """Return the bytes of all rows about watching."""
