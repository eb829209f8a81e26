"""Google Meet's transcript document: a time alone on a line above each block, `Name: words` in a paragraph of its own.

Since "Notes by Gemini" the document holds a model's prose too: only what stands under a time is speech, and where that
cannot be told apart the file is refused.
"""

import re
from collections.abc import Sequence

from interview.transcript.rules.cues import split_lines
from interview.transcript.rules.segments import Reading, Segment, TranscriptRefused, WarningList
from interview.transcript.rules.speech import labelled, squeezed, warn_of_oddities
from interview.transcript.rules.times import clock_ms

NAME = "meet"

_TIME = re.compile(r"#{0,6}\s*(\d{1,2}:[0-5]\d:[0-5]\d)$")
MOST_ALIKE = 0.8

Paragraph = tuple[int, str]  # its number (its line, in a text) and its words


def recognise(text: str) -> bool:
    """Say whether a text is Meet's: at most of its lone times the next paragraph is `Name: words`."""
    return looks_so(_paragraphs(text))


def read(text: str) -> Reading:
    """Read the text export. Raises TranscriptRefused where turns cannot be told from prose."""
    return read_paragraphs(_paragraphs(text), WarningList())


def looks_so(paragraphs: Sequence[Paragraph]) -> bool:
    """Say whether paragraphs are a Meet document's."""
    lone = [at for at, (_, words) in enumerate(paragraphs[:-1]) if _TIME.match(words)]
    led = sum(labelled(paragraphs[at + 1][1]) is not None for at in lone)
    return bool(lone) and led > 0 and led >= MOST_ALIKE * len(lone)


def read_paragraphs(paragraphs: Sequence[Paragraph], warnings: WarningList) -> Reading:
    """Read what stands under the times; `warnings` says whether a number counts lines or paragraphs.

    A turn is one paragraph; in a text its line may go on in the next.

    Raises TranscriptRefused where a paragraph between two turns names nobody: it may be a model's prose.
    """
    is_text = warnings.unit == "line"
    first = next(at for at, (_, words) in enumerate(paragraphs) if _TIME.match(words))
    _say_left_out(paragraphs[:first], "before_first_turn", "stand before the first time", warnings)
    segments: list[Segment] = []
    nameless: list[Paragraph] = []
    block_ms: int | None = None
    last = 0  # the line of the turn that a next line could belong to
    for number, words in paragraphs[first:]:
        found = _TIME.match(words)
        named = None if found else labelled(words)
        if found:
            block_ms = clock_ms(found[1])
        elif named is None and is_text and segments and not nameless and number == last + 1:
            segments[-1] = segments[-1]._replace(text=f"{segments[-1].text} {words}")
            warnings.add(number, "name_carried_on", "This line names nobody; it was read as the turn goes on.")
            last = number
        elif named is None:
            nameless.append((number, words))
        else:
            _refuse_between(nameless, warnings)
            warn_of_oddities(words, number, warnings)
            if named[1]:
                segments.append(
                    Segment(named[1], number, named[0], block_ms, None, f"{warnings.unit} {number}"),
                )
                block_ms, last = None, number
            else:
                warnings.add(number, "no_words", "This turn has no words; it was left out.")
    _say_left_out(nameless, "not_speech", "stand behind the last turn", warnings)
    return Reading(NAME, None, tuple(segments), warnings.all(), warnings.unit)


def _paragraphs(text: str) -> list[Paragraph]:
    return [(number, words) for number, line in enumerate(split_lines(text), 1) if (words := squeezed(line))]


def _refuse_between(nameless: Sequence[Paragraph], warnings: WarningList) -> None:
    if not nameless:
        return
    number, words = nameless[0]
    raise TranscriptRefused(
        f"This is a Google Meet document, but the turns cannot be told from other text: the {warnings.unit} {number} "
        f"(“{words[:40]}”) stands among them and names nobody. Copy the part with the names and times alone into a "
        "text file and bring that."
    )


def _say_left_out(left: Sequence[Paragraph], code: str, where: str, warnings: WarningList) -> None:
    if left:
        units = f"{len(left)} {warnings.unit}{'' if len(left) == 1 else 's'}"
        sentence = f"{units} {where} and {'is' if len(left) == 1 else 'are'} no speech; left out."
        if len(left) == 1:
            sentence = sentence.replace(" stand ", " stands ")
        warnings.add(left[0][0], code, sentence)
