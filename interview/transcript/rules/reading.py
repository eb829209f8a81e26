"""The door to all readers: decode, recognise by content (never by file name), read, put in order of time, number."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from interview.transcript.rules import meet, plaintext, sbv, subrip, webvtt, word
from interview.transcript.rules.answers import door
from interview.transcript.rules.decoding import decode, refuse_by_size
from interview.transcript.rules.segments import Reading, Segment, TranscriptRefused, WarningList

MOST_SEGMENTS = 200_000
LONGEST_NAME = 200


class Reader(Protocol):
    """What a format's module offers."""

    NAME: str

    def recognise(self, text: str) -> bool:
        """Say whether the text is of this format."""

    def read(self, text: str) -> Reading:
        """Read it; segments in the order of the file."""


READERS: tuple[Reader, ...] = (door, sbv, webvtt, subrip, meet, plaintext)


def read_transcript(data: bytes) -> Reading:
    """Read a transcript file of any known format.

    Raises TranscriptRefused, with a sentence for the person who brought it, where there is nothing to read.
    """
    refuse_by_size(data)
    warnings = WarningList()
    if word.is_packed(data):
        reading = word.read(data)
    else:
        text = decode(data, warnings)
        reading = next(reader for reader in READERS if reader.recognise(text)).read(text)
    if not reading.segments:
        raise TranscriptRefused(
            "No spoken words were found in the file. Check that it is the transcript and not empty."
        )
    if len(reading.segments) > MOST_SEGMENTS:
        raise TranscriptRefused(f"The file has more than {MOST_SEGMENTS:,} segments; no interview is that long.")
    segments = _in_order([_with_short_name(one, reading, warnings) for one in reading.segments], reading, warnings)
    return replace(
        reading, segments=segments, warnings=tuple(sorted((*warnings.all(), *reading.warnings), key=lambda w: w.line))
    )


def _with_short_name(segment: Segment, reading: Reading, warnings: WarningList) -> Segment:
    if segment.speaker is None or len(segment.speaker) <= LONGEST_NAME:
        return segment
    sentence = f"The speaker's name has more than {LONGEST_NAME} characters; it was kept as words."
    warnings.add(segment.line, "long_name", sentence, reading.place(segment))
    return replace(segment, speaker=None, text=f"{segment.speaker}: {segment.text}")


def read_strictly(data: bytes) -> Reading:
    """Read WebVTT exactly as its specification does; a file with the wrong signature, or no cue, gives no segments.

    Raises TranscriptRefused for what is no text.
    """
    refuse_by_size(data)
    return webvtt.read_strict(decode(data, WarningList()))


def _in_order(segments: Sequence[Segment], reading: Reading, warnings: WarningList) -> tuple[Segment, ...]:
    """Sort by start, ties as in the file; a segment without a time stays behind the one it follows."""
    keyed = []
    latest_ms = 0
    for segment in segments:
        start_ms = latest_ms if segment.start_ms is None else segment.start_ms
        if start_ms < latest_ms:
            sentence = "This segment starts before the one above it; it was put in order of time."
            warnings.add(segment.line, "out_of_order", sentence, reading.place(segment))
        latest_ms = start_ms
        keyed.append((start_ms, segment))
    keyed.sort(key=lambda pair: pair[0])
    return tuple(replace(segment, ordinal=ordinal) for ordinal, (_, segment) in enumerate(keyed, 1))
