"""Several small writes in one transaction: each sees its own fate, and nothing acknowledged is lost."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, Engine, func, insert, select, text
from sqlalchemy.orm import Session

from interview.db import GroupCommit, make_engine, write_turn
from interview.errors import Conflict, Unavailable
from interview.hiring.models import Candidate
from interview.web.database import database
from tests.support.clock import HandClock


@dataclass(frozen=True)
class Entry:
    """A candidate to add; `bad` ones are refused, `odd` ones need a transaction of their own."""

    name: str
    at: datetime


class Adding:
    """The shared work of these tests: it can be stopped in its middle, and remembers how large its batches were."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.is_in, self.may_go_on = threading.Event(), threading.Event()
        self.may_go_on.set()

    def __call__(self, connection: Connection, many: Sequence[Entry]) -> list[str | Conflict | None]:
        self.batches.append(len(many))
        self.is_in.set()
        self.may_go_on.wait(10)
        good = [one for one in many if not one.name.startswith(("bad", "odd"))]
        if good:
            rows = [{"name": one.name, "email": f"{one.name}@example.com", "created_at": one.at} for one in good]
            connection.execute(insert(Candidate), rows)
        return [
            Conflict("No.") if one.name.startswith("bad") else None if one.name.startswith("odd") else one.name
            for one in many
        ]


@pytest.fixture
def adding() -> Adding:
    return Adding()


@pytest.fixture
def shared(app: Flask, adding: Adding) -> GroupCommit[Entry, str | Conflict]:
    with app.app_context():
        return GroupCommit(database.engine, adding)


def names(session: Session) -> set[str]:
    session.rollback()
    return set(session.scalars(select(Candidate.name)))


def all_at_once(
    shared: GroupCommit[Entry, str | Conflict], adding: Adding, at: datetime, *others: str
) -> dict[str, Any]:
    """Ask for `first`, and for all the others while it is being done; return what each was told."""
    told: dict[str, Any] = {}
    adding.may_go_on.clear()

    def call(name: str) -> None:
        try:
            told[name] = shared.run(Entry(name, at))
        except Exception as problem:
            told[name] = problem

    threads = [threading.Thread(target=call, args=(name,)) for name in ("first", *others)]
    threads[0].start()
    adding.is_in.wait(10)
    for thread in threads[1:]:
        thread.start()
    while len(shared._waiting) < len(others):
        time.sleep(0.001)
    adding.may_go_on.set()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    return told


def test_alone_or_refused(shared: GroupCommit[Entry, str | Conflict], session: Session, clock: HandClock) -> None:
    assert shared.run(Entry("one", clock.now())) == "one"
    assert isinstance(shared.run(Entry("bad", clock.now())), Conflict)
    assert shared.run(Entry("odd", clock.now())) is None
    assert names(session) == {"one"}


def test_many_at_once_share_commits_and_a_refusal_undoes_only_itself(
    shared: GroupCommit[Entry, str | Conflict], adding: Adding, session: Session, clock: HandClock
) -> None:
    told = all_at_once(shared, adding, clock.now(), "a", "b", "bad1", "c", "odd", "bad2")
    assert adding.batches == [1, 6], "the six that waited were committed together"
    assert names(session) == {"first", "a", "b", "c"}
    assert {name for name, value in told.items() if isinstance(value, Conflict)} == {"bad1", "bad2"}
    assert {name for name, value in told.items() if value == name} == {"first", "a", "b", "c"}
    assert told["odd"] is None


def test_when_the_shared_transaction_fails_everybody_goes_alone_and_the_next_is_well(
    shared: GroupCommit[Entry, str | Conflict], adding: Adding, session: Session, clock: HandClock
) -> None:
    told = all_at_once(shared, adding, clock.now(), "a", "a", "b")  # the address `a` is taken: the insert fails
    assert told == {"first": "first", "a": None, "b": None}
    assert names(session) == {"first"}
    assert shared.run(Entry("later", clock.now())) == "later"
    assert names(session) == {"first", "later"}


def test_when_the_turn_does_not_come_everybody_hears_so(
    shared: GroupCommit[Entry, str | Conflict], session: Session, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    if session.get_bind().dialect.name != "sqlite":
        return  # PostgreSQL has no turn to wait for
    monkeypatch.setattr("interview.db.WRITE_LOCK_DEADLINE_S", 0.05)
    engine = session.get_bind()
    assert isinstance(engine, Engine)
    with write_turn(engine), pytest.raises(Unavailable):
        shared.run(Entry("one", clock.now()))
    assert shared.run(Entry("two", clock.now())) == "two"


def test_read_modify_write_loses_nothing(app: Flask, session: Session, clock: HandClock) -> None:
    """Sixteen threads each add a row named by how many there are: twice the same name would be a lost update."""

    def work(connection: Connection, many: Sequence[datetime]) -> list[int]:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("LOCK TABLE candidate IN EXCLUSIVE MODE")
        counts = []
        for at in many:
            counts.append(connection.scalar(select(func.count()).select_from(Candidate)) or 0)
            row = {"name": f"n{counts[-1]}", "email": f"n{counts[-1]}@example.com", "created_at": at}
            connection.execute(insert(Candidate).values(row))
        return counts

    with app.app_context():
        shared: GroupCommit[datetime, int] = GroupCommit(database.engine, work)
    seen: list[int | None] = []
    threads = [threading.Thread(target=lambda: seen.append(shared.run(clock.now()))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(count for count in seen if count is not None) == list(range(16))
    assert len(names(session)) == 16


def count_up(url: str, times: int) -> None:
    """Add one to a counter, so many times, as one process of several would."""

    def work(connection: Connection, many: Sequence[None]) -> list[bool]:
        value = connection.scalar(text("SELECT value FROM counter"))
        connection.execute(text("UPDATE counter SET value = :value"), {"value": value + len(many)})
        return [True for _ in many]

    shared: GroupCommit[None, bool] = GroupCommit(make_engine(url), work)
    threads = [threading.Thread(target=lambda: [shared.run(None) for _ in range(times)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_two_processes_take_turns(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'counter.sqlite'}"
    engine = make_engine(url)
    with engine.connect() as connection, connection.begin():
        connection.execute(text("CREATE TABLE counter (value INTEGER)"))
        connection.execute(text("INSERT INTO counter VALUES (0)"))
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=count_up, args=(url, 20)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT value FROM counter")) == 2 * 4 * 20
