"""A clock that tests move by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from interview.clock import Steady


class HandClock:
    """Stands still until told; wall time and steady time move together unless only one is moved."""

    def __init__(self, at: datetime = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)) -> None:
        self.at = at
        self.steady_ms = 1_000_000
        self.epoch = "test-boot"

    def now(self) -> datetime:
        return self.at

    def steady(self) -> Steady:
        return Steady(self.epoch, self.steady_ms)

    def forward(self, **span: float) -> None:
        """Move both by a timedelta's keywords."""
        step = timedelta(**span)
        self.at += step
        self.steady_ms += round(step.total_seconds() * 1000)
