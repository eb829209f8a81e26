"""The open-loop generator against a server of a few lines: what is late is measured from when it was due."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from bench import load
from bench.load import Finding, Plan, Seat
from bench.viewers import Report
from bench.wire import read_answer


class Believing:
    """Speaks to a server that believes everything."""

    in_order = False
    resent = frozenset({503})

    def __init__(self) -> None:
        self.credited: dict[int, int] = {}

    def beat(self, seat: Seat, seq: int, report: Report) -> bytes:
        body = json.dumps({"seq": seq, "session": seat.session})
        return f"POST /beat HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()

    def opening(self, seat: Seat) -> bytes:
        return b"POST /open HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"

    def read_opening(self, body: bytes) -> str:
        return "second"

    def read(self, seat: Seat, status: int, body: bytes, report: Report) -> Finding:
        if status != 200:
            return Finding(accepted=False)
        reached = max(self.credited.get(seat.who, 0), max(end for _, end in report.pieces))
        self.credited[seat.who] = reached
        return Finding(accepted=True, credited_ms=reached, done=reached >= seat.film_ms)


@contextmanager
def serving(pause_s: float = 0.0, refuse_first: int = 0) -> Iterator[int]:
    """Answer every request; the first ones with 503, each after a pause in which nobody else is served."""
    left = [refuse_first]
    ready, port = threading.Event(), []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            await reader.readexactly(int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]))
            time.sleep(pause_s)  # on purpose: this server does one thing at a time
            status = b"503 Busy" if left[0] > 0 else b"200 OK"
            left[0] -= 1
            writer.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: 2\r\n\r\n{}")

    async def serve() -> None:
        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        port.append(server.sockets[0].getsockname()[1])
        ready.set()
        await stop.wait()

    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    ready.wait()
    try:
        yield port[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()


def alone(work: Callable[..., Any], *arguments: object) -> Any:
    """Do it in a thread of its own: a browser test in this process may have left a loop running."""
    with ThreadPoolExecutor(1) as own:
        return own.submit(work, *arguments).result()


def crowd(count: int, beat_ms: int, beats: int) -> tuple[list[Seat], Plan]:
    opened = time.monotonic()
    seats = [Seat(who, "first", beat_ms * beats, opened, opened) for who in range(count)]
    return seats, Plan(beat_ms, beats, opened, seed=1)


def test_everybody_is_answered_and_done():
    seats, plan = crowd(40, 200, 3)
    with serving() as port:
        seen = alone(load.run, Believing(), port, seats, plan)
    assert (len(seen.done), seen.finishers, seen.error_count, seen.takeovers) == (40, 40, 0, 2)
    assert seen.sent >= 40 * 3
    assert seen.offered_per_s == 200


def test_a_slow_server_is_measured_from_the_moment_beats_were_due():
    seats, plan = crowd(60, 500, 1)
    with serving(pause_s=0.02) as port:  # 60 beats within 0.5 s, of which it can do 25: the last wait for 0.7 s
        seen = alone(load.run, Believing(), port, seats, plan)
    assert seen.latency_ms(99) > 400
    assert seen.latency_ms(50) > 100
    assert seen.per_s < seen.offered_per_s


def test_what_a_server_refuses_is_sent_again_and_counted():
    seats, plan = crowd(5, 100, 2)
    with serving(refuse_first=3) as port:
        seen = alone(load.run, Believing(), port, seats, plan)
    assert seen.errors == {503: 3}
    assert len(seen.done) == 5


def test_a_claim_beyond_double_time_is_seen():
    seats, plan = crowd(2, 100, 2)
    for seat in seats:
        seat.film_ms = 3_600_000
    with serving() as port:
        seen = alone(load.run, Believing(), port, seats, Plan(100, 2, plan.begun, 1, greedy_count=1))
    assert seen.over_credit_ms is not None
    assert seen.over_credit_ms > 3_590_000


def test_answers_are_read_whole_with_a_length_or_in_chunks():
    assert read_answer(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab") is None
    assert read_answer(b"HTTP/1.1 409 X\r\nContent-Length: 2\r\nConnection: close\r\n\r\nab") == (409, b"ab", False)
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"
    assert read_answer(chunked) is None
    assert read_answer(chunked + b"0\r\n\r\n") == (200, b"abc", True)
