"""Intraclass correlations, the six forms of Shrout and Fleiss (1979) with their F intervals (SCORING 3.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import fdtri

from interview.agreement.rules.analysis import Estimate
from interview.agreement.rules.arrays import Floats

FORMS = ("1,1", "2,1", "3,1", "1,k", "2,k", "3,k")
_TINY = 1e-12


@dataclass(frozen=True, slots=True)
class MeanSquares:
    """Between candidates, between raters, residual, and within candidates, of `n` candidates by `k` raters."""

    n: int
    k: int
    between: float
    raters: float
    residual: float
    within: float


def mean_squares(table: Floats) -> MeanSquares:
    """Return the mean squares of a complete table of at least two candidates by two raters."""
    n, k = table.shape
    of_candidates, of_raters = table.mean(axis=1, keepdims=True), table.mean(axis=0, keepdims=True)
    between = k * ((of_candidates - table.mean()) ** 2).sum() / (n - 1)
    raters = n * ((of_raters - table.mean()) ** 2).sum() / (k - 1)
    residual = ((table - of_candidates - of_raters + table.mean()) ** 2).sum() / ((n - 1) * (k - 1))
    within = ((table - of_candidates) ** 2).sum() / (n * (k - 1))
    return MeanSquares(n, k, float(between), float(raters), float(residual), float(within))


def spearman_brown(single: float, n: float) -> float:
    """Return the reliability of a mean of `n` ratings from that of a single one."""
    return n * single / (1 + (n - 1) * single)


def one_way(rows: Sequence[Floats]) -> dict[str, Estimate]:
    """Return ICC(1,1) and ICC(1,k) of candidates who each have as many ratings, by whichever raters."""
    table = np.stack(rows)
    n, k = table.shape
    of_candidates = table.mean(axis=1, keepdims=True)
    between = k * float(((of_candidates - table.mean()) ** 2).sum()) / (n - 1)
    within = float(((table - of_candidates) ** 2).sum()) / (n * (k - 1))
    return _by_f(between, within, k, (n - 1, n * (k - 1)), "1")


def icc(table: Floats) -> dict[str, Estimate]:
    """Return all six forms of a complete table of at least two candidates by two raters."""
    ms = mean_squares(table)
    degrees = (ms.n - 1, (ms.n - 1) * (ms.k - 1))
    return {
        **_by_f(ms.between, ms.within, ms.k, (ms.n - 1, ms.n * (ms.k - 1)), "1"),
        **_absolute(ms),
        **_by_f(ms.between, ms.residual, ms.k, degrees, "3"),
    }


def _by_f(between: float, error: float, k: int, degrees: tuple[int, int], form: str) -> dict[str, Estimate]:
    if between <= _TINY and error <= _TINY:
        return {f"{form},1": Estimate(), f"{form},k": Estimate()}
    single = (between - error) / (between + (k - 1) * error)
    mean = (between - error) / between if between > _TINY else None
    if error <= _TINY or mean is None:
        return {f"{form},1": Estimate(single), f"{form},k": Estimate(mean)}
    ratio, (above, below) = between / error, degrees
    low, high = ratio / float(fdtri(above, below, 0.975)), ratio * float(fdtri(below, above, 0.975))
    return {
        f"{form},1": Estimate(single, ((low - 1) / (low + k - 1), (high - 1) / (high + k - 1))),
        f"{form},k": Estimate(mean, (1 - 1 / low, 1 - 1 / high)),
    }


def _absolute(ms: MeanSquares) -> dict[str, Estimate]:
    n, k, excess = ms.n, ms.k, ms.raters - ms.residual
    whole = ms.between + (k - 1) * ms.residual + k * excess / n
    of_mean = ms.between + excess / n
    if whole <= _TINY or of_mean <= _TINY:
        return {"2,1": Estimate(), "2,k": Estimate()}
    single, mean = (ms.between - ms.residual) / whole, (ms.between - ms.residual) / of_mean
    if ms.residual <= _TINY:
        return {"2,1": Estimate(single), "2,k": Estimate(mean)}
    f_raters, rest = ms.raters / ms.residual, n * (1 + (k - 1) * single) - k * single
    v = (n - 1) * (k - 1) * (k * single * f_raters + rest) ** 2
    v /= (n - 1) * k**2 * single**2 * f_raters**2 + rest**2
    lower_f, upper_f = float(fdtri(n - 1, v, 0.975)), float(fdtri(v, n - 1, 0.975))
    spread = k * ms.raters + (k * n - k - n) * ms.residual
    low = n * (ms.between - lower_f * ms.residual) / (lower_f * spread + n * ms.between)
    high = n * (upper_f * ms.between - ms.residual) / (spread + n * upper_f * ms.between)
    if not low <= single <= high:  # v is next to nothing and the approximation fails, as it does far below 0
        return {"2,1": Estimate(single), "2,k": Estimate(mean)}
    of_mean_ci = None
    if low > -1 / (k - 1):  # at and below, a mean of k has no reliability that would go with it
        of_mean_ci = (spearman_brown(low, k), spearman_brown(high, k))
    return {"2,1": Estimate(single, (low, high)), "2,k": Estimate(mean, of_mean_ci)}
