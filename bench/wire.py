"""HTTP/1.1 over a few kept connections, as a reverse proxy holds them: bytes out, status and body back to a callback.

Made for little processor time: no futures, no header objects. A request waits in line while all connections are busy.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

OnAnswer = Callable[[int, bytes], None]
IDLE_S = 1.0  # gunicorn hangs up after two idle seconds
PATIENCE_S = 30.0
BROKEN = 0  # the status of a request that was never answered


@dataclass(slots=True)
class _Exchange:
    request: bytes
    on_answer: OnAnswer
    deadline: float
    may_retry: bool = True


class Pool:
    """At most `size` connections to one address."""

    def __init__(self, port: int, size: int) -> None:
        self.port, self.size = port, size
        self._idle: deque[_Line] = deque()
        self._waiting: deque[_Exchange] = deque()
        self._lines: set[_Line] = set()
        self._opening: set[asyncio.Task[None]] = set()

    def send(self, request: bytes, on_answer: OnAnswer) -> None:
        """Send a request as soon as a connection is free; `on_answer` is called exactly once."""
        self._start(_Exchange(request, on_answer, time.monotonic() + PATIENCE_S))

    def give_up_on_the_late(self) -> None:
        """Answer requests that ran out of patience with BROKEN."""
        now = time.monotonic()
        for line in list(self._lines):
            if line.exchange and line.exchange.deadline < now:
                line.exchange.may_retry = False
                line.transport.abort()
        while self._waiting and self._waiting[0].deadline < now:
            self._waiting.popleft().on_answer(BROKEN, b"")

    async def close(self) -> None:
        """Hang up everywhere; what was not answered is BROKEN."""
        self.size = 0
        while self._waiting:
            self._waiting.popleft().on_answer(BROKEN, b"")
        for line in list(self._lines):
            if line.exchange:
                line.exchange.may_retry = False
            line.transport.abort()
        while self._lines or self._opening:
            await asyncio.sleep(0.001)

    def _start(self, exchange: _Exchange) -> None:
        if not self.size:
            exchange.on_answer(BROKEN, b"")
            return
        now = time.monotonic()
        while self._idle:
            line = self._idle.popleft()  # the one idle longest, so that every process of the server gets its share
            if line.idle_since + IDLE_S > now and not line.transport.is_closing():
                line.begin(exchange)
                return
            line.transport.abort()
        if len(self._lines) + len(self._opening) < self.size:
            task = asyncio.ensure_future(self._open(exchange))
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)
        else:
            self._waiting.append(exchange)

    async def _open(self, exchange: _Exchange) -> None:
        loop = asyncio.get_running_loop()
        try:
            _, line = await loop.create_connection(lambda: _Line(self), "127.0.0.1", self.port)
        except OSError:
            exchange.on_answer(BROKEN, b"")
            return
        if self.size:
            line.begin(exchange)
        else:
            line.transport.abort()
            exchange.on_answer(BROKEN, b"")

    def on_free(self, line: _Line) -> None:
        """Use a connection again."""
        if self._waiting:
            line.begin(self._waiting.popleft())
        else:
            line.idle_since = time.monotonic()
            self._idle.append(line)

    def on_open(self, line: _Line) -> None:
        """Count a connection."""
        self._lines.add(line)

    def on_lost(self, line: _Line, *, unanswered: _Exchange | None) -> None:
        """Send what a connection left unanswered once more when it was an old one, as proxies do; else report it."""
        self._lines.discard(line)
        if unanswered and unanswered.may_retry and line.is_old and not line.received:
            unanswered.may_retry = False
            self._start(unanswered)
        elif unanswered:
            unanswered.on_answer(BROKEN, b"")
        if self._waiting and len(self._lines) + len(self._opening) < self.size:
            self._start(self._waiting.popleft())


class _Line(asyncio.Protocol):
    """One connection with at most one request on it."""

    transport: asyncio.Transport

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.exchange: _Exchange | None = None
        self.received = b""
        self.is_old = False
        self.idle_since = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.pool.on_open(self)

    def begin(self, exchange: _Exchange) -> None:
        """Send a request over this connection."""
        self.exchange, self.received = exchange, b""
        self.transport.write(exchange.request)

    def data_received(self, data: bytes) -> None:
        self.received += data
        answer = read_answer(self.received)
        if answer is None or self.exchange is None:
            return
        exchange, self.exchange, self.is_old = self.exchange, None, True
        status, body, stays_open = answer
        if stays_open:
            self.pool.on_free(self)
        else:
            self.transport.close()
        exchange.on_answer(status, body)

    def connection_lost(self, exc: Exception | None) -> None:
        unanswered, self.exchange = self.exchange, None
        self.pool.on_lost(self, unanswered=unanswered)


def read_answer(received: bytes) -> tuple[int, bytes, bool] | None:
    """Return status, body and whether the connection stays open, or None while something is still to come."""
    head_end = received.find(b"\r\n\r\n")
    if head_end < 0:
        return None
    head = received[:head_end].lower()
    status, body = int(head[9:12]), received[head_end + 4 :]
    stays_open = b"\r\nconnection: close" not in head
    if b"\r\ntransfer-encoding: chunked" in head:
        whole = _without_chunks(body)
        return None if whole is None else (status, whole, stays_open)
    length_at = head.find(b"\r\ncontent-length:")
    length = int(head[length_at + 17 :].partition(b"\r\n")[0]) if length_at >= 0 else 0
    return (status, body, stays_open) if len(body) >= length else None


def _without_chunks(body: bytes) -> bytes | None:
    whole = b""
    while True:
        size_text, found, rest = body.partition(b"\r\n")
        if not found:
            return None
        size = int(size_text, 16)
        if len(rest) < size + 2:
            return None
        if size == 0:
            return whole
        whole, body = whole + rest[:size], rest[size + 2 :]
