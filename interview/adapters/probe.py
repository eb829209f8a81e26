"""Looking into an uploaded film: in a process of its own, with limits, because the file is a stranger's.

Knows how to run the child and nothing of what makes a film acceptable.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from interview.errors import Invalid
from interview.ports import ProbedFilm

CHILD = Path(__file__).with_name("probe_child.py")
WALL_S = 300
UNREADABLE = "The file is damaged and cannot be read. Play it on your computer, then upload the original again."


class FilmProbe:
    """A ports.FilmProbe that runs probe_child.py."""

    def probe(self, path: Path, container: str) -> ProbedFilm:
        """Measure a film by its packets. Raises Invalid when it cannot be read within the limits."""
        command = [sys.executable, "-I", str(CHILD), container, str(path)]
        try:
            run = subprocess.run(command, capture_output=True, timeout=WALL_S, check=False, env={}, cwd="/")
            found = json.loads(run.stdout) if run.returncode == 0 else None
        except (subprocess.TimeoutExpired, ValueError):
            found = None
        if found is None:
            raise Invalid(UNREADABLE, reason="unreadable_film")
        return ProbedFilm(**found)
