"""A rubric while it is written: a body that may still have blanks, what can be done to it, and its YAML.

Knows the shape of a body and nothing else: no database, no web, no clock."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

import yaml

from interview.rubric.rules import POINTS, Keys, Problem, Reading, Rubric, from_body, read_rubric

Body = dict[str, Any]


class Part(StrEnum):
    """What a draft holds several of."""

    ATTRIBUTE = "criteria"
    SECTION = "sections"


class Verb(StrEnum):
    """What can be done to the parts of a draft."""

    ADD = "add"
    UP = "up"
    DOWN = "down"
    REMOVE = "remove"
    PUT_BACK = "put_back"


@dataclass(frozen=True, slots=True)
class Step:
    """One change to the parts of a draft; `index` counts from 0 and says nothing for ADD."""

    verb: Verb
    part: Part
    index: int = 0


@dataclass(frozen=True, slots=True)
class Stepped:
    """The body after a step, what it took out (to be put back), and where the part stands now."""

    body: Body
    removed: Body | None
    index: int


def parts(body: Mapping[str, Any], part: Part) -> list[Body]:
    """Return the attributes or the sections of a body."""
    found: list[Body] = body["criteria"] if part is Part.ATTRIBUTE else body["exercise"]["sections"]
    return found


def take(body: Body, removed: Body | None, step: Step) -> Stepped:
    """Take one step; a step that leads nowhere (the first one up, a part that is gone) changes nothing."""
    body = deepcopy(body)
    items, index = parts(body, step.part), step.index
    here = index < len(items)
    match step.verb:
        case Verb.ADD:
            index = len(items)
            items.append(blank(step.part))
        case Verb.UP | Verb.DOWN:
            target = index + (-1 if step.verb is Verb.UP else 1)
            if here and 0 <= target < len(items):
                items.insert(target, items.pop(index))
                index = target
        case Verb.REMOVE if here:
            removed = {"part": step.part.value, "index": index, "item": items.pop(index)}
            index = max(0, min(index, len(items) - 1))
        case Verb.PUT_BACK if removed is not None and removed["part"] == step.part:
            index = min(removed["index"], len(items))
            items.insert(index, removed["item"])
            removed = None
    return Stepped(body, removed, index)


def blank(part: Part) -> Body:
    """Return a new attribute or section, still to be written."""
    if part is Part.SECTION:
        return {"key": "", "name": "", "minutes": 5, "script": "", "prompts": []}
    lines = {"key": "", "name": "", "why": "", "basis": "", "weight": 1.0, "focus": False, "critical": False}
    return {**lines, "checks": [], "anchors": {str(point): "" for point in POINTS}}


def finished(body: Body) -> Body:
    """Return the body with a key, made from its name, for every part that has none yet."""
    body = deepcopy(body)
    for part in Part:
        taken = {item["key"] for item in parts(body, part)}
        for item in parts(body, part):
            if not item["key"]:
                item["key"] = _key(item["name"], taken)
                taken.add(item["key"])
    return body


def check(body: Body) -> Reading:
    """Read a draft as the file it would be: a rubric, or what has to be settled before it can be published."""
    return read_rubric(to_yaml(finished(body)).encode("utf-8", "replace"))


def shown(body: Body) -> Rubric:
    """Return a draft as a rubric to look at, blanks and all; a weight that is no number yet counts as 0."""
    body = finished(body)
    for item in body["criteria"]:
        item["weight"] = item["weight"] if isinstance(item["weight"], int | float) else 0.0
    return from_body(body)


def same_content(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Say whether two bodies differ in nothing but their version number."""
    return {**one, "version": 0} == {**other, "version": 0}


_LINES = ("checks", "prompts", "questions")
_PLACES = {
    "name": "name",
    "why": "why it is rated",
    "basis": "basis",
    "weight": "weight",
    "checks": "look for",
    "script": "script",
    "minutes": "minutes",
    "prompts": "prompts",
    "questions": "questions",
    "brief": "brief",
    "panel": "panel",
    "situation": "situation of the buyer",
    "headline_question": "headline question",
    "language": "language",
}


def place(problem: Problem) -> str:
    """Say in words where a problem of a draft stands: Attribute 3, anchor 4."""
    words = []
    for before, key in zip(("", *problem.keys), problem.keys, strict=False):
        if isinstance(key, int):
            words.append({"criteria": f"attribute {key + 1}", "sections": f"section {key + 1}"}.get(str(before), ""))
        elif before in ("anchors", "scale"):
            words.append(f"{'anchor' if before == 'anchors' else 'scale word'} {key}")
        elif before == "recommendation":
            words.append(f"recommendation {key.replace('_', ' ')}")
        else:
            words.append(_PLACES.get(key, ""))
    told = ", ".join(word for word in words if word) or "rubric"
    return told[0].upper() + told[1:]


def field_name(problem: Problem) -> str:
    """Return the name of the editor's field in which a problem stands; a list of lines is one field."""
    keys: Keys = problem.keys
    if len(keys) > 1 and keys[-2] in _LINES:
        keys = keys[:-1]
    return "-".join(str(key) for key in keys)


def _key(name: str, taken: set[str]) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:36]
    if not stem[:1].isalpha():
        stem = f"part_{stem}".rstrip("_")[:36]
    return next(key for key in (stem, *(f"{stem}_{number}" for number in range(2, 1000))) if key not in taken)


# --- YAML ------------------------------------------------------------------------------------------------------------


def to_yaml(body: Mapping[str, Any]) -> str:
    """Write a body as the YAML that read_rubric() reads back into the same body."""
    told = {**body, "scale": _by_number(body["scale"])}
    told["criteria"] = [{**item, "anchors": _by_number(item["anchors"])} for item in body["criteria"]]
    return yaml.dump(told, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)


def _by_number(words: Mapping[str, str]) -> dict[int, str]:
    return {int(point): word for point, word in words.items()}


class _Dumper(yaml.SafeDumper):
    """Write plain data only: no aliases, no exponents, lists set in under their key."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write everything out where it is needed: aliases are not read."""
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Set lists in under their key."""
        super().increase_indent(flow, False)


def _number(dumper: yaml.SafeDumper, value: float) -> yaml.ScalarNode:
    text = str(int(value)) if value.is_integer() else format(Decimal(repr(value)), "f")
    kind = "int" if value.is_integer() else "float"
    return dumper.represent_scalar(f"tag:yaml.org,2002:{kind}", text)


_Dumper.add_representer(float, _number)
