"""95 % intervals hold the truth in 93 % to 99 % of simulated panels; `make bench` tries it with more replications."""

from __future__ import annotations

import pytest

from bench.agreement import DESIGNS, Design, cover

REPLICATIONS = 12  # a panel's candidates share its raters, so that the standard error is counted over panels


@pytest.mark.parametrize("design", DESIGNS, ids=lambda design: design.name)
def test_intervals_hold_the_truth(design: Design):
    found = cover(design, REPLICATIONS)
    chance = 3 * max(found.se, 0.005)
    assert 0.93 - chance <= found.share <= 0.99 + chance, found
