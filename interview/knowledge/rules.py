"""What a question must be, and how a check is drawn, shuffled, graded and tried again; pure, chance and time are given.

Must not know Flask, the database or the clock. A gate of understanding, never a part of the panel's score (SCORING 5).
"""

import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

FEWEST_OPTIONS, MOST_OPTIONS = 2, 6
LONGEST_TOPIC, LONGEST_PROMPT, LONGEST_OPTION = 60, 500, 200

_CLOCK = re.compile(r"(?:(\d{1,3}):)?([0-5]?\d):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class QuestionText:
    """A question as the hiring manager writes it; `right` is the index of the one right option."""

    topic: str
    prompt: str
    options: tuple[str, ...]
    right: int
    material_id: int | None = None
    moment_ms: int | None = None


@dataclass(frozen=True, slots=True)
class CheckSettings:
    """How a job's check runs; `draw_count` 0 means the job has none, `attempts_count` None means as often as wanted."""

    draw_count: int = 0
    needed_pct: int = 70
    attempts_count: int | None = None
    wait_min: int = 0


# What is asked at least where a job requires material that nobody can observe (WATCH 3.8).
UNOBSERVED_CHECK = CheckSettings(draw_count=8, needed_pct=80, attempts_count=3, wait_min=12 * 60)
UNOBSERVED_BANK = 24  # three attempts without a question twice
UNOBSERVED_THIRD = 3  # of eight questions up to three are about one third
THIRDS = ("first", "middle", "last")


@dataclass(frozen=True, slots=True)
class Timeline:
    """Material that is required and cannot be observed, as far as questions about it go."""

    material_id: int | None  # None: it is not there yet
    title: str
    duration_ms: int

    def third(self, material_id: int | None, moment_ms: int | None) -> int | None:
        """Return which third of it a moment is in, None when the moment is of other material or missing."""
        if material_id is None or moment_ms is None or material_id != self.material_id:
            return None
        return min(2, 3 * moment_ms // max(1, self.duration_ms))


@dataclass(frozen=True, slots=True)
class PoolQuestion:
    """A question that can be drawn: its number, its topic, how many options there are to shuffle, and its part.

    A draw is balanced over parts (thirds of unobserved material, see `part_of`) before it is over topics.
    """

    question_id: int
    topic: str
    options_count: int
    part: str = ""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A question drawn for an attempt; `order[shown]` is the option's index as written."""

    question_id: int
    order: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Marked:
    """An asked question after submission: what was right, and what was chosen (None: left open), as written."""

    topic: str
    right: int
    chosen: int | None

    @property
    def is_right(self) -> bool:
        """Whether the right option was chosen."""
        return self.chosen == self.right


@dataclass(frozen=True, slots=True)
class TopicResult:
    """How many questions of one topic were answered right."""

    topic: str
    right_count: int
    asked_count: int


@dataclass(frozen=True, slots=True)
class Grade:
    """What a submitted attempt came to."""

    right_count: int
    asked_count: int
    reached: bool
    topics: tuple[TopicResult, ...]


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """An attempt as far as the retry rule needs it; `reached` is None until it is submitted."""

    started_at: datetime
    submitted_at: datetime | None
    reached: bool | None


class CheckState(StrEnum):
    """Where an application stands with its knowledge check."""

    NONE = "none"
    TODO = "todo"
    DOING = "doing"
    DONE = "done"


class Step(StrEnum):
    """What a candidate can do next."""

    START = "start"
    GO_ON = "go_on"
    WAIT = "wait"
    ASK = "ask"  # no attempts left: a person decides
    DONE = "done"


@dataclass(frozen=True, slots=True)
class NextStep:
    """The next step, when it opens (only for WAIT), and how many attempts are left (None: as many as wanted)."""

    step: Step
    opens_at: datetime | None
    left_count: int | None


def question_faults(question: QuestionText) -> dict[str, str]:
    """Give what is wrong with a question, a sentence for each field; an empty dict when it can be asked."""
    faults = {}
    if not 1 <= len(question.topic) <= LONGEST_TOPIC:
        faults["topic"] = f"Name the topic in 1 to {LONGEST_TOPIC} characters."
    if not 1 <= len(question.prompt) <= LONGEST_PROMPT:
        faults["prompt"] = f"Write the question in 1 to {LONGEST_PROMPT} characters."
    if not FEWEST_OPTIONS <= len(question.options) <= MOST_OPTIONS:
        faults["options"] = f"Give {FEWEST_OPTIONS} to {MOST_OPTIONS} options."
    elif any(not 1 <= len(option) <= LONGEST_OPTION for option in question.options):
        faults["options"] = f"Write each option in 1 to {LONGEST_OPTION} characters."
    elif len({option.casefold() for option in question.options}) < len(question.options):
        faults["options"] = "Two options say the same; make each different."
    elif not 0 <= question.right < len(question.options):
        faults["right"] = "Choose which option is right."
    if question.moment_ms is not None and question.material_id is None:
        faults["material_id"] = "Choose the material that the moment is in."
    return faults


def settings_faults(settings: CheckSettings) -> dict[str, str]:
    """Give what is wrong with a check's settings, a sentence for each field."""
    faults = {}
    if not 0 <= settings.draw_count <= 50:
        faults["draw_count"] = "Ask 1 to 50 questions, or 0 for no knowledge check."
    if not 1 <= settings.needed_pct <= 100:
        faults["needed_pct"] = "The share of right answers is a whole number from 1 to 100 percent."
    if settings.attempts_count is not None and not 1 <= settings.attempts_count <= 100:
        faults["attempts_count"] = "Allow 1 to 100 attempts, or leave it empty for as many as wanted."
    if not 0 <= settings.wait_min <= 7 * 24 * 60:
        faults["wait_min"] = "The wait between attempts is 0 to 10,080 minutes (a week)."
    return faults


def at_least(settings: CheckSettings, floor: CheckSettings) -> CheckSettings:
    """Return settings made stricter wherever the floor is."""
    attempts = [count for count in (settings.attempts_count, floor.attempts_count) if count is not None]
    return CheckSettings(
        max(settings.draw_count, floor.draw_count),
        max(settings.needed_pct, floor.needed_pct),
        min(attempts, default=None),
        max(settings.wait_min, floor.wait_min),
    )


def part_of(text: QuestionText, timelines: Sequence[Timeline]) -> str:
    """Name the third of unobserved material that a question is about; empty when it is about none."""
    thirds = ((line.material_id, line.third(text.material_id, text.moment_ms)) for line in timelines)
    return next((f"{number}:{third}" for number, third in thirds if third is not None), "")


def shortfall(bank: Sequence[QuestionText], timelines: Sequence[Timeline]) -> str:
    """Say what a bank lacks for material that cannot be observed; an empty text when it lacks nothing."""
    if not timelines:
        return ""
    missing = []
    if len(bank) < UNOBSERVED_BANK:
        missing.append(f"{UNOBSERVED_BANK - len(bank)} more of {UNOBSERVED_BANK} questions")
    for line in timelines:
        counts = Counter(line.third(text.material_id, text.moment_ms) for text in bank)
        for number, name in enumerate(THIRDS):
            if (lacks := UNOBSERVED_THIRD - counts[number]) > 0:
                missing.append(f"{lacks} more with a moment in the {name} third of “{line.title}”")
    if not missing:
        return ""
    return (
        "A link can be required once the question bank is large enough, because nothing of it is observed. "
        f"Still missing: {'; '.join(missing)}."
    )


def draw(
    pool: Sequence[PoolQuestion], *, seen: frozenset[int], draw_count: int, chance: random.Random
) -> tuple[Drawn, ...]:
    """Draw questions: unseen before seen, and in each the part, then the topic drawn least so far next; shuffled.

    A pool smaller than `draw_count` is drawn whole.
    """
    drawn: list[PoolQuestion] = []
    by_part: Counter[str] = Counter()
    by_topic: Counter[str] = Counter()
    for was_seen in (False, True):
        waiting = _shuffled_heaps([q for q in pool if (q.question_id in seen) is was_seen], chance)
        while waiting and len(drawn) < draw_count:
            turns = {heap: (by_part[heap[0]], by_topic[heap[1]]) for heap in waiting}
            fewest = min(turns.values())
            part, topic = chance.choice([heap for heap, turn in turns.items() if turn == fewest])
            drawn.append(waiting[part, topic].pop())
            by_part[part] += 1
            by_topic[topic] += 1
            if not waiting[part, topic]:
                del waiting[part, topic]
    chance.shuffle(drawn)
    return tuple(
        Drawn(question.question_id, tuple(chance.sample(range(question.options_count), question.options_count)))
        for question in drawn
    )


def _shuffled_heaps(
    questions: Sequence[PoolQuestion], chance: random.Random
) -> dict[tuple[str, str], list[PoolQuestion]]:
    heaps: dict[tuple[str, str], list[PoolQuestion]] = {}
    for question in questions:
        heaps.setdefault((question.part, question.topic), []).append(question)
    for listed in heaps.values():
        chance.shuffle(listed)
    return heaps


def grade(answers: Sequence[Marked], *, needed_pct: int) -> Grade:
    """Count the right answers, overall and by topic; a question left open is not right."""
    asked, right = Counter(a.topic for a in answers), Counter(a.topic for a in answers if a.is_right)
    right_count, asked_count = right.total(), asked.total()
    return Grade(
        right_count,
        asked_count,
        reached=asked_count > 0 and 100 * right_count >= needed_pct * asked_count,
        topics=tuple(TopicResult(topic, right[topic], count) for topic, count in sorted(asked.items())),
    )


def share_pct(right_count: int, asked_count: int) -> int:
    """Give a share in whole percent, rounded down, so that 100 means all of them."""
    return 100 * right_count // asked_count if asked_count else 0


def needed_count(asked_count: int, needed_pct: int) -> int:
    """Give how many of the asked questions must be right to reach a share."""
    return -(-asked_count * needed_pct // 100)


def state(settings: CheckSettings, attempts: Sequence[AttemptRecord]) -> CheckState:
    """Say where an application stands; once reached it stays done, whatever the settings become."""
    if any(attempt.reached for attempt in attempts):
        return CheckState.DONE
    if settings.draw_count == 0:
        return CheckState.NONE
    return CheckState.DOING if attempts else CheckState.TODO


def next_step(settings: CheckSettings, attempts: Sequence[AttemptRecord], now: datetime) -> NextStep:
    """Say what the candidate can do next: go on with an open attempt, start, wait, or ask for another attempt."""
    left = None if settings.attempts_count is None else max(0, settings.attempts_count - len(attempts))
    if any(attempt.reached for attempt in attempts):
        return NextStep(Step.DONE, None, left)
    if any(attempt.submitted_at is None for attempt in attempts):
        return NextStep(Step.GO_ON, None, left)
    if left == 0:
        return NextStep(Step.ASK, None, left)
    last = max((a.submitted_at for a in attempts if a.submitted_at), default=None)
    opens_at = last + timedelta(minutes=settings.wait_min) if last else now
    if opens_at > now:
        return NextStep(Step.WAIT, opens_at, left)
    return NextStep(Step.START, None, left)


def moment_from_clock(text: str) -> int | None:
    """Read `4:10` or `1:02:03` as milliseconds; None for an empty text. Raises ValueError for anything else."""
    if not text.strip():
        return None
    found = _CLOCK.fullmatch(text.strip())
    if not found:
        raise ValueError("Write the moment as minutes and seconds, such as 04:10.")
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return ((hours * 60 + minutes) * 60 + seconds) * 1000


def clock_of_moment(moment_ms: int) -> str:
    """Write milliseconds as `04:10`, from an hour on as `1:02:03`."""
    minutes, seconds = divmod(moment_ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"
