"""Pairs, places, reversals, footing and flags in words; and the key under which an analysis is kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interview.agreement.rules.analysis import Components
from interview.debrief.rules import interviewer, standing
from interview.debrief.rules.interviewer import Rated
from interview.debrief.rules.standing import Footing, PanelFacts, Placed, Seen


@pytest.mark.parametrize(
    ("p", "words"),
    [
        (0.5, "Ada and Ben cannot be told apart."),
        (0.7499, "Ada and Ben cannot be told apart."),
        (0.75, "Ada and Ben: leaning towards Ada. Treat it as open."),
        (0.8999, "Ada and Ben: leaning towards Ada. Treat it as open."),
        (0.90, "Ada is probably stronger than Ben."),
        (0.97, "Ada is probably stronger than Ben."),
        (0.9701, "Ada is clearly stronger than Ben on this exercise."),
        (0.02, "Ben is clearly stronger than Ada on this exercise."),
        (0.2, "Ben and Ada: leaning towards Ben. Treat it as open."),
    ],
)
def test_a_pair_in_words(p: float, words: str) -> None:
    assert standing.pair_words("Ada", "Ben", p) == words


@pytest.mark.parametrize(
    ("p", "times"),
    [
        (0.9, "Ada would come out ahead about 9 times in 10"),
        (0.55, "Ada would come out ahead about 6 times in 10"),
        (0.96, "Ada would come out ahead about 96 times in 100"),
        (0.999, "Ada would come out ahead more than 99 times in 100"),
        (0.1, "Ben would come out ahead about 9 times in 10"),
    ],
)
def test_a_pair_as_a_frequency(p: float, times: str) -> None:
    assert times in standing.frequency_words("Ada", "Ben", p)


@given(st.floats(0, 1))
def test_whoever_is_named_first_the_words_name_the_same_candidate_ahead(p: float) -> None:
    for words in (standing.pair_words, standing.frequency_words):
        one, other = words("Ada", "Ben", p), words("Ben", "Ada", 1 - p)
        named = [text.replace("Ben and Ada", "Ada and Ben") for text in (one, other)]
        assert named[0] == named[1] or abs(p - 0.5) < 1e-9 or abs(p * 100 % 1 - 0.5) < 1e-6


def test_a_reversal_is_told_with_its_reason() -> None:
    eve, cleo = Placed("Eve", 3.33, 3.16, -0.2), Placed("Cleo", 3.25, 3.40, 0.4)
    (found,) = standing.reversals([cleo, eve])
    assert found.words == (
        "The means put Eve above Cleo (3.3 to 3.2), the adjusted estimates Cleo above Eve (3.4 to 3.2): Cleo met "
        "stricter interviewers."
    )
    assert standing.reversals([Placed("A", 3.0, 3.1), Placed("B", 2.0, 2.5)]) == ()
    assert standing.reversals([Placed("A", 3.31, 3.01), Placed("B", 3.30, 3.04)]) == (), "nobody would see it"


def points(*rows: tuple[str, str]) -> list[standing.Point]:
    return [(candidate, rater, 3.0) for candidate, raters in rows for rater in raters]


@pytest.mark.parametrize(
    ("given", "footing"),
    [
        ([], Footing.DIFFERENCES),
        (points(("a", "x"), ("b", "y")), Footing.SINGLE),
        (points(("a", "xy"), ("b", "xy")), Footing.DIFFERENCES),
        (points(*((one, "xy") for one in "abcdefgh")), Footing.DIFFERENCES),
        (points(*((one, "xyz") for one in "abcd")), Footing.DIFFERENCES),
        (points(*((one, "xyz") for one in "abcde")), Footing.MODEL),
    ],
)
def test_few_ratings_carry_little(given: list[standing.Point], footing: Footing) -> None:
    assert standing.footing(given) is footing
    assert footing is Footing.MODEL or standing.FOOTING_WORDS[footing]


AGREED = [(3, 3, 4)] * 20
APART = [(1, 3, 5)] * 20


def test_the_banner_says_that_agreeing_raters_need_not_separate_candidates() -> None:
    assert "Raters agree but these scores hardly distinguish" in standing.separation_words(20, 0.3, AGREED)
    assert "Raters agree" not in standing.separation_words(20, 0.3, APART)
    assert standing.separation_words(20, 0.6, AGREED) == ""
    assert standing.separation_words(9, 0.3, AGREED) == "", "too few candidates to say so"


def test_pairs_within_one_point() -> None:
    assert standing.within_one([(1, 2, 3), (4,), ()]) == 2 / 3
    assert standing.within_one([(4,)]) is None
    assert "67 % are" in standing.agreement_words([(1, 2, 3), (4,), ()])
    assert standing.agreement_words([(4,)]) == ""


def test_an_order_effect_needs_many_candidates_and_a_trend() -> None:
    rising = [2 + number / 30 for number in range(30)]
    assert "rated higher" in standing.order_words(rising)
    assert "rated lower" in standing.order_words(rising[::-1])
    assert standing.order_words(rising[:29]) == ""
    assert standing.order_words([3.0] * 30) == ""
    assert standing.order_words([3.0, 4.0] * 15) == ""


def facts(**others: object) -> PanelFacts:
    calm = PanelFacts(card_count=3, composites=(3.0, 3.5, 4.0), late_count=0, attributes=(Seen("Demo", False, (3, 4)),))
    return PanelFacts(**{name: others.get(name, getattr(calm, name)) for name in calm.__slots__})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("panel", "words"),
    [
        (facts(), None),
        (facts(is_mixed=True), "different versions"),
        (facts(card_count=2), "2 scorecards are little"),
        (facts(card_count=0), None),
        (facts(composites=(2.0, 4.0)), "weighted means range from 2.0 to 4.0: read the key takeaways"),
        (facts(composites=(2.1, 4.0)), None),
        (facts(composites=(3.0, None)), "not observed"),
        (facts(uncalibrated_count=1), "One scorecard was submitted without a calibration round in force"),
        (facts(late_count=2), "2 scorecards were submitted more than 24 hours"),
        (facts(attributes=(Seen("Honesty", False, (1, 4)),)), "Ratings of “Honesty” range from 1 to 4: read the notes"),
        (facts(attributes=(Seen("Honesty", False, (2, 4)),)), None),
        (facts(attributes=(Seen("Honesty", True, (2, 4)),)), "marked critical, range from 2 to 4"),
        (facts(attributes=(Seen("Honesty", False, (3,), 1),)), "Evidence is missing for 1 of"),
    ],
)
def test_what_is_flagged(panel: PanelFacts, words: str | None) -> None:
    found = standing.flags(panel, attribute_range=3, composite_range=2.0)
    assert [words in flag.words for flag in found] == [True] if words else found == ()


def test_flags_are_few_and_the_most_urgent_first() -> None:
    wide = tuple(Seen(f"Attribute {number}", False, (1, 5)) for number in range(8))
    found = standing.flags(
        facts(is_mixed=True, card_count=2, late_count=1, attributes=wide), attribute_range=3, composite_range=2.0
    )
    assert len(found) == standing.FLAGS_SHOWN
    assert [flag.urgency for flag in found] == [1, 2, 4, 4, 4]


def test_pooled_components_count_by_candidates() -> None:
    assert standing.pooled([]) is None
    found = standing.pooled([(10, Components(1.0, 0.2, 0.4)), (30, Components(0.6, 0.2, 0.8))])
    assert found == Components(pytest.approx(0.7), pytest.approx(0.2), pytest.approx(0.7))


# -- one interviewer -----------------------------------------------------------------------------------------------


def test_no_report_below_eight_candidates_that_others_rated_too() -> None:
    seven = [Rated(3.0, (4.0, 3.5))] * 7
    assert interviewer.report(seven) is None
    assert interviewer.report([*seven, Rated(3.0, ())]) is None
    assert interviewer.report([*seven, Rated(3.0, (4.0,))]) is not None


def test_a_report_tells_severity_spread_and_agreement() -> None:
    found = interviewer.report([Rated(level - 0.5, (level - 0.1, level + 0.1)) for level in (2, 3, 4, 5) * 2])
    assert found is not None
    assert (found.candidate_count, found.difference, found.agreement) == (8, pytest.approx(-0.5), pytest.approx(1))
    assert found.difference_sd == pytest.approx(0)
    assert "stricter" in found.severity_words
    assert "neither" not in found.severity_words


def test_a_report_on_somebody_who_rates_everybody_alike() -> None:
    found = interviewer.report([Rated(3.0, (2.0 + number / 4,)) for number in range(8)])
    assert found is not None
    assert found.agreement is None
    assert found.own_spread == 0
    assert "neither" in found.severity_words
