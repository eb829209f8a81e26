"""Third-party players in a real Chromium, against stand-ins at their own hosts: consent, credit, errors, the wait."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.support.axe import assert_accessible
from tests.support.films import make_film
from tests.support.live import Live
from tests.watch.conftest import Look
from tests.watch.elsewhere import VIMEO, WISTIA, YOUTUBE, ZOOM, add_elsewhere
from tests.watch.test_browser import clock, database_url, until  # noqa: F401

pytestmark = pytest.mark.browser
FAKES = Path(__file__).parent / "players"
FILM_S = 6


class Outside:
    """The third parties' hosts: what they answer, and what was asked of them."""

    def __init__(self, film: Path) -> None:
        self.film = film
        self.fake: dict[str, Any] = {"duration": FILM_S}
        self.asked: list[tuple[str, str]] = []  # address, referrer
        self.is_blocked = False

    @property
    def hosts(self) -> set[str]:
        return {urlsplit(address).hostname or "" for address, _ in self.asked}

    def answer(self, route: Route) -> None:
        address = route.request.url
        if urlsplit(address).hostname in ("127.0.0.1", "localhost"):
            route.continue_()
            return
        self.asked.append((address, route.request.headers.get("referer", "")))
        given = f"const FAKE = {json.dumps(self.fake)};\n"
        if self.is_blocked:
            route.abort()
        elif address == "https://www.youtube.com/iframe_api":
            route.fulfill(body=given + (FAKES / "youtube.js").read_text(), content_type="text/javascript")
        elif address.startswith("https://player.vimeo.com/video/"):
            page = (FAKES / "vimeo.html").read_text().replace("<script>", f"<script>{given}", 1)
            route.fulfill(body=page, content_type="text/html")
        elif address.endswith("/E-v1.js"):
            route.fulfill(body=(FAKES / "wistia.js").read_text(), content_type="text/javascript")
        elif address.endswith("/film.webm"):
            route.fulfill(body=self.film.read_bytes(), content_type="video/webm")
        else:
            route.fulfill(body="<!doctype html><html lang=en><title>Player</title>player", content_type="text/html")


@pytest.fixture(scope="session")
def six_seconds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_film(tmp_path_factory.mktemp("films") / "six.webm", seconds=FILM_S)


@pytest.fixture
def outside(six_seconds: Path) -> Outside:
    return Outside(six_seconds)


@pytest.fixture
def window(browser: Browser, outside: Outside) -> Iterator[BrowserContext]:
    """A context of its own, because these pages do ask outside; a script error of ours fails the test."""
    context = browser.new_context()
    context.route("**/*", outside.answer)
    problems: list[str] = []
    context.on("weberror", lambda error: problems.append(str(error.error)))
    context.on("console", lambda line: problems.append(line.text) if "Content Security Policy" in line.text else None)
    yield context
    context.close()
    assert not [one for one in problems if "Event" not in one], problems  # a wrapper rejects with a bare Event


@pytest.fixture
def player_page(window: BrowserContext, live: Live) -> Callable[[str], Page]:
    """Open an address as Cleo, after consent to its player."""

    def open_it(address: str, **options: Any) -> Page:
        material_id = add_elsewhere(live.cast, address, duration_ms=FILM_S * 1000, required=address != ZOOM, **options)
        page = window.new_page()
        live.sign_in(page, "cleo")
        page.goto(f"{live.url}/prep/material/{material_id}")
        if address != ZOOM:
            page.get_by_role("button", name="Load the").click()
            page.wait_for_load_state()
        return page

    return open_it


def watched(page: Page) -> None:
    expect(page.locator("[data-missing-words]")).to_contain_text("This counts as watched", timeout=20_000)


