"""The credit rule against a slow oracle that knows single milliseconds, and against the cheats of WATCH 4."""

from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from interview.errors import Invalid
from interview.watch.rules.beats import Beat, read_beat
from interview.watch.rules.completion import Film
from interview.watch.rules.credit import (
    CAP_MS,
    LATE_FOR_MS,
    LATE_SLACK_MS,
    RATE,
    SEEN_WINDOW,
    START_MS,
    Budget,
    Lease,
    Outcome,
    Pace,
    Verdict,
    credit,
    receive,
)
from interview.watch.rules.ranges import JOIN_MS, MAX_RANGES, Ranges, decode, encode, total_ms

MINUTE = 60_000
TEN_MINUTES = 10 * MINUTE


def beat_of(seq: int, *pieces: tuple[int, int], state: str = "playing", pos: int = 0, mono: int = 0) -> Beat:
    segs = [[start, end, 100, 0, 0] for start, end in pieces]
    return read_beat({"v": 1, "seq": seq, "segs": segs, "pos": pos, "state": state, "mono": mono})


@dataclass
class Watcher:
    """One candidate in memory, kept exactly as the service keeps one, on a clock that the test moves."""

    films: dict[str, Film]
    age_ms: int = 0
    budget: Budget = field(default_factory=Budget)
    covered: dict[str, Ranges] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    leases: list[tuple[str, Lease]] = field(default_factory=list)

    def open(self, film: str) -> int:
        self.budget = self.budget.refilled(self.age_ms)
        if self.leases and self.leases[-1][1].late_ms is None:
            before, lease = self.leases[-1]
            self.leases[-1] = before, lease.superseded(self.age_ms)
        self.leases.append((film, Lease(opened_ms=self.age_ms, last_ms=self.age_ms)))
        return len(self.leases) - 1

    def send(self, number: int, beat: Beat) -> Outcome:
        film, lease = self.leases[number]
        self.budget = self.budget.refilled(self.age_ms)
        was_done = film in self.done
        outcome = receive(self.budget, lease, self.covered.get(film, ()), self.films[film], beat, was_done=was_done)
        self.budget = outcome.budget
        self.covered[film] = outcome.credited.covered
        self.leases[number] = film, outcome.lease
        if outcome.progress.done:
            self.done.add(film)
        return outcome

    @property
    def credited_ms(self) -> int:
        return sum(total_ms(ranges) for ranges in self.covered.values())

    @property
    def earned_ms(self) -> int:
        return START_MS + RATE * self.age_ms


def watcher(duration_ms: int = TEN_MINUTES) -> Watcher:
    return Watcher({"film": Film(duration_ms), "other": Film(duration_ms)})


class Oracle:
    """The rule once more, one millisecond at a time, on one big integer used as a row of bits."""

    def __init__(self) -> None:
        self.bits = 0

    def credit(self, pieces: list[tuple[int, int]], allow_ms: int) -> int:
        spent = 0
        for start, end in pieces:
            for x in range(start, end):
                if self.bits >> x & 1:
                    continue
                added = 1 << x
                left = (self.bits & ((1 << x) - 1)).bit_length() - 1
                if left >= 0 and x - 1 - left < JOIN_MS:
                    added |= ((1 << (x - 1 - left)) - 1) << (left + 1)
                right = self.bits >> (x + 1)
                if right and (gap := (right & -right).bit_length() - 1) < JOIN_MS:
                    added |= ((1 << gap) - 1) << (x + 1)
                if spent + added.bit_count() > allow_ms:
                    break
                spent += added.bit_count()
                self.bits |= added
        return spent

    @property
    def ranges(self) -> Ranges:
        found, bits, at = [], self.bits, 0
        while bits:
            skip = (bits & -bits).bit_length() - 1
            bits >>= skip
            run = (~bits & (bits + 1)).bit_length() - 1
            found.append((at + skip, at + skip + run))
            bits >>= run
            at += skip + run
        return tuple(found)


SMALL = 5000
points = st.integers(0, SMALL) | st.sampled_from([0, 1, 999, 1000, 1001, 1999, 2000, 2001, SMALL - 1, SMALL])
piece = st.tuples(points, points).filter(lambda p: p[0] != p[1]).map(lambda p: (min(p), max(p)))
piece_lists = st.lists(piece, min_size=1, max_size=16)


