"""When outcomes are due, and what may be entered."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interview.outcome import rules
from interview.outcome.rules import MONTHS, Outcome

HERE, LEFT = Outcome(is_still_here=True), Outcome(is_still_here=False)
days = st.dates(date(2020, 1, 1), date(2040, 12, 31))


@pytest.mark.parametrize(
    ("hired_on", "months", "due"),
    [
        (date(2026, 1, 15), 3, date(2026, 4, 15)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2026, 12, 31), 6, date(2027, 6, 30)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
    ],
)
def test_due_dates_are_calendar_months_later(hired_on: date, months: int, due: date) -> None:
    assert rules.due_on(hired_on, months) == due


@given(days, days)
def test_what_is_asked_is_due_and_nothing_due_is_left_out(hired_on: date, today: date) -> None:
    asked = rules.asked({}, hired_on=hired_on, today=today)
    assert asked == tuple(months for months in MONTHS if rules.due_on(hired_on, months) <= today)
    assert asked == MONTHS[: len(asked)]


def test_nothing_is_asked_twice_nor_after_somebody_left() -> None:
    hired, much_later = date(2026, 1, 1), date(2026, 1, 1) + timedelta(days=800)
    assert rules.asked({3: HERE}, hired_on=hired, today=much_later) == (6, 12)
    assert rules.asked({6: LEFT}, hired_on=hired, today=much_later) == (3,)
    assert rules.asked({3: HERE, 6: HERE, 12: LEFT}, hired_on=hired, today=much_later) == ()


@pytest.mark.parametrize(
    ("outcome", "months", "fields"),
    [
        (HERE, 3, set()),
        (Outcome(True, ramp_months=3, quota_pct=110), 3, set()),
        (Outcome(True, ramp_months=4), 3, {"ramp_months"}),
        (Outcome(True, ramp_months=-1, quota_pct=-1), 3, {"ramp_months", "quota_pct"}),
        (Outcome(True, quota_pct=1001, note="x" * 2001), 3, {"quota_pct", "note"}),
        (HERE, 6, {"months"}),
        (HERE, 4, {"months"}),
    ],
)
def test_what_may_be_entered(outcome: Outcome, months: int, fields: set[str]) -> None:
    assert set(rules.problems(outcome, months, (3,))) == fields
