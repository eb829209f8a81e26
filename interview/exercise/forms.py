"""The forms of exercises: a candidate's answer, the hiring manager's requests. Strings in; knows no database."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from interview.exercise.rules.force_rank import FIGURE_MAX, Answer, FeatureRequest, Figures, RequestSet
from interview.exercise.service import Saving
from interview.web.fields import Fields, first, number, save_keys, text

FIGURE_WORDS: Final = {
    "customers": "Customers",
    "revenue": "Revenue won",
    "churn": "Churn avoided",
    "effort": "Effort",
}
BLANK_ROWS: Final = 3
NEWS_MAX: Final = 1_000
_KEY: Final = re.compile(r"[a-z0-9_]{1,40}")
_WORDS_MAX: Final = {"title": 100, "details": 500}
_BLANK: Final = FeatureRequest("", "", "", None)


def read_answer(fields: Fields) -> Answer:
    """Read a ranking: the order, what is chosen, and the reasons."""
    reasons = {name.removeprefix("reason-"): text(fields, name) for name in fields if name.startswith("reason-")}
    return Answer(tuple(fields.get("order", ())), frozenset(fields.get("chosen", ())), reasons)


def read_saving(fields: Fields) -> Saving:
    """Read on which edition a save was built, and its keys. Raises Unreadable."""
    return Saving(number(first(fields, "edition")), save_keys(fields))


def read_text(fields: Fields) -> str:
    """Read the text of feedback or of a second take."""
    return text(fields, "text")


def read_move(text: str) -> tuple[str, int] | None:
    """Read which request is to move and where: "up:key" or "down:key"; None where nothing is."""
    direction, _, key = text.partition(":")
    return (key, -1 if direction == "up" else 1) if direction in ("up", "down") else None


@dataclass
class RequestsForm:
    """The requests as they were typed, so that nothing is lost; `faults` says what is wrong, by the field's name."""

    budget: str = ""
    minutes: str = ""
    news: str = ""
    rows: list[dict[str, str]] = field(default_factory=list)
    faults: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, found: RequestSet) -> RequestsForm:
        """Return the form filled with a set, and some blank rows."""
        rows = [_row_of(one) for one in found.requests]
        return cls(
            str(found.budget), str(found.minutes), found.news, rows + [_row_of(_BLANK) for _ in range(BLANK_ROWS)]
        )

    @classmethod
    def read(cls, fields: Fields) -> RequestsForm:
        """Read what was sent."""
        count = sum(name.startswith("title-") for name in fields)
        names = ["key", "title", "details", *FIGURE_WORDS, *(f"later_{name}" for name in FIGURE_WORDS)]
        rows = [{name: text(fields, f"{name}-{index}") for name in names} for index in range(count)]
        return cls(text(fields, "budget"), text(fields, "minutes"), text(fields, "news"), rows)

    def requests(self) -> RequestSet:
        """Return what was typed; where it cannot be read, `faults` is filled and the figure counts as 0."""
        self.faults = {}
        taken = {row["key"] for row in self.rows if row.get("key")}
        found = tuple(
            self._request(index, row, taken)
            for index, row in enumerate(self.rows)
            if any(text for name, text in row.items() if name != "key")
        )
        budget, minutes = self._number("budget", self.budget, ""), self._number("minutes", self.minutes, "")
        if len(self.news) > NEWS_MAX:
            self.faults["news"] = f"The new information has at most {NEWS_MAX} characters. Shorten it."
        return RequestSet(budget, minutes, self.news, found)

    def _request(self, index: int, row: Mapping[str, str], taken: set[str]) -> FeatureRequest:
        where = f"Request {index + 1}"
        if not row["title"]:
            self.faults[f"title-{index}"] = f"{where} has no name. Write one, or empty the whole request."
        for name, limit in _WORDS_MAX.items():
            if len(row[name]) > limit:
                self.faults[f"{name}-{index}"] = f"{where}: at most {limit} characters. Shorten it."
        key = row["key"]
        if not _KEY.fullmatch(key):
            key = next(name for number in range(1, 1_000) if (name := f"request_{number}") not in taken)
            taken.add(key)
        first = self._figures(index, row, "", where)
        later = self._figures(index, row, "later_", where, before=first)
        if first is None and later is None and f"title-{index}" not in self.faults:
            self.faults[f"effort-{index}"] = f"{where} has no figures. Fill them in, or empty the whole request."
        return FeatureRequest(key, row["title"], row["details"], first, later if later != first else None)

    def _figures(
        self, index: int, row: Mapping[str, str], prefix: str, where: str, *, before: Figures | None = None
    ) -> Figures | None:
        typed = {name: row[prefix + name] for name in FIGURE_WORDS}
        if not any(typed.values()):
            return None
        if before:
            typed = {name: text or str(getattr(before, name)) for name, text in typed.items()}
        found = {name: self._number(f"{prefix}{name}-{index}", text, f"{where}: ") for name, text in typed.items()}
        if not found["effort"]:
            self.faults.setdefault(f"{prefix}effort-{index}", f"{where}: the effort is at least 1 point.")
        return Figures(**{**found, "effort": max(1, found["effort"])})

    def _number(self, name: str, text: str, where: str) -> int:
        if text.isascii() and text.isdigit() and int(text[:12]) <= FIGURE_MAX:
            return int(text)
        said = f"“{text[:20]}” is not" if text else "this is empty; it must be"
        label = FIGURE_WORDS.get(name.partition("-")[0].removeprefix("later_"), name.capitalize())
        self.faults[name] = f"{where}{label}: {said} a whole number from 0 to {FIGURE_MAX:,}."
        return 0


def _row_of(one: FeatureRequest) -> dict[str, str]:
    row = {"key": one.key, "title": one.title, "details": one.details}
    for prefix, figures in (("", one.first), ("later_", one.later)):
        row |= {prefix + name: str(getattr(figures, name)) if figures else "" for name in FIGURE_WORDS}
    return row
