"""The fair load (WATCH 6) on the product and on its peers: the crowd, the highest rate held, one greedy request, bytes.

The product gets the whole load whatever it makes of it. A peer gets as much of it as it holds, so that its numbers say
what it does when it keeps up; how much that is stands in the table.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import load, product
from bench.figures import highest_rate
from bench.load import Measured, Plan
from bench.options import Options
from bench.peers import edx, kolibri
from bench.peers.environment import NotMeasured
from bench.subject import Subject
from bench.viewers import LONG_FILM_MS, films

FILM_MINUTES = 10  # a crowd in the middle of such films completes so many of them a second
GREEDY_PERMILLE = 5  # beside the honest: who claims the whole film with every beat
STEP_FILM_MS = 100_000  # each step of the climb plays another part of the long film
PEER_SHARE = 0.7  # of the highest rate that a peer held, for its crowd
LEAD_S = 1.5  # the time it takes to write everybody's script
SEED = 20_261
Fresh = Callable[[], AbstractContextManager[str]]
Installed = Callable[[list[int], float], AbstractContextManager[Subject]]


@dataclass(frozen=True)
class Row:
    """What was measured of one contender, or why it was not."""

    name: str
    why_not: str = ""
    crowd: Measured | None = None
    held_per_s: int = 0
    one_request_ms: float = 0.0
    one_request_over_ms: float = 0.0
    begun_bytes: float = 0.0  # rows of one candidate who has the film open
    bytes_per_hour: float = 0.0  # what they grow by in an hour of film
    server_cpu: float = 0.0

    def as_json(self) -> dict[str, object]:
        """Return all of it for results.json."""
        if self.crowd is None:
            return {"name": self.name, "not_measured": self.why_not}
        return {
            "name": self.name,
            **self.crowd.as_json(),
            "server_cpu_share": round(self.server_cpu, 2),
            "highest_rate_held_per_s": self.held_per_s,
            "one_request_credited_ms": round(self.one_request_ms),
            "one_request_over_credit_ms": round(self.one_request_over_ms),
            "bytes_of_a_begun_film": round(self.begun_bytes),
            "bytes_per_candidate_hour": round(self.bytes_per_hour),
        }


def measure(databases: Mapping[str, Fresh], options: Options) -> Iterator[Row]:
    """Measure the product on each database, then the peers: edx-completion on PostgreSQL, Kolibri on its own SQLite."""
    for name, fresh in databases.items():
        yield _product(f"Pitchproof on {name}", fresh, options)
    if not options.peers:
        return
    yield _edx("postgresql", databases["postgresql"], options)
    yield _kolibri(options)


def _product(name: str, fresh: Fresh, options: Options) -> Row:
    @contextmanager
    def installed(lengths: list[int], _opened: float) -> Iterator[Subject]:
        with fresh() as url, tempfile.TemporaryDirectory(prefix="pitchproof-bench-") as folder:
            yield product.installed(url, Path(folder), lengths)

    row = _crowd(name, installed, options.candidates, options)
    held = _climb(installed, options.candidates, options.rate, options)
    return Row(**{**vars(row), "held_per_s": held})


def _edx(database: str, fresh: Fresh, options: Options) -> Row:
    def prepare() -> tuple[str, Installed]:
        python, label = edx.prepare()

        @contextmanager
        def installed(lengths: list[int], opened: float) -> Iterator[Subject]:
            with fresh() as url:
                yield edx.installed(python, url, lengths, opened)

        return label, installed

    return _peer("edx-completion", f" on {database}", prepare, 3000, 300, options)


def _kolibri(options: Options) -> Row:
    def prepare() -> tuple[str, Installed]:
        python, label = kolibri.prepare()

        @contextmanager
        def installed(lengths: list[int], opened: float) -> Iterator[Subject]:
            with tempfile.TemporaryDirectory(prefix="pitchproof-bench-") as folder:
                yield kolibri.installed(python, Path(folder) / "home", lengths, opened)

        return label, installed

    return _peer("Kolibri", " on sqlite", prepare, 500, 60, options)


def _peer(
    name: str, suffix: str, prepare: Callable[[], tuple[str, Installed]], most: int, first: int, options: Options
) -> Row:
    """Find what a peer holds, with at most `most` candidates, from `first` beats a second; then let a crowd on it."""
    try:
        label, installed = prepare()
        held = _climb(installed, min(most, options.candidates), min(first, options.rate), options)
        crowd = round(min(options.rate, max(1, held * PEER_SHARE)) * options.beat_ms / 1000)
        row = _crowd(label + suffix, installed, min(crowd, options.candidates), options)
    except (NotMeasured, RuntimeError, AssertionError, OSError) as problem:
        return Row(name + suffix, why_not=str(problem)[:300])
    return Row(**{**vars(row), "held_per_s": held})


def _crowd(name: str, installed: Installed, count: int, options: Options) -> Row:
    """Let the crowd watch, then let a newcomer claim an hour in one request."""
    greedy = -(-count * GREEDY_PERMILLE // 1000)
    beat_ms, beat_count = options.beat_ms, options.beat_count
    per_s = count / (FILM_MINUTES * 60)
    lengths = films(count, beat_ms, beat_count, per_s=per_s) + [LONG_FILM_MS] * greedy
    with installed(lengths, time.monotonic()) as subject:
        before = subject.row_bytes()
        with subject.serving() as server:
            load.warm_up(subject.dialect, server.port, subject.newcomer)
            begun = max(subject.seats[0].opened, time.monotonic() + LEAD_S - beat_ms / 1000)
            cpu_s, at = server.cpu_s(), time.monotonic()
            crowd = load.run(
                subject.dialect, server.port, subject.seats, Plan(beat_ms, beat_count, begun, SEED, greedy)
            )
            server_cpu = (server.cpu_s() - cpu_s) / (time.monotonic() - at)
            grown = subject.row_bytes() - before
            credited_ms, over_ms = load.one_request(subject.dialect, server.port, subject.newcomer)
    hours = max(crowd.played_ms, 1) / 3_600_000
    return Row(name, "", crowd, 0, credited_ms, over_ms, before / len(lengths), grown / hours, server_cpu)


def _climb(installed: Installed, count: int, first: int, options: Options) -> int:
    """Return the highest rate a server holds with the same mix; the crowd stays, its beats come closer together."""
    steps = iter(range(1, 100))
    with installed([LONG_FILM_MS] * count, time.monotonic()) as subject, subject.serving() as server:
        load.warm_up(subject.dialect, server.port, subject.newcomer)

        def holds(rate: int) -> bool:
            beat_ms = max(1, 1000 * count // rate)
            beat_count = max(1, 1000 * options.step_s // beat_ms)
            begun = max(subject.seats[0].opened, time.monotonic() + LEAD_S - beat_ms / 1000)
            start_ms = next(steps) * STEP_FILM_MS
            plan = Plan(beat_ms, beat_count + 1, begun, SEED, start_ms=start_ms, for_s=options.step_s)
            return load.run(subject.dialect, server.port, subject.seats, plan).holds(options.limit_ms)

        return highest_rate(holds, first)
