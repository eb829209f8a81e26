"""Times as transcripts write them, in integer milliseconds; each departure from the strict form is named."""

import re
from typing import NamedTuple

LONGEST_MS = 500 * 3_600_000  # fits a 32-bit column

_STRICT = re.compile(
    r"[ \t\f]*(?:([0-9]{1,9}):)?([0-5][0-9]):([0-5][0-9])\.([0-9]{3})(?![0-9])"
    r"[ \t\f]*-->[ \t\f]*(?:([0-9]{1,9}):)?([0-5][0-9]):([0-5][0-9])\.([0-9]{3})(?![0-9])"
)
_LOOSE_TIME = r"(-?)(?:([0-9]{1,9}):)?([0-9]{1,3}):([0-9]{1,3})(?:([.,])([0-9]{1,12}))?"
_LOOSE = re.compile(rf"\s*{_LOOSE_TIME}\s*-->\s*(?:{_LOOSE_TIME}(?![0-9:.,])|$)")
_SUBRIP = re.compile(
    r"([0-9]{2}):([0-5][0-9]):([0-5][0-9]),([0-9]{3}) --> ([0-9]{2}):([0-5][0-9]):([0-5][0-9]),([0-9]{3})\s*$"
)

# What a departure is called, and the sentence for it.
PROBLEMS = {
    "comma_decimal": "A comma stands before the milliseconds where WebVTT has a point; it was read as one.",
    "point_decimal": "A point stands before the milliseconds where SubRip has a comma; it was read as one.",
    "loose_time": "The times are not written as 00:00:00.000; they were read as hours, minutes, seconds, fraction.",
    "negative_time": "A time before 0 (talk that began before the recording) was set to 0.",
    "missing_end": "The end time is missing; the segment has a start only.",
    "ends_before_start": "The segment ends before it starts; both times are kept as written.",
    "time_too_large": "A time of more than 500 hours cannot be right; the segment is kept without times.",
}


class Span(NamedTuple):
    """The two times of a cue and the names of what was forgiven in reading them."""

    start_ms: int | None
    end_ms: int | None
    problems: tuple[str, ...] = ()


def strict_span(line: str) -> Span | None:
    """Read a WebVTT timing line exactly as the specification does; None where it fails."""
    found = _STRICT.match(line)
    if not found:
        return None
    return Span(_strict_ms(*found.group(1, 2, 3, 4)), _strict_ms(*found.group(5, 6, 7, 8)))


def lenient_span(line: str, *, comma: bool) -> Span | None:
    """Read a timing line as people's files have it; `comma` is SubRip's way. None where it holds no times at all."""
    found = _SUBRIP.match(line) if comma else _STRICT.match(line)
    if found:
        h, m, s, t, to_h, to_m, to_s, to_t = found.groups()
        start_ms = int(h or 0) * 3_600_000 + int(m) * 60_000 + int(s) * 1000 + int(t)
        end_ms = int(to_h or 0) * 3_600_000 + int(to_m) * 60_000 + int(to_s) * 1000 + int(to_t)
        if start_ms <= end_ms <= LONGEST_MS:
            return Span(start_ms, end_ms)
        return _plausible(start_ms, end_ms, set())
    found = _LOOSE.match(line)
    if not found:
        return None
    start, end = found.groups()[:6], found.groups()[6:]
    problems = {"loose_time"} if _is_loose(start, end) else set()
    if ("." if comma else ",") in (start[4], end[4]):
        problems.add("point_decimal" if comma else "comma_decimal")
    if "-" in (start[0], end[0]):
        problems.add("negative_time")
    if end[3] is None:
        problems.add("missing_end")
    return _plausible(_loose_ms(start), _loose_ms(end) if end[3] is not None else None, problems)


def clock_ms(text: str) -> int:
    """Turn `m:ss` or `h:mm:ss` (a fraction may follow) into milliseconds; the caller has matched its shape."""
    whole, _, fraction = text.replace(",", ".").partition(".")
    seconds = 0
    for part in whole.split(":"):
        seconds = seconds * 60 + int(part)
    return seconds * 1000 + _fraction_ms(fraction)


def _strict_ms(hours: str | None, minutes: str, seconds: str, thousandths: str) -> int:
    return int(hours or 0) * 3_600_000 + int(minutes) * 60_000 + int(seconds) * 1000 + int(thousandths)


def _loose_ms(parts: tuple[str | None, ...]) -> int:
    sign, hours, minutes, seconds, _, fraction = parts
    if sign:
        return 0
    return ((int(hours or 0) * 60 + int(minutes or 0)) * 60 + int(seconds or 0)) * 1000 + _fraction_ms(fraction or "")


def _fraction_ms(digits: str) -> int:
    return int((digits + "000")[:3])


def _is_loose(start: tuple[str | None, ...], end: tuple[str | None, ...]) -> bool:
    times = [start] if end[3] is None else [start, end]
    return any(
        len(minutes or "") != 2
        or len(seconds or "") != 2
        or len(fraction or "") != 3
        or max(minutes or "", seconds or "") > "59"
        for _, _, minutes, seconds, _, fraction in times
    )


def _plausible(start_ms: int, end_ms: int | None, problems: set[str]) -> Span:
    if max(start_ms, end_ms or 0) > LONGEST_MS:
        return Span(None, None, (*sorted(problems), "time_too_large"))
    if end_ms is not None and end_ms < start_ms:
        problems.add("ends_before_start")
    return Span(start_ms, end_ms, tuple(sorted(problems)))
