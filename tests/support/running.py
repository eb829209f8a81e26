"""A `make run` of the tests: started in a process group of its own, read line by line, never left behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READY = "Pitchproof is ready at "
PATIENCE_S = 600  # for a set-up from nothing on a busy machine; whoever hangs longer is killed
SERVE = (sys.executable, "-m", "interview.serve")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Running:
    """A started product: its process, its address, what it has printed so far."""

    process: subprocess.Popen[str]
    url: str
    lines: list[str] = field(default_factory=list)

    def wait_until_ready(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(line)
            if READY in line:
                return
        raise AssertionError(f"It ended before it was ready:\n{''.join(self.lines)}")

    def children(self) -> list[int]:
        """Return the process ids of server and worker, in the order of their start."""
        listing = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(self.process.pid)], capture_output=True, text=True, check=True
        )
        return sorted(int(pid) for pid in listing.stdout.split())

    def get(self, path: str) -> tuple[int, bytes]:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(self.url + path) as answer:
            return answer.status, answer.read()

    def end(self) -> tuple[int, str]:
        """Wait for the end; return the exit code and everything that was printed."""
        rest, _ = self.process.communicate()
        return self.process.returncode, "".join([*self.lines, rest])

    def stop(self, *, whole_group: bool = False, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Send a signal, to the whole group as a terminal does, and wait for the end."""
        (os.killpg if whole_group else os.kill)(self.process.pid, number)
        return self.end()


@contextmanager
def running(
    data_dir: Path, *, command: tuple[str, ...] = SERVE, cwd: Path = ROOT, home: Path | None = None, **settings: str
) -> Iterator[Running]:
    """Start the product on a free port with settings of its own; whatever is left of it at the end is killed."""
    port = settings.get("PORT") or str(free_port())
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MAKE") and name != "MFLAGS"}
    environment = {**inherited, "DEMO": "0", "DATA_DIR": str(data_dir), "HOST": "127.0.0.1", "PORT": port, **settings}
    if home:
        environment["HOME"] = str(home)
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )

    def kill_the_group() -> None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)

    watchdog = threading.Timer(PATIENCE_S, kill_the_group)
    watchdog.start()
    try:
        yield Running(process, f"http://127.0.0.1:{port}")
    finally:
        watchdog.cancel()
        kill_the_group()
        with process:
            pass  # waits for it and closes its pipe


def demo_index(data_dir: Path) -> dict[str, list[dict[str, str]]]:
    index: dict[str, list[dict[str, str]]] = json.loads((data_dir / "demo.json").read_text("utf-8"))
    return index
