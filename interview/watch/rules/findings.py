"""What the team reads about watching, in words that claim no more than was observed, and signals that decide nothing.

A muted player or a page in the background says something about ears, eyes and screens, so neither is ever a signal by
itself.
"""

from dataclasses import dataclass

from interview.watch.rules.material import Tier

_MACHINE_BEATS = 20  # fewer say nothing about how even they come
_WRONG_MANY = 10


@dataclass(frozen=True, slots=True)
class Signal:
    """Something unusual, and the honest reasons it often has."""

    words: str
    often: str


@dataclass(frozen=True, slots=True)
class Reports:
    """What players and answers looked like for one piece of material; counts over all sessions."""

    beat_count: int = 0
    hidden_count: int = 0
    paused_count: int = 0
    even_count: int = 0
    clock_count: int = 0
    answer_count: int = 0
    quick_count: int = 0
    wrong_count: int = 0
    undelivered_ms: int = 0


def finding(
    tier: Tier,
    *,
    covered_ms: int,
    duration_ms: int,
    session_count: int,
    confirmed_count: int,
    check_count: int,
    is_attested: bool,
) -> str:
    """Return what was found: "Coverage 97 % observed, 41 min over 2 sessions, 6/6 checkpoints"; rounded down."""
    if tier is Tier.ATTESTED:
        return "Attested, not observed" if is_attested else "Not attested"
    if not covered_ms:
        return "Nothing observed yet"
    share = "Full coverage" if covered_ms >= duration_ms else f"Coverage {100 * covered_ms // duration_ms} %"
    minutes = covered_ms // 60_000
    length = f"{minutes} min" if minutes else f"{covered_ms // 1000} s"
    sessions = "1 session" if session_count == 1 else f"{session_count} sessions"
    checks = f", {confirmed_count}/{check_count} checkpoints" if check_count else ""
    return f"{share} {tier.words}, {length} over {sessions}{checks}"


def signals(reports: Reports) -> tuple[Signal, ...]:
    """Return what a reviewer may want to ask about; none of it has taken anything away."""
    found = []
    if (
        reports.beat_count >= _MACHINE_BEATS
        and reports.hidden_count == reports.beat_count
        and not reports.paused_count
        and 10 * reports.even_count >= 9 * reports.beat_count
    ):
        found.append(
            Signal(
                "The player's reports came like clockwork, from a page in the background, without a single pause.",
                "A script looks like this. So does a computer left playing; the questions on the way tell them apart.",
            )
        )
    if reports.quick_count:
        found.append(
            Signal(
                f"{reports.quick_count} of {reports.answer_count} answers came in less than a second.",
                "Hardly anybody reads and chooses so fast. The knowledge check shows what was understood.",
            )
        )
    if reports.wrong_count >= _WRONG_MANY:
        found.append(
            Signal(
                f"{reports.wrong_count} answers on the way were wrong.",
                "Guessing looks like this. So does a translated page, or an unclear voice of a screen reader.",
            )
        )
    if reports.clock_count:
        times = "once" if reports.clock_count == 1 else f"{reports.clock_count} times"
        found.append(
            Signal(
                f"The player's clock ran ahead of the server's {times}; those reports were not taken.",
                "A sped-up page looks like this. So does a computer whose clock was set while it played.",
            )
        )
    if reports.undelivered_ms >= 60_000:
        found.append(
            Signal(
                f"{reports.undelivered_ms // 60_000} min were reported as played that were never sent to a player.",
                "Reports without a player look like this. So does a film that another device had loaded before.",
            )
        )
    return tuple(found)
