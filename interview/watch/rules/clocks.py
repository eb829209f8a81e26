"""A candidate's own age in server milliseconds, kept across clock changes and reboots."""

from dataclasses import dataclass

DISAGREE_MS = 60 * 1000


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at the clocks: steady milliseconds within an epoch (a boot), and wall time beside them."""

    epoch: str
    ms: int
    wall_ms: int

    def since(self, before: "Reading") -> int:
        """Return the milliseconds since an earlier reading: by the steady clock, across epochs by the wall clock.

        Never negative. What a wrong clock could add is limited by the budget's cap.
        """
        if self.epoch == before.epoch:
            return max(0, self.ms - before.ms)
        return max(0, self.wall_ms - before.wall_ms)

    def jumped_ms(self, before: "Reading") -> int:
        """Return by how much the clocks disagree about the time since an earlier reading of one epoch; 0 for a little.

        A clock that was set, a suspended machine or a changed time source shows here.
        """
        if self.epoch != before.epoch:
            return 0
        apart_ms = (self.ms - before.ms) - (self.wall_ms - before.wall_ms)
        return apart_ms if abs(apart_ms) > DISAGREE_MS else 0

    def not_before(self, before: "Reading") -> "Reading":
        """Return the later of two readings of one epoch, so that a clock set back gives no time twice."""
        return before if self.epoch == before.epoch and self.ms < before.ms else self
