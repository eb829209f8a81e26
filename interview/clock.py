"""The one place that asks the machine for the time; everything below the edge is told it.

`now` is wall time in UTC, `steady` counts milliseconds that no clock change can move.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Steady:
    """Milliseconds on a clock named `epoch`; readings are comparable only when their epochs are equal."""

    epoch: str
    ms: int


class Clock(Protocol):
    """What the edge needs to know of time."""

    def now(self) -> datetime:
        """Return the wall time, aware, in UTC."""

    def steady(self) -> Steady:
        """Return the time since some fixed start, which never goes back within one epoch."""


class SystemClock:
    """The machine's own clocks: CLOCK_MONOTONIC is shared by all processes of one boot."""

    def __init__(self) -> None:
        boot = Path("/proc/sys/kernel/random/boot_id")
        self._epoch = boot.read_text().strip() if boot.exists() else "wall"

    def now(self) -> datetime:
        """Return the wall time in UTC."""
        return datetime.now(UTC)

    def steady(self) -> Steady:
        """Return CLOCK_MONOTONIC with this boot's id, or wall time where there is no boot id."""
        ns = time.time_ns() if self._epoch == "wall" else time.monotonic_ns()
        return Steady(self._epoch, ns // 1_000_000)
