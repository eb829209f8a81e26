"""The scorecard's fields, from the page's form or from its autosave: strings into a Draft. Knows no database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from interview.errors import Unreadable
from interview.scorecard.rules import Citation, Draft, Rating, Recommendation, WouldBuy
from interview.web.fields import Fields, first, number, save_keys, text

NOT_OBSERVED = "not_observed"
Word = TypeVar("Word", bound=StrEnum)


@dataclass(frozen=True)
class Saving:
    """A whole draft as it was sent, the edition it was built on, the key of this save and of unanswered ones before."""

    draft: Draft
    edition: int
    save_keys: tuple[str, ...] = ()


def read_saving(fields: Fields) -> Saving:
    """Read what the page sends. Raises Unreadable for what the page could not have sent."""
    keys = [name.removeprefix("note-") for name in fields if name.startswith("note-")]
    draft = Draft(
        ratings={key: _rating(fields, key) for key in keys},
        would_buy=_word(WouldBuy, fields, "would_buy"),
        recommendation=_word(Recommendation, fields, "recommendation"),
        takeaways=text(fields, "takeaways"),
    )
    return Saving(draft, number(first(fields, "edition")), save_keys(fields))


def _rating(fields: Fields, key: str) -> Rating:
    answer = first(fields, f"rating-{key}")
    return Rating(
        value=number(answer) if answer not in ("", NOT_OBSERVED) else None,
        not_observed=answer == NOT_OBSERVED,
        note=text(fields, f"note-{key}"),
        citations=tuple(Citation(segment_id=number(value)) for value in _unique(fields.get(f"cite-{key}", ()))),
    )


def _word(words: type[Word], fields: Fields, name: str) -> Word | None:
    written = first(fields, name)
    if not written:
        return None
    try:
        return words(written)
    except ValueError:
        raise Unreadable(f"The page sent an answer that is not offered for {name.replace('_', ' ')}.") from None


def _unique(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))
