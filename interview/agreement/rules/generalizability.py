"""Generalizability: where the variance of ratings comes from, and what more raters would change (SCORING 3.7).

G studies by analysis of variance of complete tables (p candidates, r raters, k criteria, t exercises); a component that
comes out below 0 is 0. Source: Brennan 2001.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from interview.agreement.rules.analysis import Components, Dependable
from interview.agreement.rules.arrays import Floats
from interview.agreement.rules.icc import mean_squares

PANEL_SIZES = range(1, 7)


@dataclass(frozen=True, slots=True)
class Errors:
    """Variance of the universe score, and of its relative and absolute error."""

    universe: float
    relative: float
    absolute: float

    @property
    def rho2(self) -> float | None:
        """E rho^2: how far the order of candidates can be relied on; None where nothing varies."""
        whole = self.universe + self.relative
        return self.universe / whole if whole > 0 else None

    @property
    def phi(self) -> float | None:
        """Phi: how far the score itself can be relied on; None where nothing varies."""
        whole = self.universe + self.absolute
        return self.universe / whole if whole > 0 else None

    @property
    def sem(self) -> float:
        """The absolute standard error of measurement, in points of the scale."""
        return float(self.absolute**0.5)


def p_by_r(table: Floats) -> Components:
    """Return the components of candidates x raters."""
    ms = mean_squares(table)
    return Components(
        candidate=max(0.0, (ms.between - ms.residual) / ms.k),
        rater=max(0.0, (ms.raters - ms.residual) / ms.n),
        residual=ms.residual,
    )


def panel_of(components: Components, n_raters: float) -> Errors:
    """Return the errors of a mean of `n_raters` raters."""
    relative = components.residual / n_raters
    return Errors(components.candidate, relative, relative + components.rater / n_raters)


def d_study(components: Components) -> tuple[Dependable, ...]:
    """Return what panels of 1 to 6 raters would give; nothing where nothing varies."""
    found = []
    for size in PANEL_SIZES:
        errors = panel_of(components, size)
        if errors.phi is not None and errors.rho2 is not None:
            found.append(Dependable(size, errors.phi, errors.rho2, errors.sem))
    return tuple(found)


def p_by_r_by_k(table: Floats) -> dict[str, float]:
    """Return the components p, r, k, pr, pk, rk, prk of candidates x raters x criteria."""
    size = dict(zip("prk", table.shape, strict=True))
    ms = _mean_squares_of_effects(table)
    p, r, k = size["p"], size["r"], size["k"]
    found = {
        "prk": ms["prk"],
        "pr": (ms["pr"] - ms["prk"]) / k,
        "pk": (ms["pk"] - ms["prk"]) / r,
        "rk": (ms["rk"] - ms["prk"]) / p,
        "p": (ms["p"] - ms["pr"] - ms["pk"] + ms["prk"]) / (r * k),
        "r": (ms["r"] - ms["pr"] - ms["rk"] + ms["prk"]) / (p * k),
        "k": (ms["k"] - ms["pk"] - ms["rk"] + ms["prk"]) / (p * r),
    }
    return {name: max(0.0, value) for name, value in found.items()}


def fixed_criteria(components: dict[str, float], n_raters: int, n_criteria: int) -> Errors:
    """Return the errors of a mean over `n_raters` raters and the criteria themselves, which are no sample."""
    relative = (components["pr"] + components["prk"] / n_criteria) / n_raters
    absolute = relative + (components["r"] + components["rk"] / n_criteria) / n_raters
    return Errors(components["p"] + components["pk"] / n_criteria, relative, absolute)


def p_by_r_in_t(table: Floats) -> dict[str, float]:
    """Return the components p, t, r:t, pt, pr:t of candidates x exercises x the raters of each exercise."""
    p, t, r = table.shape
    mean, of_p = table.mean(), table.mean(axis=(1, 2), keepdims=True)
    of_t, of_rt = table.mean(axis=(0, 2), keepdims=True), table.mean(axis=0, keepdims=True)
    of_pt = table.mean(axis=2, keepdims=True)
    ms_p = t * r * ((of_p - mean) ** 2).sum() / (p - 1)
    ms_t = p * r * ((of_t - mean) ** 2).sum() / (t - 1)
    ms_rt = p * ((of_rt - of_t) ** 2).sum() / (t * (r - 1))
    ms_pt = r * ((of_pt - of_p - of_t + mean) ** 2).sum() / ((p - 1) * (t - 1))
    ms_prt = ((table - of_pt - of_rt + of_t) ** 2).sum() / (t * (p - 1) * (r - 1))
    found = {
        "pr:t": ms_prt,
        "pt": (ms_pt - ms_prt) / r,
        "r:t": (ms_rt - ms_prt) / p,
        "t": (ms_t - ms_pt - ms_rt + ms_prt) / (p * r),
        "p": (ms_p - ms_pt) / (t * r),
    }
    return {name: max(0.0, float(value)) for name, value in found.items()}


def raters_in_exercises(components: dict[str, float], n_exercises: int, n_raters: int) -> Errors:
    """Return the errors of a mean over exercises that each have raters of their own."""
    ratings = n_exercises * n_raters
    relative = components["pt"] / n_exercises + components["pr:t"] / ratings
    absolute = relative + components["t"] / n_exercises + components["r:t"] / ratings
    return Errors(components["p"], relative, absolute)


def _mean_squares_of_effects(table: Floats) -> dict[str, float]:
    """Return the mean square of each main effect and interaction of a three-way table, named by the letters prk."""
    effects: dict[str, Floats] = {"": table.mean(keepdims=True)}
    found = {}
    for count in (1, 2, 3):
        for names in combinations("prk", count):
            name = "".join(names)
            away = tuple(at for at, letter in enumerate("prk") if letter not in name)
            effect = table.mean(axis=away, keepdims=True) if away else table
            effect = effect - sum(one for of, one in effects.items() if set(of) < set(name))
            degrees = np.prod([size - 1 for letter, size in zip("prk", table.shape, strict=True) if letter in name])
            effects[name] = effect
            found[name] = float((np.broadcast_to(effect, table.shape) ** 2).sum() / degrees)
    return found
