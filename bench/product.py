"""Pitchproof under load: an installation full of candidates in front of a film, its server, and how it is spoken to.

The server is the one `make run` starts, with its defaults. Every candidate's rows are copies of those that opening the
film once through the service left behind, so that new columns need no change here.
"""

from __future__ import annotations

import json
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask, session
from flask_wtf.csrf import generate_csrf
from sqlalchemy import Connection, Engine, Table, insert, select

from bench.load import Finding, Seat
from bench.rows import row_bytes
from bench.server import Server, free_port, running
from bench.viewers import LONG_FILM_MS, Report
from interview import config, db
from interview.access import SYSTEM
from interview.app import create_app
from interview.hiring import service as hiring
from interview.hiring.models import Application, Candidate, CandidateLink, CandidateSession
from interview.hiring.rules import Gate, Stage
from interview.hiring.views import CANDIDATE_KEY
from interview.people.rules import digest
from interview.watch import service as watch
from interview.watch.models import Lease, Material, MaterialVersion, WatchBudget
from interview.watch.rules.clocks import Reading
from interview.watch.rules.material import Kind, VersionState
from interview.web.database import database
from interview.web.guard import doors

SECRET_KEY = "b" * 48
SERVE = "from interview import config, serve; serve.gunicorn(config.load())"


@dataclass(frozen=True)
class Installation:
    """A seeded database. `seats` have the film open; `newcomer` is signed in and has opened nothing yet."""

    url: str
    environ: dict[str, str]
    seats: list[Seat]
    newcomer: Seat
    dialect: PitchproofDialect
    tables: list[str]

    @contextmanager
    def serving(self) -> Iterator[Server]:
        """Run the web server of `make run` on it."""
        port = free_port()
        environ = {**self.environ, "PORT": str(port)}
        with running([sys.executable, "-c", SERVE], port, environ, path="/healthz") as server:
            yield server

    def row_bytes(self) -> int:
        """Return the bytes of all rows about watching."""
        return row_bytes(self.url, self.tables)


class PitchproofDialect:
    """The protocol of docs/WATCHING.md as the player speaks it."""

    in_order = False
    resent = frozenset({0, 429, 502, 503, 504})

    def __init__(self, cookies: list[str], token: str, materials: dict[int, int]) -> None:
        self._materials = materials  # by length of the film
        self._heads = [
            f"Host: 127.0.0.1\r\nContent-Type: application/json\r\nX-CSRFToken: {token}\r\nCookie: {cookie}\r\n"
            for cookie in cookies
        ]

    def beat(self, seat: Seat, seq: int, report: Report) -> bytes:
        """Write a beat."""
        mono_ms = max(0, int((time.monotonic() - seat.since) * 1000))
        pieces = [[start, end, report.rate_x100, 0, mono_ms] for start, end in report.pieces]
        state = "ended" if report.ended else "playing"
        body = (
            f'{{"v":1,"seq":{seq},"segs":{pieces},"pos":{report.pos_ms},"state":"{state}","mono":{mono_ms},'
            '"hid":0,"mut":0,"qn":0}'
        )
        return self._post(seat, f"/watch/lease/{seat.session}/beat", body)

    def opening(self, seat: Seat) -> bytes:
        """Open the film on another device."""
        return self._post(seat, f"/watch/{self._materials[seat.film_ms]}/lease", "")

    def read_opening(self, body: bytes) -> str:
        """Return the lease."""
        return str(json.loads(body)["lease"])

    def read(self, seat: Seat, status: int, body: bytes, report: Report) -> Finding:
        """Read what the server made of a beat; of a session that was superseded it may still be credited."""
        if status not in (200, 409):
            return Finding(accepted=False)
        fields = json.loads(body)
        if status == 409 and fields.get("reason") != "superseded":
            return Finding(accepted=False)
        checkpoint = fields.get("checkpoint")
        return Finding(
            accepted=True,
            credited_ms=fields["covered_ms"],
            done=fields["done"],
            short=tuple((start, end) for start, end in fields["short"]),
            missing=tuple((start, end) for start, end in fields["missing"]),
            follow_up=self._answer(seat, checkpoint) if checkpoint else None,
        )

    def _answer(self, seat: Seat, checkpoint: dict[str, Any]) -> bytes:
        answer = json.dumps({"answer": word_shown(checkpoint["prompt"])})
        return self._post(seat, f"/watch/lease/{seat.session}/checkpoint/{checkpoint['id']}", answer)

    def _post(self, seat: Seat, path: str, body: str) -> bytes:
        return (f"POST {path} HTTP/1.1\r\n{self._heads[seat.who]}Content-Length: {len(body)}\r\n\r\n{body}").encode()


def word_shown(prompt: str) -> str:
    """Return the word that a checkpoint asks to choose: what stands behind the colon."""
    return prompt.rpartition(":")[2].strip().strip(".\"'“”")


