"""Starting what is measured: a process on a free port, awaited until it answers, stopped with all its children."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from interview import config

START_S = 60.0


@dataclass(frozen=True)
class Server:
    """A running server."""

    port: int
    process: psutil.Process

    def cpu_s(self) -> float:
        """Return the processor time that it and its children have taken."""
        processes = [self.process, *self.process.children(recursive=True)]
        return float(sum(one.cpu_times().user + one.cpu_times().system for one in processes))


def free_port() -> int:
    """Return a port nobody listens on now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def running(
    command: list[str], port: int, environ: Mapping[str, str], *, path: str, cwd: Path | None = None
) -> Iterator[Server]:
    """Run a server, from its first answer at `path` until the block ends; raise RuntimeError with its last words."""
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, env={**os.environ, **environ}, cwd=cwd, stdout=said, stderr=said)
        server = Server(port, psutil.Process(process.pid))
        try:
            _wait_until_answering(port, path, process)
            yield server
        except _NeverReady as never:
            said.seek(0)
            last = said.read()[-2000:].decode(errors="replace")
            raise RuntimeError(f"{command[0]} did not start on port {port}: {last}") from never
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def gunicorn(python: str, app: str, port: int) -> list[str]:
    """Return the command of gunicorn with the processes and threads of `make run` (WEB_PROCESSES, WEB_THREADS)."""
    defaults = config.load({**os.environ, "SECRET_KEY": "x" * 32})
    command = [python, "-m", "gunicorn", app, "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread"]
    command += ["--workers", str(defaults.web_processes), "--threads", str(defaults.web_threads)]
    command += ["--reuse-port"] if defaults.web_processes > 1 else []
    return [*command, "--no-control-socket", "--log-level", "warning"]


class _NeverReady(Exception):
    pass


def _wait_until_answering(port: int, path: str, process: subprocess.Popen[bytes]) -> None:
    """Wait for an answer, not for the port: a server listens before it has imported what it serves."""
    deadline = time.monotonic() + START_S
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=START_S)
        try:
            connection.request("GET", path)
            if connection.getresponse().status < 500:
                return
        except OSError:
            pass
        finally:
            connection.close()
        if time.monotonic() > deadline or process.poll() is not None:
            raise _NeverReady
        time.sleep(0.05)
