"""The scripts of simulated viewers: the mix, what honest ones cover, how fast, and that a seed says it all."""

from collections import Counter

import pytest

from bench.product import word_shown
from bench.viewers import LONG_FILM_MS, Kind, Stretch, films, mix, script, takeovers

BEAT_MS = 10_000
HONEST = [Kind.LINEAR, Kind.SEEKING, Kind.FLAKY]


def whole_film(beats: int) -> Stretch:
    return Stretch(0, beats * BEAT_MS, beats * BEAT_MS, BEAT_MS, beats)


def union_ms(pieces):
    covered = reached = 0
    for start, end in sorted(pieces):
        covered += max(0, end - max(start, reached))
        reached = max(reached, end)
    return covered


def test_the_mix_is_exactly_the_shares():
    assert Counter(mix(10_000, 1)) == {Kind.LINEAR: 7000, Kind.SEEKING: 2000, Kind.FLAKY: 1000}
    assert len(mix(13, 1)) == 13
    assert len(takeovers(10_000, 1)) == 500


@pytest.mark.parametrize("kind", HONEST)
@pytest.mark.parametrize("beats", [1, 2, 3, 30, 60])
@pytest.mark.parametrize("seed", range(20))
def test_honest_viewers_cover_the_whole_film_in_its_own_time(kind, beats, seed):
    sendings = list(script(kind, whole_film(beats), seed))
    reports = {report.number: report for sending in sendings for report in sending.reports}
    assert sorted(reports) == list(range(1, beats + 1))
    pieces = [piece for report in reports.values() for piece in report.pieces]
    assert union_ms(pieces) == beats * BEAT_MS
    assert all(0 <= start < end <= beats * BEAT_MS for start, end in pieces)
    assert all(len(report.pieces) <= 16 for report in reports.values())
    for report in reports.values():  # nobody plays faster than double speed, not even within one beat
        assert sum(end - start for start, end in report.pieces) <= BEAT_MS * report.rate_x100 // 100 <= 2 * BEAT_MS
    assert all(sending.at_ms >= report.at_ms for sending in sendings for report in sending.reports)


@pytest.mark.parametrize("kind", HONEST)
def test_a_seed_says_everything(kind):
    assert list(script(kind, whole_film(12), 5)) == list(script(kind, whole_film(12), 5))


def test_flaky_viewers_batch_repeat_and_reorder():
    sendings = [sending for seed in range(50) for sending in script(Kind.FLAKY, whole_film(30), seed)]
    numbers = [[report.number for report in sending.reports] for sending in sendings]
    assert any(len(set(one)) > 1 for one in numbers)
    assert any(len(set(one)) < len(one) for one in numbers)
    assert any(one != sorted(one) for one in numbers)


@pytest.mark.parametrize("kind", HONEST)
def test_a_viewer_changes_devices_once(kind):
    for seed in range(20):
        assert sum(sending.takes_over for sending in script(kind, whole_film(9), seed, takes_over=True)) == 1


def test_the_greedy_claim_everything_every_time():
    for sending in script(Kind.GREEDY, whole_film(3), 1):
        assert [report.pieces for report in sending.reports] == [((0, 30_000),)]


def test_beats_beyond_the_end_play_the_film_again():
    again = Stretch(0, 20_000, 20_000, BEAT_MS, 5)
    starts = [sending.reports[0].pieces[0][0] for sending in script(Kind.LINEAR, again, 1)]
    assert starts == [0, 10_000, 0, 10_000, 0]


def test_as_many_films_end_as_films_of_ten_minutes_would():
    lengths = films(10_000, BEAT_MS, 3, per_s=10_000 / 600)
    assert len(lengths) == 10_000
    assert sum(length != LONG_FILM_MS for length in lengths) == 500
    assert max(length for length in lengths if length != LONG_FILM_MS) == 30_000
    assert min(lengths) == 10_000


def test_the_word_of_a_checkpoint_is_found():
    assert word_shown("Choose the word shown: maple") == "maple"
