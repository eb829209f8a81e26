"""What tests of watching share: films in the store, probed, and a player that speaks the protocol over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from interview import jobs
from interview.adapters.files import LocalFiles
from interview.db import writing
from interview.watch import service
from interview.watch.models import Material, MaterialVersion, Watch, WatchBudget
from interview.watch.rules.captions import Cue
from interview.watch.rules.material import Kind, MaterialText, VersionState
from interview.watch.rules.ranges import decode
from tests.support.cast import Cast
from tests.support.clock import HandClock
from tests.support.films import make_film
from tests.support.pages import Browser

CUES = (Cue(0, 1000, "Welcome."), Cue(1000, 2000, "This is <b> & more."))


@pytest.fixture(scope="session")
def short_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A WebM of two seconds."""
    return make_film(tmp_path_factory.mktemp("films") / "short.webm")


@pytest.fixture
def run_jobs(app: Flask, session: Session, clock: HandClock) -> Callable[[], None]:
    """Carry out all waiting background jobs, here and now."""

    def run() -> None:
        doors = app.extensions["pitchproof"]
        sessions = lambda: Session(session.get_bind())  # noqa: E731
        with sessions() as looking:
            waiting = jobs.due(looking, now=clock.now(), count_max=100)
        for one in waiting:
            jobs.perform(sessions, one.job_id, one.round, worker="test", clock=clock, doors=doors)
        session.rollback()

    return run


def media_url(browser: Browser, material_id: int) -> str:
    """Return the address that the candidate's page gives the player, with its key."""
    (video,) = browser.page(f"/prep/material/{material_id}").all("video")
    return video.get("data-stream") or video["src"]


@dataclass
class Films:
    """Makes material without the detour over upload and probe: ready, with a length the test chooses."""

    cast: Cast
    files: LocalFiles
    film: Path
    made: list[int] = field(default_factory=list)

    def add(
        self,
        *,
        duration_ms: int = 600_000,
        title: str = "Explainer",
        required: bool = True,
        job: str = "job",
        need_permille: int = 950,
    ) -> int:
        session, now = self.cast.session, self.cast.clock.now()
        manager = self.cast.actor("mara" if job == "job" else "otto")
        with writing(session):
            stored = service.keep_film(self.files, BytesIO(self.film.read_bytes()), limit_bytes=10**9)
            text = MaterialText(title, Kind.EXPLAINER, required, need_permille)
            owner = self.cast.job if job == "job" else session.get_one(type(self.cast.job), self.cast.other_job_id)
            added = service.add_material(session, manager, owner, text, stored, CUES, now=now)
            _ready(added, duration_ms)
            self.made.append(added.id)
            return added.id

    def replace(self, material_id: int, *, duration_ms: int, asks_again: bool = False, more: bytes = b"\0") -> None:
        """Put a second, ready version in place; a byte more makes it another file."""
        session = self.cast.session
        with writing(session):
            stored = service.keep_film(self.files, BytesIO(self.film.read_bytes() + more), limit_bytes=10**9)
            found = service.material(session, material_id)
            mara, now = self.cast.actor("mara"), self.cast.clock.now()
            service.replace_film(session, mara, found, stored, asks_again=asks_again, now=now)
            _ready(found, duration_ms)


def _ready(material: Material, duration_ms: int) -> None:
    version: MaterialVersion = material.newest
    version.state, version.duration_ms = VersionState.READY, duration_ms
    version.video_codec, version.width, version.height = "vp8", 160, 120
    material.ready_number = version.number


@pytest.fixture
def films(app: Flask, cast: Cast, short_film: Path) -> Films:
    """A maker of ready material."""
    return Films(cast, app.extensions["pitchproof"].files, short_film)


