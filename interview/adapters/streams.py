"""Cutting films into segments and measuring segments: in a process of its own, with limits, as for the probe.

Knows how to run the child and nothing of what makes a stream acceptable.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from interview.errors import Invalid, StorageFull
from interview.ports import ProbedFilm, ProbedStream, SegmentFile

CHILD = Path(__file__).with_name("streams_child.py")
WALL_S = 1200
RESERVE_BYTES = 64_000_000
UNCUT = "It could not be cut into segments, because its packets cannot be copied into them."
UNREADABLE = "{name} is damaged and cannot be read. Export the film again."


class StreamTools:
    """A ports.StreamTools that runs streams_child.py; what it cuts lies in `folder` until it was taken."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def cut(self, path: Path, container: str) -> Iterator[Path]:
        """Give a folder with index.m3u8 and its files, made by copying packets. Raises Invalid or StorageFull."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(self.folder).free < RESERVE_BYTES + 3 * path.stat().st_size:
            raise StorageFull("The server's disk has no room for its segments.")
        with tempfile.TemporaryDirectory(dir=self.folder) as made:
            if _run({"cut": str(path), "container": container, "into": made}) is None:
                raise Invalid(UNCUT, reason="uncut")
            yield Path(made)

    def probe(self, segments: Sequence[SegmentFile]) -> ProbedStream:
        """Measure the segments of one rendition by their packets. Raises Invalid naming the one that is unreadable."""
        files = [(str(one.path), None if one.init is None else str(one.init)) for one in segments]
        found = _run({"look": files})
        if found is None:
            raise Invalid(UNREADABLE.format(name="A segment"), reason="unreadable_segment")
        if "unreadable" in found:
            name = f"Segment {found['unreadable'] + 1} of {len(files)}"
            raise Invalid(UNREADABLE.format(name=name), reason="unreadable_segment")
        return ProbedStream([(start, end) for start, end in found["spans_ms"]], ProbedFilm(**found["film"]))


def _run(task: dict[str, Any]) -> dict[str, Any] | None:
    """Have the child do it; None when it fails or takes too long."""
    command = [sys.executable, "-I", str(CHILD)]
    given = json.dumps(task).encode()
    try:
        run = subprocess.run(command, input=given, capture_output=True, timeout=WALL_S, check=False, env={}, cwd="/")
        found: dict[str, Any] | None = json.loads(run.stdout) if run.returncode == 0 else None
    except (subprocess.TimeoutExpired, ValueError):
        return None
    return found
