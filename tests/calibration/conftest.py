"""The calibration tests' stage: the cast with a rubric on its job."""

from __future__ import annotations

import pytest

from tests.scorecard.stage import choose_rubric
from tests.support.cast import Cast


@pytest.fixture
def ready(cast: Cast) -> Cast:
    """The cast, whose job has its rubric."""
    choose_rubric(cast)
    return cast
