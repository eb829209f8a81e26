"""The scorecard's fields, from the page's form or from its autosave: strings into a Draft. Knows no database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from interview.errors import Unreadable
from interview.scorecard.rules import Citation, Draft, Rating, Recommendation, WouldBuy

NOT_OBSERVED = "not_observed"
Fields = Mapping[str, Sequence[str]]
Word = TypeVar("Word", bound=StrEnum)


@dataclass(frozen=True)
class Saving:
    """A whole draft as it was sent, the edition it was built on, the key of this save and of unanswered ones before."""

    draft: Draft
    edition: int
    save_keys: tuple[str, ...] = ()


def fields_of(body: object) -> Fields:
    """Check the body of an autosave: field names with lists of strings. Raises Unreadable."""
    if not isinstance(body, dict) or not all(
        isinstance(values, list) and all(isinstance(value, str) for value in values) for values in body.values()
    ):
        raise Unreadable("An autosave sends an object of lists of strings.")
    return body


def read_saving(fields: Fields) -> Saving:
    """Read what the page sends. Raises Unreadable for what the page could not have sent."""
    keys = [name.removeprefix("note-") for name in fields if name.startswith("note-")]
    draft = Draft(
        ratings={key: _rating(fields, key) for key in keys},
        would_buy=word_of(WouldBuy, fields, "would_buy"),
        recommendation=word_of(Recommendation, fields, "recommendation"),
        takeaways=text_of(fields, "takeaways"),
    )
    return Saving(draft, number_of(first(fields, "edition")), save_keys(fields))


def save_keys(fields: Fields) -> tuple[str, ...]:
    """Return the key of this save, then those of earlier ones that had no answer."""
    return tuple(key[:64] for key in fields.get("save_key", ()) if key)


def _rating(fields: Fields, key: str) -> Rating:
    answer = first(fields, f"rating-{key}")
    return Rating(
        value=number_of(answer) if answer not in ("", NOT_OBSERVED) else None,
        not_observed=answer == NOT_OBSERVED,
        note=text_of(fields, f"note-{key}"),
        citations=tuple(Citation(segment_id=number_of(value)) for value in _unique(fields.get(f"cite-{key}", ()))),
    )


def first(fields: Fields, name: str) -> str:
    """Return the first value sent under a name; an empty one where there is none."""
    return next(iter(fields.get(name, ())), "")


def text_of(fields: Fields, name: str) -> str:
    """Return a text with plain line ends and without what a database cannot hold (NUL, halves of characters)."""
    text = first(fields, name).replace("\r\n", "\n").replace("\0", "")
    return text.encode("utf-8", "replace").decode("utf-8").strip()


def number_of(text: str) -> int:
    """Return a whole number from 0. Raises Unreadable for what no page sends."""
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Unreadable("The page sent a number that is none. Reload it; what you wrote is kept on this device.")
    return int(text)


def word_of(words: type[Word], fields: Fields, name: str) -> Word | None:
    """Return the answer chosen among the words; None where nothing was chosen. Raises Unreadable."""
    text = first(fields, name)
    if not text:
        return None
    try:
        return words(text)
    except ValueError:
        raise Unreadable(f"The page sent an answer that is not offered for {name.replace('_', ' ')}.") from None


def _unique(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))
