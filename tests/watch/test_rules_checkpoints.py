"""Checkpoints as rules: where they are drawn, when they are due, what they ask, and when they rest."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interview.watch.rules import checkpoints
from interview.watch.rules.checkpoints import Answer, ContentQuestion
from interview.watch.rules.material import Accommodation

HOUR_MS = 3_600_000


@pytest.mark.parametrize(
    ("duration_ms", "count"),
    [(59_999, 0), (60_000, 1), (480_000, 1), (480_001, 2), (600_000, 2), (HOUR_MS, 8), (12 * HOUR_MS, 90)],
)
def test_a_film_has_a_checkpoint_in_every_eight_minutes(duration_ms: int, count: int) -> None:
    assert checkpoints.chunk_count(duration_ms) == count
    assert len(checkpoints.draw(duration_ms, (), Random(1))) == count


@given(duration_ms=st.integers(60_000, 12 * HOUR_MS), seed=st.integers())
def test_positions_keep_away_from_the_ends_of_their_chunk(duration_ms: int, seed: int) -> None:
    drawn = checkpoints.draw(duration_ms, (), Random(seed))
    count = len(drawn)
    for number, (replay_ms, at_ms) in enumerate(drawn):
        start, end = number * duration_ms // count, (number + 1) * duration_ms // count
        assert start + 20_000 <= at_ms <= end - 20_000
        assert checkpoints.chunk_number(at_ms, duration_ms) == number + 1
        assert max(0, at_ms - 35_000) <= replay_ms <= max(0, at_ms - 10_000)
        assert min(replay_ms + checkpoints.REPLAY_MS, duration_ms) >= at_ms + 20_000


def test_two_candidates_get_different_positions() -> None:
    chance = Random(7)
    assert len({checkpoints.draw(HOUR_MS, (), chance) for _ in range(50)}) == 50


def test_what_does_not_count_holds_no_checkpoint() -> None:
    for seed in range(50):
        ((_, at_ms),) = checkpoints.draw(400_000, ((0, 150_000), (250_000, 400_000)), Random(seed))
        assert 160_000 <= at_ms < 250_000


def test_accommodations_ask_less_and_nobody_can_tell_from_the_count() -> None:
    drawn = checkpoints.draw(HOUR_MS, (), Random(3))
    asked = {kind: len(checkpoints.split(drawn, kind)[0]) for kind in (None, *Accommodation)}
    assert asked == {None: 8, Accommodation.NO_TIMER: 8, Accommodation.FEWER: 4, Accommodation.NONE: 0}
    for kind in Accommodation:
        waiting, waived = checkpoints.split(drawn, kind)
        assert checkpoints.settled_count(8, waiting, waived, ()) == 0
        answered = tuple(one for one in waiting if one[1] > HOUR_MS // 2)  # the first half watched and answered
        assert checkpoints.settled_count(8, answered, waived, ((0, HOUR_MS // 2),)) == 4
        assert checkpoints.settled_count(8, (), waived, ((0, HOUR_MS),)) == 8


WAITING = ((80_000, 100_000),)


@pytest.mark.parametrize(
    ("covered", "pos_ms", "due"),
    [
        (((0, 100_000),), 100_000, 100_000),
        (((0, 120_000),), 120_000, 100_000),
        (((90_000, 110_000),), 110_000, 100_000),
        (((0, 100_000),), 99_999, None),  # not reached
        (((0, 130_000),), 120_001, None),  # passed
        (((90_001, 110_000),), 110_000, None),  # less than ten seconds before it
        (((0, 95_000),), 100_000, None),  # claimed a position, not credited
        ((), 100_000, None),
    ],
)
def test_due_where_a_live_beat_stands_on_credited_content(
    covered: tuple[tuple[int, int], ...], pos_ms: int, due: int | None
) -> None:
    assert checkpoints.due(WAITING, covered, pos_ms) == due


def test_what_was_passed_is_told_without_its_position() -> None:
    assert checkpoints.passed(WAITING, ((0, 300_000),), 300_000, 600_000) == ((80_000, 140_000),)
    assert checkpoints.passed(WAITING, ((0, 119_999),), 300_000, 600_000) == ()  # not covered: it will come
    assert checkpoints.passed(WAITING, ((0, 300_000),), 110_000, 600_000) == ()  # due now
    assert checkpoints.passed((), ((0, 300_000),), 0, 600_000) == ()


def test_a_word_is_among_its_options_and_differs_from_time_to_time() -> None:
    chance = Random(5)
    asked = [checkpoints.word(chance) for _ in range(40)]
    for one in asked:
        assert one.prompt == f"Choose the word shown: {one.options[one.right]}"
        assert len(set(one.options)) == 4
    assert len({one.right for one in asked}) == 4
    assert len({one.options[one.right] for one in asked}) > 10


@given(seed=st.integers(), right=st.integers(0, 3))
def test_shuffled_options_keep_the_right_one(seed: int, right: int) -> None:
    written = ContentQuestion(9, "Who buys it?", ("a", "b", "c", "d"), right)
    asked = checkpoints.question(written, Random(seed))
    assert asked.options[asked.right] == written.options[right]
    assert sorted(asked.options) == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    ("chosen", "ttl_ms", "after_ms", "answer"),
    [
        (2, 120_000, 120_000, Answer.RIGHT),
        (1, 120_000, 1, Answer.WRONG),
        (2, 120_000, 120_001, Answer.EXPIRED),
        (2, None, 10 * HOUR_MS, Answer.RIGHT),
    ],
)
def test_an_answer_is_judged_by_the_servers_time(
    chosen: int, ttl_ms: int | None, after_ms: int, answer: Answer
) -> None:
    assert checkpoints.judge(2, chosen, issued_ms=5, ttl_ms=ttl_ms, age_ms=5 + after_ms) is answer


def test_after_every_tenth_wrong_answer_comes_a_rest() -> None:
    assert checkpoints.pause_left_ms([], 0) == 0
    assert checkpoints.pause_left_ms(range(9), 9) == 0
    assert checkpoints.pause_left_ms(range(10), 9) == HOUR_MS
    assert checkpoints.pause_left_ms(range(10), 9 + HOUR_MS) == 0
    assert checkpoints.pause_left_ms(range(11), 11) == 0
