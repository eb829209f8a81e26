"""Reading a ZIP that a stranger packed: limits on count and unpacked size, plain names, nothing unpacked to a path.

Knows the ZIP format; what the files mean, others decide.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from typing import IO, BinaryIO

from interview.errors import Invalid, TooLarge

MAX_FILES = 25_000
MAX_DIRECTORY_BYTES = 8_000_000
_END, _END_64 = b"PK\x05\x06", b"PK\x06\x07"
_END_BYTES, _END_64_BYTES, _COMMENT_MAX = 22, 20, 65_535
_ENCRYPTED = 0x1
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DAMAGE = (  # what zipfile raises for bytes it did not expect; an empty name is a LookupError
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    RuntimeError,
    ValueError,
    LookupError,
    OSError,
    EOFError,
)
DAMAGED = "The ZIP is damaged: {name} cannot be unpacked. Pack it again."


class Archive:
    """The files of a ZIP by name; folders and what systems add on their own are left out."""

    def __init__(self, source: BinaryIO, *, limit_bytes: int) -> None:
        """Check the directory before anything is unpacked. Raises Invalid or TooLarge."""
        _check_directory(source)
        try:
            self._zip = zipfile.ZipFile(source)
            entries = [one for one in self._zip.infolist() if not one.is_dir()]
        except _DAMAGE:
            raise Invalid(DAMAGED.format(name="its list of files"), reason="bad_zip") from None
        if sum(one.file_size for one in entries) > limit_bytes:
            raise TooLarge(f"Unpacked, the ZIP is larger than the limit of {limit_bytes // 1_000_000} MB.")
        self._entries: dict[str, zipfile.ZipInfo] = {}
        for one in entries:
            _check_entry(one)
            if one.filename in self._entries:
                raise Invalid(f"The ZIP holds {_shown(one.filename)} twice. Pack it again.", reason="bad_zip")
            self._entries[one.filename] = one
        self.names = frozenset(name for name in self._entries if not name.startswith("__MACOSX/"))

    def read(self, name: str, limit_bytes: int) -> bytes:
        """Return at most one byte more than the limit of a file. Raises Invalid."""
        with self.open(name) as file:
            return file.read(limit_bytes + 1)

    def open(self, name: str) -> IO[bytes]:
        """Open a file; it never gives more bytes than its entry says. Raises Invalid, also while it is read."""
        try:
            return _Careful(self._zip.open(self._entries[name]), name)  # type: ignore[return-value]
        except _DAMAGE:
            raise Invalid(DAMAGED.format(name=_shown(name)), reason="bad_zip") from None


class _Careful:
    """A file of a ZIP whose damage is a sentence."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        self._file, self._name = file, name

    def read(self, size: int = -1) -> bytes:
        try:
            return self._file.read(size)
        except _DAMAGE:
            raise Invalid(DAMAGED.format(name=_shown(self._name)), reason="bad_zip") from None

    def __enter__(self) -> _Careful:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _check_directory(source: BinaryIO) -> None:
    """Refuse a directory too large to read, by the sizes at the very end of the file, before zipfile reads it."""
    source.seek(0, 2)
    size = source.tell()
    source.seek(max(0, size - _END_64_BYTES - _END_BYTES - _COMMENT_MAX))
    tail = source.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_BYTES:
        raise Invalid(DAMAGED.format(name="its end is missing, so that it"), reason="bad_zip")
    if tail[max(0, at - _END_64_BYTES) :].startswith(_END_64):
        raise Invalid("The ZIP is in the ZIP64 format, for which a film has no need. Pack it again.", reason="bad_zip")
    count, directory_bytes = struct.unpack_from("<HI", tail, at + 10)
    if count > MAX_FILES or directory_bytes > MAX_DIRECTORY_BYTES:
        raise Invalid(f"The ZIP holds more than {MAX_FILES} files. Pack one film alone.", reason="bad_zip")
    source.seek(0)


def _check_entry(entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    parts = name.split("/")
    if name.startswith("/") or ".." in parts or "\\" in entry.orig_filename or ":" in parts[0]:
        raise Invalid(f"The ZIP holds a file outside of its own folder: {_shown(name)}.", reason="bad_zip")
    if entry.flag_bits & _ENCRYPTED:
        raise Invalid(f"{_shown(name)} in the ZIP is locked with a password. Pack it without one.", reason="bad_zip")
    if entry.compress_type not in _PACKINGS:
        raise Invalid(f"{_shown(name)} is packed in an unusual way. Pack a plain ZIP.", reason="bad_zip")


def _shown(name: str) -> str:
    return "".join(sign if sign.isprintable() else "?" for sign in name)[-80:]
