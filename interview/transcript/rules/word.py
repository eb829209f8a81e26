"""Word documents (.docx) of Teams, Meet and Otter: a packed file behind limits, then paragraphs, then turns.

A document whose paragraphs cannot be told apart into turns is refused: a summary must not be read as speech.
"""

import io
import re
import struct
import zipfile
from collections.abc import Iterator, Sequence

import docx
from docx.oxml.ns import qn
from lxml import etree  # type: ignore[import-untyped]

from interview.transcript.rules import meet, plaintext
from interview.transcript.rules.segments import Reading, Segment, TranscriptRefused, WarningList
from interview.transcript.rules.speech import labelled, mostly, squeezed, warn_of_oddities
from interview.transcript.rules.times import PROBLEMS, clock_ms, lenient_span

MOST_ENTRIES = 2_000
MOST_EXPANDED_BYTES = 60_000_000  # the pictures of the speakers are among them
LARGEST_PART_BYTES = 30_000_000
MOST_XML_BYTES = 8_000_000  # three hours of speech are 2 MB

_INSTEAD = "Bring the transcript as WebVTT, SubRip or plain text instead."
_HEAD = re.compile(r"(?P<name>\S.{0,198}?)(?:[ \u00a0]{2,4}|\t)(?P<time>\d{1,3}:[0-5]\d(?::[0-5]\d)?)$")
_NOTICE = re.compile(r".{1,200} (?:started|stopped) transcription\W*$|Transcribed by https?://")
# A time that marks something: first or last in its paragraph, or in brackets; "at 10:30 we met" is somebody's words.
_MARKING_TIME = re.compile(
    r"^\W*\d{1,3}:[0-5]\d(?::[0-5]\d)?(?!\d)|[(\[]\d{1,3}:[0-5]\d(?::[0-5]\d)?[)\]]|\d:[0-5]\d:[0-5]\d\W*$"
)

_NO_TURNS_AMONG_TIMES = (
    "This Word document has times, but its paragraphs cannot be told apart into turns of speakers; a summary would be "
    f"read as if somebody had said it. {_INSTEAD}"
)
_NO_TURNS = (
    "This Word document does not say who speaks: no paragraphs “Name: words”, no names with times. If it is a "
    "transcript all the same, save it as plain text and bring that."
)

Paragraph = tuple[int, list[str]]  # its number in the document, from 1, and its lines: none of them empty


def is_packed(data: bytes) -> bool:
    """Say whether the file is a ZIP archive, which a Word document is."""
    return data[:4] == b"PK\x03\x04"


def read(data: bytes) -> Reading:
    """Read a Word document. Raises TranscriptRefused, also for any other archive and for one built to do harm."""
    _refuse_archive(data)
    paragraphs, changed = _paragraphs(data)
    if not paragraphs:
        raise TranscriptRefused(f"The Word document holds no text. {_INSTEAD}")
    warnings = WarningList("paragraph")
    if changed:
        warnings.add(
            changed, "tracked_changes", "The document has tracked changes; it was read as if all were accepted."
        )
    if any(_timing(line) for _, lines in paragraphs for line in lines):
        return _old_teams(paragraphs, warnings)
    if any(_HEAD.match(lines[0]) for _, lines in paragraphs):
        return _teams(paragraphs, warnings)
    flat = [(number, squeezed(" ".join(lines))) for number, lines in paragraphs]
    if meet.looks_so(flat):
        return meet.read_paragraphs(flat, warnings)
    return _untimed(flat, warnings)


def _refuse_archive(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            entries = packed.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, OSError, struct.error):
        raise TranscriptRefused(f"This is a packed file, and it is damaged. {_INSTEAD}") from None
    names = {entry.filename for entry in entries}
    if "word/document.xml" not in names:
        raise TranscriptRefused(f"{_kind(names)} {_INSTEAD}")
    expanded = sum(entry.file_size for entry in entries)
    largest = max(entry.file_size for entry in entries)
    if len(entries) > MOST_ENTRIES or len(names) < len(entries):
        raise TranscriptRefused(
            f"This Word document has {len(entries):,} parts, or two of one name; no transcript has. {_INSTEAD}"
        )
    if expanded > MOST_EXPANDED_BYTES or largest > LARGEST_PART_BYTES:
        raise TranscriptRefused(
            f"This Word document unpacks to {expanded // 1_000_000:,} MB; a transcript is below "
            f"{LARGEST_PART_BYTES // 1_000_000} MB. {_INSTEAD}"
        )
    xml_bytes = sum(entry.file_size for entry in entries if entry.filename.lower().endswith((".xml", ".rels")))
    if xml_bytes > MOST_XML_BYTES:
        raise TranscriptRefused(
            f"This Word document holds {xml_bytes // 1_000_000:,} MB of text and marks; a transcript has below "
            f"{MOST_XML_BYTES // 1_000_000} MB. {_INSTEAD}"
        )


