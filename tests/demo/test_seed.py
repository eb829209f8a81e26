"""The demo as it is seeded: on both databases, every state, every link, and the file that says where they are."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from interview import audit
from interview.demo import story
from interview.demo.seed import rebase_index
from interview.factsheet.models import Fact
from interview.hiring.models import Application, Candidate, Interview, Job
from interview.hiring.rules import STAGES
from interview.knowledge.models import Question
from interview.scorecard import service as scorecard
from interview.scorecard.models import Rating, Scorecard
from interview.transcript.models import Transcript
from interview.watch.models import Material, Watch
from tests.support.cast import Cast
from tests.support.pages import browser


@pytest.fixture
def index(app: Flask, tmp_path: Path) -> dict[str, Any]:
    """The demo.json of a freshly seeded database."""
    result = app.test_cli_runner().invoke(args=["demo", "seed"])
    assert result.exit_code == 0, result.output
    return json.loads((tmp_path / "demo.json").read_text("utf-8"))


def test_the_seeded_demo(app: Flask, index: dict[str, Any], session: Session, tmp_path: Path) -> None:
    """All that is asked of one seeded demo: seeding takes seconds."""
    the_index_has_the_shape_that_is_fixed(index, tmp_path)
    candidates_are_in_the_states_of_their_story(index, session)
    every_link_works_more_than_once(app, index)
    the_audit_trail_is_whole_and_in_order_of_time(session)
    a_database_with_people_is_left_alone(app, session)
    links_follow_the_server_to_another_port(index, tmp_path)
    it_is_deleted_with_everything_but_the_audit_trail(app, index, session, tmp_path)


def the_index_has_the_shape_that_is_fixed(index: dict[str, Any], tmp_path: Path) -> None:
    assert set(index) == {"base_url", "people", "candidates", "job_id", "materials"}
    assert {one["role"] for one in index["people"]} == {"admin", "hiring_manager", "interviewer", "recruiter"}
    assert all(set(one) == {"role", "name", "email", "sign_in_url"} for one in index["people"])
    assert all(set(one) == {"name", "application_id", "state", "link"} for one in index["candidates"])
    assert [one["kind"] for one in index["materials"]] == ["explainer", "webinar"]
    assert all(set(one) == {"id", "title", "kind", "duration_ms"} for one in index["materials"])
    assert all(one["sign_in_url"].startswith(index["base_url"]) for one in index["people"])
    assert stat.S_IMODE((tmp_path / "demo.json").stat().st_mode) == 0o600


def candidates_are_in_the_states_of_their_story(index: dict[str, Any], session: Session) -> None:
    told = {one.name: one.state for one in story.candidates()}
    assert {one["name"]: one["state"] for one in index["candidates"]} == told
    assert set(told.values()) == {stage.value for stage in STAGES}
    assert len(session.scalars(select(Application)).all()) == len(told)


def every_link_works_more_than_once(app: Flask, index: dict[str, Any]) -> None:
    for _ in range(2):
        for one in index["people"]:
            visitor = browser(app)
            visitor.send(one["sign_in_url"].removeprefix(index["base_url"]))
            visitor.page("/")
        for one in index["candidates"]:
            visitor = browser(app)
            visitor.send(one["link"].removeprefix(index["base_url"]))


def the_audit_trail_is_whole_and_in_order_of_time(session: Session) -> None:
    assert audit.verify(session) is None
    moments = list(session.scalars(select(audit.AuditEvent.at).order_by(audit.AuditEvent.seq)))
    assert moments == sorted(moments)


def a_database_with_people_is_left_alone(app: Flask, session: Session) -> None:
    count = len(session.scalars(select(Application)).all())
    again = app.test_cli_runner().invoke(args=["demo", "seed"])
    assert again.exit_code == 1
    assert again.stderr == "The database has people already: the demo is seeded into an empty one only.\n"
    quiet = app.test_cli_runner().invoke(args=["demo", "seed", "--if-empty"])
    assert (quiet.exit_code, quiet.output) == (0, "")
    session.rollback()
    assert len(session.scalars(select(Application)).all()) == count


def test_synthetic_applications_have_complete_panels_and_are_the_same_every_time(
    app: Flask, index: dict[str, Any], session: Session
) -> None:
    for _ in range(2):
        added = app.test_cli_runner().invoke(args=["demo", "seed", "--candidates", "60"])
        assert added.exit_code == 0, added.output
    session.rollback()
    applications = session.scalars(select(Application).where(Application.job_id == index["job_id"])).all()
    assert len(applications) == len(story.candidates()) + 120
    assert len({one.candidate.email for one in applications}) == len(applications)
    cards = scorecard.progress_of(session, [one.id for one in applications], now=datetime.now(UTC))
    for one in applications:
        counts = cards[one.id]
        if one.stage in ("scored", "decided"):
            assert counts.submitted_count == counts.seat_count == 3
        elif one.stage != "pitched":
            assert counts.submitted_count == 0
    ratings = session.scalars(select(Rating).where(Rating.value.in_((1, 5)))).all()
    assert all(one.note or one.evidence for one in ratings)
    assert audit.verify(session) is None


def test_synthetic_applications_need_the_demo(app: Flask, cast: Cast) -> None:
    refused = app.test_cli_runner().invoke(args=["demo", "seed", "--candidates", "5"])
    assert refused.exit_code == 1
    assert "The demo's job is not here" in refused.stderr


def it_is_deleted_with_everything_but_the_audit_trail(
    app: Flask, index: dict[str, Any], session: Session, tmp_path: Path
) -> None:
    runner = app.test_cli_runner()
    refused = runner.invoke(args=["demo", "delete", "--yes"])
    assert (refused.exit_code, "Add yourself first" in refused.stderr) == (1, True)
    runner.invoke(args=["people", "add", "--email", "me@example.org", "--name", "Me", "--role", "admin"])
    deleted = runner.invoke(args=["demo", "delete", "--yes"])
    assert deleted.exit_code == 0, deleted.stderr
    session.rollback()
    tables = (Job, Candidate, Application, Interview, Material, Watch, Transcript, Scorecard, Rating, Fact, Question)
    for table in tables:
        assert session.scalars(select(table)).first() is None, table
    assert not (tmp_path / "demo.json").exists()
    assert not [path for path in (tmp_path / "files").rglob("*") if path.is_file()]
    for one in index["people"]:
        assert browser(app).get(one["sign_in_url"].removeprefix(index["base_url"])).status_code == 404
    assert audit.verify(session) is None
    assert "There is no demo here" in runner.invoke(args=["demo", "delete", "--yes"]).stderr


def links_follow_the_server_to_another_port(index: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "demo.json"
    rebase_index(path, "http://127.0.0.1:9123")
    moved = json.loads(path.read_text("utf-8"))
    assert moved["base_url"] == "http://127.0.0.1:9123"
    old = [one["sign_in_url"].removeprefix(index["base_url"]) for one in index["people"]]
    assert [one["sign_in_url"] for one in moved["people"]] == [f"http://127.0.0.1:9123{one}" for one in old]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    rebase_index(tmp_path / "none.json", "http://127.0.0.1:9123")
    assert not (tmp_path / "none.json").exists()
