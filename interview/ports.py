"""The doors to the outside, as protocols; `adapters/` holds the real ones.

Knows no implementation and no room.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol


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
    def joiner(self) -> Joiner:
        """Return what makes a recording out of its parts."""
