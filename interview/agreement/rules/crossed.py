"""The crossed model: rating = mean + candidate + rater + rest, with any ratings missing (SCORING 3.9).

Variances by REML for the report; for estimates of candidates everything unknown is integrated over a grid, since a few
raters never say for sure how much raters differ. Candidates are absorbed: no matrix is larger than raters x raters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import ndtr, ndtri

from interview.agreement.rules.analysis import Components
from interview.agreement.rules.arrays import Floats, Whole

RATIOS = np.sqrt(np.geomspace(0.003, 60, 81))  # sd of candidates, or of raters, by that of the rest
KEPT_SHARE = 0.9999  # of the posterior: the rest of the grid is left out
DRAWS = 1000
_ZERO = np.zeros(1)
_ZOOMS = 12
_WALKS = 6  # beyond the edge of a grid; a ratio that tends to 0 is one of the ways tried
_SEED = 1979  # the same table gives the same answer every day


@dataclass(frozen=True, slots=True)
class Fit:
    """What REML finds: the components, the mean, the criterion, best predictions of candidates and raters."""

    components: Components
    mean: float
    criterion: float
    candidates: Floats
    raters: Floats


@dataclass(frozen=True, slots=True)
class Given:
    """Candidates and raters where the ratios of the sds are given: t (or normal) around `mean` and `effects`.

    The candidates' covariance is `scale` (diag(`own`) + `shared` `shared`'), an effect's variance `scale` `of_effect`.
    """

    weight: float
    scale: float
    ratios: tuple[float, float]
    mean: Floats
    own: Floats
    shared: Floats
    effects: Floats
    of_effect: Floats


class Surface:
    """The likelihood of one candidate ratio and many rater ratios; everything that the mean and the rest solve."""

    def __init__(self, table: Crossed, ratio: float, rater_ratios: Floats) -> None:
        """Absorb the candidates and take the raters apart into directions of their own."""
        self.shrink = ratio**2 / (1 + ratio**2 * table.sizes)
        self.ratio = ratio
        raters_raters = np.diag(table.per_rater) - np.tensordot(self.shrink, table.together, 1)
        length, self.turn = np.linalg.eigh(raters_raters)
        self.length = np.maximum(length, 0)
        self.ones = self.turn.T @ (table.per_rater - (self.shrink * table.sizes) @ table.met)
        self.sums = self.turn.T @ (table.rater_sums - self.shrink @ table.met_sums)
        self.prior = rater_ratios[:, None] ** 2 / (1 + rater_ratios[:, None] ** 2 * self.length)
        information = table.count - (self.shrink * table.sizes**2) @ table.of_size
        self.information = information - self.prior @ self.ones**2
        total = table.total - (self.shrink * table.sizes) @ table.sums_of_size
        self.mean = (total - self.prior @ (self.ones * self.sums)) / self.information
        left = table.squares - self.shrink @ table.squares_of_size - self.prior @ self.sums**2
        self.left = np.maximum(left - self.mean**2 * self.information, 1e-12 * table.squares)
        self.log_det = table.of_size @ np.log1p(ratio**2 * table.sizes)
        self.log_det = self.log_det + np.log1p(rater_ratios[:, None] ** 2 * self.length).sum(axis=1)


class Crossed:
    """A table of candidates x raters, NaN where nobody rated; with some variation, and a rating for everybody."""

    def __init__(self, table: Floats) -> None:
        """Add up what the model needs of the table."""
        present = ~np.isnan(table)
        self.centre = float(table[present].mean())
        self.seen = present.astype(float)
        self.values = np.where(present, table - self.centre, 0.0)
        self.per_candidate, self.per_rater = self.seen.sum(axis=1), self.seen.sum(axis=0)
        self.candidate_sums, self.rater_sums = self.values.sum(axis=1), self.values.sum(axis=0)
        self.count, self.total = float(present.sum()), float(self.values.sum())
        self.squares = float((self.values**2).sum())
        self.sizes, self.size_at = np.unique(self.per_candidate, return_inverse=True)
        groups = [self.size_at == at for at in range(len(self.sizes))]
        self.of_size = np.array([group.sum() for group in groups], float)
        self.together = np.stack([self.seen[group].T @ self.seen[group] for group in groups])
        self.met = np.stack([self.seen[group].sum(axis=0) for group in groups])
        self.met_sums = np.stack([self.seen[group].T @ self.candidate_sums[group] for group in groups])
        self.sums_of_size = np.array([self.candidate_sums[group].sum() for group in groups])
        self.squares_of_size = np.array([(self.candidate_sums[group] ** 2).sum() for group in groups])

    @property
    def degrees(self) -> float:
        """The degrees of freedom of the rest."""
        return self.count - 1

    @cached_property
    def _grid(self) -> list[Surface]:
        return [Surface(self, ratio, RATIOS) for ratio in RATIOS]

    def criterion(self, surfaces: Sequence[Surface]) -> Floats:
        """Return the REML criterion (-2 log likelihood), a row a candidate ratio, a column a rater ratio."""
        left = np.stack([one.left for one in surfaces])
        information = np.stack([one.information for one in surfaces])
        log_det = np.stack([one.log_det for one in surfaces])
        fit = self.degrees * (1 + np.log(2 * np.pi * left / self.degrees))
        found: Floats = fit + log_det + np.log(information)
        return found

    def reml(self) -> Fit:
        """Fit by restricted maximum likelihood; no variance is ever below 0."""
        ways = [self._zoomed(own, other) for own in (RATIOS, _ZERO) for other in (RATIOS, _ZERO)]
        criterion, candidate_ratio, rater_ratio = min(ways)
        surface = Surface(self, candidate_ratio, np.array([rater_ratio]))
        scale = float(surface.left[0]) / self.degrees
        given = self._given(surface, 0, rater_ratio, weight=1.0, scale=scale)
        components = Components(candidate_ratio**2 * scale, rater_ratio**2 * scale, scale)
        return Fit(components, float(surface.mean[0]) + self.centre, criterion, given.mean, given.effects)

    def _zoomed(self, own: Floats, other: Floats) -> tuple[float, float, float]:
        """Find the lowest criterion on a grid, then on finer and finer ones around it, walking from edges."""
        step = float(np.log(RATIOS[1] / RATIOS[0]))
        surfaces = self._grid if own is RATIOS and other is RATIOS else [Surface(self, one, other) for one in own]
        zooms = walks = 0
        while zooms < _ZOOMS:
            table = self.criterion(surfaces)
            at, to = np.unravel_index(int(table.argmin()), table.shape)
            best = (float(table[at, to]), float(own[at]), float(other[to]))
            is_at_edge = any(len(axis) > 1 and one in (0, len(axis) - 1) for axis, one in ((own, at), (other, to)))
            around = np.exp(np.linspace(-step, step, 9))
            own = best[1] * around if best[1] else _ZERO
            other = best[2] * around if best[2] else _ZERO
            surfaces = [Surface(self, one, other) for one in own]
            if is_at_edge and walks < _WALKS:
                walks, step = walks + 1, step * 2  # it may lie farther out
            else:
                zooms, step = zooms + 1, step / 3
        return best

    def posterior(self) -> Posterior:
        """Integrate over both ratios: half-Cauchy(1) on each, 1/variance on the rest, a flat mean."""
        left = np.stack([one.left for one in self._grid])
        density = -0.5 * (self.criterion(self._grid) - self.degrees * (1 + np.log(2 * np.pi * left / self.degrees)))
        density = density - self.degrees / 2 * np.log(left)
        prior = np.log(RATIOS) - np.log1p(RATIOS**2)  # the first for the grid's even steps in logarithms
        density = density + prior[:, None] + prior[None, :]
        weights = np.exp(density - density.max())
        weights /= weights.sum()
        ranked = np.argsort(weights, axis=None)[::-1]
        kept = ranked[: int(np.searchsorted(np.cumsum(weights.ravel()[ranked]), KEPT_SHARE)) + 1]
        total = weights.ravel()[kept].sum()
        points = []
        for place in kept:
            at, to = divmod(int(place), len(RATIOS))
            scale = float(left[at, to]) / self.degrees
            weight = float(weights[at, to] / total)
            points.append(self._given(self._grid[at], to, float(RATIOS[to]), weight=weight, scale=scale))
        return Posterior(points, self.degrees)

    def posterior_given(self, components: Components) -> Posterior:
        """Take the components as known, with a residual above 0; only the mean, candidates and raters are estimated."""
        own, other = ((one / components.residual) ** 0.5 for one in (components.candidate, components.rater))
        surface = Surface(self, own, np.array([other]))
        return Posterior([self._given(surface, 0, other, weight=1.0, scale=components.residual)], np.inf)

    def _given(self, surface: Surface, to: int, rater_ratio: float, *, weight: float, scale: float) -> Given:
        shrink, prior, mean = surface.shrink[self.size_at], surface.prior[to], surface.mean[to]
        root = 1 / np.sqrt(surface.information[to])
        by_mean = surface.turn @ (prior * surface.ones)  # how the raters' effects give way when the mean moves
        effects = surface.turn @ (prior * (surface.sums - surface.ones * mean))
        met = shrink[:, None] * self.seen
        rest = shrink * (self.candidate_sums - self.per_candidate * mean) - met @ effects
        with_mean = (1 - shrink * self.per_candidate + met @ by_mean) * root
        turned = surface.turn * np.sqrt(prior)
        return Given(
            weight=weight,
            scale=scale,
            ratios=(surface.ratio, rater_ratio),
            mean=self.centre + mean + rest,
            own=shrink,
            shared=np.column_stack([met @ turned, with_mean]),
            effects=effects,
            of_effect=(turned**2).sum(axis=1) + (by_mean * root) ** 2,
        )


class Posterior:
    """What is known of candidates and raters: a mixture over the grid's points, summed up by mean and covariance.

    The covariance of candidates is diag(`own`) + `shared` `shared`'.
    """

    def __init__(self, points: Sequence[Given], degrees: float) -> None:
        """Mix the points; `degrees` of freedom (more than 2) are infinite where the components are known."""
        self.points, self.degrees = points, degrees
        self._wider = 1.0 if np.isinf(degrees) else degrees / (degrees - 2)
        means = np.stack([one.mean for one in points], axis=1)
        weights = np.array([one.weight for one in points])
        self.mean: Floats = means @ weights
        self.own: Floats = sum((self._wider * one.weight * one.scale * one.own for one in points), np.zeros(len(means)))
        roots = [(self._wider * one.weight * one.scale) ** 0.5 * one.shared for one in points]
        self.shared = np.column_stack([*roots, (means - self.mean[:, None]) * np.sqrt(weights)])
        self.sd: Floats = np.sqrt(self.own + (self.shared**2).sum(axis=1))

    def effects(self) -> tuple[Floats, Floats]:
        """Return the raters' effects and their standard deviations."""
        mean = sum((one.weight * one.effects for one in self.points), np.zeros(1))
        square = (one.weight * (self._wider * one.scale * one.of_effect + one.effects**2) for one in self.points)
        return mean, np.sqrt(np.maximum(sum(square, np.zeros(1)) - mean**2, 0))

    def interval(self, share: float) -> tuple[Floats, Floats]:
        """Return for each candidate the bounds that hold `share` of what is possible."""
        reach = float(ndtri(0.5 + share / 2)) * self.sd
        return self.mean - reach, self.mean + reach

    def above(self, one: int, others: Whole) -> Floats:
        """Return how likely candidate `one` is ahead of each of the others."""
        apart = ((self.shared[others] - self.shared[one]) ** 2).sum(axis=1)
        found: Floats = ndtr((self.mean[one] - self.mean[others]) / np.sqrt(self.own[one] + self.own[others] + apart))
        return found

    def draws(self) -> tuple[Floats, Floats]:
        """Return possible truths: draws x candidates, and draws x (candidate, rater, residual) variances."""
        chance = np.random.default_rng(_SEED)
        counts = chance.multinomial(DRAWS, [one.weight for one in self.points])
        candidates, variances = [], []
        for point, count in zip(self.points, map(int, counts), strict=True):
            if not count:
                continue
            scale = np.full(count, point.scale)
            if not np.isinf(self.degrees):
                scale = point.scale * self.degrees / chance.chisquare(self.degrees, count)
            own = chance.standard_normal((count, len(point.own))) * np.sqrt(point.own)
            shared = chance.standard_normal((count, point.shared.shape[1])) @ point.shared.T
            candidates.append(point.mean + np.sqrt(scale)[:, None] * (own + shared))
            variances.append(scale[:, None] * np.array([point.ratios[0] ** 2, point.ratios[1] ** 2, 1.0]))
        return np.concatenate(candidates), np.concatenate(variances)
