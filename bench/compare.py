"""The comparison page on a job with 2 and with 30 scored candidates, panels of four: queries equal, time within 2x.

Whole requests through the application in this process, the two sizes taking turns, so that both see the same machine.
The adjusted view is on, so that everything the page can show is in it.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from bench.board import Board
from interview import config, db
from interview.app import create_app
from interview.web.database import database
from tests.debrief.stage import PANEL, draft, pitch, score
from tests.scorecard.stage import choose_rubric
from tests.support.cast import make_cast
from tests.support.clock import HandClock

SIZES = (2, 30)
ROUNDS = 40
LIMIT = 2.0
FOUR = (*PANEL, "nils")


@dataclass(frozen=True)
class CompareResult:
    """What was measured of one database: queries and median milliseconds a page, by number of candidates."""

    database: str
    queries: dict[int, int]
    median_ms: dict[int, float]

    @property
    def time_ratio(self) -> float:
        """Return how much longer the page takes with the larger number."""
        return self.median_ms[SIZES[1]] / self.median_ms[SIZES[0]]

    def as_json(self) -> dict[str, object]:
        """Return all of it for results.json."""
        return {**asdict(self), "time_ratio": round(self.time_ratio, 3), "limit": LIMIT}


def measure(name: str, fresh: Callable[[], AbstractContextManager[str]], folder: Path) -> CompareResult:
    """Measure one kind of database; `fresh` lends the URL of an empty one."""
    with fresh() as few, fresh() as many:
        pages = {
            size: _page(url, folder / f"compare-{name}-{size}", size)
            for size, url in zip(SIZES, (few, many), strict=True)
        }
        times: dict[int, list[float]] = {size: [] for size in SIZES}
        for page in pages.values():
            page.load()
        for _ in range(ROUNDS):
            for size, page in pages.items():
                times[size].append(page.load())
        result = CompareResult(
            database=name,
            queries={size: page.queries() for size, page in pages.items()},
            median_ms={size: round(statistics.median(one), 2) for size, one in times.items()},
        )
        for page in pages.values():
            with page.app.app_context():
                database.engine.dispose()
    return result


def _page(url: str, data_dir: Path, size: int) -> Board:
    clock = HandClock()
    app = create_app(
        config.load({"DATA_DIR": str(data_dir), "DATABASE_URL": url, "SECRET_KEY": "b" * 48, "DEMO": "0"}), clock=clock
    )
    with app.app_context():
        db.Base.metadata.create_all(database.engine)
        with Session(database.engine) as session:
            cast = make_cast(app, session, clock)
            choose_rubric(cast)
            ids = []
            for number in range(size):
                ids.append(pitch(cast, f"Person{number:02d} Example", FOUR))
                score(cast, ids[-1], {one: draft(1 + (number + seat) % 5) for seat, one in enumerate(FOUR)})
            client = cast.browser("mara")
            path = f"/jobs/{cast.job_id}/compare?application={ids[0]}&application={ids[1]}&adjusted=on"
    return Board(app, client, path, 0.0)
