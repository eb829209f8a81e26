"""The open-loop generator: everybody sends when the script says so, whether the server keeps up or not.

Latency counts from the intended moment, so what waits for a slow server is measured and not left out (no coordinated
omission). Knows no server: a Dialect turns reports into requests and answers into findings.
"""

from __future__ import annotations

import asyncio
import gc
import heapq
import itertools
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from random import Random
from typing import Protocol

from bench.figures import over_credit_ms, percentile
from bench.viewers import LONG_FILM_MS, Kind, Piece, Report, Sending, Stretch, mix, script, takeovers
from bench.wire import Pool

CONNECTIONS = 64
DRAIN_S = 20.0  # how long after the last beat viewers may still hand in, repeat and go back to what is missing
STEP_DRAIN_S = 3.0  # the same where only the rate is looked at
LATE_S = 0.25  # an answer so soon after the end of a run still counts as one of its rate
MAX_PIECES = 16
RETRY_S = (1.0, 2.0, 4.0)
MOST_AT_ONCE = 50  # beats sent before answers are looked at again


@dataclass
class Seat:
    """One candidate at a server: the open play session, since when, and how many beats it has had."""

    who: int
    session: str
    film_ms: int
    opened: float  # time.monotonic(), from before the first session was asked for
    since: float  # the same of the present session
    sent: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """What a server's answer to a beat says."""

    accepted: bool
    credited_ms: int | None = None  # of the film, in all, where the answer tells
    done: bool = False
    short: tuple[Piece, ...] = ()
    missing: tuple[Piece, ...] = ()
    follow_up: bytes | None = None  # a request that the answer asks for: a checkpoint's answer


class Dialect(Protocol):
    """How one server is spoken to."""

    in_order: bool  # its own client waits for each answer before it sends the next beat
    resent: frozenset[int]  # the statuses after which its own client sends a beat again

    def beat(self, seat: Seat, seq: int, report: Report) -> bytes:
        """Return the request that hands in a report."""

    def opening(self, seat: Seat) -> bytes | None:
        """Return the request that opens the film on another device; None where there is no such thing."""

    def read_opening(self, body: bytes) -> str:
        """Return the new play session's id."""

    def read(self, seat: Seat, status: int, body: bytes, report: Report) -> Finding:
        """Return what an answer says."""


@dataclass(frozen=True)
class Plan:
    """One run: from where everybody plays, how often and how many times they report, and when they leave."""

    beat_ms: int
    beat_count: int
    begun: float  # time.monotonic() when the first viewers begin to play
    seed: int
    greedy_count: int = 0
    start_ms: int = 0
    for_s: float | None = None  # stop sending after this long and go home; None: stay until the film is done

    def stretch(self, seat: Seat) -> Stretch:
        """Return what a candidate plays: the film from `start_ms` on."""
        return Stretch(self.start_ms, seat.film_ms, seat.film_ms, self.beat_ms, self.beat_count)

    def ends_film(self, seat: Seat) -> bool:
        """Say whether a candidate reaches the end of the film in this run."""
        return self.for_s is None and seat.film_ms - self.start_ms <= self.beat_count * self.beat_ms


@dataclass
class Measured:
    """What a run showed."""

    offered_per_s: float = 0.0
    sent: int = 0
    answered_in_time: int = 0  # accepted while the run went on, not after its end
    seconds: float = 0.0
    latencies_ms: list[float] = field(default_factory=list, repr=False)
    late_ms: list[float] = field(default_factory=list, repr=False)
    errors: Counter[int] = field(default_factory=Counter)
    examples: dict[int, str] = field(default_factory=dict)  # the first answer of each kind of error
    finishers: int = 0  # honest viewers whose film ends within the run
    done: set[int] = field(default_factory=set, repr=False)
    checkpoints: int = 0
    takeovers: int = 0
    over_credit_ms: float | None = None
    played_ms: int = 0  # of film, by the honest
    generator_cpu: float = 0.0

    @property
    def per_s(self) -> float:
        """Return how many beats a second were answered as accepted."""
        return self.answered_in_time / self.seconds if self.seconds else 0.0

    @property
    def error_count(self) -> int:
        """Return how many requests were refused, failed or never answered."""
        return sum(self.errors.values())

    def note_error(self, status: int, body: bytes) -> None:
        """Count a request that was refused, failed or never answered."""
        self.errors[status] += 1
        self.examples.setdefault(status, body[:300].decode(errors="replace"))

    @property
    def done_share(self) -> float:
        """Return the share of honest viewers at the end of their film for whom it counts as watched."""
        return len(self.done) / self.finishers if self.finishers else 0.0

    def latency_ms(self, percent: float) -> float:
        """Return a percentile of the time from the intended moment to the answer."""
        return percentile(self.latencies_ms, percent)

    def holds(self, limit_ms: float) -> bool:
        """Say whether the server kept up: p99 within the limit, and no more than one error in a thousand."""
        return self.latency_ms(99) <= limit_ms and self.error_count <= self.sent / 1000 and self.sent > 0

    def as_json(self) -> dict[str, object]:
        """Return the numbers for results.json."""
        return {
            "offered_per_s": round(self.offered_per_s),
            "answered_per_s": round(self.per_s, 1),
            "sent": self.sent,
            "p50_ms": round(self.latency_ms(50), 2),
            "p99_ms": round(self.latency_ms(99), 2),
            "p999_ms": round(self.latency_ms(99.9), 2),
            "error_examples": {str(status): text for status, text in sorted(self.examples.items())},
            "errors": {str(status): count for status, count in sorted(self.errors.items())},
            "honest_at_the_end": self.finishers,
            "honest_done": len(self.done),
            "largest_over_credit_ms": None if self.over_credit_ms is None else round(self.over_credit_ms, 1),
            "takeovers": self.takeovers,
            "checkpoints_answered": self.checkpoints,
            "generator_cpu_share": round(self.generator_cpu, 3),
            "sent_late_p99_ms": round(percentile(self.late_ms, 99), 2),
        }


