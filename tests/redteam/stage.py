"""The stage: a database, a server on it, jobs and films and candidates, a clock to move, and eyes on the tables.

Everything is made through the product's services; only what has no service yet is written as rows.
"""

from __future__ import annotations

import importlib
import os
import random
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from interview import audit, config, db, jobs
from interview.access import SYSTEM, Role
from interview.adapters.files import LocalFiles
from interview.app import ROOMS, create_app
from interview.config import Settings
from interview.db import writing
from interview.hiring import service as hiring
from interview.hiring.models import Application, Job
from interview.hiring.rules import Gate
from interview.knowledge import service as knowledge
from interview.knowledge.rules import CheckSettings, QuestionText
from interview.people import service as people
from interview.people.models import Person
from interview.watch import models, service
from interview.watch.rules.captions import Cue, write_captions
from interview.watch.rules.material import Kind, MaterialText, Source, VersionState
from interview.watch.rules.ranges import decode
from interview.web import guard
from tests.redteam.clock import StageClock
from tests.redteam.player import Player, Visitor
from tests.support.films import make_film
from tests.support.postgres import Postgres
from tests.support.running import free_port

ROOT = Path(__file__).resolve().parents[2]
START_MS, RATE = 2000, 2
READY_S = 60
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # a power cut is not among the attacks
CUES = (Cue(0, 1000, "Welcome."), Cue(1000, 2000, "This is what it does."))


@dataclass(frozen=True)
class Configuration:
    """One way to run the product."""

    database: str
    processes: int

    def __str__(self) -> str:
        """Return its name in the report."""
        return f"{self.database}, {self.processes} web process{'es' if self.processes > 1 else ''}"


