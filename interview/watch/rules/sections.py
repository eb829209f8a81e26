"""The transcript as sections to read, each standing for a part of the film, and how long reading one takes at least.

Together the sections cover the whole film, so that reading all of them equals watching it (WATCH 3.9).
"""

from dataclasses import dataclass
from itertools import pairwise

from interview.watch.rules.captions import Cue, paragraphs
from interview.watch.rules.ranges import Range, Ranges, covers

TARGET_MS = 75_000  # sections last 60 to 90 seconds of the film
GIVE_MS = 15_000
FASTEST_WPM = 700


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of the film and the words spoken in it, as paragraphs."""

    number: int
    start_ms: int
    end_ms: int
    paragraphs: tuple[str, ...]

    @property
    def part(self) -> Range:
        """Return the part of the film this section stands for."""
        return self.start_ms, self.end_ms

    @property
    def word_count(self) -> int:
        """Return how many words there are to read."""
        return sum(len(one.split()) for one in self.paragraphs)

    @property
    def least_ms(self) -> int:
        """Return the time in which nobody reads it faster."""
        return self.word_count * 60_000 // FASTEST_WPM


def sections(cues: tuple[Cue, ...], duration_ms: int) -> tuple[Section, ...]:
    """Split a transcript where a cue begins, nearest to equal parts of about 75 seconds of the film."""
    count = max(1, round(duration_ms / TARGET_MS))
    starts = sorted({cue.start_ms for cue in cues})
    edges = [0]
    for number in range(1, count):
        aim_ms = number * duration_ms // count
        near = min(starts, key=lambda start: abs(start - aim_ms), default=aim_ms)
        edge = near if abs(near - aim_ms) < GIVE_MS // 2 else aim_ms
        if edges[-1] < edge < duration_ms:
            edges.append(edge)
    edges.append(duration_ms)
    return tuple(
        Section(number, start, end, _words(cues, start, end, is_last=end == duration_ms))
        for number, (start, end) in enumerate(pairwise(edges))
    )


def due_in(part: Range, waiting: Ranges, covered: Ranges, before_ms: int) -> int | None:
    """Return the position of a waiting checkpoint in a part that was read, credited for so long before it."""
    for _, at_ms in waiting:
        if part[0] <= at_ms < part[1] and covers(covered, at_ms - before_ms, at_ms):
            return at_ms
    return None


def _words(cues: tuple[Cue, ...], start_ms: int, end_ms: int, *, is_last: bool) -> tuple[str, ...]:
    mine = tuple(cue for cue in cues if start_ms <= cue.start_ms and (cue.start_ms < end_ms or is_last))
    return tuple(one.text for one in paragraphs(mine))
