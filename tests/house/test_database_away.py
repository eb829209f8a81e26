"""A database that is away, and one whose disk is full: a sentence each, nothing lost, and work goes on after it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import event, text

from interview import config
from interview.app import create_app
from interview.web.database import database
from tests.support.cast import Cast
from tests.support.pages import browser

AWAY = "The database cannot be reached. Nothing was changed"


def test_without_a_database_every_page_says_so_and_the_process_lives(tmp_path: Path) -> None:
    url = f"postgresql://nobody@/none?host={tmp_path}"
    app = create_app(config.load({"DATA_DIR": str(tmp_path), "DATABASE_URL": url, "DEMO": "0"}))
    app.config["TESTING"] = True
    client = browser(app)
    assert AWAY in client.page("/sign-in", status=503).words
    assert client.get("/healthz").get_json() == {"status": "ok"}
    ready = client.get("/readyz")
    assert ready.status_code == 503
    assert ready.get_json()["database"] == "The database cannot be reached."
    assert client.get("/prep.json", headers={"Cookie": ""}).status_code == 401


@pytest.mark.on("postgresql")
def test_a_lost_connection_is_a_sentence_and_the_next_request_works(cast: Cast, app: Flask) -> None:
    rita = cast.browser("rita")
    path = f"/jobs/{cast.job_id}/candidates"
    rita.csrf()
    with app.app_context():
        engine = database.engine

        def cut(connection: object, *_: object) -> None:
            with engine.pool._creator() as other:  # type: ignore[attr-defined]
                other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")

        event.listen(engine, "commit", cut, once=True)
    answer = rita.post(path, data={"csrf_token": rita.csrf(), "name": "Nora", "email": "nora@example.org"})
    assert answer.status_code == 503
    assert AWAY in answer.text
    cast.session.rollback()
    rita.send(path, {"name": "Nora", "email": "nora@example.org"})


@pytest.mark.on("sqlite")
def test_a_full_disk_is_a_sentence_and_keeps_what_was_there(cast: Cast, app: Flask) -> None:
    rita = cast.browser("rita")
    path = f"/jobs/{cast.job_id}/candidates/import"
    rows = "\n".join(f"Person {number} {'x' * 150},person{number}@example.org" for number in range(400))
    with app.app_context():
        with database.engine.connect() as connection:
            pages = connection.scalar(text("PRAGMA page_count"))
        event.listen(
            database.engine, "begin", lambda connection: connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
        )
    answer = rita.send(path, {"file": (io.BytesIO(f"name,email\n{rows}\n".encode()), "list.csv")}, status=507)
    assert "disk is full" in answer.text
    assert rita.page(f"/jobs/{cast.job_id}/board").words.count("Candidate") >= 2
    assert "Person 1" not in rita.page(f"/jobs/{cast.job_id}/board").words
