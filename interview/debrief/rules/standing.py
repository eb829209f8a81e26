"""Where candidates stand to each other, in words: pairs, possible ranks, flags, and what few ratings cannot carry.

Pure; takes the numbers from the agreement room and does none of its own. Source: SCORING sections 3.6, 3.11 and 6."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import combinations
from statistics import correlation, fmean
from typing import Final

from interview.agreement.rules.analysis import Analysis, Components, Interval, Scored, analyse

FLAGS_SHOWN: Final = 5
CRITICAL_RANGE_FLAG: Final = 2
INTERVIEWERS_WANTED: Final = 3
MODEL_CANDIDATES_MIN: Final = 5
DEPENDABILITY_CANDIDATES_MIN: Final = 10
ORDER_CANDIDATES_MIN: Final = 30
DEPENDABILITY_FLAG: Final = 0.50
WITHIN_ONE_AGREES: Final = 0.80
LATE_HOURS: Final = 24
OPEN_BELOW: Final = 0.75

Point = tuple[str, str, float]  # candidate, interviewer, weighted mean of that card


# --- two candidates -------------------------------------------------------------------------------------------------


def pair_words(a: str, b: str, p_a_above_b: float) -> str:
    """Say how two candidates stand to each other, given the probability that the first is the stronger."""
    if p_a_above_b < 0.5:
        return pair_words(b, a, 1 - p_a_above_b)
    if p_a_above_b < OPEN_BELOW:
        return f"{a} and {b} cannot be told apart."
    if p_a_above_b < 0.90:
        return f"{a} and {b}: leaning towards {a}. Treat it as open."
    if p_a_above_b <= 0.97:
        return f"{a} is probably stronger than {b}."
    return f"{a} is clearly stronger than {b} on this exercise."


def frequency_words(a: str, b: str, p_a_above_b: float) -> str:
    """Say the same probability as a number of times, which readers judge better than a percentage."""
    if p_a_above_b < 0.5:
        return frequency_words(b, a, 1 - p_a_above_b)
    if p_a_above_b >= 0.995:
        times = "more than 99 times in 100"
    elif p_a_above_b > 0.95:
        times = f"about {round(p_a_above_b * 100)} times in 100"
    else:
        times = f"about {round(p_a_above_b * 10)} times in 10"
    return f"If the same candidates were rated by another panel like this, {a} would come out ahead {times}."


def rank_words(lowest: int, highest: int) -> str:
    """Say which places a candidate may really have: 1-4."""
    return f"place {lowest}" if lowest == highest else f"place {lowest}–{highest}"


@dataclass(frozen=True, slots=True)
class Placed:
    """A candidate in the analysis: the record, the estimate, and how severe the interviewers met were on average."""

    name: str
    mean: float
    adjusted: float
    severity: float | None = None  # of the interviewers met, in points; above 0 rates lower than the others


@dataclass(frozen=True, slots=True)
class Reversal:
    """Two candidates whose order the plain means and the adjusted estimates tell differently."""

    ahead_by_mean: Placed
    ahead_by_estimate: Placed

    @property
    def words(self) -> str:
        """Say what reverses, with the numbers and the reason."""
        first, second = self.ahead_by_mean, self.ahead_by_estimate
        because = "the interviewers they met differ in how strictly they rate"
        if first.severity is not None and second.severity is not None and second.severity > first.severity:
            because = f"{second.name} met stricter interviewers"
        return (
            f"The means put {first.name} above {second.name} ({first.mean:.1f} to {second.mean:.1f}), the adjusted "
            f"estimates {second.name} above {first.name} ({second.adjusted:.1f} to {first.adjusted:.1f}): {because}."
        )


def reversals(placed: Sequence[Placed]) -> tuple[Reversal, ...]:
    """Return the pairs whose order reverses, counting only what is seen at the one decimal that pages show."""
    found = []
    for one, other in combinations(placed, 2):
        first, second = (one, other) if one.mean >= other.mean else (other, one)
        by_mean = round(first.mean, 1) - round(second.mean, 1)
        by_estimate = round(second.adjusted, 1) - round(first.adjusted, 1)
        if by_mean >= 0 and by_estimate > 0 and first.mean > second.mean:
            found.append(Reversal(first, second))
    return tuple(found)


# --- everybody ------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def analysed(points: tuple[Point, ...], borrowed: Components | None = None) -> Analysis:
    """Analyse an opening's weighted means; the same points, which `in_order` makes, are worked out once a process."""
    return analyse([Scored(candidate, rater, None, value) for candidate, rater, value in points], borrowed=borrowed)


def in_order(points: Iterable[Point]) -> tuple[Point, ...]:
    """Return points in the one order that makes equal content an equal key."""
    return tuple(sorted(points))


def pooled(found: Sequence[tuple[int, Components]]) -> Components | None:
    """Return the components of other openings together, each counting by its number of candidates."""
    count = sum(candidates for candidates, _ in found)
    if not count:
        return None
    return Components(
        *(
            sum(candidates * getattr(one, name) for candidates, one in found) / count
            for name in ("candidate", "rater", "residual")
        )
    )


