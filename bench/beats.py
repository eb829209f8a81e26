"""Beats per second of the whole product against a bare Flask route, under the same gunicorn, taking turns.

One server process with eight threads, sixteen connections that send as fast as they are answered. Every beat is an
honest one: its ten seconds are credited and stored. Plain sockets, so that the client takes little of the machine.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
from flask import Flask, session
from flask_wtf.csrf import generate_csrf
from sqlalchemy import Connection, insert, select

from interview import config, db
from interview.access import SYSTEM
from interview.app import create_app
from interview.clock import SystemClock
from interview.hiring import service as hiring
from interview.hiring.models import Application, Candidate, CandidateLink, CandidateSession, Job
from interview.hiring.rules import Gate, Stage
from interview.hiring.views import CANDIDATE_KEY
from interview.people.rules import digest
from interview.watch.models import Lease, Material, MaterialVersion, Watch, WatchBudget
from interview.watch.rules.credit import CAP_MS
from interview.watch.rules.material import Kind, VersionState
from interview.web.database import database

CANDIDATES = 800
CONNECTIONS = 16
WARM_UP_S = 2.0
TURN_S = 4.0
ROUNDS = 3
SECRET_KEY = "b" * 48
HOUR_MS = 3_600_000


@dataclass
class Turns:
    """What one contender did in all its turns."""

    name: str
    beats: int = 0
    seconds: float = 0.0
    cpu_s: float = 0.0
    refused: int = 0
    per_s: list[float] = field(default_factory=list)

    def as_json(self) -> dict[str, object]:
        """Return all of it for results.json."""
        numbers = {"per_s": round(self.rate), "cpu_us": round(self.cpu_us), "turns_per_s": self.per_s}
        return {**asdict(self), **numbers}

    @property
    def rate(self) -> float:
        """Return beats a second."""
        return self.beats / self.seconds

    @property
    def cpu_us(self) -> float:
        """Return the server's processor time a beat, in microseconds."""
        return self.cpu_s / max(1, self.beats) * 1e6


