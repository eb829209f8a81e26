"""Any file: decoding, recognition by content, SubRip, plain text, refusals as sentences, no crash on any bytes."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from interview.transcript.rules.decoding import MAX_BYTES
from interview.transcript.rules.facts import longest_monologue, talk_shares
from interview.transcript.rules.reading import read_strictly, read_transcript
from interview.transcript.rules.segments import TranscriptRefused

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
FOREIGN_FOLDERS = ("transcripts", "badinput/vtt", "badinput/vtt_own", "badinput/srt_own", "badinput/archives",
                   "badinput/blns", "badinput/media", "badinput/xlsx", "badinput/html")  # fmt: skip

VTT = "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nZoë said “hi”\n"
SRT = "1\n00:00:01,500 --> 00:00:02,000\n<i>Café</i> {\\an8}– naïve\n\n3\n00:00:02.500 --> 00:00:03.000\npoint\n"


def turns(text: str) -> list[tuple[int | None, str | None, str]]:
    return [(s.start_ms, s.speaker, s.text) for s in read_transcript(text.encode()).segments]


@pytest.mark.parametrize(
    ("encoding", "code"),
    [
        ("utf-8", None),
        ("utf-8-sig", None),
        ("utf-16", None),
        ("utf-32", None),
        ("utf-16-le", "decoded_as_utf16"),
        ("utf-16-be", "decoded_as_utf16"),
        ("cp1252", "decoded_as_cp1252"),
    ],
)
def test_encodings(encoding, code):
    reading = read_transcript(VTT.encode(encoding))
    assert [s.text for s in reading.segments] == ["Zoë said “hi”"]
    assert [w.code for w in reading.warnings] == ([code] if code else [])


def test_the_line_of_the_first_odd_byte_is_named():
    assert read_transcript(VTT.encode("cp1252")).warnings[0].line == 4


def test_subrip_with_points_positions_and_a_skipped_number():
    reading = read_transcript(SRT.encode())
    assert reading.format == "srt"
    assert [(s.start_ms, s.end_ms, s.text) for s in reading.segments] == [
        (1500, 2000, "Café – naïve"),
        (2500, 3000, "point"),
    ]
    assert [(w.line, w.code) for w in reading.warnings] == [(6, "point_decimal")]


@pytest.mark.parametrize(
    ("text", "spoken", "warned"),
    [
        (
            "1\n00:00:01,000 --> 00:00:02,000\na\n2\n00:00:03,000 --> 00:00:04,000\nb\n",
            ["a", "b"],
            ["missing_blank_line"],
        ),
        ("00:00:01,000 --> 00:00:02,000\nhi\n", ["hi"], []),
        ("abc\n00:00:01,000 --> 00:00:02,000\nhi\n", ["hi"], []),
        ("1\n-00:00:01,000 --> 00:00:02,000\nhi\n", ["hi"], ["negative_time"]),
        ("1\n00:00:01,000 -->\nhi\n", ["hi"], ["missing_end"]),
    ],
)
def test_broken_subrip(text, spoken, warned):
    reading = read_transcript(text.encode())
    assert (reading.format, [s.text for s in reading.segments], [w.code for w in reading.warnings]) == (
        "srt",
        spoken,
        warned,
    )


def test_subrip_names_are_taken_off_when_most_cues_have_them():
    text = "1\n00:00:01,000 --> 00:00:02,000\nAnn: Hi: all\n\n2\n00:00:02,000 --> 00:00:03,000\nTom: Yes\n"
    assert turns(text) == [(1000, "Ann", "Hi: all"), (2000, "Tom", "Yes")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "**Emma**  0:00  \nQualify early.\nAlways: really.\n\nUnknown Speaker  59:58  \nRight.\n\n"
            "Emma  1:00:02  \nBye.\n\nTranscribed by https://otter.ai\n",
            [
                (0, "Emma", "Qualify early. Always: really."),
                (3598000, "Unknown Speaker", "Right."),
                (3602000, "Emma", "Bye."),
            ],
            id="name and time above the words",
        ),
        pytest.param(
            "0:01  \nFirst.\n\n0:09  \nThen.\n", [(1000, None, "First."), (9000, None, "Then.")], id="time above"
        ),
        pytest.param(
            "00:00:05 Ann: Hello\nstill Ann\n00:01:00 Tom Berg: Price: forty\n",
            [(5000, "Ann", "Hello still Ann"), (60000, "Tom Berg", "Price: forty")],
            id="time, name, words",
        ),
        pytest.param(
            "[00:05] Speaker 1: Hello\n\n[00:09] Speaker 2: Hi\n",
            [(5000, "Speaker 1", "Hello"), (9000, "Speaker 2", "Hi")],
            id="time in brackets",
        ),
        pytest.param("Speaker 1 (00:05):\nHello\n", [(5000, "Speaker 1", "Hello")], id="time behind in brackets"),
        pytest.param(
            "00:00:01 Hello\n\n00:00:09 You\n", [(1000, None, "Hello"), (9000, None, "You")], id="time and words"
        ),
        pytest.param(
            "**Ann:** Hello\n\n**Tom:** At 10:30: yes\nand more\n",
            [(None, "Ann", "Hello"), (None, "Tom", "At 10:30: yes and more")],
            id="bold names",
        ),
        pytest.param(
            "Call - Transcript\nAttendees\nAnn, Tom\n\n00:00:00\n\nAnn: Awesome.\nTom: Thanks.\n\n"
            "00:05:00\n\nTom: Four hours.\n\nTranscription ended after 00:30:30\n",
            [(0, "Ann", "Awesome."), (None, "Tom", "Thanks."), (300000, "Tom", "Four hours.")],
            id="times of blocks (Meet)",
        ),
        pytest.param(
            "I sell. Note: this is prose\nover two lines.\n\n10:30 is when we met.\n\nBye.",
            [
                (None, None, "I sell. Note: this is prose over two lines."),
                (None, None, "10:30 is when we met."),
                (None, None, "Bye."),
            ],
            id="prose in paragraphs",
        ),
        pytest.param("One.\nTwo.\n", [(None, None, "One."), (None, None, "Two.")], id="prose in lines"),
    ],
)
def test_plain_text(text, expected):
    assert read_transcript(text.encode()).format == ("meet" if text.startswith("Call") else "text")
    assert turns(text) == expected


def test_what_plain_text_leaves_out_is_named_by_line():
    text = "Call - Transcript\n\nAnn: Hello.\n\nTom:\n\nAnn: Bye.\n\nTranscribed by https://otter.ai\n"
    warnings = [(w.line, w.code) for w in read_transcript(text.encode()).warnings]
    assert warnings == [(1, "before_first_turn"), (5, "no_words"), (9, "not_speech")]


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "empty"),
        (b" \r\n\t", "no text"),
        (b"%PDF-1.7\nhello", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (b"\xff\xd8\xff\xe0JFIF", "picture"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "picture"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "video or audio"),
        (b"\x00\x00\x00\x18ftypmp42", "video or audio"),
        (b"\x1aE\xdf\xa3\x9f", "video or audio"),
        (b"PK\x03\x04....film.txt", "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "old Word"),
        (b"<!DOCTYPE html><p>Sign in", "web page"),
        (bytes(range(32)) * 40, "binary"),
        (b"x" * (MAX_BYTES + 1), "MB"),
        (b'{"segments": []}', "JSON"),
        (b'{"segments": [{"text": "cut o', "line 1"),
        (b"0:00:00.378,0:00:11.378\n\n", "No spoken words"),
        (b"<!-- saved --><p>Sign in", "HTML"),
        (b"10:05:16 From Ryan to Everyone : gm\n10:05:17 From Jo to Everyone : hi\n", "chat"),
        (b"WEBVTT\n\n00:01.000 --> 00:02.000\n\n", "No spoken words"),
        (b"00:05:16\tRyan:\tgm\r\n00:05:17\tJo:\thi\r\n", "chat"),
    ],
)
def test_what_is_no_transcript_is_refused_with_a_sentence(data, word):
    with pytest.raises(TranscriptRefused) as refused:
        read_transcript(data)
    assert word in refused.value.sentence
    assert refused.value.sentence.endswith(".")


def never_crashes(data: bytes) -> None:
    for read in (read_transcript, read_strictly):
        try:
            reading = read(data)
        except TranscriptRefused:
            continue
        assert all("\x00" not in s.text and "\x00" not in (s.speaker or "") for s in reading.segments)
        assert [s.ordinal for s in reading.segments] == list(range(1, len(reading.segments) + 1))
        assert all(w.line >= 1 and w.message.endswith(".") for w in reading.warnings)
        reading.as_json()


@given(st.binary(max_size=400))
@example(b"\xff\xfe\x00\xd8")
@example(b"\x00\x00\xfe\xff\xff\xff\xff\xff")
def test_any_bytes_are_read_or_refused(data):
    never_crashes(data)


PIECES = ["WEBVTT", "\n", "\n\n", "\r", "1", "00:00:01.000", " --> ", "00:00:02,5", "-", ",", "9" * 20, "[0:04] "]
PIECES += ["<v Ann>", "</v>", "<c", "Ann: ", "Ann  0:04\n", "NOTE x", "STYLE", "&lt;", "**", "# ", "{\\an8}", "words "]
PIECES += ["\x00", "\u202e", "—"]


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_any_mixture_of_transcript_pieces_is_read_or_refused(text):
    never_crashes(text.encode())


def test_every_file_that_lies_beside_the_project_is_read_or_refused():
    """A clone without the shared files reads none; each format is tested with our own files too."""
    for folder in FOREIGN_FOLDERS:
        for path in sorted((SHARED / folder).rglob("*")):
            if path.is_file():
                never_crashes(path.read_bytes())


# What SOURCES.md says of each sample: format, segments, first speaker; None where it is refused.
SAMPLES = {
    "assemblyai-utterances.json": ("assemblyai", 1, "A"),
    "bom_cp1252_like.srt": ("srt", 2, None),
    "corpora/QMSum_LICENSE": ("text", 5, None),
    "corpora/qmsum_product_ES2004a.json": ("turns", 320, "User Interface"),
    "corpora/qmsum_product_TS3004a.json": ("turns", 435, "User Interface"),
    "deepgram-speakers.json": ("deepgram", 22, "Speaker 0"),
    "deepgram-utterances.json": ("deepgram", 6, None),
    "ethpm_2026-02-05_174_chat.txt": None,
    "ethpm_2026-02-05_174_raw.transcript.vtt": ("webvtt", 348, "Mario Havel"),
    "gmeet_docs_export.txt": ("meet", 4, "Priya Raman"),
    "gong_call_transcripts.json": ("gong", 2, "6432345678555530067"),
    "ladybug_46.md": ("text", 145, "Emma"),
    "openai_diarized.json": ("openai_diarized", 3, "agent"),
    "otter_speakers.txt": ("text", 4, "Emma"),
    "polygon_PPGC02.md": ("text", 116, "Jackson Lewis"),
    "pythonbytes_002.txt": ("text", 310, None),
    "rev_ai.json": ("rev", 2, "Speaker 0"),
    "sales-calls/tribeai_demo-call-success-01.md": ("text", 61, "Lisa"),
    "sales-calls/tribeai_discovery-call-01.md": ("text", 48, "Marcus"),
    "sales-calls/tribeai_objection-pricing-01.md": ("text", 25, "Kevin"),
    "stream_note_confidence.vtt": ("webvtt", 2, None),
    "teams_client_export.vtt": ("webvtt", 6, "Priya Raman"),
    "teams_graph_short_times.vtt": ("webvtt", 3, "Priya Raman"),
    "teams_unattributed.vtt": ("webvtt", 2, None),
    "utf16le.srt": ("srt", 1, None),
    "webvttpy_sample.sbv": ("sbv", 5, None),
    "webvttpy_youtube_dl.vtt": ("webvtt", 3, None),
    "whisper_cli.json": ("whisper", 1, None),
    "youtube.sbv": ("sbv", 2, None),
    "youtube_rolling.vtt": ("webvtt", 2, None),
    "zoom_chat.txt": None,
    "zoom_speaker_colons.vtt": ("webvtt", 4, "Acme"),
}


def test_every_sample_beside_the_project_reads_as_it_is_described():
    """Also under another name: what a file is, its content says."""
    folder = SHARED / "transcripts" / "samples"
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            try:
                reading = read_transcript(path.read_bytes())
                found[str(path.relative_to(folder))] = (
                    reading.format, len(reading.segments), reading.segments[0].speaker,
                )  # fmt: skip
            except TranscriptRefused:
                found[str(path.relative_to(folder))] = None
    assert found == (SAMPLES if folder.exists() else {})


def test_captions_of_youtube_in_its_own_format():
    text = "0:00:00.378,0:00:11.378\nhello, and\nwelcome\n\n1:02:03.000,1:02:04.5\nAnn: 1,2\n"
    reading = read_transcript(text.encode())
    assert (reading.format, turns(text)) == ("sbv", [(378, None, "hello, and welcome"), (3723000, None, "Ann: 1,2")])
    assert next((w.line, w.place, w.code) for w in reading.warnings) == (5, "line 5", "loose_time")


def test_meets_text_goes_on_in_the_next_line_but_takes_no_prose():
    text = "00:00:00\nAnn: Hello\nthere.\nTom: Hi.\n\n00:05:00\n\nTom: Bye.\n\nYou can edit this.\n"
    assert turns(text) == [(0, "Ann", "Hello there."), (None, "Tom", "Hi."), (300000, "Tom", "Bye.")]
    assert [(w.line, w.code) for w in read_transcript(text.encode()).warnings] == [
        (3, "name_carried_on"), (10, "not_speech"),
    ]  # fmt: skip
    with pytest.raises(TranscriptRefused, match="line 6"):
        read_transcript(text.replace("00:05:00", "Ann was brilliant.").encode())


def test_the_title_of_a_markdown_file_is_no_speech():
    text = "# Call\n**Date:** May\n**Who:**\n- Ann\n\n---\n\n**Ann:** Hi.\n\n**Tom:** Yes.\n"
    assert turns(text) == [(None, "Ann", "Hi."), (None, "Tom", "Yes.")]
    assert [(w.line, w.code) for w in read_transcript(text.encode()).warnings] == [(1, "title_block")]
    kept = "# Call\n**Ann:** Hi.\n\n---\n\n**Ann:** Yes.\n"
    assert len(turns(kept)) == 2, "somebody speaks above the rule"


@pytest.mark.parametrize("piece", ["<c ", "<v ", " ", "a", "<", "-->", "0:", "**", "a: ", "\t", "[", "&", "{\\"])
def test_long_hostile_lines_stay_linear(piece):
    """Quadratic patterns would need hours for these; nothing is timed, the test just has to come back."""
    never_crashes(b"WEBVTT\n\n00:01.000 --> 00:02.000\n" + piece.encode() * 200_000)
    never_crashes(piece.encode() * 200_000 + b"x")


def test_talk_share_by_time_and_the_longest_monologue():
    cues = [
        "00:00.000 --> 00:30.000\n<v Ann>a b c",
        "00:30.000 --> 00:40.000\n<v Tom>d",
        "00:40.000 --> 01:00.000\n<v Tom>e f",
    ]
    text = "\n\n".join(["WEBVTT", *cues])
    segments = read_transcript(text.encode()).segments
    assert [(s.speaker, s.share_pct, s.spoken_ms, s.words_count) for s in talk_shares(segments)] == [
        ("Ann", 50.0, 30000, 3),
        ("Tom", 50.0, 30000, 3),
    ]
    longest = longest_monologue(segments[1:])
    assert longest
    assert (longest.speaker, longest.first_ordinal, longest.last_ordinal, longest.spoken_ms) == ("Tom", 2, 3, 30000)


def test_talk_share_by_words_where_ends_are_unknown():
    segments = read_transcript(b"Ann: one two three\n\nTom: four\n").segments
    assert [(s.speaker, s.share_pct, s.spoken_ms) for s in talk_shares(segments)] == [
        ("Ann", 75.0, None),
        ("Tom", 25.0, None),
    ]
    assert talk_shares(()) == ()
    assert longest_monologue(()) is None