def test_youtube_loads_nothing_before_consent_and_is_credited_after_it(
    window: BrowserContext, live: Live, outside: Outside, look: Look
) -> None:
    material_id = add_elsewhere(live.cast, YOUTUBE, duration_ms=FILM_S * 1000, required=True)
    page = window.new_page()
    live.sign_in(page, "cleo")
    page.goto(f"{live.url}/prep/material/{material_id}")
    page.wait_for_timeout(300)
    assert outside.asked == []
    assert_accessible(page)
    page.get_by_role("button", name="Load the YouTube player").click()
    until(page, "window.fake && document.querySelector('youtube-video').readyState >= 1")
    frame = next(one for one in outside.asked if "nocookie" in one[0])
    assert frame[0].startswith("https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ?")
    assert frame[1] == f"{live.url}/"  # without a referrer YouTube answers with error 153
    assert outside.hosts == {"www.youtube.com", "www.youtube-nocookie.com"}
    assert_accessible(page)
    page.get_by_label("Speed").select_option("2")
    with page.expect_response("**/lease"):
        page.evaluate("fake.playVideo()")  # as a click inside the frame does
    watched(page)
    covered = look.covered(live.cast.cleo.candidate_id, material_id)
    assert covered[0][0] <= 50
    assert covered[-1][1] >= 5900
    row = look.watch(live.cast.cleo.candidate_id, material_id)
    assert row
    assert row.tier == "B"


def test_a_jump_in_youtube_is_a_seek_and_is_not_credited(player_page: Any, live: Live, look: Look) -> None:
    page = player_page(YOUTUBE)
    until(page, "window.fake && document.querySelector('youtube-video').readyState >= 1")
    page.evaluate("fake.playVideo()")
    until(page, "fake.getCurrentTime() >= 1")
    page.evaluate("fake.seekTo(4)")
    page.wait_for_timeout(700)
    with page.expect_response("**/beat"):
        page.evaluate("fake.pauseVideo()")
    expect(page.locator("[data-missing-words]")).to_contain_text("Still missing: 00:0")
    material_id = int(page.url.rsplit("/", 1)[1])
    covered = look.covered(live.cast.cleo.candidate_id, material_id)
    assert len(covered) == 2
    assert covered[0][1] < 2000
    assert 3900 <= covered[1][0] <= 4400
    page.get_by_role("button", name="Jump to what is missing").click()
    until(page, "fake.getPlayerState() === 1 && fake.getCurrentTime() < 3.5")


def test_coming_back_goes_on_where_it_stopped(player_page: Any) -> None:
    page = player_page(YOUTUBE)
    until(page, "window.fake && document.querySelector('youtube-video').readyState >= 1")
    page.evaluate("fake.playVideo()")
    until(page, "fake.getCurrentTime() >= 2")
    with page.expect_response("**/beat"):
        page.evaluate("fake.pauseVideo()")
    page.reload()
    until(page, "window.fake && document.querySelector('youtube-video').readyState >= 1")
    page.wait_for_timeout(200)
    assert page.evaluate("fake.getCurrentTime()") == 0  # told a position now, YouTube would start to play
    page.evaluate("fake.playVideo()")
    until(page, "fake.getPlayerState() === 1 && fake.getCurrentTime() >= 1.9")


@pytest.mark.parametrize("address", [VIMEO, WISTIA])
def test_vimeo_and_wistia_are_credited_and_asked_not_to_follow(
    player_page: Any, outside: Outside, address: str
) -> None:
    page = player_page(address)
    until(page, "document.querySelector('[data-embed]').readyState >= 1")
    assert_accessible(page)
    page.get_by_label("Speed").select_option("2")
    if address == VIMEO:
        (frame,) = [one for one, _ in outside.asked if "player.vimeo.com/video" in one]
        assert "dnt=1" in frame
        assert "h=0123abcdef" in frame
        assert outside.hosts == {"player.vimeo.com"}
        page.frame_locator("iframe").locator("html").click()
    else:
        assert page.evaluate("fakeOptions.doNotTrack") is True
        assert all(host.endswith(".wistia.com") for host in outside.hosts)
        page.evaluate("void fake.play()")
    watched(page)


