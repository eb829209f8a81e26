"""The live interview: the shared timer, the script's prompts, what an interviewer notes, and what is wrong with it.

Pure: knows neither the database nor the web; instants come as arguments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from interview.rubric.rules import Exercise

NOTE_MAX_CHARS: Final = 2000
NOTES_MAX: Final = 400
MOMENT_MAX_MS: Final = 24 * 3600 * 1000
DEVIATION_MAX_CHARS: Final = 1000
BUYER: Final = "buyer"  # where the buyer's own prompts stand, beside those of the sections


# --- the timer ------------------------------------------------------------------------------------------------------


class Verb(StrEnum):
    """What somebody does to the timer."""

    START = "start"
    PAUSE = "pause"
    NEXT = "next"
    BACK = "back"


@dataclass(frozen=True, slots=True)
class Move:
    """One press on the timer, and when."""

    verb: Verb
    at: datetime


@dataclass(frozen=True, slots=True)
class Timer:
    """Where the interview stands: the section (the count of sections once it is over) and the time spent in each."""

    section: int
    is_running: bool
    spent_ms: tuple[int, ...]
    has_begun: bool

    @property
    def is_over(self) -> bool:
        """Tell whether the last section is closed."""
        return self.section == len(self.spent_ms)

    @property
    def moment_ms(self) -> int:
        """How far the interview is, without its pauses."""
        return sum(self.spent_ms)

    @property
    def verbs(self) -> tuple[Verb, ...]:
        """What can be done to it now."""
        turn = () if self.is_over else (Verb.PAUSE if self.is_running else Verb.START,)
        onward = (Verb.NEXT,) if self.has_begun and not self.is_over else ()
        return turn + onward + ((Verb.BACK,) if self.section else ())


def timer(section_count: int, moves: Sequence[Move], now: datetime) -> Timer:
    """Return where the moves, in the order they were made, have brought the interview by now.

    Closing the last section stops the timer; going back from there waits for a start. Time never runs backwards."""
    section, is_running, since = 0, False, now
    spent = [timedelta()] * section_count
    for move in (*moves, None):
        at = move.at if move else now
        if is_running:
            spent[section] += max(at - since, timedelta())
        since = at
        if move is None:
            break
        if move.verb in (Verb.START, Verb.PAUSE):
            is_running = move.verb is Verb.START and section < section_count
        else:
            section = max(0, min(section_count, section + (1 if move.verb is Verb.NEXT else -1)))
            is_running = is_running and section < section_count
    in_ms = tuple(one // timedelta(milliseconds=1) for one in spent)
    return Timer(section, is_running, in_ms, has_begun=bool(moves))


# --- the script -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Prompt:
    """A line of the script that the buyer says: where it stands and its words."""

    section: str
    words: str


def prompts(exercise: Exercise) -> Iterator[Prompt]:
    """Give every scripted prompt, the buyer's own first, then section by section."""
    for words in exercise.buyer.prompts:
        yield Prompt(BUYER, words)
    for section in exercise.sections:
        for words in section.prompts:
            yield Prompt(section.key, words)


class DeviationKind(StrEnum):
    """What differed from the script."""

    EXTRA_PROMPT = "extra_prompt"
    OTHER = "other"


DEVIATION_WORDS: Final = {
    DeviationKind.EXTRA_PROMPT: "A prompt beyond the script",
    DeviationKind.OTHER: "Something else",
}


def deviation_problem(words: str) -> str | None:
    """Say what is wrong with the words of a deviation, or None."""
    if not words:
        return "Write what differed from the script."
    if len(words) > DEVIATION_MAX_CHARS:
        return f"What differed is longer than {DEVIATION_MAX_CHARS} characters. Shorten it."
    return None


# --- what one interviewer notes and ticks -----------------------------------------------------------------------------


class Tick(StrEnum):
    """What a candidate did with a fact of the product fact sheet."""

    SAID = "said"
    MISSED = "missed"
    WRONG = "wrong"


TICK_WORDS: Final = {Tick.SAID: "Said", Tick.MISSED: "Missed", Tick.WRONG: "Wrong"}


class RoadmapAnswer(StrEnum):
    """What a candidate did when the buyer asked for a feature that does not exist."""

    PROMISED_ALONE = "promised_alone"
    CHECKED = "checked"
    OTHER_WAY = "other_way"


ROADMAP_WORDS: Final = {
    RoadmapAnswer.PROMISED_ALONE: "Promised it alone",
    RoadmapAnswer.CHECKED: "Checked with the Head of Product",
    RoadmapAnswer.OTHER_WAY: "Offered a way without a promise",
}


@dataclass(frozen=True, slots=True)
class Note:
    """A note and its moment in the interview; none where the timer had not begun. `key` is the page's name for it."""

    key: str
    moment_ms: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that one interviewer keeps of one interview: notes, fact ticks by fact id, the answer to the roadmap ask."""

    notes: tuple[Note, ...] = ()
    ticks: Mapping[int, Tick] = field(default_factory=dict)
    roadmap: RoadmapAnswer | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """Something one noted or ticked, in words, to take over as evidence on one's own scorecard."""

    moment_ms: int | None
    words: str


def sheet_problem(sheet: Sheet, *, has_roadmap_seat: bool) -> str | None:
    """Say what makes a sheet impossible to store, or None."""
    if len(sheet.notes) > NOTES_MAX:
        return f"There are more than {NOTES_MAX} notes. Join some of them."
    for note in sheet.notes:
        if len(note.text) > NOTE_MAX_CHARS:
            return f'The note "{note.text[:30]}…" is longer than {NOTE_MAX_CHARS} characters. Shorten it.'
        if note.moment_ms is not None and note.moment_ms > MOMENT_MAX_MS:
            return f'The note "{note.text[:30]}" is later than a day into the interview. Reload the page.'
    if sheet.roadmap is not None and not has_roadmap_seat:
        return "Only the Head of Product ticks what became of the roadmap ask. Reload the page."
    return None
