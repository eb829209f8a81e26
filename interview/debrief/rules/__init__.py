"""What a panel's cards show together, what counts as disagreement, and which decision needs more words.

Pure: knows neither the database nor the web. Source: SCORING sections 3.8 and 6."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

ATTRIBUTE_RANGE_FLAG = 3
COMPOSITE_RANGE_FLAG = 2.0
COMPARED_MIN, COMPARED_MAX = 2, 5
REASON_AGAINST_ORDER_MIN_CHARS = 80
REASON_MAX_CHARS = 4000
FEEDBACK_MAX_CHARS = 8000


@dataclass(frozen=True, slots=True)
class Dot:
    """What one interviewer gave: a point on the scale, or None where it was not observed or not rated."""

    interviewer: str
    value: float | None


@dataclass(frozen=True, slots=True)
class Spread:
    """The dots of one attribute, or of the composite, of one candidate."""

    dots: tuple[Dot, ...]
    flag_range: float
    is_split: bool = False  # the dots are of different attributes, so their mean would say nothing
    split_mean: float | None = None  # the mean that counts then

    @property
    def values(self) -> tuple[float, ...]:
        """The points that were given, without what was not observed."""
        return tuple(dot.value for dot in self.dots if dot.value is not None)

    @property
    def count(self) -> int:
        """How many interviewers gave a point."""
        return len(self.values)

    @property
    def mean(self) -> float | None:
        """The mean of the given points; a missing one never counts as a number."""
        if self.is_split:
            return self.split_mean
        return sum(self.values) / self.count if self.values else None

    @property
    def range(self) -> float:
        """The distance between the highest and the lowest point."""
        return max(self.values) - min(self.values) if self.values else 0.0

    @property
    def is_disagreement(self) -> bool:
        """Tell whether the interviewers saw different things, so that the evidence should be read."""
        return self.count > 1 and not self.is_split and self.range >= self.flag_range - 1e-9


def attribute_spread(dots: Iterable[Dot]) -> Spread:
    """Return the spread of an attribute; it is flagged from a range of 3 points."""
    return Spread(tuple(dots), ATTRIBUTE_RANGE_FLAG)


def composite_spread(dots: Iterable[Dot]) -> Spread:
    """Return the spread of the interviewers' weighted means; it is flagged from a range of 2 points."""
    return Spread(tuple(dots), COMPOSITE_RANGE_FLAG)


DOT_WIDTH = 0.42  # of a dot as it is drawn, in points of the scale


def placed(spread: Spread) -> tuple[tuple[Dot, float, int], ...]:
    """Place dots on the 1-5 scale: (dot, position from 0 to 1, level); dots on one level do not overlap."""
    levels: list[list[float]] = []
    found = []
    for dot in spread.dots:
        if dot.value is None:
            continue
        at = dot.value
        free = (n for n, level in enumerate(levels) if all(abs(other - at) >= DOT_WIDTH for other in level))
        level = next(free, len(levels))
        if level == len(levels):
            levels.append([])
        levels[level].append(at)
        found.append((dot, (at - 1) / 4, level))
    return tuple(found)


# --- decisions ------------------------------------------------------------------------------------------------------


class Outcome(StrEnum):
    """What is decided about an application."""

    ADVANCE = "advance"
    HOLD = "hold"
    REJECT = "reject"
    HIRED = "hired"


OUTCOME_WORDS = {
    Outcome.ADVANCE: "Advance",
    Outcome.HOLD: "Hold",
    Outcome.REJECT: "Reject",
    Outcome.HIRED: "Hired",
}
FORWARD = frozenset({Outcome.ADVANCE, Outcome.HIRED})
FINAL = frozenset({Outcome.REJECT, Outcome.HIRED})


class RejectionReason(StrEnum):
    """Why an application ends, in the words of the list that reports count."""

    PRODUCT = "product_understanding"
    SELLING = "selling"
    EVIDENCE = "role_requirements"
    OTHER_CANDIDATE = "other_candidate"
    EXPECTATIONS = "expectations"
    WITHDREW = "withdrew"
    NO_SHOW = "did_not_come"
    POSITION_CLOSED = "position_closed"


