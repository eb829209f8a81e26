"""How values look on pages: instants in the reader's zone, durations, sizes, counts.

Knows Jinja; holds no wording of a room.
"""

from __future__ import annotations

from datetime import datetime

from flask import Flask
from jinja2 import StrictUndefined
from markupsafe import Markup, escape


def install(app: Flask) -> None:
    """Make templates strict and register the filters."""
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters |= {
        "when": when,
        "clock_time": clock_time,
        "minutes": minutes,
        "size": size,
        "plural": plural,
        "lines": lines,
    }


def when(instant: datetime | None, style: str = "datetime") -> Markup:
    """Render an instant as <time>; the page's script shows it in the reader's zone (styles: datetime, date, time)."""
    if instant is None:
        return Markup("–")
    shown = {"datetime": "%d %b %Y, %H:%M UTC", "date": "%d %b %Y", "time": "%H:%M UTC"}[style]
    return Markup('<time datetime="{}" data-style="{}">{}</time>').format(
        instant.isoformat(timespec="seconds"), style, instant.strftime(shown)
    )


def clock_time(ms: int | None) -> str:
    """Return a position in a recording, like 04:10 or 1:02:03 (from milliseconds)."""
    if ms is None:
        return "–"
    hours, rest = divmod(ms // 1000, 3600)
    lead = f"{hours}:" if hours else ""
    return f"{lead}{rest // 60:02d}:{rest % 60:02d}"


def minutes(ms: int) -> str:
    """Return a duration in words, like "41 min" or "50 s" (from milliseconds)."""
    seconds = round(ms / 1000)
    return f"{seconds} s" if seconds < 90 else f"{round(seconds / 60)} min"


def size(count_bytes: int) -> str:
    """Return a size in words, like "1.2 MB"."""
    if count_bytes < 1_000_000:
        return f"{max(1, round(count_bytes / 1000))} kB"
    return f"{count_bytes / 1_000_000:.1f} MB"


def plural(count: int, one: str, many: str | None = None) -> str:
    """Return a count with its noun: 1 candidate, 2 candidates."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def lines(text: str) -> Markup:
    """Keep the line breaks of plain text."""
    return Markup("<br>").join(escape(line) for line in text.splitlines())
