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
        """Remove a file; removing what is gone is fine."""

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
