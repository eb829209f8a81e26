"""What is estimated from how few ratings, what is None instead, and that a note says why."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interview.agreement.rules.analysis import Analysis, Components, Scored, analyse
from interview.agreement.rules.report import as_json, as_text, words_for

ROOT = Path(__file__).parents[2]
POOLED = Components(0.5, 0.1, 0.3)


def panel(rows: dict[str, dict[str, float | None]]) -> list[Scored]:
    return [Scored(name, rater, None, value) for name, row in rows.items() for rater, value in row.items()]


def complete(candidates: int, raters: int, seed: int = 1, criteria: int = 1) -> list[Scored]:
    chance = np.random.default_rng(seed)
    shape = (candidates, raters, criteria)
    raw = (
        3
        + chance.normal(0, 0.9, (candidates, 1, 1))
        + chance.normal(0, 0.3, (1, raters, 1))
        + chance.normal(0, 0.6, shape)
    )
    return [
        Scored(f"c{c:02}", f"r{r}", f"k{k}" if criteria > 1 else None, float(np.clip(np.round(raw[c, r, k]), 1, 5)))
        for c, r, k in np.ndindex(shape)
    ]


def has_note(found: Analysis, words: str) -> bool:
    return any(words in note for note in found.notes)


def nothing_compared(found: Analysis) -> bool:
    return (
        not found.pairs
        and found.best_of_n is None
        and all(
            one.adjusted is one.sd is one.interval is one.comparative is one.tier is one.ranks is None
            for one in found.candidates
        )
    )


def no_agreement(found: Analysis) -> bool:
    estimates = (found.alpha.ordinal, found.ac1, found.ac2, *found.icc.values())
    return all(one.value is None and one.ci is None for one in estimates) and found.kappa_linear is None


def test_no_rating_at_all():
    found = analyse([])
    assert no_agreement(found)
    assert nothing_compared(found)
    assert found.notes


def test_one_rater_has_means_and_nothing_else():
    found = analyse(complete(12, 1))
    assert no_agreement(found)
    assert nothing_compared(found)
    assert all(one.mean is not None and one.n == 1 for one in found.candidates)
    assert all(one.value is None for one in found.rwg)
    assert has_note(found, "no reliability information")


def test_two_raters_and_four_candidates_have_differences_only():
    found = analyse(complete(4, 2))
    assert no_agreement(found)
    assert nothing_compared(found)
    assert found.within_one_share is not None
    assert has_note(found, "Fewer than 5 candidates")


def test_two_raters_and_enough_candidates_have_kappa_and_wide_intervals():
    found = analyse(complete(12, 2))
    assert found.kappa_quadratic is not None
    assert found.kappa_quadratic == pytest.approx(found.icc["2,1"].value, abs=0.06)
    assert found.fleiss_kappa is not None
    assert has_note(found, "Two raters")
    assert all(one.interval is not None for one in found.candidates)


def test_borrowed_components_stand_in_where_candidates_are_few():
    rows = panel({"Ada": {"R1": 5, "R2": 4, "R3": 4}, "Ben": {"R1": 3, "R2": 3, "R3": 2}})
    assert nothing_compared(analyse(rows))
    found = analyse(rows, borrowed=POOLED)
    assert found.borrowed
    assert found.components == POOLED
    assert found.p_above("Ada", "Ben") == pytest.approx(0.998, abs=0.005)
    assert has_note(found, "Borrowed")
    assert not analyse(complete(12, 4), borrowed=POOLED).borrowed


def test_no_variation_is_neither_agreement_nor_the_lack_of_it():
    found = analyse(panel({f"c{n}": {"R1": 3, "R2": 3, "R3": 3} for n in range(8)}))
    assert found.alpha.nominal.value is found.alpha.ordinal.value is found.fleiss_kappa is None
    assert all(one.value is None for one in found.icc.values())
    assert nothing_compared(found)
    assert has_note(found, "No variation")


def test_a_panel_in_two_parts_is_not_adjusted_and_not_compared():
    left, right = complete(6, 3, seed=1), complete(6, 3, seed=2)
    moved = [Scored(f"d{one.candidate}", f"s{one.rater}", None, one.value) for one in right]
    found = analyse([*left, *moved])
    assert not found.connected
    assert nothing_compared(found)
    assert found.components is None
    assert has_note(found, "2 groups without a shared rater")
    linked = analyse([*left, *moved, Scored("c00", "sr0", None, 3.0)])
    assert linked.connected
    assert linked.components is not None


def test_an_incomplete_panel_has_components_instead_of_a_part_of_the_icc():
    rows = [one for at, one in enumerate(complete(12, 4)) if at % 4 != at // 4 % 4]  # each without one of four
    found = analyse(rows)
    assert found.icc["2,1"].value is found.icc["3,k"].value is found.kappa_linear is None
    assert found.icc["1,1"].value is not None
    assert found.components is not None
    assert found.fleiss_kappa is not None
    assert has_note(found, "Not every candidate")
    ragged = analyse([*rows, next(one for one in complete(12, 4) if one not in rows)])
    assert ragged.icc["1,1"].value is None


def test_a_candidate_rated_once_is_shown_without_an_interval():
    found = analyse([*complete(8, 3), Scored("Zoe", "r0", None, 5.0)])
    zoe = next(one for one in found.candidates if one.candidate == "Zoe")
    assert (zoe.mean, zoe.n, zoe.interval, zoe.tier) == (5.0, 1, None, None)
    assert not any("Zoe" in (one.a, one.b) for one in found.pairs)
    assert has_note(found, "One rating only")
    assert found.candidates[-1] is zoe


def test_not_observed_counts_as_nothing_and_below_seventy_percent_makes_no_composite():
    weights = {"a": 0.7, "b": 0.3}
    values: list[tuple[str, str, str, float | None]] = [
        ("Ada", "R1", "a", 5.0), ("Ada", "R1", "b", None), ("Ada", "R2", "a", None), ("Ada", "R2", "b", 1.0),
    ]  # fmt: skip
    found = analyse([Scored(*one) for one in values], weights)
    assert (found.candidates[0].mean, found.candidates[0].n) == (5.0, 1)
    assert has_note(found, "1 composite is left out")


def test_weights_make_the_composite():
    rows = [Scored("Ada", rater, name, value) for rater in ("R1", "R2") for name, value in (("a", 5.0), ("b", 1.0))]
    assert analyse(rows, {"a": 3, "b": 1}).candidates[0].mean == pytest.approx(4.0)
    assert analyse(rows).candidates[0].mean == pytest.approx(3.0)


def test_ratings_off_the_scale_have_no_ac_and_no_r_wg():
    found = analyse([Scored(one.candidate, one.rater, None, (one.value or 0) * 20) for one in complete(12, 3)])
    assert found.ac1.value is found.ac2.value is None
    assert all(one.value is None for one in found.rwg)
    assert found.alpha.interval.value is not None
    assert has_note(found, "whole points from 1 to 5")


def test_the_same_rating_twice_is_refused():
    with pytest.raises(ValueError, match="twice"):
        analyse([Scored("Ada", "R1", None, 3.0), Scored("Ada", "R1", None, 4.0)])


def test_more_than_sixty_candidates_have_tiers_but_no_list_of_pairs():
    found = analyse(complete(61, 3))
    assert not found.pairs
    assert has_note(found, "up to 60")
    assert {one.tier for one in found.candidates} >= {1, 2}


def test_analysing_again_and_in_another_order_says_the_same():
    rows = complete(10, 3, criteria=2)
    once, again = analyse(rows), analyse(rows)
    assert once == again
    turned = analyse(rows[::-1])
    assert turned.alpha.ordinal.value == pytest.approx(once.alpha.ordinal.value)
    assert [one.candidate for one in turned.candidates] == [one.candidate for one in once.candidates]
    assert [one.adjusted for one in turned.candidates] == pytest.approx([one.adjusted for one in once.candidates])


def numbers(thing: object) -> Iterable[float]:
    if isinstance(thing, dict):
        thing = list(thing.values())
    if isinstance(thing, list):
        for one in thing:
            yield from numbers(one)
    elif isinstance(thing, int | float):
        yield thing


NAMES = st.sampled_from(["Ada", "Ben", "Cleo", "Dev", "Eve", "Finn"])
CELLS = st.tuples(NAMES, st.sampled_from(["R1", "R2", "R3"]), st.sampled_from(["a", "b"]))


@settings(max_examples=12, deadline=None)
@given(st.dictionaries(CELLS, st.sampled_from([1.0, 2.0, 3.0, 4.0, 5.0, None]), max_size=36))
def test_any_table_is_analysed_into_numbers_or_none(cells: dict[tuple[str, str, str], float | None]):
    rows = [Scored(*cell, value) for cell, value in cells.items()]
    for borrowed in (None, POOLED):
        found = analyse(rows, borrowed=borrowed)
        answer = json.loads(json.dumps(as_json(found), allow_nan=False))
        assert all(np.isfinite(one) for one in numbers(answer))
        assert as_text(found, rows)
        assert all(0 <= one.p_a_above_b <= 1 for one in found.pairs)
        if found.components is None or found.alpha.nominal.value is None:
            assert found.notes


def test_the_words_follow_the_share():
    assert words_for(0.74, "Ada", "Ben") == "Ada and Ben cannot be told apart."
    assert words_for(0.75, "Ada", "Ben") == "Leaning towards Ada over Ben: treat as open."
    assert words_for(0.90, "Ada", "Ben") == "Ada is probably stronger than Ben."
    assert words_for(0.971, "Ada", "Ben") == "Ada is clearly stronger than Ben on this exercise."


def test_a_web_worker_loads_no_numpy_until_somebody_asks_for_statistics(tmp_path: Path):
    code = (
        "import os, sys; os.environ.update(DEMO='0', SECRET_KEY='t' * 48, DATA_DIR=sys.argv[1]);"
        "os.environ.pop('OPENBLAS_NUM_THREADS', None);"
        "from interview.app import create_app; create_app();"
        "assert not {'numpy', 'scipy'} & set(sys.modules), 'loaded too early';"
        "assert os.environ['OPENBLAS_NUM_THREADS'] == '1';"
        "from interview.agreement.rules.analysis import analyse; analyse([]); assert 'scipy' in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
