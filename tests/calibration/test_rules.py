"""Distances, leniency and spread as arithmetic; what a sample and a card need; how long a round lasts; the seal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interview.calibration import rules
from interview.calibration.rules import LASTS, Pair, SampleText, Standing
from interview.scorecard.rules import Draft, Rating

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
points = st.integers(1, 5)
pairs = st.lists(st.builds(Pair, st.none() | points, st.none() | points), max_size=30)


def made(*values: tuple[int | None, int | None]) -> list[Pair]:
    return [Pair(own, gold) for own, gold in values]


def test_a_worked_example() -> None:
    round_ = made((4, 3), (5, 3), (2, 3), (3, 3), (4, 4), (1, 5), (None, 2), (2, None))
    assert rules.distance(round_) == pytest.approx(8 / 6)
    assert rules.leniency(round_) == pytest.approx(-2 / 6)
    # own 4 5 2 3 4 1: variance 65/36; gold 3 3 3 3 4 5: variance 21/36
    assert rules.spread_ratio(round_) == pytest.approx((65 / 21) ** 0.5)
    # squared differences: 22/6 of the pairs, 5/2 of every own point with every gold point
    assert rules.agreement(round_) == pytest.approx(1 - (22 / 6) / (5 / 2))


def test_not_observed_never_counts_as_a_number() -> None:
    assert rules.distance(made((None, 1), (5, None))) is None
    assert rules.distance(made((None, 1), (3, 3))) == 0


@given(pairs)
def test_leniency_never_exceeds_distance_and_turns_with_the_sides(found: list[Pair]) -> None:
    signed, absolute = rules.leniency(found), rules.distance(found)
    if signed is None:
        assert sum(one.difference is not None for one in found) < rules.PAIRS_MIN
        return
    assert absolute is not None
    assert abs(signed) <= absolute + 1e-9
    assert rules.leniency([Pair(one.gold, one.own) for one in found]) == pytest.approx(-signed)


@given(st.lists(points, min_size=5, max_size=20), st.integers(0, 4))
def test_a_shifted_rater_is_lenient_and_not_spread(gold: list[int], shift: int) -> None:
    found = [Pair(point + shift, point) for point in gold]
    assert rules.leniency(found) == pytest.approx(shift)
    ratio = rules.spread_ratio(found)
    assert ratio is None if len(set(gold)) == 1 else ratio == pytest.approx(1)


def test_few_ratings_claim_nothing() -> None:
    few = made(*[(5, 1)] * (rules.PAIRS_MIN - 1))
    assert rules.leniency(few) is None
    assert rules.spread_ratio(few) is None
    assert rules.agreement(few) is None
    assert rules.agreement(made(*[(3, 3)] * 6)) is None, "chance alone explains it"
    assert "Too few" in rules.agreement_words(None)
    assert "Too few" in rules.leniency_words(None)
    assert "Too few" in rules.spread_words(None)


@pytest.mark.parametrize(
    ("found", "words"),
    [(0.1, "Neither"), (-0.2, "Neither"), (0.5, "0.5 points more lenient"), (-1.0, "1 point stricter")],
)
def test_leniency_in_words(found: float, words: str) -> None:
    assert words in rules.leniency_words(found)


def test_distance_and_spread_in_words() -> None:
    assert rules.distance_words(0) == "the same as the experts"
    assert rules.distance_words(2) == "2 points from the experts"
    assert rules.distance_words(None) == "nothing to compare"
    assert "less of the scale" in rules.spread_words(0.5)
    assert "about as much" in rules.spread_words(1.0)
    assert "more of the scale" in rules.spread_words(2.0)


@pytest.mark.parametrize("experts", ["", "One Alone", "One Alone\n One  Alone", "x\n" * 2])
def test_gold_needs_two_experts_with_different_names(experts: str) -> None:
    assert set(rules.sample_faults(SampleText("T", experts))) == {"experts"}
    assert rules.sample_faults(SampleText("T", "A B\nC D")) == {}


def test_every_gold_rating_needs_its_reason_and_a_raters_only_the_ends() -> None:
    draft = Draft({"a": Rating(3), "b": Rating(5), "c": Rating(not_observed=True)})
    keys = ("a", "b", "c")
    assert rules.completeness(keys, draft, is_gold=True).evidence_missing_keys == keys
    own = rules.completeness(keys, draft, is_gold=False)
    assert own.evidence_missing_keys == ("b",)
    assert not own.recommendation_missing
    names = {"a": "Alpha", "b": "Beta", "c": "Gamma"}
    said = rules.missing_sentences(names, rules.completeness(keys, draft, is_gold=True), is_gold=True)
    assert said[0] == "Alpha: write why the experts agreed on this rating."


def test_a_round_lasts_ninety_days_to_the_second() -> None:
    assert timedelta(days=90) == LASTS
    assert rules.standing(None, NOW) is Standing.NEVER
    assert rules.standing(NOW - LASTS + timedelta(seconds=1), NOW) is Standing.CALIBRATED
    assert rules.standing(NOW - LASTS, NOW) is Standing.EXPIRED
    assert not rules.is_calibrated_at([NOW + timedelta(seconds=1)], NOW)
    assert rules.is_calibrated_at([NOW], NOW)


@given(st.lists(st.booleans(), max_size=4))
def test_gold_opens_when_every_own_card_is_in(submitted: list[bool]) -> None:
    assert rules.may_see_gold(submitted) is (submitted != [] and False not in submitted)
