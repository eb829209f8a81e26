"""What a fact of the product fact sheet is, what is wrong with one, where it may have been said. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

LONGEST_FACT: Final = 500
FACTS_MAX: Final = 60
GOOD_SIZE: Final = (10, 25)  # PRODUCT: a sheet of 10 to 25 facts


class FactKind(StrEnum):
    """How much it matters that a candidate knows it."""

    MUST_KNOW = "must_know"
    NICE = "nice"
    MYTH = "myth"


KINDS: Final = tuple(FactKind)
FACT_WORDS: Final = {
    FactKind.MUST_KNOW: "Must know",
    FactKind.NICE: "Nice to know",
    FactKind.MYTH: "Common myth",
}


@dataclass(frozen=True, slots=True)
class FactText:
    """A fact as the hiring manager writes it, and where in which material it is said."""

    kind: FactKind
    words: str
    material_id: int | None = None
    moment_ms: int | None = None


def fact_faults(fact: FactText) -> dict[str, str]:
    """Give what is wrong with a fact, a sentence for each field; an empty dict when it can be kept."""
    faults = {}
    if not 0 < len(fact.words) <= LONGEST_FACT:
        faults["words"] = f"Write the fact in 1 to {LONGEST_FACT} characters."
    if fact.moment_ms is not None and fact.material_id is None:
        faults["material_id"] = "Choose the material that the moment is in, or leave the moment empty."
    return faults


def size_words(count: int) -> str:
    """Say what to do about a sheet of this size, or nothing when it is good."""
    fewest, most = GOOD_SIZE
    if count < fewest:
        return f"{fewest} to {most} facts make a good sheet; there {'is' if count == 1 else 'are'} {count}."
    if count > most:
        return f"{fewest} to {most} facts make a good sheet; nobody can listen for {count}."
    return ""


# -- where a fact may have been said: plain text search, for a person to look at and tick ------------------------------

WORDS_FOUND_SHARE: Final = 0.6
STEM: Final = 5
_LITTLE: Final = """
about after also and are because been before both but can does each every for from has have into its just like made
make more most much not now only other our out over per than that the their them then there these they this those too
use used very was were what when where which while who will with without you your
"""
_LITTLE_WORDS: Final = frozenset(_LITTLE.split())


@dataclass(frozen=True, slots=True)
class SaidWords:
    """A stretch of speech that is searched."""

    segment_id: int
    text: str
    speaker: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Where most of a fact's words stand together, and how many of how many; not whether it was right."""

    segment_id: int
    found_count: int
    words_count: int


def propose(fact: str, said: Sequence[SaidWords]) -> Proposal | None:
    """Return the stretch of speech (with the next of the same speaker) that holds most of a fact's words.

    None where no stretch holds three fifths of them and every number. Words count by their first letters."""
    wanted = _stems(fact)
    if len(wanted) < 2:
        return None
    figures = {word for word in wanted if any(one.isdigit() for one in word)}
    best: Proposal | None = None
    for index, one in enumerate(said):
        following = said[index + 1] if index + 1 < len(said) and said[index + 1].speaker == one.speaker else None
        own, heard = _stems(one.text), _stems(f"{one.text} {following.text}" if following else one.text)
        found = wanted & heard
        if not wanted & own or not figures <= found or len(found) < max(2, WORDS_FOUND_SHARE * len(wanted)):
            continue
        if best is None or len(found) > best.found_count:
            best = Proposal(one.segment_id, len(found), len(wanted))
    return best


def _stems(text: str) -> frozenset[str]:
    words = re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", text).casefold())
    return frozenset(
        word if any(one.isdigit() for one in word) else (word.rstrip("s") or word)[:STEM]
        for word in words
        if (len(word) > 2 and word not in _LITTLE_WORDS) or any(one.isdigit() for one in word)
    )
