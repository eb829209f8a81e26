"""Rules of force-ranking: requests, budget, new information, answers, value captured, Kendall's tau-b. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from math import sqrt
from typing import Any, Final

BUDGET_MAX: Final = 1_000
FIGURE_MAX: Final = 1_000_000
MINUTES_MAX: Final = 480
REQUESTS_MIN: Final = 3
REQUESTS_MAX: Final = 20
REASON_MAX: Final = 1_000
FIRST, FINAL = 1, 2  # the rounds in which a ranking is handed in


@dataclass(frozen=True, slots=True)
class Figures:
    """What is known of a request: who asks, revenue won and churn avoided a year in thousands, story points."""

    customers: int
    revenue: int
    churn: int
    effort: int

    @property
    def value(self) -> int:
        """Return what building it is worth: revenue won plus churn avoided, a year."""
        return self.revenue + self.churn

    @property
    def value_per_point(self) -> Fraction:
        """Return its worth for each story point, exactly."""
        return Fraction(self.value, self.effort)


@dataclass(frozen=True, slots=True)
class FeatureRequest:
    """A request. Without `first` it appears half way; without `later` the new information does not touch it."""

    key: str
    title: str
    details: str
    first: Figures | None
    later: Figures | None = None

    def figures(self, *, news: bool) -> Figures | None:
        """Return what is known of it before or with the new information; None while it is not there."""
        return (self.later or self.first) if news else self.first


@dataclass(frozen=True, slots=True)
class RequestSet:
    """A job's exercise: the budget in points, the minutes, the requests and what is learnt half way."""

    budget: int
    minutes: int
    news: str
    requests: tuple[FeatureRequest, ...]

    @property
    def has_news(self) -> bool:
        """Say whether anything is learnt half way."""
        return any(one.later for one in self.requests)

    def known(self, *, news: bool) -> dict[str, Figures]:
        """Return the figures of the requests that are there, by key."""
        return {one.key: found for one in self.requests if (found := one.figures(news=news))}

    def news_at(self, started_at: datetime) -> datetime:
        """Return when the new information arrives at the latest: after half the time."""
        return started_at + timedelta(minutes=self.minutes) / 2


@dataclass(frozen=True, slots=True)
class Answer:
    """A candidate's ranking: every request in order, those that the budget pays for, a reason for each."""

    order: tuple[str, ...] = ()
    chosen: frozenset[str] = frozenset()
    reasons: Mapping[str, str] | None = None

    def reason(self, key: str) -> str:
        """Return the reason given for a request."""
        return (self.reasons or {}).get(key, "")


@dataclass(frozen=True, slots=True)
class Result:
    """How a final ranking compares with the arithmetic: one view beside the ratings, never a part of them."""

    value: int
    best_value: int
    best_choice: frozenset[str]
    tau_b: float | None

    @property
    def captured_pct(self) -> int:
        """Return the share of the best attainable value, in per cent, rounded down."""
        return 100 * self.value // self.best_value


# -- the set -----------------------------------------------------------------------------------------------------------


def set_faults(found: RequestSet) -> list[str]:
    """Return what keeps a set from being an exercise, a sentence each."""
    first, final = found.known(news=False), found.known(news=True)
    faults = []
    if not 1 <= found.budget <= BUDGET_MAX:
        faults.append(f"The budget must be between 1 and {BUDGET_MAX} points.")
    if not 2 <= found.minutes <= MINUTES_MAX:
        faults.append(f"The time must be between 2 and {MINUTES_MAX} minutes.")
    if len(first) < REQUESTS_MIN:
        faults.append(f"At least {REQUESTS_MIN} requests must be there from the start; there are {len(first)}.")
    if len(found.requests) > REQUESTS_MAX:
        faults.append(f"More than {REQUESTS_MAX} requests are too many to rank. Take some out.")
    for known, when in ((first, "at the start"), (final, "with the new information")):
        if not known:
            continue
        total = sum(one.effort for one in known.values())
        if total <= found.budget:
            faults.append(
                f"All requests together take {total} points {when} and the budget is {found.budget}, so nobody has to "
                "cut. Lower the budget or add requests."
            )
        if all(one.effort > found.budget or not one.value for one in known.values()):
            faults.append(f"No request of any value fits the budget {when}. Raise it or lower an effort.")
    if found.has_news and not found.news.strip():
        faults.append("Write the new information in a sentence: candidates read it half way.")
    return faults


def set_to_body(found: RequestSet) -> dict[str, Any]:
    """Return a set as plain JSON values; set_from_body() is its inverse."""
    return {**asdict(found), "requests": [asdict(one) for one in found.requests]}


