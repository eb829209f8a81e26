"""Every case that needs no browser, against four web processes on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.redteam.cases import Spec
from tests.redteam.stage import Configuration, Stage, staged
from tests.redteam.suite import UNHURRIED, over_http, require
from tests.support.postgres import running_postgres


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """A server with four processes on a PostgreSQL of its own, which cases stop and start."""
    with running_postgres(settings=UNHURRIED) as server, staged(Configuration("postgresql", 4), server) as running:
        yield running


@pytest.mark.parametrize("spec", over_http(), ids=lambda spec: spec.name)
def test_case(stage: Stage, spec: Spec) -> None:
    require(stage, spec)
