"""SubRip (.srt): numbered cues with comma times; speakers only as `Name: ` at the start of the words."""

import re
from collections.abc import Iterator

from interview.transcript.rules.cues import LooseCue, Run, collect, first_timing, segments_of, split_lines
from interview.transcript.rules.segments import Reading, WarningList
from interview.transcript.rules.speech import with_labels_split
from interview.transcript.rules.times import Span, lenient_span

NAME = "srt"

_POSITION = re.compile(r"\{\\[^{}]*\}")


def recognise(text: str) -> bool:
    """Say whether a file is SubRip: its first times have a comma, or stand under a number."""
    lines = split_lines(text)
    timing = first_timing(lines, _span)
    return timing is not None and ("," in lines[timing] or lines[max(timing - 1, 0)].strip().isdecimal())


def read(text: str) -> Reading:
    """Read a SubRip file; numbers may be missing or wrong, points may stand for commas, blank lines may lack."""
    warnings = WarningList()
    cues = collect(split_lines(text), _span, _nothing, warnings)
    segments = [segment for cue in _unpositioned(cues) for segment in segments_of(cue, warnings)]
    return Reading(NAME, None, tuple(with_labels_split(segments, warnings)), warnings.all())


def _span(line: str) -> Span | None:
    return lenient_span(line, comma=True)


def _nothing(run: Run) -> bool:
    """SubRip has no comments."""
    return False


def _unpositioned(cues: Iterator[LooseCue]) -> Iterator[LooseCue]:
    """Take off `{\\an8}` and its like, which place words on a film and are not speech."""
    for cue in cues:
        yield cue._replace(payload=tuple(_POSITION.sub("", line) for line in cue.payload))
