"""Fuzzes every reader from bytes: any file is a Reading or TranscriptRefused, never another error.

`python -m tests.transcript.fuzz --seconds 300` runs for so long and prints how often each format was read or refused.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import io
import json
import sys
import time
import zipfile
from collections import Counter
from typing import Any

import docx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from interview.transcript.rules.reading import LONGEST_NAME, read_strictly, read_transcript
from interview.transcript.rules.segments import Reading, TranscriptRefused
from interview.transcript.rules.times import LONGEST_MS

WORD = {"word": "Hi", "punctuated_word": "Hi.", "text": "Hi.", "start": 0.1, "end": 0.4, "speaker": 0, "ts": 0.1}
TIMED = {"start": 0.5, "end": 2, "text": " Hello there.", "speaker": "A", "words": [WORD, WORD]}
TEXTS = {
    "zoom": "WEBVTT\r\n\r\n1\r\n00:12:44.310 --> 00:12:46.150\r\nAnn Berg: Hello.\r\n\r\n"
    "2\r\n00:59:59.900 --> 01:00:01.250\r\nmarc | w: 10:30 works\r\n",
    "zoom chat": '00:05:16\tRyan:\tgm\r\n00:15:04\tJo:\tReplying to "x"\n\nyes\r\n',
    "teams": "WEBVTT\n\n3f6a1c52-7d0e-4b1a-9a43-5f2b8a77c1d9/11-0\n00:00:03.833 --> 00:00:10.338\n"
    "<v Ann O&#39;Hara (Guest)>Before I\nshow</v>\n\n3f6a1c52-7d0e-4b1a-9a43-5f2b8a77c1d9/11-1\n"
    "00:00:10.338 --> 00:00:14.020\n<v Ann O&#39;Hara (Guest)><lang en>it.</lang></v>\n",
    "graph": "WEBVTT\n\n0:0:0.0 --> 0:0:5.320\n<v User Name>This is a test.</v>\n\n-0:0:2.0 --> 0:1:2.5\n<v >Hm.</v>\n",
    "graph metadata": "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n"
    '{"speakerName":"Ann","spokenText":"Hi","spokenLanguage":"en"}\n',
    "graph unattributed": "00:00:16.246 --> 00:00:17.726\n\nNo header.\n\n00:00:18.000 --> 00:00:19.000\n\nMore.\n",
    "stream": 'WEBVTT\r\n\r\nNOTE duration:"00:01:23.45"\r\n\r\nNOTE language:en-us\r\n\r\n'
    "NOTE Confidence: 0.89\r\n\r\nef04c7c2-0000-4000-8000-b5b1259d6777\r\n00:00:03.300 --> "
    "00:00:06.870\r\nHello\r\nNOTE Confidence: 0.7\r\n",
    "youtube": "WEBVTT\nKind: captions\nLanguage: en\n\n00:00:00.160 --> 00:00:02.389 align:start position:0%\n \n"
    "hello<00:00:00.480><c> and</c>\n\n00:00:02.389 --> 00:00:02.399 align:start position:0%\nhello and\n \n",
    "srt": "1\n00:00:01,500 --> 00:00:02,000\n<i>Café</i> {\\an8}x\n\n3\n00:00:02.500 --> 00:00:03.000\nAnn: point\n",
    "sbv": "0:00:00.378,0:00:11.378\nhello, and\nwelcome\n\n1:02:03.000,1:02:04.500\n[Music]\n",
    "meet": "Call - Transcript\nAttendees\nAnn, Tom\n\n00:00:00\n \nAnn: Right.\nTom: Thanks.\n\n00:05:00\n\n"
    "Tom: Four.\n\nTranscription ended after 00:30:30\n",
    "otter": "Ann  0:00  \nQualify early.\n\nUnknown Speaker  59:58  \nRight.\n\nTranscribed by https://otter.ai\n",
    "stamped": "00:00:05 Ann: Hello\nstill\n[00:01:00] Tom Berg: Price: forty\n",
    "markdown": "# Call\n**Date:** May\n\n---\n\n**Ann:** Hi.\n\n**Tom:** At 10:30.\n",
}
ANSWERS: dict[str, Any] = {
    "whisper": {"text": " Hi", "language": "en", "segments": [TIMED, {**TIMED, "text": None}]},
    "whisperx": {"segments": [TIMED], "word_segments": [WORD]},
    "openai words": {"task": "transcribe", "duration": 1, "text": "Hi", "words": [WORD, WORD]},
    "openai diarized": {"segments": [{**TIMED, "type": "transcript.text.segment", "id": "seg_001"}]},
    "assemblyai": {"status": "completed", "audio_duration": 2, "utterances": [TIMED], "words": [WORD]},
    "assemblyai words": {"status": "completed", "audio_duration": 2, "utterances": None, "words": [WORD, WORD]},
    "deepgram": {
        "results": {"channels": [{"alternatives": [{"words": [WORD]}]}], "utterances": [{**WORD, "transcript": "Hi"}]}
    },
    "deepgram words": {
        "results": {"channels": [{"detected_language": "en", "alternatives": [{"words": [WORD, WORD]}]}] * 2}
    },
    "deepgram paragraphs": {
        "results": {
            "channels": [{"alternatives": [{"paragraphs": {"paragraphs": [{"speaker": 1, "sentences": [TIMED]}]}}]}]
        }
    },
    "rev": {
        "monologues": [
            {
                "speaker": 0,
                "speaker_info": {"display_name": "T"},
                "elements": [{**WORD, "value": "Hi"}, {"value": ", "}],
            }
        ]
    },
    "fireflies": {
        "data": {
            "transcript": {
                "speakers": [{"id": 1, "name": "Tom"}],
                "sentences": [{"speaker_id": 1, "text": "a", "raw_text": "b", "start_time": "0.5", "end_time": 2}],
            }
        }
    },
    "gong": {
        "callTranscripts": [
            {"transcript": [{"speakerId": "64323", "sentences": [{"start": 1, "end": 2, "text": "No."}]}]}
        ],
        "calls": [{"parties": [{"speakerId": "64323", "name": "Ann"}]}],
    },
    "meet entries": {
        "transcriptEntries": [
            {
                "participant": "c/p/1",
                "text": "Hi",
                "startTime": "2026-08-15T10:00:00.5Z",
                "endTime": "2026-08-15T10:00:02Z",
            }
        ],
        "participants": [{"name": "c/p/1", "signedinUser": {"displayName": "Ann"}}],
        "nextPageToken": "n",
    },
    "turns": {"meeting_transcripts": [{"speaker": "PM", "content": "Hello ."}]},
}
DOCUMENTS = {
    "teams docx": ("Title", "A started transcription", "Ann Berg   0:04\nHello\nyou", "Tom   1:00:12\nHi."),
    "old teams docx": ("0:0:5.100 --> 0:0:8.250", "Ann", "Hello", "0:0:9.0 --> 0:0:10.0\nTom\nHi."),
    "meet docx": ("Summary", "Ann spoke.", "00:00:00", "Ann: Right.", "Tom: Thanks.", "00:05:00", "Tom: Four."),
    "typed docx": ("Ann: Hello", "[00:04] Tom: Hi", "Ann: Yes."),
}
TOKENS = ["WEBVTT", "\n", "\n\n", "\r", "\x00", "-->", "00:00:01.000 --> ", "00:00:02,5", "-", ",", "9" * 20, "[0:04] ",
          "<v Ann>", "</v>", "<c", "Ann: ", "Ann  0:04\n", "NOTE x", "STYLE", "&lt;", "&#0;", "**", "# ", "{\\an8}",
          "{", "}", '"', "[", "\t", "\u202e", "—", "\ufeff", "\u2028", "x" * 300, "99:99:99",
          "{\"spokenText\":", "---", "٣:٣٣"]  # fmt: skip
ODD: list[Any] = [None, True, -1, 0, 1e308, -1e308, float("nan"), float("inf"), 10**400, "", " ", "12", "-0.5",
                  "\ud800", "a\x00b", [], {}, [None], [[]], {"text": 3}, "x" * 300, "9" * 400,
                  "2026-13-45T99:99:99Z", "0001-01-01T00:00:00+23:59"]  # fmt: skip


def judge(data: bytes) -> str:
    """Read some bytes in both ways; return the format or "refused". Raises AssertionError for what is no reading."""
    with contextlib.suppress(TranscriptRefused):
        _check(read_strictly(data))
    try:
        reading = read_transcript(data)
    except TranscriptRefused as refusal:
        if refusal.sentence.endswith("."):
            return "refused"
        raise
    assert reading.segments
    _check(reading)
    return reading.format


def _check(reading: Reading) -> None:
    assert [one.ordinal for one in reading.segments] == list(range(1, len(reading.segments) + 1))
    for one in reading.segments:
        assert "\x00" not in one.text + (one.speaker or "") + one.source_ref
        assert all(ms is None or (type(ms) is int and ms >= 0) for ms in (one.start_ms, one.end_ms))
        (one.text + (one.speaker or "") + one.source_ref).encode()  # no half characters: a database refuses them
    if reading.unit != "line" or any(one.line for one in reading.segments):  # what strict reading gives has no lines
        assert all(one.text.strip() and one.line >= 1 for one in reading.segments)
        assert all((ms or 0) <= LONGEST_MS for one in reading.segments for ms in (one.start_ms, one.end_ms))
        assert all(len(one.speaker or "") <= LONGEST_NAME for one in reading.segments)
    assert all(one.line >= 1 and one.place and one.message.endswith(".") for one in reading.warnings)
    assert "\x00" not in (reading.language or "")
    json.dumps(reading.as_json(), ensure_ascii=False).encode()
    reading.as_text().encode()


def document(paragraphs: tuple[str, ...]) -> bytes:
    """Make a Word document."""
    made, written = docx.Document(), io.BytesIO()
    for paragraph in paragraphs:
        made.add_paragraph(paragraph)
    made.save(written)
    return written.getvalue()


def nested(depth: int, inside: str) -> bytes:
    """Make a Word document of paragraphs within paragraphs, each with words of its own, the innermost with more."""
    written = io.BytesIO()
    within = "".join(f"<w:p><w:r><w:t>Ann: Level {n}.</w:t></w:r>" for n in range(depth)) + inside + "</w:p>" * depth
    with zipfile.ZipFile(io.BytesIO(document(("Tom: Hi.",)))) as old, zipfile.ZipFile(written, "w", 8) as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "word/document.xml":
                data = data.replace(b"<w:sectPr", within.encode() + b"<w:sectPr", 1)
            new.writestr(name, data)
    return written.getvalue()


_PACKED = {name: document(paragraphs) for name, paragraphs in DOCUMENTS.items()} | {"nested": nested(30, "")}


@st.composite
def mutated_text(draw: st.DrawFn, text: str | None = None) -> str:
    """A valid text with pieces deleted, doubled, moved or put in."""
    text = draw(st.sampled_from(sorted(TEXTS.values()))) if text is None else text
    for _ in range(draw(st.integers(0, 6))):
        at, to = sorted((draw(st.integers(0, len(text))), draw(st.integers(0, len(text)))))
        piece = draw(st.sampled_from(("cut", "double", "put", "move", "end")))
        if piece == "cut":
            text = text[:at] + text[min(to, at + 20) :]
        elif piece == "double":
            text = text[:to] + text[at:]
        elif piece == "put":
            text = text[:at] + draw(st.sampled_from(TOKENS) | st.text(max_size=5)) + text[at:]
        elif piece == "move":
            text = text[:at] + text[to:] + text[at:to]
        else:
            text = text[:to]
    return text[:5000]


@st.composite
def mutated_answer(draw: st.DrawFn) -> Any:
    """A valid answer with values of the wrong kind, missing keys, or entries that are none."""
    answer = json.loads(json.dumps(ANSWERS[draw(st.sampled_from(sorted(ANSWERS)))]))
    for _ in range(draw(st.integers(0, 4))):
        holders = list(_holders(answer))
        if not holders:
            break
        holder, key = holders[draw(st.integers(0, len(holders) - 1))]
        kind = draw(st.sampled_from(("odd", "gone", "double", "rename")))
        if kind == "odd":
            holder[key] = copy.deepcopy(draw(st.sampled_from(ODD)))
        elif kind == "double" and isinstance(holder, list):
            holder.append(copy.deepcopy(holder[key]))
        elif kind == "rename" and isinstance(holder, dict):
            holder[draw(st.sampled_from(("text", "words", "segments", "speaker", "sentences", "x")))] = holder.pop(key)
        else:
            del holder[key]
    return answer


def _holders(value: Any) -> Any:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(pairs):
        yield value, key
        yield from _holders(inner)


@st.composite
def mutated_document(draw: st.DrawFn) -> bytes:
    """A Word document with its text or its package damaged."""
    packed = _PACKED[draw(st.sampled_from(sorted(_PACKED)))]
    if draw(st.booleans()):
        return mutated_bytes_of(
            packed, draw(st.lists(st.tuples(st.integers(0, len(packed)), st.binary(max_size=4)), max_size=4))
        )
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed)) as old, zipfile.ZipFile(written, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "word/document.xml":
                data = draw(mutated_text(data.decode()[:20_000])).encode("utf-8", "replace")
            if name == "word/document.xml" or draw(st.integers(0, 9)):
                new.writestr(name, data)
    return written.getvalue()


def mutated_bytes_of(data: bytes, changes: list[tuple[int, bytes]]) -> bytes:
    """Write some bytes over others."""
    for at, piece in changes:
        data = data[:at] + piece + data[at + len(piece) :]
    return data


def _encoded(text: str, encoding: str) -> bytes:
    return text.encode(encoding, "replace")


ENCODINGS = ("utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "utf-32")
FILES = st.one_of(
    st.builds(_encoded, mutated_text(), st.sampled_from(ENCODINGS)),
    mutated_answer().map(lambda answer: json.dumps(answer, indent=1).encode()),
    mutated_document(),
    st.builds(
        lambda answer, cut: json.dumps(answer).encode()[:cut], mutated_answer(), st.integers(0, 2000)
    ),
    st.lists(st.sampled_from(TOKENS), max_size=40).map(lambda pieces: "".join(pieces).encode()),
    st.binary(max_size=400),
)  # fmt: skip


def run(seconds: float) -> Counter[str]:
    """Fuzz for so long; raises what a reader should not have raised, with the smallest bytes found."""
    outcomes: Counter[str] = Counter()
    ends = time.monotonic() + seconds

    @settings(max_examples=2000, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(FILES)
    def batch(data: bytes) -> None:
        outcomes[judge(data)] += 1

    while time.monotonic() < ends:
        batch()
    return outcomes


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=300)
    seconds = parser.parse_args().seconds
    outcomes = run(seconds)
    sys.stdout.write(f"{outcomes.total():,} files in {seconds:g} s, no crash\n")
    for name, count in outcomes.most_common():
        sys.stdout.write(f"  {name:20}{count:>9,}\n")


if __name__ == "__main__":
    main()
