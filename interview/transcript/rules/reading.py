"""The door to all readers: decode, recognise by content (never by file name), read, put in order of time, number."""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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
    with _without_collections():
        return _read(data)


@contextmanager
def _without_collections() -> Iterator[None]:
    """Pause the collector of cycles: a reading makes none, and its 200,000 pieces that all stay would be walked often.

    Whoever pauses it wakes it; of two readings at once the first to end does, which costs the other a little time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _read(data: bytes) -> Reading:
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
    segments = _in_order(_with_short_names(reading, warnings), reading, warnings)
    return replace(
        reading, segments=segments, warnings=tuple(sorted((*warnings.all(), *reading.warnings), key=lambda w: w.line))
    )


def _with_short_names(reading: Reading, warnings: WarningList) -> Sequence[Segment]:
    if all(segment.speaker is None or len(segment.speaker) <= LONGEST_NAME for segment in reading.segments):
        return reading.segments
    return [_with_short_name(segment, reading, warnings) for segment in reading.segments]


def _with_short_name(segment: Segment, reading: Reading, warnings: WarningList) -> Segment:
    if segment.speaker is None or len(segment.speaker) <= LONGEST_NAME:
        return segment
    sentence = f"The speaker's name has more than {LONGEST_NAME} characters; it was kept as words."
    warnings.add(segment.line, "long_name", sentence, reading.place(segment))
    return segment._replace(speaker=None, text=f"{segment.speaker}: {segment.text}")


def read_strictly(data: bytes) -> Reading:
    """Read WebVTT exactly as its specification does; a file with the wrong signature, or no cue, gives no segments.

    Raises TranscriptRefused for what is no text.
    """
    refuse_by_size(data)
    return webvtt.read_strict(decode(data, WarningList()))


def _in_order(segments: Sequence[Segment], reading: Reading, warnings: WarningList) -> tuple[Segment, ...]:
    """Sort by start, ties as in the file; a segment without a time stays behind the one it follows."""
    starts: list[int] = []
    latest_ms = 0
    is_sorted = True
    for segment in segments:
        start_ms = latest_ms if segment.start_ms is None else segment.start_ms
        if start_ms < latest_ms:
            is_sorted = False
            sentence = "This segment starts before the one above it; it was put in order of time."
            warnings.add(segment.line, "out_of_order", sentence, reading.place(segment))
        latest_ms = start_ms
        starts.append(start_ms)
    if not is_sorted:
        segments = [segments[at] for at in sorted(range(len(segments)), key=starts.__getitem__)]
    return tuple(Segment(*segment[:-1], ordinal) for ordinal, segment in enumerate(segments, 1))
