"""Words out of a cue's markup: tags off, voices apart, entities decoded once, and `Name: ` prefixes told from prose."""

import html
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from interview.transcript.rules.segments import Segment, WarningList

LONGEST_LABEL = 80
LABEL_WORDS = 8

# No class crosses a '<': every pattern stays linear on hostile input.
_VOICE = re.compile(r"<(/?)v(?:\.[^\s<>]*)?(?:\s([^<>]*))?>")
_TAG = re.compile(r"</?(?:c|i|b|u|s|ruby|rt|lang|font)(?:[.\s][^<>]*)?>|<[0-9]+:[0-9:.]+>")
_UNKNOWN_TAG = re.compile(r"</?[a-zA-Z][^<>]*>?")
_HIDDEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\U000e0000-\U000e007f]")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_LETTER = re.compile(r"[^\W\d_]")


def plain(markup: str) -> str:
    """Strip the known tags, decode entities once (never parsed again), and make any white space one space."""
    return squeezed(html.unescape(_TAG.sub("", markup)))


def squeezed(text: str) -> str:
    """Make any run of white space one space."""
    return " ".join(text.split())


def words_of(value: object) -> str:
    """Give a string's words with single spaces; "" for what is no string. Half characters become U+FFFD."""
    return squeezed(_UNSTORABLE.sub("\ufffd", value)) if isinstance(value, str) else ""


def voices(markup: str) -> list[tuple[str | None, str]]:
    """Split a cue into (speaker, words) at its `<v Name>` tags; words outside a voice have no speaker."""
    if "<" not in markup:
        return [(None, squeezed(html.unescape(markup)))]
    parts: list[tuple[str | None, str]] = []
    speaker: str | None = None
    position = 0
    for tag in _VOICE.finditer(markup):
        parts.append((speaker, plain(markup[position : tag.start()])))
        speaker = None if tag[1] else plain(tag[2] or "") or None
        position = tag.end()
    parts.append((speaker, plain(markup[position:])))
    return [(who, words) for who, words in parts if words]


def warn_of_oddities(markup: str, line: int, warnings: WarningList) -> None:
    """Name what a reader of the page could not see: unknown tags kept as words, and characters that hide or reorder."""
    if "<" in markup and _UNKNOWN_TAG.search(_TAG.sub("", _VOICE.sub("", markup))):
        warnings.add(line, "unknown_tag", "Something in angle brackets is no tag of this format; it was kept as words.")
    warn_of_hidden(markup, line, warnings)


def warn_of_hidden(words: str, line: int, warnings: WarningList, place: str = "") -> None:
    """Name invisible and direction-changing characters, which stay."""
    if not words.isascii() and _HIDDEN.search(words):
        sentence = "The words hold invisible or direction-changing characters; they were kept."
        warnings.add(line, "hidden_characters", sentence, place)


def labelled(text: str) -> tuple[str, str] | None:
    """Split `Name: words` at the first colon; None where no name stands before it (`10:30 Meeting: …`)."""
    front, colon, words = text[: 2 * LONGEST_LABEL].partition(":")
    label = _label(front) if colon else None
    if label is None:
        return None
    rest = text[len(front) + 1 :]
    if words.startswith("**") and "**" in front:
        rest = rest[2:]
    elif words and not words[0].isspace():
        return None
    return label, " ".join(rest.split())


@lru_cache(maxsize=1000)  # the same few names stand before every turn of a file
def _label(front: str) -> str | None:
    label = squeezed(front.replace("**", ""))
    if len(label) > LONGEST_LABEL or len(label.split()) > LABEL_WORDS or not _LETTER.search(label):
        return None
    return label


def mostly(labelled_count: int, whole_count: int) -> bool:
    """Say whether `Name: ` is the file's way of naming speakers, not a colon in somebody's prose."""
    return 2 * labelled_count > whole_count


def with_labels_split(segments: Sequence[Segment], warnings: WarningList) -> list[Segment]:
    """Take `Name: ` off each segment's words where that is how the file names speakers (Zoom, Otter).

    In a file with voice tags, or where less than most segments begin so, a colon is more likely prose: the words are
    left whole and a warning says so.
    """
    split = [labelled(segment.text) if segment.speaker is None else None for segment in segments]
    if mostly(sum(found is not None for found in split), len(segments)):
        named = (
            Segment(found[1], segment.line, found[0], segment.start_ms, segment.end_ms, segment.source_ref)
            if found
            else segment
            for segment, found in zip(segments, split, strict=True)
        )
        return list(_without_blank(named, warnings))
    for segment, found in zip(segments, split, strict=True):
        if found:
            sentence = "This begins like 'Name: ', but most of the file does not; it was left as words."
            warnings.add(segment.line, "name_left_in_words", sentence)
    return list(segments)


def _without_blank(segments: Iterable[Segment], warnings: WarningList) -> Iterable[Segment]:
    for segment in segments:
        if segment.text:
            yield segment
        else:
            warnings.add(segment.line, "no_words", f"{segment.speaker} has no words here; the line was left out.")
