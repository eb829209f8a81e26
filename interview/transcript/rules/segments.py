"""What every reader gives back: segments of speech, warnings with line numbers, or a refusal in one sentence."""

from collections import Counter
from dataclasses import asdict, dataclass
from typing import NamedTuple

from interview.errors import Invalid

WARNINGS_SHOWN_PER_CODE = 50


class TranscriptRefused(Invalid):
    """A file that is not a transcript this product can read; the message says what it is and what to bring instead."""


class Segment(NamedTuple):
    """One stretch of speech by one speaker; `line` and `source_ref` say where in the file it stands.

    A tuple, because a file has up to 200,000 of them and a frozen dataclass takes three times as long to make.
    """

    text: str
    line: int
    speaker: str | None = None
    start_ms: int | None = None
    end_ms: int | None = None
    source_ref: str = ""
    ordinal: int = 0


@dataclass(frozen=True, slots=True)
class ReadingWarning:
    """One thing the reader forgave, left out or could not be sure of.

    `line` counts what the file is made of (lines; paragraphs of a Word document; entries of a JSON answer) and `place`
    says it in words: "line 12", "paragraph 7", "segments[3]".
    """

    line: int
    code: str
    message: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """A whole file as read: the format's name, its language where it says so, segments in order of time, warnings.

    `unit` is what `line` counts: "line", "paragraph", or "entry" where `source_ref` is the path in a JSON answer.
    """

    format: str
    language: str | None
    segments: tuple[Segment, ...]
    warnings: tuple[ReadingWarning, ...]
    unit: str = "line"

    def place(self, segment: Segment) -> str:
        """Say in words where in the file a segment stands."""
        return segment.source_ref if self.unit == "entry" else f"{self.unit} {segment.line}"

    def as_json(self) -> dict[str, object]:
        """Give the shape that `transcript read --json` prints."""
        fields = ("ordinal", "start_ms", "end_ms", "speaker", "text", "line", "source_ref")
        return {
            "format": self.format,
            "language": self.language,
            "segments": [{field: getattr(segment, field) for field in fields} for segment in self.segments],
            "warnings": [asdict(warning) for warning in self.warnings],
        }

    def as_text(self) -> str:
        """Give the lines that `transcript read` prints: the segments, then the warnings."""
        spoken = [
            f"{one.ordinal:>5} {_clock(one.start_ms)} {f'{one.speaker}: ' if one.speaker else ''}{one.text}"
            for one in self.segments
        ]
        warned = [f"{warning.place}: {warning.message} [{warning.code}]" for warning in self.warnings]
        return "\n".join([f"{self.format}, {len(spoken)} segments, {len(warned)} warnings", *spoken, *warned])


def _clock(ms: int | None) -> str:
    if ms is None:
        return "   -    "
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}"


class WarningList:
    """Collects warnings; a file with one fault on each of 100,000 lines gets 50 of them and a count, not 100,000."""

    def __init__(self, unit: str = "line") -> None:
        self.unit = unit
        self._shown: list[ReadingWarning] = []
        self._seen: Counter[str] = Counter()
        self._last: dict[str, tuple[int, str]] = {}

    def add(self, line: int, code: str, message: str, place: str = "") -> None:
        """Note one warning about a 1-based line (paragraph, entry); `place` says where, if not so."""
        place = place or f"{self.unit} {line}"
        self._seen[code] += 1
        self._last[code] = line, place
        if self._seen[code] <= WARNINGS_SHOWN_PER_CODE:
            self._shown.append(ReadingWarning(line, code, message, place))

    def all(self) -> tuple[ReadingWarning, ...]:
        """Give the warnings by line, each code's surplus as one closing count."""
        surplus = [
            ReadingWarning(
                self._last[code][0],
                code,
                f"The same was found {count - WARNINGS_SHOWN_PER_CODE} more times.",
                self._last[code][1],
            )
            for code, count in self._seen.items()
            if count > WARNINGS_SHOWN_PER_CODE
        ]
        return tuple(sorted(self._shown + surplus, key=lambda warning: warning.line))
