"""How large and how long a benchmark is: the environment's BENCH_* settings, with defaults for a few minutes in all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """BENCH_CANDIDATES together send BENCH_RATE beats a second for BENCH_SECONDS; BENCH_PEERS=0 leaves the peers out.

    BENCH_STEP_SECONDS is how long each rate is tried when the highest one held is looked for.
    """

    candidates: int = 10_000
    rate: int = 1_000
    seconds: int = 30
    step_s: int = 3
    peers: bool = True
    limit_ms: float = 250.0

    @property
    def beat_ms(self) -> int:
        """Return how often each candidate reports."""
        return max(1, 1000 * self.candidates // self.rate)

    @property
    def beat_count(self) -> int:
        """Return how many times each candidate reports."""
        return max(1, 1000 * self.seconds // self.beat_ms)


def read(environ: Mapping[str, str] | None = None) -> Options:
    """Read the settings from the environment; raise ValueError for what is no positive whole number."""
    environ = os.environ if environ is None else environ

    def whole(name: str, default: int) -> int:
        text = environ.get(name, "") or str(default)
        if not text.isdigit() or (not int(text) and name != "BENCH_PEERS"):
            raise ValueError(f"{name} is {text!r}, but must be a positive whole number.")
        return int(text)

    return Options(
        candidates=whole("BENCH_CANDIDATES", Options.candidates),
        rate=whole("BENCH_RATE", Options.rate),
        seconds=whole("BENCH_SECONDS", Options.seconds),
        step_s=whole("BENCH_STEP_SECONDS", Options.step_s),
        peers=bool(whole("BENCH_PEERS", 1)),
    )
