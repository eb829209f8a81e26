"""Cells that are safe to open: text never becomes a formula, and nothing is cut in silence.

Sources: OWASP CSV Injection (with tab, CR and, since 2025, LF), EXPORTS section 3.2, SECURITY section 7."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime

Cell = str | int | float | datetime | None

XLSX_TEXT_MAX_UNITS = 32_767  # UTF-16 code units: what a spreadsheet's cell holds
CUT_NOTE = " [cut here: a spreadsheet cell holds no more; the CSV and NDJSON exports have all {units} characters]"

_TRIGGERS = frozenset("=+-@\uff1d\uff0b\uff0d\uff20")
_OPENERS = ("\t", "\r", "\n", "\0")  # a cell that begins so is read on by some spreadsheets
_LINES = re.compile("(\r\n|\r|\n)")
_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def whole(text: str) -> str:
    """Return text that UTF-8 can carry: a lone surrogate becomes the replacement character."""
    return _SURROGATE.sub("\ufffd", text)


def defused(text: str) -> str:
    """Return text that no spreadsheet takes for a formula: an apostrophe stands before what would start one.

    Looks behind leading blanks and unseen characters, at each line within the text, and at full-width forms."""
    lines = ["'" + part if _starts_formula(part) else part for part in _LINES.split(text)]
    return ("'" if text.startswith(_OPENERS) and not lines[0].startswith("'") else "") + "".join(lines)


def _starts_formula(line: str) -> bool:
    """Tell whether the first character that is seen could start a formula."""
    for char in line:
        if char in _TRIGGERS:
            return True
        if not char.isspace() and unicodedata.category(char) not in ("Cc", "Cf"):
            return False
    return False


def instant(at: datetime) -> str:
    """Return an instant as RFC 3339 in UTC, like 2026-11-23T09:00:00Z."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def csv_cell(cell: Cell) -> str | int | float:
    """Return what a CSV writer takes: our numbers stay numbers, all text is defused."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return instant(cell)
    return cell if isinstance(cell, int | float) else defused(whole(cell))


def json_cell(cell: Cell) -> str | int | float | None:
    """Return what JSON takes, as it was written: programs get no apostrophes."""
    if isinstance(cell, datetime):
        return instant(cell)
    return whole(cell) if isinstance(cell, str) else cell


def xlsx_text(text: str) -> str:
    """Return text for a spreadsheet cell: no control characters, and a note where it had to be cut."""
    shown = _CONTROL.sub("\ufffd", whole(text).replace("\r\n", "\n").replace("\r", "\n"))
    units = len(shown.encode("utf-16-le")) // 2
    if units <= XLSX_TEXT_MAX_UNITS:
        return shown
    note = CUT_NOTE.format(units=len(text))
    room = XLSX_TEXT_MAX_UNITS - len(note)
    return shown.encode("utf-16-le")[: 2 * room].decode("utf-16-le", "ignore") + note
