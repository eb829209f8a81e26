"""edx-completion, the record of what Open edX's learners completed, behind its own completion-batch API.

Its client tells the server a share; the video player says 1.0 once the position has passed 95 %, and never repeats a
request that failed. Here every beat says the share reached so far, so that the two write as often as each other.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.load import Finding, Seat
from bench.peers import environment
from bench.rows import row_bytes
from bench.server import Server, free_port, gunicorn, running
from bench.viewers import LONG_FILM_MS, Report

PACKAGES = ["edx-completion==5.0.0", "Django==5.2.*", "gunicorn==27.0.1", "psycopg[binary]==3.3.9"]
SITE = Path(__file__).with_name("edx_site.py")
COURSE = "course-v1:Bench+Films+2026"
COMPLETE_SHARE = 0.95
TABLES = ["completion_blockcompletion"]


class EdxDialect:
    """POST completion-batch with the furthest share reached."""

    in_order = True
    resent: frozenset[int] = frozenset()

    def __init__(self, cookies: list[str], csrf: str) -> None:
        self._heads = [
            "POST /api/completion/v1/completion-batch HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Cookie: csrftoken={csrf}; {cookie}\r\nX-CSRFToken: {csrf}\r\n"
            for cookie in cookies
        ]
        self._reached = [0.0] * len(cookies)

    def beat(self, seat: Seat, seq: int, report: Report) -> bytes:
        """Write the share of the film that the furthest position is; the player looks at it all the time."""
        reached = max(self._reached[seat.who], max(end for _, end in report.pieces) / seat.film_ms)
        self._reached[seat.who] = 1.0 if reached >= COMPLETE_SHARE else reached
        key = f"block-v1:{COURSE.removeprefix('course-v1:')}+type@video+block@film{seat.film_ms}"
        blocks = {key: self._reached[seat.who]}
        body = json.dumps({"username": f"learner{seat.who}", "course_key": COURSE, "blocks": blocks})
        return f"{self._heads[seat.who]}Content-Length: {len(body)}\r\n\r\n{body}".encode()

    def opening(self, seat: Seat) -> None:
        """There is no such thing: devices are not told apart."""

    def read_opening(self, body: bytes) -> str:
        """Return nothing."""
        return ""

    def read(self, seat: Seat, status: int, body: bytes, report: Report) -> Finding:
        """A share that was accepted is believed."""
        if status != 200:
            return Finding(accepted=False)
        reached = self._reached[seat.who]
        return Finding(accepted=True, credited_ms=round(reached * seat.film_ms), done=reached >= 1.0)


@dataclass(frozen=True)
class EdxInstallation:
    """The Django project with everybody enrolled."""

    url: str
    python: Path
    seats: list[Seat]
    newcomer: Seat
    dialect: EdxDialect

    @contextmanager
    def serving(self) -> Iterator[Server]:
        """Run it as we are run: the same gunicorn, processes and threads."""
        port = free_port()
        command = gunicorn(str(self.python), "edx_site:application", port)
        with running(command, port, {"DATABASE_URL": self.url}, path="/", cwd=SITE.parent) as server:
            yield server

    def row_bytes(self) -> int:
        """Return the bytes of all completions."""
        return row_bytes(self.url, TABLES)


def prepare() -> tuple[Path, str]:
    """Return the environment's Python and what is measured; raise NotMeasured."""
    python = environment.environment("edx-completion", PACKAGES)
    return python, f"edx-completion {environment.version(python, 'edx-completion')}"


def installed(python: Path, url: str, films: list[int], opened: float) -> EdxInstallation:
    """Make the tables and the learners, one more than there are films; raise NotMeasured."""
    given = " ".join(str(one) for one in [len(films) + 1, *films])
    said = environment.run_tool([str(python), str(SITE)], {"DATABASE_URL": url}, given)
    people = json.loads(said)
    seats = [Seat(who, "", film_ms, opened, opened) for who, film_ms in enumerate(films)]
    newcomer = Seat(len(films), "", LONG_FILM_MS, opened, opened)
    return EdxInstallation(url, python, seats, newcomer, EdxDialect(people["cookies"], people["csrf"]))
