"""Checkpoints: where they lie, when one is due, what it asks, and what an answer means (WATCH 3.7).

A waiting checkpoint is a range (replay_ms, at_ms): its position, and where to go back to once it was passed. Chance is
an argument. Must not know that positions are secret from browsers only because nobody sends them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from interview.watch.rules.material import Accommodation
from interview.watch.rules.ranges import Range, Ranges, covers

CHUNK_MS = 8 * 60 * 1000
SHORTEST_FILM_MS = 60_000
EDGE_MS = 20_000  # how far a checkpoint stays from the ends of its chunk
WINDOW_MS = 20_000  # how far past it a live beat may be
BEFORE_MS = 10_000  # how much before it must be credited
TTL_MS = 120_000
QUICK_MS = 1000  # faster answers are counted for the reviewer, and right all the same
WRONG_MAX = 10  # in one chunk
PAUSE_MS = 60 * 60 * 1000  # after that many
REPLAY_MS = 60_000  # shown again after a wrong answer about the content, and where a passed checkpoint is made up for
_BLUR_MS = (15_000, 35_000)  # how far before its position that stretch begins, so that it does not give it away
_ABOUT_MS = 5 * 60 * 1000  # a question about the content is about these last minutes

# Short, common, unlike each other in sound and look, and in no order that means anything.
WORDS = (
    *("maple", "river", "candle", "garden", "window", "silver", "pepper", "island"),
    *("basket", "thunder", "velvet", "anchor", "meadow", "copper", "lantern", "orange"),
    *("puzzle", "winter", "harbor", "feather", "marble", "ticket", "violin", "walnut"),
)
OPTIONS_SHOWN = 4


class Ask(StrEnum):
    """What a checkpoint asks: a word that stands in its own text, or something about the last minutes."""

    WORD = "word"
    QUESTION = "question"


@dataclass(frozen=True, slots=True)
class ContentQuestion:
    """A question about the film, from the recruiter's bank; `right` is the index of the right option."""

    question_id: int
    prompt: str
    options: tuple[str, ...]
    right: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What is shown at a checkpoint, options in the order shown; `right` never leaves the server."""

    kind: Ask
    prompt: str
    options: tuple[str, ...]
    right: int
    question_id: int | None = None


class Answer(StrEnum):
    """What became of an answer."""

    RIGHT = "right"
    WRONG = "wrong"
    EXPIRED = "expired"


def chunk_count(duration_ms: int) -> int:
    """Return into how many chunks a film is split, each with a checkpoint; none for a film under a minute."""
    return 0 if duration_ms < SHORTEST_FILM_MS else -(-duration_ms // CHUNK_MS)


def chunk_number(at_ms: int, duration_ms: int) -> int:
    """Return the number, from 1, of the chunk that a position lies in."""
    return at_ms * chunk_count(duration_ms) // duration_ms + 1


def draw(duration_ms: int, excluded: Ranges, chance: Random) -> Ranges:
    """Draw a position in each chunk, out of reach of its ends and, where that can be, of what does not count."""
    count = chunk_count(duration_ms)
    drawn: list[Range] = []
    for number in range(count):
        low = number * duration_ms // count + EDGE_MS
        high = (number + 1) * duration_ms // count - EDGE_MS
        tries = [chance.randint(low, high) for _ in range(20)]
        at_ms = next((one for one in tries if not _touches(excluded, one)), tries[0])
        drawn.append((at_ms - chance.randint(*_BLUR_MS) if at_ms > _BLUR_MS[1] else 0, at_ms))
    return tuple(drawn)


def split(drawn: Ranges, allowance: Accommodation | None) -> tuple[Ranges, Ranges]:
    """Return which checkpoints are asked under an accommodation (all, every second or none), and the others."""
    if allowance is Accommodation.NONE:
        return (), drawn
    return (drawn[::2], drawn[1::2]) if allowance is Accommodation.FEWER else (drawn, ())


def settled_count(count: int, waiting: Ranges, waived: Ranges, covered: Ranges) -> int:
    """Return how many of a film's checkpoints are behind a candidate: answered, or covered where one was waived.

    So the team reads the same of everybody, and cannot tell from a number who has an accommodation.
    """
    ahead = sum(not covers(covered, at_ms - BEFORE_MS, at_ms) for _, at_ms in waived)
    return count - len(waiting) - ahead


def due(waiting: Ranges, covered: Ranges, pos_ms: int) -> int | None:
    """Return the position of the checkpoint that is due at a live position, if one is."""
    for _, at_ms in waiting:
        if at_ms <= pos_ms <= at_ms + WINDOW_MS and covers(covered, at_ms - BEFORE_MS, at_ms):
            return at_ms
    return None


def passed(waiting: Ranges, covered: Ranges, pos_ms: int, duration_ms: int) -> Ranges:
    """Return the stretches to play again, for checkpoints whose window was covered without an answer.

    About a minute each; the position lies somewhere in it. What was not covered yet is not told.
    """
    return tuple(
        (replay_ms, min(replay_ms + REPLAY_MS, duration_ms))
        for replay_ms, at_ms in waiting
        if covers(covered, at_ms - BEFORE_MS, min(at_ms + WINDOW_MS, duration_ms))
        and not at_ms <= pos_ms <= at_ms + WINDOW_MS
    )


def about(at_ms: int) -> Range:
    """Return the part of the film that a question at this position may be about."""
    return max(0, at_ms - _ABOUT_MS), at_ms


def word(chance: Random) -> Asked:
    """Return a presence check: a word to choose that its own text shows. Text, so that every reader can read it."""
    shown = chance.sample(WORDS, OPTIONS_SHOWN)
    right = chance.randrange(OPTIONS_SHOWN)
    return Asked(Ask.WORD, f"Choose the word shown: {shown[right]}", tuple(shown), right)


def question(asked: ContentQuestion, chance: Random) -> Asked:
    """Return a question about the content with its options shuffled."""
    order = chance.sample(range(len(asked.options)), len(asked.options))
    return Asked(
        Ask.QUESTION,
        asked.prompt,
        tuple(asked.options[one] for one in order),
        order.index(asked.right),
        asked.question_id,
    )


def judge(asked_right: int, chosen: int, *, issued_ms: int, ttl_ms: int | None, age_ms: int) -> Answer:
    """Say what an answer is worth at an age, in the candidate's server time."""
    if ttl_ms is not None and age_ms - issued_ms > ttl_ms:
        return Answer.EXPIRED
    return Answer.RIGHT if chosen == asked_right else Answer.WRONG


def pause_left_ms(wrong_ages_ms: Sequence[int], age_ms: int) -> int:
    """Return how long a chunk's checkpoint rests after every tenth wrong answer; 0 when it may be asked."""
    if not wrong_ages_ms or len(wrong_ages_ms) % WRONG_MAX:
        return 0
    return max(0, max(wrong_ages_ms) + PAUSE_MS - age_ms)


def _touches(excluded: Ranges, at_ms: int) -> bool:
    return any(start < at_ms + 1 and at_ms - BEFORE_MS < end for start, end in excluded)