def run(dialect: Dialect, port: int, seats: list[Seat], plan: Plan) -> Measured:
    """Let everybody in `seats` play; the last `greedy_count` of them claim everything with every beat."""
    gc.collect()
    gc.disable()
    try:
        return asyncio.run(_Run(dialect, port, seats, plan).play())
    finally:
        gc.enable()


@dataclass(slots=True)
class _Viewer:
    """One candidate in the middle of a script."""

    number: int
    seat: Seat
    kind: Kind
    finishes: bool
    script: Iterator[Sending]
    base: int  # beats of this session before number 1 of the script
    phase: float
    left: list[Piece] = field(default_factory=list)  # played, but not yet credited
    missing: tuple[Piece, ...] = ()
    highest: int = 0
    done: bool = False
    followed_up: bytes = b""
    free_at: float = 0.0  # when the server had opened the film on the other device: nothing can be sent before
    queue: list[_Beat] = field(default_factory=list)  # where beats go one after the other
    busy: bool = False
    went_back_after: int = 0  # the beat after which it was last decided to play what is missing


@dataclass(slots=True)
class _Beat:
    viewer: _Viewer
    report: Report
    request: bytes
    intended: float
    tries: int = 0


class _Run:
    def __init__(self, dialect: Dialect, port: int, seats: list[Seat], plan: Plan) -> None:
        self.dialect, self.plan, self.port = dialect, plan, port
        honest = len(seats) - plan.greedy_count
        kinds = mix(honest, plan.seed) + [Kind.GREEDY] * plan.greedy_count
        moving = takeovers(honest, plan.seed)
        phases = Random(plan.seed)
        self.viewers = [
            _Viewer(
                number,
                seat,
                kinds[number],
                number < honest and plan.ends_film(seat),
                script(kinds[number], plan.stretch(seat), plan.seed * 1_000_003 + number, takes_over=number in moving),
                seat.sent,
                phases.random() * plan.beat_ms / 1000,
            )
            for number, seat in enumerate(seats)
        ]
        self.measured = Measured(offered_per_s=len(seats) * 1000 / plan.beat_ms)
        self.measured.finishers = sum(viewer.finishes for viewer in self.viewers)
        beat_s = plan.beat_ms / 1000
        self.start = plan.begun + beat_s  # from here to the end the whole crowd reports once a beat
        self.measured.seconds = plan.for_s or plan.beat_count * beat_s
        self.end = self.start + self.measured.seconds
        self.leave = self.end + (DRAIN_S if plan.for_s is None else STEP_DRAIN_S)
        self.heap: list[tuple[float, int, _Viewer, Sending | _Beat]] = []
        self.order = itertools.count()
        self.outstanding = 0

    async def play(self) -> Measured:
        """Send everything, wait for what is still to come, and return what was seen."""
        self.pool = Pool(self.port, CONNECTIONS)
        for viewer in self.viewers:
            self._schedule_next(viewer)
        await asyncio.sleep(max(0.0, self.start - time.monotonic()))
        cpu, wall = time.process_time(), time.monotonic()
        await self._pump()
        self.measured.generator_cpu = (time.process_time() - cpu) / (time.monotonic() - wall)
        await self.pool.close()
        played = (viewer.highest * self.plan.beat_ms for viewer in self.viewers if viewer.kind is not Kind.GREEDY)
        self.measured.played_ms = sum(played)
        for viewer in self.viewers:
            viewer.seat.sent = viewer.base + viewer.highest
        return self.measured

    async def _pump(self) -> None:
        """Send what is due, in order, until nothing is left or it is time to leave."""
        look_again = 0.0
        while (now := time.monotonic()) < self.leave and (self.heap or self.outstanding):
            for _ in range(MOST_AT_ONCE):
                if not self.heap or self.heap[0][0] > now:
                    break
                at, _, viewer, what = heapq.heappop(self.heap)
                self._fire(at, now, viewer, what)
            if now > look_again:
                look_again = now + 1.0
                self.pool.give_up_on_the_late()
            wait = self.heap[0][0] - time.monotonic() if self.heap else 0.005
            await asyncio.sleep(min(max(wait, 0.0), 0.05))

    # -- sending -------------------------------------------------------------------------------------------------------

    def _schedule_next(self, viewer: _Viewer) -> None:
        sending = next(viewer.script, None)
        at = self.plan.begun + viewer.phase + (sending.at_ms / 1000 if sending else 0.0)
        if sending is not None and at <= self.end:
            self._at(at, viewer, sending)

    def _at(self, moment: float, viewer: _Viewer, what: Sending | _Beat) -> None:
        heapq.heappush(self.heap, (moment, next(self.order), viewer, what))

    def _fire(self, at: float, now: float, viewer: _Viewer, what: Sending | _Beat) -> None:
        if isinstance(what, _Beat):
            what.intended = at
            self._send(what)
            return
        if viewer.done and what.reports[0].number > self.plan.beat_count:
            return  # nothing is missing any more
        self.measured.late_ms.append((now - max(at, viewer.free_at)) * 1000)
        opening = self.dialect.opening(viewer.seat) if what.takes_over else None
        written: dict[int, _Beat] = {}  # what is sent twice is the same, byte for byte
        for report in what.reports:
            if report.number not in written:
                written[report.number] = self._beat(viewer, report, at)
        beats = [replace(written[report.number]) for report in what.reports]
        if opening is None:
            self._hand_in(viewer, beats)
            self._schedule_next(viewer)
        else:
            self._take_over(viewer, beats, opening, at)

    def _beat(self, viewer: _Viewer, report: Report, at: float) -> _Beat:
        """Write the request of a report; what was played before and not credited yet is played back with it."""
        if viewer.left and viewer.kind is not Kind.GREEDY and report.number > viewer.highest:
            taken = viewer.left[: MAX_PIECES - len(report.pieces)]
            viewer.left = viewer.left[len(taken) :]
            report = Report(
                report.number, report.at_ms, (*taken, *report.pieces), report.pos_ms, report.rate_x100, report.ended
            )
        viewer.highest = max(viewer.highest, report.number)
        request = self.dialect.beat(viewer.seat, viewer.base + report.number, report)
        return _Beat(viewer, report, request, at)

    def _take_over(self, viewer: _Viewer, beats: list[_Beat], opening: bytes, at: float) -> None:
        """Open the film on another device; what the old one played is handed in to the old session afterwards."""

        def on_opened(status: int, body: bytes) -> None:
            self.outstanding -= 1
            if status in (200, 201):
                self.measured.takeovers += 1
                viewer.seat.session = self.dialect.read_opening(body)
                viewer.base = -viewer.highest
            else:
                self.measured.note_error(status, body)
            now = viewer.seat.since = viewer.free_at = time.monotonic()
            for beat in beats:
                beat.intended = now
            self._hand_in(viewer, beats)
            self._schedule_next(viewer)

        self.outstanding += 1
        self.pool.send(opening, on_opened)

    def _hand_in(self, viewer: _Viewer, beats: list[_Beat]) -> None:
        if not self.dialect.in_order:
            for beat in beats:
                self._send(beat)
            return
        viewer.queue += sorted(beats, key=lambda beat: beat.report.number)
        if not viewer.busy:
            self._send_queued(viewer)

    def _send_queued(self, viewer: _Viewer) -> None:
        viewer.busy = bool(viewer.queue)
        if viewer.queue:
            self._send(viewer.queue.pop(0))

    def _send(self, beat: _Beat) -> None:
        self.outstanding += 1
        self.measured.sent += 1
        self.pool.send(beat.request, lambda status, body: self._on_answer(beat, status, body))

    # -- answers -------------------------------------------------------------------------------------------------------

    def _on_answer(self, beat: _Beat, status: int, body: bytes) -> None:
        now = time.monotonic()
        self.outstanding -= 1
        viewer, dialect = beat.viewer, self.dialect
        finding = dialect.read(viewer.seat, status, body, beat.report) if status else Finding(accepted=False)
        self.measured.latencies_ms.append((now - beat.intended) * 1000)
        if finding.accepted:
            self.measured.answered_in_time += now <= self.end + LATE_S
            self._learn(viewer, finding, now)
        else:
            self.measured.note_error(status, body)
            if status in dialect.resent and self._has_time(now):
                self._at(now + RETRY_S[min(beat.tries, len(RETRY_S) - 1)], viewer, beat)
                beat.tries += 1
                return
        if dialect.in_order:
            for waiting in viewer.queue[:1]:
                waiting.intended = max(waiting.intended, now) if waiting.intended == beat.intended else waiting.intended
            self._send_queued(viewer)
        self._go_back(viewer, beat, now)

    def _learn(self, viewer: _Viewer, finding: Finding, now: float) -> None:
        measured = self.measured
        if finding.credited_ms is not None:
            over = over_credit_ms(finding.credited_ms, (now - viewer.seat.opened) * 1000)
            measured.over_credit_ms = over if measured.over_credit_ms is None else max(measured.over_credit_ms, over)
        if viewer.kind is Kind.GREEDY:
            return
        viewer.left += finding.short
        viewer.missing = finding.missing
        if finding.done:
            self._note_done(viewer)
        if finding.follow_up is not None and finding.follow_up != viewer.followed_up:
            viewer.followed_up = finding.follow_up  # several answers may ask the same thing: people answer once
            self.outstanding += 1
            self.pool.send(finding.follow_up, lambda status, body: self._on_checkpoint(viewer, status, body))

    def _on_checkpoint(self, viewer: _Viewer, status: int, body: bytes) -> None:
        self.outstanding -= 1
        self.measured.checkpoints += status == 200
        if status != 200:
            self.measured.note_error(status, body)
        elif b'"done":true' in body.replace(b" ", b""):
            self._note_done(viewer)

    def _note_done(self, viewer: _Viewer) -> None:
        viewer.done = True
        if viewer.finishes:
            self.measured.done.add(viewer.number)

    def _go_back(self, viewer: _Viewer, beat: _Beat, now: float) -> None:
        """Play what is missing, or everything once more, after a script that did not end with the film done."""
        report, beat_ms, film_ms = beat.report, self.plan.beat_ms, viewer.seat.film_ms
        is_last = report.number >= self.plan.beat_count and report.number == viewer.highest > viewer.went_back_after
        if viewer.done or not viewer.finishes or not is_last or not self._has_time(now):
            return
        viewer.went_back_after = report.number
        again = (report.number - self.plan.beat_count) * beat_ms % film_ms
        room_ms, pieces = beat_ms, list[Piece]()
        for start, end in viewer.missing or ((again, min(again + room_ms, film_ms)),):
            if room_ms > 0 and len(pieces) < MAX_PIECES:
                pieces.append((start, min(end, start + room_ms)))
                room_ms -= pieces[-1][1] - start
        pos_ms, number = pieces[-1][1], report.number + 1
        at = now + beat_ms / 1000
        at_ms = round((at - self.plan.begun - viewer.phase) * 1000)
        once_more = Report(number, at_ms, tuple(pieces), pos_ms, ended=pos_ms == film_ms)
        self._at(at, viewer, Sending(at_ms, (once_more,)))

    def _has_time(self, now: float) -> bool:
        return now < self.leave and self.plan.for_s is None


