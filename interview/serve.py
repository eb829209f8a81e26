"""What `make run` does once everything is installed: migrate, seed the demo, keep server and worker going together.

Wiring: it runs the same commands a person could, in processes that share one import of the application.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from interview import config
from interview.config import BadSettings, Settings

if TYPE_CHECKING:
    from flask import Flask

GRACE_S = 4  # how long open requests may go on after the signal; longer only keeps streams alive
KILL_AFTER_S = 30  # longer than the worker's drain
LOOK_EVERY_S = 0.05
STOPS = (signal.SIGTERM, signal.SIGINT)


def main() -> int:
    """Serve until a signal; return 0 after a clean stop, 1 with a sentence on stderr when it cannot go on."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        settings = config.load()
        if taken := why_not_listen(settings):
            return refuse(taken)
        return Pair(prepared_app(settings), settings).run()
    except BadSettings as bad:
        return refuse(*bad.problems)
    except DatabaseAway as away:
        return refuse(str(away))
    except KeyboardInterrupt:
        return refuse("Stopped before anything was started; the next start goes on from here.")


def refuse(*sentences: str) -> int:
    for sentence in sentences:
        print(sentence, file=sys.stderr)
    return 1


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


class DatabaseAway(Exception):
    """The database does not do what it is asked; the message says which and what it answered."""


def prepared_app(settings: Settings) -> Flask:
    """Import the application, bring its database to the newest version and fill an empty one (demo, rubrics).

    It is imported once, here, because it takes longer than everything else of a start together. Raises DatabaseAway.
    """
    from sqlalchemy.exc import SQLAlchemyError

    from interview.web.database import database
    from wsgi import app

    try:
        command(app, "db", "upgrade")
        if settings.demo:
            command(app, "demo", "seed", "--if-empty")
        command(app, "rubric", "begin")
    except SQLAlchemyError as problem:
        with app.app_context():
            url = database.engine.url.render_as_string(hide_password=True)
        cause = str(getattr(problem, "orig", None) or problem).strip().splitlines()[0]
        raise DatabaseAway(f"The database {url} cannot be used: {cause}") from problem
    with app.app_context():
        database.engine.dispose()  # a connection must not be shared with the processes to come
    return app


def command(app: Flask, *words: str) -> None:
    """Run one command of `flask --app wsgi` in this process; one that refuses says why and ends it."""
    from flask.cli import ScriptInfo

    app.cli.main(list(words), "flask --app wsgi", standalone_mode=False, obj=ScriptInfo(create_app=lambda: app))


def gunicorn(settings: Settings) -> None:
    """Become the web server.

    With keep-alive one of several processes would sometimes take every connection: each gets a socket of its own.
    """
    from gunicorn.app.wsgiapp import run

    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    options = ["wsgi:app", "--bind", f"{host}:{settings.port}", "--worker-class", "gthread"]
    options += ["--threads", str(settings.web_threads), "--workers", str(settings.web_processes)]
    options += ["--reuse-port"] if settings.web_processes > 1 else []
    sys.argv = ["gunicorn", *options, "--graceful-timeout", str(GRACE_S), "--no-control-socket", "--log-level=warning"]
    run()


class Pair:
    """The server and the worker, from their start to the end of both."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        self.app, self.settings = app, settings
        self.asked_to_stop = False
        self.name_of: dict[int, str] = {}

    def run(self) -> int:
        """Start both, say when they are ready, and wait until both have ended."""
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)  # a signal that comes now waits until there is what to stop
        self.start("server", lambda: gunicorn(self.settings))
        self.start("worker", lambda: command(self.app, "work"))
        for number in STOPS:
            signal.signal(number, self.on_signal)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
        threading.Thread(target=self.announce, daemon=True).start()
        first, exit_code = self.wait_for_one()
        ended_by_itself = not self.asked_to_stop
        if ended_by_itself:
            self.on_signal()
        signal.signal(signal.SIGALRM, lambda _number, _frame: self.pass_on(signal.SIGKILL))
        signal.alarm(KILL_AFTER_S)
        while self.name_of:
            self.wait_for_one()
        if ended_by_itself:
            return refuse(f"The {first} ended by itself (exit code {exit_code}), so everything was stopped.")
        return 0

    def start(self, name: str, work: Callable[[], None]) -> None:
        """Start one of the two in a process of its own."""
        pid = os.fork()
        if pid == 0:
            for number in STOPS:
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
            work()
            sys.exit(0)
        self.name_of[pid] = name

    def on_signal(self, _number: int = 0, _frame: FrameType | None = None) -> None:
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
