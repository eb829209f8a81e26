"""Rules of preparation: the checklist, the gate, consent texts, and the words for all of it. Pure.

Must not know the web, the database, the clock, or anything of scores.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from interview.hiring.rules import Gate
from interview.watch.rules.material import ItemState

QUESTION_WORK_MS: Final = 45_000  # what a question of the knowledge check takes, for the minutes shown in advance
CONSENT_WORK_MS: Final = 60_000
TEXT_MAX: Final = 2_000
OPEN_REQUESTS_MAX: Final = 10
NOT_TAKEN: Final = "Not taken yet"


class ItemKind(StrEnum):
    """What a line of the checklist is about."""

    CONSENT = "consent"
    MATERIAL = "material"
    KNOWLEDGE = "knowledge"
    PITCH = "pitch"


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the checklist. `required` lines hold the gate; `work_ms` is what doing all of it takes."""

    kind: ItemKind
    title: str
    state: ItemState
    id: int | None = None
    required: bool = False
    work_ms: int = 0
    tier: str | None = None
    is_attested: bool = False
    pct: int = 0
    need_ms: int | None = None
    covered_ms: int | None = None
    done_at: datetime | None = None
    note: str = ""  # what was found, in the team's words

    @property
    def key(self) -> str:
        """Return the name of this line on its page."""
        return self.kind.value if self.id is None else f"{self.kind.value}-{self.id}"

    @property
    def is_done(self) -> bool:
        """Say whether nothing is left to do here."""
        return self.state is ItemState.DONE

    @property
    def left_ms(self) -> int:
        """Return how long the rest takes, at normal speed."""
        return 0 if self.is_done else self.work_ms * (100 - self.pct) // 100


@dataclass(frozen=True, slots=True)
class Checklist:
    """Where one application stands before its pitch; everything is computed from stored state, nothing is stored."""

    gate: Gate
    items: tuple[Item, ...]

    @property
    def missing(self) -> tuple[Item, ...]:
        """Return what the gate still waits for, whether or not this job's gate is closed by it."""
        return tuple(item for item in self.items if item.required and not item.is_done)

    @property
    def pitch_unlocked(self) -> bool:
        """Say whether the pitch pages are open: always, unless the gate is Required and something is missing."""
        return self.gate is not Gate.REQUIRED or not self.missing

    @property
    def asked(self) -> tuple[Item, ...]:
        """Return what being prepared means here: what is required; else what is offered; else the consent questions."""
        offered = tuple(item for item in self.items if item.kind in (ItemKind.MATERIAL, ItemKind.KNOWLEDGE))
        required = tuple(item for item in offered if item.required)
        return required or offered or tuple(item for item in self.items if item.kind is ItemKind.CONSENT)

    @property
    def is_prepared(self) -> bool:
        """Say whether all that is asked is done."""
        return all(item.is_done for item in self.asked)

    @property
    def state(self) -> ItemState:
        """Return the preparation's state as a whole."""
        if self.is_prepared:
            return ItemState.DONE
        begun = any(item.state is not ItemState.TODO for item in self.asked)
        return ItemState.DOING if begun else ItemState.TODO

    @property
    def pct(self) -> int:
        """Return the share done of what is asked, by work; 100 only when all of it is done."""
        if self.is_prepared:
            return 100
        total_ms = sum(item.work_ms for item in self.asked)
        left_ms = sum(item.left_ms for item in self.asked)
        return min(99, 100 * (total_ms - left_ms) // total_ms) if total_ms else 0

    @property
    def needed(self) -> tuple[Item, ...]:
        """Return the lines between here and the pitch: consent, then all that is asked."""
        consent = tuple(item for item in self.items if item.kind is ItemKind.CONSENT)
        return consent + tuple(item for item in self.asked if item not in consent)

    @property
    def optional(self) -> tuple[Item, ...]:
        """Return the material that is there for whoever wants more of it."""
        return tuple(item for item in self.items if item.kind is ItemKind.MATERIAL and item not in self.asked)

    @property
    def left_ms(self) -> int:
        """Return how long the rest of what is needed takes."""
        return sum(item.left_ms for item in self.needed)

    @property
    def knowledge_words(self) -> str:
        """Return how the knowledge check stands; nothing where the job has none."""
        return next((item.note for item in self.items if item.kind is ItemKind.KNOWLEDGE), "")

    @property
    def next_item(self) -> Item | None:
        """Return what to do next: what is needed, then the pitch; nothing after it."""
        pitch = tuple(item for item in self.items if item.kind is ItemKind.PITCH)
        if all(item.is_done for item in pitch):
            return None
        return next(item for item in self.needed + pitch if not item.is_done)


def minutes_words(ms: int) -> str:
    """Return a duration to plan with: "about 12 minutes", "about 1 h 20 min"; always rounded up."""
    minutes = -(-ms // 60_000)
    if minutes <= 1:
        return "about a minute"
    if minutes > 20:
        minutes = -(-minutes // 5) * 5
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"about {minutes} minutes"
    return f"about {hours} h {rest} min" if rest else f"about {hours} h"


_ORDINALS: Final = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


def attempt_words(number: int) -> str:
    """Return the number of an attempt in words: "second attempt"."""
    return f"{_ORDINALS[number - 1]} attempt" if 1 <= number <= len(_ORDINALS) else f"attempt {number}"


# -- consent -------------------------------------------------------------------------------------------------------


class ConsentKind(StrEnum):
    """What a candidate is asked to agree to; each can be refused and changed at any time."""

    RECORDING = "recording"
    AI = "ai"


@dataclass(frozen=True, slots=True)
class ConsentText:
    """A consent question as it is shown; a changed wording gets a higher version, answers name the one they saw."""

    kind: ConsentKind
    version: int
    title: str
    text: str
    agree: str
    refuse: str


# Source: SCORING 7.4, the drafts of notice and consent.
CONSENT_TEXTS: Final = (
    ConsentText(
        ConsentKind.RECORDING,
        1,
        "Recording of the pitch interview",
        "I agree that this session is recorded so that raters can check quotes. Not agreeing has no effect on my "
        "application. I can withdraw; recordings are then deleted within 30 days, backups included.",
        "Yes, it may be recorded",
        "No, please do not record it",
    ),
    ConsentText(
        ConsentKind.AI,
        2,  # 1 did not say that the recording may be written down by a model
        "AI transcript and summary",
        "I agree that a language model may write down the recording of my pitch, where there is one, and summarise the "
        "transcript. The panel sees the summary only after it has rated; the model gives no ratings and takes no "
        "decision. Not agreeing has no effect on my application. I can withdraw at any time.",
        "Yes, a model may be used",
        "No, people only",
    ),
)


# -- what candidates ask for ---------------------------------------------------------------------------------------


class RequestKind(StrEnum):
    """What a candidate asks the team for."""

    MORE_TIME = "more_time"
    ANOTHER_DEMO = "another_demo"
    DID_NOT_COUNT = "did_not_count"
    QUESTION = "question"


REQUEST_WORDS: Final = {
    RequestKind.MORE_TIME: "I need more time",
    RequestKind.ANOTHER_DEMO: "Another demo, please",
    RequestKind.DID_NOT_COUNT: "It did not count",
    RequestKind.QUESTION: "Question",
}
REQUEST_TASKS: Final = {
    RequestKind.MORE_TIME: "asks for more time",
    RequestKind.ANOTHER_DEMO: "asks for another demo",
    RequestKind.DID_NOT_COUNT: "says that watching did not count",
    RequestKind.QUESTION: "has a question",
}
