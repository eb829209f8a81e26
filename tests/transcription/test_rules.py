"""Answers of speech models read and joined: times on the recording's clock, speakers by part, nothing executable."""

from __future__ import annotations

import json
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interview.transcript.rules.reading import read_transcript
from interview.transcription.rules import (
    ALL_VOICES,
    Heard,
    Unusable,
    cost_micros,
    first_format,
    has_times,
    lower_format,
    read_answer,
    webvtt,
)


def test_each_format_gives_words_on_the_recordings_clock():
    verbose = {
        "text": "x",
        "segments": [{"start": 1.5, "end": 3, "text": " Hello  there "}, {"start": 99, "text": "late"}],
    }
    assert read_answer(json.dumps(verbose), start_ms=60_000, end_ms=70_000) == [
        Heard(61_500, 63_000, "", "Hello there"),
        Heard(70_000, 70_001, "", "late"),
    ]
    spoken = {"segments": [{"type": "x", "id": "seg_1", "start": 0, "end": 1, "text": "Hi", "speaker": "A"}]}
    assert read_answer(json.dumps(spoken), start_ms=0, end_ms=9)[0].speaker == "A"
    assert read_answer('{"text": " only  words "}', start_ms=5, end_ms=9) == [Heard(5, 9, "", "only words")]
    assert read_answer('{"text": ""}', start_ms=5, end_ms=9) == []
    assert [has_times(json.dumps(one)) for one in (verbose, spoken, {"text": "a"}, {"segments": []})] == [1, 1, 0, 0]
    for broken in ("[]", '{"error": 1}', "null", '{"text": 3}', "{"):
        with pytest.raises(Unusable):
            read_answer(broken, start_ms=0, end_ms=1)


def test_words_without_times_become_pieces_that_share_the_part_by_their_length():
    said = "Hello  there. What-ever hurts?\n" + "long " * 200 + "end. 一番です。二番です。" + "x" * 700
    heard = read_answer(json.dumps({"text": said}), start_ms=60_000, end_ms=1_440_000)
    assert [one.text for one in heard][:2] == ["Hello there.", "What-ever hurts?"]
    assert "一番です。" in [one.text for one in heard]
    assert max(len(one.text) for one in heard) <= 300
    assert "".join("".join(one.text for one in heard).split()) == "".join(said.split())
    assert (heard[0].start_ms, heard[-1].end_ms) == (60_000, 1_440_000)
    assert all(one.end_ms == later.start_ms for one, later in pairwise(heard))
    assert heard[0].end_ms == 60_000 + 1_380_000 * len("Hello there.") // sum(len(one.text) for one in heard)


WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cf", "Zl", "Zp"]), min_size=1, max_size=30
)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.lists(st.tuples(WORDS.filter(str.strip), st.sampled_from(["", "A", "B"])), max_size=4),
        min_size=1,
        max_size=3,
    )
)
def test_our_own_reader_reads_every_word_back_with_its_speaker_and_part(parts: list[list[tuple[str, str]]]):
    heard = [
        [
            Heard(60_000 * p + 1000 * n, 60_000 * p + 1000 * n + 900, who, " ".join(words.split()))
            for n, (words, who) in enumerate(part)
        ]
        for p, part in enumerate(parts)
    ]
    spoken = [(n, one) for n, part in enumerate(heard, start=1) for one in part]
    if not spoken:
        return
    where = " (part {})" if len(parts) > 1 else ""
    assert [(one.start_ms, one.speaker, one.text) for one in read_transcript(webvtt(heard)).segments] == [
        (one.start_ms, f"Speaker {one.speaker}{where.format(n)}" if one.speaker else ALL_VOICES, one.text)
        for n, one in spoken
    ]


def test_the_ladder_and_the_cost():
    assert (first_format("whisper-1"), first_format("gpt-4o-transcribe-diarize")) == ("verbose_json", "diarized_json")
    assert lower_format("verbose_json", "response_format 'verbose_json' is not compatible") == "json"
    assert lower_format("json", "response_format") is None
    assert lower_format("verbose_json", "quota") is None
    assert cost_micros(90_000, Decimal("0.006")) == 9_000
    assert cost_micros(1, None) is None
