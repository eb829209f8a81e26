"""Which exercise a rubric asks for, whom its panel needs, and the attribute a second take is rated on. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from enum import StrEnum
from typing import Final

from interview.hiring.rules import SeatKind
from interview.rubric.rules import Criterion, Rubric

COACHABILITY: Final = Criterion(
    key="coachability",
    name="Coachability",
    why="What somebody does with one piece of feedback tells more of the next year than the first take alone.",
    basis="Second take after one piece of feedback",
    weight=1.0,
    anchors=(
        "Argues with the feedback or repeats the first take.",
        "Accepts it in words; the second take is much the same.",
        "Changes what the feedback named.",
        "Changes it so that the buyer would notice, and keeps what was good.",
        "As 4, and carries the idea over to a part that the feedback did not name.",
    ),
)
TEXT_MAX: Final = 4_000


class ExerciseKind(StrEnum):
    """What the candidate does in the pitch interview."""

    PITCH = "pitch"
    FORCE_RANK = "force_rank"
    DEMO = "demo"
    LARGE_DEAL = "large_deal"


KIND_WORDS: Final = {
    ExerciseKind.PITCH: "Pitch",
    ExerciseKind.FORCE_RANK: "Force-rank with a points budget",
    ExerciseKind.DEMO: "Demo exercise",
    ExerciseKind.LARGE_DEAL: "Large deal with a roadmap ask",
}
_BY_RUBRIC: Final = {
    "feature_budget": ExerciseKind.FORCE_RANK,
    "demo_exercise": ExerciseKind.DEMO,
    "large_deal_roadmap": ExerciseKind.LARGE_DEAL,
}
_NEED_HEAD_OF_PRODUCT: Final = frozenset({ExerciseKind.FORCE_RANK, ExerciseKind.LARGE_DEAL})

# What a candidate brings; the brief, the minutes and the sections come from the rubric.
PREPARE: Final = {
    ExerciseKind.PITCH: (
        "Know the product as well as its webinar does.",
        "Think of one customer whom it helps, and of one whom it does not.",
    ),
    ExerciseKind.FORCE_RANK: (
        "Nothing to learn by heart: everything you need stands beside each request.",
        "Take a quiet half hour. What you write is saved as you go, also without a connection.",
    ),
    ExerciseKind.DEMO: (
        "Set the product up so that you can show it live, and try your equipment once.",
        "Choose what you leave out. Say aloud what is configured or simulated.",
    ),
    ExerciseKind.LARGE_DEAL: (
        "Know what the product does today and what it does not.",
        "Decide what you may promise alone, and what only the Head of Product can.",
    ),
}


def kind_of(rubric: Rubric) -> ExerciseKind:
    """Return the exercise a rubric asks for; every version of a rubric asks for the same."""
    return _BY_RUBRIC.get(rubric.key, ExerciseKind.PITCH)


def panel_warning(kind: ExerciseKind, seats: Collection[str]) -> str:
    """Say whom the panel lacks for this exercise, or nothing. An empty panel lacks everybody anyway."""
    if kind not in _NEED_HEAD_OF_PRODUCT or not seats or SeatKind.HEAD_OF_PRODUCT in seats:
        return ""
    return (
        f"{KIND_WORDS[kind]} needs the Head of Product on the panel: only that seat may commit the roadmap. "
        "Give somebody the Head of Product seat."
    )


def rates_second_takes(keys: Collection[str]) -> bool:
    """Say whether a scorecard with these attributes asks for a second take."""
    return COACHABILITY.key in keys


def with_coachability(rubric: Rubric, version: int) -> Rubric:
    """Return the rubric as a version of its own that also rates coachability."""
    return replace(rubric, version=version, criteria=(*rubric.criteria, COACHABILITY))


def text_problem(text: str, what: str) -> str | None:
    """Say why a text cannot be kept, or None."""
    if not text.strip():
        return f"Write {what} first."
    if len(text) > TEXT_MAX:
        return f"{what.capitalize()} has {len(text)} characters, {TEXT_MAX} at most. Shorten it."
    return None