@given(st.lists(st.tuples(piece_lists, st.integers(0, 4000)), max_size=6))
def test_credit_is_what_the_oracle_pays_for(rounds: list[tuple[list[tuple[int, int]], int]]) -> None:
    covered: Ranges = ()
    oracle = Oracle()
    for pieces, allow_ms in rounds:
        got = credit(covered, tuple(pieces), allow_ms)
        assert got.credited_ms == oracle.credit(pieces, allow_ms) <= allow_ms
        assert got.covered == oracle.ranges
        assert total_ms(got.covered) == total_ms(covered) + got.credited_ms
        covered = got.covered


class AnyClient(RuleBasedStateMachine):
    """Any client at all: takeovers, replays, old leases, wild sequence numbers, sleeping and hurrying."""

    @initialize()
    def start(self) -> None:
        self.watcher = Watcher({"film": Film(SMALL), "other": Film(SMALL - 1234)})
        self.oracles = {"film": Oracle(), "other": Oracle()}
        self.sent: list[tuple[int, Beat]] = []
        self.watcher.open("film")

    @rule(ms=st.integers(0, 2500) | st.sampled_from([0, 3_600_000]))
    def time_passes(self, ms: int) -> None:
        self.watcher.age_ms += ms

    @rule(film=st.sampled_from(["film", "other"]))
    def open_lease(self, film: str) -> None:
        self.watcher.open(film)

    @rule(
        pieces=piece_lists,
        which=st.integers(0, 3),
        seq=st.integers(1, 12) | st.sampled_from([300, 10**7]),
        state=st.sampled_from(["playing", "ended"]),
    )
    def send(self, pieces: list[tuple[int, int]], which: int, seq: int, state: str) -> None:
        number = max(0, len(self.watcher.leases) - 1 - which)
        film, lease = self.watcher.leases[number]
        beat = beat_of(seq, *pieces, state=state)
        before = self.watcher.covered.get(film, ())
        allowance_ms = lease.allowance_ms(self.watcher.budget.refilled(self.watcher.age_ms))
        try:
            outcome = self.watcher.send(number, beat)
        except Invalid:
            assert any(end > self.watcher.films[film].duration_ms + 1500 for _, end in pieces)
            return
        if outcome.verdict in (Verdict.DUPLICATE, Verdict.CONFLICT):
            assert outcome.credited.covered == before
            return
        self.sent.append((number, beat))
        duration_ms = self.watcher.films[film].duration_ms
        wanted = [(start, min(end, duration_ms)) for start, end in pieces if start < duration_ms]
        tail = max([end for _, end in [*before[-1:], *wanted]], default=0)
        if state == "ended" and tail and 0 < duration_ms - tail <= 1000:
            wanted.append((tail, duration_ms))
        assert outcome.credited.credited_ms == self.oracles[film].credit(wanted, allowance_ms)
        assert outcome.credited.covered == self.oracles[film].ranges
        claimed, kept = 0, 0
        for start, end in wanted:
            claimed |= ((1 << (end - start)) - 1) << start
        for start, end in (*outcome.credited.covered, *outcome.credited.short):
            kept |= ((1 << (end - start)) - 1) << start
        assert claimed & ~kept == 0, "what was claimed is either covered or handed back"

    @precondition(lambda self: self.sent)
    @rule(index=st.integers(0, 50))
    def replay(self, index: int) -> None:
        number, beat = self.sent[index % len(self.sent)]
        before = self.watcher.credited_ms
        outcome = self.watcher.send(number, beat)
        assert outcome.verdict is Verdict.DUPLICATE
        assert self.watcher.credited_ms == before

    @invariant()
    def never_more_than_server_time_allows(self) -> None:
        assert self.watcher.credited_ms <= self.watcher.earned_ms
        assert 0 <= self.watcher.budget.budget_ms <= CAP_MS
        assert self.watcher.credited_ms + self.watcher.budget.budget_ms <= self.watcher.earned_ms

    @invariant()
    def ranges_are_apart_and_survive_storage(self) -> None:
        for ranges in self.watcher.covered.values():
            assert decode(encode(ranges)) == ranges
            assert all(start - end >= JOIN_MS for (_, end), (start, _) in pairwise(ranges))


