"""When an outcome is due after a hire, what may be entered, and what no longer makes sense to ask.

Pure: knows neither the database nor the web; dates come as arguments."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

MONTHS = (3, 6, 12)
QUOTA_MAX_PCT = 1000
NOTE_MAX_CHARS = 2000


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a hire does after so many months; ramp and quota are None where there is nothing to say yet."""

    is_still_here: bool
    ramp_months: int | None = None
    quota_pct: int | None = None
    note: str = ""


def due_on(hired_on: date, months: int) -> date:
    """Return the day so many months later; the last of the month where that day does not exist."""
    years, month = divmod(hired_on.month - 1 + months, 12)
    year, month = hired_on.year + years, month + 1
    return date(year, month, min(hired_on.day, monthrange(year, month)[1]))


def asked(entered: Mapping[int, Outcome], *, hired_on: date, today: date) -> tuple[int, ...]:
    """Return the months that are due and not entered; none beyond the one after which somebody had left."""
    left = min((months for months, one in entered.items() if not one.is_still_here), default=max(MONTHS))
    return tuple(
        months for months in MONTHS if months <= left and months not in entered and due_on(hired_on, months) <= today
    )


def problems(outcome: Outcome, months: int, asked_for: Collection[int]) -> dict[str, str]:
    """Return what keeps an outcome from being stored, by field. `asked_for`: the months that may be entered."""
    found = {}
    if months not in asked_for:
        found["months"] = "This outcome is not due yet, or the person had left before. Reload the page."
    if outcome.ramp_months is not None and not 0 <= outcome.ramp_months <= months:
        found["ramp_months"] = f"Enter a number of months from 0 to {months}, or leave it empty while ramping up."
    if outcome.quota_pct is not None and not 0 <= outcome.quota_pct <= QUOTA_MAX_PCT:
        found["quota_pct"] = f"Enter a percentage from 0 to {QUOTA_MAX_PCT}, or leave it empty without a quota."
    if len(outcome.note) > NOTE_MAX_CHARS:
        found["note"] = f"Shorten the note to {NOTE_MAX_CHARS} characters."
    return found
