"""Home and board: constant queries, keyset pages, the seal, filters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page
from sqlalchemy import event
from sqlalchemy.orm import Session

from interview.access import SYSTEM
from interview.board.service import PAGE_ROWS, Cursor, read_cursor
from interview.db import writing
from interview.errors import Invalid
from interview.hiring import service as hiring
from interview.hiring.rules import Gate, Stage
from interview.web.database import database
from tests.support.axe import assert_accessible
from tests.support.cast import Cast
from tests.support.live import Live
from tests.support.pages import Browser


def add(cast: Cast, count: int) -> None:
    """Put candidates on the job, one more minute old each."""
    with writing(cast.session) as db:
        for number in range(count):
            at = cast.clock.now() - timedelta(minutes=number)
            hiring.add_candidate(
                db, SYSTEM, cast.job, name=f"Person {number:03d}", email=f"p{number}@example.org", now=at
            )


def queries_of(cast: Cast, path: str) -> int:
    browser = cast.browser("rita")
    browser.page(path)
    count = 0

    def counted(*_: object) -> None:
        nonlocal count
        count += 1

    with cast.app.app_context():
        engine = database.engine
    event.listen(engine, "before_cursor_execute", counted)
    browser.page(path)
    event.remove(engine, "before_cursor_execute", counted)
    return count


def test_the_board_asks_as_many_queries_for_many_as_for_few(cast: Cast) -> None:
    path = f"/jobs/{cast.job_id}/board"
    few = queries_of(cast, path)
    add(cast, 60)
    assert queries_of(cast, path) == few


def test_pages_follow_each_other_without_gap_or_repeat(cast: Cast) -> None:
    add(cast, 2 * PAGE_ROWS + 5)
    browser, seen = cast.browser("rita"), []
    path = f"/jobs/{cast.job_id}/board?text=person"
    while path:
        page = browser.page(path)
        seen += [word for word in page.text if word.startswith("Person ")]
        path = next((a["href"] for a in page.all("a") if "after=" in a.get("href", "")), "")
    assert seen == [f"Person {number:03d}" for number in range(2 * PAGE_ROWS + 5)]


def test_the_board_filters_by_stage_and_text(cast: Cast) -> None:
    cast.browser("cleo")  # opening the link is preparing
    rita = cast.browser("rita")
    preparing = rita.page(f"/jobs/{cast.job_id}/board?stage=preparing").words
    assert "Cleo Candidate" in preparing
    assert "Cato Candidate" not in preparing
    assert "Nobody here" in rita.page(f"/jobs/{cast.job_id}/board?text=100%25").words
    assert "Cato" in rita.page(f"/jobs/{cast.job_id}/board?text=CATO@").words
    rita.page(f"/jobs/{cast.job_id}/board?after=broken", status=422)


def test_who_owes_a_scorecard_sees_the_preparation_sealed(cast: Cast, session: Session) -> None:
    with writing(session):
        panel = dict.fromkeys([cast.person_ids["mara"]], "interviewer")
        slot = hiring.Slot(starts_at=cast.clock.now(), minutes=30, place="", panel=panel)
        hiring.schedule(session, cast.actor("mara"), cast.cleo, slot, now=cast.clock.now())
    path = f"/jobs/{cast.job_id}/board"
    assert "sealed until your scorecard is in" in cast.browser("mara").page(path).words
    assert "sealed" not in cast.browser("rita").page(path).words


def test_a_job_whose_gate_is_off_shows_no_preparation(cast: Cast) -> None:
    with writing(cast.session):
        cast.job.gate = Gate.OFF
    assert "not recorded on this job" in cast.browser("rita").page(f"/jobs/{cast.job_id}/board").words


def test_home_shows_tasks_and_an_empty_home_says_what_comes(cast: Cast) -> None:
    ivo = cast.browser("ivo").page("/").words
    assert "Pitch by Cleo Candidate" in ivo
    assert "coming up" in ivo
    cast.clock.forward(days=4)
    assert "overdue" in cast.browser("ivo").page("/").words
    assert "Nothing to score" in cast.browser("nils").page("/").words


def test_what_a_candidate_asks_for_is_a_task_of_the_team(cast: Cast) -> None:
    cast.browser("cleo").send("/prep/ask", {"kind": "more_time", "text": ""})
    assert "Cleo Candidate" in cast.browser("mara").page("/").words
    assert "Candidates ask" not in cast.browser("otto").page("/").words


def test_what_waits_for_the_hiring_manager_is_a_task(cast: Cast) -> None:
    assert "Bring the transcript" not in cast.browser("mara").page("/").words  # the pitch is still to come
    cast.clock.forward(days=3)
    mara, otto = cast.browser("mara"), cast.browser("otto")
    assert "Bring the transcript of Cleo Candidate" in mara.page("/").words
    assert "Cleo" not in otto.page("/").words
    with writing(cast.session):
        hiring.advance(cast.session, cast.cleo, Stage.SCORED, now=cast.clock.now())
    words = mara.page("/").words
    assert "Decide about Cleo Candidate" in words
    assert "Bring the transcript" not in words


def test_a_cursor_survives_its_word() -> None:
    cursor = Cursor(datetime(2026, 11, 23, 9, 0, 0, 123456, tzinfo=UTC), 42)
    assert read_cursor(cursor.word()) == cursor
    for word in ("", "%", "a.b", "MTIz"):
        with pytest.raises(Invalid):
            read_cursor(word)


@pytest.mark.browser
def test_home_and_board_are_accessible(live: Live, page: Page) -> None:
    for who in ("mara", "ivo", "nils"):
        live.sign_in(page, who)
        page.goto(live.url + "/")
        assert_accessible(page)
    live.sign_in(page, "rita")
    add(live.cast, 55)
    for query in ("", "?stage=decided", "?text=person"):
        page.goto(f"{live.url}/jobs/{live.cast.job_id}/board{query}")
        assert_accessible(page)


def test_the_first_admin_is_led_to_the_people(anonymous: Browser) -> None:
    first = {"name": "First", "email": "first@example.com", "password": "quiet river morning bread"}
    anonymous.send("/first-run", first)
    home = anonymous.page("/")
    assert "Add people" in home.words
    assert {"/people"} <= {one.get("href") for one in home.all("a") if "btn" in one.get("class", "")}