def _kind(names: set[str]) -> str:
    if any(name.startswith("xl/") for name in names):
        return "This is a spreadsheet, not a transcript."
    if any(name.startswith("ppt/") for name in names):
        return "This is a presentation, not a transcript."
    if "content.xml" in names:
        return "This is an OpenDocument file; save it as plain text first."
    return "This is a packed archive; unpack it first."


def _paragraphs(data: bytes) -> tuple[list[Paragraph], int]:
    """Give the paragraphs that hold words, tables included, and the number of the first with tracked changes or 0."""
    try:
        body = docx.Document(io.BytesIO(data)).element.body
        texts, changed = _texts(body)
    except Exception:  # the package raises what its parts raise: KeyError, XMLSyntaxError, zlib.error, ...
        raise TranscriptRefused(f"This Word document is damaged or protected by a password. {_INSTEAD}") from None
    paragraphs = [(number, _lines(parts)) for number, parts in enumerate(texts, 1)]
    return [(number, lines) for number, lines in paragraphs if lines], changed


def _texts(body: etree._Element) -> tuple[list[list[str]], int]:
    """Give the pieces of each paragraph, those of a text box in its own, in one walk however deep they are nested.

    A break ends a line; deleted words are left out. Also gives the number of the first with tracked changes, or 0."""
    p, r, words = qn("w:p"), qn("w:r"), qn("w:t")
    breaks = {qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:tab"): "\t", qn("w:noBreakHyphen"): "-"}
    changes = (qn("w:ins"), qn("w:del"))
    texts: list[list[str]] = []
    around: list[int] = []  # the numbers of the paragraphs around this place, outermost first
    changed = 0
    for event, node in etree.iterwalk(body, events=("start", "end"), tag=(p, words, *breaks, *changes)):
        if node.tag == p:
            if event == "end":
                around.pop()
                continue
            texts.append([])
            around.append(len(texts))
        elif event == "end" or not around:
            continue
        elif node.tag == words:
            texts[around[-1] - 1].append(node.text or "")
        elif node.tag in changes:
            changed = changed or around[0]
        elif node.getparent().tag == r:
            texts[around[-1] - 1].append(breaks[node.tag])
    return texts, changed


def _lines(parts: Sequence[str]) -> list[str]:
    text = "".join(parts).replace("\x00", "\ufffd")
    return [line.strip() for line in text.split("\n") if line.strip()]


def _timing(line: str) -> bool:
    return "-->" in line and lenient_span(line, comma=False) is not None


def _teams(paragraphs: Sequence[Paragraph], warnings: WarningList) -> Reading:
    """Read `Name   0:04` above the words: in one paragraph with them (Teams' download), or alone in its own (Otter)."""
    heads = [(number, lines) for number, lines in paragraphs if _HEAD.match(lines[0])]
    is_alone = mostly(sum(len(lines) == 1 for _, lines in heads), len(heads))
    turns: list[tuple[int, str, int, list[str]]] = []
    nameless: list[Paragraph] = []
    for number, lines in paragraphs:
        found = _HEAD.match(lines[0])
        if found:
            _refuse_between(nameless)
            turns.append((number, squeezed(found["name"]), clock_ms(found["time"]), list(lines[1:])))
        elif all(_NOTICE.match(line) for line in lines):
            warnings.add(number, "not_speech", "This is a notice of the tool, not speech; it was left out.")
        elif not turns:
            warnings.add(number, "before_first_turn", "This stands before the first turn; it was left out.")
        elif is_alone or not turns[-1][3]:
            turns[-1][3].extend(lines)
        else:
            nameless.append((number, lines))
    for number, _ in nameless:
        warnings.add(number, "not_speech", "This stands behind the last turn and names nobody; it was left out.")
    segments: list[Segment] = []
    for number, name, start_ms, lines in turns:
        text = squeezed(" ".join(lines))
        if not text:
            warnings.add(number, "no_words", "This turn has no words; it was left out.")
            continue
        warn_of_oddities(text, number, warnings)
        segments.append(Segment(text, number, name, start_ms, None, f"paragraph {number}"))
    return Reading("teams_docx", None, tuple(segments), warnings.all(), "paragraph")


def _refuse_between(nameless: Sequence[Paragraph]) -> None:
    """Refuse prose between turns: it would be put into somebody's mouth."""
    if nameless:
        number, lines = nameless[0]
        raise TranscriptRefused(
            f"This Word document has times, but its turns cannot be told from other text: paragraph {number} "
            f"(“{squeezed(lines[0])[:40]}”) stands among them and names nobody. {_INSTEAD}"
        )


def _old_teams(paragraphs: Sequence[Paragraph], warnings: WarningList) -> Reading:
    """Read the older shape: a line of times, a line with the name, and the words."""
    segments: list[Segment] = []
    turns: list[tuple[int, str, list[str]]] = []
    for number, line in _all_lines(paragraphs):
        if _timing(line):
            turns.append((number, line, []))
        elif turns:
            turns[-1][2].append(line)
        else:
            warnings.add(number, "before_first_turn", "This stands before the first turn; it was left out.")
    for number, timing, lines in turns:
        span = lenient_span(timing, comma=False)
        if span is None or len(lines) < 2:
            warnings.add(number, "no_words", "This turn has no name or no words; it was left out.")
            continue
        for problem in span.problems:
            if problem != "loose_time":  # this shape writes 0:0:5.100 always
                warnings.add(number, problem, PROBLEMS[problem])
        text = squeezed(" ".join(lines[1:]))
        warn_of_oddities(text, number, warnings)
        place = f"paragraph {number}"
        segments.append(Segment(text, number, squeezed(lines[0]), span.start_ms, span.end_ms, place))
    return Reading("teams_docx", None, tuple(segments), warnings.all(), "paragraph")


def _all_lines(paragraphs: Sequence[Paragraph]) -> Iterator[tuple[int, str]]:
    for number, lines in paragraphs:
        for line in lines:
            yield number, line


def _untimed(paragraphs: Sequence[tuple[int, str]], warnings: WarningList) -> Reading:
    """Read `Name: words` (a time may stand before the name) in each paragraph, as people type it.

    Raises TranscriptRefused where most paragraphs name nobody, and where one that names nobody stands among times.
    """
    fronts = [(number, *_front(words)) for number, words in paragraphs]
    named = [number for number, _, name, _ in fronts if name]
    is_timed = any(_MARKING_TIME.search(words) for _, words in paragraphs)
    within = [front for front in fronts if named and front[0] >= named[0]]
    if not mostly(len(named), len(within)) or (is_timed and len(named) < len(within)):
        raise TranscriptRefused(_NO_TURNS_AMONG_TIMES if is_timed else _NO_TURNS)
    segments: list[Segment] = []
    for number, start_ms, name, words in fronts:
        if number < named[0]:
            warnings.add(number, "before_first_turn", "This stands before the first turn; it was left out.")
        elif not words:
            warnings.add(number, "no_words", "This turn has no words; it was left out.")
        else:
            warn_of_oddities(words, number, warnings)
            if name is None:
                name = segments[-1].speaker if segments else None
                warnings.add(number, "name_carried_on", "This paragraph names nobody; it was read as the turn goes on.")
            segments.append(Segment(words, number, name, start_ms, None, f"paragraph {number}"))
    return Reading("word", None, tuple(segments), warnings.all(), "paragraph")


def _front(words: str) -> tuple[int | None, str | None, str]:
    """Read a time and a name off the front of a paragraph: (start, name, words)."""
    timed = plaintext.TIME_THEN.match(words)
    named = labelled(timed["rest"] if timed else words)
    if named is None:
        return None, None, words
    return clock_ms(timed["time"]) if timed else None, *named
