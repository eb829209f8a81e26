"""The knowledge check's rules: fair draws, honest grades, retries."""

import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interview.knowledge.rules import (
    UNOBSERVED_CHECK,
    AttemptRecord,
    CheckSettings,
    CheckState,
    Marked,
    PoolQuestion,
    QuestionText,
    Step,
    Timeline,
    TopicResult,
    at_least,
    clock_of_moment,
    draw,
    grade,
    moment_from_clock,
    needed_count,
    next_step,
    part_of,
    question_faults,
    settings_faults,
    share_pct,
    shortfall,
    state,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
GOOD = QuestionText("Problem", "Which problem does it solve?", ("Late scorecards", "Payroll"), right=0)

pools = st.lists(st.tuples(st.sampled_from("ABCD"), st.integers(2, 6)), max_size=25).map(
    lambda rows: [PoolQuestion(number, topic, options) for number, (topic, options) in enumerate(rows, 1)]
)


@given(pools, st.data(), st.integers(0, 12), st.integers())
def test_a_draw_is_distinct_unseen_first_spread_over_topics_and_shuffles_whole_options(pool, data, draw_count, seed):
    numbers = [question.question_id for question in pool]
    seen = frozenset(data.draw(st.sets(st.sampled_from(numbers)))) if numbers else frozenset[int]()
    drawn = draw(pool, seen=seen, draw_count=draw_count, chance=random.Random(seed))

    chosen = [question.question_id for question in drawn]
    assert len(set(chosen)) == len(chosen) == min(draw_count, len(pool))
    assert sum(number not in seen for number in chosen) == min(draw_count, len(set(numbers) - seen))
    options = {question.question_id: question.options_count for question in pool}
    assert all(sorted(question.order) == list(range(options[question.question_id])) for question in drawn)

    if not seen:
        topics = {question.question_id: question.topic for question in pool}
        taken, there = Counter(topics[number] for number in chosen), Counter(topics.values())
        for topic, count in taken.items():
            assert all(count - taken[other] <= 1 or taken[other] == there[other] for other in there), (topic, taken)


def test_chance_decides_which_questions_and_in_what_order():
    pool = [PoolQuestion(number, "A", 4) for number in range(30)]
    first, again, other = (draw(pool, seen=frozenset(), draw_count=5, chance=random.Random(seed)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


@given(
    st.lists(st.tuples(st.sampled_from("AB"), st.integers(0, 3), st.one_of(st.none(), st.integers(0, 3)))),
    st.integers(1, 100),
)
def test_a_grade_counts_what_is_right_and_reaches_by_exact_share(rows, needed_pct):
    answers = [Marked(*row) for row in rows]
    result = grade(answers, needed_pct=needed_pct)
    assert result.right_count == sum(right == chosen for _, right, chosen in rows)
    assert result.reached == (bool(rows) and result.right_count / len(rows) >= needed_pct / 100)
    assert sum(topic.asked_count for topic in result.topics) == result.asked_count == len(rows)


def test_a_grade_by_topic():
    result = grade([Marked("B", 0, 0), Marked("A", 1, 0), Marked("B", 2, None)], needed_pct=33)
    assert result.topics == (TopicResult("A", 0, 1), TopicResult("B", 1, 2))
    assert result.reached


@given(st.integers(1, 50), st.integers(1, 100))
def test_the_needed_count_is_the_smallest_that_reaches(asked_count, needed_pct):
    needed = needed_count(asked_count, needed_pct)
    reached = [
        grade([Marked("A", 0, 0 if i < right else 1) for i in range(asked_count)], needed_pct=needed_pct).reached
        for right in (needed - 1, needed)
    ]
    assert reached == [False, True]


def test_a_share_is_rounded_down():
    assert (share_pct(2, 3), share_pct(199, 200), share_pct(3, 3), share_pct(0, 0)) == (66, 99, 100, 0)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"topic": ""}, "topic"),
        ({"prompt": "x" * 501}, "prompt"),
        ({"options": ("one",)}, "options"),
        ({"options": ("one", "")}, "options"),
        ({"options": ("Same", "same")}, "options"),
        ({"options": tuple("abcdefg")}, "options"),
        ({"right": 2}, "right"),
        ({"right": -1}, "right"),
        ({"moment_ms": 250}, "material_id"),
    ],
)
def test_a_question_that_cannot_be_asked_says_why(fields, field):
    assert list(question_faults(replace(GOOD, **fields))) == [field]


def test_a_good_question_has_no_faults():
    assert question_faults(GOOD) == {}
    assert question_faults(replace(GOOD, material_id=3, moment_ms=0)) == {}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"draw_count": 51}, "draw_count"),
        ({"needed_pct": 0}, "needed_pct"),
        ({"attempts_count": 0}, "attempts_count"),
        ({"wait_min": -1}, "wait_min"),
    ],
)
def test_settings_that_cannot_be_say_why(fields, field):
    assert list(settings_faults(replace(CheckSettings(draw_count=5), **fields))) == [field]


