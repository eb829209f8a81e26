"""What benchmarks work out of a run: percentiles, over-credit, the highest rate held."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.figures import highest_rate, over_credit_ms, percentile
from bench.load import Measured


def test_percentiles_are_nearest_rank():
    values = list(range(1, 1001))
    assert percentile(values, 50) == 500
    assert percentile(values, 99) == 990
    assert percentile(values, 99.9) == 999
    assert percentile(values, 100) == 1000
    assert percentile([7.0], 99) == 7.0
    assert percentile([], 99) == 0


@given(st.lists(st.floats(0, 1e6), min_size=1), st.sampled_from([50, 90, 99, 99.9, 100]))
def test_no_more_than_the_rest_lie_above_a_percentile(values, percent):
    found = percentile(values, percent)
    assert found in values
    assert sum(value > found for value in values) <= len(values) * (100 - percent) / 100 + 1e-6


@pytest.mark.parametrize(
    ("credited", "elapsed", "over"),
    [(2000, 0, 0), (2001, 0, 1), (22_000, 10_000, 0), (3_600_000, 500, 3_597_000), (0, 60_000, -122_000)],
)
def test_over_credit_is_what_goes_beyond_two_seconds_and_double_time(credited, elapsed, over):
    assert over_credit_ms(credited, elapsed) == over


@pytest.mark.parametrize("capacity", [3, 40, 700, 1000, 1500, 12_345])
def test_the_highest_rate_held_is_near_the_capacity_and_never_above(capacity):
    found = highest_rate(lambda rate: rate <= capacity, 1000)
    assert found <= capacity
    assert found >= capacity / 2


def test_a_server_that_holds_nothing_holds_zero():
    assert highest_rate(lambda rate: False, 1000) == 0


def test_what_was_never_answered_or_late_is_not_held():
    assert not Measured().holds(250)
    assert Measured(sent=1000, latencies_ms=[10.0] * 1000).holds(250)
    assert not Measured(sent=1000, latencies_ms=[10.0] * 980 + [900.0] * 20).holds(250)
    broken = Measured(sent=1000, latencies_ms=[10.0] * 1000)
    broken.errors[0] = 2
    assert not broken.holds(250)
