"""What differs between two rubrics, part by part and word by word, and since which version each attribute reads so.

Knows the shape of a body and nothing else: no database, no web, no clock."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Any

Body = Mapping[str, Any]
Fields = Mapping[str, str]  # label -> text, in the order they are read


class Kind(StrEnum):
    """What became of a part or of a run of words."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Run:
    """Words that stayed, came or went."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of a part with its words, those that stayed included."""

    label: str
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class PartChange:
    """One part (the rubric itself, the exercise, a section, an attribute) and the fields of it that differ."""

    title: str
    kind: Kind
    fields: tuple[FieldChange, ...]


def changes(old: Body, new: Body) -> tuple[PartChange, ...]:
    """Return the parts that differ: the rubric, the exercise, its sections, then the attributes in the new order."""
    return (
        *_part("The rubric", _rubric(old), _rubric(new)),
        *_part("The exercise", _exercise(old["exercise"]), _exercise(new["exercise"])),
        *_listed("Section", old["exercise"]["sections"], new["exercise"]["sections"], _section),
        *_listed("Attribute", old["criteria"], new["criteria"], _criterion),
    )


def words(old: str, new: str) -> tuple[Run, ...]:
    """Return a text's words as they stayed, came and went."""
    before, after = _tokens(old), _tokens(new)
    runs: list[Run] = []
    gone = come = ""
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        kept = "".join(before[a:b])
        if tag == "equal" and (kept.strip() or not gone + come):
            runs += [Run(Kind.REMOVED, gone), Run(Kind.ADDED, come), Run(Kind.SAME, kept)]
            gone = come = ""
        else:  # a space between two changed words is no rest: the words are read together
            gone, come = gone + kept, come + "".join(after[c:d])
    runs += [Run(Kind.REMOVED, gone), Run(Kind.ADDED, come)]
    return tuple(run for run in runs if run.text)


def since(bodies: Sequence[Body]) -> dict[str, int]:
    """Return for each attribute of the last body the index of the first since which it reads as it does there."""
    listed = [{item["key"]: item for item in body["criteria"]} for body in bodies]
    found = {}
    for key, item in listed[-1].items():
        index = len(listed) - 1
        while index and listed[index - 1].get(key) == item:
            index -= 1
        found[key] = index
    return found


def _tokens(text: str) -> list[str]:
    return re.findall(r"\s+|\w+|[^\w\s]", text)


def _part(title: str, old: Fields, new: Fields) -> Iterator[PartChange]:
    labels = dict.fromkeys((*old, *new))
    pairs = [(label, old.get(label, ""), new.get(label, "")) for label in labels]
    differing = tuple(FieldChange(label, words(was, now)) for label, was, now in pairs if was != now)
    if differing:
        kind = Kind.CHANGED if old and new else Kind.ADDED if new else Kind.REMOVED
        yield PartChange(title, kind, differing)


def _listed(
    noun: str, old: Sequence[Body], new: Sequence[Body], fields: Callable[[Body], dict[str, str]]
) -> Iterator[PartChange]:
    was, now = ({item["key"]: item for item in items} for items in (old, new))
    moved = _moved([key for key in was if key in now], [key for key in now if key in was])
    for key in (*now, *(key for key in was if key not in now)):
        before = fields(was[key]) if key in was else {}
        after = fields(now[key]) if key in now else {}
        if key in moved:
            before["Place in the order"] = str([*was].index(key) + 1)
            after["Place in the order"] = str([*now].index(key) + 1)
        yield from _part(f"{noun}: {(now.get(key) or was[key])['name']}", before, after)


def _moved(was: list[str], now: list[str]) -> set[str]:
    """Return the keys whose moving makes one order into the other: what is in no block that stayed."""
    blocks = SequenceMatcher(None, was, now, autojunk=False).get_matching_blocks()
    stayed = {key for block in blocks for key in now[block.b : block.b + block.size]}
    return set(now) - stayed


def _rubric(body: Body) -> dict[str, str]:
    return {
        "Name": body["name"],
        "Language": body["language"],
        "Headline question": body["headline_question"],
        **{f"Scale word {point}": word for point, word in body["scale"].items()},
        **{f"Recommendation {key.replace('_', ' ')}": word for key, word in body["recommendation"].items()},
    }


def _exercise(exercise: Body) -> dict[str, str]:
    return {
        "The candidate's brief": exercise["brief"],
        "Minutes": str(exercise["minutes"]),
        "Panel": exercise["panel"],
        "The buyer": exercise["buyer"]["name"],
        "Situation of the buyer": exercise["buyer"]["situation"],
        "Prompts of the buyer": "\n".join(exercise["buyer"]["prompts"]),
        "Questions": "\n".join(exercise["questions"]),
    }


def _section(section: Body) -> dict[str, str]:
    return {
        "Name": section["name"],
        "Minutes": str(section["minutes"]),
        "Script": section["script"],
        "Prompts": "\n".join(section["prompts"]),
    }


def _criterion(criterion: Body) -> dict[str, str]:
    weight = criterion["weight"]
    return {
        "Name": criterion["name"],
        "Why it is rated": criterion["why"],
        "Basis": criterion["basis"],
        "Weight": f"{weight:g}" if isinstance(weight, float) else str(weight),
        "Focus": "yes" if criterion["focus"] else "no",
        "Critical": "yes" if criterion["critical"] else "no",
        **{f"Anchor {point}": anchor for point, anchor in criterion["anchors"].items()},
        "Look for": "\n".join(criterion["checks"]),
    }
