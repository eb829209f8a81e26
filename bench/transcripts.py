"""Reading a large WebVTT transcript: ours, which names speakers and warns, beside webvtt-py, in turns in one run."""

from __future__ import annotations

import io
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import webvtt

from interview.transcript.rules.reading import read_strictly, read_transcript

CUES = 100_000
ROUNDS = 5
LIMIT = 0.5


@dataclass(frozen=True)
class TranscriptResult:
    """The median CPU time of some rounds, in seconds."""

    ours_s: float
    strict_s: float
    peer_s: float

    @property
    def ratio(self) -> float:
        """Our time in the peer's."""
        return self.ours_s / self.peer_s

    def as_json(self) -> dict[str, object]:
        """Return it for results.json."""
        return {"cues": CUES, "limit": LIMIT, "ratio": round(self.ratio, 3), **asdict(self)}


def transcript(cues: int) -> bytes:
    """Make a transcript as Zoom writes it."""
    spoken = (
        f"{i + 1}\r\n{_clock(i * 3000)} --> {_clock(i * 3000 + 2500)}\r\n"
        f"Speaker {i % 4}: This is what was said in cue number {i}, and a little more.\r\n"
        for i in range(cues)
    )
    return ("WEBVTT\r\n\r\n" + "\r\n".join(spoken)).encode()


def measure() -> TranscriptResult:
    """Let the readers take turns. Raises AssertionError where one of them does not find every cue."""
    data = transcript(CUES)
    readers: tuple[Callable[[], int], ...] = (
        lambda: len(read_transcript(data).segments),
        lambda: len(read_strictly(data).segments),
        lambda: len([(one.start, one.end, one.text) for one in webvtt.from_buffer(io.BytesIO(data))]),
    )
    times: list[list[float]] = [[] for _ in readers]
    for _ in range(ROUNDS):
        for reader, taken in zip(readers, times, strict=True):
            begun = time.process_time()
            assert reader() == CUES
            taken.append(time.process_time() - begun)
    return TranscriptResult(*(round(statistics.median(taken), 3) for taken in times))


def _clock(ms: int) -> str:
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}.{ms % 1000:03}"
