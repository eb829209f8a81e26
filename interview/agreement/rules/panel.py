"""Puts the statistics together for one table of ratings, and says in notes what cannot be estimated (SCORING 3.11).

The only module that knows how few ratings are too few; the formulas do not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from interview.agreement.rules.alpha import METRICS, MOST_VALUES, alpha, coincidences, counted, intervals
from interview.agreement.rules.analysis import (
    Alpha,
    Analysis,
    Components,
    Estimate,
    Interval,
    Pair,
    Rwg,
    Scored,
    Severity,
    Standing,
)
from interview.agreement.rules.arrays import Floats, Whole
from interview.agreement.rules.crossed import Crossed, Posterior
from interview.agreement.rules.generalizability import d_study, panel_of
from interview.agreement.rules.gwet import gwet, weights
from interview.agreement.rules.icc import FORMS, icc, one_way
from interview.agreement.rules.kappa import apart, crossed, fleiss_kappa, weighted_kappa
from interview.agreement.rules.linking import islands
from interview.agreement.rules.rwg import HIGHEST, LOWEST, a_wg, r_wg
from interview.agreement.rules.tiers import best_share, possible_ranks, tiers

SCALE = np.arange(LOWEST, HIGHEST + 1, dtype=float)
LEAST_WEIGHT_SHARE = 0.70  # of a composite: less is incomplete
FEW_CANDIDATES, FEW_RATERS, SOME_CANDIDATES, POOLED_CANDIDATES = 5, 3, 10, 20
MOST_PAIRED = 60  # candidates whose pairs are all listed
HARDLY = 0.50  # of Phi: below, the scores hardly distinguish
AGREE = 0.70  # of AC2: from there on raters are said to agree
_SAME = 1e-9


def analysed(
    ratings: Sequence[Scored], by_criterion: Mapping[str, float] | None, borrowed: Components | None
) -> Analysis:
    """Work out everything `analyse` returns."""
    table = _Table(ratings, by_criterion)
    notes: list[str] = list(table.notes)
    agreement = _Agreement(table, notes)
    model = _Model(table, borrowed, notes)
    analysis = Analysis(
        alpha=agreement.alpha,
        ac1=agreement.ac1,
        ac2=agreement.ac2,
        icc=agreement.icc,
        rwg=agreement.rwg,
        kappa_linear=agreement.kappa_linear,
        kappa_quadratic=agreement.kappa_quadratic,
        fleiss_kappa=agreement.fleiss,
        exact_share=agreement.exact_share,
        within_one_share=agreement.within_one_share,
        components=model.components,
        component_intervals=model.component_intervals,
        borrowed=model.borrowed,
        dependability=d_study(model.components) if model.components else (),
        candidates=model.standings,
        raters=model.raters,
        pairs=model.pairs,
        best_of_n=model.best_of_n,
        connected=table.connected,
        notes=(),
    )
    _note_on_dependability(analysis, notes)
    return replace(analysis, notes=tuple(notes))


class _Table:
    """The ratings as arrays: `units` (candidate and criterion a row) and `composites` (candidate a row) by rater."""

    def __init__(self, ratings: Sequence[Scored], by_criterion: Mapping[str, float] | None) -> None:
        self.candidates = list(dict.fromkeys(one.candidate for one in ratings))
        self.criteria = list(dict.fromkeys(one.criterion for one in ratings))
        given = [one for one in ratings if one.value is not None]
        self.raters = list(dict.fromkeys(one.rater for one in given))
        self.notes: list[str] = []
        places = [{name: at for at, name in enumerate(names)} for names in (self.candidates, self.raters)]
        criterion_at = {name: at for at, name in enumerate(self.criteria)}
        self.cube = np.full((len(self.candidates), len(self.criteria), len(self.raters)), np.nan)
        at = (
            [places[0][one.candidate] for one in given],
            [criterion_at[one.criterion] for one in given],
            [places[1][one.rater] for one in given],
        )
        self.cube[at] = [one.value for one in given]
        if int((~np.isnan(self.cube)).sum()) != len(given):
            raise ValueError("A rater has rated a candidate twice on the same criterion.")
        self.units: Floats = self.cube.reshape(len(self.candidates) * len(self.criteria), len(self.raters))
        self.of_candidate = np.repeat(np.arange(len(self.candidates)), len(self.criteria))
        self.composites = self._composed(by_criterion)
        met = np.argwhere(~np.isnan(self.composites))
        self.islands = islands((self.candidates[one], self.raters[other]) for one, other in met)
        self.connected = len(self.islands) <= 1
        self.rater_count = len(self.raters)
        self.rated_count = int((~np.isnan(self.composites)).any(axis=1).sum())

    def _composed(self, by_criterion: Mapping[str, float] | None) -> Floats:
        weight = np.array(
            [1.0 if by_criterion is None or name is None else by_criterion.get(name, 0) for name in self.criteria]
        )
        seen = ~np.isnan(self.cube)
        observed = np.einsum("ckr,k->cr", seen, weight)
        sums = np.einsum("ckr,k->cr", np.where(seen, self.cube, 0.0), weight)
        enough = (observed >= (LEAST_WEIGHT_SHARE - _SAME) * weight.sum()) & (observed > 0)
        incomplete = int((~enough & seen.any(axis=1)).sum())
        if incomplete:
            which = "1 composite is" if incomplete == 1 else f"{incomplete} composites are"
            self.notes.append(f"{which} left out as incomplete: less than 70 % of the weight was observed.")
        found: Floats = np.divide(sums, observed, out=np.full(sums.shape, np.nan), where=enough)
        return found


class _Agreement:
    """Do the raters agree?"""

    def __init__(self, table: _Table, notes: list[str]) -> None:
        self.alpha, self.ac1, self.ac2 = Alpha(), Estimate(), Estimate()
        self.icc: dict[str, Estimate] = {form: Estimate() for form in FORMS}
        self.kappa_linear: float | None = None
        self.kappa_quadratic: float | None = None
        self.fleiss: float | None = None
        self.exact_share, self.within_one_share = _shares(table.units)
        self.rwg = _rwg(table, notes)
        if table.rater_count < 2:
            notes.append("Fewer than two raters: the ratings hold no reliability information.")
            return
        if table.rated_count < FEW_CANDIDATES:
            notes.append(
                "Fewer than 5 candidates: alpha, AC1, AC2, ICC and kappa are not estimated. Read the differences "
                "per criterion and the share of ratings within one point."
            )
            return
        rated = (~np.isnan(table.units)).sum(axis=1)
        self._units, self._groups = table.units[rated > 0], table.of_candidate[rated > 0]
        if not (rated >= 2).any():
            notes.append("Nothing was rated by two raters: agreement cannot be estimated.")
            return
        self._measure_alpha(notes)
        self._measure_gwet(notes)
        self._measure_kappas(table, notes)
        self._measure_icc(table, notes)

    def _measure_alpha(self, notes: list[str]) -> None:
        values = np.unique(self._units[~np.isnan(self._units)])
        counts = counted(self._units, values)
        paired = counts.sum(axis=1) >= 2
        table = coincidences(counts)
        found = {metric: alpha(table, values, metric) for metric in METRICS}
        if found["nominal"] is None:
            notes.append("No variation: all ratings are equal, so alpha is not defined.")
            return
        if found["ratio"] is None:
            notes.append("Alpha for ratios is not defined for ratings below 0.")
        if len(values) > MOST_VALUES:
            notes.append(f"Alpha is without intervals: more than {MOST_VALUES} different ratings.")
            spans: dict[str, Interval] = {}
        else:
            edges = np.flatnonzero(np.diff(self._groups[paired])) + 1  # units stand candidate by candidate
            groups = [coincidences(one) for one in np.split(counts[paired], edges)]
            spans = intervals(groups, values, [metric for metric in METRICS if found[metric] is not None])
            if len(groups) < SOME_CANDIDATES:
                notes.append(f"Too few candidates ({len(groups)}) for the intervals of alpha to hold.")
        self.alpha = Alpha(**{metric: Estimate(found[metric], spans.get(metric)) for metric in METRICS})

    def _measure_gwet(self, notes: list[str]) -> None:
        counts = counted(self._units, SCALE)
        if counts.sum() < (~np.isnan(self._units)).sum():
            notes.append("AC1 and AC2 need ratings in whole points from 1 to 5: the list of categories must be known.")
            return
        one, two = (gwet(counts, weights(list(SCALE), kind), list(self._groups)) for kind in ("identity", "quadratic"))
        if one and two:
            self.ac1, self.ac2 = Estimate(one.coefficient, one.interval), Estimate(two.coefficient, two.interval)

    def _measure_kappas(self, table: _Table, notes: list[str]) -> None:
        values = np.unique(self._units[~np.isnan(self._units)])
        self.fleiss = fleiss_kappa(counted(self._units, values))
        if self.fleiss is None:
            notes.append("Fleiss' kappa needs as many ratings for each candidate and criterion, and some variation.")
        if table.rater_count != 2:
            notes.append(f"Weighted kappa is for two raters; there are {table.rater_count}.")
            return
        both = self._units[~np.isnan(self._units).any(axis=1)]
        pairs = crossed(both[:, 0], both[:, 1], values)
        self.kappa_linear = weighted_kappa(pairs, apart(values, 1))
        self.kappa_quadratic = weighted_kappa(pairs, apart(values, 2))
        if self.kappa_linear is None:
            notes.append("Weighted kappa is not defined: both raters gave one and the same rating throughout.")

    def _measure_icc(self, table: _Table, notes: list[str]) -> None:
        rows = table.composites[(~np.isnan(table.composites)).any(axis=1)]
        rows = rows[:, (~np.isnan(rows)).any(axis=0)]
        if not len(rows) or rows.shape[1] < 2:
            notes.append("The ICC needs complete composites of two raters.")
            return
        sizes = (~np.isnan(rows)).sum(axis=1)
        if (sizes == rows.shape[1]).all():
            self.icc |= icc(rows)
        else:
            notes.append(
                "Not every candidate was rated by every rater: ICC(2) and ICC(3) are not computed from a part of the "
                "table. The components and the dependability below use every rating."
            )
            if sizes[0] >= 2 and (sizes == sizes[0]).all():
                self.icc |= one_way([row[~np.isnan(row)] for row in rows])
            else:
                notes.append("ICC(1) needs as many raters for each candidate.")
                return
        if any(one.value is None for one in self.icc.values()) and (sizes == rows.shape[1]).all():
            notes.append("Part of the ICC is not defined: nothing varies between the candidates or between ratings.")


class _Model:
    """Can candidates be told apart? Their estimates adjusted for who rated them, by the crossed model."""

    def __init__(self, table: _Table, borrowed: Components | None, notes: list[str]) -> None:
        self.components: Components | None = None
        self.component_intervals: dict[str, Interval] = {}
        self.borrowed = False
        self.pairs: tuple[Pair, ...] = ()
        self.best_of_n: float | None = None
        self._table, self._notes = table, notes
        seen = ~np.isnan(table.composites)
        self._counts = seen.sum(axis=1)
        means = [float(row[on].mean()) if on.any() else None for row, on in zip(table.composites, seen, strict=True)]
        standings = [
            Standing(name, int(n), mean) for name, n, mean in zip(table.candidates, self._counts, means, strict=True)
        ]
        self.raters = tuple(Severity(name, int(n)) for name, n in zip(table.raters, seen.sum(axis=0), strict=True))
        if self._can_be_fitted(borrowed):
            self._fit(borrowed, standings)
        last = len(standings) + 1
        self.standings = tuple(sorted(standings, key=lambda one: (one.tier or last, one.candidate.casefold())))

    def _can_be_fitted(self, borrowed: Components | None) -> bool:
        table, shown = self._table, int((self._counts >= 2).sum())
        if table.rater_count < 2:
            return False
        if not table.connected:
            groups = "; ".join(_listed(sorted(one, key=str.casefold)) for one in table.islands)
            self._notes.append(
                f"The panel falls apart into {len(table.islands)} groups without a shared rater ({groups}): nothing is "
                "adjusted and nobody is compared across groups. Let raters of different groups rate 2 or 3 of the same "
                "candidates."
            )
            return False
        if not shown:
            self._notes.append("No candidate has two complete composites: nothing can be estimated.")
            return False
        if np.nanstd(table.composites) < _SAME:
            self._notes.append("No variation: all composites are equal, so candidates cannot be told apart.")
            return False
        few = shown < FEW_CANDIDATES or table.rater_count < FEW_RATERS
        self.borrowed = few and borrowed is not None and borrowed.residual > 0
        if shown < FEW_CANDIDATES and not self.borrowed:
            self._notes.append(
                f"Fewer than 5 candidates with two raters ({shown}): the adjusted estimates need components from other "
                "openings with the same rubric."
            )
            return False
        return True

    def _fit(self, borrowed: Components | None, standings: list[Standing]) -> None:
        rated = np.flatnonzero(self._counts)
        raters = np.flatnonzero((~np.isnan(self._table.composites)).any(axis=0))
        model = Crossed(self._table.composites[np.ix_(rated, raters)])
        if self.borrowed and borrowed is not None:
            self.components, posterior = borrowed, model.posterior_given(borrowed)
            self._notes.append("Borrowed: the components come from other openings with the same rubric.")
        else:
            self.components, posterior = model.reml().components, model.posterior()
            self._note_on_size()
        draws, variances = posterior.draws()
        if not self.borrowed:
            names = ("candidate", "rater", "residual")
            spans = np.quantile(variances, [0.025, 0.975], axis=0).T
            self.component_intervals = {
                name: (float(low), float(high)) for name, (low, high) in zip(names, spans, strict=True)
            }
        self._rate_raters(posterior, raters)
        shown = np.flatnonzero(self._counts[rated] >= 2)
        alone = [standings[at].candidate for at in rated[self._counts[rated] == 1]]
        if alone:
            self._notes.append(f"One rating only, so without an interval and a tier: {_listed(alone)}.")
        self._place(posterior, draws[:, shown], shown, rated, standings)

    def _place(
        self, posterior: Posterior, draws: Floats, shown: Whole, rated: Whole, standings: list[Standing]
    ) -> None:
        tier = tiers(posterior.mean[shown], lambda one, others: posterior.above(int(shown[one]), shown[others]))
        best, worst = possible_ranks(draws)
        (low, high), (near, far) = posterior.interval(0.95), posterior.interval(0.84)
        for place, at in enumerate(shown):
            standings[rated[at]] = replace(
                standings[rated[at]],
                adjusted=float(posterior.mean[at]),
                sd=float(posterior.sd[at]),
                interval=(float(low[at]), float(high[at])),
                comparative=(float(near[at]), float(far[at])),
                tier=int(tier[place]),
                ranks=(int(best[place]), int(worst[place])),
            )
        if len(shown) < 2:
            return
        self.best_of_n = best_share(posterior.mean[shown], draws)
        if len(shown) > MOST_PAIRED:
            self._notes.append(f"Pairs are listed for up to {MOST_PAIRED} candidates; there are {len(shown)}.")
            return
        order = shown[np.argsort(-posterior.mean[shown], kind="stable")]
        names = [standings[rated[at]].candidate for at in order]
        self.pairs = tuple(
            Pair(names[place], names[place + 1 + to], float(p))
            for place, at in enumerate(order[:-1])
            for to, p in enumerate(posterior.above(int(at), order[place + 1 :]))
        )

    def _rate_raters(self, posterior: Posterior, raters: Whole) -> None:
        effects = dict(zip(raters, zip(*posterior.effects(), strict=True), strict=True))
        self.raters = tuple(
            replace(one, effect=float(effects[at][0]), sd=float(effects[at][1])) if at in effects else one
            for at, one in enumerate(self.raters)
        )

    def _note_on_size(self) -> None:
        if self._table.rater_count < FEW_RATERS:
            self._notes.append("Two raters: how far raters differ is hardly known, and the intervals are wide.")
        if self._table.rated_count < POOLED_CANDIDATES:
            self._notes.append(
                f"The components rest on {self._table.rated_count} candidates and are rough: pool openings that share "
                "the rubric."
            )


def _note_on_dependability(analysis: Analysis, notes: list[str]) -> None:
    """Warn where scores hardly distinguish candidates, however well raters agree (the paradox of SCORING 3.5)."""
    sizes = [one.n for one in analysis.candidates if one.n]
    if analysis.components is None:
        return
    phi = panel_of(analysis.components, len(sizes) / sum(1 / size for size in sizes)).phi
    if phi is not None and phi < HARDLY:
        agree = analysis.ac2.value is not None and analysis.ac2.value >= AGREE
        start = "Raters agree, but these" if agree else "These"
        notes.insert(0, f"{start} scores hardly distinguish the candidates.")


def _shares(units: Floats) -> tuple[float | None, float | None]:
    """Return how many pairs of ratings of the same thing are equal, and how many within one point."""
    pairs = equal = near = 0
    for one in range(units.shape[1]):
        distance = np.abs(units[:, one + 1 :] - units[:, one, None])
        distance = distance[~np.isnan(distance)]
        pairs += distance.size
        equal += int((distance < _SAME).sum())
        near += int((distance < 1 + _SAME).sum())
    return (equal / pairs, near / pairs) if pairs else (None, None)


def _rwg(table: _Table, notes: list[str]) -> tuple[Rwg, ...]:
    given = table.units[~np.isnan(table.units)]
    on_scale = bool(((given >= LOWEST) & (given <= HIGHEST)).all())
    if not on_scale:
        notes.append("r_wg needs ratings from 1 to 5.")
    found = []
    for row, at in zip(table.units, np.ndindex(len(table.candidates), len(table.criteria)), strict=True):
        values = row[~np.isnan(row)].tolist()
        named = (table.candidates[at[0]], table.criteria[at[1]], len(values))
        found.append(Rwg(*named, r_wg(values), a_wg(values)) if on_scale else Rwg(*named, None, None))
    if on_scale and any(one.n < 2 for one in found):
        notes.append("r_wg needs two ratings of the same candidate and criterion.")
    return tuple(found)


def _listed(names: Sequence[str], most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
