"""What a sample pitch needs, how far ratings are from the gold ratings, and how long a round lasts.

Pure: knows neither the database nor the web; instants come as arguments. Source: SCORING 1 and 6, decision 58."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import fmean, pstdev
from typing import Final

from interview.scorecard import rules as scorecard
from interview.scorecard.rules import Completeness, Draft

LASTS: Final = timedelta(days=90)
EXPERTS_MIN, EXPERTS_MAX = 2, 10
TITLE_MAX_CHARS: Final = 200
EXPERTS_MAX_CHARS: Final = 1000
PASSAGES_MAX: Final = 500
PAIRS_MIN: Final = 5
"""Below this many ratings in pairs, leniency and spread would be chance."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of a sample's transcript; `id` is its place in it, from 1."""

    id: int
    start_ms: int | None
    speaker_name: str
    text: str


@dataclass(frozen=True, slots=True)
class SampleText:
    """What a hiring manager says about a sample pitch."""

    title: str
    experts: str  # one name a line
    is_warm_up: bool = False


def expert_names(experts: str) -> tuple[str, ...]:
    """Return the names, one a line, each once."""
    return tuple(dict.fromkeys(name for line in experts.splitlines() if (name := " ".join(line.split()))))


def sample_faults(text: SampleText) -> dict[str, str]:
    """Give what is wrong with a sample's text, a sentence for each field."""
    faults = {}
    if not 0 < len(text.title) <= TITLE_MAX_CHARS:
        faults["title"] = f"Give the sample a title of 1 to {TITLE_MAX_CHARS} characters."
    if not EXPERTS_MIN <= len(expert_names(text.experts)) <= EXPERTS_MAX or len(text.experts) > EXPERTS_MAX_CHARS:
        faults["experts"] = f"Name {EXPERTS_MIN} to {EXPERTS_MAX} experts, one a line: one alone agrees with nobody."
    return faults


# --- when a card may be submitted -----------------------------------------------------------------------------------


def completeness(attributes: Sequence[str], draft: Draft, *, is_gold: bool) -> Completeness:
    """Tell how far a card is; it asks for no recommendation. On the gold card every attribute needs its reason."""
    found = replace(scorecard.completeness(attributes, draft), would_buy_missing=False, recommendation_missing=False)
    if not is_gold:
        return found
    bare = tuple(key for key in attributes if (said := draft.rating(key)).answered and not said.note.strip())
    return replace(found, evidence_missing_keys=bare)


def missing_sentences(names: Mapping[str, str], found: Completeness, *, is_gold: bool) -> tuple[str, ...]:
    """Say, one sentence each, what keeps a card from being submitted; names are by attribute key."""
    if not is_gold:
        return scorecard.missing_sentences(names, found)
    rate = scorecard.missing_sentences(names, replace(found, evidence_missing_keys=()))
    return rate + tuple(
        f"{names[key]}: write why the experts agreed on this rating." for key in found.evidence_missing_keys
    )


# --- how far from gold ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pair:
    """One's own point and the experts' for one attribute of one sample; None is not observed."""

    own: int | None
    gold: int | None

    @property
    def difference(self) -> int | None:
        """How many points above the experts; None where one of the two did not observe."""
        return None if self.own is None or self.gold is None else self.own - self.gold


def distance(pairs: Collection[Pair]) -> float | None:
    """Return the mean absolute difference in points; None where nothing can be compared."""
    found = _differences(pairs)
    return fmean(abs(one) for one in found) if found else None


def leniency(pairs: Collection[Pair]) -> float | None:
    """Return the mean signed difference: above 0 is more lenient than the experts, below 0 stricter."""
    found = _differences(pairs)
    return fmean(found) if len(found) >= PAIRS_MIN else None


def spread_ratio(pairs: Collection[Pair]) -> float | None:
    """Return the standard deviation of one's own points by that of the experts'; None where it says nothing."""
    both = [(one.own, one.gold) for one in pairs if one.own is not None and one.gold is not None]
    gold = pstdev(point for _, point in both) if both else 0.0
    return pstdev(point for point, _ in both) / gold if len(both) >= PAIRS_MIN and gold else None


def agreement(pairs: Collection[Pair]) -> float | None:
    """Return the quadratically weighted kappa of one's own points and the experts' (Cohen 1968, SCORING 3.3).

    1 is the same points throughout, 0 what chance would give; None below PAIRS_MIN or where all points are equal."""
    import numpy as np

    from interview.agreement.rules import kappa  # numpy: for this page alone

    both = [(one.own, one.gold) for one in pairs if one.own is not None and one.gold is not None]
    if len(both) < PAIRS_MIN:
        return None
    scale = np.arange(1.0, 6.0)
    own, gold = np.array(both, float).T
    return kappa.weighted_kappa(kappa.crossed(own, gold, scale), kappa.apart(scale, 2))


def _differences(pairs: Collection[Pair]) -> list[int]:
    return [found for one in pairs if (found := one.difference) is not None]


def distance_words(found: float | None) -> str:
    """Say a distance from gold."""
    if found is None:
        return "nothing to compare"
    if found == 0:
        return "the same as the experts"
    return f"{_points(found)} from the experts"


def leniency_words(found: float | None) -> str:
    """Say whether somebody is lenient or strict."""
    if found is None:
        return f"Too few ratings to say: it takes {PAIRS_MIN} that the experts observed too."
    if abs(found) < 0.25:
        return "Neither more lenient nor stricter than the experts."
    how = "more lenient" if found > 0 else "stricter"
    return f"On average {_points(abs(found))} {how} than the experts."


def spread_words(found: float | None) -> str:
    """Say how much of the scale somebody uses."""
    if found is None:
        return f"Too few ratings to say: it takes {PAIRS_MIN}, and experts who used more than one point."
    if found < 0.7:
        return "You use less of the scale than the experts: strong and weak come out alike."
    if found > 1.4:
        return "You use more of the scale than the experts: differences come out larger than they saw them."
    return "You use about as much of the scale as the experts."


def agreement_words(found: float | None) -> str:
    """Say an agreement beyond chance."""
    if found is None:
        return f"Too few ratings to say: it takes {PAIRS_MIN}, and more than one point of the scale used."
    return f"{found:.2f} (weighted kappa: 1 is the same points throughout, 0 no closer than chance)."


def _points(found: float) -> str:
    said = f"{found:.1f}"
    return "1 point" if said == "1.0" else f"{said.removesuffix('.0')} points"


# --- how long it lasts ----------------------------------------------------------------------------------------------


class Standing(StrEnum):
    """Whether somebody's ratings were compared with gold lately."""

    NEVER = "never"
    CALIBRATED = "calibrated"
    EXPIRED = "expired"


def standing(finished_at: datetime | None, now: datetime) -> Standing:
    """Tell where somebody stands whose newest round ended then; a round lasts 90 days."""
    if finished_at is None:
        return Standing.NEVER
    return Standing.CALIBRATED if now < finished_at + LASTS else Standing.EXPIRED


def is_calibrated_at(finished: Collection[datetime], at: datetime) -> bool:
    """Tell whether one of these rounds was in force at an instant, such as when a scorecard was submitted."""
    return any(one <= at < one + LASTS for one in finished)


# --- the seal -------------------------------------------------------------------------------------------------------


def may_see_gold(own_submitted: Collection[bool]) -> bool:
    """Tell whether a rater may see a sample's gold ratings, given whether each own card of it is submitted.

    A new round closes what an earlier one opened, until the new card is in."""
    return bool(own_submitted) and all(own_submitted)
