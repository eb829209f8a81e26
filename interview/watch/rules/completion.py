"""When a film counts as watched: tolerance, holes, and the numbers shown on the way. Integers, never rounded up."""

from dataclasses import dataclass
from typing import Self

from interview.watch.rules.ranges import Ranges, gaps, total_ms, union

DEFAULT_NEED_PERMILLE = 950
MAX_HOLE_MS = 15_000
MAX_TOLERANCE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Film:
    """What the server knows of one version of a film: its length, what of it does not count, how much is asked."""

    duration_ms: int
    excluded: Ranges = ()
    need_permille: int = DEFAULT_NEED_PERMILLE

    @property
    def counted_ms(self) -> int:
        """Return the length that counts: the duration without the excluded ranges."""
        return self.duration_ms - total_ms(self.excluded)

    def seen(self, covered: Ranges) -> Ranges:
        """Return what is covered together with what need not be."""
        return union(covered, self.excluded) if self.excluded else covered

    @property
    def tolerance_ms(self) -> int:
        """Return how much may be missing at the end (WATCH 3.6)."""
        counted_ms = self.counted_ms
        share_ms = (1000 - self.need_permille) * counted_ms // 1000
        return min(max(share_ms, min(1500, counted_ms // 4)), MAX_TOLERANCE_MS)

    @property
    def need_ms(self) -> int:
        """Return how much must be covered."""
        return self.counted_ms - self.tolerance_ms


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the coverage of one film has come; `done` may also come from an earlier, stored completion."""

    covered_ms: int
    need_ms: int
    pct: int
    done: bool
    missing: Ranges

    @classmethod
    def of(cls, film: Film, covered: Ranges, *, was_done: bool = False, waiting: bool = False) -> Self:
        """Measure the covered ranges against the film.

        `was_done` keeps a completion that was once reached; `waiting` says that a checkpoint is not confirmed yet.
        """
        missing = gaps(film.seen(covered), film.duration_ms)
        missing_ms = total_ms(missing)
        covered_ms = film.counted_ms - missing_ms
        largest_hole_ms = max((end - start for start, end in missing), default=0)
        enough = missing_ms <= film.tolerance_ms and largest_hole_ms <= MAX_HOLE_MS
        done = was_done or (enough and not waiting)
        need_ms = film.need_ms
        pct = 100 if done else min(99, 100 * min(covered_ms, need_ms) // need_ms)
        return cls(covered_ms, need_ms, pct, done, missing)
