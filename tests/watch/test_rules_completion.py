"""When a film is done: the table of WATCH 3.6 and the promises about percentages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interview.watch.rules.completion import Film, Progress
from interview.watch.rules.ranges import decode, encode, gaps, total_ms, union


@pytest.mark.parametrize(
    ("duration_ms", "tolerance_ms"),
    [(4000, 1000), (10_000, 1500), (60_000, 3000), (600_000, 30_000), (3_600_000, 60_000), (612_480, 30_624), (1, 0)],
)
def test_the_tolerance_is_the_tables(duration_ms: int, tolerance_ms: int) -> None:
    assert Film(duration_ms).tolerance_ms == tolerance_ms
    assert Film(duration_ms).need_ms == duration_ms - tolerance_ms


def test_the_example_of_the_protocol() -> None:
    progress = Progress.of(Film(612_480), ((0, 204_180),))
    assert (progress.need_ms, progress.pct, progress.done) == (581_856, 35, False)
    assert progress.missing == ((204_180, 612_480),)


def test_a_hole_over_fifteen_seconds_is_not_done_and_never_shows_100() -> None:
    film = Film(600_000)
    at_limit = Progress.of(film, ((0, 300_000), (315_000, 600_000)))
    beyond = Progress.of(film, ((0, 300_000), (315_001, 600_000)))
    assert (at_limit.done, at_limit.pct) == (True, 100)
    assert (beyond.done, beyond.pct) == (False, 99)


def test_one_millisecond_too_little_is_not_done() -> None:
    assert Progress.of(Film(10_000), ((0, 8500),)).done
    almost = Progress.of(Film(10_000), ((0, 8499),))
    assert (almost.done, almost.pct) == (False, 99)


def test_what_was_done_stays_done_when_more_is_asked_later() -> None:
    covered = ((0, 570_000),)
    assert Progress.of(Film(600_000, need_permille=950), covered).done is False, "the hole at the end is 30 s"
    assert Progress.of(Film(600_000), ((0, 290_000), (300_000, 590_000))).done
    later = Progress.of(Film(600_000, need_permille=1000), covered, was_done=True)
    assert (later.done, later.pct) == (True, 100)


def test_excluded_ranges_do_not_count_either_way() -> None:
    film = Film(100_000, excluded=((0, 12_000), (80_000, 100_000)))
    assert film.counted_ms == 68_000
    assert film.tolerance_ms == 3400
    assert Progress.of(film, ((0, 12_000),)).covered_ms == 0
    watched = Progress.of(film, ((12_000, 80_000),))
    assert (watched.done, watched.covered_ms, watched.missing) == (True, 68_000, ())


ranges_lists = st.lists(st.tuples(st.integers(0, 500_000), st.integers(1, 40_000)), max_size=12).map(
    lambda pairs: union(tuple((start, min(600_000, start + length)) for start, length in pairs))
)


@given(ranges_lists, ranges_lists, st.integers(500, 1000))
def test_the_numbers_agree_with_each_other(covered: tuple, excluded: tuple, need_permille: int) -> None:
    film = Film(600_000, excluded, need_permille)
    progress = Progress.of(film, covered)
    assert (progress.pct == 100) == progress.done
    assert 0 <= progress.pct <= 100
    assert progress.covered_ms + total_ms(progress.missing) == film.counted_ms
    if progress.done:
        assert progress.covered_ms >= progress.need_ms


@given(ranges_lists)
def test_ranges_survive_storage_and_gaps_complete_them(ranges: tuple) -> None:
    assert decode(encode(ranges)) == ranges
    assert union(ranges, gaps(ranges, 600_000)) == ((0, 600_000),)


def test_an_honest_hour_takes_five_bytes() -> None:
    assert len(encode(((0, 3_600_000),))) == 5