def attempt(minutes_ago: int, *, reached: bool | None = False) -> AttemptRecord:
    at = NOON - timedelta(minutes=minutes_ago)
    return AttemptRecord(at - timedelta(minutes=5), None if reached is None else at, reached)


@pytest.mark.parametrize(
    ("settings", "attempts", "step", "left"),
    [
        (CheckSettings(5), [], Step.START, None),
        (CheckSettings(5), [attempt(0)], Step.START, None),
        (CheckSettings(5, wait_min=60), [attempt(90), attempt(30)], Step.WAIT, None),
        (CheckSettings(5, wait_min=60), [attempt(60)], Step.START, None),
        (CheckSettings(5, attempts_count=2), [attempt(30)], Step.START, 1),
        (CheckSettings(5, attempts_count=2), [attempt(30), attempt(20)], Step.ASK, 0),
        (CheckSettings(5, attempts_count=1), [attempt(30, reached=None)], Step.GO_ON, 0),
        (CheckSettings(5, attempts_count=1), [attempt(30, reached=True)], Step.DONE, 0),
    ],
)
def test_what_comes_next(settings, attempts, step, left):
    found = next_step(settings, attempts, NOON)
    assert (found.step, found.left_count) == (step, left)


def test_a_wait_says_when_it_ends():
    assert next_step(CheckSettings(5, wait_min=60), [attempt(30)], NOON).opens_at == NOON + timedelta(minutes=30)


def test_the_state_of_an_application():
    check = CheckSettings(draw_count=5)
    assert state(CheckSettings(), []) is CheckState.NONE
    assert state(check, []) is CheckState.TODO
    assert state(check, [attempt(9, reached=None)]) is CheckState.DOING
    assert state(check, [attempt(9)]) is CheckState.DOING
    assert state(CheckSettings(), [attempt(9, reached=True)]) is CheckState.DONE


@given(st.integers(0, 999 * 3600))
def test_a_moment_is_written_and_read_back(seconds):
    assert moment_from_clock(clock_of_moment(seconds * 1000)) == seconds * 1000


def test_moments_as_people_write_them():
    assert (clock_of_moment(250_000), clock_of_moment(3_723_999)) == ("04:10", "1:02:03")
    assert (moment_from_clock("4:10"), moment_from_clock("  "), moment_from_clock("1:02:03")) == (
        250_000,
        None,
        3_723_000,
    )
    for wrong in ("4", "4:60", "x", "-1:00", "1:60:00"):
        with pytest.raises(ValueError, match="04:10"):
            moment_from_clock(wrong)


LINK = Timeline(7, "The webinar", 600_000)


def about_link(count: int) -> list[QuestionText]:
    """Questions with moments from the beginning to the end of the link, on topics that do not follow its thirds."""
    moments = (600_000 * number // count for number in range(count))
    return [replace(GOOD, topic=f"Topic {n % 5}", material_id=7, moment_ms=ms) for n, ms in enumerate(moments)]


@given(st.integers(), st.integers(0, 10))
def test_a_draw_is_spread_over_the_thirds_of_what_nobody_observes(seed, others):
    bank = about_link(24) + [replace(GOOD, topic=f"Other {n}") for n in range(others)]
    pool = [PoolQuestion(n, one.topic, 2, part_of(one, [LINK])) for n, one in enumerate(bank)]
    seen: set[int] = set()
    for _ in range(3):
        drawn = draw(pool, seen=frozenset(seen), draw_count=8, chance=random.Random(seed))
        numbers = {one.question_id for one in drawn}
        assert not numbers & seen
        thirds = Counter(pool[number].part for number in numbers)
        assert all(thirds[f"7:{third}"] >= 2 for third in range(3)), thirds
        seen |= numbers


def test_a_bank_says_what_it_lacks_for_a_link():
    assert shortfall([], []) == ""
    assert shortfall(about_link(24), [LINK]) == ""
    assert "1 more of 24 questions." in shortfall(about_link(23), [LINK])
    early = [replace(one, moment_ms=0) for one in about_link(24)]
    said = shortfall(early, [LINK])
    assert "3 more with a moment in the middle third of “The webinar”" in said
    assert "first third" not in said
    assert "of “Another”" in shortfall(about_link(24), [LINK, Timeline(8, "Another", 1000)])
    assert LINK.third(7, 600_000) == 2  # the very end belongs to the last third
    assert LINK.third(8, 0) is None


@pytest.mark.parametrize(
    ("given_", "wanted"),
    [
        (CheckSettings(), UNOBSERVED_CHECK),
        (CheckSettings(3, 60, 10, 30), CheckSettings(8, 80, 3, 720)),
        (CheckSettings(20, 95, 2, 1440), CheckSettings(20, 95, 2, 1440)),
        (CheckSettings(10, 90, None, 0), CheckSettings(10, 90, 3, 720)),
    ],
)
def test_what_is_asked_is_at_least_the_floor(given_, wanted):
    assert at_least(given_, UNOBSERVED_CHECK) == wanted
