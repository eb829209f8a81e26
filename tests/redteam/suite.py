"""All cases in the order of WATCH 4, and what a test makes of one."""

from __future__ import annotations

from tests.redteam import attacks, browser, honest
from tests.redteam.cases import CASES, Kind, Spec, try_case
from tests.redteam.stage import Stage
from tests.support.postgres import DURABLE

REGISTERED = (attacks, honest, browser)  # importing them registers their cases
UNHURRIED = f"{DURABLE} -c fsync=off -c full_page_writes=off"  # commits wait where the product asks, for no disk


def all_cases() -> list[Spec]:
    """Return the attacks, then the honest cases, each by number, over HTTP before in the browser."""
    return sorted(CASES, key=lambda one: (one.kind is Kind.HONEST, one.number, one.in_browser))


def over_http() -> list[Spec]:
    """Return the cases that need no browser."""
    return [one for one in all_cases() if not one.in_browser]


def require(stage: Stage, spec: Spec) -> None:
    """Try a case in a test; fail with what happened."""
    row = try_case(stage, spec)
    assert row.is_decided, f"{spec.title}: cannot be decided: {row.happened}"
    assert not row.is_bad, f"{spec.title}: expected {spec.expected}; {row.happened}"
