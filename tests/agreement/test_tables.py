"""Files of old scorecards: every shape spreadsheets save, and every problem with its line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interview.agreement.rules.analysis import Scored
from interview.agreement.rules.tables import MAX_BYTES, MAX_RATERS, read_ratings

HEAD = "candidate,rater,criterion,score\n"


def problems(text: str | bytes) -> list[tuple[int, str]]:
    reading = read_ratings(text if isinstance(text, bytes) else text.encode())
    assert not reading.ratings
    return [(one.line, one.sentence) for one in reading.problems]


def ratings(content: bytes) -> tuple[Scored, ...]:
    reading = read_ratings(content)
    assert reading.problems == ()
    return reading.ratings


@pytest.mark.parametrize(
    "content",
    [
        "candidate,rater,score\nZoë,R1,3.5\n".encode(),
        "\ufeffcandidate,rater,score\r\nZoë,R1,3.5\r\n".encode(),
        "candidate;rater;score\nZoë;R1;3,5\n".encode("cp1252"),
        "Candidate\tRater\tScore\nZoë\tR1\t3.5\n".encode("utf-16"),
        'score,"rater",candidate,remark\n"3,5",R1, Zoë ,"two\nlines"\n\n,,,\n'.encode(),
        "candidate,rater,criterion,score\nZoë,R1,,3.5".encode(),
    ],
)
def test_what_spreadsheets_save(content: bytes):
    assert ratings(content) == (Scored("Zoë", "R1", None, 3.5),)


def test_missing_and_not_observed_are_no_numbers():
    found = ratings((HEAD + "Ada,R1,pitch,\nAda,R2,pitch,N/O\nAda,R3,pitch,n/o\nAda,R4,pitch,Not observed\n").encode())
    assert [one.value for one in found] == [None] * 4


def test_every_problem_is_said_with_its_line():
    text = HEAD + "Ada,R1,pitch,four\n,R1,pitch,3\nAda,R1,close,3\nAda,R1,close,4\nBen,R2,,2\nBen,R2,pitch\nCy,,,nan\n"
    assert problems(text) == [
        (2, "has no usable score: four. Write a number, N/O for not observed, or nothing."),
        (3, "has no candidate."),
        (5, "rates Ada by R1 on close again; line 4 did already. Keep one of them."),
        (6, "has no criterion."),
        (7, "has 3 columns, but the first line has 4."),
        (8, "has no rater."),
        (8, "has no criterion."),
        (8, "has no usable score: nan. Write a number, N/O for not observed, or nothing."),
    ]


@pytest.mark.parametrize("score", ["inf", "1_000", "1e3", "٣", "3..5", "--1", "=1+1"])
def test_what_only_looks_like_a_number(score: str):
    assert "no usable score" in problems(f"candidate,rater,score\nAda,R1,{score}\n")[0][1]


def test_a_score_beyond_any_scale():
    assert "beyond 1,000,000" in problems("candidate,rater,score\nAda,R1,99999999\n")[0][1]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The file is empty"),
        (b"PK\x03\x04rest", "not a CSV"),
        (b"candidate,rater\nAda,R1\n", "No column is named score"),
        (b"candidate,rater,score,score\n", "More than one column is named score"),
        (b"candidate,rater,score\n", "holds no rating"),
        (b'candidate,rater,score\nAda,"R1,3\n', "not a CSV"),
        (b"x" * (MAX_BYTES + 1), "larger than 20 MB"),
    ],
)
def test_files_that_cannot_be_read_at_all(content: bytes, words: str):
    assert words in problems(content)[0][1]


def test_more_raters_than_can_be_analysed():
    rows = "".join(f"Ada,R{n},3\n" for n in range(MAX_RATERS + 1))
    assert "up to" in problems("candidate,rater,score\n" + rows)[0][1]


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: (HEAD + text).encode()))
def test_any_bytes_are_ratings_or_problems(content: bytes):
    reading = read_ratings(content)
    assert bool(reading.ratings) != bool(reading.problems)