TestAnyClient = AnyClient.TestCase
TestAnyClient.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)


# Cheats (WATCH 4, section 3.1): numbers are the table's.


def test_2_one_beat_right_after_opening_earns_the_start_and_no_more() -> None:
    one = watcher()
    outcome = one.send(one.open("film"), beat_of(1, (0, TEN_MINUTES)))
    assert outcome.verdict is Verdict.SHORT
    assert outcome.credited.credited_ms == START_MS
    assert outcome.credited.short == ((START_MS, TEN_MINUTES),)


def test_3_and_4_asking_again_and_again_earns_only_time() -> None:
    one = watcher()
    lease = one.open("film")
    for seq in range(1, 1001):
        one.age_ms += 10
        one.send(lease, beat_of(seq, (0, TEN_MINUTES)))
    assert one.credited_ms == one.earned_ms == START_MS + RATE * 10_000


def test_5_seeking_to_the_end_earns_the_tail_only() -> None:
    one = watcher()
    lease = one.open("film")
    one.age_ms += 10_000
    outcome = one.send(lease, beat_of(1, (595_000, 599_400), state="ended", pos=TEN_MINUTES))
    assert outcome.credited.covered == ((595_000, TEN_MINUTES),)
    assert not outcome.progress.done
    assert outcome.progress.pct == 0


def test_7_a_comb_pays_for_the_gaps_it_closes() -> None:
    one = watcher()
    lease = one.open("film")
    for seq in range(1, 40):
        first = (seq - 1) * 16
        one.send(lease, beat_of(seq, *((at * 900, at * 900 + 1) for at in range(first, first + 16))))
    assert one.credited_ms <= START_MS
    wide = watcher()
    wide.send(wide.open("film"), beat_of(1, *((at * 1001, at * 1001 + 1) for at in range(16))))
    assert wide.credited_ms == 16, "gaps of a second are not closed, so the comb buys its teeth alone"


def test_10_a_player_whose_clock_runs_ahead_is_refused() -> None:
    one = watcher()
    lease = one.open("film")
    one.age_ms += 5000
    one.send(lease, beat_of(1, (0, 100), mono=7000))
    with pytest.raises(Invalid) as refused:
        one.send(lease, beat_of(2, (0, 100), mono=7001))
    assert refused.value.reason == "mono"


def test_14_a_piece_outside_the_film_is_refused_and_one_at_the_edge_is_cut() -> None:
    one = watcher(60_000)
    lease = one.open("film")
    with pytest.raises(Invalid):
        one.send(lease, beat_of(1, (59_000, 61_501)))
    with pytest.raises(Invalid):
        one.send(lease, beat_of(1, pos=61_501))
    outcome = one.send(lease, beat_of(1, (59_000, 61_500), (60_000, 61_000)))
    assert outcome.credited.covered == ((59_000, 60_000),)


def test_16_and_17_replays_earn_nothing() -> None:
    one = watcher()
    lease = one.open("film")
    one.send(lease, beat_of(1, (0, 1500)))
    assert one.send(lease, beat_of(1, (0, 1500))).verdict is Verdict.DUPLICATE
    again = one.send(lease, beat_of(2, (0, 1500)))
    assert (again.verdict, again.credited.credited_ms) == (Verdict.OK, 0)
    assert one.send(lease, beat_of(2, (0, 1400))).verdict is Verdict.CONFLICT


def test_19_a_jump_of_the_sequence_makes_old_numbers_duplicates() -> None:
    one = watcher()
    lease = one.open("film")
    one.send(lease, beat_of(1, (0, 500)))
    one.send(lease, beat_of(10**7, (500, 600)))
    assert one.send(lease, beat_of(10**7 - SEEN_WINDOW - 1, (600, 700))).verdict is Verdict.DUPLICATE
    assert one.send(lease, beat_of(10**7 - SEEN_WINDOW, (600, 700))).credited.credited_ms == 100


