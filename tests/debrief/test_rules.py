"""Spreads, disagreement, and which decision needs more words."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interview.debrief import rules
from interview.debrief.rules import Dot, Outcome, RejectionReason, Standing, Verdict

points = st.one_of(st.none(), st.integers(1, 5))


def spread(*values: float | None) -> rules.Spread:
    return rules.attribute_spread(Dot(f"I{number}", value) for number, value in enumerate(values))


def test_a_missing_rating_is_never_a_number() -> None:
    assert (spread(4, None, 5).mean, spread(4, None, 5).count) == (4.5, 2)
    assert spread(None, None).mean is None
    assert spread().range == 0


@pytest.mark.parametrize(
    ("values", "flagged"),
    [((1, 4), True), ((2, 4), False), ((1, 4, None), True), ((4,), False), ((None, None), False), ((2, 3, 5), True)],
)
def test_an_attribute_is_flagged_from_a_range_of_three(values: tuple[int | None, ...], flagged: bool) -> None:
    assert spread(*values).is_disagreement is flagged


@pytest.mark.parametrize(("values", "flagged"), [((2.1, 4.1), True), ((2.2, 4.1), False), ((1.0, 3.0, None), True)])
def test_a_composite_is_flagged_from_a_range_of_two(values: tuple[float | None, ...], flagged: bool) -> None:
    assert rules.composite_spread(Dot("I", value) for value in values).is_disagreement is flagged


@given(st.lists(points | st.floats(1, 5), max_size=8))
def test_dots_stay_on_the_scale_and_never_cover_each_other(values: list[float | None]) -> None:
    placed = rules.placed(spread(*values))
    assert len(placed) == sum(value is not None for value in values)
    assert all(0 <= share <= 1 for _, share, _ in placed)
    for level in {level for _, _, level in placed}:
        shares = sorted(share for _, share, on in placed if on == level)
        assert all(later - earlier >= 0.1 for earlier, later in pairwise(shares)), "dots cover one another"


@given(st.lists(points, min_size=1, max_size=8), st.permutations(range(8)))
def test_the_order_of_interviewers_changes_nothing(values: list[int | None], order: list[int]) -> None:
    shuffled = [values[one] for one in order if one < len(values)]
    one, other = spread(*values), spread(*shuffled)
    assert (one.mean, one.range, one.is_disagreement) == (other.mean, other.range, other.is_disagreement)


def test_going_forward_past_a_higher_candidate_is_against_the_order() -> None:
    others = [Standing("Zoe", 4.2), Standing("Ada", 4.1), Standing("Ben", 4.3, Outcome.ADVANCE), Standing("Cyd", 3.0)]
    assert rules.passed_over(Outcome.ADVANCE, 3.5, others) == ("Ada", "Zoe")
    assert rules.passed_over(Outcome.HIRED, 3.5, [Standing("Ada", 4.1, Outcome.REJECT)]) == ("Ada",)


def test_what_pages_show_as_equal_is_equal() -> None:
    assert rules.passed_over(Outcome.ADVANCE, 3.46, [Standing("Ada", 3.54)]) == ()
    assert rules.passed_over(Outcome.ADVANCE, 3.44, [Standing("Ada", 3.54)]) == ("Ada",)


def test_rejecting_behind_a_lower_candidate_is_against_the_order() -> None:
    others = [Standing("Ada", 3.0, Outcome.ADVANCE), Standing("Ben", 3.0), Standing("Cyd", 4.0, Outcome.HIRED)]
    assert rules.passed_over(Outcome.REJECT, 3.5, others) == ("Ada",)


def test_hold_and_the_unscored_are_never_against_it() -> None:
    others = [Standing("Ada", 5.0), Standing("Ben", None, Outcome.ADVANCE)]
    assert rules.passed_over(Outcome.HOLD, 1.0, others) == ()
    assert rules.passed_over(Outcome.REJECT, None, [Standing("Ada", 1.0, Outcome.ADVANCE)]) == ()
    assert rules.passed_over(Outcome.REJECT, 4.0, others) == ()


def test_against_the_order_a_short_reason_is_not_enough() -> None:
    short = Verdict(Outcome.ADVANCE, "Better discovery.")
    assert rules.verdict_problems(short, ()) == {}
    problem = rules.verdict_problems(short, ("Ada", "Ben"))["reason"]
    assert problem.startswith("The panel scored Ada and Ben higher")
    assert "80 characters" in problem
    assert rules.verdict_problems(Verdict(Outcome.ADVANCE, "x" * 80), ("Ada",)) == {}


def test_a_rejection_needs_its_reason_from_the_list() -> None:
    assert set(rules.verdict_problems(Verdict(Outcome.REJECT, ""), ())) == {"reason", "rejection"}
    assert rules.verdict_problems(Verdict(Outcome.REJECT, "Withdrew.", RejectionReason.WITHDREW), ()) == {}
    assert set(rules.verdict_problems(Verdict(Outcome.HOLD, "x" * 4001), ())) == {"reason"}


def test_every_outcome_and_rejection_has_its_words() -> None:
    assert set(rules.OUTCOME_WORDS) == set(Outcome)
    assert set(rules.REJECTION_WORDS) == set(RejectionReason)


@pytest.mark.parametrize(
    ("mean", "as_whole", "with_decimal"), [(2.5, "3", "2.5"), (3.449, "3", "3.4"), (None, "–", "–"), (5, "5", "5.0")]
)
def test_means_in_words(mean: float | None, as_whole: str, with_decimal: str) -> None:
    assert (rules.whole(mean), rules.one_decimal(mean)) == (as_whole, with_decimal)


def test_dots_are_described_for_those_who_cannot_see_them() -> None:
    found = rules.described(rules.attribute_spread([Dot("Ivo", 4), Dot("Ines", None), Dot("Iris", 3.44)]))
    assert found == "Ivo 4, Ines not observed, Iris 3.4."
    assert rules.described(spread()) == "No scorecard is in."
    assert [rules.short(one) for one in ("Ivo van der Interviewer", "Q", " ")] == ["Iv", "Q", ""]
