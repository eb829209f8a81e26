"""The server's clocks under the stage's hand: a small file that all its processes map, written by the stage alone.

Real time goes on; the file says how far steady and wall time are ahead of it, and which boot this is.
"""

from __future__ import annotations

import mmap
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from interview.clock import Clock, Steady

_LAYOUT = struct.Struct("<qqqq")  # steady ahead (ms), wall ahead (ms), boots, when time was stopped (ns; 0: it runs)
CAP_MS = 30 * 60 * 1000  # how much of a jump of the server's own clock may count as time (WATCH 3.4)


class ShiftedClock:
    """In the server: the product's own clock, shifted by what the file says."""

    def __init__(self, own: Clock, path: Path) -> None:
        self._own = own
        with path.open("rb") as file:
            self._shift = mmap.mmap(file.fileno(), _LAYOUT.size, access=mmap.ACCESS_READ)

    def now(self) -> datetime:
        """Return the shifted wall time."""
        _, wall_ms, _, stopped_ns = _LAYOUT.unpack(self._shift[: _LAYOUT.size])
        return self._own.now() + timedelta(milliseconds=wall_ms - _since(stopped_ns))

    def steady(self) -> Steady:
        """Return the shifted steady time, in an epoch of its own after each staged boot."""
        steady_ms, _, boots, stopped_ns = _LAYOUT.unpack(self._shift[: _LAYOUT.size])
        own = self._own.steady()
        return Steady(f"{own.epoch}-{boots}" if boots else own.epoch, own.ms + steady_ms - _since(stopped_ns))


def _since(stopped_ns: int) -> int:
    """Return the milliseconds since time was stopped; 0 while it runs."""
    return (time.monotonic_ns() - stopped_ns) // 1_000_000 if stopped_ns else 0


class StageClock:
    """On the stage: what time it truly is, and the faults of the server's clocks."""

    def __init__(self, path: Path) -> None:
        path.write_bytes(_LAYOUT.pack(0, 0, 0, 0))
        with path.open("r+b") as file:
            self._shift = mmap.mmap(file.fileno(), _LAYOUT.size)
        self._steady_ms = self._wall_ms = self._boots = self._passed_ms = self._stopped_ns = 0
        self.granted_ms = 0  # time that never was, and that no server could tell from time that was

    def _write(self) -> None:
        self._shift[: _LAYOUT.size] = _LAYOUT.pack(self._steady_ms, self._wall_ms, self._boots, self._stopped_ns)

    def forward(self, seconds: float) -> None:
        """Let time pass, for the server and for everybody else."""
        step_ms = round(seconds * 1000)
        self._passed_ms += step_ms
        self.fault(steady_ms=step_ms, wall_ms=step_ms)

    def fault(self, *, steady_ms: int = 0, wall_ms: int = 0, granted_ms: int = 0) -> None:
        """Set the server's clocks wrong; `granted_ms` is what of it nobody could hold against the server."""
        self._steady_ms += steady_ms
        self._wall_ms += wall_ms
        self.granted_ms += granted_ms
        self._write()

    @contextmanager
    def standing(self) -> Iterator[None]:
        """Let time stand still but for what `forward` says, for whom milliseconds matter."""
        self._stopped_ns = time.monotonic_ns()
        self._write()
        try:
            yield
        finally:
            lost_ms = _since(self._stopped_ns)
            self._steady_ms, self._wall_ms = self._steady_ms - lost_ms, self._wall_ms - lost_ms
            self._passed_ms -= lost_ms
            self._stopped_ns = 0
            self._write()

    def boot(self) -> None:
        """Begin a new boot: the steady clock starts somewhere else, under another name."""
        self._boots += 1
        self._steady_ms += 123_456_789 if self._boots % 2 else -123_456_789
        self._write()

    def true_ms(self) -> int:
        """Return the time that really passed since some start."""
        return time.monotonic_ns() // 1_000_000 + self._passed_ms - _since(self._stopped_ns)

    def now(self) -> datetime:
        """Return the server's wall time."""
        return datetime.now(UTC) + timedelta(milliseconds=self._wall_ms - _since(self._stopped_ns))

    def steady(self) -> Steady:
        """Return true time; background jobs ask nothing else of it."""
        return Steady("stage", self.true_ms())
