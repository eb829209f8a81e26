"""Cells that are safe to open: text never becomes a formula, and nothing is cut in silence.

Sources: OWASP CSV Injection (with tab, CR and, since 2025, LF), EXPORTS section 3.2, SECURITY section 7."""

from __future__ import annotations

import re
from datetime import UTC, datetime

Cell = str | int | float | datetime | None

XLSX_TEXT_MAX_UNITS = 32_767  # UTF-16 code units: what a spreadsheet's cell holds
CUT_NOTE = " [cut here: a spreadsheet cell holds no more; the CSV and NDJSON exports have all {units} characters]"

_TRIGGERS = "=+\\-@\uff1d\uff0b\uff0d\uff20"
# What a reader may skip before it sees a trigger: blanks, and characters that are not seen (BOM, zero-width, marks).
_UNSEEN = "\\s\\x00-\\x1f\x7f\u00a0\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ufff9-\ufffb"
_START = re.compile(rf"\A(?=[{_UNSEEN}]*[{_TRIGGERS}]|[\t\r\n\x00])")
_LINE_START = re.compile(rf"(?:(?<=\n)|(?<=\r)(?!\n))(?=(?:(?![\r\n])[{_UNSEEN}])*[{_TRIGGERS}])")
_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def whole(text: str) -> str:
    """Return text that UTF-8 can carry: a lone surrogate becomes the replacement character."""
    return _SURROGATE.sub("\ufffd", text)


def defused(text: str) -> str:
    """Return text that no spreadsheet takes for a formula: an apostrophe stands before what would start one.

    Looks behind leading blanks and unseen characters, at each line within the text, and at full-width forms."""
    return _LINE_START.sub("'", _START.sub("'", text))


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
