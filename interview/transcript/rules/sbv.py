"""YouTube's .sbv captions: two times with a comma between them above the words; no speakers but `Name: `."""

import re

from interview.transcript.rules.cues import Run, collect, segments_of, split_lines
from interview.transcript.rules.segments import Reading, WarningList
from interview.transcript.rules.speech import with_labels_split
from interview.transcript.rules.times import Span, lenient_span

NAME = "sbv"

_TIMING = re.compile(r"\s*(-?\d{1,9}:\d{1,2}:\d{1,2}(?:\.\d{1,12})?),(-?\d{1,9}:\d{1,2}:\d{1,2}(?:\.\d{1,12})?)\s*$")
_HEAD = re.compile(r"[\s\ufeff]*(-?\d{1,9}:\d{2}:\d{2}\.\d{3},-?\d{1,9}:\d{2}:\d{2}\.\d{3})[ \t]*(?:[\r\n]|$)")
_PLAIN_HOURS = re.compile(r"\d{1,2}(:\d\d:\d\d\.\d{3}),\d{1,2}(:\d\d:\d\d\.\d{3})\s*$")


def recognise(text: str) -> bool:
    """Say whether the file begins with two times and a comma between them."""
    return bool(_HEAD.match(text))


def read(text: str) -> Reading:
    """Read .sbv captions."""
    warnings = WarningList()
    cues = collect(split_lines(text), _span, _nothing, warnings, mark=",")
    segments = [segment for cue in cues for segment in segments_of(cue, warnings)]
    return Reading(NAME, None, tuple(with_labels_split(segments, warnings)), warnings.all())


def _span(line: str) -> Span | None:
    found = _TIMING.match(line)
    if not found:
        return None
    span = lenient_span(f"{found[1]} --> {found[2]}", comma=False)
    if span and _PLAIN_HOURS.match(line):  # an hour of one digit is how .sbv is written, not a departure
        return Span(span.start_ms, span.end_ms, tuple(one for one in span.problems if one != "loose_time"))
    return span


def _nothing(run: Run) -> bool:
    """.sbv has no comments."""
    return False
