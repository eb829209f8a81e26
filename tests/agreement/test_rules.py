"""The formulas against slow and obvious ones, and what must hold for any table of ratings."""

from __future__ import annotations

from itertools import combinations, permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from interview.agreement.rules import generalizability as g
from interview.agreement.rules import gwet, icc, kappa, rwg, tiers
from interview.agreement.rules.alpha import alpha, coincidences, counted
from interview.agreement.rules.crossed import Crossed
from interview.agreement.rules.linking import islands

SCALE = np.arange(1.0, 6.0)
POINTS = st.sampled_from([1.0, 2.0, 3.0, 4.0, 5.0])
GAPPY = arrays.arrays(float, st.tuples(st.integers(2, 7), st.integers(2, 4)), elements=POINTS | st.just(np.nan))
FULL = arrays.arrays(float, st.tuples(st.integers(3, 7), st.integers(2, 4)), elements=POINTS)


def slow_alpha(ratings: Any, distance: Any) -> float | None:
    """Alpha as its definition says: pairs within units against all pairs of pairable ratings."""
    units = [[value for value in row if not np.isnan(value)] for row in ratings]
    units = [unit for unit in units if len(unit) >= 2]
    every = [value for unit in units for value in unit]
    observed = sum(distance(a, b) / (len(unit) - 1) for unit in units for a, b in permutations(unit, 2)) / max(
        1, len(every)
    )
    expected = sum(distance(a, b) for a, b in permutations(every, 2))
    if not expected:
        return None
    return 1 - observed * len(every) * (len(every) - 1) / expected


@given(GAPPY)
def test_alpha_is_what_its_definition_says(ratings: Any):
    def ordinal(a: float, b: float) -> float:
        pairable = ratings[(~np.isnan(ratings)).sum(axis=1) >= 2]
        low, high = min(a, b), max(a, b)
        between = sum((pairable == value).sum() for value in SCALE if low <= value <= high)
        return float(between - ((pairable == a).sum() + (pairable == b).sum()) / 2) ** 2

    distances = {
        "nominal": lambda a, b: float(a != b),
        "interval": lambda a, b: (a - b) ** 2,
        "ratio": lambda a, b: ((a - b) / (a + b)) ** 2,
        "ordinal": ordinal,
    }
    found = coincidences(counted(ratings, SCALE))
    for metric, distance in distances.items():
        assert alpha(found, SCALE, metric) == pytest.approx(slow_alpha(ratings, distance))


@given(GAPPY)
def test_gwet_is_what_its_definition_says(ratings: Any):
    rated = [[value for value in row if not np.isnan(value)] for row in ratings]
    rated = [row for row in rated if row]
    assume(any(len(row) >= 2 for row in rated))
    found = gwet.gwet(counted(ratings, SCALE), gwet.weights(list(SCALE), "quadratic"))
    agreed = [np.mean([1 - (a - b) ** 2 / 16 for a, b in permutations(row, 2)]) for row in rated if len(row) >= 2]
    shares = [np.mean([row.count(value) / len(row) for row in rated]) for value in SCALE]
    weight = sum(1 - (a - b) ** 2 / 16 for a in SCALE for b in SCALE)
    by_chance = weight / 20 * sum(share * (1 - share) for share in shares)
    assert found is not None
    assert found.coefficient == pytest.approx((np.mean(agreed) - by_chance) / (1 - by_chance))


@given(FULL)
def test_quadratic_kappa_of_two_raters_is_what_its_definition_says(ratings: Any):
    first, second = ratings[:, 0], ratings[:, 1]
    found = kappa.weighted_kappa(kappa.crossed(first, second, SCALE), kappa.apart(SCALE, 2))
    by_chance = np.mean([(a - b) ** 2 for a in first for b in second])
    if by_chance == 0:
        assert found is None
    else:
        assert found == pytest.approx(1 - np.mean((first - second) ** 2) / by_chance)


