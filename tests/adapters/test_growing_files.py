"""Files that grow: the offset decides, one sender at a time, a full disk or a restart loses nothing."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from interview.adapters.files import LocalFiles
from interview.errors import Conflict, NotFound, StorageFull


def test_a_file_grows_at_its_offset_and_is_whole_only_when_completed(tmp_path: Path):
    files = LocalFiles(tmp_path)
    key = files.begin(suffix=".part")
    assert files.append(key, b"first ", offset_bytes=0) == 6
    for offset in (0, 5, 7):
        with pytest.raises(Conflict) as refusal:
            files.append(key, b"second", offset_bytes=offset)
        assert (refusal.value.reason, refusal.value.fields["offset"]) == ("offset", "6")
    with pytest.raises(NotFound):
        files.local_path(key)
    files = LocalFiles(tmp_path)  # a restarted server
    assert files.grown_bytes(key) == 6
    files.append(key, b"second", offset_bytes=6)
    assert files.head(key, 5) == b"first"
    stored = files.complete(key)
    assert files.complete(key) == stored
    assert (stored.size_bytes, stored.sha256) == (12, hashlib.sha256(b"first second").hexdigest())
    assert files.local_path(key).read_bytes() == b"first second"
    with pytest.raises(NotFound):
        files.append(key, b"third", offset_bytes=12)
    files.delete(key)
    with pytest.raises(NotFound):
        files.grown_bytes(key)


def test_of_six_at_once_one_wins(tmp_path: Path):
    files = LocalFiles(tmp_path)
    key = files.begin(suffix=".part")

    def send(number: int) -> bool:
        try:
            files.append(key, bytes([number]) * 200_000, offset_bytes=0)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(send, range(6))) == 1
    content = files.local_path(files.complete(key).key).read_bytes()
    assert len(content) == 200_000
    assert len(set(content)) == 1


def test_a_full_disk_is_said_and_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    files = LocalFiles(tmp_path)
    key = files.begin(suffix=".part")
    files.append(key, b"stored", offset_bytes=0)
    monkeypatch.setattr(LocalFiles, "_free_bytes", lambda self: 0)
    with pytest.raises(StorageFull, match="What was stored before is safe"):
        files.append(key, b"more", offset_bytes=6)
    with pytest.raises(StorageFull):
        files.begin(suffix=".part")
    monkeypatch.undo()
    assert files.append(key, b" more", offset_bytes=6) == 11
