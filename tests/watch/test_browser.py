"""The player in a real Chromium, in real time with a short film: tracking, seeking, resuming, taking over, offline."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from interview.clock import SystemClock
from interview.watch import service
from tests.support.axe import assert_accessible
from tests.support.films import make_film
from tests.support.live import Live
from tests.watch.conftest import Films, Look

pytestmark = pytest.mark.browser
FILM_S = 6


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path, sqlite_template: Path) -> str:
    """SQLite alone: what the browser does is the same on both, and this is real time."""
    path = tmp_path / "pitchproof.sqlite"
    path.write_bytes(sqlite_template.read_bytes())
    return f"sqlite:///{path}"


@pytest.fixture
def clock() -> SystemClock:
    """Real time: the player's clock is the browser's."""
    return SystemClock()


@pytest.fixture(scope="session")
def short_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A WebM long enough to seek in."""
    return make_film(tmp_path_factory.mktemp("films") / "six.webm", seconds=FILM_S)


@pytest.fixture
def material_id(films: Films) -> int:
    return films.add(duration_ms=FILM_S * 1000)


def covered_by_cleo(page: Page, live: Live, look: Look, material_id: int, at_least_ms: int) -> None:
    """Wait until the server has credited this much."""
    for _ in range(200):
        covered = look.covered(live.cast.cleo.candidate_id, material_id)
        if covered and covered[0][1] >= at_least_ms:
            return
        page.wait_for_timeout(50)
    pytest.fail(f"the server has {covered}")


def open_player(page: Page, live: Live, material_id: int, *, sign_in: bool = True) -> None:
    if sign_in:
        live.sign_in(page, "cleo")
    page.goto(f"{live.url}/prep/material/{material_id}")
    until(page, "document.querySelector('video').readyState >= 2")


def until(page: Page, expression: str) -> None:
    """Wait until an expression holds; Playwright's own wait evaluates strings, which the policy forbids."""
    for _ in range(300):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"never came true: {expression}")


def wait_for_position(page: Page, seconds: float) -> None:
    until(page, f"document.querySelector('video').currentTime >= {seconds}")


def test_watching_to_the_end_at_double_speed_with_the_keyboard(
    page: Page, live: Live, material_id: int, look: Look
) -> None:
    open_player(page, live, material_id)
    page.get_by_label("Speed").focus()
    page.keyboard.press("End")
    page.locator("video").focus()
    page.keyboard.press("Space")
    expect(page.locator("[data-missing-words]")).to_contain_text("This counts as watched", timeout=15_000)
    expect(page.locator("[data-pct]")).to_have_text("100 %")
    expect(page.get_by_role("status")).to_contain_text("Done")
    expect(page.get_by_role("button", name="Jump to what is missing")).to_be_hidden()
    covered = look.covered(live.cast.cleo.candidate_id, material_id)
    assert covered[0][0] <= 50
    assert covered[-1][1] == FILM_S * 1000


def test_seeking_leaves_a_hole_and_the_way_to_it(page: Page, live: Live, material_id: int, look: Look) -> None:
    open_player(page, live, material_id)
    page.evaluate("void document.querySelector('video').play().catch(() => {})")
    wait_for_position(page, 0.8)
    page.evaluate("document.querySelector('video').currentTime = 4")
    wait_for_position(page, 4.6)
    with page.expect_response("**/beat"):
        page.evaluate("document.querySelector('video').pause()")
    expect(page.locator("[data-missing-words]")).to_contain_text("Still missing: 00:0")
    covered = look.covered(live.cast.cleo.candidate_id, material_id)
    assert len(covered) == 2
    assert all(
        abs(edge - wanted) < 600 for edge, wanted in zip((*covered[0], covered[1][0]), (0, 800, 4000), strict=True)
    )
    assert page.locator(".coverage-done").count() == 2
    page.get_by_role("button", name="Jump to what is missing").click()
    until(page, "document.querySelector('video').currentTime < 3.5 && !document.querySelector('video').paused")
    page.evaluate("document.querySelector('video').pause()")


def test_a_link_to_a_moment_starts_there(page: Page, live: Live, material_id: int) -> None:
    live.sign_in(page, "cleo")
    page.goto(f"{live.url}/prep/material/{material_id}#t=3")
    until(page, "document.querySelector('video').currentTime === 3")


