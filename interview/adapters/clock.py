"""The clock of an installation on several hosts: PostgreSQL's, asked now and then and carried on in between."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from sqlalchemy import Engine, text

from interview.clock import Steady, SystemClock

ASK_EVERY_MS = 10_000
_ASK = text("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint")


class DatabaseClock(SystemClock):
    """Steady time as PostgreSQL's clock_timestamp(), so that hosts agree; wall time is this machine's."""

    def __init__(self, engine: Callable[[], Engine]) -> None:
        super().__init__()
        self._engine = engine
        self._asking = threading.Lock()
        self._asked_ms: int | None = None
        self._ahead_ms = 0

    def steady(self) -> Steady:
        """Return PostgreSQL's time in milliseconds; a host asks it every ten seconds, not for every reading."""
        own_ms = time.monotonic_ns() // 1_000_000
        if self._asked_ms is None or own_ms - self._asked_ms > ASK_EVERY_MS:
            with self._asking:
                if self._asked_ms is None or own_ms - self._asked_ms > ASK_EVERY_MS:
                    self._ask()
        return Steady("postgresql", time.monotonic_ns() // 1_000_000 + self._ahead_ms)

    def _ask(self) -> None:
        with self._engine().connect() as connection:
            database_ms = connection.execute(_ASK).scalar_one()
        self._asked_ms = time.monotonic_ns() // 1_000_000
        self._ahead_ms = database_ms - self._asked_ms
