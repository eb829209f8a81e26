"""Rules of hiring: stages, gates, seats, reading a candidate list. Pure; knows no web, database or clock."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

SESSION_LIFE: Final = timedelta(hours=12)  # a candidate opens the personal link again after that
MAX_IMPORT_ROWS: Final = 5_000
_EMAIL = re.compile(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]+\.[^@\s,;<>\".]{2,}")


class Stage(StrEnum):
    """How far an application has come; it only moves forward by itself."""

    INVITED = "invited"
    PREPARING = "preparing"
    READY = "ready"
    PITCHED = "pitched"
    SCORED = "scored"
    DECIDED = "decided"


STAGES: Final = tuple(Stage)


class Gate(StrEnum):
    """What the prep record does: nothing, is shown to the panel after scoring, or opens the pitch."""

    OFF = "off"
    RECORDED = "recorded"
    REQUIRED = "required"


GATE_WORDS: Final = {
    Gate.OFF: "Off: material is offered, nothing is recorded for the panel",
    Gate.RECORDED: "Recorded: the panel sees the prep record after it has scored",
    Gate.REQUIRED: "Required: the pitch opens when the preparation is done",
}


class SeatKind(StrEnum):
    """What a person on the panel is there for; everybody on it rates."""

    INTERVIEWER = "interviewer"
    BUYER = "buyer"
    HEAD_OF_PRODUCT = "head_of_product"


SEAT_WORDS: Final = {
    SeatKind.INTERVIEWER: "Interviewer",
    SeatKind.BUYER: "Plays the buyer",
    SeatKind.HEAD_OF_PRODUCT: "Head of Product",
}


@dataclass(frozen=True)
class JobTemplate:
    """A job to start from: everything is edited afterwards."""

    key: str
    name: str
    title: str
    brief: str
    buyer_persona: str
    questions: str
    gate: Gate
    pitch_min: int


_BRIEF = (
    "Sell us our own product. Watch the explainer and the webinar, try what you like, ask us anything, and then "
    "show us in {minutes} minutes how you would sell it to the buyer we play. There is no trick and no surprise: "
    "small slips do not matter, knowing what the product solves does."
)
TEMPLATES: Final = (
    JobTemplate(
        key="account_executive",
        name="Account Executive: sell me this product",
        title="Account Executive",
        brief=_BRIEF.format(minutes=30),
        buyer_persona=(
            "Head of a team of 40 that does this work by hand today. Friendly, short of time. Has a budget, has been "
            "burnt by a tool nobody used. Asks once what it costs, once what it cannot do, and once for a feature that "
            "does not exist."
        ),
        questions="What made you look at this now?\nWhat would have to be true in three months?\nWhat does it not do?",
        gate=Gate.RECORDED,
        pitch_min=30,
    ),
    JobTemplate(
        key="sales_development",
        name="Sales Development: open the door",
        title="Sales Development Representative",
        brief=_BRIEF.format(minutes=15),
        buyer_persona="Picks up the phone between two meetings. Polite, sceptical, knows the problem, not the product.",
        questions="Why should I give you fifteen minutes?\nWho else uses it, and what changed for them?",
        gate=Gate.RECORDED,
        pitch_min=15,
    ),
    JobTemplate(
        key="founding_seller",
        name="First sales hire: founder-led deal",
        title="Founding Account Executive",
        brief=_BRIEF.format(minutes=45),
        buyer_persona="A prospect who likes the founder and doubts the company. Wants a reference we do not have yet.",
        questions="Why you, when the others are ten times as large?\nWhat happens to us if you do not make it?",
        gate=Gate.REQUIRED,
        pitch_min=45,
    ),
)


def further(current: Stage, reached: Stage) -> Stage:
    """Return the later of two stages."""
    return max(current, reached, key=STAGES.index)


@dataclass(frozen=True)
class CandidateLine:
    """One candidate of a list: the line number in the file, name and e-mail address."""

    line: int
    name: str
    email: str


@dataclass(frozen=True)
class LineProblem:
    """What is wrong with one line of a list, and what to do."""

    line: int
    sentence: str


@dataclass(frozen=True)
class CandidateList:
    """A read list: what can be taken, what cannot, and which lines repeat an earlier one."""

    candidates: tuple[CandidateLine, ...]
    problems: tuple[LineProblem, ...]
    repeated: tuple[LineProblem, ...]


def is_email(text: str) -> bool:
    """Say whether a text looks like one e-mail address."""
    return len(text) <= 254 and _EMAIL.fullmatch(text) is not None


def read_candidate_list(content: bytes) -> CandidateList:
    """Read a CSV of candidates with the columns name and email (comma, semicolon or tab; UTF-8, UTF-16 or cp1252).

    Nothing is skipped in silence: every line is a candidate, a repetition or a problem with its line number.
    """
    text, problem = decode_csv(content)
    if problem:
        return CandidateList((), (LineProblem(1, problem),), ())
    try:
        rows = list(csv_rows(text))
    except csv.Error as error:
        return CandidateList(
            (), (LineProblem(1, f"The file is not a CSV: {error}. Save it as CSV and try again."),), ()
        )
    if not rows:
        return CandidateList(
            (), (LineProblem(1, "The file is empty. The first line must name the columns: name,email."),), ()
        )
    header_line, header = rows[0]
    names = [cell.strip().lower().replace("-", "").replace(" ", "") for cell in header]
    wanted = {"name": ("name", "candidate", "fullname"), "email": ("email", "emailaddress", "mail")}
    columns = {key: [i for i, name in enumerate(names) if name in known] for key, known in wanted.items()}
    for key, found in columns.items():
        if len(found) != 1:
            what = "has no column" if not found else "has more than one column"
            sentence = f"The first line {what} named {key}. It must name the columns: name,email."
            return CandidateList((), (LineProblem(header_line, sentence),), ())
    return _read_rows(rows[1:], columns["name"][0], columns["email"][0], len(header))


def _read_rows(rows: list[tuple[int, list[str]]], name_at: int, email_at: int, width: int) -> CandidateList:
    good: list[CandidateLine] = []
    problems: list[LineProblem] = []
    repeated: list[LineProblem] = []
    seen: dict[str, int] = {}
    for line, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != width:
            problems.append(LineProblem(line, f"has {len(cells)} columns, but the first line has {width}."))
            continue
        name, email = " ".join(cells[name_at].split()), cells[email_at].strip()
        if not name or len(name) > 200:
            problems.append(
                LineProblem(line, "has no name." if not name else "has a name of more than 200 characters.")
            )
        elif not is_email(email):
            problems.append(LineProblem(line, f"has no usable e-mail address: {email[:60] or 'it is empty'}."))
        elif email.lower() in seen:
            repeated.append(LineProblem(line, f"repeats {email} of line {seen[email.lower()]}."))
        else:
            seen[email.lower()] = line
            good.append(CandidateLine(line, name, email))
    if not good and not problems:
        problems.append(LineProblem(2, "The file names the columns but no candidate."))
    if len(good) > MAX_IMPORT_ROWS:
        problems.append(
            LineProblem(MAX_IMPORT_ROWS + 2, f"There are more than {MAX_IMPORT_ROWS} candidates: split the file.")
        )
    return CandidateList(tuple(good), tuple(problems), tuple(repeated))


def decode_csv(content: bytes) -> tuple[str, str | None]:
    """Return the text of a CSV, or a sentence on why there is none."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace"), None
    if b"\0" in content or content.startswith((b"%PDF", b"PK\x03\x04")):
        return "", "This is not a CSV file. Save the table as CSV (comma separated) and try again."
    try:
        return content.decode("utf-8-sig"), None
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace"), None


def csv_rows(text: str) -> list[tuple[int, list[str]]]:
    """Return the rows of a CSV, each with the line it starts on. Raises csv.Error."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
    rows: list[tuple[int, list[str]]] = []
    line = 1
    for cells in reader:
        rows.append((line, cells))
        line = reader.line_num + 1
    return rows
