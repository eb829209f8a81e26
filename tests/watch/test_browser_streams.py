"""Segments in a real Chromium, by its own player and by hls.js: tracking, captions, an address that became too old."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, Route, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from interview.clock import SystemClock
from interview.watch import service
from interview.watch.models import Delivery
from interview.watch.rules.ranges import decode
from tests.support.axe import assert_accessible
from tests.support.films import make_film
from tests.support.live import Live
from tests.support.streams import make_stream, packed
from tests.watch.conftest import Look
from tests.watch.test_browser import database_url, open_player, until, wait_for_position  # noqa: F401
from tests.watch.test_views_material import all_material, form
from tests.watch.test_views_streams import RunJobs

pytestmark = pytest.mark.browser
WITHOUT_NATIVE_HLS = """
const own = HTMLMediaElement.prototype.canPlayType;
HTMLMediaElement.prototype.canPlayType = function (type) { return /mpegurl/i.test(type) ? "" : own.call(this, type); };
"""
PLAY = "void document.querySelector('video').play().catch(() => {})"


class MovedClock(SystemClock):
    """The machine's clock, whose wall time a test can put forward."""

    ahead = timedelta(0)

    def now(self) -> datetime:
        return super().now() + self.ahead


@pytest.fixture
def clock() -> MovedClock:
    """Real time: the player's clock is the browser's."""
    return MovedClock()


@pytest.fixture(scope="session")
def hls_zips(tmp_path_factory: pytest.TempPathFactory) -> dict[int, bytes]:
    """H.264 and AAC in segments of two seconds: a short film, and one longer than players load ahead."""
    folder, made = tmp_path_factory.mktemp("hls"), {}
    for seconds in (8, 100):
        film = make_film(folder / f"{seconds}.mp4", seconds=seconds, video="libx264", audio="aac", key_every=10)
        made[seconds] = packed(make_stream(film, folder / str(seconds)))
    return made


@pytest.fixture
def seconds() -> int:
    return 8


@pytest.fixture
def material_id(live: Live, session: Session, run_jobs: RunJobs, hls_zips: dict[int, bytes], seconds: int) -> int:
    live.cast.browser("mara").send(f"/jobs/{live.cast.job_id}/materials", form(hls_zips[seconds], name="film.zip"))
    run_jobs()
    (material,) = all_material(session)
    return material.id


@pytest.fixture(params=["native", "hls.js"])
def engine(request: pytest.FixtureRequest, page: Page) -> str:
    """Chromium plays HLS by itself; without that it is as Firefox, where hls.js does."""
    if request.param == "hls.js":
        page.add_init_script(WITHOUT_NATIVE_HLS)
    return str(request.param)


def delivered_ms(session: Session) -> int:
    session.rollback()
    return sum(end - start for blob in session.scalars(select(Delivery.delivered)) for start, end in decode(blob))


def test_segments_are_played_to_the_end_and_counted(
    page: Page, live: Live, material_id: int, engine: str, look: Look, session: Session
) -> None:
    problems: list[str] = []
    asked: list[Request] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: asked.append(request))
    open_player(page, live, material_id)
    library = [one.url for one in asked if "hls.light" in one.url]
    assert bool(library) == (engine == "hls.js"), "hls.js is fetched only where it is needed"
    assert page.evaluate("document.querySelector('video').videoWidth") == 160
    page.evaluate("document.querySelector('video').textTracks[0].mode = 'showing'")
    page.get_by_label("Speed").select_option("2")
    page.evaluate(PLAY)
    until(page, "document.querySelector('video').textTracks[0].cues?.length === 2")
    expect(page.locator("[data-missing-words]")).to_contain_text("This counts as watched", timeout=20_000)
    expect(page.locator("[data-pct]")).to_have_text("100 %")
    covered = look.covered(live.cast.cleo.candidate_id, material_id)
    assert len(covered) == 1, covered
    (material,) = all_material(session)
    assert covered[0][0] <= 250
    assert covered[0][1] == material.newest.duration_ms
    assert delivered_ms(session) == material.newest.duration_ms
    assert service.undelivered_ms(session, [live.cast.cleo_id]) == {(live.cast.cleo_id, material_id): 0}
    assert problems == []


