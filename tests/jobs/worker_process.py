"""A real worker process for tests, at a quick pace: python -m tests.jobs.worker_process DATABASE_URL FOLDER."""

from __future__ import annotations

import sys
from pathlib import Path

import tests.jobs.trial_work  # noqa: F401 (registers the handlers)
from interview.adapters.files import LocalFiles
from interview.clock import SystemClock
from interview.db import make_engine
from interview.worker import Pace, Worker, work


class TrialDoors:
    """The doors of a worker that needs only a folder."""

    def __init__(self, folder: Path) -> None:
        self.files = LocalFiles(folder / "files")


if __name__ == "__main__":
    url, folder = sys.argv[1], Path(sys.argv[2])
    pace = Pace(look_s=0.1, seen_s=0.3, silent_s=1.5, drain_s=20)
    engine, doors = make_engine(url), TrialDoors(folder)
    work(Worker(engine, database_url=url, data_dir=folder, clock=SystemClock(), doors=doors, pace=pace))
