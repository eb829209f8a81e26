"""What `make run` does once everything is installed: migrate, seed the demo, keep server and worker going together.

One process group: a signal stops both, and neither goes on without the other. Knows the commands, no room.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import FrameType

from interview import config
from interview.config import BadSettings, Settings

GRACE_S = 4  # how long open requests may go on after the signal; longer only keeps streams alive
KILL_AFTER_S = 30  # longer than the worker's drain
LOOK_EVERY_S = 0.1


def main() -> int:
    """Serve until a signal; return 0 after a clean stop, 1 with a sentence on stderr when it cannot go on."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        settings = config.load()
        if taken := why_not_listen(settings):
            return refuse(taken)
        for command in (["db", "upgrade"], *([["demo", "seed", "--if-empty"]] if settings.demo else [])):
            if subprocess.run(flask(*command), check=False).returncode:
                return refuse("Pitchproof did not start: what is wrong is said above.")
    except BadSettings as bad:
        return refuse(*bad.problems)
    except KeyboardInterrupt:
        return refuse("Stopped before anything was started; the next start goes on from here.")
    return Pair(settings).run()


def refuse(*sentences: str) -> int:
    for sentence in sentences:
        print(sentence, file=sys.stderr)
    return 1


def flask(*command: str) -> list[str]:
    return [sys.executable, "-m", "flask", "--app", "wsgi", *command]


def gunicorn(settings: Settings) -> list[str]:
    """Return the command of the web server.

    With keep-alive one of several processes would sometimes take every connection: each gets a socket of its own.
    """
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    command = [sys.executable, "-m", "gunicorn", "wsgi:app", "--bind", f"{host}:{settings.port}"]
    command += ["--worker-class", "gthread", "--threads", str(settings.web_threads)]
    command += ["--workers", str(settings.web_processes), *(["--reuse-port"] if settings.web_processes > 1 else [])]
    return [*command, "--graceful-timeout", str(GRACE_S), "--no-control-socket", "--log-level", "warning"]


def why_not_listen(settings: Settings) -> str | None:
    """Return the sentence for an address that cannot be listened on, before anything is started."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as problem:
        return (
            f"Pitchproof cannot listen on {settings.host} port {settings.port} ({problem.strerror}): "
            f"stop what uses it, or choose another port, for example `PORT={settings.port % 65535 + 1} make run`."
        )
    return None


class Pair:
    """The server and the worker, from their start to the end of both."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.asked_to_stop = False
        self.name_of: dict[int, str] = {}

    def run(self) -> int:
        """Start both, say when they are ready, and wait until both have ended."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.on_signal)
        signal.signal(signal.SIGALRM, lambda _number, _frame: self.pass_on(signal.SIGKILL))
        for name, command in (("server", gunicorn(self.settings)), ("worker", flask("work"))):
            self.name_of[os.posix_spawn(command[0], command, os.environ)] = name
        threading.Thread(target=self.announce, daemon=True).start()
        if self.asked_to_stop:
            self.pass_on(signal.SIGTERM)
        first, exit_code = self.wait_for_one()
        ended_by_itself = not self.asked_to_stop
        if ended_by_itself:
            self.asked_to_stop = True
            self.pass_on(signal.SIGTERM)
        signal.alarm(KILL_AFTER_S)
        while self.name_of:
            self.wait_for_one()
        if ended_by_itself:
            return refuse(f"The {first} ended by itself (exit code {exit_code}), so everything was stopped.")
        return 0

    def on_signal(self, _number: int, _frame: FrameType | None) -> None:
        """Stop both; a second signal waits for nothing."""
        self.pass_on(signal.SIGKILL if self.asked_to_stop else signal.SIGTERM)
        self.asked_to_stop = True

    def pass_on(self, number: int) -> None:
        for pid in self.name_of:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def wait_for_one(self) -> tuple[str, int]:
        """Wait until one of the two has ended; return its name and exit code."""
        pid, status = os.waitpid(-1, 0)
        return self.name_of.pop(pid), os.waitstatus_to_exitcode(status)

    def announce(self) -> None:
        """Print the address, and the demo's sign-in links, once /readyz answers."""
        while not is_ready(self.settings):
            if self.asked_to_stop:
                return
            time.sleep(LOOK_EVERY_S)
        print(f"\nPitchproof is ready at {self.settings.base_url} (Ctrl-C stops it).", flush=True)
        links = demo_links(self.settings.data_dir) if self.settings.demo else []
        if links:
            print("The demo's people sign in with one click:\n" + "\n".join(links), flush=True)


def is_ready(settings: Settings) -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104
    connection = http.client.HTTPConnection(host, settings.port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def demo_links(data_dir: Path) -> list[str]:
    """Return one line for each person of the demo; none where the demo was deleted."""
    try:
        people = json.loads((data_dir / "demo.json").read_text("utf-8"))["people"]
    except FileNotFoundError:
        return []
    return [f"  {one['role'].replace('_', ' '):<15} {one['name']:<22} {one['sign_in_url']}" for one in people]


if __name__ == "__main__":
    sys.exit(main())
