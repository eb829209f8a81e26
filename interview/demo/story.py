"""The demo's content as typed values: people, job, films, facts, questions and candidates, read from `content/`.

Knows no room and no database. Moments are looked up in the captions by a piece of the sentence, so that they are true.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
CONTENT = HERE / "content"
FILMS = HERE / "films"


@dataclass(frozen=True)
class Colleague:
    """A member of the invented team; `key` is the first part of the address, `seat` the place on the panel."""

    key: str
    role: str
    name: str
    email: str
    seat: str


@dataclass(frozen=True)
class JobStory:
    """The job: what the candidate reads, what the panel plays, what the scorecard asks."""

    title: str
    brief: str
    buyer_persona: str
    questions: str
    contact: str
    gate: str
    pitch_min: int
    scorecard_due_h: int
    place: str
    check_draw_count: int
    check_needed_pct: int
    rubric: str
    attributes: tuple[str, ...]


@dataclass(frozen=True)
class Film:
    """A film with its files."""

    key: str
    title: str
    webm: Path
    captions: Path


@dataclass(frozen=True)
class Moment:
    """Where in which film something is said."""

    film: str
    start_ms: int


@dataclass(frozen=True)
class Fact:
    """One line of the product fact sheet: must know, nice or common myth."""

    kind: str
    words: str
    moment: Moment


@dataclass(frozen=True)
class Question:
    """A question of the knowledge check; `right` is the index of the right option."""

    topic: str
    words: str
    options: tuple[str, ...]
    right: int
    moment: Moment


@dataclass(frozen=True)
class RatingStory:
    """What an interviewer says on one attribute; `cite` are pieces of transcript lines."""

    value: int | None
    not_observed: bool
    note: str
    cite: tuple[str, ...]


@dataclass(frozen=True)
class CardStory:
    """A scorecard; a draft is begun and not yet submitted."""

    would_buy: str | None
    recommendation: str | None
    takeaways: str
    ratings: Mapping[str, RatingStory]
    is_draft: bool


@dataclass(frozen=True)
class SampleStory:
    """The sample pitch to calibrate with: its gold ratings, and what somebody rated in a round, by attribute."""

    title: str
    transcript: Path
    experts: tuple[str, ...]
    gold: Mapping[str, RatingStory]
    rounds: Mapping[str, Mapping[str, RatingStory]]


@dataclass(frozen=True)
class DecisionStory:
    """A decision and what the candidate hears."""

    outcome: str
    reason: str
    feedback: str


@dataclass(frozen=True)
class WishStory:
    """What a candidate asks the team for, and the recruiter's answer where there is one."""

    kind: str
    text: str
    ago: timedelta
    reply: str


@dataclass(frozen=True)
class CandidateStory:
    """How far one candidate has come; times are relative to the seeding."""

    name: str
    email: str
    state: str
    invited_ago: timedelta
    opened_ago: timedelta | None
    consent: Mapping[str, bool]
    watched_pct: Mapping[str, int]
    asks: WishStory | None
    check: tuple[str, ...]
    pitch_in: timedelta | None
    transcript: Path | None
    recorded: Film | None  # a pitch that was recorded beforehand; its captions are the transcript
    cards: Mapping[str, CardStory]
    decision: DecisionStory | None


def team() -> list[Colleague]:
    """Return the team, in the order of the file."""
    return [
        Colleague(one["email"].split("@")[0], one["role"], one["name"], one["email"], one.get("seat", ""))
        for one in _read("people")
    ]


def job() -> JobStory:
    """Return the job."""
    said = _read("job")
    return JobStory(**{**said, "attributes": tuple(said["attributes"])})


def films() -> list[Film]:
    """Return the explainer and the webinar."""
    return [_film(key) for key in ("explainer", "webinar")]


def facts() -> list[Fact]:
    """Return the product fact sheet."""
    return [Fact(one["kind"], one["fact"], moment(one["film"], one["said"])) for one in _read("facts")]


