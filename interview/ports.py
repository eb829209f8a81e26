"""The doors to the outside, as protocols; `adapters/` holds the real ones.

Knows no implementation and no room.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from interview.errors import Refusal


@dataclass(frozen=True)
class StoredFile:
    """What the store knows of a file it took: its key, size in bytes and SHA-256 (hex)."""

    key: str
    size_bytes: int
    sha256: str


class FileStore(Protocol):
    """Where uploaded files live. Keys are made by the store, never by people."""

    def put(self, source: BinaryIO, *, suffix: str, limit_bytes: int) -> StoredFile:
        """Store a stream under a fresh key. Raises TooLarge or StorageFull, keeping nothing."""

    def local_path(self, key: str) -> Path:
        """Return a local file with the content (probing, sending with ranges). Raises NotFound."""

    def delete(self, key: str) -> None:
        """Remove a file, whole or growing; removing what is gone is fine."""

    def begin(self, *, suffix: str) -> str:
        """Begin a file that grows, and return the key under which it will be whole. Raises StorageFull."""

    def grown_bytes(self, key: str) -> int:
        """Return how many bytes of a growing (or by now whole) file are stored for good. Raises NotFound."""

    def changed_at(self, key: str) -> datetime:
        """Return when a growing or whole file last got bytes. Raises NotFound."""

    def append(self, key: str, content: bytes, *, offset_bytes: int) -> int:
        """Append at this very offset and return how many bytes are stored for good now.

        Raises Conflict for another offset or while somebody else appends, StorageFull keeping what was there.
        """

    def head(self, key: str, count_bytes: int) -> bytes:
        """Return the first bytes of a growing or whole file. Raises NotFound."""

    def complete(self, key: str) -> StoredFile:
        """End the growing of a file, so that it is whole; doing it twice is fine. Raises NotFound."""

    def check(self) -> str:
        """Return "ok" or one sentence saying why files cannot be stored now."""


@dataclass(frozen=True)
class ProbedFilm:
    """What the packets of a film say; `claimed_ms` alone is its header's word."""

    duration_ms: int
    video_codec: str | None
    audio_codec: str | None
    width: int
    height: int
    pixel_format: str | None
    claimed_ms: int | None


class FilmProbe(Protocol):
    """Looks into an uploaded film without trusting it."""

    def probe(self, path: Path, container: str) -> ProbedFilm:
        """Measure a film by its packets. Raises Invalid when it cannot be read within the limits."""


@dataclass(frozen=True)
class SegmentFile:
    """A segment as a local file, and the initialisation section (fMP4) that must be read before it."""

    path: Path
    init: Path | None


@dataclass(frozen=True)
class ProbedStream:
    """What the packets of a rendition say: each segment's span by its own clock, and the first one's film."""

    spans_ms: list[tuple[int, int]]
    film: ProbedFilm


class StreamTools(Protocol):
    """Cuts films into segments for HLS, and measures segments without trusting them."""

    def cut(self, path: Path, container: str) -> AbstractContextManager[Path]:
        """Give a folder with index.m3u8 and its files, made by copying packets. Raises Invalid or StorageFull."""

    def probe(self, segments: Sequence[SegmentFile]) -> ProbedStream:
        """Measure the segments of one rendition by their packets. Raises Invalid naming the one that is unreadable."""


class ModelTrouble(StrEnum):
    """Why a language model gave no usable answer."""

    OFF = "off"
    RESTING = "resting"  # it failed several times in a row and is left alone for a while
    ADDRESS = "address"  # it may not be connected to
    UNREACHABLE = "unreachable"
    LATE = "late"
    BUSY = "busy"
    FAILING = "failing"
    KEY = "key"
    UNKNOWN = "unknown"  # no such address or model
    REFUSED = "refused"  # 400: something in the request is not to its liking
    REDIRECT = "redirect"
    NOT_JSON = "not_json"
    SHAPE = "shape"
    LARGE = "large"
    CUT = "cut"
    FILTERED = "filtered"
    DECLINED = "declined"
    EMPTY = "empty"


