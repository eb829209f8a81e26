"""Databases and worker processes for the tests of background jobs; nothing here knows a room."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session, sessionmaker

from interview.clock import Steady
from interview.db import Base, make_engine, writing
from tests.support.postgres import Postgres, running_postgres

DEADLINE_S = 60
ROOT = Path(__file__).resolve().parents[2]
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@dataclass
class HandClock:
    """A clock that only the test moves."""

    at: datetime = NOON

    def now(self) -> datetime:
        return self.at

    def steady(self) -> Steady:
        return Steady("test", round(self.at.timestamp() * 1000))

    def move(self, **by: float) -> datetime:
        self.at += timedelta(**by)
        return self.at


@dataclass
class Place:
    """A database with its folder, as worker processes are told of them."""

    url: str
    folder: Path
    engine: Engine
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def sessions(self) -> sessionmaker[Session]:
        return sessionmaker(self.engine)

    def start_worker(self, **environment: str) -> subprocess.Popen[bytes]:
        """Start a real worker process with the handlers of worker_process.py."""
        command = [sys.executable, "-m", "tests.jobs.worker_process", self.url, str(self.folder)]
        output = (self.folder / "worker.log").open("ab")
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output, env={**os.environ, **environment})
        self.started.append(process)
        return process

    def until(self, condition: Callable[[Session], object], what: str) -> None:
        """Wait for a state of the database; fail with the workers' output at the deadline."""
        deadline = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline:
            with self.sessions() as session:
                if condition(session):
                    return
            time.sleep(0.05)
        log = self.folder / "worker.log"
        pytest.fail(f"{what} did not happen.\n{log.read_text() if log.exists() else 'No worker wrote anything.'}")

    def until_file(self, name: str) -> None:
        self.until(lambda _: (self.folder / name).exists(), f"The file {name}")

    def effects(self) -> list[str]:
        with self.sessions() as session:
            return list(session.scalars(text("SELECT what FROM trial ORDER BY what")))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with running_postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """An empty database with our tables, on each engine."""
    if request.param == "sqlite":
        yield from _prepared(f"sqlite:///{tmp_path / 'app.sqlite'}", tmp_path)
    else:
        server: Postgres = request.getfixturevalue("postgres")
        with server.fresh_database() as url:
            yield from _prepared(url, tmp_path)


def _prepared(url: str, folder: Path) -> Iterator[Place]:
    engine = make_engine(url)
    Base.metadata.create_all(engine)
    place = Place(url, folder, engine)
    with place.sessions() as session, writing(session):
        session.execute(text("CREATE TABLE trial (what TEXT NOT NULL)"))
    yield place
    for process in place.started:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait()
    engine.dispose()


@pytest.fixture
def hand_clock() -> HandClock:
    return HandClock()
