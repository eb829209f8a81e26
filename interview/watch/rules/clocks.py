"""A candidate's own age in server milliseconds, kept across clock changes and reboots."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at the clocks: steady milliseconds within an epoch (a boot), and wall time beside them."""

    epoch: str
    ms: int
    wall_ms: int

    def since(self, before: "Reading") -> int:
        """Return the milliseconds since an earlier reading: by the steady clock, across epochs by the wall clock.

        Never negative. What a wrong wall clock could add after a reboot is limited by the budget's cap.
        """
        if self.epoch == before.epoch:
            return max(0, self.ms - before.ms)
        return max(0, self.wall_ms - before.wall_ms)

    def not_before(self, before: "Reading") -> "Reading":
        """Return the later of two readings of one epoch, so that a clock set back gives no time twice."""
        return before if self.epoch == before.epoch and self.ms < before.ms else self