@dataclass
class Stage:
    """One running server with everything around it."""

    configuration: Configuration
    settings: Settings
    clock: StageClock
    engine: Engine
    postgres: Postgres | None
    film: Path
    clock_file: Path
    launcher: subprocess.Popen[str] | None = None
    server_pid: int = 0
    chromium: Any = None  # a browser of Playwright, where the case may have one
    addresses: Iterator[int] = field(default_factory=lambda: count(1))
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    manager_id: int = 0
    recruiter_id: int = 0

    # -- the server ------------------------------------------------------------------------------------------------

    def launch(self) -> None:
        """Import the product in a process that starts and stops the web processes."""
        environ = {
            **os.environ,
            "DATABASE_URL": self.settings.database_url.replace("+psycopg", ""),
            "DATA_DIR": str(self.settings.data_dir),
            "DEMO": "0",
            "HOST": "127.0.0.1",
            "PORT": str(self.settings.port),
            "SECRET_KEY": self.settings.secret_key,
            "WEB_PROCESSES": str(self.configuration.processes),
            "TRUSTED_PROXIES": "1",
            "REDTEAM_CLOCK": str(self.clock_file),
        }
        command, pipe = [sys.executable, "-m", "tests.redteam.server"], subprocess.PIPE
        self.launcher = subprocess.Popen(command, cwd=ROOT, env=environ, stdin=pipe, stdout=pipe, text=True)

    def _tell(self, word: str) -> int:
        assert self.launcher is not None
        assert self.launcher.stdin is not None
        assert self.launcher.stdout is not None
        self.launcher.stdin.write(f"{word}\n")
        self.launcher.stdin.flush()
        return int(self.launcher.stdout.readline() or 0)

    def start(self) -> None:
        """Start the web processes and wait until they answer."""
        self.server_pid = self._tell("start")
        deadline = time.monotonic() + READY_S
        while not self._answers():
            if not self.server_pid or time.monotonic() > deadline:
                raise RuntimeError("The server of the red team did not start.")
            time.sleep(0.02)

    def _answers(self) -> bool:
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"{self.url}/healthz", timeout=5):
                return True
        except OSError:
            return False

    def stop(self, *, gently: bool = True) -> None:
        """Stop the web processes."""
        self.server_pid = self._tell("stop" if gently else "kill")

    def end(self) -> None:
        """Stop everything."""
        if self.launcher is not None and self.launcher.stdin is not None:
            self.launcher.stdin.close()
            self.launcher.wait(30)

    def restart_database(self) -> None:
        """Take the database away from under the server and bring it back; SQLite lives and dies with the server."""
        self.engine.dispose()
        if self.postgres is None:
            self.stop(gently=False)
            self.start()
        else:
            with self.postgres.away():
                pass

    @property
    def url(self) -> str:
        """Return the server's address."""
        return f"http://127.0.0.1:{self.settings.port}"

    @property
    def slack_ms(self) -> int:
        """Return by how much the clocks of the web processes may differ: PostgreSQL is asked by each, now and then."""
        return 250 if self.postgres is not None else 0

    # -- people, jobs, material ------------------------------------------------------------------------------------

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Lend a session on the server's database."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Lend a session in a writing transaction."""
        with self.session() as session, writing(session):
            yield session

    def people(self) -> None:
        """Add the hiring manager and the recruiter that all jobs have."""
        now = self.clock.now()
        with self.writing() as session:
            one = people.add_person(
                session, SYSTEM, email="mara@example.org", name="Mara Manager", role=Role.HIRING_MANAGER, now=now
            )
            other = people.add_person(
                session, SYSTEM, email="rita@example.org", name="Rita Recruiter", role=Role.RECRUITER, now=now
            )
            self.manager_id, self.recruiter_id = one.id, other.id

    def manager(self, session: Session) -> Any:
        """Return the hiring manager as an actor."""
        return hiring.actor_of(session, session.get_one(Person, self.manager_id))

    def team(self, person_id: int) -> Visitor:
        """Return a browser in which a member of the team is signed in."""
        with self.writing() as session:
            person = session.get_one(Person, person_id)
            token = people.make_sign_in_link(session, SYSTEM, person, now=self.clock.now())
        visitor = self.visitor()
        visitor.open_link(f"/sign-in/{token}")
        return visitor

    def visitor(self, address: str = "") -> Visitor:
        """Return a browser that nobody is signed in with, at an address of its own on the net."""
        number = next(self.addresses)
        return Visitor(self.url, address or f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}")

    def job(self, gate: Gate = Gate.REQUIRED) -> int:
        """Add a job whose pitch opens when the preparation is done."""
        text = hiring.JobText(
            title=f"Account Executive {next(self.numbers)}",
            brief="Sell us our own product.",
            buyer_persona="A busy head of operations.",
            questions="What does it not do?",
            contact="rita@example.org",
            gate=gate,
            pitch_min=30,
            scorecard_due_h=24,
        )
        with self.writing() as session:
            return hiring.create_job(session, self.manager(session), text, now=self.clock.now()).id

    def add_film(
        self,
        job_id: int,
        *,
        duration_ms: int = 600_000,
        title: str = "Explainer",
        cues: tuple[Cue, ...] = CUES,
        excluded: tuple[tuple[int, int], ...] = (),
    ) -> int:
        """Add a required film of any length, ready, without the detour over upload and probe."""
        with self.writing() as session:
            manager, job = self.manager(session), hiring.job(session, job_id)
            stored = service.keep_film(self.files, BytesIO(self.film.read_bytes()), limit_bytes=10**9)
            text = MaterialText(title, Kind.EXPLAINER)
            added = service.add_material(session, manager, job, text, stored, cues, now=self.clock.now())
            _ready(added, duration_ms)
            if excluded:
                service.edit_material(session, manager, added, text, excluded, now=self.clock.now())
            return added.id

    def replace_film(self, material_id: int, *, duration_ms: int) -> None:
        """Put a second version in place; one byte more makes it another file."""
        with self.writing() as session:
            stored = service.keep_film(self.files, BytesIO(self.film.read_bytes() + b"\0"), limit_bytes=10**9)
            found = service.material(session, material_id)
            service.replace_film(session, self.manager(session), found, stored, now=self.clock.now())
            _ready(found, duration_ms)

    def require(self, material_id: int, permille: int) -> None:
        """Ask for another share of a film, as the recruiter may at any time."""
        with self.writing() as session:
            found = service.material(session, material_id)
            text = MaterialText(found.title, Kind(found.kind), found.required, permille)
            excluded = decode(found.ready.excluded) if found.ready else ()
            service.edit_material(session, self.manager(session), found, text, excluded, now=self.clock.now())

    def upload(self, job_id: int, seconds: float, title: str = "Film", *, in_segments: bool = False) -> int:
        """Upload a real film through the page and look into it as the worker does."""
        place = self.settings.data_dir / f"film-{next(self.numbers)}"
        if in_segments:
            path = make_film(
                place.with_suffix(".mp4"), seconds=seconds, fps=5, video="libx264", audio=None, key_every=20
            )
        else:
            path = make_film(place.with_suffix(".webm"), seconds=seconds, audio="libopus" if seconds < 10 else None)
        captions = "WEBVTT\n\n00:00.000 --> 00:01.000\nWelcome.\n"
        fields = {"title": title, "kind": "explainer", "required": "y", "need_pct": "95"}
        fields |= {"in_segments": "y"} if in_segments else {}
        mara = self.team(self.manager_id)
        fields["csrf_token"] = mara.csrf()
        files = {"film": (path.name, path.read_bytes()), "captions": ("film.vtt", captions.encode())}
        body, kind = _multipart(fields, files)
        of_others = self._due()
        answer = mara.ask("POST", f"/jobs/{job_id}/materials", body, {"Content-Type": kind})
        assert answer.status == 303, answer.text[:500]
        self._work(of_others)
        self._work(of_others)  # what the first round left for later
        return int(answer.headers["location"].rpartition("/")[2])

    def _due(self) -> dict[int, jobs.Handed]:
        with self.session() as looking:
            return {one.job_id: one for one in jobs.due(looking, now=self.clock.now(), count_max=100_000)}

    def _work(self, of_others: dict[int, jobs.Handed]) -> None:
        doors: guard.Doors = create_app(self.settings).extensions["pitchproof"]
        sessions = lambda: Session(self.engine)  # noqa: E731
        for one in self._due().values():
            if one.job_id not in of_others:
                jobs.perform(sessions, one.job_id, one.round, worker="stage", clock=self.clock, doors=doors)

    @property
    def files(self) -> LocalFiles:
        """Return the server's file store."""
        return LocalFiles(self.settings.data_dir / "files")

    def add_link(self, job_id: int, *, duration_ms: int = 600_000, address: str = "https://example.com/webinar") -> int:
        """Add material that is an address elsewhere, of a length that the recruiter confirmed."""
        return self._add_elsewhere(job_id, Source.LINK, address, duration_ms, ())

    def add_embed(self, job_id: int, *, duration_ms: int = 600_000, cues: tuple[Cue, ...] = CUES) -> int:
        """Add material that a third party's player plays."""
        address = "https://www.youtube.com/watch?v=M7lc1UVf-VE"
        return self._add_elsewhere(job_id, Source.YOUTUBE, address, duration_ms, cues)

    def _add_elsewhere(self, job_id: int, source: Source, address: str, duration_ms: int, cues: tuple[Cue, ...]) -> int:
        with self.writing() as session:
            added = models.Material(
                job_id=job_id,
                title="Webinar elsewhere",
                kind=Kind.WEBINAR,
                ordinal=9,
                required=True,
                need_permille=950,
                ready_number=1,
                created_at=self.clock.now(),
            )
            version = models.MaterialVersion(
                number=1,
                source=source,
                address=address,
                uploaded_at=self.clock.now(),
                state=VersionState.READY,
                duration_ms=duration_ms,
            )
            if cues:
                version.captions = models.Captions(content=write_captions(cues), uploaded_at=self.clock.now())
            added.versions.append(version)
            session.add(added)
            session.flush()
            return added.id

    def ask_questions(
        self, job_id: int, settings: CheckSettings, *, count: int, material_id: int | None = None
    ) -> None:
        """Give a job a knowledge check; the right option of every question ends in "yes"."""
        with self.writing() as session:
            manager, job = self.manager(session), hiring.job(session, job_id)
            knowledge.set_settings(session, manager, job, settings, now=self.clock.now())
            for number in range(count):
                options = tuple(
                    f"{word} {number} {'yes' if word == 'sure' else 'no'}" for word in ("some", "sure", "other")
                )
                text = QuestionText(
                    f"Topic {number % 3}",
                    f"Question {number} of the bank?",
                    options,
                    1,
                    material_id,
                    1000 if material_id else None,
                )
                knowledge.add_question(session, manager, job, text, now=self.clock.now())

    def add_candidate(self, job_id: int, name: str) -> tuple[Application, str]:
        """Add a candidate to a job; return the application and the path of the personal link."""
        now = self.clock.now()
        with self.writing() as session:
            email = f"candidate-{next(self.numbers)}@example.com"
            application, _ = hiring.add_candidate(
                session, SYSTEM, session.get_one(Job, job_id), name=name, email=email, now=now
            )
            token = hiring.make_link(session, SYSTEM, application, days=60, now=now)
            return application, f"/c/{token}"

    # -- eyes on the tables ----------------------------------------------------------------------------------------

    def covered(self, candidate_id: int) -> dict[tuple[int, int], tuple[tuple[int, int], ...]]:
        """Return what a candidate has covered: (material, version) -> ranges."""
        with self.session() as session:
            rows = session.scalars(select(models.Watch).where(models.Watch.candidate_id == candidate_id))
            return {(row.material_id, row.material_version): decode(row.covered) for row in rows}

    def watch_row(self, candidate_id: int, material_id: int) -> models.Watch | None:
        """Return the newest row about a candidate and a film."""
        with self.session() as session:
            return session.scalar(
                select(models.Watch)
                .where(models.Watch.candidate_id == candidate_id, models.Watch.material_id == material_id)
                .order_by(models.Watch.material_version.desc())
            )

    def leases(self, candidate_id: int) -> list[models.Lease]:
        """Return a candidate's play sessions."""
        with self.session() as session:
            return list(session.scalars(select(models.Lease).where(models.Lease.candidate_id == candidate_id)))

    def budget(self, candidate_id: int) -> models.WatchBudget | None:
        """Return a candidate's budget row."""
        with self.session() as session:
            return session.get(models.WatchBudget, candidate_id)

    def quick_answers(self, candidate_id: int, within_ms: int = 1000) -> int:
        """Return how many checkpoints a candidate answered faster than anybody reads."""
        issue = models.CheckpointIssue
        with self.session() as session:
            rows = session.scalars(select(issue).where(issue.candidate_id == candidate_id, issue.is_right.is_(True)))
            return sum((row.answered_ms or 0) - row.issued_ms < within_ms for row in rows)

    def check_positions(self, candidate_id: int) -> list[int]:
        """Return where a candidate's unconfirmed checkpoints lie, which nobody but the server knows."""
        with self.session() as session:
            rows = session.scalars(select(models.Watch).where(models.Watch.candidate_id == candidate_id))
            return [at_ms for row in rows for _, at_ms in decode(row.waiting)]

    def audited(self, word: str, candidate_id: int) -> bool:
        """Say whether the audit trail has an action with this word about a candidate."""
        with self.session() as session:
            rows = audit.listing(session, count_max=20)
            return any(word in row.action and row.object_id == str(candidate_id) for row in rows)

    def rows_of_others(self, candidate_ids: set[int]) -> list[str]:
        """Return everything that is stored about the watching of all candidates but these."""
        found: list[str] = []
        with self.session() as session:
            for model in (models.Watch, models.WatchBudget, models.Lease, models.CheckpointIssue, models.LinkVisit):
                table: Any = model.__table__
                rows = session.execute(select(table).where(table.c.candidate_id.not_in(candidate_ids)))
                found += [f"{table.name} {tuple(row)!r}" for row in rows]
        return sorted(found)


