"""Runs every benchmark on both databases, prints a table for each and writes results.json beside this file."""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from bench import agreement, beats, board, compare, crowd, options, transcripts
from bench.figures import percentile
from bench.options import Options
from bench.viewers import SHARES, TAKEOVER_PERCENT
from tests.support.postgres import DURABLE, running_postgres

RESULTS = Path(__file__).with_name("results.json")
TOPICS = ("beats", "board", "compare", "agreement", "transcripts", "crowd")
COLUMNS = {
    "offered/s": 11, "ok/s": 7, "held/s": 8, "p50 ms": 9, "p99 ms": 9, "p99.9": 9, "errors": 8, "honest done": 13,
    "over-credit": 13, "in one": 10, "B begun": 9, "B/hour": 8, "CPU": 6, "load CPU": 10, "late": 7,
}  # fmt: skip
READ_AS = """
  ok/s         beats accepted a second while the run went on
  held/s       the highest rate with p99 <= {limit_ms:g} ms and at most one error in 1000; {step_s} s each, x1.4
  p50..p99.9   from the moment a beat was due by the script to its answer; errors: refused, failed or never answered
  honest done  of the honest viewers whose film ends within the run, for how many it counts as watched
  over-credit  the largest credit beyond 2 s + 2 x time since the first lease; one viewer in 200 claims everything
  in one       film credited to a single request that claims an hour right after opening it
  B begun      row bytes of a candidate who has opened a film; B/hour: by how much they grow for each hour played
               (no indexes; SQLite: payload by dbstat, PostgreSQL: pg_column_size of each row)
  CPU          processors the server kept busy; load CPU: the generator's share of one; late: p99 ms it sent too late
  peers        get {share:.0%} of what they hold; their clients keep order and repeat only where the original does"""


@contextmanager
def fresh_sqlite() -> Iterator[str]:
    """Lend the URL of an empty SQLite database on this disk."""
    with tempfile.TemporaryDirectory(prefix="pitchproof-bench-") as folder:
        yield f"sqlite:///{folder}/bench.sqlite"


def main(topics: list[str]) -> None:
    """Measure, print, store: every topic, or those that are named."""
    begun = time.monotonic()
    try:
        wanted = options.read()
    except ValueError as problem:
        sys.exit(str(problem))
    if unknown := set(topics) - set(TOPICS):
        sys.exit(f"There is no benchmark {', '.join(sorted(unknown))}: choose from {', '.join(TOPICS)}.")
    topics = topics or list(TOPICS)
    turns, boards, rows = list[beats.Turns](), list[board.BoardResult](), list[crowd.Row]()
    compared = list[compare.CompareResult]()
    analysed: agreement.AgreementResult | None = None
    read: transcripts.TranscriptResult | None = None
    with running_postgres(settings=DURABLE) as server, tempfile.TemporaryDirectory() as folder:
        databases = {"sqlite": fresh_sqlite, "postgresql": server.fresh_database}
        if "beats" in topics:
            turns = beats.measure(databases)
            print_beats(turns)
        if "board" in topics:
            boards = [board.measure(name, fresh, Path(folder)) for name, fresh in databases.items()]
            print_boards(boards)
        if "compare" in topics:
            compared = [compare.measure(name, fresh, Path(folder)) for name, fresh in databases.items()]
            print_compared(compared)
        if "agreement" in topics:
            analysed = agreement.measure(peers=wanted.peers)
            print_agreement(analysed)
        if "transcripts" in topics:
            read = transcripts.measure()
            print_transcripts(read)
        if "crowd" in topics:
            rows = print_crowd(crowd.measure(databases, wanted), wanted)
    store(turns, boards, compared, analysed, read, rows, wanted)
    print(f"It took {time.monotonic() - begun:.0f} s.")


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
    print(f"\n{f'Board, {few} and {many} applications':34}{'queries':>12}{'ms':>20}{'ratio':>8}")
    for one in boards:
        queries = f"{one.queries[few]} and {one.queries[many]}"
        times = f"{one.median_ms[few]} and {one.median_ms[many]}"
        print(f"{one.database:34}{queries:>12}{times:>20}{one.time_ratio:>8.2f}")


def print_compared(compared: list[compare.CompareResult]) -> None:
    """Print the table of comparison pages: a job with few scored candidates against one with many."""
    few, many = compare.SIZES
    print(f"\n{f'Comparison, {few} and {many} candidates':34}{'queries':>12}{'ms':>20}{'ratio':>8}{'limit':>8}")
    for one in compared:
        queries = f"{one.queries[few]} and {one.queries[many]}"
        times = f"{one.median_ms[few]} and {one.median_ms[many]}"
        print(f"{one.database:34}{queries:>12}{times:>20}{one.time_ratio:>8.2f}{compare.LIMIT:>8g}")


