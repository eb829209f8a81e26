"""The fields of rubric pages: strings into a version's id, attributes with weights, or the body of a draft.

Knows no database."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from interview.errors import Invalid
from interview.rubric.rules import POINTS
from interview.rubric.rules.drafting import Body, Part, Step, Verb
from interview.web.fields import Fields, first, number, save_keys, text

RECOMMENDATIONS = ("strong_no", "no", "yes", "strong_yes", "no_decision")
_STEP = re.compile(r"(criteria|sections)-(\d{1,4})-(up|down|remove|add|put_back)")


@dataclass(frozen=True)
class Saving:
    """A whole draft as it was sent, the edition it was built on, the keys of its saves, and the step asked for."""

    body: Body
    edition: int
    save_keys: tuple[str, ...]
    step: Step | None


def read_saving(fields: Fields) -> Saving:
    """Read what the editor sends; what is no number yet stays as it was typed. Raises Unreadable."""
    found = _STEP.fullmatch(text(fields, "step"))
    return Saving(
        body=_body(fields),
        edition=number(first(fields, "edition")),
        save_keys=save_keys(fields),
        step=Step(Verb(found[3]), Part(found[1]), int(found[2])) if found else None,
    )


def _body(fields: Fields) -> Body:
    return {
        "name": text(fields, "name"),
        "language": text(fields, "language"),
        "headline_question": text(fields, "headline_question"),
        "recommendation": {word: text(fields, f"recommendation-{word}") for word in RECOMMENDATIONS},
        "scale": _points(fields, "scale"),
        "exercise": {
            "brief": text(fields, "exercise-brief"),
            "minutes": _figure(fields, "exercise-minutes"),
            "panel": text(fields, "exercise-panel"),
            "buyer": {
                "name": text(fields, "exercise-buyer-name"),
                "situation": text(fields, "exercise-buyer-situation"),
                "prompts": _lines(fields, "exercise-buyer-prompts"),
            },
            "sections": [_section(fields, at) for at in _parts(fields, "exercise-sections")],
            "questions": _lines(fields, "exercise-questions"),
        },
        "criteria": [_criterion(fields, at) for at in _parts(fields, "criteria")],
    }


def _section(fields: Fields, at: str) -> Body:
    return {
        "key": text(fields, f"{at}-key"),
        "name": text(fields, f"{at}-name"),
        "minutes": _figure(fields, f"{at}-minutes"),
        "script": text(fields, f"{at}-script"),
        "prompts": _lines(fields, f"{at}-prompts"),
    }


def _criterion(fields: Fields, at: str) -> Body:
    weight = _figure(fields, f"{at}-weight")
    return {
        "key": text(fields, f"{at}-key"),
        "name": text(fields, f"{at}-name"),
        "why": text(fields, f"{at}-why"),
        "basis": text(fields, f"{at}-basis"),
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


def _lines(fields: Fields, name: str) -> list[str]:
    return [line.strip() for line in text(fields, name).splitlines() if line.strip()]


def _points(fields: Fields, name: str) -> dict[str, str]:
    return {str(point): text(fields, f"{name}-{point}") for point in POINTS}


def _figure(fields: Fields, name: str) -> int | float | str:
    written = text(fields, name).replace(",", ".")
    if re.fullmatch(r"[0-9]{1,9}", written):
        return int(written)
    return float(written) if re.fullmatch(r"[0-9]{1,9}\.[0-9]{1,9}", written) else written


def read_version_id(form: Mapping[str, str]) -> int:
    """Read which version was chosen. Raises Invalid."""
    written = form.get("version_id", "")
    if not (written.isascii() and written.isdigit() and len(written) < 10):
        raise Invalid("Choose one of the rubrics.")
    return int(written)


def read_weights(form: Mapping[str, str]) -> dict[str, float]:
    """Read the ticked attributes (use-<key>) with their weights (weight-<key>). Raises Invalid."""
    keys = [name.removeprefix("use-") for name in form if name.startswith("use-")]
    return {key: _weight(form.get(f"weight-{key}", "")) for key in keys}


def _weight(written: str) -> float:
    try:
        return float(written.strip().replace(",", "."))
    except ValueError:
        raise Invalid("A weight must be a number such as 1 or 2.5.") from None
