"""The fields of rubric pages: strings into a version's id, attributes with weights, or the body of a draft.

Knows no database."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from interview.errors import Invalid, Unreadable
from interview.rubric.rules import POINTS
from interview.rubric.rules.drafting import Body, Part, Step, Verb

Fields = Mapping[str, Sequence[str]]
RECOMMENDATIONS = ("strong_no", "no", "yes", "strong_yes", "no_decision")
_STEP = re.compile(r"(criteria|sections)-(\d{1,4})-(up|down|remove|add|put_back)")


@dataclass(frozen=True)
class Saving:
    """A whole draft as it was sent, the edition it was built on, the keys of its saves, and the step asked for."""

    body: Body
    edition: int
    save_keys: tuple[str, ...]
    step: Step | None


def fields_of(body: object) -> Fields:
    """Check the body of an autosave: field names with lists of strings. Raises Unreadable."""
    if not isinstance(body, dict) or not all(
        isinstance(values, list) and all(isinstance(value, str) for value in values) for values in body.values()
    ):
        raise Unreadable("An autosave sends an object of lists of strings.")
    return body


def read_saving(fields: Fields) -> Saving:
    """Read what the editor sends; what is no number yet stays as it was typed. Raises Unreadable."""
    edition = _text(fields, "edition")
    if not (edition.isascii() and edition.isdigit() and len(edition) < 10):
        raise Unreadable("The page sent a number that is none. Reload it; what you wrote is kept on this device.")
    found = _STEP.fullmatch(_text(fields, "step"))
    return Saving(
        body=_body(fields),
        edition=int(edition),
        save_keys=tuple(key[:64] for key in fields.get("save_key", ()) if key),
        step=Step(Verb(found[3]), Part(found[1]), int(found[2])) if found else None,
    )


def _body(fields: Fields) -> Body:
    return {
        "name": _text(fields, "name"),
        "language": _text(fields, "language"),
        "headline_question": _text(fields, "headline_question"),
        "recommendation": {word: _text(fields, f"recommendation-{word}") for word in RECOMMENDATIONS},
        "scale": _points(fields, "scale"),
        "exercise": {
            "brief": _text(fields, "exercise-brief"),
            "minutes": _number(fields, "exercise-minutes"),
            "panel": _text(fields, "exercise-panel"),
            "buyer": {
                "name": _text(fields, "exercise-buyer-name"),
                "situation": _text(fields, "exercise-buyer-situation"),
                "prompts": _lines(fields, "exercise-buyer-prompts"),
            },
            "sections": [_section(fields, at) for at in _parts(fields, "exercise-sections")],
            "questions": _lines(fields, "exercise-questions"),
        },
        "criteria": [_criterion(fields, at) for at in _parts(fields, "criteria")],
    }


def _section(fields: Fields, at: str) -> Body:
    return {
        "key": _text(fields, f"{at}-key"),
        "name": _text(fields, f"{at}-name"),
        "minutes": _number(fields, f"{at}-minutes"),
        "script": _text(fields, f"{at}-script"),
        "prompts": _lines(fields, f"{at}-prompts"),
    }


def _criterion(fields: Fields, at: str) -> Body:
    weight = _number(fields, f"{at}-weight")
    return {
        "key": _text(fields, f"{at}-key"),
        "name": _text(fields, f"{at}-name"),
        "why": _text(fields, f"{at}-why"),
        "basis": _text(fields, f"{at}-basis"),
        "weight": float(weight) if isinstance(weight, int) else weight,
        "focus": f"{at}-focus" in fields,
        "critical": f"{at}-critical" in fields,
        "checks": _lines(fields, f"{at}-checks"),
        "anchors": _points(fields, f"{at}-anchors"),
    }


def _parts(fields: Fields, name: str) -> list[str]:
    """Return the beginnings of the names of a list's fields, in the order of the page: criteria-0, criteria-1."""
    found = (re.fullmatch(rf"{name}-(\d{{1,4}})-name", field) for field in fields)
    return [f"{name}-{index}" for index in sorted(int(one[1]) for one in found if one)]


def _text(fields: Fields, name: str) -> str:
    """Return a text with plain line ends and without what a database cannot hold (NUL, halves of characters)."""
    text = next(iter(fields.get(name, ())), "").replace("\r\n", "\n").replace("\0", "")
    return text.encode("utf-8", "replace").decode("utf-8").strip()


def _lines(fields: Fields, name: str) -> list[str]:
    return [line.strip() for line in _text(fields, name).splitlines() if line.strip()]


def _points(fields: Fields, name: str) -> dict[str, str]:
    return {str(point): _text(fields, f"{name}-{point}") for point in POINTS}


def _number(fields: Fields, name: str) -> int | float | str:
    text = _text(fields, name).replace(",", ".")
    if re.fullmatch(r"[0-9]{1,9}", text):
        return int(text)
    return float(text) if re.fullmatch(r"[0-9]{1,9}\.[0-9]{1,9}", text) else text


def read_version_id(form: Mapping[str, str]) -> int:
    """Read which version was chosen. Raises Invalid."""
    text = form.get("version_id", "")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Invalid("Choose one of the rubrics.")
    return int(text)


def read_weights(form: Mapping[str, str]) -> dict[str, float]:
    """Read the ticked attributes (use-<key>) with their weights (weight-<key>). Raises Invalid."""
    keys = [name.removeprefix("use-") for name in form if name.startswith("use-")]
    return {key: _weight(form.get(f"weight-{key}", "")) for key in keys}


def _weight(text: str) -> float:
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        raise Invalid("A weight must be a number such as 1 or 2.5.") from None