def set_from_body(body: Mapping[str, Any]) -> RequestSet:
    """Build a set from its stored body."""
    requests = (
        FeatureRequest(one["key"], one["title"], one["details"], _figures(one["first"]), _figures(one["later"]))
        for one in body["requests"]
    )
    return RequestSet(body["budget"], body["minutes"], body["news"], tuple(requests))


def _figures(body: Mapping[str, int] | None) -> Figures | None:
    return Figures(**body) if body else None


# -- the answer --------------------------------------------------------------------------------------------------------


def settled(found: RequestSet, answer: Answer, *, news: bool) -> Answer:
    """Return the answer over exactly the requests that are there: what is new stands last, what is unknown is gone."""
    known = found.known(news=news)
    order = [key for key in dict.fromkeys(answer.order) if key in known]
    order += [key for key in known if key not in order]
    reasons = {key: text for key in known if (text := answer.reason(key))}
    return Answer(tuple(order), answer.chosen & known.keys(), reasons)


def answer_problem(answer: Answer) -> str | None:
    """Say why an answer cannot be kept, even as a draft, or None."""
    if any(len(text) > REASON_MAX for text in (answer.reasons or {}).values()):
        return f"A reason has at most {REASON_MAX} characters. Shorten it; nothing else is lost."
    return None


def moved(answer: Answer, key: str, step: int) -> Answer:
    """Return the answer with one request moved up (-1) or down (1); at the end of the list it stays."""
    order = list(answer.order)
    if key not in order:
        return answer
    at = order.index(key)
    to = min(max(at + step, 0), len(order) - 1)
    order.insert(to, order.pop(at))
    return Answer(tuple(order), answer.chosen, answer.reasons)


def points_of(found: RequestSet, chosen: Collection[str], *, news: bool) -> int:
    """Return how many points a choice takes."""
    return sum(figures.effort for key, figures in found.known(news=news).items() if key in chosen)


def hand_in_problem(found: RequestSet, answer: Answer, *, news: bool) -> str | None:
    """Say why a ranking cannot be handed in, or None: the chosen requests must fit the budget."""
    if not answer.chosen:
        return "Nothing is chosen yet. Mark what the budget pays for, then hand in."
    points = points_of(found, answer.chosen, news=news)
    if points > found.budget:
        return (
            f"What you chose takes {points} points, {points - found.budget} more than the budget of {found.budget}. "
            "Take something out, then hand in."
        )
    return None


def answer_to_body(answer: Answer) -> dict[str, Any]:
    """Return an answer as plain JSON values; answer_from_body() is its inverse."""
    return {"order": list(answer.order), "chosen": sorted(answer.chosen), "reasons": dict(answer.reasons or {})}


def answer_from_body(body: Mapping[str, Any]) -> Answer:
    """Build an answer from its stored body."""
    return Answer(tuple(body["order"]), frozenset(body["chosen"]), dict(body["reasons"]))


# -- the result --------------------------------------------------------------------------------------------------------


def result_of(found: RequestSet, final: Answer) -> Result:
    """Compare a final ranking with the arithmetic, on the figures with the new information."""
    known = found.known(news=True)
    best_value, best_choice = best(found.budget, known)
    position = [-place for place, _ in enumerate(final.order)]
    worth = [known[key].value_per_point for key in final.order]
    return Result(
        value=sum(known[key].value for key in final.chosen),
        best_value=best_value,
        best_choice=best_choice,
        tau_b=tau_b(position, worth),
    )


def best(budget: int, known: Mapping[str, Figures]) -> tuple[int, frozenset[str]]:
    """Return the highest value that fits the budget and a choice that has it: the exact 0-1 knapsack."""
    reached: list[tuple[int, frozenset[str]]] = [(0, frozenset())] * (budget + 1)  # by points spent at most
    for key, figures in known.items():
        for points in range(budget, figures.effort - 1, -1):
            value, choice = reached[points - figures.effort]
            if value + figures.value > reached[points][0]:
                reached[points] = value + figures.value, choice | {key}
    return reached[budget]


def tau_b(first: Sequence[Any], second: Sequence[Any]) -> float | None:
    """Return Kendall's tau-b of two sequences of equal length; None where one of them is all ties.

    Source: Kendall 1945, The treatment of ties in ranking problems."""
    pairs = len(first) * (len(first) - 1) // 2
    agreeing = 0
    for i in range(len(first)):
        for j in range(i):
            agreeing += _sign(first[i], first[j]) * _sign(second[i], second[j])
    untied = (pairs - _tied_pairs(first)) * (pairs - _tied_pairs(second))
    return agreeing / sqrt(untied) if untied else None


def _sign(one: Any, other: Any) -> int:
    return int(one > other) - int(one < other)


def _tied_pairs(values: Sequence[Any]) -> int:
    return sum(count * (count - 1) // 2 for count in Counter(values).values())
