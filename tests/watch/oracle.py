"""The credit rule once more, slow and plain, from the words of WATCH 3.4 to 3.6: a byte for every millisecond.

Shares no code and no number with interview/watch, so that a slip there is not repeated here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Bitmap = NDArray[np.bool_]
Piece = tuple[int, int]

START_MS, RATE, CAP_MS, JOIN_MS = 2_000, 2, 3_600_000, 1_000
LATE_SLACK_MS, LATE_FOR_MS, TAIL_MS, OVERHANG_MS, CLOCK_SLACK_MS = 1_000, 86_400_000, 1_000, 1_500, 2_000
WINDOW, BURST_MS, SPACING_MS = 256, 20_000, 1_000


@dataclass
class OracleFilm:
    """One version of a film: how long it is, what of it does not count, how much is asked."""

    duration_ms: int
    excluded: tuple[Piece, ...] = ()
    need_permille: int = 950

    def is_complete(self, covered: Bitmap) -> bool:
        """Say whether this coverage is enough (WATCH 3.6, without checkpoints)."""
        missing = ~covered
        counted_ms = self.duration_ms
        for start, end in self.excluded:
            missing[start:end] = False
            counted_ms -= end - start
        share_ms = (1000 - self.need_permille) * counted_ms // 1000
        tolerance_ms = min(max(share_ms, min(1500, counted_ms // 4)), 60_000)
        largest_hole_ms = max((end - start for start, end in runs(missing)), default=0)
        return int(missing.sum()) <= tolerance_ms and largest_hole_ms <= 15_000


@dataclass
class OracleLease:
    """What the oracle remembers of a play session."""

    film: OracleFilm
    key: tuple[int, int]  # material and version
    opened_ms: int
    last_ms: int
    max_seq: int = 0
    seen: dict[int, dict[str, Any]] = field(default_factory=dict)
    superseded_ms: int | None = None
    late_ms: int = 0


@dataclass
class Judged:
    """What has to become of a beat."""

    reason: str
    credited_ms: int = 0
    short: list[Piece] = field(default_factory=list)


@dataclass
class OracleClock:
    """What the clocks showed at a moment, and how much time had truly passed."""

    epoch: str
    ms: int
    wall_ms: int
    true_ms: int


@dataclass
class OracleViewer:
    """One candidate: a bitmap for each film, and one bucket of server time for all of them."""

    covered: dict[tuple[int, int], Bitmap] = field(default_factory=dict)
    leases: dict[str, OracleLease] = field(default_factory=dict)
    current: str = ""
    clock: OracleClock | None = None
    first_true_ms: int = 0
    age_ms: int = 0
    budget_ms: int = START_MS
    beats_left_ms: int = BURST_MS
    opens_left_ms: int = BURST_MS
    gift_ms: int = 0  # what wrong wall clocks can have given at most, in content

    def credited_ms(self) -> int:
        """Return how much is covered, over all films."""
        return sum(int(bits.sum()) for bits in self.covered.values())

    def at(self, clock: OracleClock) -> int:
        """Return how many server milliseconds passed since the clocks were last noted."""
        before = self.clock or clock
        if clock.epoch == before.epoch:
            return max(0, clock.ms - before.ms)
        return max(0, clock.wall_ms - before.wall_ms)

    def refill(self, clock: OracleClock) -> None:
        """Let time pass: budget and paces fill up."""
        passed_ms = self.at(clock)
        before = self.clock or clock
        if self.clock is None:
            self.first_true_ms = clock.true_ms
        self.gift_ms += min(CAP_MS, RATE * max(0, passed_ms - (clock.true_ms - before.true_ms)))
        self.age_ms += passed_ms
        self.budget_ms = min(CAP_MS, self.budget_ms + RATE * passed_ms)
        self.beats_left_ms = min(BURST_MS, self.beats_left_ms + passed_ms)
        self.opens_left_ms = min(BURST_MS, self.opens_left_ms + passed_ms)
        if clock.epoch != before.epoch or clock.ms >= before.ms:
            self.clock = clock

    def may_open(self, clock: OracleClock) -> bool:
        """Say whether a lease may be opened now, or too many were."""
        return min(BURST_MS, self.opens_left_ms + self.at(clock)) >= SPACING_MS

    def open(self, lease_id: str, film: OracleFilm, key: tuple[int, int], clock: OracleClock) -> None:
        """Open a lease in place of the current one, which may still hand in what it could have played."""
        self.refill(clock)
        self.opens_left_ms -= SPACING_MS
        if self.current:
            old = self.leases[self.current]
            old.superseded_ms = self.age_ms
            old.late_ms = RATE * (self.age_ms - old.last_ms) + LATE_SLACK_MS
        self.current = lease_id
        self.leases[lease_id] = OracleLease(film, key, self.age_ms, self.age_ms)
        self.covered.setdefault(key, np.zeros(film.duration_ms, dtype=bool))

    def receive(self, lease_id: str, body: dict[str, Any], clock: OracleClock) -> Judged:
        """Judge a beat of an own lease on a film that is still shown."""
        lease = self.leases[lease_id]
        passed_ms = self.at(clock)
        if min(BURST_MS, self.beats_left_ms + passed_ms) < SPACING_MS:
            return Judged("slow_down")
        duration_ms = lease.film.duration_ms
        if body["pos"] > duration_ms + OVERHANG_MS or any(one[1] > duration_ms + OVERHANG_MS for one in body["segs"]):
            return Judged("bad_range")
        if body["mono"] > self.age_ms + passed_ms - lease.opened_ms + CLOCK_SLACK_MS:
            return Judged("mono")
        self.refill(clock)
        self.beats_left_ms -= SPACING_MS
        seq = body["seq"]
        if seq < lease.max_seq - WINDOW:
            return Judged("dup")
        if seq in lease.seen:
            return Judged("dup" if lease.seen[seq] == body else "seq_conflict")
        return self._credit(lease, lease_id == self.current, body)

    def _credit(self, lease: OracleLease, is_current: bool, body: dict[str, Any]) -> Judged:
        allow_ms = self.budget_ms
        if lease.superseded_ms is not None:
            is_open = self.age_ms - lease.superseded_ms <= LATE_FOR_MS
            allow_ms = min(allow_ms, lease.late_ms) if is_open else 0
        covered, duration_ms = self.covered[lease.key], lease.film.duration_ms
        pieces = [(one[0], min(one[1], duration_ms)) for one in body["segs"] if one[0] < duration_ms]
        if body["state"] == "ended":
            last = max([end for _, end in [*pieces, *runs(covered)]], default=0)
            if last and 0 < duration_ms - last <= TAIL_MS:
                pieces.append((last, duration_ms))
        judged = Judged("ok")
        for start, end in pieces:
            upto = longest_prefix(covered, start, end, allow_ms - judged.credited_ms)
            if upto > start:
                before = int(covered.sum())
                covered = with_piece(covered, start, upto)
                judged.credited_ms += int(covered.sum()) - before
            if upto < end:
                judged.short.append((upto, end))
        self.covered[lease.key] = covered
        self.budget_ms -= judged.credited_ms
        lease.max_seq = max(lease.max_seq, body["seq"])
        lease.seen[body["seq"]] = body
        if is_current:
            lease.last_ms = self.age_ms
            judged.reason = "short" if judged.short else "ok"
        else:
            lease.late_ms = max(0, lease.late_ms - judged.credited_ms)
            judged.reason = "superseded"
        return judged


def runs(bits: Bitmap) -> list[Piece]:
    """Return the stretches of set milliseconds, each as [first, behind the last)."""
    framed = np.concatenate(([False], bits, [False]))
    edges = np.flatnonzero(framed[1:] != framed[:-1])
    return [(int(start), int(end)) for start, end in zip(edges[::2], edges[1::2], strict=True)]


def with_piece(covered: Bitmap, start: int, end: int) -> Bitmap:
    """Return the coverage with [start, end) in it and every gap shorter than JOIN_MS closed."""
    bits = covered.copy()
    bits[start:end] = True
    stretches = runs(bits)
    for (_, left), (right, _) in pairwise(stretches):
        if right - left < JOIN_MS:
            bits[left:right] = True
    return bits


def longest_prefix(covered: Bitmap, start: int, end: int, allow_ms: int) -> int:
    """Return the largest x such that [start, x) adds no more than is allowed, the closed gaps included."""
    before = int(covered.sum())

    def fits(upto: int) -> bool:
        return int(with_piece(covered, start, upto).sum()) - before <= allow_ms

    if fits(end):
        return end
    low, high = start, end  # what [start, x) adds never shrinks as x grows, so halving finds the edge
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def as_ranges(bits: Bitmap) -> Sequence[Piece]:
    """Return the coverage as ranges."""
    return tuple(runs(bits))
