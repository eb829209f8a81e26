"""The credit rule: one budget of server time per candidate decides how much of what players claim is believed.

Times are milliseconds of the candidate's own age: server time since the first lease, never running backwards.
For every candidate, at any age: covered over all materials <= START_MS + RATE * age (WATCH 3.1, 3.4).
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from interview.watch.rules.beats import Beat, check_clock, fit_to_film
from interview.watch.rules.completion import Film, Progress
from interview.watch.rules.ranges import MAX_RANGES, Range, Ranges, affordable_end, join

START_MS = 2000
RATE = 2
CAP_MS = RATE * 30 * 60 * 1000
LATE_SLACK_MS = 1000
LATE_FOR_MS = 24 * 60 * 60 * 1000
TAIL_MS = 1000
SEEN_WINDOW = 256
BURST = 20
SPACING_MS = 1000
_TAG_BYTES = 2  # a beat taken for another of its number is credited nothing, so a short tag is enough


class Verdict(StrEnum):
    """What became of a beat, in the protocol's words."""

    OK = "ok"
    DUPLICATE = "dup"
    SHORT = "short"
    SUPERSEDED = "superseded"
    CONFLICT = "seq_conflict"


@dataclass(frozen=True, slots=True)
class Pace:
    """A limit of one event a second with a burst of twenty, kept as the age at which the bucket is full again."""

    due_ms: int = 0

    def wait_ms(self, age_ms: int) -> int:
        """Return how long the caller must wait before the next event; 0 when it may come now."""
        return max(0, self.due_ms - age_ms - (BURST - 1) * SPACING_MS)

    def after_one(self, age_ms: int) -> "Pace":
        """Return the pace after one event now."""
        return Pace(max(self.due_ms, age_ms) + SPACING_MS)


@dataclass(frozen=True, slots=True)
class Budget:
    """What a candidate may still be credited, at an age."""

    budget_ms: int = START_MS
    age_ms: int = 0

    def refilled(self, age_ms: int) -> "Budget":
        """Return the budget at a later age; an earlier one changes nothing."""
        passed_ms = max(0, age_ms - self.age_ms)
        return Budget(min(CAP_MS, self.budget_ms + RATE * passed_ms), self.age_ms + passed_ms)


@dataclass(frozen=True, slots=True)
class Lease:
    """One play session: when it began, the beats it has seen, and what it may hand in once superseded.

    `seen` holds a tag for each of the last numbers up to `max_seq`, oldest first.
    """

    opened_ms: int
    last_ms: int
    max_seq: int = 0
    seen: bytes = b""
    late_ms: int | None = None
    superseded_ms: int | None = None

    def superseded(self, age_ms: int) -> "Lease":
        """Return the lease after another took over: it may hand in what it could have played since its last beat."""
        return replace(self, late_ms=RATE * max(0, age_ms - self.last_ms) + LATE_SLACK_MS, superseded_ms=age_ms)

    def allowance_ms(self, budget: Budget) -> int:
        """Return how much this lease may be credited now."""
        if self.late_ms is None or self.superseded_ms is None:
            return budget.budget_ms
        if budget.age_ms - self.superseded_ms > LATE_FOR_MS:
            return 0
        return min(budget.budget_ms, self.late_ms)

    def known(self, beat: Beat) -> Verdict | None:
        """Return DUPLICATE or CONFLICT for a sequence number seen or too old to tell, None for a new one."""
        if beat.seq < self.max_seq - SEEN_WINDOW:
            return Verdict.DUPLICATE
        if beat.seq > self.max_seq:
            return None
        at = len(self.seen) - _TAG_BYTES * (self.max_seq - beat.seq + 1)
        tag = self.seen[max(0, at) : max(0, at + _TAG_BYTES)]
        if not any(tag):
            return None
        return Verdict.DUPLICATE if tag == _tag(beat) else Verdict.CONFLICT

    def having_seen(self, beat: Beat) -> bytes:
        """Return the window of seen beats with this one added and what fell out of it gone."""
        back = self.max_seq - beat.seq
        if back < 0:
            unseen = bytes(_TAG_BYTES * min(-back - 1, SEEN_WINDOW))
            return (self.seen + unseen + _tag(beat))[-_TAG_BYTES * (SEEN_WINDOW + 1) :]
        padded = self.seen.rjust(_TAG_BYTES * (back + 1), b"\0")
        at = len(padded) - _TAG_BYTES * (back + 1)
        return padded[:at] + _tag(beat) + padded[at + _TAG_BYTES :]