def print_agreement(found: agreement.AgreementResult) -> None:
    """Print how long the statistics take beside their peers, and how often their intervals hold the truth."""
    print(f"\n{'Statistics of ratings':34}{'s':>9}{'limit':>8}{'ratio':>8}{'differ by':>12}")
    large = found.large.seconds
    print(f"{found.large.name:34}{large:>9.3f}{agreement.LIMIT_S:>8.1f}{large / agreement.LIMIT_S:>8.2f}")
    for one in found.small:
        print(f"{one.ours.name:34}{one.ours.seconds:>9.5f}")
        ratio = one.peer.seconds / one.ours.seconds
        print(f"{one.peer.name:34}{one.peer.seconds:>9.5f}{'':8}{ratio:>8.2f}{one.largest_difference:>12.1e}")
    if found.peers_why_not:
        print(f"Peers not measured: {found.peers_why_not}")
    print(f"\n{'95 % intervals, simulated panels':34}{'panels':>9}{'hold':>8}{'± se':>8}{'width':>8}")
    for held in found.coverage:
        print(f"{held.design:34}{held.replications:>9}{held.share:>8.1%}{held.se:>8.1%}{held.width:>8.2f}")


def print_transcripts(found: transcripts.TranscriptResult) -> None:
    """Print how long a large transcript takes beside the peer."""
    print(f"\n{f'Transcript of {transcripts.CUES:,} cues (WebVTT)':34}{'CPU s':>9}{'ratio':>8}{'limit':>8}")
    print(f"{'read, with warnings and speakers':34}{found.ours_s:>9.2f}{found.ratio:>8.2f}{transcripts.LIMIT:>8.2f}")
    print(f"{'webvtt-py':34}{found.peer_s:>9.2f}{1:>8.2f}")
    print(f"{'read strictly':34}{found.strict_s:>9.2f}{found.strict_s / found.peer_s:>8.2f}")


def print_crowd(rows: Iterator[crowd.Row], wanted: Options) -> list[crowd.Row]:
    """Print the table of the fair load, each row as soon as it is measured, and how it is to be read."""
    every_s, seconds = wanted.beat_ms / 1000, wanted.beat_count * wanted.beat_ms / 1000
    shares = ", ".join(f"{percent} % {kind.value}" for kind, percent in SHARES.items())
    print(f"\nCrowd: {wanted.candidates} candidates, a beat in {every_s:g} s each, for {seconds:g} s, open loop;")
    print(f"{shares}, {TAKEOVER_PERCENT} % change devices; {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    line = "".join(f"{head:>{width}}" for head, width in COLUMNS.items())
    print(f"{'':34}{line}")
    printed = []
    for row in rows:
        printed.append(row)
        print(f"{row.name:34}{_crowd_cells(row)}", flush=True)
    print(READ_AS.format(limit_ms=wanted.limit_ms, step_s=wanted.step_s, share=crowd.PEER_SHARE))
    return printed


def _crowd_cells(row: crowd.Row) -> str:
    one = row.crowd
    if one is None:
        return f"  not measured: {row.why_not}"
    over = "none" if one.over_credit_ms is None else f"{one.over_credit_ms / 1000:+.2f} s"
    cells = (
        f"{one.offered_per_s:.0f}", f"{one.per_s:.0f}", f"{row.held_per_s}", f"{one.latency_ms(50):.1f}",
        f"{one.latency_ms(99):.1f}", f"{one.latency_ms(99.9):.1f}", f"{one.error_count}",
        f"{len(one.done)} of {one.finishers}", over, f"{row.one_request_ms / 1000:.1f} s", f"{row.begun_bytes:.0f}",
        f"{row.bytes_per_hour:.0f}", f"{row.server_cpu:.2f}", f"{one.generator_cpu:.0%}",
        f"{percentile(one.late_ms, 99):.1f}",
    )  # fmt: skip
    return "".join(f"{cell:>{width}}" for cell, width in zip(cells, COLUMNS.values(), strict=True))


def store(
    turns: list[beats.Turns],
    boards: list[board.BoardResult],
    compared: list[compare.CompareResult],
    analysed: agreement.AgreementResult | None,
    read: transcripts.TranscriptResult | None,
    rows: list[crowd.Row],
    wanted: Options,
) -> None:
    """Write results.json."""
    results = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "options": vars(wanted),
        "beats": [{**one.as_json(), "ratio_to_bare": round(one.rate / turns[0].rate, 3)} for one in turns],
        "board": [one.as_json() for one in boards],
        "compare": [one.as_json() for one in compared],
        "agreement": analysed.as_json() if analysed else None,
        "transcripts": read.as_json() if read else None,
        "crowd": [one.as_json() for one in rows],
    }
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    print(f"\nWritten to {RESULTS.relative_to(Path.cwd()) if RESULTS.is_relative_to(Path.cwd()) else RESULTS}")
