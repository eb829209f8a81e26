"""What a fact of the product fact sheet is, and what is wrong with one. Pure; knows no web, database or clock."""

from __future__ import annotations

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
