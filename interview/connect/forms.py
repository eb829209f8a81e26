"""What the API's queries say: strings -> values. Knows no database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from interview.errors import Invalid
from interview.hiring.rules import Stage


@dataclass(frozen=True)
class PageQuery:
    """Which applications are asked for: after which id, at which stage (None: at any)."""

    after: int
    stage: Stage | None


def read_page_query(sent: Mapping[str, str]) -> PageQuery:
    """Read `after` and `stage`. Raises Invalid naming each that cannot be used."""
    after, stage = sent.get("after", "0"), sent.get("stage")
    wrong = {}
    if not (after.isascii() and after.isdigit() and len(after) < 10):
        wrong["after"] = "Use the next_after of the page before."
    if stage is not None and stage not in set(Stage):
        wrong["stage"] = f"Use one of: {', '.join(Stage)}."
    if wrong:
        raise Invalid("This query cannot be answered. " + " ".join(wrong.values()), fields=wrong)
    return PageQuery(int(after), Stage(stage) if stage else None)
