"""Plain text as people paste it: `Name  0:04`, `00:04 Name: words`, `Name: words`, times on their own, or prose."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from interview.transcript.rules.cues import split_lines
from interview.transcript.rules.segments import Reading, Segment, TranscriptRefused, WarningList
from interview.transcript.rules.speech import labelled, mostly, squeezed, warn_of_oddities
from interview.transcript.rules.times import clock_ms

NAME = "text"

_TIME = r"(?P<time>\d{1,3}:[0-5]\d(?::[0-5]\d)?(?:[.,]\d{1,3})?)"
_NAME_THEN_TIME = re.compile(
    rf"(?:\*\*)?(?P<name>[^\s\d][^\t]{{0,78}}?)(?:\*\*)?(?:[ \u00a0]{{2,4}}|\t|\s[\[(]){_TIME}[\])]?:?\s*$"
)
TIME_THEN = re.compile(rf"[\[(]?{_TIME}[\])]?(?:\s[-–—]\s|\s|$)(?P<rest>.*)$")
_CHAT = re.compile(r"\d{1,2}:\d{2}:\d{2}\t ?(?:From )?[^\t]+:(?:\t|$)|\d{1,2}:\d{2}:\d{2} From .{1,200}? : ?")
_ANY_CHAT_SHARE = 0.1
_FURNITURE = re.compile(
    r"#{1,6}\s|[-*_]{3,}$|Transcribed by https?://|Transcription ended after "
    r"|This editable transcript was computer generated"
)

_RULE = re.compile(r"[-*_]{3,}$")

NumberedLine = tuple[int, str]


@dataclass(frozen=True, slots=True)
class _Shape:
    """How one text marks its turns, judged over the whole of it: a lone `10:30` or `Note:` in prose marks none."""

    heads: bool
    times: bool
    names: bool


@dataclass(frozen=True, slots=True)
class _Front:
    """What was read off the front of a line, and the words left."""

    name: str | None
    time_ms: int | None
    words: str


@dataclass(slots=True)
class _Turn:
    line: int
    front: _Front
    more: list[str] = field(default_factory=list)


def recognise(text: str) -> bool:
    """Accept any text: this reader is the last one asked."""
    return True


def read(text: str) -> Reading:
    """Read plain text: turns where it marks speakers or times, else a segment for each paragraph.

    Raises TranscriptRefused for a chat log, which is typed and not spoken.
    """
    warnings = WarningList()
    paragraphs = _paragraphs(split_lines(text))
    _refuse_chat([line for paragraph in paragraphs for line in paragraph])
    paragraphs = _without_title_block(paragraphs, warnings)
    shape = _shape(paragraphs)
    turns, before = _turns(paragraphs, shape, warnings)
    segments = list(_prose(before, warnings)) if before and not (shape.heads or shape.names) else []
    if before and not segments:
        _warn_of_lines_before(before, warnings)
    segments += _spoken(turns, warnings)
    return Reading(NAME, None, tuple(segments), warnings.all())


def _refuse_chat(lines: Sequence[NumberedLine]) -> None:
    typed = sum(bool(_CHAT.match(line)) for _, line in lines)
    if lines and typed >= _ANY_CHAT_SHARE * len(lines) and _CHAT.match(lines[0][1]):  # replies run over many lines
        raise TranscriptRefused(
            "This is a chat log, typed beside the call and not spoken in it. Upload the transcript of the call instead."
        )


def _without_title_block(paragraphs: list[list[NumberedLine]], warnings: WarningList) -> list[list[NumberedLine]]:
    """Take off what stands above the first rule (`---`) of a Markdown file: `Date: ...`, a list of participants.

    Only where none of its labels speaks below the rule, so that no turn is lost with it.
    """
    at = next((i for i, one in enumerate(paragraphs) if len(one) == 1 and _RULE.match(one[0][1])), 0)
    above = [line for paragraph in paragraphs[:at] for line in paragraph]
    below = {found[0] for one in paragraphs[at:] for _, line in one if (found := labelled(_after_time(line)))}
    if not above or not above[0][1].startswith("#") or len(below) < 1:
        return paragraphs
    if any((found := labelled(_after_time(line))) and found[0] in below for _, line in above):
        return paragraphs
    sentence = f"{len(above)} lines above the first rule are the file's title and no speech; left out."
    warnings.add(above[0][0], "title_block", sentence)
    return paragraphs[at + 1 :]


def _paragraphs(lines: Sequence[str]) -> list[list[NumberedLine]]:
    """Give the paragraphs with line numbers; in a text without any blank line each line is one."""
    paragraphs: list[list[NumberedLine]] = [[]]
    for number, line in enumerate(lines, 1):
        if line.strip():
            paragraphs[-1].append((number, line.strip()))
        elif paragraphs[-1]:
            paragraphs.append([])
    filled = [paragraph for paragraph in paragraphs if paragraph]
    return [[line] for line in filled[0]] if len(filled) == 1 else filled


def _shape(paragraphs: Sequence[Sequence[NumberedLine]]) -> _Shape:
    speech = [
        kept for paragraph in paragraphs if (kept := [line for _, line in paragraph if not _FURNITURE.match(line)])
    ]
    firsts, lines = [paragraph[0] for paragraph in speech], [line for paragraph in speech for line in paragraph]
    heads = any(_NAME_THEN_TIME.match(line) for line in lines)
    times = not heads and any(
        mostly(sum(bool(TIME_THEN.match(line)) for line in ones), len(ones)) for ones in (firsts, lines)
    )
    untimed = [[rest for line in ones if (rest := _after_time(line))] for ones in (firsts, lines)]
    names = not heads and any(mostly(sum(labelled(line) is not None for line in ones), len(ones)) for ones in untimed)
    return _Shape(heads, times, names)


def _after_time(line: str) -> str:
    found = TIME_THEN.match(line)
    return found["rest"].strip() if found else line


def _turns(
    paragraphs: Sequence[Sequence[NumberedLine]], shape: _Shape, warnings: WarningList
) -> tuple[list[_Turn], list[list[NumberedLine]]]:
    """Give the turns, and the paragraphs before the first of them."""
    turns: list[_Turn] = []
    before: list[list[NumberedLine]] = []
    block_ms: int | None = None
    for paragraph in paragraphs:
        unclaimed: list[NumberedLine] = []
        for number, line in paragraph:
            if _FURNITURE.match(line):
                warnings.add(
                    number, "not_speech", "This line is a heading or a notice of the tool, not speech; it was left out."
                )
                continue
            front = _front(line, shape)
            if front and not front.name and not front.words:
                block_ms = front.time_ms
            elif front or block_ms is not None:
                front = front or _Front(None, None, line)
                time_ms = block_ms if front.time_ms is None else front.time_ms
                turns.append(_Turn(number, _Front(front.name, time_ms, front.words)))
                block_ms = None
            elif turns:
                turns[-1].more.append(line)
            else:
                unclaimed.append((number, line))
        if unclaimed:
            before.append(unclaimed)
    return turns, before


def _front(line: str, shape: _Shape) -> _Front | None:
    """Read a name, a time or both off a line, as this text writes them; None where the line only goes on."""
    if shape.heads and (head := _NAME_THEN_TIME.match(line)):
        return _Front(squeezed(head["name"]), clock_ms(head["time"]), "")
    timed = TIME_THEN.match(line)
    if timed and not (shape.times or not timed["rest"].strip()):
        timed = None
    rest = timed["rest"].strip() if timed else line
    named = labelled(rest) if shape.names else None
    if not timed and not named:
        return None
    name, words = named or (None, rest)
    return _Front(name, clock_ms(timed["time"]) if timed else None, words)


def _spoken(turns: Sequence[_Turn], warnings: WarningList) -> Iterator[Segment]:
    for turn in turns:
        text = squeezed(" ".join([turn.front.words, *turn.more]))
        if not text:
            warnings.add(turn.line, "no_words", "This turn has no words; it was left out.")
            continue
        warn_of_oddities(text, turn.line, warnings)
        yield Segment(text, turn.line, turn.front.name, turn.front.time_ms, None, f"line {turn.line}")


def _prose(paragraphs: Sequence[Sequence[NumberedLine]], warnings: WarningList) -> Iterator[Segment]:
    warnings.add(1, "no_speakers", "The text names no speakers; each paragraph is one segment without a speaker.")
    for paragraph in paragraphs:
        first = paragraph[0][0]
        text = squeezed(" ".join(line for _, line in paragraph))
        warn_of_oddities(text, first, warnings)
        yield Segment(text, first, source_ref=f"line {first}")


def _warn_of_lines_before(paragraphs: Sequence[Sequence[NumberedLine]], warnings: WarningList) -> None:
    for paragraph in paragraphs:
        for number, _ in paragraph:
            warnings.add(
                number,
                "before_first_turn",
                "This line stands before the first turn and names no speaker; it was left out.",
            )
