"""Kappa of two raters (weighted) and of many on yes/no-like categories (Fleiss); SCORING 3.3 and 3.4."""

from __future__ import annotations

import numpy as np

from interview.agreement.rules.arrays import Floats


def weighted_kappa(table: Floats, disagreement: Floats) -> float | None:
    """Return Cohen's kappa of a square table of counts with disagreement weights; None where chance explains all."""
    shares = table / table.sum()
    by_chance = (disagreement * np.outer(shares.sum(axis=1), shares.sum(axis=0))).sum()
    return None if by_chance <= 1e-12 else float(1 - (disagreement * shares).sum() / by_chance)


def crossed(first: Floats, second: Floats, values: Floats) -> Floats:
    """Return how often the first rater gave each value (row) where the second gave each (column)."""
    table: Floats = (first[:, None] == values).astype(float).T @ (second[:, None] == values).astype(float)
    return table


def apart(values: Floats, power: int) -> Floats:
    """Return the distance of values as a disagreement: power 1 is linear, 2 quadratic."""
    distance: Floats = np.abs(values[:, None] - values[None, :]) ** power
    return distance


def fleiss_kappa(counts: Floats) -> float | None:
    """Return Fleiss' kappa of units x categories; None without variation, or unless every unit has as many ratings."""
    raters = counts.sum(axis=1)
    if not len(raters) or raters[0] < 2 or (raters != raters[0]).any():
        return None
    agreed = ((counts**2).sum(axis=1) - raters) / (raters * (raters - 1))
    by_chance = ((counts.sum(axis=0) / counts.sum()) ** 2).sum()
    return None if by_chance > 1 - 1e-12 else float((agreed.mean() - by_chance) / (1 - by_chance))
