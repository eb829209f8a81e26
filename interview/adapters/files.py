"""Files in a local folder: written to a temporary name, synced, then renamed, so a file is whole or absent.

Knows nothing of who may read them.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from interview.errors import Conflict, NotFound, StorageFull, TooLarge
from interview.ports import StoredFile

CHUNK_BYTES = 1 << 20
RESERVE_BYTES = 64_000_000  # kept free, so that a large upload cannot stop the database


class LocalFiles:
    """A FileStore in one folder, spread over 256 subfolders."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, source: BinaryIO, *, suffix: str, limit_bytes: int) -> StoredFile:
        """Store a stream under a fresh key. Raises TooLarge or StorageFull, keeping nothing."""
        name = secrets.token_hex(16) + suffix
        key = f"{name[:2]}/{name}"
        path = self.folder / key
        partial = path.with_name(name + ".part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            stored = self._copy(source, partial, key, limit_bytes)
            partial.rename(path)
        except OSError as problem:
            partial.unlink(missing_ok=True)
            if problem.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                sentence = "The server's disk is full, so the file was not kept. Ask your admin to make room."
                raise StorageFull(sentence) from None
            raise
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
        return stored

    def _copy(self, source: BinaryIO, partial: Path, key: str, limit_bytes: int) -> StoredFile:
        digest, size = hashlib.sha256(), 0
        with partial.open("xb") as target:
            while chunk := source.read(CHUNK_BYTES):
                size += len(chunk)
                if size > limit_bytes:
                    raise TooLarge(f"The file is larger than the limit of {limit_bytes // 1_000_000} MB.")
                if self._free_bytes() < RESERVE_BYTES + len(chunk):
                    raise OSError(errno.ENOSPC, "reserve reached")
                digest.update(chunk)
                target.write(chunk)
            target.flush()
            os.fsync(target.fileno())
        return StoredFile(key=key, size_bytes=size, sha256=digest.hexdigest())

    def _free_bytes(self) -> int:
        return os.statvfs(self.folder).f_bavail * os.statvfs(self.folder).f_frsize

    def local_path(self, key: str) -> Path:
        """Return the file of a key. Raises NotFound."""
        path = self.folder / key
        if ".." in Path(key).parts or not path.is_file():
            raise NotFound("The stored file is missing. Ask your admin to restore it from a backup.")
        return path

    def delete(self, key: str) -> None:
        """Remove a file, whole or growing; removing what is gone is fine."""
        (self.folder / key).unlink(missing_ok=True)
        self._growing(key).unlink(missing_ok=True)

    # -- files that grow: under another name until they are whole, so that the file of a key stays whole or absent --

    def begin(self, *, suffix: str) -> str:
        """Begin a file that grows, and return the key under which it will be whole. Raises StorageFull."""
        name = secrets.token_hex(16) + suffix
        key = f"{name[:2]}/{name}"
        try:
            (self.folder / key).parent.mkdir(parents=True, exist_ok=True)
            if self._free_bytes() < RESERVE_BYTES:
                raise OSError(errno.ENOSPC, "reserve reached")
            self._growing(key).touch(mode=0o600)
        except OSError as problem:
            raise _full_or(problem) from None
        return key

    def grown_bytes(self, key: str) -> int:
        """Return how many bytes of a growing (or by now whole) file are stored for good. Raises NotFound."""
        return self._either(key).stat().st_size

    def changed_at(self, key: str) -> datetime:
        """Return when a growing or whole file last got bytes. Raises NotFound."""
        return datetime.fromtimestamp(self._either(key).stat().st_mtime, UTC)

    def append(self, key: str, content: bytes, *, offset_bytes: int) -> int:
        """Append at this very offset and return how many bytes are stored for good now.

        Raises Conflict for another offset or while somebody else appends, StorageFull keeping what was there.
        """
        path = self._growing(key)
        if not path.is_file():
            raise NotFound("This file does not grow any more.")
        with path.open("r+b", buffering=0) as target:
            try:
                fcntl.flock(target, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Conflict("Another part of this file is just being stored.", reason="busy") from None
            have = os.fstat(target.fileno()).st_size
            if offset_bytes != have:
                raise Conflict(
                    f"{have} bytes are stored; these begin at {offset_bytes}.",
                    reason="offset",
                    fields={"offset": str(have)},
                )
            try:
                if self._free_bytes() < RESERVE_BYTES + len(content):
                    raise OSError(errno.ENOSPC, "reserve reached")
                target.seek(have)
                view = memoryview(content)
                while view:
                    view = view[target.write(view) :]
                os.fsync(target.fileno())
            except OSError as problem:
                target.truncate(have)  # half a chunk is none
                raise _full_or(problem) from None
        return have + len(content)

    def head(self, key: str, count_bytes: int) -> bytes:
        """Return the first bytes of a growing or whole file. Raises NotFound."""
        with self._either(key).open("rb") as file:
            return file.read(count_bytes)

    def complete(self, key: str) -> StoredFile:
        """End the growing of a file, so that it is whole; doing it twice is fine. Raises NotFound."""
        growing, path = self._growing(key), self.folder / key
        if growing.is_file():
            growing.rename(path)
        whole = self.local_path(key)
        with whole.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return StoredFile(key=key, size_bytes=whole.stat().st_size, sha256=digest)

    def _growing(self, key: str) -> Path:
        path = self.folder / key
        return path.with_name(path.name + ".growing")

    def _either(self, key: str) -> Path:
        growing = self._growing(key)
        return growing if growing.is_file() else self.local_path(key)

    def check(self) -> str:
        """Return "ok" or one sentence saying why files cannot be stored now."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if self._free_bytes() < RESERVE_BYTES:
                return "The disk is almost full."
            return "ok" if os.access(self.folder, os.W_OK) else "The folder for files cannot be written."
        except OSError as problem:
            return f"The folder for files is away: {problem.strerror}."


def _full_or(problem: OSError) -> Exception:
    """Return the refusal for a full disk; any other problem as it is."""
    if problem.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return StorageFull(
            "The server's disk is full. What was stored before is safe: ask your admin to make room, then go on."
        )
    return problem
