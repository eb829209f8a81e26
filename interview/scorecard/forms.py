"""The scorecard's fields, from the page's form or from its autosave: strings into a Draft; and the smaller forms.

Knows no database."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from wtforms import RadioField, SelectField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired

from interview.scorecard.rules import (
    EMPLOYERS_MAX_CHARS,
    REASON_MAX_CHARS,
    Citation,
    Draft,
    Rating,
    Recommendation,
    WouldBuy,
)
from interview.web.fields import Fields, first, number, save_keys, text, word
from interview.web.forms import Form

NOT_OBSERVED = "not_observed"


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
        would_buy=word(WouldBuy, fields, "would_buy"),
        recommendation=word(Recommendation, fields, "recommendation"),
        takeaways=text(fields, "takeaways"),
    )
    return Saving(draft, number(first(fields, "edition")), save_keys(fields))


def _rating(fields: Fields, key: str) -> Rating:
    answer = first(fields, f"rating-{key}")
    return Rating(
        value=number(answer) if answer not in ("", NOT_OBSERVED) else None,
        not_observed=answer == NOT_OBSERVED,
        note=text(fields, f"note-{key}"),
        citations=(
            *(Citation(segment_id=number(value)) for value in _unique(fields.get(f"cite-{key}", ()))),
            *(Citation(start_ms=number(value)) for value in _unique(fields.get(f"moment-{key}", ()))),
        ),
    )


def _unique(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))


# -- the smaller forms -----------------------------------------------------------------------------------------------


class DeclineForm(Form):
    """Why one's own scorecard is declined."""

    reason = TextAreaField(
        "Why you decline",
        [InputRequired("Write why. The reason is kept.")],
        description="For example: you were not there, or you know the candidate. The hiring manager reads it. "
        "Write nothing about the candidate's pitch here.",
        render_kw={"maxlength": REASON_MAX_CHARS},
    )


class ExcuseForm(Form):
    """Why the panel counts without somebody, and who is asked instead."""

    instead = SelectField(
        "Who scores instead",
        coerce=int,
        default=0,
        description="Whoever is asked instead begins with an empty scorecard: nothing of a draft is passed on.",
    )
    reason = TextAreaField(
        "Why",
        [InputRequired("Write why. The reason is kept.")],
        description="For example: was ill on that day.",
        render_kw={"maxlength": REASON_MAX_CHARS},
    )

    def offer(self, people: Iterable[tuple[int, str]]) -> None:
        """Offer nobody, and these people (id, name)."""
        self.instead.choices = [
            SelectChoice(0, "Nobody: the panel counts without this scorecard"),
            *(SelectChoice(person_id, name) for person_id, name in people),
        ]


class RevisionForm(Form):
    """Another rating for one attribute, with the reason."""

    attribute = SelectField("Attribute")
    rating = RadioField("Rating now", [InputRequired("Choose a rating, or Not observed.")])
    reason = TextAreaField(
        "What changed your mind",
        [InputRequired("Write why. The reason stands beside the revision.")],
        description="Point to the evidence that you had missed or read differently.",
        render_kw={"maxlength": REASON_MAX_CHARS},
    )

    def offer(self, attributes: Iterable[tuple[str, str]], scale: Sequence[str]) -> None:
        """Offer these attributes (key, name) and the words of the scale."""
        self.attribute.choices = [SelectChoice(key, name) for key, name in attributes]
        self.rating.choices = [
            *(SelectChoice(str(point), f"{point}: {word}") for point, word in enumerate(scale, start=1)),
            SelectChoice(NOT_OBSERVED, "Not observed"),
        ]

    @property
    def value(self) -> int | None:
        """The chosen point; None for not observed."""
        return None if self.rating.data == NOT_OBSERVED else int(self.rating.data)


class EmployersForm(Form):
    """Where the candidate worked before."""

    employers = TextAreaField(
        "Earlier employers",
        description="Raters see this only after their own scorecard: famous names mislead.",
        render_kw={"maxlength": EMPLOYERS_MAX_CHARS},
    )


def read_split(fields: Fields, person_ids: Iterable[int]) -> dict[int, Collection[str]]:
    """Return person id -> keys of attributes from fields named part-<id>."""
    return {person_id: fields.get(f"part-{person_id}", ()) for person_id in person_ids}