@pytest.mark.parametrize("seconds", [100])
def test_an_address_that_became_too_old_is_replaced_at_the_same_position(
    page: Page, live: Live, material_id: int, engine: str, look: Look, clock: MovedClock
) -> None:
    """After nine hours of sleep: the server refuses the key of the morning, a new lease brings another."""
    open_player(page, live, material_id)
    page.evaluate(PLAY)
    wait_for_position(page, 0.5)
    page.evaluate("document.querySelector('video').pause()")
    leases: list[str] = []
    refused: list[str] = []
    page.on("response", lambda seen: leases.append(seen.url) if seen.url.endswith("/lease") else None)
    page.on("response", lambda seen: refused.append(seen.url) if seen.status == 403 else None)
    clock.ahead = timedelta(hours=9)
    page.evaluate("document.querySelector('video').currentTime = 80; " + PLAY)
    wait_for_position(page, 81)
    page.evaluate("document.querySelector('video').pause()")
    assert refused
    assert len(leases) == 1
    page.wait_for_timeout(500)
    covered = look.covered(live.cast.cleo.candidate_id, material_id)
    assert len(covered) == 2, covered
    assert abs(covered[1][0] - 80_000) < 400
    expect(page.locator("[data-status]")).to_be_empty()


@pytest.mark.parametrize("seconds", [100])
@pytest.mark.parametrize(
    "engine", ["hls.js"], indirect=True
)  # Chromium's own player takes no play() while it has an error
def test_play_pressed_while_the_address_is_replaced_is_not_forgotten(
    page: Page, live: Live, material_id: int, engine: str, clock: MovedClock
) -> None:
    open_player(page, live, material_id)
    page.evaluate(PLAY)
    wait_for_position(page, 0.5)
    page.evaluate("document.querySelector('video').pause()")
    held: list[Route] = []
    page.route("**/lease", lambda route: held.append(route))
    clock.ahead = timedelta(hours=9)
    page.evaluate("document.querySelector('video').currentTime = 80")
    while not held:
        page.wait_for_timeout(20)
    page.evaluate(PLAY)
    page.wait_for_timeout(100)
    page.route("**/lease", lambda route: route.continue_())  # the mending asks again where a beat had asked first
    for route in held:
        route.continue_()
    wait_for_position(page, 81)


def test_segments_that_cannot_be_loaded_are_said(page: Page, live: Live, material_id: int, engine: str) -> None:
    page.route(re.compile(r"/hls/1/.*m4s"), lambda route: route.fulfill(status=404, body="gone"))
    live.sign_in(page, "cleo")
    page.goto(f"{live.url}/prep/material/{material_id}")
    page.evaluate(PLAY)
    expect(page.locator("[data-status]")).to_contain_text(
        "the segments of the film, or they cannot be loaded", timeout=20_000
    )


def test_the_teams_page_plays_it_too(page: Page, live: Live, material_id: int, engine: str, session: Session) -> None:
    live.sign_in(page, "mara")
    page.goto(f"{live.url}/materials/{material_id}")
    until(page, "document.querySelector('video').readyState >= 2")
    page.evaluate("document.querySelector('video').muted = true")
    page.evaluate(PLAY)
    wait_for_position(page, 0.5)
    expect(page.get_by_text("Delivered in 4 segments")).to_be_visible()
    assert delivered_ms(session) == 0
    if engine == "native":
        assert_accessible(page)


def test_a_whole_film_whose_address_became_too_old_goes_on_too(
    page: Page, live: Live, session: Session, run_jobs: RunJobs, tmp_path: Path
) -> None:
    film = make_film(tmp_path / "film.webm", seconds=6)
    live.cast.browser("mara").send(f"/jobs/{live.cast.job_id}/materials", form(film.read_bytes()))
    run_jobs()
    (material,) = all_material(session)
    refused: list[str] = []
    leases: list[
        str
    ] = []  # keys of one second are the same, so what tells a fresh address is the lease that brought it
    page.on("response", lambda seen: leases.append(seen.url) if seen.url.endswith("/lease") else None)
    page.route("**/film/1?key=*", lambda route: _old_before_a_lease(route, leases, refused))
    live.sign_in(page, "cleo")
    page.goto(f"{live.url}/prep/material/{material.id}#t=2")
    until(page, "document.querySelector('video').readyState >= 2")
    assert refused
    until(page, "Math.abs(document.querySelector('video').currentTime - 2) < 0.1")
    expect(page.locator("[data-status]")).to_be_empty()


def _old_before_a_lease(route: Route, leases: list[str], refused: list[str]) -> None:
    if leases:
        route.continue_()
    else:
        refused.append(route.request.url)
        route.fulfill(status=403, body="old")
