"""Kolibri, the offline learning platform: its real server and its progress API (trackprogress).

Its client adds up what was played and sends the difference; it waits for each answer and sends again after a 503 alone.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.load import Finding, Seat
from bench.peers import environment
from bench.rows import row_bytes
from bench.server import Server, free_port, running
from bench.viewers import LONG_FILM_MS, Report

PACKAGES = ["kolibri==0.19.5"]
LEARNERS = Path(__file__).with_name("kolibri_learners.py")
TABLES = ["logger_contentsessionlog", "logger_contentsummarylog"]
CSRF = "b" * 64


class KolibriDialect:
    """PUT the difference in progress and in time spent."""

    in_order = True
    resent = frozenset({503})

    def __init__(self, people: dict[str, Any]) -> None:
        self._heads = [
            f"Host: 127.0.0.1\r\nContent-Type: application/json\r\nX-CSRFToken: {CSRF}\r\n"
            f"Cookie: kolibri={one['cookie']}; kolibri_csrftoken={CSRF}\r\n"
            for one in people["people"]
        ]
        self._open = json.dumps({
            "node_id": people["node"], "content_id": people["content"], "channel_id": people["channel"],
            "kind": "video",
        })  # fmt: skip
        self._progress = [0.0] * len(self._heads)

    def beat(self, seat: Seat, seq: int, report: Report) -> bytes:
        """Write how much was played, as a share of the film rounded up to thousandths, and how long it took."""
        played_ms = sum(end - start for start, end in report.pieces)
        body = json.dumps({
            "progress_delta": _delta(report, seat), "time_spent_delta": played_ms * 100 / report.rate_x100 / 1000,
        })  # fmt: skip
        return self._request("PUT", f"/api/logger/trackprogress/{seat.session}/", seat, body)

    def opening(self, seat: Seat) -> bytes:
        """Open the video on another device."""
        return self._request("POST", "/api/logger/trackprogress/", seat, self._open)

    def read_opening(self, body: bytes) -> str:
        """Return the content session."""
        return str(json.loads(body)["session_id"])

    def read(self, seat: Seat, status: int, body: bytes, report: Report) -> Finding:
        """A difference that was accepted is added, up to the whole film."""
        if status != 200:
            return Finding(accepted=False)
        self._progress[seat.who] = min(1.0, self._progress[seat.who] + _delta(report, seat))
        credited_ms = round(self._progress[seat.who] * seat.film_ms)
        return Finding(accepted=True, credited_ms=credited_ms, done=json.loads(body)["complete"])

    def _request(self, method: str, path: str, seat: Seat, body: str) -> bytes:
        head = f"{method} {path} HTTP/1.1\r\n{self._heads[seat.who]}Content-Length: {len(body)}\r\n\r\n"
        return f"{head}{body}".encode()


def _delta(report: Report, seat: Seat) -> float:
    played_ms = sum(end - start for start, end in report.pieces)
    return math.ceil(1000 * min(1.0, played_ms / seat.film_ms)) / 1000


@dataclass(frozen=True)
class KolibriInstallation:
    """A fresh Kolibri home with learners in it."""

    home: Path
    python: Path
    seats: list[Seat]
    newcomer: Seat
    dialect: KolibriDialect

    @contextmanager
    def serving(self) -> Iterator[Server]:
        """Run `kolibri start` as its manual says; everything it brings with it runs too."""
        port = free_port()
        command = [str(self.python), "-m", "kolibri", "start", "--foreground", "--port", str(port)]
        with running(command, port, _environ(self.home), path="/api/public/info/") as server:
            yield server

    def row_bytes(self) -> int:
        """Return the bytes of all content logs."""
        return row_bytes(f"sqlite:///{self.home / 'db.sqlite3'}", TABLES)


def prepare() -> tuple[Path, str]:
    """Return the environment's Python and what is measured; raise NotMeasured."""
    python = environment.environment("kolibri", PACKAGES)
    return python, f"Kolibri {environment.version(python, 'kolibri')}"


def installed(python: Path, home: Path, films: list[int], opened: float) -> KolibriInstallation:
    """Set up a facility and its learners, one more than there are films; raise NotMeasured."""
    environ = _environ(home)
    provision = ["manage", "provisiondevice", "--facility", "Bench", "--superusername", "admin"]
    provision += ["--superuserpassword", "admin-of-bench", "--preset", "nonformal", "--language_id", "en", "--noinput"]
    environment.run_tool([str(python), "-m", "kolibri", *provision], environ)
    said = environment.run_tool([str(python), "-P", str(LEARNERS)], environ, str(len(films) + 1))
    people = json.loads(said.strip().splitlines()[-1])
    seats = [Seat(who, people["people"][who]["session"], film_ms, opened, opened) for who, film_ms in enumerate(films)]
    newcomer = Seat(len(films), people["people"][-1]["session"], LONG_FILM_MS, opened, opened)
    return KolibriInstallation(home, python, seats, newcomer, KolibriDialect(people))


def _environ(home: Path) -> dict[str, str]:
    return {"KOLIBRI_HOME": str(home), "KOLIBRI_RUN_MODE": "bench", "KOLIBRI_DISABLE_PING": "1"}
