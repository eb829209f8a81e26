"""JSON answers of transcription services: each service's shapes, times and speakers, and what is refused or named."""

import json
from typing import Any

import pytest

from interview.transcript.rules.reading import read_transcript
from interview.transcript.rules.segments import Reading, TranscriptRefused


def read(answer: Any) -> Reading:
    return read_transcript(json.dumps(answer).encode())


def said(answer: Any) -> list[tuple[int | None, int | None, str | None, str]]:
    return [(s.start_ms, s.end_ms, s.speaker, s.text) for s in read(answer).segments]


def warned(answer: Any) -> list[tuple[str, str]]:
    return [(w.place, w.code) for w in read(answer).warnings]


def test_whisper_faster_whisper_and_openai():
    plain = {"text": " Jane? Hi.", "language": "en", "segments": [{"start": 0.66, "end": 7.92, "text": " Jane? Hi."}]}
    assert (read(plain).format, read(plain).language, said(plain)) == (
        "whisper",
        "en",
        [(660, 7920, None, "Jane? Hi.")],
    )
    assert said(plain["segments"]) == said(plain), "a dump of faster-whisper is the list alone"

    verbose = {"task": "transcribe", "duration": 2.5, "language": "english", "text": "A b. C", "usage": {}}
    words = [{"word": w, "start": i, "end": i + 0.5} for i, w in enumerate(("A", "b.", "C"))]
    assert read({**verbose, "segments": plain["segments"]}).format == "openai_verbose"
    assert said({**verbose, "words": words}) == [(0, 1500, None, "A b."), (2000, 2500, None, "C")]
    assert said({"text": "All of it."}) == [(None, None, None, "All of it.")]
    assert warned({"text": "All of it."}) == [("text", "no_times")]

    diarized = {
        "segments": [
            {"type": "transcript.text.segment", "id": "seg_001", "start": 0, "end": 4.7, "text": "Hi.", "speaker": "A"}
        ]
    }
    assert (read(diarized).format, said(diarized)) == ("openai_diarized", [(0, 4700, "A", "Hi.")])
    again = {"segments": [{"start": i, "end": i + 1, "text": "Thank you."} for i in range(4)]}
    assert warned(again) == [("segments[2]", "repeated_words")]


def test_whisperx_keeps_words_without_times_and_its_speakers():
    answer = {
        "segments": [
            {"start": 0.1, "end": 1, "text": " It costs 40.", "speaker": "SPEAKER_00", "words": [{"word": "40."}]},
            {"start": 1, "end": 2, "words": [{"word": "Too"}, {"word": "much."}], "speaker": "SPEAKER_01"},
        ],
        "word_segments": [],
    }
    assert read(answer).format == "whisperx"
    assert said(answer) == [(100, 1000, "SPEAKER_00", "It costs 40."), (1000, 2000, "SPEAKER_01", "Too much.")]


def test_assemblyai_with_and_without_utterances():
    words = [
        {"text": "Hi.", "start": 170, "end": 718, "speaker": None},
        {"text": "We", "start": 884, "end": 900, "speaker": None},
        {"text": "sell", "start": 2500, "end": 2600, "speaker": None},
    ]
    base = {"status": "completed", "audio_duration": 25, "language_code": "en", "text": "Hi. We sell", "words": words}
    whole = {**base, "utterances": [{"speaker": "A", "start": 170, "end": 2600, "text": "Hi. We sell", "words": []}]}
    assert (read(whole).format, read(whole).language) == ("assemblyai", "en")
    assert said(whole) == [(170, 2600, "A", "Hi. We sell")]
    assert said({**base, "utterances": None}) == [
        (170, 718, None, "Hi."), (884, 900, None, "We"), (2500, 2600, None, "sell"),
    ]  # fmt: skip
    with pytest.raises(TranscriptRefused, match="processing"):
        read({**base, "status": "processing", "words": None})


def test_deepgram_utterances_paragraphs_words_and_channels():
    words = [
        {"word": "hi", "punctuated_word": "Hi.", "start": 0.08, "end": 0.32, "speaker": 0},
        {"word": "yes", "start": 0.4, "end": 0.5, "speaker": 1},
    ]
    channel = {"detected_language": "en", "alternatives": [{"transcript": "Hi. yes", "words": words}]}
    only_words = {"results": {"channels": [channel]}}
    assert (read(only_words).format, read(only_words).language) == ("deepgram", "en")
    assert said(only_words) == [(80, 320, "Speaker 0", "Hi."), (400, 500, "Speaker 1", "yes")]
    sentences = {"speaker": 2, "sentences": [{"text": "Hi.", "start": 1, "end": 2}]}
    paragraphs = {"alternatives": [{"transcript": "Hi.", "paragraphs": {"paragraphs": [sentences]}, "words": words}]}
    assert said({"results": {"channels": [paragraphs]}}) == [(1000, 2000, "Speaker 2", "Hi.")]
    spoken = [{"start": 3.04, "end": 3.54, "transcript": "And,", "speaker": 0, "channel": 1}]
    assert said({"results": {"channels": [channel], "utterances": spoken}}) == [(3040, 3540, "Speaker 0", "And,")]
    assert said({"results": {"channels": [channel, channel]}})[0][2] == "Channel 0, Speaker 0"


