"""The outcome tests' stage: the cast with a rubric on its job."""

from __future__ import annotations

import pytest

from tests.scorecard.stage import choose_rubric
from tests.support.cast import Cast


@pytest.fixture
def stage(cast: Cast) -> Cast:
    """The cast, with what Mara's job scores with."""
    choose_rubric(cast)
    return cast
