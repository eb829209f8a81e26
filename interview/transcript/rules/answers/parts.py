"""What every reader of a JSON answer shares: entries of lists, times in any unit, speakers by name or number, words.

Nothing of the answer is trusted to have the type that its documentation promises.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from interview.transcript.rules.segments import Reading, Segment, WarningList
from interview.transcript.rules.speech import warn_of_hidden, words_of
from interview.transcript.rules.times import LONGEST_MS, PROBLEMS

Json = Any

SECONDS = 1000.0
MILLISECONDS = 1.0
PAUSE_MS = 1000
LONGEST_WORDS_RUN = 60
REPEATS = 3

_SENTENCE_END = re.compile(r"[.?!…。？！][\"'”’)\]]*$")


def field(answer: Json, *keys: str) -> Json:
    """Walk down keys; None where one is missing or what holds it is no object."""
    for key in keys:
        if not isinstance(answer, dict):
            return None
        answer = answer.get(key)
    return answer


def is_list_of(value: Json, *keys: str) -> bool:
    """Say whether this is a list whose first object has one of the keys."""
    first = next((one for one in value if isinstance(one, dict)), None) if isinstance(value, list) else None
    return first is not None and any(key in first for key in keys)


def speaker_name(value: Json) -> str | None:
    """Give a label for a speaker's name, letter or number; None where there is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"Speaker {value}"
    return words_of(value) or None


@dataclass(frozen=True, slots=True)
class Word:
    """One word with what is known of it; `text` is as it is to be written."""

    text: str
    speaker: str | None
    start: Json
    end: Json


class Collector:
    """Gathers segments and warnings; `scale` turns the answer's unit of time into milliseconds."""

    def __init__(self, scale: float) -> None:
        self.warnings = WarningList("entry")
        self._scale = scale
        self._segments: list[Segment] = []
        self._repeats = 1

    def entries(self, value: Json, path: str) -> Iterator[tuple[str, dict[str, Json]]]:
        """Give (path, object) for each object of a list; anything else in it is named."""
        for index, entry in enumerate(value if isinstance(value, list) else ()):
            place = f"{path}[{index}]"
            if isinstance(entry, dict):
                yield place, entry
            else:
                self.warn(place, "not_an_entry", "This is not an entry of a transcript; it was left out.")

    def warn(self, place: str, code: str, message: str) -> None:
        """Note a warning about a path."""
        self.warnings.add(len(self._segments) + 1, code, message, place)

    def add(self, place: str, text: Json, speaker: str | None, start: Json, end: Json) -> None:
        """Take one stretch of speech; without words it is named and left out."""
        words = words_of(text)
        if not words:
            self.warn(place, "no_words", "This entry has no words; it was left out.")
            return
        number = len(self._segments) + 1
        start_ms, end_ms = self.ms(start, place), self.ms(end, place)
        if start_ms is not None and end_ms is not None and end_ms < start_ms:
            self.warn(place, "ends_before_start", PROBLEMS["ends_before_start"])
        warn_of_hidden(words, number, self.warnings, place)
        self._warn_of_repeats(place, words, speaker)
        self._segments.append(Segment(words, number, speaker, start_ms, end_ms, place))

    def add_words(self, path: str, words: Sequence[Word]) -> None:
        """Take words one by one: a new segment at each change of speaker, sentence end or pause of a second."""
        run: list[Word] = []
        first = 0
        for index, word in enumerate(words):
            if run and self._breaks(run, word):
                self._add_run(f"{path}[{first}]", run)
                run, first = [], index
            run.append(word)
        if run:
            self._add_run(f"{path}[{first}]", run)

    def reading(self, name: str, language: Json = None) -> Reading:
        """Give what was gathered."""
        said = words_of(language) or None
        return Reading(name, said, tuple(self._segments), self.warnings.all(), "entry")

    def ms(self, value: Json, place: str) -> int | None:
        """Turn a number, or a string that holds one, into milliseconds; what cannot be a time is named."""
        if value is None:
            return None
        number = _number(value)
        if number is None:
            self.warn(place, "bad_time", "A time here is not a number; the segment is kept without it.")
            return None
        ms = number * self._scale
        if ms < 0:
            self.warn(place, "negative_time", PROBLEMS["negative_time"])
            return 0
        if ms > LONGEST_MS:
            self.warn(place, "time_too_large", PROBLEMS["time_too_large"])
            return None
        return round(ms)

    def _breaks(self, run: Sequence[Word], word: Word) -> bool:
        before = run[-1]
        if before.speaker != word.speaker or len(run) >= LONGEST_WORDS_RUN or _SENTENCE_END.search(before.text):
            return True
        ended, starts = _number(before.end), _number(word.start)
        return ended is not None and starts is not None and (starts - ended) * self._scale >= PAUSE_MS

    def _add_run(self, place: str, run: Sequence[Word]) -> None:
        start = next((word.start for word in run if word.start is not None), None)
        end = next((word.end for word in reversed(run) if word.end is not None), None)
        self.add(place, " ".join(word.text for word in run), run[0].speaker, start, end)

    def _warn_of_repeats(self, place: str, words: str, speaker: str | None) -> None:
        last = self._segments[-1] if self._segments else None
        self._repeats = self._repeats + 1 if last and (last.text, last.speaker) == (words, speaker) else 1
        if self._repeats == REPEATS:
            self.warn(
                place,
                "repeated_words",
                f"The same words stand {REPEATS} times in a row here; services invent this over silence. They were "
                "kept: compare with the recording.",
            )


def renamed(reading: Reading, names: dict[str, str]) -> Reading:
    """Put names in the place of a service's identifiers, where the answer itself says them."""
    return replace(
        reading,
        segments=tuple(
            one._replace(speaker=names.get(one.speaker or "", one.speaker or "") or None) for one in reading.segments
        ),
    )


def _number(value: Json) -> float | None:
    if isinstance(value, str):
        value = value.strip()
        if not re.fullmatch(r"-?[0-9]{1,12}(?:\.[0-9]{1,12})?", value):
            return None
        return float(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        return None
    return float(max(-1e15, min(1e15, value)))