def installed(url: str, folder: Path, films: list[int], *, budget_ms: int | None = None) -> Installation:
    """Fill an empty database: a candidate for each of `films` (lengths) who has it open, and one who opened nothing.

    `budget_ms` gives everybody that much credit beforehand, for a load that does not take the time it claims.
    """
    environ = {"DATABASE_URL": url, "DATA_DIR": str(folder), "DEMO": "0", "SECRET_KEY": SECRET_KEY}
    app = create_app(config.load(environ))
    materials = {film_ms: number for number, film_ms in enumerate(sorted({*films, LONG_FILM_MS}), 1)}
    with app.app_context():
        engine = database.engine
        db.Base.metadata.create_all(engine)
        with database.session() as seeding, db.writing(seeding):
            text = hiring.JobText("Account Executive", "", "", "", "", Gate.RECORDED, 30, 24)
            job_id = hiring.create_job(seeding, SYSTEM, text, now=datetime.now(UTC)).id
        with _bulk(engine) as connection:
            _add_films(connection, job_id, materials)
            _add_people(connection, job_id, len(films) + 1)
        opened = time.monotonic()
        leases = _open_once_each(app, films, materials, budget_ms)
        tables = _watching_tables()
        with _bulk(engine) as connection:
            for table in tables:
                _copy_for_everybody(connection, table, films, leases)
        engine.dispose()
    seats = [Seat(who, leases[who], film_ms, opened, opened) for who, film_ms in enumerate(films)]
    newcomer = Seat(len(films), "no-such-play-session-0", LONG_FILM_MS, 0.0, 0.0)
    dialect = PitchproofDialect(*_signed_in(app, len(films) + 1), materials)
    return Installation(url, environ, seats, newcomer, dialect, [table.name for table in tables])


@contextmanager
def _bulk(engine: Engine) -> Iterator[Connection]:
    with db.write_turn(engine), engine.connect().execution_options(writes=True) as connection, connection.begin():
        yield connection


def _add_films(connection: Connection, job_id: int, materials: dict[int, int]) -> None:
    now = datetime.now(UTC)
    _insert(connection, Material, [
        {"id": one, "job_id": job_id, "title": f"Film {one}", "kind": Kind.WEBINAR, "ordinal": one, "required": True,
         "need_permille": 950, "ready_number": 1, "created_at": now} for one in materials.values()
    ])  # fmt: skip
    _insert(connection, MaterialVersion, [
        {"material_id": one, "number": 1, "file_key": "none", "sha256": "0" * 64, "size_bytes": 1, "container": "webm",
         "uploaded_at": now, "state": VersionState.READY, "objection": "", "duration_ms": film_ms, "excluded": b""}
        for film_ms, one in materials.items()
    ])  # fmt: skip


def _add_people(connection: Connection, job_id: int, count: int) -> None:
    now, everybody = datetime.now(UTC), range(1, count + 1)
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


def _insert(connection: Connection, model: type[db.Base], rows: list[dict[str, Any]]) -> None:
    connection.execute(insert(model), rows)


def _open_once_each(app: Flask, films: list[int], materials: dict[int, int], budget_ms: int | None) -> list[str]:
    """Open each film as the first candidate who watches it, through the service; return a lease for everybody."""
    leases = [secrets.token_urlsafe(16) for _ in films]
    with app.test_request_context(), database.session() as opening, db.writing(opening):
        for who in {film_ms: films.index(film_ms) for film_ms in films}.values():
            now, steady = datetime.now(UTC), doors().clock.steady()
            actor = hiring.candidate_actor(opening, f"session-{who + 1}", now=now)
            assert actor is not None
            clocks = Reading(steady.epoch, steady.ms, round(now.timestamp() * 1000))
            material_id = materials[films[who]]
            opened = watch.open_lease(opening, actor, material_id, reading=clocks, device="computer", now=now)
            leases[who] = opened.lease_id
            if budget_ms is not None:
                budget = opening.get(WatchBudget, actor.candidate_id)
                assert budget is not None
                budget.budget_ms = budget_ms
    return leases


def _watching_tables() -> list[Table]:
    """Return the tables that hold something for each candidate about watching."""
    models = [one for one in db.Base.registry.mappers if one.class_.__module__ == Lease.__module__]
    tables = [one.local_table for one in models if "candidate_id" in one.columns]
    return [table for table in db.Base.metadata.sorted_tables if table in tables]


def _copy_for_everybody(connection: Connection, table: Table, films: list[int], leases: list[str]) -> None:
    """Write the rows that a film's first candidate has in a table once more for each of its others, with own ids."""
    copies = []
    for film_ms in set(films):
        first = films.index(film_ms)
        rows = connection.execute(select(table).where(table.c.candidate_id == first + 1)).mappings().all()
        for who in (other for other, length_ms in enumerate(films) if length_ms == film_ms and other != first):
            own = {"candidate_id": who + 1, "application_id": who + 1}
            copies += [{
                name: own.get(name, leases[who] if value == leases[first] else _own_id(table, name, value))
                for name, value in row.items()
                if not _counts_itself(table, name)
            } for row in rows]  # fmt: skip
    if copies:
        connection.execute(insert(table), copies)


def _counts_itself(table: Table, name: str) -> bool:
    return table.c[name] is table.autoincrement_column and name == "id"


def _own_id(table: Table, name: str, value: Any) -> Any:
    unique = (table.c[name].primary_key and len(table.primary_key) == 1) or table.c[name].unique
    return secrets.token_urlsafe(len(value))[: len(value)] if unique and isinstance(value, str) else value


def _signed_in(app: Flask, count: int) -> tuple[list[str], str]:
    """Sign everybody in without the server: the cookies are what it would have set itself."""
    with app.test_request_context():
        token = generate_csrf()
        interface: Any = app.session_interface
        serializer = interface.get_signing_serializer(app)
        cookies = []
        for number in range(1, count + 1):
            session[CANDIDATE_KEY] = f"session-{number}"
            cookies.append(f"{app.config['SESSION_COOKIE_NAME']}={serializer.dumps(dict(session))}")
    return cookies, token
