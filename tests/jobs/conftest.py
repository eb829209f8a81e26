"""Databases and worker processes for the tests of background jobs; nothing here knows a room."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session, sessionmaker

from interview.db import make_engine, writing

DEADLINE_S = 60
ROOT = Path(__file__).resolve().parents[2]


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


@contextmanager
def prepared(url: str, folder: Path) -> Iterator[Place]:
    """Give a database that has our tables one for effects; kill what is still running afterwards."""
    place = Place(url, folder, make_engine(url))
    with place.sessions() as session, writing(session):
        session.execute(text("CREATE TABLE trial (what TEXT NOT NULL)"))
    yield place
    for process in place.started:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait()
    place.engine.dispose()


@pytest.fixture
def place(database_url: str, tmp_path: Path) -> Iterator[Place]:
    """A database with our tables and one for effects, on each engine."""
    with prepared(database_url, tmp_path) as place:
        yield place
