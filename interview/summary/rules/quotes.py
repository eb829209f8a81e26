"""Finding quotes in what was said: word for word after normalisation, never nearly. Pure.

A quote may run over a segment's end, never over a change of speaker: who said it is the transcript's word alone.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

from interview.summary.rules.texts import tokens

WORDS_MIN = 3
LETTERS_MIN = 8


@dataclass(frozen=True, slots=True)
class Spoken:
    """A segment as the summary sees it: row id, ordinal, whose words (candidate, panel, ...), label, words, start."""

    id: int
    ordinal: int
    role: str
    label: str
    text: str
    start_ms: int | None = None

    @property
    def ref(self) -> str:
        """Return how the model names it."""
        return f"S{self.ordinal:04}"


@dataclass(frozen=True, slots=True)
class Passage:
    """Words of one segment, as the transcript has them: an index into the transcript, and from where to where."""

    index: int
    start: int
    end: int


Hit = tuple[Passage, ...]


class Transcript:
    """What was said, ready to be searched."""

    def __init__(self, spoken: Sequence[Spoken]) -> None:
        self.spoken = tuple(spoken)
        self._runs = [_Run(self.spoken, run) for run in _same_speaker(self.spoken)]

    @cached_property
    def by_ref(self) -> dict[str, int]:
        """Return the index of each segment by its name in the prompt."""
        return {one.ref: index for index, one in enumerate(self.spoken)}

    def find(self, quote: str) -> list[Hit]:
        """Return every place where a quote stands word for word; none for a quote too short to prove anything."""
        words = [one.word for one in tokens(quote)]
        if len(words) < WORDS_MIN or sum(map(len, words)) < (LETTERS_MIN if len(words) < 5 else 5):
            return []
        return [hit for run in self._runs for hit in run.find(words)]

    def holds(self, words: str, indexes: Collection[int]) -> bool:
        """Tell whether some words, however few, stand word for word in one of these segments."""
        wanted = [one.word for one in tokens(words)]
        return not wanted or any(
            {passage.index for passage in hit} <= set(indexes) for run in self._runs for hit in run.find(wanted)
        )

    def words(self, passage: Passage) -> str:
        """Return the transcript's own words of a passage."""
        return self.spoken[passage.index].text[passage.start : passage.end]

    def around(self, indexes: Collection[int]) -> set[int]:
        """Return these segments and their neighbours."""
        near = {index + step for index in indexes for step in (-1, 0, 1)}
        return {index for index in near if 0 <= index < len(self.spoken)}


class _Run:
    """Consecutive segments of one speaker as one line of words."""

    def __init__(self, spoken: Sequence[Spoken], indexes: Sequence[int]) -> None:
        self._places: list[Passage] = []
        parts: list[str] = []
        self._starts: list[int] = []
        length = 1
        for index in indexes:
            for one in tokens(spoken[index].text):
                self._places.append(Passage(index, one.start, one.end))
                self._starts.append(length)
                parts.append(one.word)
                length += len(one.word) + 1
        self._line = f" {' '.join(parts)} "

    def find(self, words: Sequence[str]) -> list[Hit]:
        wanted, found, at = f" {' '.join(words)} ", [], -1
        while (at := self._line.find(wanted, at + 1)) >= 0:
            first = bisect_left(self._starts, at + 1)
            found.append(_joined(self._places[first : first + len(words)]))
        return found


def _joined(places: Sequence[Passage]) -> Hit:
    joined: list[Passage] = []
    for one in places:
        if joined and joined[-1].index == one.index:
            joined[-1] = Passage(one.index, joined[-1].start, one.end)
        else:
            joined.append(one)
    return tuple(joined)


def _same_speaker(spoken: Sequence[Spoken]) -> list[list[int]]:
    runs: list[list[int]] = []
    for index, one in enumerate(spoken):
        before = spoken[index - 1] if index else None
        if before is not None and (before.label, before.role) == (one.label, one.role):
            runs[-1].append(index)
        else:
            runs.append([index])
    return runs
