"""Any client against the real service: what is stored equals an oracle of single milliseconds after every step.

Candidates, devices and films at once; honest play, cheats, late and doubled beats, clocks that lie (WATCH 3.1, 3.4).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Connection, Engine, Table, select
from sqlalchemy.orm import Session

from interview.access import SYSTEM, Actor
from interview.db import writing
from interview.errors import Gone, Invalid, NotFound, Refusal, TooMany
from interview.hiring import service as hiring
from interview.ports import StoredFile
from interview.watch import service
from interview.watch.models import Lease, Material, MaterialVersion, Watch, WatchBudget
from interview.watch.rules.beats import read_beat
from interview.watch.rules.clocks import Reading
from interview.watch.rules.completion import Film, Progress
from interview.watch.rules.media import Container
from interview.watch.rules.ranges import decode, encode
from tests.support.cast import Cast
from tests.watch.conftest import Films
from tests.watch.oracle import CAP_MS, JOIN_MS, RATE, START_MS, OracleClock, OracleFilm, OracleViewer, as_ranges

WHO = ("cleo", "cato", "cyd")
FILMS = (OracleFilm(4_000), OracleFilm(7_300, ((0, 900), (6_900, 7_300)), 1000), OracleFilm(150_000, (), 800))
TABLES: tuple[Table, ...] = (Watch.__table__, WatchBudget.__table__, Lease.__table__)  # type: ignore[assignment]
HOUR = 3_600_000


@dataclass
class World:
    """The cast and the films that every run of the machine begins with."""

    engine: Engine
    cast: Cast
    actors: dict[str, Actor]
    material_ids: tuple[int, ...]


@pytest.fixture
def world(session: Session, cast: Cast, films: Films) -> World:
    """Three candidates of one job, and three films of seconds and of minutes."""
    with writing(session):
        cyd, _ = hiring.add_candidate(
            session, SYSTEM, cast.job, name="Cyd Candidate", email="cyd@example.com", now=cast.clock.now()
        )
        cast.cyd_id = cyd.id  # type: ignore[attr-defined]
    ids = tuple(films.add(duration_ms=one.duration_ms, need_permille=one.need_permille) for one in FILMS)
    with writing(session):
        for material_id, one in zip(ids, FILMS, strict=True):
            session.get_one(Material, material_id).newest.excluded = encode(one.excluded)
    made = World(session.get_bind(), cast, {name: cast.actor(name) for name in WHO}, ids)  # type: ignore[arg-type]
    session.rollback()
    return made


@dataclass
class Sent:
    """A beat that a player made: of whom, for which lease."""

    who: str
    lease_id: str
    body: dict[str, Any]


@dataclass
class Clocks:
    """The server's clocks, which may lie, and the time that truly passed."""

    epoch: int = 1
    steady_ms: int = 1_000_000
    wall_ms: int = 1_700_000_000_000
    true_ms: int = 0

    def forward(self, ms: int) -> None:
        self.steady_ms, self.wall_ms, self.true_ms = self.steady_ms + ms, self.wall_ms + ms, self.true_ms + ms

    @property
    def reading(self) -> Reading:
        return Reading(f"boot-{self.epoch}", self.steady_ms, self.wall_ms)

    @property
    def oracle(self) -> OracleClock:
        return OracleClock(f"boot-{self.epoch}", self.steady_ms, self.wall_ms, self.true_ms)


who_of = st.sampled_from(WHO)
which_film = st.integers(0, len(FILMS) - 1)
back = st.integers(0, 3)  # which of the candidate's leases, counted from the newest
seq_steps = st.sampled_from([1, 1, 1, 2, 17, 255, 256, 257, 300])
spans = st.integers(0, 6_000) | st.sampled_from([0, 1, 499, 500, 999, 1000, 1001, 20_000, 90_000])
pieces_of = st.lists(st.tuples(st.integers(0, 151_500), st.integers(1, 4_000)), max_size=16)


