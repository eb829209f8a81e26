"""The migrations make, on both databases, exactly what the models and the audit trail's guards say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import Engine, text

from interview import config, db
from interview.app import create_app
from interview.web.database import database
from tests.support.postgres import Postgres

# What Alembic does not compare: triggers, on SQLite also indexes on expressions, and the first row of the audit trail.
NOT_COMPARED = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type IN ('trigger', 'index') AND sql IS NOT NULL ORDER BY 1",
    "postgresql": "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY tgname",
}


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_app(request: pytest.FixtureRequest, tmp_path: Path, postgres: Postgres) -> Iterator[Flask]:
    """The application on a database without any table."""
    with postgres.fresh_database() as postgres_url:
        url = f"sqlite:///{tmp_path / 'empty.sqlite'}" if request.param == "sqlite" else postgres_url
        app = create_app(config.load({"DATA_DIR": str(tmp_path), "DATABASE_URL": url, "DEMO": "0"}))
        with app.app_context():
            yield app
            database.engine.dispose()


def made_by_the_models(kind: str, request: pytest.FixtureRequest) -> Engine:
    if kind == "sqlite":
        return db.make_engine(f"sqlite:///{request.getfixturevalue('sqlite_template')}")
    return db.make_engine(request.getfixturevalue("postgres").url_of(request.getfixturevalue("postgres_template")))


def rows(engine: Engine, query: str) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


@pytest.mark.filterwarnings("ignore:autogenerate skipping", "ignore:Skipped unsupported reflection")
def test_the_migrations_make_what_the_models_say(empty_app: Flask, request: pytest.FixtureRequest):
    upgrade()
    upgrade()  # nothing to do, nothing undone

    kind = database.engine.dialect.name
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, db.Base.metadata) == []

    models = made_by_the_models(kind, request)
    for query in (NOT_COMPARED[kind], "SELECT id, seq, hash FROM audit_head"):
        assert rows(database.engine, query) == rows(models, query)
    models.dispose()
