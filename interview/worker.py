"""The worker process: DBOS carries out what the rows of interview/jobs.py ask for, and takes over from dead workers.

The only file that imports dbos (0.6 s and threads), so no web process may import this one. The rows are the truth; the
engine's own database may be lost without losing a job. docs/decisions says why.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import sqlite3
import threading
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NoReturn

from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetWorkflowID
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import sessionmaker

from interview import jobs
from interview.db import writing
from interview.errors import Unavailable

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from interview.clock import Clock
    from interview.ports import Doors

WORKFLOW_VERSION = (
    "1"  # changes only when `carry_out` changes its meaning: workflows of another version stay where they are
)
QUEUE = "background"
ASKING_QUEUE = "asking"  # a server of somebody else's that hangs holds no place of what needs none
WORKFLOW = "background-job"
_UNDER_WAY = frozenset({"ENQUEUED", "DELAYED", "PENDING"})

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Pace:
    """How often a worker looks around, in seconds, and how much it takes on."""

    look_s: float = 0.5
    seen_s: float = 2.0
    silent_s: float = jobs.SILENT_S
    clear_s: float = 3600.0
    drain_s: int = 20
    at_once: int = 2
    asking_at_once: int = 2
    in_hand_max: int = 100


def engine_database(database_url: str, data_dir: Path) -> str:
    """Return the URL of the engine's own tables: a file beside the application's, or a schema on its PostgreSQL."""
    if not database_url.startswith("sqlite"):
        return database_url
    path = data_dir / "jobs.sqlite"
    with sqlite3.connect(path) as connection:  # the engine leaves the journal mode alone, and needs this one
        connection.execute("PRAGMA journal_mode=WAL")
    connection.close()
    return f"sqlite:///{path}"


def take_over(executor_ids: list[str]) -> None:
    """Give the unfinished workflows of dead processes back to the queue: the one private function of DBOS we call."""
    DBOS._recover_pending_workflows(executor_ids)


class Worker:
    """One worker process; `run` returns when `stop` is set and what was under way is finished or handed on."""

    def __init__(
        self, engine: Engine, *, database_url: str, data_dir: Path, clock: Clock, doors: Doors, pace: Pace = Pace()
    ) -> None:
        self.sessions = sessionmaker(engine)
        self.clock, self.doors, self.pace = clock, doors, pace
        self.stop = threading.Event()
        self.id = (
            f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"  # two of one name would run steps twice
        )
        self.started_at = clock.now()
        self._config: DBOSConfig = {
            "name": "pitchproof",
            "system_database_url": engine_database(database_url, data_dir),
            "dbos_system_schema": "dbos",
            "executor_id": self.id,
            "application_version": WORKFLOW_VERSION,
            "serializer": DBOSPortableJSONSerializer(),
            "log_level": "WARNING",
        }
        self._done_at: dict[str, datetime] = {}

    def run(self) -> None:
        """Work until `stop` is set."""
        self._be_seen()
        self._launch()
        log.info("Worker %s is ready.", self.id)
        while not self.stop.is_set():
            try:
                self._look_around()
            except (
                SQLAlchemyError,
                Unavailable,
            ) as problem:  # the database is away or busy: nothing is lost by waiting
                log.warning("The worker cannot reach its database and tries again: %s", problem)
            except Exception:  # what ends a worker ends the server beside it, and the next look may go well
                log.exception("The worker could not look around and tries again.")
            self.stop.wait(self.pace.look_s)
        DBOS.destroy(workflow_completion_timeout_sec=self.pace.drain_s, destroy_registry=True)
        with self.sessions() as session, writing(session):
            jobs.leave(session, self.id)

    def _launch(self) -> None:
        @DBOS.workflow(name=WORKFLOW)
        def carry_out(job_id: int, round_: int) -> None:
            jobs.perform(self.sessions, job_id, round_, worker=self.id, clock=self.clock, doors=self.doors)

        self._carry_out = carry_out
        DBOS(config=self._config)
        DBOS.launch()
        for queue, at_once in ((QUEUE, self.pace.at_once), (ASKING_QUEUE, self.pace.asking_at_once)):
            DBOS.register_queue(queue, worker_concurrency=at_once, polling_interval_sec=self.pace.look_s)

    def _look_around(self) -> None:
        if self._is_time("seen", self.pace.seen_s):
            self._be_seen()
        self._check_in_hand()
        self._hand_over()
        if self._is_time("clear", self.pace.clear_s):
            self._clear_old()

    def _is_time(self, what: str, every_s: float) -> bool:
        now = self.clock.now()
        last = self._done_at.get(what)
        if last is not None and (now - last).total_seconds() < every_s:
            return False
        self._done_at[what] = now
        return True

    def _be_seen(self) -> None:
        with self.sessions() as session, writing(session):
            jobs.be_seen(session, self.id, started_at=self.started_at, now=self.clock.now())

    def _clear_old(self) -> None:
        now = self.clock.now()
        with self.sessions() as session, writing(session):
            jobs.clear_old(session, now=now, silent_s=self.pace.silent_s)
        with self.sessions() as session:
            needed = {workflow_id(one) for one in jobs.in_hand(session)}
        yesterday = (now - timedelta(days=1)).isoformat()
        known = DBOS.list_workflows(end_time=yesterday, limit=1000, load_input=False, load_output=False)
        DBOS.delete_workflows([one.workflow_id for one in known if one.workflow_id not in needed])

    def _hand_over(self) -> None:
        """Start a workflow for every due row; its name comes from the row, so that starting it twice is harmless."""
        now = self.clock.now()
        with self.sessions() as session:
            room = self.pace.in_hand_max - len(jobs.in_hand(session))
            due = jobs.due(session, now=now, count_max=room) if room > 0 else []
        for one in due:
            with SetWorkflowID(workflow_id(one)):
                DBOS.enqueue_workflow(ASKING_QUEUE if one.asks else QUEUE, self._carry_out, one.job_id, one.round)
        if due:
            with self.sessions() as session, writing(session):
                jobs.mark_handed(session, due, now=now)

    def _check_in_hand(self) -> None:
        """Take over from processes that fell silent, and take back what the engine lost or ended without an end."""
        with self.sessions() as session:
            handed = jobs.in_hand(session)
            live = jobs.live_workers(session, now=self.clock.now(), silent_s=self.pace.silent_s) | {self.id}
        if not handed:
            return
        known = {
            one.workflow_id: one
            for one in DBOS.list_workflows(
                workflow_ids=[workflow_id(one) for one in handed], load_input=False, load_output=False
            )
        }
        orphaned_of = {
            one.executor_id for one in known.values() if one.status == "PENDING" and one.executor_id is not None
        } - live
        if orphaned_of:
            log.warning("Taking over the work of %s.", ", ".join(sorted(orphaned_of)))
            take_over(sorted(orphaned_of))
        lost = [
            one for one in handed if (found := known.get(workflow_id(one))) is None or found.status not in _UNDER_WAY
        ]
        if lost:
            with self.sessions() as session, writing(session):
                jobs.take_back(session, lost, now=self.clock.now())


def work(worker: Worker) -> NoReturn:
    """Run a worker until SIGTERM or Ctrl-C, then end the process."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: worker.stop.set())
    worker.run()
    logging.shutdown()
    os._exit(0)  # what did not end within the drain is another worker's now; its thread must not hold the process


def workflow_id(handed: jobs.Handed) -> str:
    """Return the name under which the engine knows this round of a job."""
    return f"{WORKFLOW}-{handed.job_id}-{handed.round}"
