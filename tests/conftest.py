"""Fixtures of all tests: both databases, the application on a hand-moved clock, the named cast.

Every test that asks for `app`, `session` or `cast` runs on SQLite and on a real PostgreSQL.
"""

from __future__ import annotations

import gc
import importlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import make_url
from sqlalchemy.orm import Session

from interview import config, db
from interview.app import ROOMS, create_app
from interview.web.database import database
from tests.support.browser import browser_type_launch_args, new_context  # noqa: F401
from tests.support.cast import Cast, cast_of
from tests.support.clock import HandClock
from tests.support.demo import demo  # noqa: F401
from tests.support.emptied import EmptiedDatabase
from tests.support.live import live  # noqa: F401
from tests.support.once import compile_once
from tests.support.pages import Browser, browser
from tests.support.postgres import Postgres, running_postgres

os.environ.setdefault("PGCONNECT_TIMEOUT", "5")
compile_once()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server of this test run."""
    with running_postgres() as server:
        yield server


def _create(url: str) -> None:
    for room in ROOMS:
        importlib.import_module(f"interview.{room}.views")
    engine = db.make_engine(url)
    db.Base.metadata.create_all(engine)
    engine.dispose()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite database with all tables, copied for every test."""
    path = tmp_path_factory.mktemp("template") / "empty.sqlite"
    _create(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres: Postgres) -> Iterator[str]:
    """An empty PostgreSQL database with all tables, copied for every test."""
    with postgres.fresh_database() as url:
        _create(url)
        yield make_url(url).database or ""


@pytest.fixture(scope="session")
def postgres_database(postgres: Postgres, postgres_template: str) -> Iterator[EmptiedDatabase]:
    """The PostgreSQL database that tests get one after another, emptied between them."""
    lent = EmptiedDatabase(postgres, postgres_template)
    yield lent
    lent.close()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run on both databases; page checks in the browser on SQLite alone unless marked `both_databases`.

    A test about one database alone is marked `on("sqlite")` or `on("postgresql")`.
    """
    if "database_url" in metafunc.fixturenames:
        named = metafunc.definition.get_closest_marker("on")
        both = "live" not in metafunc.fixturenames or metafunc.definition.get_closest_marker("both_databases")
        kinds = named.args if named else ["sqlite", "postgresql"] if both else ["sqlite"]
        metafunc.parametrize("database_url", kinds, indirect=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the journeys: they are few and long, and none may start when all other workers are done."""
    items.sort(key=lambda item: not item.nodeid.startswith("tests/journeys/"))


def pytest_collection_finish() -> None:
    """Leave what was imported and collected out of the collector's rounds: they are a fourteenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh database with all tables, of each kind in turn."""
    if request.param == "sqlite":
        path = tmp_path / "pitchproof.sqlite"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    yield from request.getfixturevalue("postgres_database").lend()


@pytest.fixture
def clock() -> HandClock:
    """A clock that the test moves."""
    return HandClock()


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> config.Settings:
    """Settings of a test installation in a folder of its own."""
    return config.load({"DATA_DIR": str(tmp_path), "DATABASE_URL": database_url, "DEMO": "0", "SECRET_KEY": "t" * 48})


@pytest.fixture
def app(settings: config.Settings, clock: HandClock) -> Iterator[Flask]:
    """The application on a fresh database, with the hand clock and no rate limits by address."""
    app = create_app(settings, clock=clock)
    app.config["TESTING"] = True
    app.config["RATELIMIT_ENABLED"] = False
    from interview.web.limits import limiter

    limiter.enabled = False
    yield app
    with app.app_context():
        database.engine.dispose()


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """A session on the application's database, for services and for looking. Use `db.writing(session)` to write."""
    with app.app_context():
        engine = database.engine
    with Session(engine) as session:
        yield session


@pytest.fixture
def cast(app: Flask, session: Session, clock: HandClock) -> Cast:
    """The named cast, see tests/support/cast.py."""
    return cast_of(app, session, clock)


@pytest.fixture
def anonymous(app: Flask) -> Browser:
    """A browser in which nobody is signed in."""
    return browser(app)
