"""Summaries end to end below the pages: a real server over HTTP, real rows, a worker by hand."""

from __future__ import annotations

import pytest

from interview.errors import Conflict, Unavailable
from interview.summary import service
from tests.summary.stage import agree, begin, newest, pitched, sentences, served, work
from tests.support.cast import Cast
from tests.support.model_server import good


def test_first(cast: Cast):
    pitched(cast)
    with served(cast, good) as server:
        begin(cast)
        work(cast)
        run = newest(cast)
        print(
            run.failure,
            run.abstention,
            run.dropped,
            [(c.criterion, c.text, c.words) for c in sentences(cast.session, run)],
            service.taken(run),
        )
        assert run.finished_at and not run.abstention
        assert begin(cast).was_there
        assert server.count == 1
