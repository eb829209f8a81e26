"""Puts the statistics together for one table of ratings, and says in notes what cannot be estimated (SCORING 3.11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from interview.agreement.rules.analysis import Analysis, Components, Scored


def analysed(ratings: Sequence[Scored], weights: Mapping[str, float] | None, borrowed: Components | None) -> Analysis:
    """Work out everything `analyse` returns."""
    raise NotImplementedError
