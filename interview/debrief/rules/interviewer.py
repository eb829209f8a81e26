"""What an interviewer may learn about the own rating: severity, spread, agreement. Never a ranking of people.

Pure. Source: SCORING sections 3.10 and 3.11."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from statistics import StatisticsError, correlation, fmean, stdev
from typing import Final

CANDIDATES_MIN: Final = 8


@dataclass(frozen=True, slots=True)
class Rated:
    """One candidate that somebody rated together with others: the own weighted mean, and the others'."""

    own: float
    others: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What many candidates tell about one interviewer; differences are in points of the scale."""

    candidate_count: int
    difference: float  # own minus the others' mean on the same candidates; below 0 is stricter
    difference_sd: float  # how sure that mean difference is (its standard deviation)
    own_spread: float
    others_spread: float
    agreement: float | None  # correlation with the others' mean; None where one of both does not vary

    @property
    def severity_words(self) -> str:
        """Say whether the rating was stricter or milder than the others', and whether that can be told at all."""
        if abs(self.difference) < 2 * self.difference_sd or round(abs(self.difference), 1) == 0:
            return "The ratings were neither clearly stricter nor clearly milder than the others’."
        direction = "stricter" if self.difference < 0 else "milder"
        return f"The ratings were {direction} than the others’ on the same candidates."


def report(rated: Sequence[Rated]) -> Report | None:
    """Return the report on one interviewer; None below eight candidates that others rated too."""
    shared = [one for one in rated if one.others]
    if len(shared) < CANDIDATES_MIN:
        return None
    own, panel = [one.own for one in shared], [fmean(one.others) for one in shared]
    differences = [mine - theirs for mine, theirs in zip(own, panel, strict=True)]
    try:
        agreement = correlation(own, panel)
    except StatisticsError:  # one of both is constant
        agreement = None
    return Report(
        candidate_count=len(shared),
        difference=fmean(differences),
        difference_sd=stdev(differences) / len(differences) ** 0.5,
        own_spread=stdev(own),
        others_spread=stdev(chain.from_iterable(one.others for one in shared)),
        agreement=agreement,
    )
