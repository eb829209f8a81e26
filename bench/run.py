"""Runs every benchmark on both databases, prints one table and writes results.json beside this file."""

from __future__ import annotations

import json
import platform
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from bench import beats, board
from tests.support.postgres import DURABLE, running_postgres

RESULTS = Path(__file__).with_name("results.json")


@contextmanager
def fresh_sqlite() -> Iterator[str]:
    """Lend the URL of an empty SQLite database on this disk."""
    with tempfile.TemporaryDirectory(prefix="pitchproof-bench-") as folder:
        yield f"sqlite:///{folder}/bench.sqlite"


def main() -> None:
    """Measure, print, store."""
    with running_postgres(settings=DURABLE) as server, tempfile.TemporaryDirectory() as folder:
        databases = {"sqlite": fresh_sqlite, "postgresql": server.fresh_database}
        turns = beats.measure(databases)
        print_beats(turns)
        boards = [board.measure(name, fresh, Path(folder)) for name, fresh in databases.items()]
        print_boards(boards)
    store(turns, boards)


def print_beats(turns: list[beats.Turns]) -> None:
    """Print the table of beats; the first contender is the measure of the others."""
    bare = turns[0]
    print(f"\n{'Beats (parse and answer = 1)':34}{'beats/s':>10}{'ratio':>8}{'CPU µs':>9}{'ratio':>8}{'refused':>9}")
    for one in turns:
        ratios = f"{one.rate / bare.rate:>8.2f}{one.cpu_us:>9.0f}{one.cpu_us / bare.cpu_us:>8.2f}"
        print(f"{one.name:34}{one.rate:>10.0f}{ratios}{one.refused:>9}")


def print_boards(boards: list[board.BoardResult]) -> None:
    """Print the table of boards: few applications against many."""
    few, many = board.SIZES
    print(f"\n{f'Board, {few} and {many} applications':34}{'queries':>12}{'ms':>16}{'ratio':>8}")
    for one in boards:
        queries = f"{one.queries[few]} and {one.queries[many]}"
        times = f"{one.median_ms[few]} and {one.median_ms[many]}"
        print(f"{one.database:34}{queries:>12}{times:>16}{one.time_ratio:>8.2f}")


def store(turns: list[beats.Turns], boards: list[board.BoardResult]) -> None:
    """Write results.json."""
    bare = turns[0]
    results = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "beats": [{**one.as_json(), "ratio_to_bare": round(one.rate / bare.rate, 3)} for one in turns],
        "board": [one.as_json() for one in boards],
    }
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    print(f"\nWritten to {RESULTS.relative_to(Path.cwd()) if RESULTS.is_relative_to(Path.cwd()) else RESULTS}")