class ModelProblem(Refusal):
    """No usable answer of a language model; `detail` is the server's own word, short and without the key."""

    def __init__(self, trouble: ModelTrouble, sentence: str, *, detail: str = "", retry_after_s: float | None = None):
        super().__init__(sentence, reason=trouble)
        self.trouble, self.detail, self.retry_after_s = trouble, detail, retry_after_s


@dataclass(frozen=True)
class ModelAbout:
    """Which model there is and what it costs; nothing secret. Prices: of a million tokens; `key` names the pair."""

    is_on: bool = False
    key: str = ""
    host: str = ""
    name: str = ""
    context_tokens: int = 0
    run_tokens_max: int = 0
    takes_temperature: bool = False
    input_price: Decimal | None = None
    output_price: Decimal | None = None
    currency: str = "USD"


@dataclass(frozen=True)
class ModelQuestion:
    """One question: instructions, material, and how the answer is asked for.

    response_format: as the protocol has it, or None; limit_name: how this server calls the largest answer, or empty."""

    system: str
    user: str
    answer_tokens_max: int
    response_format: Mapping[str, Any] | None = None
    limit_name: str = "max_completion_tokens"
    with_temperature: bool = True
    idempotency_key: str = ""


@dataclass(frozen=True)
class ModelAnswer:
    """What a model wrote, why it stopped, and what that took."""

    text: str
    finish: str
    input_tokens: int | None
    output_tokens: int | None
    took_ms: int


class LanguageModel(Protocol):
    """Asks a language model one question at a time; off by default."""

    @property
    def about(self) -> ModelAbout:
        """Return which model it is, without connecting anywhere."""

    def ask(self, question: ModelQuestion) -> ModelAnswer:
        """Ask within the deadline. Raises ModelProblem, and nothing else, with a sentence for people."""


@dataclass(frozen=True)
class SpeechAbout:
    """Which model writes down speech and what a minute of it costs; nothing secret."""

    is_on: bool = False
    key: str = ""
    host: str = ""
    name: str = ""
    minute_price: Decimal | None = None
    currency: str = "USD"


class SpeechModel(Protocol):
    """Has speech written down; off by default."""

    @property
    def about(self) -> SpeechAbout:
        """Return which model it is, without connecting anywhere."""

    def write_down(self, path: Path, *, response_format: str, idempotency_key: str) -> str:
        """Return the JSON that the model answers for a sound file, unread. Raises ModelProblem, and nothing else."""


@dataclass(frozen=True)
class SoundPart:
    """A stretch of a recording's sound as a local file, and where in the recording it is."""

    path: Path
    start_ms: int
    end_ms: int


class SoundCutter(Protocol):
    """Takes the sound out of a recording, in parts cut at quiet places, without trusting it."""

    def cut(self, path: Path, container: str, *, longest_s: float) -> AbstractContextManager[list[SoundPart]]:
        """Give the parts in order; they lie there until the context ends. Raises Invalid or StorageFull."""


@dataclass(frozen=True)
class JoinedFile:
    """A recording as a local file, measured on its packets: it lies there until the context ends."""

    path: Path
    container: str  # mp4 or webm
    duration_ms: int
    video_codec: str | None
    audio_codec: str | None


class Joiner(Protocol):
    """Makes one recording that seeks out of the parts it was recorded in, without trusting them."""

    def join(self, parts: Sequence[tuple[Path, str]]) -> AbstractContextManager[JoinedFile]:
        """Copy the packets of parts (file, container) one behind the other. Raises Invalid or StorageFull."""


class Doors(Protocol):
    """Every door that a background job's handler may use."""

    @property
    def files(self) -> FileStore:
        """Return the file store."""

    @property
    def probe(self) -> FilmProbe:
        """Return what looks into uploaded films."""

    @property
    def streams(self) -> StreamTools:
        """Return what cuts and measures segments."""

    @property
    def model(self) -> LanguageModel:
        """Return the language model, or what stands in its place while there is none."""

    @property
    def speech(self) -> SpeechModel:
        """Return what writes down speech, or what stands in its place while there is none."""

    @property
    def sound(self) -> SoundCutter:
        """Return what takes the sound out of recordings."""

    @property
    def joiner(self) -> Joiner:
        """Return what makes a recording out of its parts."""
