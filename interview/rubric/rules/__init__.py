"""Read a rubric: bytes of YAML in, frozen dataclasses out, or every problem with its line and a sentence.

Knows the file format and nothing else: no database, no web, no clock."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

MAX_BYTES = 256 * 1024
MAX_DEPTH = 20
POINTS = (1, 2, 3, 4, 5)
MANY_ATTRIBUTES = 7
"""Above this many attributes one interviewer no longer tells them apart: the page warns."""

_SCHEMA_PATH = Path(__file__).parents[3] / "rubrics" / "schema.json"
_INT = re.compile(r"[-+]?[0-9]{1,15}")
_FLOAT = re.compile(r"[-+]?[0-9]{1,15}\.[0-9]{1,15}")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")

Keys = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a rubric file: where (line from 1, path of keys) and a sentence that says what to do."""

    line: int
    path: str
    sentence: str
    keys: Keys = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Section:
    """A timed part of the exercise with what the panel does in it and the buyer's scripted prompts."""

    key: str
    name: str
    minutes: int
    script: str
    prompts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Buyer:
    """The person the panel plays: who, in what situation, with which scripted prompts."""

    name: str
    situation: str
    prompts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Exercise:
    """What is done in the interview: the candidate's brief, minutes, panel, buyer, questions and timed sections."""

    brief: str
    minutes: int
    panel: str
    buyer: Buyer
    sections: tuple[Section, ...]
    questions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Criterion:
    """One attribute: why it is rated, on what basis, its weight, and a behavioural anchor for each point 1-5."""

    key: str
    name: str
    why: str
    basis: str
    weight: float
    anchors: tuple[str, ...]
    focus: bool = False
    critical: bool = False
    checks: tuple[str, ...] = ()

    def anchor(self, value: int) -> str:
        """Return the behaviour that earns this point (1-5)."""
        return self.anchors[value - 1]


@dataclass(frozen=True, slots=True)
class Rubric:
    """A whole rubric as it is published: exercise, scale words, criteria, recommendation labels, headline question."""

    key: str
    name: str
    version: int
    language: str
    headline_question: str
    recommendation: Mapping[str, str]
    scale: tuple[str, ...]
    exercise: Exercise
    criteria: tuple[Criterion, ...]

    def criterion(self, key: str) -> Criterion | None:
        """Return the criterion of this key, or None."""
        return next((criterion for criterion in self.criteria if criterion.key == key), None)

    def word(self, value: int) -> str:
        """Return the scale word of a point (1-5)."""
        return self.scale[value - 1]


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of reading a file: a rubric, or the problems that keep it from being one."""

    rubric: Rubric | None
    problems: tuple[Problem, ...] = ()


def read_rubric(data: bytes) -> Reading:
    """Read a rubric from the bytes of a YAML file and check it against rubrics/schema.json and the rules beyond it."""
    tree = _compose(data)
    if isinstance(tree, Problem):
        return Reading(None, (tree,))
    reader = _Reader()
    body = reader.value(tree, ())
    problems = [*reader.problems, *_schema_problems(body, reader)]
    if not problems:
        problems = list(_house_problems(body, reader))
    if problems:
        return Reading(None, tuple(sorted(set(problems), key=lambda problem: (problem.line, problem.path))))
    return Reading(from_body(body))


def to_body(rubric: Rubric) -> dict[str, Any]:
    """Return the rubric as plain JSON values in the shape of the YAML file; from_body() is its inverse."""
    body: dict[str, Any] = json.loads(json.dumps(asdict(rubric)))
    body["scale"] = _by_point(rubric.scale)
    for item, criterion in zip(body["criteria"], rubric.criteria, strict=True):
        item["anchors"] = _by_point(criterion.anchors)
    return body


def from_body(body: Mapping[str, Any]) -> Rubric:
    """Build the rubric from a checked body; raises KeyError or TypeError on one that was never checked."""
    exercise = body["exercise"]
    return Rubric(
        **{key: body[key] for key in ("key", "name", "version", "language", "headline_question")},
        recommendation=dict(body["recommendation"]),
        scale=_points(body["scale"]),
        exercise=Exercise(
            brief=exercise["brief"],
            minutes=exercise["minutes"],
            panel=exercise["panel"],
            buyer=Buyer(**_tupled(exercise["buyer"])),
            sections=tuple(Section(**_tupled(section)) for section in exercise["sections"]),
            questions=tuple(exercise.get("questions", ())),
        ),
        criteria=tuple(_criterion(item) for item in body["criteria"]),
    )


def body_hash(body: Mapping[str, Any]) -> str:
    """Return the SHA-256 (hex) of the canonical JSON of a body: keys sorted, no spaces, UTF-8."""
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def weight_problem(rubric: Rubric, weights: Mapping[str, float]) -> str | None:
    """Say what is wrong with a job's chosen attributes and weights, or None. Weights are relative and above 0."""
    unknown = [key for key in weights if rubric.criterion(key) is None]
    if unknown:
        known = _quoted(criterion.key for criterion in rubric.criteria)
        return f"{rubric.name} has no attribute {_quoted(unknown)}. Choose from: {known}."
    if not weights:
        return "Choose at least one attribute for the scorecards."
    wrong = [key for key, weight in weights.items() if not 0 < weight <= 100]
    if wrong:
        return f"The weight of {_quoted(wrong)} must be above 0 and at most 100."
    return None


