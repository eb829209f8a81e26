"""What every reader gives back: segments of speech, warnings with line numbers, or a refusal in one sentence."""

from collections import Counter
from dataclasses import asdict, dataclass

from interview.errors import Invalid

WARNINGS_SHOWN_PER_CODE = 50


class TranscriptRefused(Invalid):
    """A file that is not a transcript this product can read; the message says what it is and what to bring instead."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One stretch of speech by one speaker; `line` and `source_ref` say where in the file it stands."""

    text: str
    line: int
    speaker: str | None = None
    start_ms: int | None = None
    end_ms: int | None = None
    source_ref: str = ""
    ordinal: int = 0


@dataclass(frozen=True, slots=True)
class ReadingWarning:
    """One thing the reader forgave, left out or could not be sure of."""

    line: int
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A whole file as read: the format's name, its language where it says so, segments in order of time, warnings."""

    format: str
    language: str | None
    segments: tuple[Segment, ...]
    warnings: tuple[ReadingWarning, ...]

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
        warned = [f"line {warning.line}: {warning.message} [{warning.code}]" for warning in self.warnings]
        return "\n".join([f"{self.format}, {len(spoken)} segments, {len(warned)} warnings", *spoken, *warned])


def _clock(ms: int | None) -> str:
    if ms is None:
        return "   -    "
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}"


class WarningList:
    """Collects warnings; a file with one fault on each of 100,000 lines gets 50 of them and a count, not 100,000."""

    def __init__(self) -> None:
        self._shown: list[ReadingWarning] = []
        self._seen: Counter[str] = Counter()
        self._last_line: dict[str, int] = {}

    def add(self, line: int, code: str, message: str) -> None:
        """Note one warning about a 1-based line."""
        self._seen[code] += 1
        self._last_line[code] = line
        if self._seen[code] <= WARNINGS_SHOWN_PER_CODE:
            self._shown.append(ReadingWarning(line, code, message))

    def all(self) -> tuple[ReadingWarning, ...]:
        """Give the warnings by line, each code's surplus as one closing count."""
        surplus = [
            ReadingWarning(
                self._last_line[code], code, f"The same was found {count - WARNINGS_SHOWN_PER_CODE} more times."
            )
            for code, count in self._seen.items()
            if count > WARNINGS_SHOWN_PER_CODE
        ]
        return tuple(sorted(self._shown + surplus, key=lambda warning: warning.line))
