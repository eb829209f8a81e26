"""A plain link: nothing of it is observed, so it takes time since the first opening and the candidate's own word."""

from interview.watch.rules.credit import RATE


def attestation(title: str) -> str:
    """Return the words that a candidate agrees to; they are stored as they were shown."""
    return f"I have watched the recording “{title}” from beginning to end, at normal or up to double speed."


def wait_ms(duration_ms: int) -> int:
    """Return how long after the first opening the attestation is taken: the recording at double speed."""
    return -(-duration_ms // RATE)


def left_ms(duration_ms: int, opened_for_ms: int | None) -> int:
    """Return how much of the wait is left; all of it while the link was never opened."""
    return max(0, wait_ms(duration_ms) - (opened_for_ms or 0))