def _ready(material: models.Material, duration_ms: int) -> None:
    version = material.newest
    version.state, version.duration_ms = VersionState.READY, duration_ms
    version.video_codec, version.width, version.height = "vp8", 160, 120
    material.ready_number = version.number


def _multipart(fields: dict[str, str], files: dict[str, tuple[str, bytes]]) -> tuple[bytes, str]:
    line = f"redteam{random.getrandbits(64):x}"
    parts = [
        f'--{line}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'.encode() for k, v in fields.items()
    ]
    for name, (filename, content) in files.items():
        head = f'--{line}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n\r\n'
        parts.append(head.encode() + content + b"\r\n")
    return b"".join(parts) + f"--{line}--\r\n".encode(), f"multipart/form-data; boundary={line}"


@contextmanager
def staged(configuration: Configuration, postgres: Postgres | None, *, chromium: Any = None) -> Iterator[Stage]:
    """Build a stage of this configuration and take it down afterwards."""
    for room in ROOMS:
        importlib.import_module(f"interview.{room}.views")
    with (
        tempfile.TemporaryDirectory(prefix="pitchproof-redteam-", dir=MEMORY) as folder,
        _database(postgres, Path(folder)) as url,
    ):
        environ = {
            "DATA_DIR": folder,
            "DATABASE_URL": url.replace("postgresql+psycopg", "postgresql"),
            "DEMO": "0",
            "SECRET_KEY": "r" * 48,
            "PORT": str(free_port()),
            "WEB_PROCESSES": str(configuration.processes),
        }
        settings = config.load(environ, env_file=Path(folder) / "no.env")
        engine = db.make_engine(url)
        db.Base.metadata.create_all(engine)
        clock_file = Path(folder) / "clock"
        film = make_film(Path(folder) / "short.webm")
        stage = Stage(configuration, settings, StageClock(clock_file), engine, postgres, film, clock_file)
        stage.chromium = chromium
        stage.people()
        stage.launch()
        try:
            stage.start()
            yield stage
        finally:
            stage.end()
            engine.dispose()


@contextmanager
def _database(postgres: Postgres | None, folder: Path) -> Iterator[str]:
    if postgres is None:
        yield f"sqlite:///{folder / 'pitchproof.sqlite'}"
    else:
        with postgres.fresh_database() as url:
            yield url


__all__ = ["RATE", "START_MS", "Configuration", "Player", "Stage", "staged"]
