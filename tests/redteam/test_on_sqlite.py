"""Every case that needs no browser, against one web process on SQLite."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.redteam.cases import Spec
from tests.redteam.stage import Configuration, Stage, staged
from tests.redteam.suite import over_http, require


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """A server on SQLite."""
    with staged(Configuration("sqlite", 1), None) as running:
        yield running


@pytest.mark.parametrize("spec", over_http(), ids=lambda spec: spec.name)
def test_case(stage: Stage, spec: Spec) -> None:
    require(stage, spec)
