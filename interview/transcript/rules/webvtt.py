"""WebVTT: the specification's own algorithm (`strict_cues`), and a forgiving reading of what tools write.

The strict half follows https://www.w3.org/TR/webvtt1/#file-parsing; settings, regions and styles are stepped over.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from interview.transcript.rules.cues import ARROW, LooseCue, Run, collect, first_timing, segments_of, split_lines
from interview.transcript.rules.segments import Reading, Segment, WarningList
from interview.transcript.rules.speech import plain, warn_of_hidden, with_labels_split, words_of
from interview.transcript.rules.times import Span, lenient_span, strict_span

NAME = "webvtt"

_SIGNATURE = re.compile(r"WEBVTT(?:[ \t\n]|$)")
_HEADER = re.compile(r"\s*webvtt\b", re.IGNORECASE)
_METADATA = re.compile(r"(?:kind|x-timestamp-map|(language))\s*[:=]\s*(\S+)", re.IGNORECASE)
_ASIDE = re.compile(r"(?:NOTE(?:[ \t].*)?|STYLE[ \t]*|REGION[ \t]*)$")
_NOTE_LANGUAGE = re.compile(r'NOTE\s+language:\s*"?([\w-]+)')
_NOTE_IN_CUE = re.compile(r"NOTE (?:Confidence|duration|language):")
_WORD_TIME = re.compile(r"<[0-9]+:[0-9:.]+>")
_TEAMS_FRAGMENT = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/[0-9]+)-[0-9]+$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Cue:
    """A cue as the specification's parser gives it: the text is still markup."""

    id: str
    start_ms: int
    end_ms: int
    text: str


def strict_cues(text: str) -> list[Cue]:
    """Parse a WebVTT file exactly as the specification says; no cue where the signature is missing."""
    lines = split_lines(text)
    if not _SIGNATURE.match(f"{lines[0]}\n") or len(lines) < 2:
        return []
    at = 1
    if lines[at] != "":
        _, at = _block(lines, at, in_header=True)
    cues = []
    while at < len(lines):
        cue, at = _block(lines, at, in_header=False)
        if cue:
            cues.append(cue)
    return cues


def _block(lines: Sequence[str], at: int, *, in_header: bool) -> tuple[Cue | None, int]:
    """Collect one block from lines[at:]; give its cue, if it is one, and the line after it."""
    identifier, span, text = "", None, list[str]()
    first, seen_arrow = at, False
    while at < len(lines):
        line = lines[at]
        if ARROW in line:
            if in_header or at - first > 1 or seen_arrow:
                break
            seen_arrow = True
            span = strict_span(line)
            if span:
                identifier, text = "\n".join(text), []
        elif line == "":
            at += 1
            break
        else:
            text.append(line)
        at += 1
    return (_strict_cue(identifier, span, text) if span else None), at


def _strict_cue(identifier: str, span: Span, text: Sequence[str]) -> Cue:
    return Cue(identifier, span.start_ms or 0, span.end_ms or 0, "\n".join(text))


def recognise(text: str) -> bool:
    """Say whether a file is WebVTT: by its header, or without one by times that SubRip would write otherwise."""
    if _HEADER.match(text):
        return True
    lines = split_lines(text)
    timing = first_timing(lines, _span)
    return timing is not None and "," not in lines[timing] and not lines[max(timing - 1, 0)].strip().isdecimal()


def read(text: str) -> Reading:
    """Read a WebVTT file, forgiving what tools get wrong; each forgiven thing is a warning with its line."""
    warnings = WarningList()
    lines = split_lines(text)
    start, language = _header(lines, warnings)
    comments = _Comments(warnings, language)
    cues = collect(lines, _span, comments.set_aside, warnings, start=start)
    if "NOTE " in text:
        cues = _without_notes(cues, warnings)
    if _WORD_TIME.search(text):
        cues = _without_rolling(cues, warnings)
    graph = _GraphPayloads()
    spoken = graph.segments_of if "spokenText" in text else segments_of
    segments = [segment for cue in cues for segment in spoken(cue, warnings)]
    comments.report()
    segments = _with_fragments_joined(with_labels_split(segments, warnings))
    return Reading(NAME, comments.language or graph.language, tuple(segments), warnings.all())


def read_strict(text: str) -> Reading:
    """Read as the specification does, forgiving nothing: identifiers in `source_ref`, markup left in the words."""
    cues = strict_cues(text)
    segments = (Segment(c.text, 0, None, c.start_ms, c.end_ms, c.id, ordinal) for ordinal, c in enumerate(cues, 1))
    return Reading(NAME, None, tuple(segments), ())


def _span(line: str) -> Span | None:
    return lenient_span(line, comma=False)


def _header(lines: Sequence[str], warnings: WarningList) -> tuple[int, str | None]:
    """Give the index where the body begins, and the language the header names."""
    first = next((i for i, line in enumerate(lines) if line.strip()), 0)
    if not _HEADER.match(lines[first]):
        warnings.add(
            1, "missing_header", "The file does not begin with WEBVTT; it was read as WebVTT because of its times."
        )
        return 0, None
    if first > 0 or not _SIGNATURE.match(lines[first]):
        warnings.add(
            first + 1,
            "bad_header",
            "The file must begin with the word WEBVTT and nothing before it; it was read all the same.",
        )
    end = first + 1
    while end < len(lines) and lines[end] != "" and not (ARROW in lines[end] and _span(lines[end])):
        end += 1
    if end < len(lines) and lines[end] != "" and lines[end - 1].strip().isdecimal():
        end -= 1
    return end, _header_language(lines, first + 1, end, warnings)


