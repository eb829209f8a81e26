"""What is worked out from a run: percentiles, over-credit, and the highest rate that a server holds. Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

START_MS = 2000  # WATCH 3.1, written down a second time on purpose: the generator does not ask the product for its rule
RATE = 2


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the smallest value that `percent` of all values do not exceed (nearest rank); 0 of nothing."""
    if not values:
        return 0.0
    ordered = sorted(values)
    rank = -(-len(ordered) * round(percent * 1000) // 100_000)
    return ordered[max(1, rank) - 1]


def over_credit_ms(credited_ms: float, elapsed_ms: float) -> float:
    """Return by how much a credit exceeds B0 + 2 x server time since the first lease; at most 0 when none does.

    `elapsed_ms` is taken on the generator's side, from before the lease was asked for until the answer was here: never
    less than what the server saw, so that a number above 0 is certain to be a wrong credit.
    """
    return credited_ms - START_MS - RATE * elapsed_ms


def highest_rate(holds: Callable[[int], bool], first: int, *, step: float = 1.4, limit: int = 12) -> int:
    """Return the highest rate that held: raise (or lower) by `step` until it changes, then look once in between.

    0 when not even the lowest rate tried did.
    """
    held, failed = 0, 0
    rate = first
    for _ in range(limit):
        if holds(rate):
            held = rate
        else:
            failed = rate
        if held and failed:
            break
        rate = round(held * step) if held else max(1, round(failed / step**2))
    middle = round((held * failed) ** 0.5)
    return middle if held < middle < failed and holds(middle) else held
