"""Several small writes in one transaction: each sees its own fate, and nothing acknowledged is lost."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Connection, event, func, insert, select, text
from sqlalchemy.orm import Session

from interview.db import GroupCommit, make_engine
from interview.errors import Conflict
from interview.hiring.models import Candidate
from interview.web.database import database
from tests.support.clock import HandClock


@pytest.fixture
def shared(app: Flask) -> GroupCommit:
    with app.app_context():
        return GroupCommit(database.engine)


def add(name: str, at: HandClock) -> Callable[[Connection], str]:
    def work(connection: Connection) -> str:
        row = {"name": name, "email": f"{name}@example.com", "created_at": at.now()}
        connection.execute(insert(Candidate).values(row))
        if name.startswith("bad"):
            raise Conflict("No.")
        return name

    return work


def names(session: Session) -> set[str]:
    session.rollback()
    return set(session.scalars(select(Candidate.name)))


def test_alone_or_refused(shared: GroupCommit, session: Session, clock: HandClock) -> None:
    assert shared.run(add("one", clock)) == "one"
    with pytest.raises(Conflict):
        shared.run(add("bad", clock))
    assert names(session) == {"one"}


def test_many_at_once_share_commits_and_a_refusal_undoes_only_itself(
    shared: GroupCommit, session: Session, clock: HandClock
) -> None:
    commits: list[int] = []
    engine = session.get_bind()
    event.listen(engine, "commit", lambda _: commits.append(1))
    first_is_in, go_on = threading.Event(), threading.Event()
    told: dict[str, object] = {}

    def slow(connection: Connection) -> str:
        first_is_in.set()
        go_on.wait(10)
        return add("first", clock)(connection)

    def call(name: str, work: Callable[[Connection], str]) -> None:
        try:
            told[name] = shared.run(work)
        except Conflict as refusal:
            told[name] = refusal

    threads = [threading.Thread(target=call, args=("first", slow))]
    threads[0].start()
    first_is_in.wait(10)
    others = ["a", "b", "bad1", "c", "bad2"]
    threads += [threading.Thread(target=call, args=(name, add(name, clock))) for name in others]
    for thread in threads[1:]:
        thread.start()
    while len(shared._waiting) < len(others) and engine.dialect.name == "sqlite":  # type: ignore[union-attr]
        pass
    go_on.set()
    for thread in threads:
        thread.join(20)
    assert names(session) == {"first", "a", "b", "c"}
    assert {name for name, value in told.items() if isinstance(value, Conflict)} == {"bad1", "bad2"}
    assert {name for name, value in told.items() if value == name} == {"first", "a", "b", "c"}
    if engine.dialect.name == "sqlite":  # type: ignore[union-attr]
        assert len(commits) == 2, "the five that waited were committed together"


def test_read_modify_write_loses_nothing(shared: GroupCommit, session: Session, clock: HandClock) -> None:
    """Forty threads each add a row named by how many there are: twice the same name would be a lost update."""
    engine = session.get_bind()

    def work(connection: Connection) -> int:
        if engine.dialect.name == "postgresql":  # type: ignore[union-attr]
            connection.exec_driver_sql("LOCK TABLE candidate IN EXCLUSIVE MODE")
        count = connection.scalar(select(func.count()).select_from(Candidate)) or 0
        add(f"n{count}", clock)(connection)
        return count

    seen: list[int] = []
    threads = [threading.Thread(target=lambda: seen.append(shared.run(work))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(seen) == list(range(16))
    assert len(names(session)) == 16


def count_up(url: str, times: int) -> None:
    """Add one to a counter, so many times, as one process of several would."""
    shared = GroupCommit(make_engine(url))

    def work(connection: Connection) -> None:
        value = connection.scalar(text("SELECT value FROM counter"))
        connection.execute(text("UPDATE counter SET value = :value"), {"value": value + 1})

    threads = [threading.Thread(target=lambda: [shared.run(work) for _ in range(times)]) for _ in range(4)]
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
