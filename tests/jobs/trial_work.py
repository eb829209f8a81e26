"""Kinds of work that tests put to a worker: effects are rows of the table `trial`, and files say how far one came."""

from __future__ import annotations

import os
import signal
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.orm import Session

from interview import jobs
from interview.ports import Doors


def note(session: Session, what: str) -> None:
    session.execute(text("INSERT INTO trial (what) VALUES (:what)"), {"what": what})


@jobs.handler("trial.note")
def note_it(session: Session, payload: jobs.Payload, /, *, now: datetime, doors: Doors) -> Any:
    note(session, payload["what"])
    return {"noted": payload["what"]}


@jobs.handler("trial.hold")
def hold(session: Session, payload: jobs.Payload, /, *, now: datetime, doors: Doors) -> None:
    """Note it, and stand in the middle of the transaction until the test lets go."""
    note(session, payload["what"])
    folder = Path(payload["folder"])
    (folder / "holding").touch()
    while not (folder / "go").exists():
        time.sleep(0.02)


@jobs.handler("trial.die_after_commit")
def die_after_commit(session: Session, payload: jobs.Payload, /, *, now: datetime, doors: Doors) -> None:
    """Note it, and kill the process when that is stored but before the engine heard of it."""
    note(session, payload["what"])
    event.listen(session, "after_commit", lambda _: os.kill(os.getpid(), signal.SIGKILL))


@jobs.handler("trial.poison", attempts_max=2)
def poison(session: Session, payload: jobs.Payload, /, *, now: datetime, doors: Doors) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def ask(payload: jobs.Payload, /, *, reading: jobs.Sessions, doors: Doors) -> Any:
    """Stand for a paid call: every one is counted in a file."""
    with (Path(payload["folder"]) / "asked").open("a") as counted:
        counted.write("asked\n")
    return {"said": "42"}


@jobs.handler("trial.ask", prepare=ask)
def use_answer(session: Session, payload: jobs.Payload, answer: Any, /, *, now: datetime, doors: Doors) -> None:
    """Use the answer, but only once the test has made that possible."""
    if not (Path(payload["folder"]) / "usable").exists():
        raise RuntimeError("the answer cannot be used yet")
    note(session, answer["said"])


def wait_for_answer(payload: jobs.Payload, /, *, reading: jobs.Sessions, doors: Doors) -> Any:
    """Stand for somebody else's server that hangs, until the test lets go."""
    (Path(payload["folder"]) / "holding").touch()
    while not (Path(payload["folder"]) / "go").exists():
        time.sleep(0.02)
    return {}


@jobs.handler("trial.asks", prepare=wait_for_answer, asks=True)
def note_answer(session: Session, payload: jobs.Payload, answer: Any, /, *, now: datetime, doors: Doors) -> None:
    note(session, payload["what"])


@jobs.handler("trial.refuse", attempts_max=3)
def refuse(session: Session, payload: jobs.Payload, /, *, now: datetime, doors: Doors) -> None:
    note(session, "half done")
    raise jobs.GiveUp(payload["why"]) if payload.get("hopeless") else RuntimeError(payload["why"])
