"""The fields of a job's rubric page: strings into a version's id, or attributes with weights. Knows no database."""

from __future__ import annotations

from collections.abc import Mapping

from interview.errors import Invalid


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
