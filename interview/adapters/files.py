"""Files in a local folder: written to a temporary name, synced, then renamed, so a file is whole or absent.

Knows nothing of who may read them.
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
from pathlib import Path
from typing import BinaryIO

from interview.errors import NotFound, StorageFull, TooLarge
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
        """Remove a file; removing what is gone is fine."""
        (self.folder / key).unlink(missing_ok=True)

    def check(self) -> str:
        """Return "ok" or one sentence saying why files cannot be stored now."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if self._free_bytes() < RESERVE_BYTES:
                return "The disk is almost full."
            return "ok" if os.access(self.folder, os.W_OK) else "The folder for files cannot be written."
        except OSError as problem:
            return f"The folder for files is away: {problem.strerror}."
