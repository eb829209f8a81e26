"""A checkpoint in a real Chromium: the film stops, the question stands beside it, the keyboard is enough."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from interview.db import writing
from interview.watch.models import CheckpointIssue, Watch
from interview.watch.rules.ranges import decode, encode
from tests.support.axe import assert_accessible
from tests.support.films import make_film
from tests.support.live import Live
from tests.watch.conftest import Films
from tests.watch.test_browser import clock, database_url, open_player, until  # noqa: F401

pytestmark = pytest.mark.browser
FILM_S = 24


@pytest.fixture(scope="session")
def short_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A WebM long enough for ten seconds before a checkpoint."""
    return make_film(tmp_path_factory.mktemp("films") / "long.webm", seconds=FILM_S)


@pytest.fixture
def stopped(page: Page, live: Live, films: Films, session: Session) -> Page:
    """Cleo's page when the film has just stopped at a checkpoint, eleven seconds in."""
    open_player(page, live, films.add(duration_ms=FILM_S * 1000))
    page.get_by_label("Speed").select_option("2")
    with page.expect_response("**/lease"):
        page.evaluate("void document.querySelector('video').play().catch(() => {})")
    with writing(session):
        row = session.scalars(select(Watch)).one()
        row.waiting, row.check_count = encode(((0, 11_000),)), 1
    expect(page.get_by_role("dialog")).to_be_visible(timeout=15_000)
    return page


def waiting(session: Session) -> int:
    session.rollback()
    return len(decode(session.scalars(select(Watch)).one().waiting))


def test_the_film_waits_and_the_keyboard_answers(stopped: Page, session: Session) -> None:
    assert stopped.evaluate("document.querySelector('video').paused")
    expect(stopped.get_by_role("heading", name="Are you still there?")).to_be_focused()
    assert_accessible(stopped)
    box, film = stopped.get_by_role("dialog").bounding_box(), stopped.locator("video").bounding_box()
    assert box
    assert film
    assert box["y"] >= film["y"] + film["height"]  # beside the player, never over it
    prompt = stopped.locator("[data-check-prompt]").inner_text()
    stopped.keyboard.press("Tab")
    options = stopped.get_by_role("radio")
    for _ in range(4):
        if stopped.evaluate("document.activeElement.value") == prompt.rpartition(" ")[2]:
            break
        stopped.keyboard.press("ArrowDown")
    stopped.keyboard.press("Space")
    assert options.count() == 4
    stopped.keyboard.press("Enter")
    expect(stopped.get_by_role("dialog")).to_be_hidden()
    until(stopped, "!document.querySelector('video').paused")
    expect(stopped.locator("[data-checks]")).to_contain_text("1 of 1 answered")
    assert waiting(session) == 0
    expect(stopped.locator("[data-missing-words]")).to_contain_text("This counts as watched", timeout=15_000)


def test_a_wrong_word_brings_another_at_once(stopped: Page, session: Session) -> None:
    prompt = stopped.locator("[data-check-prompt]").inner_text()
    wrong = next(one for one in stopped.locator("[data-check-options] input").all() if one.input_value() not in prompt)
    wrong.check()
    stopped.get_by_role("button", name="Answer").click()
    until(stopped, f"document.querySelector('[data-check-prompt]').textContent !== {prompt!r}")
    expect(stopped.get_by_role("dialog")).to_be_visible()
    expect(stopped.locator("[data-check-note]")).to_contain_text("another word")
    stopped.get_by_label(stopped.locator("[data-check-prompt]").inner_text().rpartition(" ")[2]).check()
    stopped.get_by_role("button", name="Answer").click()
    expect(stopped.get_by_role("dialog")).to_be_hidden()
    assert waiting(session) == 0


def test_later_goes_on_and_the_way_back_is_shown(stopped: Page, session: Session) -> None:
    stopped.evaluate("document.querySelector('video').play().catch(() => {})")  # it is asked first
    until(stopped, "document.querySelector('video').paused")
    stopped.get_by_role("button", name="Later").click()
    until(stopped, "!document.querySelector('video').paused")
    expect(stopped.get_by_role("dialog")).to_be_visible(timeout=15_000)  # still within reach: it comes again
    stopped.get_by_role("button", name="Later").click()
    until(stopped, "document.querySelector('video').ended")
    assert waiting(session) == 1
    session.rollback()
    assert session.scalars(select(CheckpointIssue)).one().answered_at is None


def test_on_a_slow_line_the_film_waits_where_a_question_is_to_come(
    page: Page, live: Live, films: Films, session: Session
) -> None:
    material_id = films.add(duration_ms=FILM_S * 1000)
    open_player(page, live, material_id)
    with page.expect_response("**/lease"):
        page.evaluate("void document.querySelector('video').play().catch(() => {})")
    page.evaluate("document.querySelector('video').pause()")
    with writing(session):
        row = session.scalars(select(Watch)).one()
        row.covered, row.covered_ms = encode(((0, FILM_S * 1000),)), FILM_S * 1000
        row.waiting, row.check_count, row.resume_ms = encode(((0, 11_000),)), 1, 0
    waiting_beats: list[Route] = []

    def keep(route: Route) -> None:  # Playwright looks into what it is given, and a bound method is not enough
        waiting_beats.append(route)

    page.route("**/beat", keep)
    page.reload()
    until(page, "document.querySelector('video').readyState >= 2")
    page.evaluate("void document.querySelector('video').play().catch(() => {})")
    expect(page.locator("[data-status]")).to_contain_text("the film waits", timeout=15_000)
    assert page.evaluate("document.querySelector('video').paused")
    waiting_beats[-1].continue_()
    page.unroute("**/beat")
    expect(page.get_by_role("dialog")).to_be_visible(timeout=25_000)