def test_another_tab_takes_over_and_the_first_may_continue(
    page: Page, live: Live, material_id: int, look: Look
) -> None:
    open_player(page, live, material_id)
    page.evaluate("void document.querySelector('video').play().catch(() => {})")
    wait_for_position(page, 0.7)
    second = page.context.new_page()
    open_player(second, live, material_id, sign_in=False)
    second.evaluate("void document.querySelector('video').play().catch(() => {})")
    wait_for_position(second, 0.3)
    page.evaluate("document.querySelector('video').pause()")
    expect(page.get_by_role("status")).to_contain_text("another device")
    expect(page.get_by_role("button", name="Continue here")).to_be_visible()
    covered_by_cleo(page, live, look, material_id, 500)  # the first tab's last beat counts
    page.get_by_role("button", name="Continue here").click()
    until(page, "!document.querySelector('video').paused")
    expect(page.get_by_role("button", name="Continue here")).to_be_hidden()


def test_offline_is_queued_and_counted_after_a_reload(page: Page, live: Live, material_id: int, look: Look) -> None:
    open_player(page, live, material_id)
    page.evaluate("void document.querySelector('video').play().catch(() => {})")
    wait_for_position(page, 0.3)
    page.route("**/beat", lambda route: route.abort())
    wait_for_position(page, 1.6)
    page.evaluate("document.querySelector('video').pause()")
    until(page, "Object.keys(localStorage).some((key) => key.startsWith('watch:'))")
    assert all(end < 1200 for _, end in look.covered(live.cast.cleo.candidate_id, material_id))
    page.unroute("**/beat")
    with page.expect_response("**/beat"):
        page.reload()
        until(page, "document.querySelector('video').readyState >= 2")
        page.evaluate("void document.querySelector('video').play().catch(() => {})")
    page.evaluate("document.querySelector('video').pause()")
    until(page, "document.querySelector('[data-pct]').textContent !== '0 %'")
    covered_by_cleo(page, live, look, material_id, 1300)


def test_leaving_the_page_hands_in_the_last_seconds_and_coming_back_resumes(
    page: Page, live: Live, material_id: int, look: Look, session: Session
) -> None:
    open_player(page, live, material_id)
    page.evaluate("void document.querySelector('video').play().catch(() => {})")
    wait_for_position(page, 1.5)
    page.goto(f"{live.url}/prep")
    page.goto(f"{live.url}/prep/material/{material_id}")
    until(page, "document.querySelector('video').currentTime > 1")
    covered_by_cleo(page, live, look, material_id, 1200)
    assert service.progress_of(session, [live.cast.cleo_id])[live.cast.cleo_id][0].state == "doing"


def test_the_players_speed_is_held_at_twice(page: Page, live: Live, material_id: int) -> None:
    open_player(page, live, material_id)
    page.evaluate("document.querySelector('video').playbackRate = 16")
    until(page, "document.querySelector('video').playbackRate === 2")
    expect(page.get_by_label("Speed")).to_have_value("2")
    assert page.evaluate("document.querySelector('track').track.mode") == "disabled", "captions are a choice"


def test_what_is_queued_is_united_and_what_was_not_played_is_cut(page: Page, live: Live, material_id: int) -> None:
    open_player(page, live, material_id)
    united, cut, repaired = page.evaluate(
        """async () => {
            const { coalesce, confirmed } = await import("/static/js/watch.js");
            const hundreds = Array.from({ length: 300 }, (_, i) => [i * 250, i * 250 + 250, 100, i, i + 1]);
            const piece = [1000, 5000, 100, 0, 4000];
            return [
                coalesce([...hundreds, [90000, 91000, 100, 0, 1]]),
                confirmed(piece, [[1000, 2000], [4000, 9000]], 1),
                confirmed(piece, [[800, 5300]], 1),
            ];
        }"""
    )
    assert [(one[0], one[1]) for one in united] == [(0, 75_000), (90_000, 91_000)]
    assert [(one[0], one[1]) for one in cut] == [(1000, 2000), (4000, 5000)]
    assert [(one[0], one[1]) for one in repaired] == [(800, 5300)]


def test_the_pages_are_accessible(page: Page, live: Live, material_id: int) -> None:
    open_player(page, live, material_id)
    page.get_by_text("Transcript").click()
    assert_accessible(page)
    page.evaluate("document.querySelector('video').currentTime = 4")
    page.get_by_role("button", name="Play from 00:00").click()
    until(page, "document.querySelector('video').currentTime < 3 && !document.querySelector('video').paused")
    page.context.clear_cookies()
    live.sign_in(page, "mara")
    for path in (f"/jobs/{live.cast.job_id}/materials", f"/materials/{material_id}"):
        page.goto(live.url + path)
        assert_accessible(page)