@dataclass(frozen=True)
class Sender:
    """One candidate's ready-made request: everything but the numbers of the beat."""

    cookie: str
    token: str
    lease: str

    def request(self, seq: int) -> bytes:
        """Return the bytes of the beat with this number: the next ten seconds of the film."""
        start = (seq - 1) * 10_000 % HOUR_MS
        body = json.dumps(
            {
                "v": 1,
                "seq": seq,
                "segs": [[start, start + 10_000, 100, 0, 0]],
                "pos": start + 10_000,
                "state": "playing",
                "mono": 0,
                "hid": 0,
                "mut": 0,
                "qn": 0,
            }
        )
        return (
            f"POST /watch/lease/{self.lease}/beat HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Cookie: {self.cookie}\r\nX-CSRFToken: {self.token}\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        ).encode()


class Contender:
    """A running server, its senders, and how far each has come."""

    def __init__(self, name: str, port: int, process: psutil.Process, senders: list[Sender]) -> None:
        self.turns = Turns(name)
        self.port, self.process, self.senders = port, process, senders
        self.seqs = [0] * len(senders)

    def warm_up(self) -> None:
        """Send a little and forget it: what a process does once is not what a beat costs."""
        self.take_turn(WARM_UP_S)
        self.turns = Turns(self.turns.name)

    def take_turn(self, seconds: float) -> None:
        """Send for so long over all connections and note what was answered."""
        stop = time.perf_counter() + seconds
        counts = [(0, 0)] * CONNECTIONS
        before, begun = self._cpu_s(), time.perf_counter()

        def send(connection: int) -> None:
            counts[connection] = self._send_until(stop, connection)

        threads = [threading.Thread(target=send, args=(number,)) for number in range(CONNECTIONS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.perf_counter() - begun
        beats = sum(good for good, _ in counts)
        self.turns.beats += beats
        self.turns.refused += sum(bad for _, bad in counts)
        self.turns.seconds += seconds
        self.turns.cpu_s += self._cpu_s() - before
        self.turns.per_s.append(round(beats / seconds))

    def _send_until(self, stop: float, connection: int) -> tuple[int, int]:
        good = bad = 0
        mine = range(connection, len(self.senders), CONNECTIONS)
        with socket.create_connection(("127.0.0.1", self.port)) as line:
            while time.perf_counter() < stop:
                for number in mine:
                    self.seqs[number] += 1
                    line.sendall(self.senders[number].request(self.seqs[number]))
                    if _status(line) == 200:
                        good += 1
                    else:
                        bad += 1
                    if time.perf_counter() >= stop:
                        break
        return good, bad

    def _cpu_s(self) -> float:
        processes = [self.process, *self.process.children(recursive=True)]
        return sum(one.cpu_times().user + one.cpu_times().system for one in processes)


def _status(line: socket.socket) -> int:
    """Read one answer and return its status."""
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += line.recv(65536) or _hung_up()
    head, _, body = answer.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
    while len(body) < length:
        body += line.recv(65536) or _hung_up()
    return int(head[9:12])


def _hung_up() -> bytes:
    raise ConnectionError("the server hung up")


def measure(databases: dict[str, Callable[[], AbstractContextManager[str]]]) -> list[Turns]:
    """Let the bare route and the product on each database take turns; the bare route comes first in the list."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pitchproof-bench-")))
        bare = Sender("session=x", "x", "x" * 22)
        contenders = [stack.enter_context(_contender("bare Flask route", "bench.bare:app", {}, [bare] * CANDIDATES))]
        for name, fresh in databases.items():
            url = stack.enter_context(fresh())
            environ = {"DATABASE_URL": url, "DATA_DIR": str(folder / name), "DEMO": "0", "SECRET_KEY": SECRET_KEY}
            senders = _seeded(config.load(environ))
            contenders.append(stack.enter_context(_contender(f"product on {name}", "wsgi:app", environ, senders)))
        for one in contenders:
            one.warm_up()
        for _ in range(ROUNDS):
            for one in contenders:
                one.take_turn(TURN_S)
        return [one.turns for one in contenders]


@contextmanager
def _contender(name: str, app: str, environ: dict[str, str], senders: list[Sender]) -> Iterator[Contender]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", app, "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread"]
    command += ["--threads", "8", "--no-control-socket", "--log-level", "error", "--keep-alive", "30"]
    process = subprocess.Popen(command, env={**os.environ, **environ})
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=30) as line:  # open long before it answers
                    line.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                    _status(line)
                break
            except OSError:
                if time.monotonic() > deadline or process.poll() is not None:
                    raise
                time.sleep(0.1)
        yield Contender(name, port, psutil.Process(process.pid), senders)
    finally:
        process.terminate()
        process.wait(20)


# -- an installation with many candidates in the middle of a film ------------------------------------------------------


def _seeded(settings: config.Settings) -> list[Sender]:
    app = create_app(settings)
    with app.app_context():
        engine = database.engine
        db.Base.metadata.create_all(engine)
        with database.session() as seeding, db.writing(seeding):
            text = hiring.JobText("Account Executive", "", "", "", "", Gate.RECORDED, 30, 24)
            job_id = hiring.create_job(seeding, SYSTEM, text, now=datetime.now(UTC)).id
        with db.write_turn(engine), engine.connect().execution_options(writes=True) as connection, connection.begin():
            _fill(connection, job_id)
        engine.dispose()
    return [_sender(app, number) for number in range(CANDIDATES)]


def _fill(connection: Connection, job_id: int) -> None:
    now, steady = datetime.now(UTC), SystemClock().steady()
    clock = {"clock_epoch": steady.epoch, "clock_ms": steady.ms, "clock_wall_ms": round(now.timestamp() * 1000)}
    everybody = range(1, CANDIDATES + 1)
    assert connection.scalar(select(Job.id)) == job_id
    _insert(connection, Material, [
        {"id": 1, "job_id": job_id, "title": "Webinar", "kind": Kind.WEBINAR, "ordinal": 1, "required": True,
         "need_permille": 950, "ready_number": 1, "created_at": now}
    ])  # fmt: skip
    _insert(connection, MaterialVersion, [
        {"material_id": 1, "number": 1, "file_key": "none", "sha256": "0" * 64, "size_bytes": 1, "container": "webm",
         "uploaded_at": now, "state": VersionState.READY, "objection": "", "duration_ms": HOUR_MS, "excluded": b""}
    ])  # fmt: skip
    _insert(connection, Candidate, [
        {"id": n, "email": f"c{n}@example.com", "name": f"Candidate {n}", "created_at": now} for n in everybody
    ])  # fmt: skip
    _insert(connection, Application, [
        {"id": n, "job_id": job_id, "candidate_id": n, "stage": Stage.PREPARING, "created_at": now, "active_at": now}
        for n in everybody
    ])  # fmt: skip
    _insert(connection, CandidateLink, [
        {"id": n, "application_id": n, "token_sha256": digest(f"link-{n}"), "created_at": now,
         "expires_at": now + timedelta(days=1)} for n in everybody
    ])  # fmt: skip
    _insert(connection, CandidateSession, [
        {"id": n, "link_id": n, "token_sha256": digest(f"session-{n}"), "created_at": now} for n in everybody
    ])  # fmt: skip
    _insert(connection, Watch, [
        {"candidate_id": n, "material_id": 1, "material_version": 1, "covered": b"", "covered_ms": 0, "resume_ms": 0,
         "first_at": now, "last_at": now, "tier": "A", "flags": 0} for n in everybody
    ])  # fmt: skip
    _insert(connection, WatchBudget, [
        {"candidate_id": n, **clock, "age_ms": CAP_MS, "budget_ms": CAP_MS, "lease_id": _lease(n), "lease_count": 1,
         "beats_due_ms": 0, "opens_due_ms": 0} for n in everybody
    ])  # fmt: skip
    _insert(connection, Lease, [
        {"id": _lease(n), "candidate_id": n, "application_id": n, "material_id": 1, "material_version": 1,
         "opened_at": now, "last_at": now, "opened_ms": 0, "last_ms": 0, "max_seq": 0, "seen": b"", "beat_count": 0,
         "credited_ms": 0, "short_count": 0, "hidden_count": 0, "muted_count": 0, "device": ""} for n in everybody
    ])  # fmt: skip


def _insert(connection: Connection, model: type[db.Base], rows: list[dict[str, Any]]) -> None:
    connection.execute(insert(model), rows)


def _lease(number: int) -> str:
    return f"bench-lease-{number:010d}"


def _sender(app: Flask, number: int) -> Sender:
    """Sign in as a candidate without the server: the cookie is what the server itself would have set."""
    with app.test_request_context():
        session[CANDIDATE_KEY] = f"session-{number + 1}"
        token = generate_csrf()
        interface: Any = app.session_interface
        signed = interface.get_signing_serializer(app).dumps(dict(session))
    return Sender(f"{app.config['SESSION_COOKIE_NAME']}={signed}", token, _lease(number + 1))
