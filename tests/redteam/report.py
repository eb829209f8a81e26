"""What the red team prints: a row a case, and a line that says how it ended."""

from __future__ import annotations

from collections.abc import Sequence

from tests.redteam.cases import Kind, Row

WIDTHS = (7, 64, 52)


def line_of(row: Row) -> str:
    """Return a case's row: number, strategy, expected, verdict, credited and allowed, what happened."""
    number = f"{row.spec.kind[0].upper()}{row.spec.number}{' (b)' if row.spec.in_browser else ''}"
    cells = [
        text[:width].ljust(width)
        for text, width in zip((number, row.spec.title, row.spec.expected), WIDTHS, strict=True)
    ]
    credit = f"{row.credited_ms:,}/{row.allowed_ms:,}" if row.allowed_ms else "-"
    return " ".join([*cells, row.verdict.ljust(9), credit.rjust(22), f"{row.seconds:5.1f}", row.happened])


def heading() -> str:
    """Return the heading of the rows."""
    cells = [text.ljust(width) for text, width in zip(("number", "strategy", "expected"), WIDTHS, strict=True)]
    return " ".join([*cells, "verdict  ", "credited/allowed ms".rjust(22), "    s", "what happened"])


def totals(rows: Sequence[Row]) -> str:
    """Return the last line; a case that was tried in several ways counts once, and one that cannot be decided not."""
    attacks = {row.spec.number for row in rows if row.spec.kind is Kind.ATTACK and row.is_decided}
    honest = {row.spec.number for row in rows if row.spec.kind is Kind.HONEST and row.is_decided}
    unearned = {row.spec.number for row in rows if row.spec.kind is Kind.ATTACK and row.is_bad}
    failed = {row.spec.number for row in rows if row.spec.kind is Kind.HONEST and row.is_bad}
    return f"{len(attacks)} attacks: {len(unearned)} unearned; {len(honest)} honest: {len(honest - failed)} completed"


def undecided(rows: Sequence[Row]) -> str:
    """Return the line about what the product cannot decide yet; empty when there is nothing."""
    names = sorted({f"{row.spec.kind} {row.spec.number:02}" for row in rows if not row.is_decided})
    return f"not decidable, and not counted: {', '.join(names)}" if names else ""
