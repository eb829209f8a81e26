"""Facts that need no model: talk share, pace, questions and the longest monologue. Counts, never judgements."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from interview.transcript.rules.segments import Segment

SHORTEST_FOR_PACE_MS = 10_000
_QUESTION = re.compile(r"[?？؟⁇⁈⁉]+")


@dataclass(frozen=True, slots=True)
class TalkShare:
    """A speaker's part of the talk; `spoken_ms` is None where the transcript does not say when each segment ends."""

    speaker: str | None
    share_pct: float
    spoken_ms: int | None
    words_count: int
    questions_count: int = 0  # sentences that end with a question mark in the file

    @property
    def words_per_min(self) -> int | None:
        """Give the pace; None where the time is not known or too short (below 10 s) to say."""
        if self.spoken_ms is None or self.spoken_ms < SHORTEST_FOR_PACE_MS:
            return None
        return round(self.words_count * 60_000 / self.spoken_ms)


@dataclass(frozen=True, slots=True)
class Monologue:
    """Consecutive segments of one speaker."""

    speaker: str | None
    first_ordinal: int
    last_ordinal: int
    spoken_ms: int | None
    words_count: int


def talk_shares(segments: Sequence[Segment]) -> tuple[TalkShare, ...]:
    """Give each speaker's share in percent, most first: of time where every segment has both times, else of words.

    Talk that overlaps counts for each of the speakers.
    """
    timed = _all_timed(segments)
    by_speaker: dict[str | None, list[Segment]] = {}
    for segment in segments:
        by_speaker.setdefault(segment.speaker, []).append(segment)
    total = _amount(segments, timed=timed)
    shares = [
        TalkShare(
            speaker,
            100 * _amount(said, timed=timed) / total if total else 0.0,
            _spoken_ms(said) if timed else None,
            _words_count(said),
            sum(len(_QUESTION.findall(segment.text)) for segment in said),
        )
        for speaker, said in by_speaker.items()
    ]
    return tuple(sorted(shares, key=lambda share: -share.share_pct))


def longest_monologue(segments: Sequence[Segment]) -> Monologue | None:
    """Give the longest run of one known speaker: by time where every segment has both times, else by words."""
    timed = _all_timed(segments)
    runs = [list(run) for speaker, run in groupby(segments, key=lambda segment: segment.speaker) if speaker]
    if not runs:
        return None
    longest = max(runs, key=lambda run: _amount(run, timed=timed))
    return Monologue(
        longest[0].speaker,
        longest[0].ordinal,
        longest[-1].ordinal,
        _spoken_ms(longest) if timed else None,
        _words_count(longest),
    )


def _all_timed(segments: Sequence[Segment]) -> bool:
    return all(segment.start_ms is not None and segment.end_ms is not None for segment in segments)


def _amount(segments: Sequence[Segment], *, timed: bool) -> int:
    return _spoken_ms(segments) if timed else _words_count(segments)


def _spoken_ms(segments: Sequence[Segment]) -> int:
    return sum(max(0, (segment.end_ms or 0) - (segment.start_ms or 0)) for segment in segments)


def _words_count(segments: Sequence[Segment]) -> int:
    return sum(len(segment.text.split()) for segment in segments)