def questions() -> list[Question]:
    """Return the question bank; the right option, first in the file, stands at a different place in each question."""
    bank = []
    for number, one in enumerate(_read("questions")):
        right, *others = one["options"]
        place = number % len(one["options"])
        options = (*others[:place], right, *others[place:])
        bank.append(Question(one["topic"], one["ask"], options, place, moment(one["film"], one["said"])))
    return bank


def sample() -> SampleStory:
    """Return the sample pitch to calibrate with."""
    said = _read("sample")
    return SampleStory(
        title=said["title"],
        transcript=_transcript(said["transcript"]),
        experts=tuple(said["experts"]),
        gold=_ratings(said["gold"]),
        rounds={who: _ratings(one) for who, one in said["rounds"].items()},
    )


def candidates() -> list[CandidateStory]:
    """Return the candidates, from the one who was only invited to the one who is decided."""
    return [_candidate(one) for one in _read("candidates")]


def names() -> tuple[list[str], list[str]]:
    """Return given and family names for synthetic applications."""
    said = _read("names")
    return said["given"], said["family"]


def moment(film: str, said: str) -> Moment:
    """Return where a film says a sentence, given a piece of it. Raises LookupError unless one caption has it."""
    blocks = (FILMS / f"{film}.vtt").read_text("utf-8").split("\n\n")
    found = [block.split(" --> ")[0] for block in blocks if said in block.partition("\n")[2]]
    if len(found) != 1:
        raise LookupError(f"{len(found)} captions of the {film} say {said!r}; it must be one.")
    hours, minutes, seconds = found[0].strip().split(":")
    return Moment(film, round((int(hours) * 60 + int(minutes)) * 60_000 + float(seconds) * 1000))


def _candidate(said: Mapping[str, Any]) -> CandidateStory:
    decision = said.get("decision")
    return CandidateStory(
        name=said["name"],
        email=said["email"],
        state=said["state"],
        invited_ago=timedelta(days=said["invited_days_ago"]),
        opened_ago=_days(said.get("opened_days_ago")),
        consent=said.get("consent", {}),
        watched_pct=said.get("watched", {}),
        asks=_wish(said["asks"]) if "asks" in said else None,
        check=tuple(said.get("check", ())),
        pitch_in=_days(said.get("pitch_in_days")),
        transcript=_transcript(said["transcript"]) if "transcript" in said else None,
        recorded=_film(said["recorded"]) if "recorded" in said else None,
        cards={who: _card(card) for who, card in said.get("cards", {}).items()},
        decision=DecisionStory(**decision) if decision else None,
    )


def _wish(said: Mapping[str, Any]) -> WishStory:
    return WishStory(said["kind"], said.get("text", ""), timedelta(days=said["days_ago"]), said.get("reply", ""))


def _transcript(name: str) -> Path:
    return CONTENT / "transcripts" / f"{name}.vtt"


def _ratings(said: Mapping[str, Any]) -> dict[str, RatingStory]:
    return {
        key: RatingStory(one.get("value"), one.get("not_observed", False), one["note"], tuple(one.get("cite", ())))
        for key, one in said.items()
    }


def _card(said: Mapping[str, Any]) -> CardStory:
    return CardStory(
        said.get("would_buy"),
        said.get("recommendation"),
        said.get("takeaways", ""),
        _ratings(said["ratings"]),
        said.get("is_draft", False),
    )


def _days(number: float | None) -> timedelta | None:
    return None if number is None else timedelta(days=number)


def _film(key: str) -> Film:
    title = yaml.safe_load((CONTENT / "films" / f"{key}.yaml").read_text("utf-8"))["title"]
    return Film(key, title, *_files(key))


def _files(key: str) -> tuple[Path, Path]:
    return FILMS / f"{key}.webm", FILMS / f"{key}.vtt"


@cache
def _read(name: str) -> Any:
    return yaml.safe_load((CONTENT / f"{name}.yaml").read_text("utf-8"))
