"""Force-ranking in numbers: the exact knapsack, tau-b, what may be handed in, and forms that lose nothing."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interview.exercise.forms import RequestsForm
from interview.exercise.rules import force_rank, kinds
from interview.exercise.rules.force_rank import Answer, Figures
from interview.exercise.rules.kinds import ExerciseKind
from interview.exercise.rules.starting_set import STARTING_SET
from interview.rubric.rules import read_rubric, to_body
from tests.exercise.stage import REQUESTS, answer, without_news

RUBRICS = Path(__file__).parents[2] / "rubrics"
FIGURES = st.builds(
    Figures, st.integers(0, 50), revenue=st.integers(0, 60), churn=st.integers(0, 60), effort=st.integers(1, 12)
)
KNOWN = st.dictionaries(st.sampled_from("abcdefghij"), FIGURES, max_size=9)
RANKS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=2, max_size=12)


def by_trying(budget: int, known: dict[str, Figures]) -> int:
    choices = (one for size in range(len(known) + 1) for one in combinations(known.values(), size))
    return max(sum(one.value for one in each) for each in choices if sum(one.effort for one in each) <= budget)


@given(budget=st.integers(0, 40), known=KNOWN)
def test_the_best_value_is_what_trying_every_choice_finds(budget: int, known: dict[str, Figures]) -> None:
    value, choice = force_rank.best(budget, known)
    assert value == by_trying(budget, known)
    assert sum(known[key].value for key in choice) == value
    assert sum(known[key].effort for key in choice) <= budget


# Values of scipy.stats.kendalltau (1.15), the first from its documentation.
@pytest.mark.parametrize(
    ("first", "second", "wanted"),
    [
        ([12, 2, 1, 12, 2], [1, 4, 7, 1, 0], -0.47140452079103173),
        ([1, 2, 3, 4, 5], [1, 2, 3, 4, 5], 1.0),
        ([1, 2, 3, 4, 5], [5, 4, 3, 2, 1], -1.0),
        ([1, 2, 3, 4], [1, 3, 2, 4], 2 / 3),
        ([1, 2, 3, 4], [1, 1, 2, 3], 5 / math.sqrt(30)),
    ],
)
def test_tau_b_of_known_examples(first: list[int], second: list[int], wanted: float) -> None:
    assert force_rank.tau_b(first, second) == pytest.approx(wanted, abs=1e-12)


@given(RANKS)
def test_tau_b_is_symmetric_bounded_and_turns_with_the_order(pairs: list[tuple[int, int]]) -> None:
    first, second = [one for one, _ in pairs], [two for _, two in pairs]
    found = force_rank.tau_b(first, second)
    assert found == force_rank.tau_b(second, first)
    assert (found is None) == (len(set(first)) == 1 or len(set(second)) == 1)
    if found is not None:
        assert -1 - 1e-12 <= found <= 1 + 1e-12
        turned = force_rank.tau_b([-one for one in first], second)
        assert turned == pytest.approx(-found)


def test_the_result_counts_the_new_information() -> None:
    assert force_rank.best(10, REQUESTS.known(news=False)) == (50, {"a", "b"})
    found = force_rank.result_of(REQUESTS, answer("dabc", "ad"))
    assert (found.value, found.best_value, found.captured_pct) == (70, 90, 77)  # rounded down
    assert found.best_choice == {"c", "d"}
    # worth a point: d 8, a 6, b 4, c 10: of six pairs those with c disagree
    assert found.tau_b == pytest.approx((3 - 3) / 6)
    best = force_rank.result_of(REQUESTS, answer("cdab", "cd"))
    assert (best.captured_pct, best.tau_b) == (100, pytest.approx(1.0))


@given(order=st.lists(st.sampled_from("abcdxy")), chosen=st.frozensets(st.sampled_from("abcdxy")), news=st.booleans())
def test_a_settled_answer_ranks_exactly_what_is_there(order: list[str], chosen: frozenset[str], news: bool) -> None:
    found = force_rank.settled(REQUESTS, Answer(tuple(order), chosen, {"x": "gone", "a": "kept"}), news=news)
    there = set("abcd") if news else set("abc")
    assert sorted(found.order) == sorted(there)
    assert found.chosen == chosen & there
    assert found.reasons == {"a": "kept"}
    kept = [key for key in dict.fromkeys(order) if key in there]
    assert list(found.order[: len(kept)]) == kept
    assert force_rank.settled(REQUESTS, found, news=news) == found


@pytest.mark.parametrize(
    ("key", "step", "wanted"), [("b", -1, "bac"), ("b", 1, "acb"), ("a", -1, "abc"), ("c", 1, "abc"), ("x", 1, "abc")]
)
def test_moving_stays_within_the_list(key: str, step: int, wanted: str) -> None:
    assert "".join(force_rank.moved(answer("abc", ""), key, step).order) == wanted


def test_the_budget_is_checked_to_the_point() -> None:
    assert force_rank.hand_in_problem(REQUESTS, answer("abc", "ab"), news=False) is None
    assert "Nothing is chosen" in (force_rank.hand_in_problem(REQUESTS, answer("abc", ""), news=False) or "")
    over = force_rank.hand_in_problem(REQUESTS, answer("abc", "abc"), news=False)
    assert over is not None
    assert "takes 15 points, 5 more than the budget of 10" in over


def test_the_set_that_ships_is_an_exercise_and_survives_storage_and_form() -> None:
    for found in (STARTING_SET, REQUESTS, without_news()):
        assert force_rank.set_faults(found) == []
        assert force_rank.set_from_body(force_rank.set_to_body(found)) == found
        form = RequestsForm.of(found)
        assert form.requests() == found
        assert form.faults == {}
    assert STARTING_SET.has_news
    assert force_rank.best(STARTING_SET.budget, STARTING_SET.known(news=True)) != force_rank.best(
        STARTING_SET.budget, STARTING_SET.known(news=False)
    )


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"budget": 15}, "nobody has to cut"),
        ({"budget": 0}, "between 1 and 1000"),
        ({"budget": 4}, "No request of any value fits"),
        ({"minutes": 1}, "between 2 and 480"),
        ({"news": " "}, "Write the new information"),
        ({"requests": REQUESTS.requests[1:]}, "At least 3 requests"),
    ],
)
def test_what_is_no_exercise_is_said(change: dict[str, object], sentence: str) -> None:
    assert sentence in " ".join(force_rank.set_faults(replace(REQUESTS, **change)))  # type: ignore[arg-type]


@given(st.text(max_size=14))
def test_any_figure_typed_is_a_number_or_a_sentence(typed: str) -> None:
    form = RequestsForm.of(REQUESTS)
    form.rows[0]["revenue"] = typed
    found = form.requests()
    first = found.requests[0].first
    assert first is not None
    assert ("revenue-0" in form.faults) or first.revenue == int(typed)
    assert form.rows[0]["revenue"] == typed


def test_every_shipped_rubric_has_its_exercise_and_its_panel() -> None:
    found = {}
    for path in sorted(RUBRICS.glob("*.yaml")):
        rubric = read_rubric(path.read_bytes()).rubric
        assert rubric is not None
        found[path.stem] = kinds.kind_of(rubric)
    assert found == {
        "demo_exercise": ExerciseKind.DEMO,
        "feature_budget": ExerciseKind.FORCE_RANK,
        "founder_led_deal": ExerciseKind.PITCH,
        "large_deal_roadmap": ExerciseKind.LARGE_DEAL,
        "sell_me_this_product": ExerciseKind.PITCH,
    }


def test_the_panel_lacks_the_head_of_product_where_the_exercise_needs_one() -> None:
    assert "Head of Product" in kinds.panel_warning(ExerciseKind.LARGE_DEAL, ["interviewer", "buyer"])
    assert kinds.panel_warning(ExerciseKind.LARGE_DEAL, ["interviewer", "head_of_product"]) == ""
    assert kinds.panel_warning(ExerciseKind.LARGE_DEAL, []) == ""
    assert kinds.panel_warning(ExerciseKind.DEMO, ["interviewer"]) == ""


def test_a_rubric_with_coachability_is_a_rubric() -> None:
    rubric = read_rubric((RUBRICS / "demo_exercise.yaml").read_bytes()).rubric
    assert rubric is not None
    more = kinds.with_coachability(rubric, 2)
    assert to_body(more)["criteria"][-1]["key"] == "coachability"
    assert kinds.rates_second_takes([one.key for one in more.criteria])
    assert not kinds.rates_second_takes([one.key for one in rubric.criteria])
