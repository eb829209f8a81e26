"""Use cases of watching without HTTP: beats from many threads, progress in constant queries, the clock."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from flask import Flask
from sqlalchemy import Connection, event, select
from sqlalchemy.orm import Session

from interview.access import SYSTEM
from interview.adapters.clock import DatabaseClock
from interview.clock import SystemClock
from interview.db import GroupCommit, writing
from interview.errors import Invalid
from interview.hiring import service as hiring
from interview.people.rules import digest
from interview.watch import service
from interview.watch.models import Watch, WatchBudget
from interview.watch.rules.beats import Beat, read_beat
from interview.watch.rules.clocks import Reading
from interview.watch.rules.ranges import decode
from interview.web.database import database
from tests.support.cast import Cast
from tests.support.clock import HandClock
from tests.watch.conftest import Films

START = Reading("boot", 0, 0)


def opened(session: Session, cast: Cast, name: str, material_id: int, at_ms: int = 0) -> service.OpenedLease:
    reading = Reading("boot", at_ms, at_ms)
    with writing(session):
        who = cast.actor(name)
        return service.open_lease(session, who, material_id, reading=reading, device="computer", now=cast.clock.now())


def beat_of(seq: int, start: int, end: int) -> Beat:
    segs = [[start, end, 100, 0, 0]]
    return read_beat({"v": 1, "seq": seq, "segs": segs, "pos": end, "state": "playing", "mono": 0})


def test_beats_from_many_threads_are_credited_exactly_once(
    app: Flask, session: Session, cast: Cast, films: Films, clock: HandClock
) -> None:
    """Twelve threads send the same eighteen beats of two candidates; nothing is lost, nothing counted twice."""
    material_id = films.add(duration_ms=60_000)
    leases = {name: opened(session, cast, name, material_id).lease_id for name in ("cleo", "cato")}
    actors = {name: cast.actor(name) for name in leases}
    session.rollback()

    def receive(connection: Connection, many: Sequence[tuple[str, Beat]]) -> list[service.BeatAnswer]:
        answers = [
            service.receive_beat(
                connection, actors[name], leases[name], beat, reading=Reading("boot", 40_000, 40_000), now=clock.now()
            )
            for name, beat in many
        ]
        return [answer for answer in answers if isinstance(answer, service.BeatAnswer)]

    with app.app_context():
        shared: GroupCommit[tuple[str, Beat], service.BeatAnswer] = GroupCommit(database.engine, receive)
    acknowledged: list[str] = []
    lock = threading.Lock()

    def send(shift: int) -> None:
        for step in range(3):
            for name in leases:
                number = (shift + step * 6) % 18
                answer = shared.run((name, beat_of(number + 1, number * 1000, number * 1000 + 1000)))
                assert answer is not None
                with lock:
                    acknowledged.append(answer.outcome.verdict.value)

    threads = [threading.Thread(target=send, args=(shift,)) for shift in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert acknowledged.count("ok") == 36
    session.rollback()
    for row in session.scalars(select(Watch)):
        assert decode(row.covered) == ((0, 18_000),)
        assert row.covered_ms == 18_000
    for budget in session.scalars(select(WatchBudget)):
        assert budget.budget_ms == 2000 + 80_000 - 18_000


def test_two_first_leases_at_once_make_one_budget(app: Flask, session: Session, cast: Cast, films: Films) -> None:
    material_id = films.add()
    who, now = cast.actor("cleo"), cast.clock.now()
    session.rollback()
    numbers: list[int] = []

    def open_one() -> None:
        with Session(session.get_bind()) as own, writing(own):
            lease = service.open_lease(own, who, material_id, reading=START, device="phone", now=now)
            numbers.append(lease.number)

    threads = [threading.Thread(target=open_one) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(numbers) == [1, 2, 3, 4, 5]
    session.rollback()
    assert session.scalars(select(WatchBudget)).one().lease_count == 5


@contextmanager
def counting(session: Session) -> Iterator[list[str]]:
    sent: list[str] = []

    def note(*args: object) -> None:
        sent.append(str(args[2]))

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


def test_progress_takes_as_many_queries_for_forty_as_for_one(session: Session, cast: Cast, films: Films) -> None:
    for title in ("One", "Two", "Three"):
        films.add(title=title)
    with writing(session):
        ids = [
            hiring.add_candidate(
                session, SYSTEM, cast.job, name=f"N{n}", email=f"n{n}@example.com", now=cast.clock.now()
            )[0].id
            for n in range(40)
        ]
    counts = []
    for asked in (ids[:1], ids, [cast.oda_id, *ids]):
        session.rollback()
        with counting(session) as sent:
            found = service.summary_for_team(session, asked)
        assert set(found) == set(asked)
        counts.append(len(sent))
    assert counts[0] == counts[1] == counts[2]


def test_progress_and_what_is_missing(session: Session, cast: Cast, films: Films) -> None:
    first = films.add(duration_ms=40_000, title="Explainer")
    films.add(duration_ms=40_000, title="Extra", required=False)
    lease = opened(session, cast, "cleo", first)
    with writing(session):
        reading = Reading("boot", 20_000, 20_000)
        service.receive_beat(
            session.connection(), cast.actor("cleo"), lease.lease_id, beat_of(1, 0, 20_000), reading=reading,
            now=cast.clock.now(),
        )  # fmt: skip
    one, other = service.progress_of(session, [cast.cleo_id])[cast.cleo_id]
    assert (one.state, one.pct, one.need_ms, one.covered_ms, one.tier) == ("doing", 52, 38_000, 20_000, "A")
    assert (one.resume_ms, one.session_count, one.done_at) == (20_000, 1, None)
    assert (other.state, other.pct, other.required) == ("todo", 0, False)
    summary = service.summary_for_team(session, [cast.cleo_id, cast.cato_id])
    assert summary[cast.cleo_id].sentence == "Coverage 25 % observed, 20 s over 1 session"
    assert summary[cast.cato_id].sentence == "Nothing observed yet"


def test_the_databases_clock_does_not_go_back(app: Flask, session: Session) -> None:
    if session.get_bind().dialect.name != "postgresql":
        assert SystemClock().steady().epoch == SystemClock().steady().epoch
        return
    clock = DatabaseClock(lambda: session.get_bind())  # type: ignore[arg-type, return-value]
    readings = [clock.steady() for _ in range(100)]
    assert {one.epoch for one in readings} == {"postgresql"}
    assert [one.ms for one in readings] == sorted(one.ms for one in readings)
    assert abs(readings[-1].ms - SystemClock().now().timestamp() * 1000) < 60_000


def test_beats_together_are_judged_one_by_one(
    app: Flask, session: Session, cast: Cast, films: Films, clock: HandClock
) -> None:
    """One transaction, many fates: credited, refused, unknown, the second of a candidate, one that completes a film."""
    film, short = films.add(duration_ms=60_000), films.add(duration_ms=4_000, title="Short")
    leases = {name: opened(session, cast, name, film).lease_id for name in ("cleo", "cato")}
    now, reading = cast.clock.now(), Reading("boot", 10_000, 10_000)
    digests = {name: digest((cast.browser_token(name) or ("", ""))[1]) for name in leases}

    def sent(name: str, beat: Beat, lease_id: str = "") -> service.SentBeat:
        return service.SentBeat(digests[name], lease_id or leases[name], beat, reading, now, lambda one: True)

    def receive(*many: service.SentBeat) -> list[service.ReceivedBeat | None]:
        with writing(session):
            return service.receive_beats(session.connection(), many)

    first, second, foreign, refused = receive(
        sent("cleo", beat_of(1, 0, 5000)),
        sent("cleo", beat_of(2, 5000, 6000)),
        sent("cleo", beat_of(3, 0, 1), leases["cato"]),
        sent("cato", beat_of(1, 0, 99_000)),
    )
    assert first is not None
    assert isinstance(first.answer, service.BeatAnswer)
    assert (first.actor, first.answer.outcome.credited.credited_ms) == (cast.actor("cleo"), 5000)
    assert second is None, "it would have to see what the first one wrote"
    assert foreign is None
    assert refused is not None
    assert isinstance(refused.answer, Invalid)
    leases["cleo"] = opened(session, cast, "cleo", short, at_ms=10_000).lease_id
    stranger = replace(sent("cato", beat_of(2, 0, 1000)), admits=lambda one: False)
    assert receive(sent("cleo", beat_of(1, 0, 4000)), stranger) == [None, None], "a completion has its own transaction"
    covered = {(row.candidate_id, row.material_id): decode(row.covered) for row in session.scalars(select(Watch))}
    cleo, cato = cast.cleo.candidate_id, cast.actor("cato").candidate_id
    assert covered == {(cleo, film): ((0, 5000),), (cato, film): (), (cleo, short): ()}
