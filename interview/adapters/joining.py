"""Joining the parts of a recording into one film or sound: in a process of its own, with limits, as for the probe.

Knows how to run the child and nothing of whose recording it is.
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

from interview.errors import Invalid, StorageFull
from interview.ports import JoinedFile

CHILD = Path(__file__).with_name("joining_child.py")
WALL_S = 1200
RESERVE_BYTES = 64_000_000
SENTENCES = {
    "codecs": (
        "Its picture or sound is of a kind that browsers do not play ({words}). "
        "Export it as MP4 with H.264 and AAC, and send it again."
    ),
    "mixed": (
        "Its parts do not fit together: they were recorded in different browsers, "
        "or with different cameras or screens. Record all of it with the same ones, or upload one file."
    ),
}
UNREADABLE = "The file is damaged and cannot be read. Play it on your computer, then send the original again."


class RecordingJoiner:
    """A ports.Joiner that runs joining_child.py; what it makes lies in `folder` until it was taken."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def join(self, parts: Sequence[tuple[Path, str]]) -> Iterator[JoinedFile]:
        """Copy the packets of parts (file, container) one behind the other. Raises Invalid or StorageFull."""
        size_bytes = sum(path.stat().st_size for path, _ in parts)
        self.folder.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(self.folder).free < RESERVE_BYTES + 3 * size_bytes:
            raise StorageFull("The server's disk has no room to prepare the recording.")
        with tempfile.TemporaryDirectory(dir=self.folder) as made:
            task = {
                "parts": [(str(path), container) for path, container in parts],
                "into": made,
                "limit_bytes": size_bytes + size_bytes // 2 + 10_000_000,
            }
            command = [sys.executable, "-I", str(CHILD)]
            given = json.dumps(task).encode()
            try:
                run = subprocess.run(
                    command, input=given, capture_output=True, timeout=WALL_S, check=False, env={}, cwd="/"
                )
                found = json.loads(run.stdout) if run.returncode == 0 else {}
            except (subprocess.TimeoutExpired, ValueError):
                found = {}
            if "refused" in found:
                raise Invalid(SENTENCES[found["refused"]].format(words=found["words"]), reason=found["refused"])
            if "duration_ms" not in found:
                raise Invalid(UNREADABLE, reason="unreadable_recording")
            name = f"joined.{found['container']}"
            yield JoinedFile(
                Path(made) / name,
                found["container"],
                found["duration_ms"],
                found["video_codec"],
                found["audio_codec"],
            )