@dataclass
class Player:
    """A client of the protocol, as others write one: it knows WATCH.md and nothing of the code."""

    browser: Browser
    clock: HandClock
    material_id: int
    lease: str = ""
    seq: int = 0
    opened: dict[str, Any] = field(default_factory=dict)
    at_ms: int = 0  # when the lease was opened, on the test's clock
    token: str = ""

    def open(self) -> Player:
        self.token = self.token or self.browser.csrf()
        answer = self.browser.post(f"/watch/{self.material_id}/lease", json={}, headers={"X-CSRFToken": self.token})
        assert answer.status_code == 201, answer.text
        self.opened = answer.get_json()
        self.lease, self.seq, self.at_ms = self.opened["lease"], 0, self.clock.steady_ms
        return self

    def beat(self, *segs: tuple[int, int], **fields: Any) -> dict[str, Any]:
        """The fields of a good beat, each of which may be replaced."""
        self.seq += 1
        return {
            "v": 1,
            "seq": self.seq,
            "segs": [[start, end, 100, 0, 0] for start, end in segs],
            "pos": segs[-1][1] if segs else 0,
            "state": "playing",
            "mono": self.clock.steady_ms - self.at_ms,
            "hid": 0,
            "mut": 0,
            "qn": 0,
            **fields,
        }

    def post(self, body: Any, **kwargs: Any) -> TestResponse:
        path = f"/watch/lease/{kwargs.pop('lease', self.lease)}/beat"
        return self.browser.post(path, json=body, headers={"X-CSRFToken": self.token}, **kwargs)

    def send(self, *segs: tuple[int, int], status: int = 200, **fields: Any) -> dict[str, Any]:
        answer = self.post(self.beat(*segs, **fields))
        assert answer.status_code == status, f"{answer.status_code}, wanted {status}: {answer.text}"
        return answer.get_json()

    def play(
        self, start: int, end: int, *, speed: float = 1.0, every_ms: int = 10_000, answers: bool = True
    ) -> dict[str, Any]:
        """Play in virtual time, one beat every ten seconds, answering what is asked; return the last answer."""
        duration_ms, answer, at = self.opened["duration_ms"], {}, start
        while at < end:
            upto = min(end, at + int(every_ms * speed))
            self.clock.forward(milliseconds=(upto - at) / speed)
            answer = self.send((at, upto), state="ended" if upto >= duration_ms else "playing")
            if answers and answer["checkpoint"]:
                answer |= self.tick(answer["checkpoint"])
            at = upto
        return answer

    def make_up(self) -> dict[str, Any]:
        """Play again the stretches around checkpoints that were passed while offline; return the last answer."""
        self.clock.forward(seconds=1)
        answer = self.send()
        for start, end in answer["unconfirmed"]:
            answer = self.play(start, end)
        return answer

    def answer(self, checkpoint_id: str, option: int | str, *, lease: str = "") -> TestResponse:
        """Answer at a checkpoint."""
        path = f"/watch/lease/{lease or self.lease}/checkpoint/{checkpoint_id}"
        return self.browser.post(path, json={"answer": option}, headers={"X-CSRFToken": self.token})

    def tick(self, checkpoint: dict[str, Any]) -> dict[str, Any]:
        """Answer a checkpoint by choosing the word that it shows."""
        answer = self.answer(checkpoint["id"], checkpoint["prompt"].rpartition(" ")[2])
        assert answer.status_code == 200, answer.text
        return answer.get_json()


@pytest.fixture
def player(cast: Cast, films: Films, clock: HandClock) -> Player:
    """Cleo's player with an open lease on a film of ten minutes."""
    return Player(cast.browser("cleo"), clock, films.add()).open()


@dataclass
class Look:
    """What is stored, read past the product."""

    session: Session

    def watch(self, candidate_id: int, material_id: int) -> Watch | None:
        self.session.rollback()
        return self.session.scalar(
            select(Watch)
            .where(Watch.candidate_id == candidate_id, Watch.material_id == material_id)
            .order_by(Watch.material_version.desc())
        )

    def covered(self, candidate_id: int, material_id: int) -> tuple[tuple[int, int], ...]:
        row = self.watch(candidate_id, material_id)
        return decode(row.covered) if row else ()

    def everything(self) -> list[tuple[Any, ...]]:
        """All of watching, to see that nothing changed."""
        self.session.rollback()
        watches = self.session.execute(select(*Watch.__table__.columns)).all()
        budgets = self.session.execute(select(WatchBudget.candidate_id, WatchBudget.budget_ms)).all()
        return sorted(map(tuple, watches), key=repr) + sorted(map(tuple, budgets))


@pytest.fixture
def look(session: Session) -> Look:
    """Eyes on the tables."""
    return Look(session)
