"""Rules of the review: captions that read back as they were said, moments as people write them, who sees a clip."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interview.review.rules import Line, Mark, MarkKind, captions, clip_problems, in_order, may_see_clip, moment_ms
from interview.transcript.rules.reading import read_transcript

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=12)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3_600_000), WORDS, WORDS), min_size=1, max_size=8, unique_by=lambda one: one[0])
)
def test_captions_read_back_as_the_lines_they_were_made_of(said: list[tuple[int, str, str]]):
    lines = [Line(start, start + 900, f"N{name}", f"a {words} b") for start, name, words in said]
    read = read_transcript(captions(lines).encode())
    assert read.format == "webvtt"
    assert [(one.start_ms, one.end_ms) for one in read.segments] == sorted((one.start_ms, one.end_ms) for one in lines)
    by_start = {line.start_ms: line for line in lines}
    for one in read.segments:
        assert one.text == by_start[one.start_ms].text


def test_a_line_without_an_end_stands_until_the_next_and_without_a_time_it_is_no_caption():
    made = captions([Line(1000, None, "", "One"), Line(3000, None, "", "Two"), Line(None, None, "", "Three")])
    assert made == "WEBVTT\n\n00:00:01.000 --> 00:00:03.000\nOne\n\n00:00:03.000 --> 00:00:10.000\nTwo\n"


def test_words_cannot_become_markup_or_a_timing_line():
    made = captions([Line(0, 1000, "<b>Eve", "x --> y <script>\n00:01.000 --> 00:02.000\n& more")])
    assert made.splitlines()[3:] == ["<v &lt;b&gt;Eve>x --&gt; y &lt;script&gt; 00:01.000 --&gt; 00:02.000 &amp; more"]


@pytest.mark.parametrize(
    ("written", "ms"),
    [("3:12", 192_000), ("1:03:12", 3_792_000), ("192", 192_000), ("0:01.5", 1500), ("3:70", None), ("", None)]
    + [(wrong, None) for wrong in ("abc", "-1", "1:2:3:4", "1.2.3", "٣:١٢", "9" * 13)],
)
def test_moments_as_people_write_them(written: str, ms: int | None):
    assert moment_ms(written) == ms


def test_a_clip_lies_forward_within_the_recording():
    assert clip_problems(0, 1000, "Title", 9000) == {}
    assert set(clip_problems(None, None, "", 9000)) == {"start", "end", "title"}
    assert set(clip_problems(9001, 9002, "Title", 9000)) == {"start", "end"}
    assert set(clip_problems(5000, 4000, "x" * 121, 9000)) == {"end", "title"}


def test_marks_stand_in_order_and_within_the_recording():
    marks = [Mark(MarkKind.NOTE, at, str(at)) for at in (5, 9001, 1)]
    assert [mark.at_ms for mark in in_order(marks, 9000)] == [1, 5]


@pytest.mark.parametrize("is_own", [True, False])
@pytest.mark.parametrize("reader_owes", [True, False])
@pytest.mark.parametrize("maker_is_readable", [True, False])
@pytest.mark.parametrize("maker_rates", [True, False])
def test_nobody_who_owes_a_card_sees_anothers_clip(
    is_own: bool, reader_owes: bool, maker_is_readable: bool, maker_rates: bool
):
    seen = may_see_clip(
        is_own=is_own, reader_owes=reader_owes, maker_is_readable=maker_is_readable, maker_rates=maker_rates
    )
    if is_own:
        assert seen
    elif reader_owes or (maker_rates and not maker_is_readable):
        assert not seen
    else:
        assert seen
