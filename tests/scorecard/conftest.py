"""The scorecard tests' stage: the cast with a rubric on its job and a transcript of its pitch."""

from __future__ import annotations

import pytest

from tests.scorecard import stage
from tests.support.cast import Cast


@pytest.fixture
def panel(cast: Cast) -> Cast:
    """The cast, ready to score Cleo's pitch."""
    stage.choose_rubric(cast)
    cast.clock.forward(days=2, hours=1)
    return cast


@pytest.fixture
def segments(panel: Cast) -> list[int]:
    """The ids of the segments of Cleo's pitch."""
    return stage.bring_transcript(panel)
