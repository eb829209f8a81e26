"""What the team reads about watching: never more than was observed; signals apart, and none about ears and eyes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interview.watch.rules.findings import Reports, finding, signals
from interview.watch.rules.material import Tier

FOUND: dict[str, Any] = {
    "covered_ms": 2_500_000,
    "duration_ms": 2_570_000,
    "session_count": 2,
    "confirmed_count": 6,
    "check_count": 6,
    "is_attested": True,
}


@pytest.mark.parametrize(
    ("tier", "changed", "words"),
    [
        (Tier.OBSERVED, {}, "Coverage 97 % observed, 41 min over 2 sessions, 6/6 checkpoints"),
        (Tier.THIRD_PARTY, {}, "Coverage 97 % observed (third-party player), 41 min over 2 sessions, 6/6 checkpoints"),
        (Tier.READ, {"check_count": 0}, "Coverage 97 % read transcript, 41 min over 2 sessions"),
        (
            Tier.OBSERVED,
            {"session_count": 1, "covered_ms": 20_000, "check_count": 0},
            "Coverage 0 % observed, 20 s over 1 session",
        ),
        (
            Tier.OBSERVED,
            {"covered_ms": 2_570_000, "confirmed_count": 5},
            "Full coverage observed, 42 min over 2 sessions, 5/6 checkpoints",
        ),
        (Tier.OBSERVED, {"covered_ms": 0}, "Nothing observed yet"),
        (Tier.ATTESTED, {}, "Attested, not observed"),
        (Tier.ATTESTED, {"is_attested": False}, "Not attested"),
    ],
)
def test_the_sentence(tier: Tier, changed: dict[str, Any], words: str) -> None:
    assert finding(tier, **{**FOUND, **changed}) == words


@given(st.integers(0, 10_000_000), st.integers(1, 10_000_000))
def test_coverage_is_rounded_down_and_a_hundred_percent_is_never_said(covered_ms: int, duration_ms: int) -> None:
    words = finding(Tier.OBSERVED, **{**FOUND, "covered_ms": covered_ms, "duration_ms": duration_ms})
    assert "100 %" not in words
    assert "watched" not in words
    if covered_ms < duration_ms:
        assert "Full" not in words


MACHINE = {"beat_count": 100, "hidden_count": 100, "even_count": 95}


@pytest.mark.parametrize(
    ("reports", "count"),
    [
        ({}, 0),
        (MACHINE, 1),
        ({**MACHINE, "paused_count": 1}, 0),
        ({**MACHINE, "hidden_count": 99}, 0),
        ({**MACHINE, "even_count": 89}, 0),
        ({"beat_count": 19, "hidden_count": 19, "even_count": 19}, 0),
        ({"beat_count": 5000, "hidden_count": 5000}, 0),  # listening in the background is no signal
        ({"answer_count": 6, "quick_count": 2}, 1),
        ({"wrong_count": 9}, 0),
        ({"wrong_count": 10}, 1),
        ({"clock_count": 1}, 1),
        ({"undelivered_ms": 59_999}, 0),
        ({"undelivered_ms": 60_000}, 1),
    ],
)
def test_signals(reports: dict[str, int], count: int) -> None:
    found = signals(Reports(**reports))
    assert len(found) == count
    assert all(one.often for one in found)