def test_the_window_of_seen_beats_is_complete_and_bounded() -> None:
    one = watcher()
    lease = one.open("film")
    for seq in range(1, 1000):
        one.send(lease, beat_of(seq, pos=seq))
    assert len(one.leases[lease][1].seen) == 2 * (SEEN_WINDOW + 1)  # 514 bytes for the last 43 minutes
    assert one.send(lease, beat_of(999 - SEEN_WINDOW, pos=1)).verdict is Verdict.CONFLICT
    assert one.send(lease, beat_of(999 - SEEN_WINDOW, pos=999 - SEEN_WINDOW)).verdict is Verdict.DUPLICATE


@pytest.mark.parametrize("films", [("film", "film"), ("film", "other")])
def test_25_and_26_parallel_sessions_share_one_budget(films: tuple[str, str]) -> None:
    one = watcher()
    leases = [one.open(films[number % 2]) for number in range(20)]
    for seq in range(1, 61):
        one.age_ms += 1000
        for lease in leases:
            one.send(lease, beat_of(seq, (lease * 20_000, lease * 20_000 + seq * 1000)))
    assert one.credited_ms <= one.earned_ms


def test_28_ten_thousand_leases_do_not_multiply_the_start() -> None:
    one = watcher()
    for number in range(200):
        one.send(one.open("film"), beat_of(1, (number * 2000, number * 2000 + 2000)))
    assert one.credited_ms == START_MS


def test_29_the_budget_saves_up_to_its_cap() -> None:
    one = watcher(3 * 60 * MINUTE)
    lease = one.open("film")
    one.age_ms += 9 * 60 * MINUTE
    assert one.send(lease, beat_of(1, (0, 3 * 60 * MINUTE))).credited.credited_ms == CAP_MS


def test_14_a_superseded_lease_hands_in_what_it_could_have_played() -> None:
    one = watcher()
    phone = one.open("film")
    one.age_ms += 10_000
    one.send(phone, beat_of(1, (0, 10_000)))
    one.age_ms += 4000
    one.open("film")
    one.age_ms += MINUTE
    late = one.send(phone, beat_of(2, (10_000, 40_000)))
    assert late.verdict is Verdict.SUPERSEDED
    assert late.credited.credited_ms == RATE * 4000 + LATE_SLACK_MS
    assert one.send(phone, beat_of(3, (10_000, 40_000))).credited.credited_ms == 0, "the late allowance is spent once"


def test_a_superseded_lease_is_closed_after_a_day() -> None:
    one = watcher()
    phone = one.open("film")
    one.age_ms += 4000
    one.open("film")
    one.age_ms += LATE_FOR_MS
    assert one.send(phone, beat_of(1, (0, 1000))).credited.credited_ms == 1000
    one.age_ms += 1
    outcome = one.send(phone, beat_of(2, (1000, 2000)))
    assert (outcome.credited.credited_ms, outcome.credited.short) == (0, ((1000, 2000),))


def test_59_a_clock_going_back_neither_gives_nor_takes() -> None:
    budget = Budget(500, 10_000)
    assert budget.refilled(4000) == budget
    assert budget.refilled(10_001) == Budget(502, 10_001)


def test_ranges_are_capped() -> None:
    comb = tuple((at * 3000, at * 3000 + 1) for at in range(MAX_RANGES))
    beyond = (MAX_RANGES * 3000, MAX_RANGES * 3000 + 10)
    got = credit(comb, (beyond, (0, 1000)), 10**6)
    assert got.short == (beyond,)
    assert got.covered[0] == (0, 1000)


def test_pace_lets_a_burst_through_and_then_one_a_second() -> None:
    pace = Pace()
    for _ in range(20):
        assert pace.wait_ms(100_000) == 0
        pace = pace.after_one(100_000)
    assert pace.wait_ms(100_000) == 1000
    assert pace.wait_ms(101_000) == 0
    assert pace.after_one(101_000).wait_ms(101_000) == 1000
    assert pace.wait_ms(10**9) == 0


# Honest oddities (WATCH 4, section 3.2): each ends done, with no help.


def straight(
    one: Watcher, lease: int, *, speed: float = 1.0, start: int = 0, every_ms: int = 10_000, seq: int = 1
) -> int:
    """Play from `start` to the end of the film at `speed`, one beat every ten seconds; return the next seq."""
    duration_ms = one.films[one.leases[lease][0]].duration_ms
    at = start
    while at < duration_ms:
        upto = min(duration_ms, at + int(every_ms * speed))
        one.age_ms += every_ms
        one.send(lease, beat_of(seq, (at, upto), state="ended" if upto == duration_ms else "playing", pos=upto))
        at, seq = upto, seq + 1
    return seq


