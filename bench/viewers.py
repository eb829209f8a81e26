"""What candidates do, as pure functions of a seed: the scripts that the load generator plays against a server.

Times are milliseconds since the script began; pieces are milliseconds of the film. Knows no server and no clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from random import Random

SEEKING_SPEED_X100 = 125  # seekers watch parts twice: they play faster, so that the film still fits its own length
REWATCH_SHARE = 8  # a seeker lands up to an eighth of a chunk before where it left off
LONGEST_BATCH = 4
REPEAT_PERCENT = 25  # of a flaky viewer's beats arrive twice


class Kind(StrEnum):
    """How somebody watches; GREEDY is no honest viewer: it claims the whole film with every beat."""

    LINEAR = "linear"
    SEEKING = "seeking"
    FLAKY = "flaky"
    GREEDY = "greedy"


SHARES = {Kind.LINEAR: 70, Kind.SEEKING: 20, Kind.FLAKY: 10}
TAKEOVER_PERCENT = 5
LONG_FILM_MS = 3_600_000
Piece = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Report:
    """One beat: what was played since the last one. `number` counts in the order of playing, from 1."""

    number: int
    at_ms: int
    pieces: tuple[Piece, ...]
    pos_ms: int
    rate_x100: int = 100
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Sending:
    """What a viewer sends at one moment, in this order; with `takes_over` another device opens the film first."""

    at_ms: int
    reports: tuple[Report, ...]
    takes_over: bool = False


@dataclass(frozen=True, slots=True)
class Stretch:
    """The part of a film that a script plays, how often it reports, and how many times.

    Beats beyond the end of the stretch play it once more.
    """

    start_ms: int
    end_ms: int
    film_ms: int
    beat_ms: int
    beat_count: int


def mix(count: int, seed: int) -> list[Kind]:
    """Return how each of `count` honest viewers watches: exactly the shares, in random order."""
    kinds = [kind for kind, percent in SHARES.items() for _ in range(count * percent // 100)]
    kinds += [Kind.LINEAR] * (count - len(kinds))
    Random(seed).shuffle(kinds)
    return kinds


def takeovers(count: int, seed: int) -> frozenset[int]:
    """Return which of `count` viewers change to another device on the way."""
    return frozenset(Random(seed + 1).sample(range(count), count * TAKEOVER_PERCENT // 100))


def script(kind: Kind, stretch: Stretch, seed: int, *, takes_over: bool = False) -> Iterator[Sending]:
    """Return what one viewer sends; a viewer who takes over does so once, before one of the sendings."""
    random = Random(seed)
    sendings = {Kind.SEEKING: _seeking, Kind.FLAKY: _flaky, Kind.GREEDY: _greedy}.get(kind, _linear)(stretch, random)
    if not takes_over:
        return sendings
    return _taken_over(sendings, random.randint(1, stretch.beat_count))


def _linear(stretch: Stretch, _random: Random) -> Iterator[Sending]:
    for report in _played_through(stretch):
        yield Sending(report.at_ms, (report,))


def _flaky(stretch: Stretch, random: Random) -> Iterator[Sending]:
    """Play straight through, but hand the beats in several at once, out of order, some of them twice."""
    waiting: list[Report] = []
    batch = random.randint(1, LONGEST_BATCH)
    for report in _played_through(stretch):
        waiting.append(report)
        if len(waiting) >= batch or report.number == stretch.beat_count:
            twice = [one for one in waiting if random.randrange(100) < REPEAT_PERCENT]
            sent = waiting + twice
            random.shuffle(sent)
            yield Sending(report.at_ms, tuple(sent))
            waiting = []
            batch = random.randint(1, LONGEST_BATCH)


def _seeking(stretch: Stretch, random: Random) -> Iterator[Sending]:
    """Play the parts in random order, each a little too early, and go back to some when there is time left."""
    chunks = list(_chunks(stretch, random))
    random.shuffle(chunks)
    budget_ms = stretch.beat_ms * SEEKING_SPEED_X100 // 100
    at = number = 0
    played: list[Piece] = []
    room_ms = budget_ms
    while number < stretch.beat_count:
        start, end = chunks[at % len(chunks)]
        at += 1
        while start < end:
            reached = min(end, start + room_ms)
            played.append((start, reached))
            room_ms -= reached - start
            start = reached
            if room_ms == 0:
                number += 1
                at_ms = number * stretch.beat_ms
                yield Sending(at_ms, (Report(number, at_ms, tuple(played), reached, SEEKING_SPEED_X100),))
                played, room_ms = [], budget_ms
                if number == stretch.beat_count:
                    return


def _chunks(stretch: Stretch, random: Random) -> Iterator[Piece]:
    """Cut the stretch into parts of different lengths, each begun a little before the last one ends."""
    length_ms = stretch.end_ms - stretch.start_ms
    start = stretch.start_ms
    while start < stretch.end_ms:
        shortest_ms = min(30_000, max(1500, length_ms // 12))
        wanted_ms = random.randint(shortest_ms, max(3000, min(60_000, length_ms // 5)))
        end = min(stretch.end_ms, start + wanted_ms)
        yield max(stretch.start_ms, start - random.randint(0, (end - start) // REWATCH_SHARE)), end
        start = end


def _greedy(stretch: Stretch, _random: Random) -> Iterator[Sending]:
    for number in range(1, stretch.beat_count + 1):
        everything = Report(number, number * stretch.beat_ms, ((0, stretch.film_ms),), stretch.film_ms, ended=True)
        yield Sending(everything.at_ms, (everything,))


def _played_through(stretch: Stretch) -> Iterator[Report]:
    start = stretch.start_ms
    for number in range(1, stretch.beat_count + 1):
        end = min(start + stretch.beat_ms, stretch.end_ms)
        yield Report(number, number * stretch.beat_ms, ((start, end),), end, ended=end == stretch.film_ms)
        start = end if end < stretch.end_ms else stretch.start_ms


def _taken_over(sendings: Iterator[Sending], at: int) -> Iterator[Sending]:
    """Mark the sending that holds the beat with number `at`."""
    marked = False
    for sending in sendings:
        marks = not marked and any(report.number >= at for report in sending.reports)
        marked = marked or marks
        yield Sending(sending.at_ms, sending.reports, takes_over=marks)


def films(count: int, beat_ms: int, beat_count: int, *, per_s: float) -> list[int]:
    """Return the length of the film that each of `count` viewers watches in a run of `beat_count` beats.

    So many watch a film that ends within the run that `per_s` complete one every second, as in a crowd in the middle of
    films of ten minutes; the others are in the middle of a long one. Lengths differ, so that not all complete at once.
    """
    finishers = min(count, round(per_s * beat_count * beat_ms / 1000))
    lengths = range(max(1, -(-beat_count // 4)), beat_count + 1)
    ends = [lengths[number % len(lengths)] * beat_ms for number in range(finishers)]
    return sorted(ends) + [LONG_FILM_MS] * (count - finishers)
