"""What a page sends while one writes: fields with lists of strings, as a form or as the JSON of an autosave.

Knows no room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TypeVar

from flask import request

from interview.errors import Unreadable

Fields = Mapping[str, Sequence[str]]
Word = TypeVar("Word", bound=StrEnum)


def sent_fields() -> Fields:
    """Return the fields of this request, a form or an autosave. Raises Unreadable."""
    if not request.is_json:
        return request.form.to_dict(flat=False)
    body = request.get_json(silent=True)
    if not isinstance(body, dict) or not all(
        isinstance(values, list) and all(isinstance(value, str) for value in values) for values in body.values()
    ):
        raise Unreadable("An autosave sends a JSON object of lists of strings.")
    return body


def first(fields: Fields, name: str) -> str:
    """Return the first string of a field, "" where there is none."""
    return next(iter(fields.get(name, ())), "")


def text(fields: Fields, name: str) -> str:
    """Return a text with plain line ends and without what a database cannot hold (NUL, halves of characters)."""
    found = first(fields, name).replace("\r\n", "\n").replace("\0", "")
    return found.encode("utf-8", "replace").decode("utf-8").strip()


def number(written: str) -> int:
    """Return a whole number that the page itself wrote. Raises Unreadable."""
    if not (written.isascii() and written.isdigit() and len(written) < 10):
        raise Unreadable("The page sent a number that is none. Reload it; what you wrote is kept on this device.")
    return int(written)


def word(words: type[Word], fields: Fields, name: str) -> Word | None:
    """Return the answer chosen among the words; None where nothing was chosen. Raises Unreadable."""
    written = first(fields, name)
    if not written:
        return None
    try:
        return words(written)
    except ValueError:
        raise Unreadable(f"The page sent an answer that is not offered for {name.replace('_', ' ')}.") from None


def save_keys(fields: Fields) -> tuple[str, ...]:
    """Return the key of this save, then those of earlier ones whose answer never came."""
    return tuple(key[:64] for key in fields.get("save_key", ()) if key)
