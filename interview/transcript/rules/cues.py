"""Timed cues out of lines, leniently: what WebVTT and SubRip files share once a header is off.

Every line that is not structure becomes words of some cue: broken times, stray paragraphs, text before the first cue.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from interview.transcript.rules.segments import Segment, WarningList
from interview.transcript.rules.speech import plain, voices, warn_of_oddities
from interview.transcript.rules.times import PROBLEMS, Span

ARROW = "-->"
UNTIMED = Span(None, None)

ReadSpan = Callable[[str], Span | None]
Run = tuple[int, list[str]]  # the 0-based index of its first line, and its lines: none of them empty
SetAside = Callable[[Run], bool]  # says whether a run of lines is a comment or a style sheet, and notes it


class LooseCue(NamedTuple):
    """A cue with its markup; `line` is the 1-based line of its times, or of its first words where it has none."""

    line: int
    span: Span
    source_ref: str
    payload: tuple[str, ...]


def split_lines(text: str) -> list[str]:
    """Cut at CRLF, CR or LF, as WebVTT does; NUL becomes U+FFFD, which databases can hold."""
    return text.replace("\x00", "\ufffd").replace("\r\n", "\n").replace("\r", "\n").split("\n")


def first_timing(lines: Sequence[str], read_span: ReadSpan) -> int | None:
    """Give the index of the first line that holds times, or None."""
    return next((index for index, line in enumerate(lines) if ARROW in line and read_span(line)), None)


def collect(
    lines: Sequence[str],
    read_span: ReadSpan,
    set_aside: SetAside,
    warnings: WarningList,
    *,
    start: int = 0,
    mark: str = ARROW,
) -> Iterator[LooseCue]:
    """Give the cues of lines[start:] in the order of the file; `mark` is what stands in every line of times."""
    timed = [(i, span) for i in range(start, len(lines)) if mark in lines[i] and (span := read_span(lines[i]))]
    floors = [start, *(i + 1 for i, _ in timed)]
    heads = [_heading(lines, i, floor, start, warnings) for (i, _), floor in zip(timed, floors, strict=False)]
    ends = [*heads, len(lines)]
    yield from _untimed(lines, start, ends[0], set_aside, warnings)
    for (i, span), head, end in zip(timed, heads, ends[1:], strict=True):
        for problem in span.problems:
            warnings.add(i + 1, problem, PROBLEMS[problem])
        source_ref = lines[head].strip() if head < i else ""
        if end - i == 3 and lines[i + 1] and not lines[i + 2] and ARROW not in lines[i + 1]:
            yield LooseCue(i + 1, span, source_ref, (lines[i + 1],))  # one line of words: nearly every cue there is
        else:
            yield from _cue(lines, i, end, span, source_ref, set_aside, warnings)


def segments_of(cue: LooseCue, warnings: WarningList) -> list[Segment]:
    """Give a cue's speech, a segment for each voice in it."""
    line, (start_ms, end_ms, _), source_ref, payload = cue
    markup = payload[0] if len(payload) == 1 else "\n".join(payload)
    if markup.isascii() and "<" not in markup and "&" not in markup and (words := " ".join(markup.split())):
        return [Segment(words, line, None, start_ms, end_ms, source_ref or f"line {line}")]  # nothing to look into
    warn_of_oddities(markup, line, warnings)
    spoken = [(speaker, words) for speaker, words in voices(markup) if words]
    if not spoken:
        warnings.add(line, "no_words", "This cue has no words; it was left out.")
    place = source_ref or f"line {line}"
    return [Segment(words, line, speaker, start_ms, end_ms, place) for speaker, words in spoken]


def _heading(lines: Sequence[str], timing: int, floor: int, start: int, warnings: WarningList) -> int:
    """Give the index where the cue begins: its identifier's line, or that of its times where it has no identifier."""
    above = timing - 1
    if above < floor or not lines[above].strip():
        return timing
    if above == start or not lines[above - 1].strip():
        return above
    warnings.add(timing + 1, "missing_blank_line", "No blank line stands before this cue; it was read as a new one.")
    return above if lines[above].strip().isdecimal() else timing


def _runs(lines: Sequence[str], start: int, end: int) -> Iterator[Run]:
    """Give the paragraphs of lines[start:end]."""
    run: list[str] = []
    for i in range(start, end):
        if lines[i] == "":
            if run:
                yield i - len(run), run
            run = []
        else:
            run.append(lines[i])
    if run:
        yield end - len(run), run


def _cue(
    lines: Sequence[str], timing: int, end: int, span: Span, source_ref: str, set_aside: SetAside, warnings: WarningList
) -> Iterator[LooseCue]:
    payload: list[str] = []
    broken: list[LooseCue] = []
    for run in _runs(lines, timing + 1, end):
        first, words = run
        if first == timing + 1:
            payload = words
        elif set_aside(run):
            continue
        elif any(ARROW in line for line in words[:2]):
            broken.append(LooseCue(first + 1, UNTIMED, "", tuple(words)))
        else:
            warnings.add(
                first + 1,
                "blank_line_in_cue",
                "A blank line stands before these words; they were kept with the cue above.",
            )
            payload = payload + words
        _warn_of_arrows(first, words, warnings)
    yield LooseCue(timing + 1, span, source_ref, tuple(payload))
    yield from broken


def _untimed(
    lines: Sequence[str], start: int, end: int, set_aside: SetAside, warnings: WarningList
) -> Iterator[LooseCue]:
    for run in _runs(lines, start, end):
        first, words = run
        if set_aside(run) or not plain("\n".join(words)):
            continue
        warnings.add(
            first + 1, "text_without_time", "These words stand before the first times; they were kept without a time."
        )
        _warn_of_arrows(first, words, warnings)
        yield LooseCue(first + 1, UNTIMED, "", tuple(words))


def _warn_of_arrows(first: int, words: Sequence[str], warnings: WarningList) -> None:
    for i, line in enumerate(words, first):
        if ARROW in line:
            warnings.add(i + 1, "arrow_without_times", "This line has an arrow but no times; it was kept as words.")
