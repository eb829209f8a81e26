"""The timer as a sum of moves, the script's prompts, and what a sheet may hold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from interview.kit import rules
from interview.kit.rules import Move, Note, Prompt, RoadmapAnswer, Sheet, Verb, timer
from interview.rubric.rules import read_rubric
from tests.scorecard.stage import RUBRIC

START = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
moves = st.lists(st.tuples(st.sampled_from(Verb), st.integers(0, 3_000_000)), max_size=20)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def made(steps: list[tuple[Verb, int]]) -> tuple[list[Move], datetime]:
    found, now = [], START
    for verb, gap_ms in steps:
        now += timedelta(milliseconds=gap_ms)
        found.append(Move(verb, now))
    return found, now


def test_a_pitch_with_a_pause_and_an_overrun() -> None:
    steps = [
        Move(Verb.START, at(0)),
        Move(Verb.NEXT, at(6)),
        Move(Verb.PAUSE, at(10)),
        Move(Verb.START, at(15)),
        Move(Verb.NEXT, at(20)),
    ]
    found = timer(3, steps, at(21.5))
    assert [one / 60_000 for one in found.spent_ms] == [6, 9, 1.5]
    assert (found.section, found.is_running, found.moment_ms) == (2, True, 16.5 * 60_000)
    assert found.verbs == (Verb.PAUSE, Verb.NEXT, Verb.BACK)
    over = timer(3, [*steps, Move(Verb.NEXT, at(22))], at(60))
    assert (over.is_over, over.is_running, over.moment_ms) == (True, False, 17 * 60_000)
    assert over.verbs == (Verb.BACK,)
    back = timer(3, [*steps, Move(Verb.NEXT, at(22)), Move(Verb.BACK, at(23))], at(60))
    assert (back.section, back.is_running, back.moment_ms) == (2, False, 17 * 60_000)


def test_before_the_start_it_can_only_start() -> None:
    assert timer(3, [], START).verbs == (Verb.START,)
    assert timer(3, [], at(50)).moment_ms == 0


@given(moves, st.integers(0, 3_000_000), st.integers(1, 5))
def test_time_adds_up_and_never_runs_back(steps: list[tuple[Verb, int]], later_ms: int, sections: int) -> None:
    found, now = made(steps)
    first, then = timer(sections, found, now), timer(sections, found, now + timedelta(milliseconds=later_ms))
    assert all(one >= 0 for one in first.spent_ms)
    assert first.moment_ms <= sum(gap for _, gap in steps)
    assert then.moment_ms - first.moment_ms == (later_ms if first.is_running else 0)
    assert 0 <= first.section <= sections
    assert not (first.is_over and first.is_running)


@given(moves)
def test_a_clock_that_was_set_back_takes_no_time_away(steps: list[tuple[Verb, int]]) -> None:
    found, _ = made(steps)
    assert all(one >= 0 for one in timer(3, list(reversed(found)), START).spent_ms)


@given(moves, st.sampled_from(Verb))
def test_an_offered_press_changes_something(steps: list[tuple[Verb, int]], verb: Verb) -> None:
    found, now = made(steps)
    before = timer(3, found, now)
    after = timer(3, [*found, Move(verb, now)], now)
    if verb in before.verbs:
        assert (before.section, before.is_running) != (after.section, after.is_running)


def test_prompts_are_the_buyers_then_the_sections() -> None:
    exercise = read_rubric(RUBRIC.read_bytes()).rubric.exercise  # type: ignore[union-attr]
    found = list(rules.prompts(exercise))
    assert found[0] == Prompt(rules.BUYER, exercise.buyer.prompts[0])
    assert {one.section for one in found} == {rules.BUYER, *(one.key for one in exercise.sections if one.prompts)}


def test_what_a_sheet_may_hold() -> None:
    long = Sheet(notes=(Note("a", 0, "x" * (rules.NOTE_MAX_CHARS + 1)),))
    many = Sheet(notes=(Note("a", 0, "x"),) * (rules.NOTES_MAX + 1))
    late = Sheet(notes=(Note("a", rules.MOMENT_MAX_MS + 1, "x"),))
    for sheet in (long, many, late, Sheet(roadmap=RoadmapAnswer.CHECKED)):
        assert rules.sheet_problem(sheet, has_roadmap_seat=False)
    assert rules.sheet_problem(Sheet(roadmap=RoadmapAnswer.CHECKED), has_roadmap_seat=True) is None
    assert rules.deviation_problem("")
    assert rules.deviation_problem("x" * 1001)
    assert rules.deviation_problem("The fire alarm rang.") is None