@dataclass(frozen=True, slots=True)
class Estimated:
    """One candidate's record beside the estimate: the comparative interval, the one of the own report, the places."""

    key: str
    placed: Placed
    comparative: Interval
    interval: Interval
    tier: int
    ranks: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Advice:
    """What the estimates add to the record, in words; none of it replaces the plain weighted mean."""

    everybody: tuple[Estimated, ...]  # by name
    pairs: tuple[tuple[str, str, float], ...]  # two names of those looked at, and the probability
    best_of_n: float | None
    is_borrowed: bool

    def of(self, key: str) -> Estimated | None:
        """Return a candidate's estimate, None for who has no complete panel."""
        return next((one for one in self.everybody if one.key == key), None)

    def reversals(self, looked_at: Collection[int]) -> tuple[Reversal, ...]:
        """Return the pairs, of those looked at, whose order the means and the estimates tell differently."""
        keys = {str(one) for one in looked_at}
        return reversals([one.placed for one in self.everybody if one.key in keys])

    @property
    def tiers(self) -> tuple[tuple[Estimated, ...], ...]:
        """Groups from the top, in alphabetical order inside each."""
        numbers = sorted({one.tier for one in self.everybody})
        return tuple(tuple(one for one in self.everybody if one.tier == number) for number in numbers)

    @property
    def not_told_apart(self) -> tuple[str, ...]:
        """The pairs of which nobody can say who is stronger: shown with the record, as it favours nobody."""
        return tuple(pair_words(*pair) for pair in self.pairs if max(pair[2], 1 - pair[2]) < OPEN_BELOW)

    @property
    def best_words(self) -> str:
        """Say how often the candidate at the top is truly the best."""
        if self.best_of_n is None:
            return ""
        return (
            f"With panels like these, the top-scored of {len(self.everybody)} candidates is truly the best about "
            f"{round(self.best_of_n * 10)} times in 10."
        )


def advise(analysis: Analysis, names: Mapping[str, str], looked_at: Collection[str], points: Sequence[Point]) -> Advice:
    """Put an analysis into the words for some of its candidates; names are by the candidates' keys."""
    effects = {one.rater: one.effect for one in analysis.raters if one.effect is not None}
    met: dict[str, list[float]] = defaultdict(list)
    for candidate, rater, _ in points:
        if rater in effects:
            met[candidate].append(-effects[rater])
    everybody = [
        Estimated(
            key=one.candidate,
            placed=Placed(
                names[one.candidate],
                one.mean,
                one.adjusted,
                fmean(met[one.candidate]) if met[one.candidate] else None,
            ),
            comparative=one.comparative,
            interval=one.interval,
            tier=one.tier,
            ranks=one.ranks,
        )
        for one in analysis.candidates
        if one.mean is not None
        and one.adjusted is not None
        and one.comparative is not None
        and one.interval is not None
        and one.tier is not None
        and one.ranks is not None
    ]
    return Advice(
        everybody=tuple(sorted(everybody, key=lambda one: (one.placed.name.casefold(), one.key))),
        pairs=tuple(
            (names[one.a], names[one.b], one.p_a_above_b)
            for one in analysis.pairs
            if one.a in looked_at and one.b in looked_at
        ),
        best_of_n=analysis.best_of_n,
        is_borrowed=analysis.borrowed,
    )


# --- what few ratings carry -----------------------------------------------------------------------------------------


class Footing(StrEnum):
    """How much the ratings of an opening can carry."""

    SINGLE = "single"
    DIFFERENCES = "differences"
    MODEL = "model"
    APART = "apart"
    ALIKE = "alike"


def footing(points: Sequence[Point]) -> Footing:
    """Return what may be shown for the weighted means of an opening."""
    candidates, interviewers = {one for one, _, _ in points}, {one for _, one, _ in points}
    if points and len(points) == len(candidates):
        return Footing.SINGLE
    if len(candidates) < MODEL_CANDIDATES_MIN or len(interviewers) < INTERVIEWERS_WANTED:
        return Footing.DIFFERENCES
    return Footing.MODEL


FOOTING_WORDS: Final = {
    Footing.SINGLE: "One interviewer a candidate: there is no reliability information, so no interval and no order is "
    "shown. Put at least two people on a panel.",
    Footing.DIFFERENCES: f"Too few ratings for an estimate: it needs {MODEL_CANDIDATES_MIN} candidates with complete "
    f"panels and {INTERVIEWERS_WANTED} different interviewers, or other openings on this rubric to borrow from. "
    "Compare the differences attribute by attribute.",
    Footing.ALIKE: "No estimate: the weighted means are all equal, so they cannot tell these candidates apart.",
    Footing.APART: "No estimate: some of these candidates share no interviewer with the others, so how strictly each "
    "panel rates cannot be told from how good its candidates are. Let panels overlap.",
}


def within_one(rows: Iterable[Sequence[float]]) -> float | None:
    """Return the share of pairs of ratings of the same thing that are at most one point apart; None without a pair."""
    pairs = [abs(one - other) <= 1 + 1e-9 for values in rows for one, other in combinations(values, 2)]
    return sum(pairs) / len(pairs) if pairs else None


