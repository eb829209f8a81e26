"""The live interview's fields: strings into a Sheet, a Prompt, a Verb or a deviation. Knows no database."""

from __future__ import annotations

from dataclasses import dataclass

from interview.errors import Unreadable
from interview.kit.rules import DeviationKind, Note, Prompt, RoadmapAnswer, Sheet, Tick, Verb
from interview.web.fields import Fields, first, number, save_keys, text, word


@dataclass(frozen=True)
class SheetSaving:
    """A whole sheet as it was sent, the edition it was built on, the key of this save and of unanswered ones before."""

    sheet: Sheet
    edition: int
    save_keys: tuple[str, ...]


def read_saving(fields: Fields) -> SheetSaving:
    """Read what the page sends; a note without words is none. Raises Unreadable for what it could not have sent."""
    keys = [name.removeprefix("note-") for name in fields if name.startswith("note-")]
    facts = [name for name in fields if name.startswith("fact-")]
    ticks = {number(name.removeprefix("fact-")): word(Tick, fields, name) for name in facts}
    sheet = Sheet(
        notes=tuple(note for key in keys if (note := _note(fields, key)).text),
        ticks={fact_id: tick for fact_id, tick in ticks.items() if tick is not None},
        roadmap=word(RoadmapAnswer, fields, "roadmap"),
    )
    return SheetSaving(sheet, number(first(fields, "edition")), save_keys(fields))


def read_move(fields: Fields) -> tuple[Verb, int]:
    """Read what is done to the timer, and how many moves the page had seen. Raises Unreadable."""
    verb = word(Verb, fields, "verb")
    if verb is None:
        raise Unreadable("The page sent nothing to do. Reload it and press again.")
    return verb, number(first(fields, "seen"))


def read_prompt(fields: Fields) -> Prompt:
    """Read which prompt was said."""
    return Prompt(first(fields, "section"), first(fields, "words"))


def read_deviation(fields: Fields) -> tuple[DeviationKind, str]:
    """Read what differed from the script. Raises Unreadable."""
    return word(DeviationKind, fields, "kind") or DeviationKind.OTHER, text(fields, "words")


def _note(fields: Fields, key: str) -> Note:
    if not (key.isascii() and key.isalnum() and len(key) <= 40):
        raise Unreadable(
            "The page sent a note without a proper name. Reload it; what you wrote is kept on this device."
        )
    moment = first(fields, f"moment-{key}")
    return Note(key, number(moment) if moment else None, text(fields, f"note-{key}"))
