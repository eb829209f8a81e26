"""A file of old scorecards (CSV, a rating a line) into ratings, or every problem with its line."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass

from interview.agreement.rules.analysis import Scored
from interview.hiring.rules import LineProblem, csv_rows, decode_csv

MAX_BYTES = 20 * 1024 * 1024
MAX_CANDIDATES, MAX_RATERS, MAX_CELLS = 5000, 100, 20_000_000
LARGEST_SCORE = 1_000_000

_NEEDED, _OPTIONAL = ("candidate", "rater", "score"), "criterion"
_COLUMNS = "The first line must name the columns: candidate,rater,criterion,score (criterion may be left out)."
_NOT_OBSERVED = frozenset({"n/o", "not observed"})
_NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?")


@dataclass(frozen=True, slots=True)
class Reading:
    """The ratings of a file; none where there are problems."""

    ratings: tuple[Scored, ...]
    problems: tuple[LineProblem, ...]


def read_ratings(content: bytes) -> Reading:
    """Read a CSV with the columns candidate, rater, criterion (optional) and score; others are not looked at.

    Comma, semicolon or tab; UTF-8, UTF-16 or cp1252; decimal point or comma; an empty score is missing, N/O is not
    observed.
    """
    if len(content) > MAX_BYTES:
        return _refused(1, f"The file is larger than {MAX_BYTES // 2**20} MB: split it by rubric.")
    text, problem = decode_csv(content)
    if problem:
        return _refused(1, problem)
    try:
        rows = [(line, cells) for line, cells in csv_rows(text) if any(cell.strip() for cell in cells)]
    except csv.Error as error:
        return _refused(1, f"The file is not a CSV: {error}. Save it as CSV and try again.")
    if not rows:
        return _refused(1, f"The file is empty. {_COLUMNS}")
    (line, header), *rows = rows
    names = [cell.strip().casefold() for cell in header]
    for name in (*_NEEDED, _OPTIONAL):
        if names.count(name) > 1:
            return _refused(line, f"More than one column is named {name}. {_COLUMNS}")
        if name in _NEEDED and name not in names:
            return _refused(line, f"No column is named {name}. {_COLUMNS}")
    return _read(rows, names)


def _read(rows: list[tuple[int, list[str]]], names: list[str]) -> Reading:
    ratings: list[Scored] = []
    problems: list[LineProblem] = []
    first_line: dict[tuple[str, str, str], int] = {}
    places = {name: names.index(name) for name in (*_NEEDED, _OPTIONAL) if name in names}
    by_criterion = _OPTIONAL in places and any(
        cells[places[_OPTIONAL]].strip() for _, cells in rows if len(cells) == len(names)
    )
    for line, cells in rows:
        if len(cells) != len(names):
            problems.append(LineProblem(line, f"has {len(cells)} columns, but the first line has {len(names)}."))
            continue
        cell = {name: " ".join(cells[at].split()) for name, at in places.items()}
        needed = ("candidate", "rater", *([_OPTIONAL] if by_criterion else []))
        wrong = [f"has no {name}." for name in needed if not cell[name]]
        value, problem = _score(cell["score"])
        wrong += [problem] if problem else []
        key = (cell["candidate"], cell["rater"], cell.get(_OPTIONAL, ""))
        if not wrong and first_line.setdefault(key, line) != line:
            on = f" on {key[2]}" if key[2] else ""
            wrong = [f"rates {key[0]} by {key[1]}{on} again; line {first_line[key]} did already. Keep one of them."]
        problems += [LineProblem(line, sentence) for sentence in wrong]
        if not wrong:
            ratings.append(Scored(key[0], key[1], key[2] if by_criterion else None, value))
    problems = problems or _too_large(ratings)
    if not ratings and not problems:
        problems = [LineProblem(2, "The file names the columns but holds no rating.")]
    return Reading((), tuple(problems)) if problems else Reading(tuple(ratings), ())


def _score(text: str) -> tuple[float | None, str | None]:
    if not text or text.casefold() in _NOT_OBSERVED:
        return None, None
    if not _NUMBER.fullmatch(text):
        return None, f"has no usable score: {text[:40]}. Write a number, N/O for not observed, or nothing."
    value = float(text.replace(",", "."))
    if abs(value) > LARGEST_SCORE:
        return None, f"has a score beyond {LARGEST_SCORE:,}: {text[:40]}. Write the score on its own scale."
    return value, None


def _too_large(ratings: list[Scored]) -> list[LineProblem]:
    candidates, raters, criteria = (
        len({getattr(one, name) for one in ratings}) for name in ("candidate", "rater", "criterion")
    )
    if candidates <= MAX_CANDIDATES and raters <= MAX_RATERS and candidates * raters * criteria <= MAX_CELLS:
        return []
    sentence = (
        f"The file holds {candidates:,} candidates, {raters:,} raters and {criteria:,} criteria; up to "
        f"{MAX_CANDIDATES:,} candidates and {MAX_RATERS} raters can be analysed at once. Split it, a rubric a file."
    )
    return [LineProblem(1, sentence)]


def _refused(line: int, sentence: str) -> Reading:
    return Reading((), (LineProblem(line, sentence),))
