"""Real worker processes on both databases, killed at the worst moments: every effect is there exactly once."""

from __future__ import annotations

import importlib.metadata
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from interview import jobs
from interview.db import Base, make_engine, writing
from interview.jobs import BackgroundJob, State
from tests.jobs import trial_work  # noqa: F401 (registers the kinds)
from tests.jobs.conftest import ROOT, Place, prepared
from tests.support.postgres import running_postgres


def enqueue(place: Place, kind: str, count: int = 1, **payload: object) -> list[int]:
    with place.sessions() as session, writing(session):
        now = datetime.now(UTC)
        return [jobs.enqueue(session, kind, {"what": f"{number:03}", **payload}, now=now) for number in range(count)]


def wait_for(place: Place, job_ids: list[int], state: State) -> list[BackgroundJob]:
    query = select(BackgroundJob).where(BackgroundJob.id.in_(job_ids)).order_by(BackgroundJob.id)
    place.until(lambda session: all(row.state is state for row in session.scalars(query)), f"{job_ids} {state}")
    with place.sessions() as session:
        return list(session.scalars(query))


def test_two_workers_do_each_of_many_jobs_once(place: Place) -> None:
    job_ids = enqueue(place, "trial.note", 40)
    place.start_worker()
    place.start_worker()
    wait_for(place, job_ids, State.DONE)
    assert place.effects() == [f"{number:03}" for number in range(40)]


def test_killed_in_the_middle_of_the_transaction_the_next_worker_does_it_once(place: Place) -> None:
    (job_id,) = enqueue(place, "trial.hold", folder=str(place.folder))
    first = place.start_worker()
    place.until_file("holding")
    first.send_signal(signal.SIGKILL)
    first.wait()
    (place.folder / "go").touch()
    place.start_worker()
    (done,) = wait_for(place, [job_id], State.DONE)
    assert place.effects() == ["000"]
    assert done.attempt_count == 2


def test_killed_between_the_commit_and_the_engines_mark_the_effect_stays_single(place: Place) -> None:
    (job_id,) = enqueue(place, "trial.die_after_commit")
    first = place.start_worker()
    first.wait(60)
    assert first.returncode == -signal.SIGKILL
    (probe,) = enqueue(place, "trial.note", what="later")
    place.start_worker()
    (done, _) = wait_for(place, [job_id, probe], State.DONE)
    assert place.effects() == ["000", "later"]
    assert done.attempt_count == 1


def test_a_job_that_kills_its_worker_is_set_aside(place: Place) -> None:
    (job_id,) = enqueue(place, "trial.poison")
    for _ in range(2):
        place.start_worker().wait(60)
    place.start_worker()
    (failed,) = wait_for(place, [job_id], State.FAILED)
    assert failed.error.startswith("Set aside: it was begun 2 times")


def test_enqueued_by_a_process_that_died_right_after_its_commit(place: Place) -> None:
    program = (
        "import os, signal, sys, datetime\n"
        "from sqlalchemy.orm import Session\n"
        "from interview import jobs\n"
        "from interview.db import make_engine, writing\n"
        "import tests.jobs.trial_work\n"
        "with Session(make_engine(sys.argv[1])) as session, writing(session):\n"
        "    jobs.enqueue(session, 'trial.note', {'what': 'left behind'}, now=datetime.datetime.now(datetime.UTC))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    died = subprocess.run([sys.executable, "-c", program, place.url], cwd=ROOT, timeout=60)
    assert died.returncode == -signal.SIGKILL
    place.start_worker()
    place.until(lambda session: session.scalar(text("SELECT count(*) FROM trial")), "The effect")
    assert place.effects() == ["left behind"]


def test_sigterm_finishes_what_is_under_way(place: Place) -> None:
    (job_id,) = enqueue(place, "trial.hold", folder=str(place.folder))
    worker = place.start_worker()
    place.until_file("holding")
    worker.send_signal(signal.SIGTERM)
    (place.folder / "go").touch()
    assert worker.wait(60) == 0
    (done,) = wait_for(place, [job_id], State.DONE)
    assert done.attempt_count == 1
    with place.sessions() as session:
        assert jobs.live_workers(session, now=datetime.now(UTC)) == set()


def test_a_server_that_hangs_holds_up_nothing_else(place: Place) -> None:
    asking = enqueue(place, "trial.asks", 3, folder=str(place.folder))
    place.start_worker()
    place.until_file("holding")
    others = enqueue(place, "trial.note", 5)
    wait_for(place, others, State.DONE)
    with place.sessions() as session:
        assert jobs.counts(session)[State.DONE] == 5
    (place.folder / "go").touch()
    wait_for(place, asking, State.DONE)


def test_the_command_works_until_sigterm(place: Place) -> None:
    settings = {"DATABASE_URL": place.url, "DATA_DIR": str(place.folder), "DEMO": "0", "SECRET_KEY": "t" * 48}
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "work"]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **settings})
    place.started.append(process)
    place.until(lambda session: jobs.health(session, datetime.now(UTC)).is_ok, "A worker that is seen")
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0


def test_losing_the_engines_own_database_loses_no_job(place: Place) -> None:
    (job_id,) = enqueue(place, "trial.hold", folder=str(place.folder))
    first = place.start_worker()
    place.until_file("holding")
    first.send_signal(signal.SIGKILL)
    first.wait()
    if place.engine.dialect.name == "sqlite":
        for file in place.folder.glob("jobs.sqlite*"):
            file.unlink()
    else:
        with place.sessions() as session, writing(session):
            session.execute(text("DROP SCHEMA dbos CASCADE"))
    (place.folder / "go").touch()
    place.start_worker()
    wait_for(place, [job_id], State.DONE)
    assert place.effects() == ["000"]


def test_a_database_that_goes_away_ends_no_worker_and_loses_no_job(tmp_path: Path) -> None:
    """A server of its own: the other tests' server stays."""
    with running_postgres() as server, server.fresh_database() as url:
        engine = make_engine(url)
        Base.metadata.create_all(engine)
        engine.dispose()
        with prepared(url, tmp_path) as place:
            worker = place.start_worker()
            wait_for(place, enqueue(place, "trial.note"), State.DONE)
            with server.away(), pytest.raises(OperationalError):
                enqueue(place, "trial.note")
            job_ids = enqueue(place, "trial.note", 3)
            wait_for(place, job_ids, State.DONE)
            assert worker.poll() is None


def test_the_one_private_function_of_the_engine_is_still_there() -> None:
    """Taking over from a dead worker stands on it; with another version of DBOS, read its recovery code again."""
    program = "from dbos import DBOS; import inspect; print(inspect.signature(DBOS._recover_pending_workflows))"
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert printed.startswith("(executor_ids: 'List[str]'")
    assert importlib.metadata.version("dbos") == "3.4.0"


def test_web_processes_never_import_the_engine() -> None:
    program = "import sys, interview.app; print('dbos' in sys.modules)"
    printed = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == "False"
