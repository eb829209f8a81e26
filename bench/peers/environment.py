"""A virtual environment for each peer, made at the first benchmark and kept in the user's cache, never in the project.

What cannot be installed is not measured; the reason is printed in its row.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "pitchproof-bench"
INSTALL_S = 600


class NotMeasured(Exception):
    """A peer that cannot be measured here; the message says why."""


def environment(name: str, packages: list[str]) -> Path:
    """Return the Python of an environment with these packages, installing them when they are not there yet."""
    folder = CACHE / f"{name}-{sys.version_info.major}.{sys.version_info.minor}"
    python, stamp = folder / "bin" / "python", folder / "installed.json"
    if stamp.exists() and json.loads(stamp.read_text()) == packages and python.exists():
        return python
    print(f"Installing {', '.join(packages)} into {folder} (once) ...", flush=True)
    try:
        shutil.rmtree(folder, ignore_errors=True)
        _call([sys.executable, "-m", "venv", str(folder)])
        _call([str(python), "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", *packages])
        stamp.write_text(json.dumps(packages))
    except OSError as problem:
        raise NotMeasured(f"{name} could not be installed: {problem}") from problem
    return python


def version(python: Path, package: str) -> str:
    """Return which version of a package an environment has."""
    ask = f"from importlib.metadata import version; print(version({package!r}))"
    return _call([str(python), "-c", ask]).strip()


def run_tool(command: list[str], environ: dict[str, str], given: str = "") -> str:
    """Run a peer's own command on what it is given, return what it printed; raise NotMeasured with its last words."""
    return _call(command, environ, given)


def _call(command: list[str], environ: dict[str, str] | None = None, given: str = "") -> str:
    try:
        ended = subprocess.run(
            command,
            env={**os.environ, **(environ or {})},
            input=given,
            capture_output=True,
            text=True,
            timeout=INSTALL_S,
        )
    except subprocess.TimeoutExpired as late:
        raise NotMeasured(f"{Path(command[0]).name} took more than {INSTALL_S} s") from late
    if ended.returncode:
        lines = [line for line in (ended.stderr + ended.stdout).splitlines() if line.strip()]
        telling = [line for line in lines if re.search("error|cannot|could not", line, re.IGNORECASE)] or lines
        raise NotMeasured((telling or ["no reason was given"])[-1].strip()[:200])
    return ended.stdout
