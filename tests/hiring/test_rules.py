"""Reading candidate lists, stages."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interview.hiring.rules import STAGES, Stage, further, read_candidate_list

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "badinput" / "csv"


def test_a_plain_list_is_read() -> None:
    found = read_candidate_list(b"name,email\nAda Lovelace,ada@example.org\nBo  Diddley , bo@example.org\n")
    assert [(one.line, one.name, one.email) for one in found.candidates] == [
        (2, "Ada Lovelace", "ada@example.org"),
        (3, "Bo Diddley", "bo@example.org"),
    ]
    assert not found.problems
    assert not found.repeated


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "The file is empty"),
        (b"name,email\n", "names the columns but no candidate"),
        (b"name,mail address\nA,a@b.org\n", "no column named email"),
        (b"name,email,email\nA,a@b.org,x\n", "more than one column named email"),
        (b"name,email\nA\n", "has 1 columns, but the first line has 2"),
        (b"name,email\n,a@b.org\n", "has no name"),
        (b"name,email\nA,nobody\n", "no usable e-mail address: nobody"),
        (b'name,email\n"A,a@b.org\n', "not a CSV"),
        (b"%PDF-1.7", "not a CSV file"),
        (b"PK\x03\x04", "not a CSV file"),
    ],
)
def test_what_cannot_be_used_is_said_with_its_line(content: bytes, says: str) -> None:
    found = read_candidate_list(content)
    assert not found.candidates
    assert says in found.problems[0].sentence


def test_line_numbers_count_lines_of_the_file_also_after_a_quoted_line_break() -> None:
    found = read_candidate_list(b'name,email\r\n"Ann\r\nBell",ann@example.org\r\n\r\nBad,bad\r\n')
    assert found.candidates[0].name == "Ann Bell"
    assert [problem.line for problem in found.problems] == [5]


def test_repeated_addresses_are_reported_not_doubled() -> None:
    found = read_candidate_list(b"email;name\na@b.org;A\nA@B.org;Also A\n")
    assert len(found.candidates) == 1
    assert [one.sentence for one in found.repeated] == ["repeats A@B.org of line 2."]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_usual_encodings_keep_names_whole(encoding: str) -> None:
    found = read_candidate_list("name,email\nZoë Müller,zoe@example.org\n".encode(encoding))
    assert found.candidates[0].name == "Zoë Müller"


@given(st.binary(max_size=400))
def test_no_bytes_crash_it_and_nothing_is_skipped_in_silence(content: bytes) -> None:
    found = read_candidate_list(content)
    assert found.candidates or found.problems


@given(st.sampled_from(STAGES), st.sampled_from(STAGES))
def test_stages_only_move_forward(current: Stage, reached: Stage) -> None:
    assert STAGES.index(further(current, reached)) == max(STAGES.index(current), STAGES.index(reached))


def test_hostile_lists_are_read_or_refused_with_a_sentence() -> None:
    """A few of our own, and the shared ones where they lie beside the project."""
    own = (b'name,email\n"=1+1,a@example.org\n', b"\xff\xfen\x00a\x00", b"name;email\n@SUM(A1);b@example.org\n")
    for content in (*own, *(path.read_bytes() for path in sorted(SHARED.glob("*.csv")))):
        found = read_candidate_list(content)
        assert found.candidates or all(problem.sentence.endswith((".", "!")) for problem in found.problems)