@pytest.mark.parametrize("speed", [0.5, 0.75, 1.0, 1.25, 1.5, 2.0])
@pytest.mark.parametrize("duration_ms", [4000, 10_000, 61_234, TEN_MINUTES, 60 * MINUTE])
def test_1_and_3_straight_through_at_any_speed_is_done(speed: float, duration_ms: int) -> None:
    one = watcher(duration_ms)
    straight(one, one.open("film"), speed=speed)
    assert one.done == {"film"}
    assert len(one.covered["film"]) == 1


def test_5_watching_a_part_again_counts_once() -> None:
    one = watcher()
    lease = one.open("film")
    seq = 1
    for _ in range(5):
        one.age_ms += 30_000
        one.send(lease, beat_of(seq, (0, 30_000)))
        seq += 1
    straight(one, lease, start=30_000, seq=seq)
    assert one.done == {"film"}
    assert one.credited_ms == TEN_MINUTES


def test_8_and_12_beats_queued_while_offline_are_credited_together() -> None:
    one = watcher()
    lease = one.open("film")
    one.age_ms += 8 * MINUTE
    outcome = one.send(lease, beat_of(1, (0, 8 * MINUTE)))
    assert outcome.credited.short == ()
    one.age_ms += 9 * 60 * MINUTE
    one.send(lease, beat_of(2, (8 * MINUTE, TEN_MINUTES)))
    assert one.done == {"film"}


def test_10_delay_order_and_repetition_do_not_matter() -> None:
    beats = [beat_of(seq, ((seq - 1) * 10_000, seq * 10_000), pos=seq * 10_000) for seq in range(1, 61)]
    one = watcher()
    lease = one.open("film")
    one.age_ms += TEN_MINUTES
    for index in sorted(range(60), key=lambda n: n * 37 % 60):
        one.send(lease, beats[index])
        one.send(lease, beats[index])
    assert one.done == {"film"}
    assert one.covered["film"] == ((0, TEN_MINUTES),)


def test_14_phone_laptop_phone() -> None:
    one = watcher()
    at, seq_of = 0, {}
    for _ in range(6):
        lease = one.open("film")
        for _ in range(10):
            one.age_ms += 10_000
            seq_of[lease] = seq_of.get(lease, 0) + 1
            one.send(lease, beat_of(seq_of[lease], (at, at + 10_000)))
            at += 10_000
    assert one.done == {"film"}


def test_14_the_last_beat_of_the_old_phone_counts_even_when_it_comes_late() -> None:
    one = watcher(120_000)
    phone = one.open("film")
    one.age_ms += 10_000
    one.send(phone, beat_of(1, (0, 10_000)))
    one.age_ms += 9000
    laptop = one.open("film")
    straight(one, laptop, start=19_000)
    late = one.send(phone, beat_of(2, (10_000, 19_000)))
    assert late.credited.credited_ms == 9000
    assert one.covered["film"] == ((0, 120_000),)


def test_27_a_player_that_ends_a_little_early_is_done() -> None:
    one = watcher(10_000)
    lease = one.open("film")
    one.age_ms += 9700
    outcome = one.send(lease, beat_of(1, (0, 9700), state="ended", pos=10_030))
    assert outcome.credited.covered == ((0, 10_000),)
    assert outcome.progress.done


def test_30_decoder_holes_are_joined() -> None:
    one = watcher(60_000)
    lease = one.open("film")
    for seq in range(1, 13):
        one.age_ms += 5000
        one.send(lease, beat_of(seq, ((seq - 1) * 5000 + 400, seq * 5000 - 100)))
    assert one.covered["film"] == ((400, 59_900),)
    assert one.done == {"film"}


def test_short_pieces_become_creditable_as_time_passes() -> None:
    one = watcher(20_000)
    lease = one.open("film")
    pieces, seq = ((0, 20_000),), 1
    while pieces:
        outcome = one.send(lease, beat_of(seq, *pieces))
        pieces, seq = outcome.credited.short, seq + 1
        one.age_ms += 1000
    assert one.done == {"film"}
    assert one.age_ms == 10_000
