"""The rows that a later test begins with are those the services wrote for the first, on both databases."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import cast as typed

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from interview import audit, db
from interview.access import SYSTEM, Role
from interview.people import service as people
from tests.support import cast as casting
from tests.support.clock import HandClock
from tests.support.kept import keep
from tests.support.postgres import Postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def two_sessions(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[Session]]:
    """Sessions on two databases that have all tables and nothing in them."""
    with ExitStack() as stack:
        urls = []
        for number in (1, 2):
            if request.param == "sqlite":
                shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / f"{number}.sqlite")
                urls.append(f"sqlite:///{tmp_path / f'{number}.sqlite'}")
            else:
                server: Postgres = request.getfixturevalue("postgres")
                urls.append(stack.enter_context(server.fresh_database(request.getfixturevalue("postgres_template"))))
        engines = [db.make_engine(url) for url in urls]
        for engine in engines:
            stack.callback(engine.dispose)
        yield [stack.enter_context(Session(engine)) for engine in engines]


def test_a_later_cast_is_the_first_one(two_sessions: list[Session], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(casting, "_made", {})
    app, clock = typed(Flask, None), HandClock()
    first, later = (casting.cast_of(app, session, clock) for session in two_sessions)
    assert (later.person_ids, later.links, later.job_id) == (first.person_ids, first.links, first.job_id)
    assert later.person_ids is not first.person_ids
    found, put_back = (keep(session) for session in two_sessions)
    assert len(found.rows) > 10
    assert put_back == found
    for session in two_sessions:
        session.rollback()
        assert audit.verify(session) is None
        session.rollback()
        with db.writing(session):
            new = people.add_person(
                session, SYSTEM, email="new@example.org", name="New", role=Role.ADMIN, now=clock.now()
            )
        assert new.id == max(first.person_ids.values()) + 1
