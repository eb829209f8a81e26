"""Rules of the review: marks on a timeline, the line that is spoken at a moment, captions, clips and who may see them.

Pure: knows no web, no database and no clock."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

TITLE_MAX_CHARS: Final = 120
CLIPS_MAX: Final = 100  # of one person on one interview
CLIP_MIN_MS: Final = 500
CAPTION_MAX_MS: Final = 7_000  # how long a line without an end stands


class MarkKind(StrEnum):
    """What a mark on the timeline stands for."""

    NOTE = "note"
    EVIDENCE = "evidence"
    CLIP = "clip"


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment of the recording with words, and whose it is; one's own has no name."""

    kind: MarkKind
    at_ms: int
    words: str
    who: str = ""


def in_order(marks: Iterable[Mark], duration_ms: int) -> tuple[Mark, ...]:
    """Return the marks that lie within the recording, by moment."""
    return tuple(sorted((mark for mark in marks if 0 <= mark.at_ms <= duration_ms), key=lambda mark: mark.at_ms))


# --- captions ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """A passage of the transcript with its times, as far as it has any."""

    start_ms: int | None
    end_ms: int | None
    speaker: str
    text: str


def captions(lines: Sequence[Line]) -> str:
    """Return the lines that have a start as WebVTT; one without an end stands until the next, 7 s at most.

    Words are plain text: what could be markup or a timing line is escaped."""
    timed = sorted((line for line in lines if line.start_ms is not None), key=lambda line: line.start_ms or 0)
    starts = [line.start_ms or 0 for line in timed]
    cues = ["WEBVTT"]
    for line, start in zip(timed, starts, strict=True):
        following = bisect_right(starts, start)
        latest = min([start + CAPTION_MAX_MS, *starts[following : following + 1]])
        end = line.end_ms if line.end_ms is not None and line.end_ms > start else latest
        words = _escaped(" ".join(line.text.split()))
        if words:
            voice = f"<v {_escaped(' '.join(line.speaker.split()))}>" if line.speaker.strip() else ""
            cues.append(f"{_clock(start)} --> {_clock(end)}\n{voice}{words}")
    return "\n\n".join(cues) + "\n"


def _escaped(words: str) -> str:
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _clock(ms: int) -> str:
    seconds, rest = divmod(ms, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{rest:03d}"


# --- clips ------------------------------------------------------------------------------------------------------------


def clip_problems(start_ms: int | None, end_ms: int | None, title: str, duration_ms: int) -> dict[str, str]:
    """Return field -> sentence for a clip that cannot be made; empty where all is well."""
    found: dict[str, str] = {}
    if start_ms is None or start_ms > duration_ms:
        found["start"] = "Enter where the clip begins, like 03:12, within the recording."
    if end_ms is None:
        found["end"] = "Enter where the clip ends, like 03:40."
    elif start_ms is not None and end_ms < start_ms + CLIP_MIN_MS:
        found["end"] = "The clip must end after it begins."
    if not title:
        found["title"] = "Give the clip a title."
    elif len(title) > TITLE_MAX_CHARS:
        found["title"] = f"Shorten the title to {TITLE_MAX_CHARS} characters."
    return found


def moment_ms(written: str) -> int | None:
    """Return a moment as people write it (3:12, 1:03:12, 192 or 192.5) in milliseconds; None for what is none."""
    pieces = written.strip().split(":")
    if not 1 <= len(pieces) <= 3 or len(written) > 12:
        return None
    *places, last = pieces
    if not all(piece.isascii() and piece.isdigit() for piece in places):
        return None
    whole, dot, fraction = last.partition(".")
    if not (whole.isascii() and whole.isdigit()) or (dot and not (fraction.isascii() and fraction.isdigit())):
        return None
    if places and int(whole) > 59:
        return None
    seconds = 0
    for piece in (*places, whole):
        seconds = seconds * 60 + int(piece)
    return seconds * 1000 + int((fraction + "000")[:3])


def may_see_clip(*, is_own: bool, reader_owes: bool, maker_is_readable: bool, maker_rates: bool) -> bool:
    """Tell whether somebody sees a clip: the own one always; others' once the reader owes no card, and its maker's card
    is open to the reader or its maker rates nobody here."""
    return is_own or (not reader_owes and (maker_is_readable or not maker_rates))
