"""The exercise tests' stage: the cast with the feature budget on its job and requests of its own."""

from __future__ import annotations

import pytest

from tests.exercise import stage
from tests.support.cast import Cast


@pytest.fixture
def ranking(cast: Cast) -> Cast:
    """The cast, ready for Cleo to begin."""
    stage.choose(cast)
    stage.write(cast)
    return cast
