"""Agreement of several raters on one candidate, against ratings by chance (SCORING 3.6): a flag, not a test."""

from __future__ import annotations

from collections.abc import Sequence

from interview.agreement.rules.arrays import Floats

LOWEST, HIGHEST = 1, 5


def by_chance(points: int = HIGHEST) -> float:
    """Return the variance of ratings that fall on each point of the scale alike."""
    return (points**2 - 1) / 12


def r_wg(values: Sequence[float], points: int = HIGHEST) -> float | None:
    """Return 1 where all agree, 0 for chance, less where they are further apart than chance; None of one rating."""
    return None if len(values) < 2 else 1 - _variance(values) / by_chance(points)


def a_wg(values: Sequence[float]) -> float | None:
    """Return agreement against the most disagreement their mean allows; None of one rating or near the scale's end."""
    k = len(values)
    if k < 2:
        return None
    mean = sum(values) / k
    low, high = (LOWEST * (k - 1) + HIGHEST) / k, (HIGHEST * (k - 1) + LOWEST) / k
    if not low - 1e-9 <= mean <= high + 1e-9:
        return None
    most = ((HIGHEST + LOWEST) * mean - mean**2 - HIGHEST * LOWEST) * k / (k - 1)
    return 1 - 2 * _variance(values) / most


def r_wg_j(ratings: Floats, points: int = HIGHEST) -> float | None:
    """Return r_wg(J) of raters x criteria, which grows with the number of criteria; None where disagreement is all."""
    criteria, share = ratings.shape[1], _mean_share(ratings, points)
    whole = criteria * (1 - share) + share
    return float(criteria * (1 - share) / whole) if share < 1 else None


def r_wg_star(ratings: Floats, points: int = HIGHEST) -> float:
    """Return Lindell's r*_wg(J) of raters x criteria, which does not grow with them and may be below 0."""
    return float(1 - _mean_share(ratings, points))


def _variance(values: Sequence[float]) -> float:
    mean = sum(values) / len(values)  # numpy takes 20 times as long for four numbers
    return sum((value - mean) ** 2 for value in values) / (len(values) - 1)


def _mean_share(ratings: Floats, points: int) -> float:
    return float(ratings.var(axis=0, ddof=1).mean() / by_chance(points))
