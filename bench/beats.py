"""Beats per second of the whole product against a bare Flask route, under the same gunicorn, taking turns.

Closed loop, sixteen connections that send as fast as they are answered: it says how much of what Flask can do is left,
and the processor time of one beat. Every beat is an honest one: its ten seconds are credited and stored.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bench import load, product
from bench.load import Seat
from bench.product import PitchproofDialect
from bench.server import Server, free_port, gunicorn, running
from bench.viewers import LONG_FILM_MS, Report
from bench.wire import Pool
from interview.watch.rules.credit import CAP_MS

CANDIDATES = 800
CONNECTIONS = 16
WARM_UP_S = 2.0
TURN_S = 4.0
ROUNDS = 3
BEAT_MS = 10_000


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


class Contender:
    """A running server, its candidates, and how far each has come."""

    def __init__(self, name: str, server: Server, seats: list[Seat], dialect: PitchproofDialect) -> None:
        self.turns = Turns(name)
        self.server, self.dialect = server, dialect
        self.next_seats = itertools.cycle(seats)

    def warm_up(self) -> None:
        """Send a little and forget it: what a process does once is not what a beat costs."""
        self.take_turn(WARM_UP_S)
        self.turns = Turns(self.turns.name)

    def take_turn(self, seconds: float) -> None:
        """Send for so long over all connections and note what was answered."""
        before, begun = self.server.cpu_s(), time.perf_counter()
        statuses = asyncio.run(self._send_for(seconds))
        seconds = time.perf_counter() - begun
        beats = statuses.count(200)
        self.turns.beats += beats
        self.turns.refused += len(statuses) - beats
        self.turns.seconds += seconds
        self.turns.cpu_s += self.server.cpu_s() - before
        self.turns.per_s.append(round(beats / seconds))

    async def _send_for(self, seconds: float) -> list[int]:
        pool, statuses = Pool(self.server.port, CONNECTIONS), list[int]()
        stop = time.monotonic() + seconds
        busy = CONNECTIONS

        def on_answer(status: int, _body: bytes) -> None:
            nonlocal busy
            statuses.append(status)
            if time.monotonic() < stop:
                pool.send(self._next_beat(), on_answer)
            else:
                busy -= 1

        for _ in range(CONNECTIONS):
            pool.send(self._next_beat(), on_answer)
        while busy:
            await asyncio.sleep(0.01)
        await pool.close()
        return statuses

    def _next_beat(self) -> bytes:
        """Write the next ten seconds of whoever's turn it is."""
        seat = next(self.next_seats)
        start = seat.sent * BEAT_MS % LONG_FILM_MS
        seat.sent += 1
        return self.dialect.beat(seat, seat.sent, Report(seat.sent, 0, ((start, start + BEAT_MS),), start + BEAT_MS))


def measure(databases: Mapping[str, Callable[[], AbstractContextManager[str]]]) -> list[Turns]:
    """Let the bare route and the product on each database take turns; the bare route comes first in the list."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pitchproof-bench-")))
        port = free_port()
        bare = stack.enter_context(running(gunicorn(sys.executable, "bench.bare:app", port), port, {}, path="/"))
        seats = [Seat(0, "x" * 22, LONG_FILM_MS, 0.0, time.monotonic()) for _ in range(CANDIDATES)]
        dialect = PitchproofDialect(["session=x"], "x", {})
        contenders = [Contender("bare Flask route", bare, seats, dialect)]
        for name, fresh in databases.items():
            url = stack.enter_context(fresh())
            films = [LONG_FILM_MS] * CANDIDATES
            one = product.installed(url, folder / name, films, budget_ms=CAP_MS)
            server = stack.enter_context(one.serving())
            load.warm_up(one.dialect, server.port, one.newcomer)
            contenders.append(Contender(f"product on {name}", server, one.seats, one.dialect))
        for contender in contenders:
            contender.warm_up()
        for _ in range(ROUNDS):
            for contender in contenders:
                contender.take_turn(TURN_S)
        return [contender.turns for contender in contenders]
