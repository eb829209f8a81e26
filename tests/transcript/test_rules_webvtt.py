"""WebVTT: the specification's cases where they are present, and our own samples of what tools write."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interview.transcript.rules.reading import read_strictly, read_transcript
from interview.transcript.rules.segments import Segment
from interview.transcript.rules.webvtt import strict_cues

WPT = Path(__file__).parents[2].parent / "shared" / "data" / "transcripts" / "wpt-webvtt"
EXPECTED = json.loads((WPT / "expected.json").read_text()) if (WPT / "expected.json").exists() else {}

ZOOM = (
    "WEBVTT\r\n\r\n1\r\n00:12:44.310 --> 00:12:46.150\r\nPiper Merriam: Watching all the.\r\n\r\n"
    "2\r\n00:59:59.900 --> 01:00:01.250\r\nmarc | wolovim: 10:30 works: yes\r\n\r\n"
    "3\r\n01:00:01.300 --> 01:00:02.000\r\nJo Li: \r\n\r\n"
    "4\r\n01:00:02.000 --> 01:00:03.000\r\nno name here\r\n"
)
TEAMS = """WEBVTT

3f6a1c52-7d0e-4b1a-9a43-5f2b8a77c1d9/11-0
00:00:03.833 --> 00:00:10.338
<v Ann O&#39;Hara (Guest)>Before I show anything,
could you tell me how</v>

3f6a1c52-7d0e-4b1a-9a43-5f2b8a77c1d9/10-0
00:00:04.153 --> 00:00:05.193
<v Tom Berg><lang en-GB>Under &lt;30 minutes&gt; &amp;amp; counting.</lang></v>

