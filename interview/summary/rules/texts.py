"""Text as it is compared: hidden characters out, one form for what looks the same, tokens with their places."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

_ASCII_WORD = re.compile(r"[A-Za-z0-9]+")
_HIDDEN = frozenset({"Cf", "Co", "Cs", "Cn"})


def visible(text: str) -> str:
    """Return a text without characters that nobody sees (zero width, direction, tags, private, control), as NFKC."""
    if text.isascii() and text.isprintable():
        return text
    shown = "".join(" " if _is_space(one) else one for one in text if _is_space(one) or not _is_hidden(one))
    return unicodedata.normalize("NFKC", shown)


def one_line(text: str) -> str:
    """Return a text as one line with single spaces, without hidden characters."""
    return " ".join(visible(text).split())


def hidden_count(text: str) -> int:
    """Return how many characters of a text nobody sees, line breaks and byte order mark apart."""
    if text.isascii() and text.isprintable():
        return 0
    return sum(1 for one in text if _is_hidden(one) and not _is_space(one) and one != "\ufeff")


def _is_space(one: str) -> bool:
    return one.isspace() or one in "\u2028\u2029"


def _is_hidden(one: str) -> bool:
    kind = unicodedata.category(one)
    return kind in _HIDDEN or kind == "Cc" or 0xFE00 <= ord(one) <= 0xFE0F or 0xE0100 <= ord(one) <= 0xE01EF


def folded(text: str) -> str:
    """Return a text for word lists: NFKC, no case, no accents, typographic apostrophes plain."""
    apart = unicodedata.normalize("NFKD", visible(text).casefold())
    bare = "".join(one for one in apart if unicodedata.category(one) != "Mn")
    return unicodedata.normalize("NFC", bare).replace("’", "'").replace("‘", "'").replace("ß", "ss")


@dataclass(frozen=True, slots=True)
class Token:
    """A word as it is compared, and where in the original text it stands."""

    word: str
    start: int
    end: int


def tokens(text: str) -> list[Token]:
    """Split a text into words: NFKC, no case, everything that is no letter or digit separates.

    Characters of scripts without spaces are words of their own."""
    if text.isascii() and text.isprintable():
        return [Token(one.group().lower(), one.start(), one.end()) for one in _ASCII_WORD.finditer(text)]
    found: list[Token] = []
    word, start, end = "", 0, 0
    for cluster, at in _clusters(text):
        shown = "".join(one for one in cluster if _is_space(one) or not _is_hidden(one))
        for one in unicodedata.normalize("NFKC", shown).casefold():
            if not one.isalnum() and not (word and unicodedata.category(one) in ("Mn", "Mc")):
                if word:
                    found.append(Token(word, start, end))
                word = ""
            elif _stands_alone(one):
                if word:
                    found.append(Token(word, start, end))
                    word = ""
                found.append(Token(one, at, at + len(cluster)))
            else:
                if not word:
                    start = at
                word, end = word + one, at + len(cluster)
    if word:
        found.append(Token(word, start, end))
    return found


def _clusters(text: str) -> Iterator[tuple[str, int]]:
    """Yield each character with the marks that follow it, so that both ways of writing an accent are equal.

    What nobody sees belongs to the character before: it parts no letter from its mark."""
    at = 0
    while at < len(text):
        end = at + 1
        while end < len(text) and (
            unicodedata.category(text[end]) == "Mn" or (_is_hidden(text[end]) and not _is_space(text[end]))
        ):
            end += 1
        yield text[at:end], at
        at = end


def _stands_alone(one: str) -> bool:
    code = ord(one)
    return 0x3040 <= code <= 0x30FF or 0x3400 <= code <= 0x9FFF or 0xF900 <= code <= 0xFAFF or 0x0E00 <= code <= 0x0E7F
