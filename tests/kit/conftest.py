"""The stage of a live interview: the cast with a rubric, a fact sheet, and Nils as Head of Product beside the panel."""

from __future__ import annotations

import pytest

from interview.db import writing
from interview.factsheet import service as factsheet
from interview.factsheet.rules import FactKind, FactText
from tests.scorecard import stage
from tests.support.cast import Cast


@pytest.fixture
def panel(cast: Cast) -> Cast:
    """The cast, in Cleo's pitch: Nils sits as Head of Product."""
    stage.choose_rubric(cast)
    stage.take_seat(cast, "nils")
    cast.clock.forward(days=2)
    return cast


@pytest.fixture
def facts(panel: Cast) -> list[int]:
    """The ids of two facts on the job's sheet."""
    with writing(panel.session) as session:
        return [
            factsheet.add_fact(
                session, panel.actor("mara"), panel.job, FactText(FactKind.MUST_KNOW, words), now=panel.clock.now()
            ).id
            for words in ("It exports to CSV.", "It has no mobile app.")
        ]