@given(FULL)
def test_fleiss_of_two_raters_counts_pairs(ratings: Any):
    found = kappa.fleiss_kappa(counted(ratings, SCALE))
    pairs = [a == b for row in ratings for a, b in combinations(row, 2)]
    by_chance = sum((ratings == value).mean() ** 2 for value in SCALE)
    if by_chance > 1 - 1e-12:
        assert found is None
    else:
        assert found == pytest.approx((np.mean(pairs) - by_chance) / (1 - by_chance))


@given(FULL)
def test_icc_3_k_is_cronbachs_alpha_and_intervals_hold_their_value(ratings: Any):
    assume(np.ptp(ratings.mean(axis=1)) > 0)
    found = icc.icc(ratings)
    k = ratings.shape[1]
    total = ratings.sum(axis=1).var(ddof=1)
    assert found["3,k"].value == pytest.approx(k / (k - 1) * (1 - ratings.var(axis=0, ddof=1).sum() / total))
    for one in found.values():
        if one.ci is not None and one.value is not None:
            assert one.ci[0] <= one.value + 1e-9
            assert one.value <= one.ci[1] + 1e-9


@pytest.mark.parametrize(
    "ratings",
    [
        [[4, 1, 1], [5, 1, 1], [1, 4, 1]],  # F(2, 0.003) at 97.5 % is infinite
        [[5, 1], [4, 2]],  # no degrees of freedom at all
        [[5, 1, 5, 2], [4, 3, 1, 5], [2, 1, 4, 5], [3, 1, 5, 4]],  # the interval would not hold its value
    ],
)
def test_where_the_approximation_fails_no_interval_is_told(ratings: Any):
    found = icc.icc(np.array(ratings, float))
    assert found["2,1"].value < -0.1
    assert (found["2,1"].ci, found["2,k"].ci) == (None, None)


@given(FULL)
def test_one_way_needs_no_names_of_raters(ratings: Any):
    found = icc.one_way(list(ratings))
    assert found == {form: one for form, one in icc.icc(ratings).items() if form.startswith("1")}


@given(st.lists(POINTS, min_size=2, max_size=6))
def test_r_wg_compares_with_chance(values: list[float]):
    assert rwg.r_wg(values) == pytest.approx(1 - np.var(values, ddof=1) / 2)
    found = rwg.a_wg(values)
    assert found is None or found <= 1


def test_a_wg_is_not_defined_where_the_mean_leaves_no_room():
    assert rwg.a_wg([5, 5, 5]) is None
    assert rwg.a_wg([5]) is None
    assert rwg.r_wg([5]) is None
    assert rwg.r_wg_j(np.array([[1.0], [5.0], [1.0], [5.0]])) is None


@given(arrays.arrays(float, (4, 3, 2), elements=POINTS))
def test_three_way_components_give_back_the_mean_squares(ratings: Any):
    """The relative error of the candidate's mean is what the two-way study of the composites finds."""
    parts = g.p_by_r_by_k(ratings)
    assert all(value >= 0 for value in parts.values())
    two = icc.mean_squares(ratings.mean(axis=2))
    if all(value > 0 for value in parts.values()):  # none was cut off at 0
        errors = g.fixed_criteria(parts, 3, 2)
        assert errors.relative == pytest.approx(two.residual / 3)
        assert errors.universe == pytest.approx((two.between - two.residual) / 3)


