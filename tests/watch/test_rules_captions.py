"""Captions: WebVTT in, plain cues out, whatever it brings along."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interview.errors import Invalid
from interview.watch.rules.captions import Cue, paragraphs, read_captions, write_captions

CORPUS = sorted((Path(__file__).parents[2].parent / "shared" / "data" / "badinput").glob("vtt*/**/*.vtt"))

OWN_HOSTILE = (
    b"WEBVTT\n\n00:01.000 --> 00:02.000\n<<b>script>alert(1)<</b>/script>\n",
    b"WEBVTT\n\nSTYLE\n::cue{}\n\n00:01.000 --> 00:02.000\n<c.STYLE>x</c>\n",
    b"WEBVTT\n\n00:01.000 --> 00:02.000\n&lt;img src=x&gt;<v <i>\n",
    b"WEBVTT\x00\n\n\xff\xfe",
)


def test_cues_are_read_with_their_times_and_words() -> None:
    cues = read_captions(
        b"\xef\xbb\xbfWEBVTT - Pitchproof\r\n\r\nNOTE said nothing\r\n\r\n1\r\n00:01.000 --> 00:04.500 line:0\r\n"
        b"<v Maya>Hello <i>you</i> &amp; me\r\n\r\n01:00:05.000 --> 01:00:06.000\r\ntwo\r\nlines\r\n"
    )
    assert cues == (Cue(1000, 4500, "Maya: Hello you & me"), Cue(3_605_000, 3_606_000, "two\nlines"))


def test_styles_regions_and_tags_do_not_survive() -> None:
    content = b"WEBVTT\n\nSTYLE\n::cue { color: url(x) }\n\n00:01.000 --> 00:02.000\n<script>alert(1)</script>hi <b\n"
    written = write_captions(read_captions(content))
    assert written == "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nalert(1)hi\n"


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "WEBVTT"),
        (b"%PDF-1.7", "WEBVTT"),
        (b"1\n00:00:01,000 --> 00:00:02,000\nx\n", "WEBVTT"),
        (b"WEBVTT\n\n", "no cue"),
        (b"WEBVTT\n\n00:01 --> 00:02\nx", "Line 3"),
        (b"WEBVTT\n\n00:02.000 --> 00:01.000\nx", "Line 3"),
        (b"WEBVTT\n\n00:01.000 --> 00:02.000\n\xff", "UTF-8"),
        (b"WEBVTT" + b" " * 2_000_001, "larger"),
    ],
)
def test_what_cannot_be_used_is_named(content: bytes, word: str) -> None:
    with pytest.raises(Invalid, match=word):
        read_captions(content)


words = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=12).map(str.strip)


@given(st.lists(st.tuples(st.integers(0, 10**7), st.integers(1, 10**5), words.filter(bool)), min_size=1, max_size=5))
def test_written_captions_read_back_the_same(raw: list[tuple[int, int, str]]) -> None:
    cues = tuple(
        sorted((Cue(start, start + length, text) for start, length, text in raw), key=lambda c: (c.start_ms, c.end_ms))
    )
    assert read_captions(write_captions(cues).encode()) == cues


def test_paragraphs_break_at_pauses() -> None:
    cues = (Cue(0, 1000, "One\nline."), Cue(1500, 3000, "Two."), Cue(9000, 9900, "Later."))
    assert paragraphs(cues) == (Cue(0, 3000, "One line. Two."), Cue(9000, 9900, "Later."))


def test_a_hostile_corpus_is_read_or_refused() -> None:
    """A few of our own, and the shared corpus where it lies beside the project."""
    for content in (*OWN_HOSTILE, *(path.read_bytes() for path in CORPUS)):
        try:
            written = write_captions(read_captions(content))
        except Invalid as refused:
            written = refused.sentence
        assert "<" not in written
        assert "STYLE" not in written
