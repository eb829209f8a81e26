"""Cutting the sound of a recording into parts at quiet places: in a process of its own, with limits, as for the probe.

Knows how to run the child and nothing of what the parts are for.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from interview.errors import Invalid, StorageFull
from interview.ports import SoundPart

CHILD = Path(__file__).with_name("audio_child.py")
WALL_S = 2400
RESERVE_BYTES = 64_000_000
UNREADABLE = "The sound of the recording cannot be read. Upload the recording again, or a transcript of it."


class SoundCutter:
    """A ports.SoundCutter that runs audio_child.py; the parts lie in `folder` until they were taken."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def cut(self, path: Path, container: str, *, longest_s: float) -> Iterator[list[SoundPart]]:
        """Give the sound as files of mono Opus at 16 kHz, in order. Raises Invalid or StorageFull."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(self.folder).free < RESERVE_BYTES + 25_000_000:
            raise StorageFull("The server's disk has no room for the sound of the recording.")
        with tempfile.TemporaryDirectory(dir=self.folder) as made:
            task = {"path": str(path), "container": container, "into": made, "longest_s": longest_s}
            try:
                run = subprocess.run(
                    [sys.executable, "-I", str(CHILD)],
                    input=json.dumps(task).encode(),
                    capture_output=True,
                    timeout=WALL_S,
                    check=False,
                    env={"OPENBLAS_NUM_THREADS": "1"},
                    cwd="/",
                )
                found = json.loads(run.stdout) if run.returncode == 0 else None
            except (subprocess.TimeoutExpired, ValueError):
                found = None
            if not found:
                raise Invalid(UNREADABLE, reason="unreadable_sound")
            yield [SoundPart(Path(one["path"]), one["start_ms"], one["end_ms"]) for one in found["parts"]]