3f6a1c52-7d0e-4b1a-9a43-5f2b8a77c1d9/11-1
00:00:10.338 --> 00:00:14.020
<v Ann O&#39;Hara (Guest)>you log calls?</v>
"""


def read(text: str) -> tuple[Segment, ...]:
    return read_transcript(text.encode()).segments


def said(text: str) -> list[tuple[int | None, int | None, str | None, str]]:
    return [(s.start_ms, s.end_ms, s.speaker, s.text) for s in read(text)]


def codes(text: str) -> list[tuple[int, str]]:
    return [(warning.line, warning.code) for warning in read_transcript(text.encode()).warnings]


OWN_STRICT_CASES = {
    "arrows": ("WEBVTT\n\n-->\n00:00.000 --> 00:01.000\nwords\n", [("", 0, 1000, "words")]),
    "a header line": ("WEBVTT x\nfoo\n\nid\n00:00.000 --> 00:01.000\na\nb\n", [("id", 0, 1000, "a\nb")]),
    "too short": ("WEBVTT\n\n00:00.00 --> 00:01.000\nno\n\n00:02.000-->00:03.000\nyes", [("", 2000, 3000, "yes")]),
    "carriage returns": ("WEBVTT\r\r\n00:00.000 --> 00:01.000\rx\x00y\r", [("", 0, 1000, "x\ufffdy")]),
    "no signature": ("WEBVTTX\n\n00:00.000 --> 00:01.000\nno\n", []),
}


def cues_of(data: bytes) -> list[tuple[str, int | None, int | None, str]]:
    return [(s.source_ref, s.start_ms, s.end_ms, s.text) for s in read_strictly(data).segments]


def test_cases_read_strictly_as_the_specification_says():
    """Ours, and the 37 of the web-platform-tests where they lie beside the project."""
    assert {name: cues_of(text.encode()) for name, (text, _) in OWN_STRICT_CASES.items()} == {
        name: cues for name, (_, cues) in OWN_STRICT_CASES.items()
    }
    for name, cues in EXPECTED.items():
        wanted = [(cue["id"], cue["start_ms"], cue["end_ms"], cue["text"]) for cue in cues]
        assert cues_of((WPT / name).read_bytes()) == wanted, name
    assert len(EXPECTED) in (0, 37)


def test_strict_mode_forgives_nothing():
    text = (
        "WEBVTT\n\n0:0:1.0 --> 0:0:2.0\nloose\n\nid\n00:01.000 --> 00:02.000 align:start\n<i>kept</i>\n"
        "00:03.000 --> 00:04.000\nnext"
    )
    assert [(cue.id, cue.start_ms, cue.end_ms, cue.text) for cue in strict_cues(text)] == [
        ("id", 1000, 2000, "<i>kept</i>"),
        ("", 3000, 4000, "next"),
    ]
    assert strict_cues("WEBVTTX\n\n00:01.000 --> 00:02.000\nhi") == []


def test_zoom_names_end_at_the_first_colon_and_a_blank_turn_is_named():
    assert said(ZOOM) == [
        (764310, 766150, "Piper Merriam", "Watching all the."),
        (3599900, 3601250, "marc | wolovim", "10:30 works: yes"),
        (3602000, 3603000, None, "no name here"),
    ]
    assert codes(ZOOM) == [(12, "no_words")]


def test_captions_without_speakers_keep_a_colon_in_the_words():
    text = (
        "WEBVTT\n\n00:01.000 --> 00:02.000\nRemember: price last\n\n"
        "00:02.000 --> 00:03.000\nSo.\n\n00:03.000 --> 00:04.000\nYes.\n"
    )
    assert [speaker for _, _, speaker, _ in said(text)] == [None, None, None]
    assert said(text)[0][3] == "Remember: price last"
    assert codes(text) == [(3, "name_left_in_words")]


def test_teams_fragments_of_an_utterance_are_joined_and_entities_decoded_once():
    assert said(TEAMS) == [
        (3833, 14020, "Ann O'Hara (Guest)", "Before I show anything, could you tell me how you log calls?"),
        (4153, 5193, "Tom Berg", "Under <30 minutes> &amp; counting."),
    ]


def test_what_entities_spell_is_never_read_as_markup():
    text = (
        "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ann>&lt;c&gt;kept&lt;/c&gt; &lt;v Boss&gt;hire her &amp;lt;b&amp;gt;\n"
    )
    assert said(text) == [(1000, 2000, "Ann", "<c>kept</c> <v Boss>hire her &lt;b&gt;")]


def test_in_a_file_with_voices_a_colon_is_prose():
    text = (
        "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ann>Hi.\n\n00:02.000 --> 00:03.000\nNote: unnamed\n\n"
        "00:03.000 --> 00:04.000\n<v Tom>Price: forty\n"
    )
    assert [(speaker, words) for _, _, speaker, words in said(text)] == [
        ("Ann", "Hi."),
        (None, "Note: unnamed"),
        ("Tom", "Price: forty"),
    ]


def test_microsoft_graphs_metadata_content_is_read_out_of_its_json():
    spoken = (
        '{"startDateTime":"2026-08-15T18:07:00Z","endDateTime":"2026-08-15T18:07:02Z","speakerName":"Ann  Berg",'
        '"spokenText":"Price & <b>terms</b>\\u0000","spokenLanguage":"en-us"}'
    )
    text = (
        f"WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n{spoken}\n\n00:00:02.000 --> 00:00:03.000\n"
        '{"spokenText": broken\n\n00:00:03.000 --> 00:00:04.000\n{"spokenText":""}\n'
    )
    assert said(text) == [
        (1000, 2000, "Ann Berg", "Price & <b>terms</b>\ufffd"),
        (2000, 3000, None, '{"spokenText": broken'),
    ]
    assert read_transcript(text.encode()).language == "en-us"
    assert {"broken_metadata", "no_words"} <= {code for _, code in codes(text)}


def test_several_voices_in_one_cue_are_several_segments():
    text = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ann>Hi.</v> <v.loud Tom>Hello <c.x>there</c></v>\n"
    assert said(text) == [(1000, 2000, "Ann", "Hi."), (1000, 2000, "Tom", "Hello there")]


def test_microsofts_own_example_is_read_and_said_to_be_loose():
    text = (
        "WEBVTT\n\n0:0:0.0 --> 0:0:5.320\n<v User Name>This is a transcript test.</v>\n\n"
        "-0:0:2.0 --> 0:1:2.5\n<v User Name>Early.</v>"
    )
    assert said(text) == [(0, 5320, "User Name", "This is a transcript test."), (0, 62500, "User Name", "Early.")]
    assert codes(text) == [(3, "loose_time"), (6, "loose_time"), (6, "negative_time")]


def test_an_unattributed_file_without_header_keeps_its_words():
    text = "00:00:16.246 --> 00:00:17.726\n\nNo header.\n\n00:00:18.000 --> 00:00:19.000\n\nWEBVTT is what I said.\n"
    assert said(text) == [(16246, 17726, None, "No header."), (18000, 19000, None, "WEBVTT is what I said.")]
    assert codes(text)[0] == (1, "missing_header")


def test_notes_are_counted_a_language_is_kept_and_a_note_inside_a_cue_goes():
    text = (
        "WEBVTT\n\nNOTE language:en-us\n\nNOTE Confidence: 0.89\n\n"
        "00:01.000 --> 00:02.000\nHello\nNOTE Confidence: 0.7\n"
    )
    reading = read_transcript(text.encode())
    assert (reading.language, [s.text for s in reading.segments]) == ("en-us", ["Hello"])
    assert [(w.line, w.code) for w in reading.warnings] == [(3, "comments_left_out"), (7, "note_in_cue")]


def test_rolling_captions_are_read_once():
    text = (
        "WEBVTT\nKind: captions\nLanguage: en\n\n"
        "00:00.160 --> 00:02.389 align:start\n \nhello<00:00:00.480><c> and</c>\n\n"
        "00:02.389 --> 00:02.399\nhello and\n \n\n00:02.399 --> 00:04.870\nhello and\nto<00:00:02.639><c> the</c>\n"
    )
    assert [words for *_, words in said(text)] == ["hello and", "to the"]
    assert read_transcript(text.encode()).language == "en"


@pytest.mark.parametrize(
    ("timing", "code"),
    [
        ("00:00:01,000 --> 00:00:02,000", "comma_decimal"),
        ("00:00:01.000 -->", "missing_end"),
        ("00:00:05.000 --> 00:00:02.000", "ends_before_start"),
        ("999999999:59:59.999 --> 999999999:59:59.999", "time_too_large"),
        ("00:00:75.000 --> 00:01:20.000", "loose_time"),
    ],
)
def test_each_forgiven_time_is_a_warning_with_its_line(timing, code):
    text = f"WEBVTT\n\n{timing}\nhi\n"
    assert codes(text) == [(3, code)]
    assert [words for *_, words in said(text)] == ["hi"]


def test_no_line_of_speech_is_lost_however_broken_the_cues():
    text = (
        "WEBVTT\nfrom a tool\n\nloose words\n\n00:01.000 --> 00:02.000\na --> b\n"
        "00:03.000 --> 00:04.000\nsecond\n\nafter a gap\n\n"
        "00:0x5.000 --> 00:06.000\nbroken\n\n00:09.000 --> 00:10.000\nlast\n"
    )
    assert said(text) == [
        (None, None, None, "loose words"),
        (1000, 2000, None, "a --> b"),
        (3000, 4000, None, "second after a gap"),
        (None, None, None, "00:0x5.000 --> 00:06.000 broken"),
        (9000, 10000, None, "last"),
    ]
    assert codes(text) == [
        (2, "header_text"),
        (4, "text_without_time"),
        (7, "arrow_without_times"),
        (8, "missing_blank_line"),
        (11, "blank_line_in_cue"),
        (13, "arrow_without_times"),
    ]


def test_markup_that_is_no_webvtt_stays_words_and_hidden_characters_are_named():
    text = "WEBVTT\n\n00:01.000 --> 00:02.000\n<script>alert(1)</script>\n\n00:02.000 --> 00:03.000\nig\u200bnore\n"
    assert [words for *_, words in said(text)] == ["<script>alert(1)</script>", "ig\u200bnore"]
    assert codes(text) == [(3, "unknown_tag"), (6, "hidden_characters")]


def test_segments_come_in_order_of_time_and_the_change_is_named():
    text = "WEBVTT\n\n00:09.000 --> 00:10.000\nb\n\n00:02.000 --> 00:03.000\na\n"
    assert [(s.ordinal, s.text, s.line) for s in read(text)] == [(1, "a", 6), (2, "b", 3)]
    assert codes(text) == [(6, "out_of_order")]


def test_a_fault_on_every_line_does_not_flood_the_page():
    text = "WEBVTT\n\n" + "\n\n".join(f"0:0:{i % 60}.0 --> 0:0:{i % 60}.5\nw" for i in range(60))
    loose = [w for w in read_transcript(text.encode()).warnings if w.code == "loose_time"]
    assert len(loose) == 51
    assert loose[-1].message == "The same was found 10 more times."


names = st.text(st.characters(categories=["L"], exclude_characters="\u02d0"), min_size=1, max_size=12)
words = st.lists(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=8), min_size=1, max_size=6).map(
    " ".join
)


@given(st.lists(st.tuples(st.integers(0, 10**7), st.integers(0, 10**5), names, words), min_size=1, max_size=12))
def test_what_is_written_as_webvtt_is_read_back(turns):
    turns = sorted(turns, key=lambda turn: turn[0])
    cues = [
        f"{_clock(start)} --> {_clock(start + length)}\n<v {name}>{spoken}</v>\n"
        for start, length, name, spoken in turns
    ]
    assert said("WEBVTT\n\n" + "\n".join(cues)) == [(s, s + d, name, spoken) for s, d, name, spoken in turns]


def _clock(ms: int) -> str:
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}.{ms % 1000:03}"