def test_error_150_leads_to_the_transcript_and_to_the_recruiters_task(
    player_page: Any, live: Live, outside: Outside, browser: Browser
) -> None:
    outside.fake["error"] = 150
    page = player_page(YOUTUBE)
    panel = page.get_by_role("region", name="The film does not play")
    expect(panel).to_contain_text(
        "does not allow playing it on other pages. That is nothing you did. The team is told."
    )
    expect(panel.get_by_role("link", name="Try again")).to_be_visible()
    expect(panel.get_by_role("link", name="Read the transcript instead")).to_be_visible()
    assert_accessible(page)
    expect(page.locator("[data-pct]")).to_have_text("0 %")
    team = browser.new_context()
    home = team.new_page()
    live.sign_in(home, "rita")
    home.goto(live.url + "/")
    expect(home.locator("main")).to_contain_text("The film may not be played on other pages, or it has an age limit")
    assert_accessible(home)
    home.get_by_role("link", name="The webinar").click()
    expect(home.get_by_role("heading", name="What players reported")).to_be_visible()
    assert_accessible(home)
    home.get_by_role("button", name="Seen to").click()
    home.wait_for_load_state()
    home.goto(live.url + "/")
    expect(home.locator("main")).not_to_contain_text("Players report trouble")
    team.close()
    with page.expect_navigation():
        panel.get_by_role("button", name="Tell the team").click()
    expect(page.locator("main")).to_contain_text("It did not count")


@pytest.mark.parametrize(
    ("address", "fake", "said", "told"),
    [
        (YOUTUBE, {"error": 100}, "removed from YouTube or made private", "100"),
        (VIMEO, {"error": "PrivacyError"}, "The film is private where it lies", "private"),
        (VIMEO, {"error": "PasswordError"}, "behind a password", "password"),
        (YOUTUBE, {"duration": 60}, None, "length"),
    ],
)
def test_what_players_say_is_told_by_its_code(
    player_page: Any, outside: Outside, address: str, fake: dict[str, Any], said: str | None, told: str
) -> None:
    outside.fake |= fake
    seen: list[str] = []
    page = player_page(address)
    page.on("request", lambda one: seen.append(one.post_data or "") if one.url.endswith("/trouble") else None)
    page.reload()
    for _ in range(100):
        if seen:
            break
        page.wait_for_timeout(50)
    assert json.loads(seen[0])["code"] == told
    panel = page.get_by_role("region", name="The film does not play")
    if said:
        expect(panel).to_contain_text(said)
    else:
        assert json.loads(seen[0])["found_ms"] == 60_000
        expect(panel).to_be_hidden()


def test_a_blocked_player_is_said_at_once_and_a_silent_one_after_a_while(player_page: Any, outside: Outside) -> None:
    outside.is_blocked = True
    page = player_page(YOUTUBE)
    panel = page.get_by_role("region", name="The film does not play")
    expect(panel).to_contain_text("The player did not load")
    outside.is_blocked, outside.fake["silent"] = False, True
    page.goto("about:blank")
    page.clock.install()
    page.go_back()
    until(page, "window.fake")
    page.clock.fast_forward(15_100)
    expect(panel).to_contain_text("The player did not load")
    expect(panel).to_contain_text("The team is told.")


def test_asking_for_an_age_is_told_by_the_candidate(player_page: Any) -> None:
    page = player_page(YOUTUBE)
    page.get_by_text("About YouTube’s player").click()
    page.get_by_role("button", name="It asks me to sign in").click()
    expect(page.get_by_role("region", name="The film does not play")).to_contain_text("You need not sign in anywhere")
    page.get_by_role("button", name="Do not load it any more").click()
    expect(page.get_by_role("button", name="Load the YouTube player")).to_be_visible()


def test_a_link_counts_down_over_a_reload_and_is_attested(player_page: Any) -> None:
    page = player_page(ZOOM)
    followed: list[tuple[str, str]] = []  # a route sees no redirect
    page.context.on("request", lambda one: followed.append((one.url, one.headers.get("referer", ""))))
    confirm = page.get_by_role("button", name="Confirm")
    expect(confirm).to_be_disabled()
    assert_accessible(page)
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Open the recording").click()
    opened.value.wait_for_timeout(500)
    assert (ZOOM, "") in followed  # and no referrer
    opened.value.close()
    expect(page.locator("[data-countdown]")).to_contain_text("You can say so in 00:0")
    page.reload()
    expect(page.locator("[data-countdown]")).to_contain_text("You can say so in 00:0")
    expect(confirm).to_be_disabled()
    expect(confirm).to_be_enabled(timeout=8000)
    page.get_by_label("I have watched the recording").check()
    confirm.click()
    expect(page.locator("main")).to_contain_text("You said on")
    assert_accessible(page)