class AnyViewer(RuleBasedStateMachine):
    """Everything that clients and clocks can do, in any order."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.clocks = Clocks()
        self.viewers = {name: OracleViewer() for name in WHO}
        self.shown = dict(zip(world.material_ids, zip((1,) * len(FILMS), FILMS, strict=True), strict=True))
        self.films = {(material_id, 1): film for material_id, (_, film) in self.shown.items()}
        self.complete: set[tuple[str, int]] = set()  # by whom, which material, in any version
        self.position = dict.fromkeys(WHO, 0)
        self.sent: list[Sent] = []
        self.queued: list[Sent] = []
        self.found: dict[tuple[int, int, int], tuple[int, bool]] = {}
        self.connection: Connection = world.engine.connect().execution_options(writes=True)
        self.outer = self.connection.begin()  # each run is undone as a whole

    def teardown(self) -> None:
        self.outer.rollback()
        self.connection.close()

    # -- what candidates do ----------------------------------------------------------------------------------------

    @initialize(films=st.tuples(which_film, which_film, which_film))
    def everybody_begins(self, films: tuple[int, int, int]) -> None:
        for who, film in zip(WHO, films, strict=True):
            self._open(who, film)

    @rule(who=who_of, film=which_film)
    def open_on_some_device(self, who: str, film: int) -> None:
        self._open(who, film)

    @rule(who=who_of, ms=spans, speed=st.sampled_from([0.5, 1.0, 1.25, 2.0]), is_late=st.booleans())
    def play_on(self, who: str, ms: int, speed: float, is_late: bool) -> None:
        """Play honestly from the last position; the beat is sent at once, or waits until the network is back."""
        lease = self._lease(who, 0)
        self.clocks.forward(ms)
        start = min(self.position[who], lease.film.duration_ms)
        end = min(start + int(ms * speed), lease.film.duration_ms)
        self.position[who] = 0 if end == lease.film.duration_ms else end
        state = "ended" if end == lease.film.duration_ms else "playing"
        beat = self._beat(who, 0, [(start, end)] if start < end else [], state=state)
        self.queued.append(beat) if is_late else self._send(beat)

    @rule(who=who_of, film=which_film, ms=spans, claim=pieces_of, later_ms=spans)
    def change_devices_and_hand_in_late(
        self, who: str, film: int, ms: int, claim: list[tuple[int, int]], later_ms: int
    ) -> None:
        """Play, go on with another device, and only then send what the first one has, or pretends to have."""
        self.clocks.forward(ms)
        beat = self._beat(who, 0, [(start % 4000, start % 4000 + 1500 + length) for start, length in claim])
        self._open(who, film)
        self.clocks.forward(later_ms)
        self._send(beat)

    @rule(who=who_of, which=back, seq=seq_steps)
    def claim_the_whole_film(self, who: str, which: int, seq: int) -> None:
        self._send(self._beat(who, which, [(0, self._lease(who, which).film.duration_ms)], seq=seq))

    @rule(
        who=who_of,
        film=st.sampled_from([2, 2, 2, 0, 1]),  # the long one, where a hole matters that is no large share
        at=spans,
        hole_ms=st.sampled_from([15_001, 1001, 29_000, 15_000, 1000]),
    )
    def play_all_but_a_hole(self, who: str, film: int, at: int, hole_ms: int) -> None:
        """Leave out one stretch: too long to be done, however little it is of the whole."""
        self._open(who, film)
        limit = self._lease(who, 0).film.duration_ms
        self.clocks.forward(limit)
        around = [(0, min(at, limit)), (at + hole_ms, limit)]
        self._send(self._beat(who, 0, [(start, end) for start, end in around if start < end]))

    @rule(
        who=who_of, which=back, start=spans, gap=st.sampled_from([998, 999, 1000, 1001, 3000]), count=st.integers(1, 16)
    )
    def comb(self, who: str, which: int, start: int, gap: int, count: int) -> None:
        limit = self._lease(who, which).film.duration_ms
        teeth = [(at, at + 1) for at in range(start, start + count * (gap + 1), gap + 1) if at < limit]
        self._send(self._beat(who, which, teeth[:16]))

    @rule(who=who_of, which=back, pieces=pieces_of, seq=seq_steps, state=st.sampled_from(["playing", "ended"]))
    def claim_anything(self, who: str, which: int, pieces: list[tuple[int, int]], seq: int, state: str) -> None:
        """Pieces that overlap, lie anywhere, and may stick out at the end of the film."""
        limit = self._lease(who, which).film.duration_ms + 1600
        claimed = [(start % limit, start % limit + length) for start, length in pieces]
        self._send(self._beat(who, which, claimed, seq=seq, state=state))

    @rule(who=who_of, which=back, seq=st.sampled_from([1, 5, 9_999_000, 10**7]), at=spans)
    def jump_with_the_sequence(self, who: str, which: int, seq: int, at: int) -> None:
        beat = self._beat(who, which, [(at, at + 400)])
        self._send(Sent(who, beat.lease_id, {**beat.body, "seq": seq}))

    @rule(who=who_of, which=back, behind=st.sampled_from([1, 255, 256, 257]), at=spans)
    def reach_back_with_the_sequence(self, who: str, which: int, behind: int, at: int) -> None:
        """Skip ahead, then fill in a number behind, at the edge of the window of those that are remembered."""
        self._send(self._beat(who, which, [], seq=300))
        beat = self._beat(who, which, [(at, at + 300)], seq=-behind)
        self._send(Sent(who, beat.lease_id, {**beat.body, "seq": max(1, beat.body["seq"])}))

    @precondition(lambda self: self.sent)
    @rule(index=st.integers(0, 200), times=st.integers(1, 3))
    def replay(self, index: int, times: int) -> None:
        for _ in range(times):
            self._send(self.sent[index % len(self.sent)])

    @precondition(lambda self: self.sent)
    @rule(index=st.integers(0, 200), at=spans)
    def replay_with_other_content(self, index: int, at: int) -> None:
        old = self.sent[index % len(self.sent)]
        self._send(Sent(old.who, old.lease_id, {**old.body, "segs": [[at, at + 777, 100, 0, 0]]}))

    @precondition(lambda self: self.queued)
    @rule(index=st.integers(0, 200), times=st.integers(1, 2))
    def deliver_a_queued_beat(self, index: int, times: int) -> None:
        beat = self.queued.pop(index % len(self.queued))
        for _ in range(times):
            self._send(beat)

    @rule(who=who_of, count=st.integers(15, 30), at=spans)
    def hammer(self, who: str, count: int, at: int) -> None:
        for step in range(count):
            self._send(self._beat(who, 0, [(at + step * 50, at + step * 50 + 60)]))

    @rule(who=who_of, ahead_ms=st.sampled_from([2000, 2001, 60_000]))
    def hurry_the_players_clock(self, who: str, ahead_ms: int) -> None:
        lease = self._lease(who, 0)
        viewer = self.viewers[who]
        mono = viewer.age_ms + viewer.at(self.clocks.oracle) - lease.opened_ms + ahead_ms
        self._send(self._beat(who, 0, [(0, 500)], mono=max(0, mono)))

    @rule(who=who_of, other=who_of, which=back)
    def use_the_lease_of_another(self, who: str, other: str, which: int) -> None:
        if who == other:
            return
        beat = self._beat(other, which, [(0, 1000)])
        before = self._rows()
        with pytest.raises(NotFound):
            self._deliver(who, beat)
        assert self._rows() == before

    # -- what the team and the clocks do ---------------------------------------------------------------------------

    @rule(film=which_film, duration_ms=st.sampled_from([3_000, 5_500, 60_000]))
    def replace_the_film(self, film: int, duration_ms: int) -> None:
        material_id = self.world.material_ids[film]
        number, before = self.shown[material_id]
        after = OracleFilm(duration_ms, (), before.need_permille)
        stored = StoredFile(f"key-{material_id}-{number}", 1, f"{material_id}-{number + 1}")
        with self._session() as session:
            found = service.material(session, material_id)
            manager, now = self.world.cast.actor("mara"), self.world.cast.clock.now()
            version: MaterialVersion = service.replace_film(
                session, manager, found, service.StoredFilm(Container.WEBM, stored), now=now
            )
            version.state, version.duration_ms, found.ready_number = "ready", duration_ms, version.number  # type: ignore[assignment]
        self.shown[material_id] = number + 1, after
        self.films[material_id, number + 1] = after

    @rule(ms=spans | st.sampled_from([HOUR, 25 * HOUR]))
    def time_passes(self, ms: int) -> None:
        self.clocks.forward(ms)

    @rule(ms=st.sampled_from([1, 700, 5_000, HOUR]))
    def the_steady_clock_goes_back(self, ms: int) -> None:
        self.clocks.steady_ms -= ms

    @rule(ms=st.sampled_from([-48 * HOUR, -5_000, 5_000, HOUR // 4, 48 * HOUR]))
    def the_wall_clock_is_set(self, ms: int) -> None:
        self.clocks.wall_ms += ms

    @rule(wrong_ms=st.sampled_from([0, 0, -10_000, 3_000, HOUR // 4, 48 * HOUR]), took_ms=st.sampled_from([0, 30_000]))
    def the_server_boots(self, wrong_ms: int, took_ms: int) -> None:
        self.clocks.forward(took_ms)
        self.clocks.epoch += 1
        self.clocks.steady_ms = 5_000
        self.clocks.wall_ms += wrong_ms

    # -- what must hold after every step ---------------------------------------------------------------------------

    @invariant()
    def never_more_than_server_time_allows(self) -> None:
        for who, viewer in self.viewers.items():
            row = self._budget(who)
            if row is None:
                continue
            assert (row.age_ms, row.budget_ms) == (viewer.age_ms, viewer.budget_ms)
            stored_ms = sum(one.covered_ms for one in self._watches(who))
            assert stored_ms + row.budget_ms <= START_MS + RATE * row.age_ms
            truly_ms = self.clocks.true_ms - viewer.first_true_ms
            assert stored_ms + row.budget_ms <= START_MS + RATE * truly_ms + viewer.gift_ms
            assert 0 <= row.budget_ms <= CAP_MS

    @invariant()
    def what_is_stored_is_what_the_oracle_has(self) -> None:
        for who, viewer in self.viewers.items():
            rows = self._watches(who)
            assert {(one.material_id, one.material_version) for one in rows} == set(viewer.covered)
            for row in rows:
                key = (row.material_id, row.material_version)
                ranges = decode(row.covered)
                assert ranges == as_ranges(viewer.covered[key])
                assert row.covered_ms == viewer.covered[key].sum()
                assert all(start - end >= JOIN_MS for (_, end), (start, _) in pairwise(ranges))

    @invariant()
    def done_needs_the_coverage_and_nothing_is_ever_taken_away(self) -> None:
        for who in WHO:
            for row in self._watches(who):
                film = self.films[row.material_id, row.material_version]
                bits = self.viewers[who].covered[row.material_id, row.material_version]
                if film.is_complete(bits):
                    self.complete.add((who, row.material_id))
                by_rule = Progress.of(Film(film.duration_ms, film.excluded, film.need_permille), decode(row.covered))
                assert by_rule.done == film.is_complete(bits)
                is_done = row.done_at is not None
                assert not is_done or (who, row.material_id) in self.complete
                key = (row.candidate_id, row.material_id, row.material_version)
                before_ms, was_done = self.found.get(key, (0, False))
                assert row.covered_ms >= before_ms
                assert is_done or not was_done
                self.found[key] = row.covered_ms, is_done

    # -- how it is done --------------------------------------------------------------------------------------------

    def _open(self, who: str, film: int) -> None:
        material_id = self.world.material_ids[film]
        number, shown = self.shown[material_id]
        viewer, clock = self.viewers[who], self.clocks.oracle
        with self._only(who):
            if not viewer.may_open(clock):
                with pytest.raises(TooMany), self._session() as session:
                    self._opened(session, who, material_id)
                return
            with self._session() as session:
                opened = self._opened(session, who, material_id)
        viewer.open(opened.lease_id, shown, (material_id, number), clock)
        assert opened.covered == as_ranges(viewer.covered[material_id, number])
        self.position[who] = opened.resume_ms

    def _opened(self, session: Session, who: str, material_id: int) -> service.OpenedLease:
        reading, now = self.clocks.reading, self._now()
        actor = self.world.actors[who]
        return service.open_lease(session, actor, material_id, reading=reading, device="phone", now=now)

    def _lease(self, who: str, which: int) -> Any:
        return self.viewers[who].leases[self._lease_id(who, which)]

    def _lease_id(self, who: str, which: int) -> str:
        ids = list(self.viewers[who].leases)
        return ids[max(0, len(ids) - 1 - which)]

    def _beat(
        self,
        who: str,
        which: int,
        pieces: list[tuple[int, int]],
        *,
        seq: int = 1,
        state: str = "playing",
        mono: int = 0,
    ) -> Sent:
        """Make a beat whose sequence number lies `seq` behind the highest of its lease, sent or queued."""
        lease_id = self._lease_id(who, which)
        waiting = (one.body["seq"] for one in self.queued if one.lease_id == lease_id)
        last = max([self.viewers[who].leases[lease_id].max_seq, *waiting])
        body = {
            "v": 1,
            "seq": min(10**7, last + seq),
            "segs": [[start, end, 100, 0, 0] for start, end in pieces],
            "pos": pieces[-1][1] if pieces else 0,
            "state": state,
            "mono": mono,
        }
        return Sent(who, lease_id, body)

    def _deliver(self, who: str, beat: Sent) -> dict[str, Any] | Refusal:
        """Hand a beat to the service as a request does: from its JSON, in a transaction of its own."""
        read = read_beat(json.loads(json.dumps(beat.body)))
        with self.connection.begin_nested():
            answer = service.receive_beat(
                self.connection,
                self.world.actors[who],
                beat.lease_id,
                read,
                reading=self.clocks.reading,
                now=self._now(),
            )
        return answer if isinstance(answer, Refusal) else answer.as_json()

    def _send(self, beat: Sent) -> None:
        viewer = self.viewers[beat.who]
        lease = viewer.leases[beat.lease_id]
        with self._only(beat.who) as unchanged:
            if self.shown[lease.key[0]][0] != lease.key[1]:
                with pytest.raises(Gone):
                    self._deliver(beat.who, beat)
                assert unchanged()
                return
            judged = viewer.receive(beat.lease_id, beat.body, self.clocks.oracle)
            if judged.reason == "slow_down":
                with pytest.raises(TooMany):
                    self._deliver(beat.who, beat)
                assert unchanged()
            elif judged.reason == "bad_range":
                with pytest.raises(Invalid) as refused:
                    self._deliver(beat.who, beat)
                assert refused.value.reason == "bad_range"
                assert unchanged()
            elif judged.reason == "mono":
                refusal = self._deliver(beat.who, beat)
                assert isinstance(refusal, Invalid)
                assert refusal.reason == "mono"
            else:
                answer = self._deliver(beat.who, beat)
                assert isinstance(answer, dict)
                assert (answer["reason"], answer["credited_ms"]) == (judged.reason, judged.credited_ms)
                assert list(answer["short"]) == judged.short
                assert answer["dup"] == (judged.reason == "dup")
                if judged.reason in ("dup", "seq_conflict"):
                    assert unchanged(besides=WatchBudget.__tablename__), "a duplicate changes nothing"
                else:
                    self.sent.append(beat)

    @contextmanager
    def _only(self, who: str) -> Iterator[Callable[..., bool]]:
        """Check that nothing of other candidates changes; yields a question whether nothing at all did."""
        before = self._rows()
        own = self.world.actors[who].candidate_id

        def unchanged(besides: str = "") -> bool:
            return [one for one in self._rows() if one[0] != besides] == [one for one in before if one[0] != besides]

        yield unchanged
        assert [one for one in self._rows() if one[1] != own] == [one for one in before if one[1] != own]

    def _rows(self) -> list[tuple[Any, ...]]:
        """Return everything that is stored about watching, as (table, candidate, all columns)."""
        rows = []
        for table in TABLES:
            for row in self.connection.execute(select(table)):
                rows.append((table.name, row._mapping["candidate_id"], *row))
        return sorted(rows, key=repr)

    def _watches(self, who: str) -> list[Any]:
        table = Watch.__table__
        query = select(table).where(table.c.candidate_id == self.world.actors[who].candidate_id)
        return list(self.connection.execute(query))

    def _budget(self, who: str) -> Any:
        table = WatchBudget.__table__
        query = select(table).where(table.c.candidate_id == self.world.actors[who].candidate_id)
        return self.connection.execute(query).one_or_none()

    @contextmanager
    def _session(self) -> Iterator[Session]:
        with Session(self.connection, join_transaction_mode="create_savepoint") as session:
            yield session
            session.commit()

    def _now(self) -> Any:
        return self.world.cast.clock.now() + timedelta(milliseconds=self.clocks.true_ms)


def test_no_client_and_no_clock_gets_more_than_the_oracle_pays_for(world: World) -> None:
    count = 40 if world.engine.dialect.name == "sqlite" else 6
    run_state_machine_as_test(
        lambda: AnyViewer(world),
        settings=settings(
            max_examples=count,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
