"""Tiers instead of ranks: who cannot be told apart from the best of a group stands beside them (SCORING 6)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from interview.agreement.rules.arrays import Floats, Whole

TOLD_APART = 0.90
POSSIBLE = (0.025, 0.975)


def tiers(mean: Floats, above: Callable[[int, Whole], Floats]) -> Whole:
    """Return the tier of each candidate from 1: below the best of a tier stands who is so with P >= .90."""
    found = np.zeros(len(mean), int)
    left: Whole = np.argsort(-mean, kind="stable")
    tier = 0
    while len(left):
        tier += 1
        beside = above(int(left[0]), left) < TOLD_APART
        beside[0] = True
        found[left[beside]] = tier
        left = left[~beside]
    return found


def possible_ranks(draws: Floats) -> tuple[Whole, Whole]:
    """Return the best and the worst rank of each candidate that 95 % of the draws (rows) hold."""
    ranks = np.argsort(np.argsort(-draws, axis=1), axis=1) + 1
    low, high = np.quantile(ranks, POSSIBLE, axis=0, method="nearest")
    return low.astype(int), high.astype(int)


def best_share(mean: Floats, draws: Floats) -> float:
    """Return in how many of the draws the candidate with the highest estimate is truly the best."""
    return float((draws.argmax(axis=1) == int(mean.argmax())).mean())