def test_rev_joins_elements_as_they_are_and_takes_the_name():
    elements = [
        {"type": "text", "value": "Hi", "ts": 0.27, "end_ts": 0.48},
        {"type": "punct", "value": ", "},
        {"type": "text", "value": "Tom", "ts": 0.5, "end_ts": 0.7},
        {"type": "punct", "value": "."},
    ]
    answer = {
        "monologues": [
            {"speaker": 0, "elements": elements},
            {"speaker": 1, "speaker_info": {"display_name": "Tom"}, "elements": [{"type": "unknown", "value": "<x>"}]},
        ]
    }
    assert read(answer).format == "rev"
    assert said(answer) == [(270, 700, "Speaker 0", "Hi, Tom."), (None, None, "Tom", "<x>")]


def test_fireflies_names_edits_and_a_transcript_that_is_not_ready():
    sentences = [
        {"speaker_id": 0, "speaker_name": "Ann", "text": "A\u00a0b", "raw_text": "A\u00a0b", "start_time": "0.5"},
        {"speaker_id": 1, "speaker_name": None, "text": "Better", "raw_text": "bitter", "start_time": 2, "end_time": 3},
        {"speaker_id": 7, "speaker_name": None, "text": "Who?"},
    ]
    transcript = {"id": "x", "speakers": [{"id": 1, "name": "Tom"}], "sentences": sentences}
    wanted = [(500, None, "Ann", "A b"), (2000, 3000, "Tom", "Better"), (None, None, "Speaker 7", "Who?")]
    for answer in ({"data": {"transcript": transcript}}, {"transcript": transcript}, transcript):
        assert (read(answer).format, said(answer)) == ("fireflies", wanted)
    assert warned(transcript) == [("sentences[1]", "edited_words")]
    with pytest.raises(TranscriptRefused, match="processed"):
        read({"data": {"transcript": {"id": "x", "sentences": None}}})
    with pytest.raises(TranscriptRefused, match="2 transcripts"):
        read({"data": {"transcripts": [transcript, transcript]}})


def test_gong_keeps_long_numbers_and_takes_names_only_from_the_parties():
    sentences = [{"start": 460230, "end": 462343, "text": "No."}]
    answer = {
        "callTranscripts": [{"callId": "7", "transcript": [{"speakerId": "643234567855553", "sentences": sentences}]}]
    }
    assert (read(answer).format, said(answer)) == ("gong", [(460230, 462343, "643234567855553", "No.")])
    named = {**answer, "calls": [{"parties": [{"speakerId": "643234567855553", "name": "Ann"}]}]}
    assert said(named) == [(460230, 462343, "Ann", "No.")]
    with pytest.raises(TranscriptRefused, match="2 calls"):
        read({"callTranscripts": answer["callTranscripts"] * 2})


def test_meets_entries_count_from_the_first_and_name_what_is_missing():
    entry = {"participant": "conferenceRecords/c/participants/p1", "text": "Hi.", "languageCode": "en-US"}
    entries = [
        {**entry, "startTime": "2026-08-15T10:00:00.5Z", "endTime": "2026-08-15T12:00:02.000000001+02:00"},
        {**entry, "startTime": "yesterday"},
    ]
    answer = {"transcriptEntries": entries, "nextPageToken": "n"}
    assert (read(answer).format, read(answer).language) == ("meet_entries", "en-US")
    assert said(answer) == [(0, 1500, "Participant p1", "Hi."), (None, None, "Participant p1", "Hi.")]
    assert [code for _, code in warned(answer)] == ["counted_from_first_entry", "more_pages"]
    people = [{"name": entry["participant"], "signedinUser": {"displayName": "Ann"}}]
    assert said({**answer, "participants": people})[0][2] == "Ann"


def test_turns_without_times():
    assert said({"meeting_transcripts": [{"speaker": "PM", "content": "Hello ."}]}) == [(None, None, "PM", "Hello .")]


def test_what_an_answer_gets_wrong_is_named_with_its_path():
    entries = [
        {"text": "a", "start": -1, "end": "x"},
        {"text": None},
        "noise",
        {"text": "b\ud800\u0000 \u202e", "start": 5, "end": 4},
        {"text": "c", "start": float("nan"), "end": 1e300},
    ]
    assert [one[3] for one in said({"segments": entries})] == ["a", "b\ufffd\ufffd \u202e", "c"]
    assert warned({"segments": entries}) == [
        ("segments[0]", "negative_time"), ("segments[0]", "bad_time"), ("segments[1]", "no_words"),
        ("segments[2]", "not_an_entry"), ("segments[3]", "ends_before_start"), ("segments[3]", "hidden_characters"),
        ("segments[4]", "bad_time"), ("segments[4]", "time_too_large"),
    ]  # fmt: skip
    for strange in ({"a": 1}, [], [1, 2], {"segments": {}}, {"results": {"channels": [None]}}):
        with pytest.raises(TranscriptRefused):
            read(strange)
    spoken = {"results": {"channels": True, "utterances": [{"transcript": "Found by the fuzzer."}]}}
    assert said(spoken) == [(None, None, None, "Found by the fuzzer.")]
    with pytest.raises(TranscriptRefused, match=r"nested too deep|damaged"):
        read_transcript(b'{"segments": ' + b"[" * 100_000)
    with pytest.raises(TranscriptRefused, match="line 2"):
        read_transcript(b'{"segments":\n[{"text": "cut')
