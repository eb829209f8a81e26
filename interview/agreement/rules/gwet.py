"""Gwet's AC1 and AC2: agreement that holds when ratings pile up in one category (SCORING 3.5; Gwet 2014)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from interview.agreement.rules.arrays import Floats


@dataclass(frozen=True, slots=True)
class Gwet:
    """The coefficient, what it is made of, and its 95 % interval (None from fewer than two groups)."""

    coefficient: float
    observed: float
    by_chance: float
    se: float | None
    interval: tuple[float, float] | None


def weights(categories: Sequence[float], kind: str) -> Floats:
    """Return how much two categories count as agreement: identity, linear, ordinal or quadratic."""
    places = np.asarray(categories, float)
    apart = np.abs(places[:, None] - places[None, :])
    if kind == "identity":
        return np.eye(len(places))
    if kind == "ordinal":
        ranks = np.abs(np.arange(len(places))[:, None] - np.arange(len(places))[None, :])
        apart = ranks * (ranks + 1) / 2
    share: Floats = apart / apart.max()
    return 1 - share**2 if kind == "quadratic" else 1 - share


def gwet(counts: Floats, weight: Floats, groups: Sequence[int] | None = None) -> Gwet | None:
    """Return the coefficient of units x categories; None where no unit has two ratings.

    `counts` has a column for every category of the scale, used or not. Units of one group (a candidate's criteria) do
    not vary by themselves: the standard error is of groups.
    """
    rated = counts.sum(axis=1) > 0
    counts = counts[rated]
    raters = counts.sum(axis=1)
    several = raters >= 2
    if not several.any():
        return None
    unit_count, category_count = counts.shape
    pairs = np.where(several, raters * (raters - 1), 1)
    agreed = (counts * (counts @ weight - 1)).sum(axis=1) / pairs * several
    observed = agreed.sum() / several.sum()
    shares = (counts / raters[:, None]).mean(axis=0)
    scale = weight.sum() / (category_count * (category_count - 1))
    by_chance = scale * (shares * (1 - shares)).sum()
    coefficient = (observed - by_chance) / (1 - by_chance)
    unit = unit_count / several.sum() * (agreed - by_chance * several) / (1 - by_chance)
    chance_of_unit = scale * (counts @ (1 - shares)) / raters
    moved = unit - 2 * (1 - coefficient) * (chance_of_unit - by_chance) / (1 - by_chance) - coefficient
    of_group = np.arange(unit_count) if groups is None else np.unique(np.asarray(groups)[rated], return_inverse=True)[1]
    sums = np.bincount(of_group, moved)
    se = interval = None
    if len(sums) > 1:
        se = float(np.sqrt(len(sums) / (len(sums) - 1) * (sums**2).sum()) / unit_count)
        reach = float(stdtrit(len(sums) - 1, 0.975)) * se
        interval = (max(-1.0, float(coefficient) - reach), min(1.0, float(coefficient) + reach))
    return Gwet(float(coefficient), float(observed), float(by_chance), se, interval)