def one_request(dialect: Dialect, port: int, newcomer: Seat) -> tuple[float, float]:
    """Claim a film of an hour in one request right after opening it; return (credited, over-credit) in milliseconds."""
    return asyncio.run(_one_request(dialect, port, newcomer))


async def _one_request(dialect: Dialect, port: int, seat: Seat) -> tuple[float, float]:
    pool = Pool(port, 1)
    seat.opened = seat.since = time.monotonic()
    opening = dialect.opening(seat)
    if opening is not None:
        status, body = await _exchange(pool, opening)
        assert status in (200, 201), (status, body)
        seat.session = dialect.read_opening(body)
    claim = Report(1, 0, ((0, LONG_FILM_MS),), LONG_FILM_MS, ended=True)
    status, body = await _exchange(pool, dialect.beat(seat, 1, claim))
    finding = dialect.read(seat, status, body, claim)
    await pool.close()
    credited_ms = finding.credited_ms or 0
    return credited_ms, over_credit_ms(credited_ms, (time.monotonic() - seat.opened) * 1000)


def warm_up(dialect: Dialect, port: int, newcomer: Seat) -> None:
    """Send some beats nobody counts, all at once: a server's first requests open its database and fill its caches."""

    async def send() -> None:
        pool = Pool(port, CONNECTIONS)
        request = dialect.beat(newcomer, 1, Report(1, 0, ((0, 1),), 1))
        await asyncio.gather(*(_exchange(pool, request) for _ in range(4 * CONNECTIONS)))
        await pool.close()

    asyncio.run(send())


async def _exchange(pool: Pool, request: bytes) -> tuple[int, bytes]:
    answer: asyncio.Future[tuple[int, bytes]] = asyncio.get_running_loop().create_future()
    pool.send(request, lambda status, body: answer.set_result((status, body)))
    return await answer
