"""The server of the red team: the product as it is, behind its own gunicorn command, on clocks that the stage shifts.

Run as a program it imports everything once, then starts and stops the web processes as it is told on standard input.
The settings come from the environment, the clock's file from REDTEAM_CLOCK.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from flask import Flask

from interview import config, serve
from interview.app import create_app
from interview.config import Settings
from interview.web import guard
from tests.redteam.clock import ShiftedClock


def make_app(settings: Settings) -> Flask:
    """Build the product's application and put the shifted clock in front of the one it chose."""
    app = create_app(settings)
    doors: guard.Doors = app.extensions["pitchproof"]
    clock = ShiftedClock(doors.clock, Path(os.environ["REDTEAM_CLOCK"]))
    app.extensions["pitchproof"] = guard.Doors(**{**vars(doors), "clock": clock})
    return app


def start(settings: Settings) -> int:
    """Start the web processes in a process group of their own; return the first one's id."""
    pid = os.fork()
    if pid == 0:
        os.setpgid(0, 0)
        os.close(0)
        serve.gunicorn(settings)
        os._exit(1)
    return pid


def stop(pid: int, *, gently: bool = True) -> None:
    """Stop the web processes as a service manager does, or as a power cut."""
    if pid:
        os.kill(pid, signal.SIGTERM) if gently else os.killpg(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


if __name__ == "__main__":
    settings = config.load()
    app = make_app(settings)
    sys.modules["wsgi"] = sys.modules["__main__"]  # the product's command serves `wsgi:app`: this one
    running = 0
    for word in sys.stdin:
        stop(running, gently=word.strip() != "kill")
        running = start(settings) if word.strip() == "start" else 0
        print(running, flush=True)  # noqa: T201
    stop(running)