def _header_language(lines: Sequence[str], start: int, end: int, warnings: WarningList) -> str | None:
    language = None
    for i in range(start, end):
        known = _METADATA.match(lines[i])
        if not known:
            warnings.add(
                i + 1,
                "header_text",
                "This line stands in the file's header, before the first cue; it is not speech and was left out.",
            )
        elif known[1]:
            language = known[2]
    return language


class _Comments:
    """Sets NOTE, STYLE and REGION paragraphs aside, counts them, and remembers a language named in a NOTE."""

    def __init__(self, warnings: WarningList, language: str | None) -> None:
        self.language = language
        self._warnings = warnings
        self._first_line = 0
        self._count = 0

    def set_aside(self, run: Run) -> bool:
        """Say whether a paragraph is no speech by the specification."""
        first, lines = run
        if not _ASIDE.match(lines[0]):
            return False
        self._count += 1
        self._first_line = self._first_line or first + 1
        found = _NOTE_LANGUAGE.match(lines[0])
        self.language = found[1] if found else self.language
        return True

    def report(self) -> None:
        """Say once how many paragraphs were left out."""
        if self._count:
            paragraphs = "paragraph is a comment or style" if self._count == 1 else "paragraphs are comments or styles"
            self._warnings.add(
                self._first_line,
                "comments_left_out",
                f"{self._count} {paragraphs} (NOTE, STYLE, REGION), not speech; left out.",
            )


class _GraphPayloads:
    """Reads cues of Microsoft Graph's metadataContent, whose words are one JSON object; other cues as they are."""

    def __init__(self) -> None:
        self.language: str | None = None

    def segments_of(self, cue: LooseCue, warnings: WarningList) -> Iterable[Segment]:
        """Give a cue's speech."""
        if not (cue.payload and cue.payload[0].lstrip().startswith("{") and "spokenText" in "".join(cue.payload)):
            return segments_of(cue, warnings)
        try:
            said = json.loads("\n".join(cue.payload), strict=False)
        except (ValueError, RecursionError):
            said = None
        if not isinstance(said, dict) or not isinstance(said.get("spokenText"), str):
            warnings.add(cue.line, "broken_metadata", "The JSON in this cue is damaged; it was kept as words.")
            return segments_of(cue, warnings)
        language = words_of(said.get("spokenLanguage"))
        self.language = self.language or language or None
        words = words_of(said["spokenText"])
        if not words:
            warnings.add(cue.line, "no_words", "This cue has no words; it was left out.")
            return []
        warn_of_hidden(words, cue.line, warnings)
        name = words_of(said.get("speakerName")) or None
        ref = cue.source_ref or f"line {cue.line}"
        return [Segment(words, cue.line, name, cue.span.start_ms, cue.span.end_ms, ref)]


def _without_notes(cues: Iterator[LooseCue], warnings: WarningList) -> Iterator[LooseCue]:
    """Take out the NOTE lines that broken copies of Stream files carry inside a cue."""
    for cue in cues:
        kept = tuple(line for line in cue.payload if not _NOTE_IN_CUE.match(line))
        if len(kept) < len(cue.payload):
            warnings.add(
                cue.line, "note_in_cue", "A NOTE line stands inside this cue; it is not speech and was left out."
            )
        yield cue._replace(payload=kept) if len(kept) < len(cue.payload) else cue


def _without_rolling(cues: Iterator[LooseCue], warnings: WarningList) -> Iterator[LooseCue]:
    """Undo rolling captions (YouTube): each cue repeats the line above; only files with times inside words roll."""
    listed = list(cues)
    if not any(_WORD_TIME.search(line) for cue in listed for line in cue.payload):
        yield from listed
        return
    warnings.add(
        listed[0].line,
        "rolling_captions",
        "The captions roll: each repeats the line before. Repeated lines were read once.",
    )
    last = ""
    for cue in listed:
        fresh = []
        for line in cue.payload:
            words = plain(line)
            if words and words != last:
                fresh.append(line)
                last = words
        if fresh:
            yield cue._replace(payload=tuple(fresh))


def _with_fragments_joined(segments: Sequence[Segment]) -> list[Segment]:
    """Join what Teams cuts mid-sentence: fragments of one utterance share `<uuid>/<utterance>` and the speaker."""
    joined: list[Segment] = []
    place: dict[tuple[str, str | None], int] = {}
    for segment in segments:
        found = _TEAMS_FRAGMENT.match(segment.source_ref)
        if not found:
            joined.append(segment)
            continue
        key = (found[1], segment.speaker)
        if key not in place:
            place[key] = len(joined)
            joined.append(segment._replace(source_ref=found[1]))
            continue
        whole = joined[place[key]]
        ends = [end for end in (whole.end_ms, segment.end_ms) if end is not None]
        joined[place[key]] = whole._replace(text=f"{whole.text} {segment.text}", end_ms=max(ends, default=None))
    return joined