REJECTION_WORDS = {
    RejectionReason.PRODUCT: "Did not understand the product well enough",
    RejectionReason.SELLING: "Selling did not meet the bar of this job",
    RejectionReason.EVIDENCE: "A requirement of the role is missing",
    RejectionReason.OTHER_CANDIDATE: "Another candidate fits this job better",
    RejectionReason.EXPECTATIONS: "Expectations on pay, place or start do not match",
    RejectionReason.WITHDREW: "The candidate withdrew",
    RejectionReason.NO_SHOW: "The candidate did not come and did not answer",
    RejectionReason.POSITION_CLOSED: "The position was closed",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What somebody decides: outcome, why in words, what else they knew, for a rejection the reason reports count."""

    outcome: Outcome
    reason: str
    rejection: RejectionReason | None = None
    other_information: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """A candidate of the same job and rubric version: composite of the panel, and the decision in force."""

    name: str
    mean: float | None
    outcome: Outcome | None = None


def passed_over(outcome: Outcome, own_mean: float | None, others: Sequence[Standing]) -> tuple[str, ...]:
    """Return who makes this decision one against the order of the composites; by name, in alphabetical order.

    Going forward passes over everybody with a higher composite who does not go forward; a rejection sets back behind
    everybody with a lower composite who does. Composites count with the one decimal that pages show."""
    if own_mean is None or outcome is Outcome.HOLD:
        return ()
    own = round(own_mean, 1)
    names = []
    for other in others:
        if other.mean is None:
            continue
        goes_forward = other.outcome in FORWARD
        if outcome in FORWARD and round(other.mean, 1) > own and not goes_forward:
            names.append(other.name)
        if outcome is Outcome.REJECT and round(other.mean, 1) < own and goes_forward:
            names.append(other.name)
    return tuple(sorted(names, key=str.casefold))


def verdict_problems(verdict: Verdict, against: Sequence[str]) -> dict[str, str]:
    """Return what keeps a verdict from being taken, by field: reason, rejection, other_information."""
    problems = {}
    if not verdict.reason:
        problems["reason"] = "Write why. The reason is kept with the decision."
    elif len(verdict.reason) > REASON_MAX_CHARS:
        problems["reason"] = f"Shorten the reason to {REASON_MAX_CHARS} characters."
    elif against and len(verdict.reason) < REASON_AGAINST_ORDER_MIN_CHARS:
        problems["reason"] = (
            f"{against_sentence(verdict.outcome, against)} Write at least {REASON_AGAINST_ORDER_MIN_CHARS} characters "
            "on what weighs more than the scorecards, so that the decision can be explained later."
        )
    if len(verdict.other_information) > REASON_MAX_CHARS:
        problems["other_information"] = f"Shorten the other information to {REASON_MAX_CHARS} characters."
    if verdict.outcome is Outcome.REJECT and verdict.rejection is None:
        problems["rejection"] = "Choose the rejection reason that fits best."
    return problems


def against_sentence(outcome: Outcome, against: Sequence[str]) -> str:
    """Say in words how a decision goes against the order of the composites."""
    names = " and ".join([", ".join(against[:-1]), against[-1]] if len(against) > 1 else against)
    if outcome in FORWARD:
        return f"The panel scored {names} higher, and this decision goes past them."
    return f"The panel scored {names} lower, and they go forward."


# --- in words -------------------------------------------------------------------------------------------------------


def whole(mean: float | None) -> str:
    """Return an attribute's mean as a whole point: decimals would claim more than a few ratings can carry."""
    return "–" if mean is None else str(int(mean + 0.5))


def one_decimal(mean: float | None) -> str:
    """Return a composite with one decimal, as everywhere on pages and in decisions."""
    return "–" if mean is None else f"{round(mean, 1):.1f}"


def point(value: float | None) -> str:
    """Return what one interviewer gave, in the fewest characters: 4, 3.4, or that it was not observed."""
    if value is None:
        return "not observed"
    return str(int(value)) if value == int(value) else one_decimal(value)


def described(spread: Spread) -> str:
    """Say in words what a row of dots shows."""
    given = ", ".join(f"{dot.interviewer} {point(dot.value)}" for dot in spread.dots)
    return f"{given}." if given else "No scorecard is in."


def short(name: str) -> str:
    """Return two letters that stand for a name on a dot; first names differ more within a panel than initials do."""
    return name.split()[0][:2] if name.strip() else ""
