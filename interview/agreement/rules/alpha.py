"""Krippendorff's alpha: agreement of any number of raters with any ratings missing (SCORING 3.1; Krippendorff 2011)."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from interview.agreement.rules.arrays import Floats

METRICS = ("nominal", "ordinal", "interval", "ratio")
RESAMPLES = 1000
MOST_VALUES = 40  # beyond, a resample's table of coincidences is larger than its ratings
_SEED = 2011  # the same table gives the same interval every day


def counted(ratings: Floats, values: Floats) -> Floats:
    """Return how often each unit (row) got each of the sorted values (column)."""
    return np.stack([np.sum(ratings == value, axis=1) for value in values], axis=1).astype(float)


def coincidences(counts: Floats) -> Floats:
    """Return the table of coincidences of units; a unit with one rating counts for nothing."""
    counts = counts[counts.sum(axis=1) >= 2]
    weighted = counts / (counts.sum(axis=1, keepdims=True) - 1)
    table: Floats = counts.T @ weighted - np.diag(weighted.sum(axis=0))
    return table


def alpha(table: Floats, values: Floats, metric: str) -> float | None:
    """Return alpha of a table of coincidences; None without variation, or where the metric is not defined."""
    found = float(_alphas(table[None], values, metric)[0])
    return None if np.isnan(found) else found


def intervals(groups: Iterable[Floats], values: Floats, metrics: Iterable[str]) -> dict[str, tuple[float, float]]:
    """Return 95 % bootstrap intervals by metric; whole groups (tables of coincidences) are drawn, not single units."""
    tables = np.stack(list(groups))
    size = len(tables)
    draws = np.random.default_rng(_SEED).integers(0, size, (RESAMPLES, size))
    times = np.stack([np.bincount(draw, minlength=size) for draw in draws]).astype(float)
    drawn = (times @ tables.reshape(size, -1)).reshape(RESAMPLES, len(values), len(values))
    found = {}
    for metric in metrics:
        alphas = _alphas(drawn, values, metric)
        if not np.isnan(alphas).all():
            low, high = np.nanquantile(alphas, [0.025, 0.975])
            found[metric] = (float(low), float(high))
    return found


def _alphas(tables: Floats, values: Floats, metric: str) -> Floats:
    margins = tables.sum(axis=2)
    total = margins.sum(axis=1)
    distances = _distances(margins, values, metric)
    observed = (tables * distances).sum(axis=(1, 2))
    expected = (margins[:, :, None] * margins[:, None, :] * distances).sum(axis=(1, 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = np.where(expected > 1e-12, 1 - observed * (total - 1) / expected, np.nan)
    return found


def _distances(margins: Floats, values: Floats, metric: str) -> Floats:
    """Return squared distances between values, one table for each row of margins (or one for all)."""
    if metric == "nominal":
        return 1 - np.eye(len(values))[None]
    between = np.cumsum(margins, axis=1) - margins / 2  # ratings between two values, half of their own among them
    places = between if metric == "ordinal" else values[None].astype(float)
    difference = places[:, :, None] - places[:, None, :]
    if metric == "ratio":
        if values.min(initial=0) < 0:
            return np.full((1, len(values), len(values)), np.nan)
        sums = places[:, :, None] + places[:, None, :]
        difference = np.divide(difference, sums, out=np.zeros_like(difference), where=sums > 0)
    squared: Floats = difference**2
    return squared
