"""Rules of recorded pitches: settings, takes and parts, kinds of file, lengths."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interview.errors import Invalid
from interview.recording.rules import (
    Container,
    Joined,
    PartFacts,
    Section,
    Setting,
    chosen_parts,
    container_of,
    join_objection,
    next_place,
    setting_problems,
    takes,
    text_problem,
)

TWO = (Section("Open", 0, 2), Section("Close", 30, 3))


def test_the_defaults_of_a_job_are_without_problem():
    assert setting_problems(Setting()) == {}
    assert Setting(sections=TWO).longest_ms == 300_000


@pytest.mark.parametrize(
    ("setting", "field"),
    [
        (Setting(live=False, recorded=False, typed=False), "ways"),
        (Setting(live=False, typed=False), "ways"),  # nobody has to be recorded
        (Setting(sections=()), "sections"),
        (Setting(sections=(Section("", 0, 2),)), "sections"),
        (Setting(sections=(Section("Open", -1, 2),)), "sections"),
        (Setting(sections=(Section("Open", 0, 0),)), "sections"),
        (Setting(retakes=11), "retakes"),
        (Setting(due_days=0), "due_days"),
    ],
)
def test_a_setting_that_cannot_be_kept_says_why(setting: Setting, field: str):
    assert list(setting_problems(setting)) == [field]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.booleans()), max_size=14), st.integers(1, 3))
def test_parts_find_their_place_and_no_section_has_more_takes_than_allowed(
    begun: list[tuple[int, bool]], takes_max: int
):
    parts: list[PartFacts] = []
    for number, (section, again) in enumerate(begun):
        try:
            take, ordinal = next_place(parts, section, again=again, takes_max=takes_max)
        except Invalid:
            made = takes(parts)[section]
            assert again
            assert made[-1].number == takes_max
            continue
        assert (section, take, ordinal) not in {(one.section, one.take, one.ordinal) for one in parts}
        parts.append(PartFacts(number, section, take, ordinal, is_finished=True, size_bytes=1))
    for made in takes(parts).values():
        assert [take.number for take in made] == list(range(1, len(made) + 1))
        assert all([part.ordinal for part in take.parts] == list(range(1, len(take.parts) + 1)) for take in made)


def test_what_is_handed_in_is_the_take_chosen_else_the_last():
    parts = [
        PartFacts(1, 0, 1, 1, True, 10),
        PartFacts(2, 0, 1, 2, True, 10),
        PartFacts(3, 0, 2, 1, True, 10),
        PartFacts(4, 1, 1, 1, True, 10),
        PartFacts(5, 1, 1, 2, True, 0),  # stopped before it began: no part of it
    ]
    assert [part.id for part in chosen_parts(TWO, parts, {})] == [3, 4]
    assert [part.id for part in chosen_parts(TWO, parts, {0: 1})] == [1, 2, 4]
    assert [part.id for part in chosen_parts(TWO, parts, {0: 7})] == [3, 4]
    with pytest.raises(Invalid, match=r"“Close” is not recorded yet"):
        chosen_parts(TWO, parts[:3], {})
    with pytest.raises(Invalid, match=r"“Close” has not arrived completely"):
        chosen_parts(TWO, [*parts, PartFacts(6, 1, 1, 3, False)], {})


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\x1a\x45\xdf\xa3\x01", Container.WEBM),
        (b"\0\0\0\x20ftypisom", Container.MP4),
        (b"\0\0\0\x14ftypqt  ", Container.MP4),
        (b"OggS\0\x02", Container.OGG),
        (b"ID3\x04", Container.MP3),
        (b"\xff\xfb\x90\x64", Container.MP3),
    ],
)
def test_a_file_is_told_by_its_first_bytes(head: bytes, kind: Container):
    assert container_of(head) is kind


@given(st.binary(max_size=64))
def test_any_bytes_are_a_kind_of_file_or_refused_with_a_sentence(head: bytes):
    refused = ""
    try:
        assert container_of(head) in Container
    except Invalid as refusal:
        refused = refusal.sentence
    assert not refused or refused.endswith("Send MP4, MOV, WebM, M4A, MP3 or Ogg.")


def test_a_wrong_file_is_called_by_its_name():
    with pytest.raises(Invalid, match="This is a PDF file"):
        container_of(b"%PDF-1.7")


def test_too_long_too_short_and_empty_are_said_in_numbers():
    assert join_objection(Joined("webm", 300_000, "vp8", "opus"), 300_000) is None
    assert "8 minutes long; this job takes at most 5" in (
        join_objection(Joined("webm", 480_000, "vp8", None), 300_000) or ""
    )
    assert join_objection(Joined("webm", 480_000, None, "opus"), None) is None  # a live pitch is as long as it was
    assert "shorter than a second" in (join_objection(Joined("webm", 300, "vp8", None), None) or "")
    assert Joined("webm", 1, None, "opus").content_type == "audio/webm"
    assert text_problem("x" * 199)
    assert text_problem("x" * 200) is None
