"""What `analyse` finds in a table of ratings: the shapes that pages, files and the command show.

Imports neither numpy nor scipy until it is asked: a web worker that shows no statistics goes without them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Scored:
    """One rating; `value` is None where it is missing or not observed, `criterion` where the table has only one."""

    candidate: str
    rater: str
    criterion: str | None
    value: float | None


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number and its 95 % interval; None is what cannot be estimated, and a note says why."""

    value: float | None = None
    ci: Interval | None = None


@dataclass(frozen=True, slots=True)
class Alpha:
    """Krippendorff's alpha by what a distance between two ratings means."""

    nominal: Estimate = Estimate()
    ordinal: Estimate = Estimate()
    interval: Estimate = Estimate()
    ratio: Estimate = Estimate()


@dataclass(frozen=True, slots=True)
class Rwg:
    """How far the raters of one candidate agree on one criterion: r_wg and a_wg, below 0 worse than chance."""

    candidate: str
    criterion: str | None
    n: int
    value: float | None
    a_wg: float | None


@dataclass(frozen=True, slots=True)
class Components:
    """Variances between candidates, between raters, and what is left over."""

    candidate: float
    rater: float
    residual: float


@dataclass(frozen=True, slots=True)
class Dependable:
    """What a panel of `n_raters` would give: Phi, E rho^2, and the standard error of measurement in scale points."""

    n_raters: int
    phi: float
    rho2: float
    sem: float


@dataclass(frozen=True, slots=True)
class Standing:
    """A candidate: raw mean of the raters' composites, the estimate adjusted for who rated, and how sure it is.

    `interval` holds 95 %; `comparative` 84 %, for laying two beside each other; `ranks` are the best and worst
    possible rank (95 %); tiers count from 1 and are no ranks.
    """

    candidate: str
    n: int
    mean: float | None
    adjusted: float | None = None
    sd: float | None = None
    interval: Interval | None = None
    comparative: Interval | None = None
    tier: int | None = None
    ranks: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Severity:
    """A rater: how much higher (or lower, below 0) than the other raters of the table, with its standard deviation."""

    rater: str
    n: int
    effect: float | None = None
    sd: float | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """How likely `a` would come out ahead of `b` were both rated without error."""

    a: str
    b: str
    p_a_above_b: float


@dataclass(frozen=True, slots=True)
class Analysis:
    """Everything that can be said about a table of ratings; None (or nothing) where a note says why.

    `exact_share` and `within_one_share` are of all pairs of ratings of the same thing; `kappa_*` are for two raters.
    `borrowed` says that the components are those handed over; `best_of_n` is how often the top candidate is truly best.
    """

    alpha: Alpha
    ac1: Estimate
    ac2: Estimate
    icc: Mapping[str, Estimate]
    rwg: tuple[Rwg, ...]
    kappa_linear: float | None
    kappa_quadratic: float | None
    fleiss_kappa: float | None
    exact_share: float | None
    within_one_share: float | None
    components: Components | None
    component_intervals: Mapping[str, Interval]
    borrowed: bool
    dependability: tuple[Dependable, ...]
    candidates: tuple[Standing, ...]
    raters: tuple[Severity, ...]
    pairs: tuple[Pair, ...]
    best_of_n: float | None
    connected: bool
    notes: tuple[str, ...]

    def p_above(self, a: str, b: str) -> float | None:
        """Return how likely candidate `a` is ahead of `b`; None where they cannot be compared."""
        for pair in self.pairs:
            if (pair.a, pair.b) == (a, b):
                return pair.p_a_above_b
            if (pair.a, pair.b) == (b, a):
                return 1 - pair.p_a_above_b
        return None


def analyse(
    ratings: Sequence[Scored], weights: Mapping[str, float] | None = None, *, borrowed: Components | None = None
) -> Analysis:
    """Analyse ratings of candidates by raters on criteria (one rating for each three of them).

    `weights` by criterion, else all equal; `borrowed` are components pooled from the same rubric, used where fewer than
    5 candidates or 3 raters are here (SCORING 3.9).
    """
    from interview.agreement.rules.panel import analysed  # brings numpy and scipy

    return analysed(ratings, weights, borrowed)
