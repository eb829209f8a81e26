"""Published worked examples: those typed here, and every one of the shared file where that lies on the machine."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from interview.agreement.rules import generalizability as g
from interview.agreement.rules import gwet, icc, kappa, rwg
from interview.agreement.rules.alpha import METRICS, alpha, coincidences, counted
from interview.agreement.rules.analysis import Analysis, Components, Scored, analyse
from interview.agreement.rules.crossed import Crossed
from interview.agreement.rules.items import items

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "statistics.json"
FIXTURES = {one["id"]: one for one in json.loads(SHARED.read_text("utf-8"))["fixtures"]} if SHARED.exists() else {}
SHROUT_FLEISS = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
BRENNAN_4 = """
5 6 5 5  5 3 4 5  6 7 3 3
9 3 7 7  7 5 5 5  7 7 5 2
3 4 3 3  5 3 3 5  6 5 1 6
7 5 5 3  3 1 4 3  5 3 3 5
9 2 9 7  7 7 3 7  2 7 5 3
3 4 3 5  3 3 6 3  4 5 1 2
7 3 7 7  7 5 5 7  5 5 5 4
5 8 5 7  7 5 5 4  3 2 1 1
9 9 8 8  6 6 6 5  5 8 1 1
4 4 4 3  3 5 6 5  5 7 1 1
"""
WIKIPEDIA = ["*****34121133*3", "1*213343*******", "**21344*21133*4"]  # coders A, B, C of the article on alpha


def table(rows: Any) -> Any:
    return np.array(rows, dtype=float)


def scored(rows: Any) -> list[Scored]:
    return [
        Scored(f"c{at:02}", f"r{to}", None, None if value is None else float(value))
        for at, row in enumerate(rows)
        for to, value in enumerate(row)
    ]


def alphas(rows: Any) -> dict[str, float | None]:
    ratings = table(rows)
    values = np.unique(ratings[~np.isnan(ratings)])
    found = coincidences(counted(ratings, values))
    return {metric: alpha(found, values, metric) for metric in METRICS}


def test_krippendorff_of_the_wikipedia_article():
    rows = [[None if mark == "*" else int(mark) for mark in unit] for unit in zip(*WIKIPEDIA, strict=True)]
    found = alphas(rows)
    assert found["nominal"] == pytest.approx(0.691, abs=5e-4)
    assert found["interval"] == pytest.approx(0.811, abs=5e-4)


def test_shrout_and_fleiss_table_4():
    found = analyse(scored(SHROUT_FLEISS)).icc
    assert {form: round(one.value or 0, 2) for form, one in found.items()} == {
        "1,1": 0.17, "2,1": 0.29, "3,1": 0.71, "1,k": 0.44, "2,k": 0.62, "3,k": 0.91,
    }  # fmt: skip
    assert found["2,1"].ci == pytest.approx((0.019, 0.761), abs=5e-4)


def test_fleiss_of_the_wikipedia_article():
    counts = [
        [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
    ]  # fmt: skip
    assert kappa.fleiss_kappa(table(counts)) == pytest.approx(0.210, abs=5e-4)


def test_brennan_synthetic_data_set_4_raters_within_exercises():
    found = g.p_by_r_in_t(table([line.split() for line in BRENNAN_4.split("\n") if line]).reshape(10, 3, 4))
    published = {"p": 0.4731, "t": 0.3252, "r:t": 0.6475, "pt": 0.5596, "pr:t": 2.3802}
    assert found == pytest.approx(published, abs=5e-4)
    errors = g.raters_in_exercises(found, 3, 4)
    assert (errors.rho2, errors.phi) == pytest.approx((0.55, 0.46), abs=5e-3)


# --- the shared file ------------------------------------------------------------------------------------------------


def kripp(given: dict[str, Any], expected: dict[str, float], within: float) -> None:
    found = alphas(given["ratings"])
    assert {metric: found[metric] for metric in expected} == pytest.approx(expected, abs=within)


def gwet_4raters(given: dict[str, Any], expected: dict[str, dict[str, float]], within: float) -> None:
    counts = counted(table(given["ratings"]), table(given["categories"]))
    for kind, wanted in expected.items():
        one = gwet.gwet(counts, gwet.weights(given["categories"], kind))
        assert one is not None
        assert one.interval is not None
        got = {"coef": one.coefficient, "pa": one.observed, "pe": one.by_chance, "se": one.se}
        assert {**got, "lo": one.interval[0], "hi": one.interval[1]} == pytest.approx(wanted, abs=within)


def fleiss_1971(given: dict[str, Any], expected: dict[str, float], within: float) -> None:
    assert kappa.fleiss_kappa(table(given["counts"])) == pytest.approx(expected["kappa"], abs=within)


def wkappa_cohen1968(given: dict[str, Any], expected: dict[str, float], within: float) -> None:
    seen, apart = table(given["table"]), 1 - np.eye(3)
    assert kappa.weighted_kappa(seen, apart) == pytest.approx(expected["unweighted"], abs=within)
    weighted = kappa.weighted_kappa(seen, table(given["disagreement"]))
    assert weighted == pytest.approx(expected["weighted"], abs=within)
    lopsided = kappa.weighted_kappa(seen, table(given["disagreement_asym"]))
    assert lopsided == pytest.approx(expected["weighted_asym"], abs=within)


def icc_shrout_fleiss(given: dict[str, Any], expected: dict[str, Any], within: float) -> None:
    ms = icc.mean_squares(table(given["ratings"]))
    squares = {"msb": ms.between, "msj": ms.raters, "mse": ms.residual, "msw": ms.within}
    assert squares == pytest.approx({name: expected[name] for name in squares}, abs=within)
    for form, one in analyse(scored(given["ratings"])).icc.items():
        wanted = expected[f"ICC{form[0]}{'k' if form[2] == 'k' else ''}"]
        assert one.ci is not None
        assert [one.value, *one.ci] == pytest.approx(wanted, abs=within)


def paradox_video(given: dict[str, Any], expected: dict[str, Any], within: float) -> None:
    found = analyse(scored(given["ratings"]))
    assert found.exact_share == pytest.approx(expected["exact_pair_agreement"], abs=within)
    for metric in ("ordinal", "interval", "nominal"):
        assert getattr(found.alpha, metric).value == pytest.approx(expected[f"alpha_{metric}"], abs=within)
    assert found.ac1.value == pytest.approx(expected["AC1"], abs=within)
    assert found.ac2.value == pytest.approx(expected["AC2_quadratic"], abs=within)
    one = found.icc["2,1"]
    assert one.ci is not None
    assert [one.value, *one.ci] == pytest.approx(expected["ICC2"], abs=within)
    assert np.mean([one.value or 0 for one in found.rwg]) == pytest.approx(expected["mean_rwg"], abs=within)
    assert found.notes[0] == "Raters agree, but these scores hardly distinguish the candidates."


def rwg_examples(given: dict[str, Any], expected: dict[str, Any], within: float) -> None:
    cases, points = given["cases"], given["scale_points"]
    assert [rwg.r_wg(case, points) for case in cases] == pytest.approx(expected["rwg"], abs=within)
    assert [rwg.a_wg(case) for case in cases] == pytest.approx(expected["a_wg"], abs=within)
    several = table(given["matrix_raters_by_criteria"])
    assert rwg.r_wg_j(several, points) == pytest.approx(expected["rwg_j"], abs=within)
    assert rwg.r_wg_star(several, points) == pytest.approx(expected["rwg_star"], abs=within)


def g_brennan1(given: dict[str, Any], expected: dict[str, Any], within: float) -> None:
    scores = table(given["scores"])
    ms, parts = icc.mean_squares(scores), g.p_by_r(scores)
    got = {"ms_p": ms.between, "ms_i": ms.raters, "ms_res": ms.residual}
    got |= {"var_p": parts.candidate, "var_i": parts.rater, "var_res": parts.residual}
    assert got == pytest.approx({name: expected[name] for name in got}, abs=within)
    wanted = {"12": [expected["rho2"], expected["phi"]], **expected["dstudy"]}
    for size, pair in wanted.items():
        errors = g.panel_of(parts, int(size))
        assert [errors.rho2, errors.phi] == pytest.approx(pair, abs=within)


def lmm_penicillin(given: dict[str, Any], expected: dict[str, Any], within: float) -> None:
    fit = Crossed(table(given["y"])).reml()
    sds = [value**0.5 for value in (fit.components.candidate, fit.components.rater, fit.components.residual)]
    assert sds == pytest.approx([expected[name] for name in ("sd_plate", "sd_sample", "sd_res")], abs=within)
    assert (fit.criterion, fit.mean) == pytest.approx((expected["reml"], expected["intercept"]), abs=within)
    assert list(fit.raters) == pytest.approx(list(expected["blup_sample"].values()), abs=within)
    assert fit.candidates[0] - fit.mean == pytest.approx(expected["blup_plate_a"], abs=within)


def panel_incomplete(given: dict[str, Any], expected: dict[str, Any], within: float) -> None:
    names, raters = list(given["composites"]), list(expected["rater_effect"])
    rows = [[given["composites"][name].get(rater) for rater in raters] for name in names]
    fit = Crossed(table(rows)).reml()
    assert fit.components == Components(
        *(pytest.approx(expected[n], abs=within) for n in ("var_cand", "var_rater", "var_res"))
    )
    assert (fit.criterion, fit.mean) == pytest.approx((expected["reml"], expected["mu"]), abs=within)
    assert list(fit.candidates) == pytest.approx([expected["adjusted"][name] for name in names], abs=within)
    assert list(fit.raters) == pytest.approx(list(expected["rater_effect"].values()), abs=within)
    found = analyse([Scored(n, r, None, v) for n, row in given["composites"].items() for r, v in row.items()])
    posterior = expected["bayes_grid"]
    for one in found.candidates:
        assert one.mean == pytest.approx(expected["raw_mean"][one.candidate])
        assert one.adjusted == pytest.approx(posterior["mean"][one.candidate], abs=within)
        assert one.sd == pytest.approx(posterior["sd"][one.candidate], abs=within)
    for pair, p in posterior["p_gt"].items():
        assert found.p_above(*pair.split(">")) == pytest.approx(p, abs=within)


def spearman_brown(given: dict[str, Any], expected: dict[str, Any], within: float) -> None:
    for single in given["single"]:
        got = [icc.spearman_brown(single, n) for n in given["n"]]
        assert got == pytest.approx(expected[str(single)], abs=within)


def kr20_wuensch(given: dict[str, Any], expected: dict[str, Any], within: float) -> None:
    found = items(table(given["responses"]))
    assert found.kr20 == pytest.approx(expected["kr20"], abs=within)
    assert list(found.right_share) == pytest.approx(expected["p"], abs=within)
    assert list(found.item_total) == pytest.approx(expected["item_total"], abs=within)
    assert list(found.item_rest) == pytest.approx(expected["corrected_item_total"], abs=within)
    assert found.sem == pytest.approx(expected["sem_sample_sd"], abs=within)
    assert found.doubtful == (2, 6, 8)


CHECKS: dict[str, Callable[[Any, Any, float], None]] = {
    "kripp_C": kripp,
    "kripp_binary": kripp,
    **{
        check.__name__: check
        for check in (
            gwet_4raters, fleiss_1971, wkappa_cohen1968, icc_shrout_fleiss, paradox_video, rwg_examples, g_brennan1,
            lmm_penicillin, panel_incomplete, spearman_brown, kr20_wuensch,
        )
    },
}  # fmt: skip
ELSEWHERE = {"impact_ratio", "fisher_tea", "ll144_scoring", "force_rank"}  # fairness, exercises: no agreement of raters


def test_every_example_of_the_shared_file_where_that_is_here():
    for name in sorted(FIXTURES.keys() - ELSEWHERE):
        fixture = FIXTURES[name]
        try:
            CHECKS[name](fixture["input"], fixture["expected"], fixture["tolerance"])
        except AssertionError as difference:
            raise AssertionError(f"{name}: {difference}") from difference


def test_what_is_checked_is_in_the_shared_file_where_that_is_here():
    assert not FIXTURES or CHECKS.keys() <= FIXTURES.keys()


def test_the_analysis_answers_none_for_a_pair_it_does_not_hold():
    found: Analysis = analyse(scored(SHROUT_FLEISS))
    p = found.p_above("c00", "c01")
    assert p is not None
    assert found.p_above("c01", "c00") == pytest.approx(1 - p)
    assert found.p_above("c00", "nobody") is None