def agreement_words(ratings: Iterable[Sequence[float]]) -> str:
    """Return how often interviewers rated the same attribute at most one point apart, empty without a pair."""
    share = within_one(ratings)
    if share is None:
        return ""
    return f"Of all pairs of ratings of the same attribute, {share * 100:.0f} % are at most one point apart."


def separation_words(candidate_count: int, dependability: float | None, ratings: Iterable[Sequence[float]]) -> str:
    """Return the banner for ratings that hardly distinguish the candidates, empty where there is nothing to say.

    `ratings` has a row for each candidate and attribute; it is gone through only where it matters."""
    if dependability is None or candidate_count < DEPENDABILITY_CANDIDATES_MIN or dependability >= DEPENDABILITY_FLAG:
        return ""
    agreement = within_one(ratings)
    if agreement is not None and agreement >= WITHIN_ONE_AGREES:
        return (
            "Raters agree but these scores hardly distinguish the candidates: both are true. Look for what differs in "
            "the evidence before you look at the numbers."
        )
    return "These scores hardly distinguish the candidates. Another interviewer or another exercise would tell more."


def order_words(means_in_order: Sequence[float]) -> str:
    """Return a sentence when later pitches of an opening were rated higher or lower than earlier ones, else nothing."""
    count = len(means_in_order)
    if count < ORDER_CANDIDATES_MIN or len(set(means_in_order)) == 1:
        return ""
    found = correlation(range(count), means_in_order)
    if abs(found) * (count - 1) ** 0.5 <= 1.96:
        return ""
    direction = "higher" if found > 0 else "lower"
    return (
        f"Later pitches of this opening were rated {direction} than earlier ones: read early and late evidence alike."
    )


# --- flags ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Flag:
    """One thing to look at before deciding; the words point to the evidence, not to a person."""

    urgency: int  # 1 is said first
    words: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What of one attribute's ratings can raise a flag."""

    name: str
    is_critical: bool
    values: tuple[float, ...]
    evidence_missing_count: int = 0


@dataclass(frozen=True, slots=True)
class PanelFacts:
    """What of one candidate's panel can raise a flag."""

    card_count: int
    composites: tuple[float | None, ...]  # None where less than 70 % of the weight was observed
    late_count: int
    attributes: tuple[Seen, ...]
    is_mixed: bool = False
    uncalibrated_count: int = 0  # cards submitted without a calibration round in force


def flags(panel: PanelFacts, *, attribute_range: float, composite_range: float) -> tuple[Flag, ...]:
    """Return what is to be looked at on one panel, the most urgent first, at most five."""
    found = []
    if panel.is_mixed:
        found.append(Flag(1, "The scorecards stand on different versions of the rubric: read them one by one."))
    if 0 < panel.card_count < INTERVIEWERS_WANTED:
        cards = "One scorecard is" if panel.card_count == 1 else f"{panel.card_count} scorecards are"
        found.append(Flag(2, f"{cards} little to decide on: three interviewers see more."))
    given = [value for value in panel.composites if value is not None]
    if len(given) > 1 and max(given) - min(given) >= composite_range - 1e-9:
        words = f"The weighted means range from {min(given):.1f} to {max(given):.1f}: read the key takeaways."
        found.append(Flag(3, words))
    for seen in panel.attributes:
        found += _attribute_flags(seen, attribute_range)
    if missing := sum(seen.evidence_missing_count for seen in panel.attributes):
        found.append(Flag(5, f"Evidence is missing for {missing} of the 1s and 5s: ask what was seen."))
    if blank := sum(value is None for value in panel.composites):
        cards = "One scorecard" if blank == 1 else f"{blank} scorecards"
        found.append(Flag(6, f"{cards} left more than 30 % of the weight not observed: it counts in no mean."))
    if panel.uncalibrated_count:
        cards = "One scorecard was" if panel.uncalibrated_count == 1 else f"{panel.uncalibrated_count} scorecards were"
        words = f"{cards} submitted without a calibration round in force: read the evidence before the numbers."
        found.append(Flag(7, words))
    if panel.late_count:
        cards = "One scorecard was" if panel.late_count == 1 else f"{panel.late_count} scorecards were"
        words = f"{cards} submitted more than {LATE_HOURS} hours after the pitch: hold it against the transcript."
        found.append(Flag(8, words))
    return tuple(sorted(found, key=lambda flag: flag.urgency))[:FLAGS_SHOWN]


def _attribute_flags(seen: Seen, attribute_range: float) -> list[Flag]:
    if len(seen.values) < 2:
        return []
    low, high = min(seen.values), max(seen.values)
    wide = high - low >= attribute_range
    if not wide and not (seen.is_critical and high - low >= CRITICAL_RANGE_FLAG):
        return []
    critical = ", an attribute marked critical," if seen.is_critical else ""
    return [Flag(4, f"Ratings of “{seen.name}”{critical} range from {low:g} to {high:g}: read the notes.")]