def _tag(beat: Beat) -> bytes:
    """Return what is kept of a beat to know it again: never zero, which stands for not seen."""
    return (beat.digest % (2**16 - 1) + 1).to_bytes(_TAG_BYTES)


@dataclass(frozen=True, slots=True)
class Credited:
    """What crediting some pieces gave: the new coverage, its growth, and the pieces the budget did not reach."""

    covered: Ranges
    credited_ms: int
    short: tuple[Range, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The whole effect of one beat: what to answer and what to store."""

    verdict: Verdict
    budget: Budget
    lease: Lease
    credited: Credited
    progress: Progress


def credit(covered: Ranges, pieces: tuple[Range, ...], allow_ms: int) -> Credited:
    """Credit, piece by piece in order, the longest prefix the allowance pays for; joined gaps are paid too."""
    credited_ms = 0
    short: list[Range] = []
    for start, end in pieces:
        reached = affordable_end(covered, start, end, allow_ms - credited_ms)
        if reached > start:
            grown, growth_ms = join(covered, start, reached)
            if len(grown) > MAX_RANGES:
                reached = start
            else:
                covered, credited_ms = grown, credited_ms + growth_ms
        if reached < end:
            short.append((reached, end))
    return Credited(covered, credited_ms, tuple(short))


def with_tail(pieces: tuple[Range, ...], covered: Ranges, duration_ms: int) -> tuple[Range, ...]:
    """Return the pieces of an `ended` beat with the last second closed; players stop a little before the end."""
    last_end = max((end for _, end in (*covered[-1:], *pieces)), default=0)
    if 0 < duration_ms - last_end <= TAIL_MS and last_end > 0:
        return (*pieces, (last_end, duration_ms))
    return pieces


def receive(
    budget: Budget,
    lease: Lease,
    covered: Ranges,
    film: Film,
    beat: Beat,
    *,
    was_done: bool,
    waiting: bool = False,
) -> Outcome:
    """Judge one beat against the budget (refilled to now) and the lease; raise Invalid for impossible values.

    Order of WATCH 3.4: values, sequence, allowance, credit. Duplicates and conflicts change nothing.
    """
    pieces = fit_to_film(beat, film.duration_ms)
    check_clock(beat, budget.age_ms - lease.opened_ms)
    if known := lease.known(beat):
        unchanged = Credited(covered, 0, ())
        progress = Progress.of(film, covered, was_done=was_done, waiting=waiting)
        return Outcome(known, budget, lease, unchanged, progress)
    if beat.ended:
        pieces = with_tail(pieces, covered, film.duration_ms)
    credited = credit(covered, pieces, lease.allowance_ms(budget))
    after = replace(
        lease,
        last_ms=budget.age_ms if lease.late_ms is None else lease.last_ms,
        max_seq=max(lease.max_seq, beat.seq),
        seen=lease.having_seen(beat),
        late_ms=None if lease.late_ms is None else lease.late_ms - min(lease.late_ms, credited.credited_ms),
    )
    verdict = Verdict.SHORT if credited.short else Verdict.OK
    return Outcome(
        Verdict.SUPERSEDED if lease.late_ms is not None else verdict,
        replace(budget, budget_ms=budget.budget_ms - credited.credited_ms),
        after,
        credited,
        Progress.of(film, credited.covered, was_done=was_done, waiting=waiting),
    )
