"""How a set of right-or-wrong questions holds together: KR-20, difficulty, discrimination (SCORING 5)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from interview.agreement.rules.arrays import Floats

LEAST_DISCRIMINATION = 0.10


@dataclass(frozen=True, slots=True)
class Items:
    """KR-20, the share that was right by question, and its correlation with the total and with the rest of it."""

    kr20: float | None
    right_share: tuple[float, ...]
    item_total: tuple[float | None, ...]
    item_rest: tuple[float | None, ...]
    sem: float | None

    @property
    def doubtful(self) -> tuple[int, ...]:
        """The places (from 0) of questions whose key should be checked first."""
        return tuple(at for at, r in enumerate(self.item_rest) if r is not None and r < LEAST_DISCRIMINATION)


def items(right: Floats) -> Items:
    """Return the statistics of people x questions, 1 for right and 0 for wrong; None where nothing varies."""
    count, shares, totals = right.shape[1], right.mean(axis=0), right.sum(axis=1)
    variance = totals.var()  # of the population, as p (1 - p) is of the population too
    kr20 = None
    if count > 1 and variance > 0:
        kr20 = float(count / (count - 1) * (1 - (shares * (1 - shares)).sum() / variance))
    return Items(
        kr20=kr20,
        right_share=tuple(map(float, shares)),
        item_total=tuple(_correlation(one, totals) for one in right.T),
        item_rest=tuple(_correlation(one, totals - one) for one in right.T),
        sem=None if kr20 is None else float(totals.std(ddof=1) * (1 - kr20) ** 0.5),
    )


def _correlation(one: Floats, other: Floats) -> float | None:
    if one.std() == 0 or other.std() == 0:
        return None
    return float(np.corrcoef(one, other)[0, 1])