def _criterion(item: Mapping[str, Any]) -> Criterion:
    fields = _tupled(item)
    fields["anchors"] = _points(item["anchors"])
    fields["weight"] = float(item["weight"])
    return Criterion(**fields)


def _tupled(item: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in item.items()}


def _points(words: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(words[str(point)] for point in POINTS)


def _by_point(words: tuple[str, ...]) -> dict[str, str]:
    return {str(point): word for point, word in zip(POINTS, words, strict=True)}


def _quoted(words: Iterable[str]) -> str:
    return ", ".join(f'"{word}"' for word in words)


# --- YAML: text to a tree of nodes that know their line -------------------------------------------------------------

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml reads ten times faster; it is in the wheels we pin


def _compose(data: bytes) -> yaml.Node | Problem:
    if len(data) > MAX_BYTES:
        return Problem(1, "", f"The file is larger than {MAX_BYTES // 1024} KiB. A rubric is a page or two of text.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        return Problem(line, "", "The file is not UTF-8 text. Save it as UTF-8 and try again.")
    try:
        refusal = next(_refused_events(text), None)
        if refusal:
            return refusal
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        return _syntax_problem(error)
    return node or Problem(1, "", "The file is empty. Start from a file in rubrics/.")


def _refused_events(text: str) -> Iterator[Problem]:
    """Yield what plain data never needs: aliases (they can grow without end), tags, deep nesting, several documents."""
    depth = documents = 0
    for event in yaml.parse(text, Loader=_LOADER):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent):
            yield Problem(line, "", "Aliases (*name) are not read. Write the text out where it is needed.")
        elif isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                yield Problem(line, "", "A second document (---) begins here. Keep one rubric in one file.")
        elif isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                yield Problem(line, "", f"The nesting is deeper than {MAX_DEPTH} levels. A rubric needs five.")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if getattr(event, "tag", None) is not None:
            yield Problem(line, "", "Tags (!name) are not read. Remove the tag and write plain text.")


def _syntax_problem(error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    what = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be read"
    return Problem(mark.line + 1 if mark else 1, "", f"This is not YAML: {what}. Check the indentation and the quotes.")


class _Reader:
    """Turn nodes into plain values and remember the line of every key and value."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.lines: dict[Keys, int] = {}
        self.names: dict[Keys, str] = {}

    def value(self, node: yaml.Node, path: Keys) -> Any:
        self.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        assert isinstance(node, yaml.ScalarNode)  # the third and last kind of node
        return self._scalar(node, path)

    def _mapping(self, node: yaml.MappingNode, path: Keys) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else "?"
            line = key_node.start_mark.line + 1
            if key in found:
                first = self.lines[(*path, key)]
                self._note((*path, key), f'"{key}" was given before, on line {first}. Keep one of the two.', line)
                continue
            self.lines[(*path, key)] = line
            found[key] = self.value(value_node, (*path, key))
            if key == "key" and isinstance(found[key], str):
                self.names[path] = found[key]
        return found

    def _scalar(self, node: yaml.ScalarNode, path: Keys) -> str | int | float | bool | None:
        text: str = node.value
        if _UNPRINTABLE.search(text):
            self._note(path, "This text holds a character that cannot be shown. Type it again without it.")
            return "?"
        if node.style:  # quoted or a block; of plain words one parser says None, the other ""
            return text
        if text in ("", "~", "null"):
            return None
        if text in ("true", "false"):
            return text == "true"
        if _INT.fullmatch(text):
            return int(text)
        return float(text) if _FLOAT.fullmatch(text) else text

    def _note(self, path: Keys, sentence: str, line: int | None = None) -> None:
        self.problems.append(self.problem(path, sentence, line))

    def problem(self, path: Keys, sentence: str, line: int | None = None) -> Problem:
        return Problem(line or self.line(path), self.shown(path), sentence, path)

    def line(self, path: Keys) -> int:
        while path not in self.lines:
            path = path[:-1]
        return self.lines[path]

    def shown(self, path: Keys) -> str:
        """Return the path for people: criteria.honesty.anchors.4, with the item's own key where it has one."""
        parts = (
            self.names.get(path[: index + 1], f"[{part + 1}]") if isinstance(part, int) else part
            for index, part in enumerate(path)
        )
        return ".".join(parts).replace(".[", "[")


# --- checks ---------------------------------------------------------------------------------------------------------


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads(_SCHEMA_PATH.read_text(encoding="utf-8")))


def _schema_problems(body: Any, reader: _Reader) -> Iterator[Problem]:
    for error in _validator().iter_errors(body):
        path: Keys = tuple(error.absolute_path)
        if error.validator == "additionalProperties":
            yield from (_unknown_key(error, path, key, reader) for key in error.instance if key not in _known(error))
        elif error.validator == "required":
            missing = [key for key in error.validator_value if key not in error.instance]
            yield from (reader.problem(path, _missing_sentence(path, key)) for key in missing)
        else:
            yield reader.problem(path, _sentence(error))


def _known(error: ValidationError) -> list[str]:
    return list(error.schema["properties"])  # type: ignore[index]


def _unknown_key(error: ValidationError, path: Keys, key: str, reader: _Reader) -> Problem:
    near = get_close_matches(key, _known(error), n=1, cutoff=0.5)
    hint = f'Did you mean "{near[0]}"?' if near else f"Known here: {', '.join(_known(error))}."
    return reader.problem((*path, key), f'"{key}" is not known here. {hint}')


def _missing_sentence(path: Keys, key: str) -> str:
    if path and path[-1] == "anchors":
        return f"The anchor of point {key} is missing. Say what a {key} looks and sounds like."
    if path and path[-1] == "scale":
        return f"The word of point {key} is missing from the scale."
    return f'"{key}" is missing. Add it.'


_TYPES = {
    "object": "a block of keys",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}


def _sentence(error: ValidationError) -> str:
    name = f'"{error.absolute_path[-1]}"' if error.absolute_path else "The file"
    limit: Any = error.validator_value
    match error.validator:
        case "type":
            return f"{name} {'is empty; it ' if error.instance is None else ''}must be {_TYPES[limit]}."
        case "pattern" if limit == r"\S":
            return f"{name} is blank. Write it out."
        case "pattern" if name == '"language"':
            return '"language" must be a language code such as en or de-AT.'
        case "pattern":
            return f"{name} must begin with a letter and hold only a-z, 0-9 and _ (at most 40)."
        case "minLength":
            return f"{name} is blank. Write it out."
        case "maxLength":
            return f"{name} is longer than {limit} characters. Shorten it."
        case "minItems":
            return f"{name} needs at least {limit}."
        case "maxItems":
            return f"{name} holds more than {limit}. Take some out."
        case "exclusiveMinimum":
            return f"{name} must be above {limit}."
        case "minimum":
            return f"{name} must be at least {limit}."
        case "maximum":
            return f"{name} must be at most {limit}."
    return f"{name} does not fit: {error.message}"


def _house_problems(body: Mapping[str, Any], reader: _Reader) -> Iterator[Problem]:
    """Yield what a JSON Schema cannot say: keys used twice, and sections longer than the exercise."""
    yield from _repeated(body["criteria"], ("criteria",), reader)
    exercise = body["exercise"]
    yield from _repeated(exercise["sections"], ("exercise", "sections"), reader)
    total = sum(section["minutes"] for section in exercise["sections"])
    if total > exercise["minutes"]:
        sentence = f"The sections take {total} minutes, the exercise has {exercise['minutes']}. Make them agree."
        yield reader.problem(("exercise", "minutes"), sentence)


def _repeated(items: list[Mapping[str, Any]], path: Keys, reader: _Reader) -> Iterator[Problem]:
    seen: Counter[str] = Counter()
    for index, item in enumerate(items):
        seen[item["key"]] += 1
        if seen[item["key"]] == 2:
            yield reader.problem((*path, index, "key"), f'The key "{item["key"]}" is used twice. Give each its own.')