def slow_reml(rows: Any, candidate: float, rater: float, rest: float) -> tuple[float, Any]:
    """The REML criterion and the predictions with full matrices."""
    cells = np.argwhere(~np.isnan(rows))
    y = rows[tuple(cells.T)]
    z, w = np.eye(rows.shape[0])[cells[:, 0]], np.eye(rows.shape[1])[cells[:, 1]]
    inverse = np.linalg.inv(candidate * z @ z.T + rater * w @ w.T + rest * np.eye(len(y)))
    ones = np.ones(len(y))
    mean = ones @ inverse @ y / inverse.sum()
    left = inverse @ (y - mean)
    criterion = (len(y) - 1) * np.log(2 * np.pi) - np.linalg.slogdet(inverse)[1] + np.log(inverse.sum())
    return criterion + (y - mean) @ left, mean + candidate * z.T @ left


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000))
@example(1019)  # the lowest lies just beyond the grid's edge
@example(236)
def test_reml_finds_the_lowest_criterion_of_full_matrices(seed: int):
    chance = np.random.default_rng(seed)
    rows = chance.normal(0, 0.8, (7, 1)) + chance.normal(0, 0.4, (1, 4)) + chance.normal(0, 0.5, (7, 4))
    rows[np.arange(7), chance.integers(0, 4, 7)] = np.nan
    fit = Crossed(rows).reml()
    parts = (fit.components.candidate, fit.components.rater, fit.components.residual)
    lowest, predicted = slow_reml(rows, *parts)
    assert fit.criterion == pytest.approx(lowest)
    assert fit.candidates == pytest.approx(predicted)
    for at in range(3):
        for factor in (0.9, 1.1):
            moved = [
                part * (factor if at == to else 1) + (0.01 if at == to and not part else 0)
                for to, part in enumerate(parts)
            ]
            assert slow_reml(rows, *moved)[0] >= lowest - 1e-6


def test_known_components_give_the_covariance_of_full_matrices():
    chance = np.random.default_rng(3)
    rows = chance.normal(3, 1, (6, 4))
    rows[[0, 1, 2, 3], [3, 2, 1, 0]] = np.nan
    fit = Crossed(rows)
    components = g.Components(0.6, 0.2, 0.3)
    posterior = fit.posterior_given(components)
    cells = np.argwhere(~np.isnan(rows))
    z, w = np.eye(6)[cells[:, 0]], np.eye(4)[cells[:, 1]]
    effects = np.column_stack([np.ones(len(cells)), z, w])
    prior = np.diag([0, *[1 / 0.6] * 6, *[1 / 0.2] * 4])
    covariance = np.linalg.inv(effects.T @ effects / 0.3 + prior)
    of_candidates = np.column_stack([np.ones(6), np.eye(6), np.zeros((6, 4))])
    full = of_candidates @ covariance @ of_candidates.T
    assert np.diag(posterior.own) + posterior.shared @ posterior.shared.T == pytest.approx(full)
    assert posterior.mean == pytest.approx(of_candidates @ covariance @ effects.T @ rows[tuple(cells.T)] / 0.3)
    assert posterior.effects()[1] == pytest.approx(np.sqrt(np.diag(covariance))[-4:])


def test_a_tier_ends_where_its_best_is_ahead_with_nine_in_ten():
    ahead = np.array([[0.5, 0.89, 0.9], [0.11, 0.5, 0.6], [0.1, 0.4, 0.5]])
    assert list(tiers.tiers(np.array([3.0, 2.0, 1.0]), lambda one, others: ahead[one, others])) == [1, 1, 2]


def test_possible_ranks_and_who_is_truly_best():
    draws = np.array([[3.0, 2.0, 1.0]] * 90 + [[2.0, 3.0, 1.0]] * 10)
    best, worst = tiers.possible_ranks(draws)
    assert (list(best), list(worst)) == ([1, 1, 3], [2, 2, 3])
    assert tiers.best_share(np.array([3.0, 2.0, 1.0]), draws) == pytest.approx(0.9)


def test_islands_are_joined_by_a_shared_rater():
    met = [("Ada", "R1"), ("Ben", "R2"), ("Cleo", "R3"), ("Ben", "R3")]
    assert islands(met) == (frozenset({"Ben", "Cleo"}), frozenset({"Ada"}))
    assert len(islands([*met, ("Ada", "R3")])) == 1
    assert islands([]) == ()
