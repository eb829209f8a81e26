"""The board with 100 and with 10,000 applications: queries a page must be equal, time within 1.5x.

Whole requests through the application in this process, the two sizes taking turns, so that both see the same machine.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from interview import config, db
from interview.app import create_app
from interview.demo.story import candidates
from interview.web.database import database

SIZES = (100, 10_000)
ROUNDS = 60


@dataclass(frozen=True)
class BoardResult:
    """What was measured of one database: queries and median milliseconds a page, by number of applications."""

    database: str
    queries: dict[int, int]
    median_ms: dict[int, float]
    seed_s: dict[int, float]

    @property
    def time_ratio(self) -> float:
        """Return how much longer the page takes with the larger number."""
        return self.median_ms[SIZES[1]] / self.median_ms[SIZES[0]]

    def as_json(self) -> dict[str, object]:
        """Return all of it for results.json."""
        return {**asdict(self), "time_ratio": round(self.time_ratio, 3)}


@dataclass
class Board:
    """One seeded application with somebody signed in."""

    app: Flask
    client: FlaskClient
    path: str
    seed_s: float

    def load(self) -> float:
        """Load the board once and return the milliseconds it took."""
        begun = time.perf_counter()
        answer = self.client.get(self.path)
        taken_ms = (time.perf_counter() - begun) * 1000
        assert answer.status_code == 200, answer.status
        return taken_ms

    def queries(self) -> int:
        """Return how many statements one page sends."""
        sent: list[str] = []
        with self.app.app_context():
            engine = database.engine
        event.listen(engine, "before_cursor_execute", lambda *args: sent.append(args[2]))
        self.load()
        return len(sent)


def measure(name: str, fresh: Callable[[], AbstractContextManager[str]], folder: Path) -> BoardResult:
    """Measure one kind of database; `fresh` lends the URL of an empty one."""
    with fresh() as small, fresh() as large:
        boards = {
            size: _board(url, folder / f"{name}-{size}", size) for size, url in zip(SIZES, (small, large), strict=True)
        }
        for board in boards.values():
            board.load()
        times: dict[int, list[float]] = {size: [] for size in SIZES}
        for _ in range(ROUNDS):
            for size, board in boards.items():
                times[size].append(board.load())
        result = BoardResult(
            database=name,
            queries={size: board.queries() for size, board in boards.items()},
            median_ms={size: round(statistics.median(one), 2) for size, one in times.items()},
            seed_s={size: round(board.seed_s, 1) for size, board in boards.items()},
        )
        for board in boards.values():
            with board.app.app_context():
                database.engine.dispose()
    return result


def _board(url: str, data_dir: Path, size: int) -> Board:
    settings = config.load({"DATA_DIR": str(data_dir), "DATABASE_URL": url, "SECRET_KEY": "b" * 48})
    app = create_app(settings)
    with app.app_context():
        db.Base.metadata.create_all(database.engine)
    begun = time.perf_counter()
    extra = size - len(candidates())
    done = app.test_cli_runner().invoke(args=["demo", "seed", "--candidates", str(extra)])
    assert done.exit_code == 0, done.output
    seed_s = time.perf_counter() - begun
    index = json.loads((data_dir / "demo.json").read_text("utf-8"))
    link = next(one["sign_in_url"] for one in index["people"] if one["role"] == "recruiter")
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    answer = client.post(link.removeprefix(index["base_url"]))
    assert answer.status_code == 303, answer.status
    return Board(app, client, f"/jobs/{index['job_id']}/board", seed_s)
