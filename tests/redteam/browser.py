"""The cases that need a real player: Chromium, in real time, with short films that were really uploaded and probed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

from tests.redteam.cases import Candidate, Case, attack, honest
from tests.redteam.honest import TRACKER_WORDS

PATIENCE_S = 25.0
PLAY = "void document.querySelector('video').play().catch(() => {})"
PAUSE = "document.querySelector('video').pause()"
AT = "document.querySelector('video').currentTime"


@dataclass
class Screen:
    """A candidate in front of the product's own player."""

    case: Case
    candidate: Candidate
    page: Page

    def until(self, expression: str) -> None:
        """Wait until an expression holds in the page; the page's policy forbids Playwright's own way."""
        deadline = time.monotonic() + PATIENCE_S
        while not self.page.evaluate(expression):
            if time.monotonic() > deadline:
                raise AssertionError(f"never came true in the browser: {expression}")
            self.page.wait_for_timeout(50)

    def play(self, seconds: float, *, speed: str = "1") -> None:
        """Play on to a position."""
        self.page.get_by_label("Speed").select_option(speed)
        self.page.evaluate(PLAY)
        self.until(f"{AT} >= {seconds}")

    def pause(self) -> None:
        """Pause, which sends what was played."""
        self.page.evaluate(PAUSE)
        self.page.wait_for_timeout(400)

    def watch_to_the_end(self) -> str:
        """Play the rest at double speed and wait until the server says done."""
        self.page.get_by_label("Speed").select_option("2")
        self.page.evaluate(PLAY)
        self.until_done()
        return (
            f"{self.page.locator('[data-pct]').inner_text()}: {self.page.locator('[data-missing-words]').inner_text()}"
        )

    def until_done(self) -> None:
        """Wait until the film counts as watched, stored and shown."""
        deadline = time.monotonic() + PATIENCE_S
        while not self.is_done:
            if time.monotonic() > deadline:
                raise AssertionError(f"not done: {self.page.locator('[data-missing-words]').inner_text()}")
            self.page.wait_for_timeout(100)
        self.until("document.querySelector('[data-pct]').textContent === '100 %'")

    @property
    def row(self) -> Any:
        """Return what is stored about this candidate and film."""
        return self.case.stage.watch_row(self.candidate.id, self.case.film_id)

    @property
    def is_done(self) -> bool:
        """Say whether the film counts as watched."""
        return self.row is not None and self.row.done_at is not None

    def finish(self) -> None:
        """Require what honest cases require."""
        self.case.must_be_done(self.case.player(self.candidate))


@contextmanager
def screen(case: Case, *, seconds: float = 6.0, script: str = "", **context: Any) -> Iterator[Screen]:
    """Open the player's page on a fresh film in a browser of its own; a script runs before the page's own."""
    case.job_id = case.stage.job()
    case.film_id = case.stage.upload(case.job_id, seconds)
    candidate = case.candidate()
    case.remember_others()
    candidate.first_lease_ms, candidate.granted_before_ms = case.clock.true_ms(), case.clock.granted_ms
    headers = {"X-Forwarded-For": candidate.visitor.address}
    opened = case.stage.chromium.new_context(base_url=case.stage.url, extra_http_headers=headers, **context)
    try:
        cookies = candidate.visitor.cookies.items()
        opened.add_cookies([{"name": name, "value": value, "url": case.stage.url} for name, value in cookies])
        if script:
            opened.add_init_script(script)
        page = opened.new_page()
        shown = Screen(case, candidate, page)
        page.goto(f"/prep/material/{case.film_id}")
        shown.until("document.querySelector('video').readyState >= 2")
        yield shown
    finally:
        opened.close()


# -- attacks -------------------------------------------------------------------------------------------------------


@attack(5, "The real player: seek to the end, `ended` fires", "only the tail", in_browser=True)
def seek_to_the_end(case: Case) -> str:
    with screen(case, seconds=30) as shown:
        shown.play(0.5)
        shown.page.evaluate("document.querySelector('video').currentTime = 28.5")
        shown.until("document.querySelector('video').ended")
        shown.page.wait_for_timeout(700)
        case.check(not shown.is_done, "done")
        words = shown.page.locator("[data-missing-words]").inner_text()
        case.check("Still missing" in words, f"the page says {words!r}")
    return words


@attack(
    9, "The real player at playbackRate=16, the page's own limit taken out", "<= 2 x wall clock, short", in_browser=True
)
def playback_rate_sixteen(case: Case) -> str:
    with screen(case, seconds=40) as shown:
        shown.page.evaluate(
            """() => {
                const video = document.querySelector("video");
                const rate = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, "playbackRate");
                video.addEventListener("ratechange", (event) => event.stopImmediatePropagation(), true);
                Object.defineProperty(video, "playbackRate", { get: () => rate.get.call(video), set() {} });
                rate.set.call(video, 16);
                video.play();
            }"""
        )
        shown.until("document.querySelector('video').ended")
        shown.page.wait_for_timeout(500)
        queued = shown.page.evaluate("Object.values(localStorage).join()")
        row = shown.row
        case.check(row.covered_ms > 0, "nothing was credited at all")
        case.check(not shown.is_done, "done")
        case.check(queued, "nothing was short")
    return f"played 40 s in about 3 s, covered {row.covered_ms} ms, queued {queued[:60]}"


@attack(10, "The real player with performance.now 20 times as fast", "422 mono, flagged", in_browser=True)
def fast_performance_now(case: Case) -> str:
    script = "const own = performance.now.bind(performance); performance.now = () => own() * 20;"
    with screen(case, seconds=30, script=script) as shown:
        answers: list[int] = []
        shown.page.on("response", lambda answer: answers.append(answer.status) if "/beat" in answer.url else None)
        shown.play(2)
        shown.pause()
        row = shown.row
        case.check(422 in answers and row.flags > 0, f"beats answered {answers}, flags {row.flags}")
        case.check(not shown.is_done, "done")
    return f"beats {sorted(set(answers))}, flags {row.flags}, covered {row.covered_ms} ms"


@attack(11, "The real player with Date in 2040", "no effect", in_browser=True)
def future_date(case: Case) -> str:
    with screen(case, seconds=30, script=dated("2040-01-03T10:00:00Z")) as shown:
        shown.play(2)
        shown.pause()
        row = shown.row
        case.check(1000 <= row.covered_ms <= 6000, f"covered {row.covered_ms} ms of 2 s")
        case.check(not shown.is_done, "done")
    return f"covered {row.covered_ms} ms of 2 s"


def dated(start: str) -> str:
    """Return a script that makes the browser's wall clock start at another time."""
    return f"""
        const Own = Date, ahead = Own.parse("{start}") - Own.now();
        window.Date = class extends Own {{
            constructor(...given) {{ given.length ? super(...given) : super(Own.now() + ahead); }}
            static now() {{ return Own.now() + ahead; }}
        }};"""


@attack(42, "The real page with currentTime, played and paused overridden", "<= 2 x wall clock", in_browser=True)
def overridden_getters(case: Case) -> str:
    with screen(case, seconds=40) as shown:
        shown.page.evaluate(
            """() => {
                const video = document.querySelector("video"), begun = performance.now();
                const at = () => Math.min(40, ((performance.now() - begun) / 1000) * 16);
                const get = (name, value) => Object.defineProperty(video, name, { get: value, set() {} });
                get("currentTime", at);
                get("played", () => ({ length: 1, start: () => 0, end: at }));
                get("paused", () => false);
                get("playbackRate", () => 16);
                video.dispatchEvent(new Event("play"));
                video.dispatchEvent(new Event("playing"));
                setInterval(() => video.dispatchEvent(new Event("timeupdate")), 100);
            }"""
        )
        shown.page.wait_for_timeout(2500)
        shown.page.evaluate("document.querySelector('video').dispatchEvent(new Event('ended'))")
        shown.page.wait_for_timeout(1000)
        case.check(not shown.is_done, "done")
        covered_ms = shown.row.covered_ms if shown.row else 0
        case.check(covered_ms > 0, "the invented beats were not even taken")
    return f"40 s invented in about 3 s, covered {covered_ms} ms"


# -- honest --------------------------------------------------------------------------------------------------------


@honest(8, "The real player offline in the middle, then on the net again", in_browser=True)
def offline_in_the_middle(case: Case) -> str:
    with screen(case) as shown:
        shown.play(1)
        shown.page.context.set_offline(True)
        shown.play(3)
        shown.pause()
        shown.page.context.set_offline(False)
        words = shown.watch_to_the_end()
        shown.finish()
    return words


@honest(17, "The real player in a hidden tab, sound only", in_browser=True)
def hidden_tab(case: Case) -> str:
    with screen(case) as shown:
        shown.play(0.5)
        shown.page.evaluate(
            """() => {
                Object.defineProperty(document, "hidden", { get: () => true });
                Object.defineProperty(document, "visibilityState", { get: () => "hidden" });
                document.dispatchEvent(new Event("visibilitychange"));
            }"""
        )
        words = shown.watch_to_the_end()
        shown.finish()
        lease = case.stage.leases(shown.candidate.id)[0]
        case.check(lease.hidden_count > 0, "the page does not say that it is hidden")
    return f"{words} {lease.hidden_count} beats hidden"


@honest(18, "The real player muted with captions, paused by the browser", "resumes, done", in_browser=True)
def muted_and_paused(case: Case) -> str:
    with screen(case) as shown:
        shown.page.evaluate("document.querySelector('video').muted = true")
        shown.page.evaluate("document.querySelector('video').textTracks[0].mode = 'showing'")
        shown.play(1.5)
        shown.page.evaluate(PAUSE)
        shown.page.wait_for_timeout(1500)
        words = shown.watch_to_the_end()
        shown.finish()
    return words


@honest(20, "The real page with the keyboard alone", "done, checkpoint dialog too", in_browser=True)
def keyboard_alone(case: Case) -> str:
    with screen(case) as shown:
        page = shown.page
        for _ in range(40):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.tagName === 'VIDEO'"):
                break
        page.keyboard.press("Space")
        shown.until_done()
        shown.finish()
        said = page.get_by_role("status").first.inner_text()
        case.check("Done" in said, f"the status says {said!r}")
        meeting = checkpoint_by_keyboard(case)
    return f"the status line says {said!r}; {meeting}"


def checkpoint_by_keyboard(case: Case) -> str:
    """Play up to a checkpoint of a longer film and answer it with the keyboard alone; the rest is played elsewhere."""
    with screen(case, seconds=61) as shown:
        page = shown.page
        page.evaluate(PLAY)
        shown.until(f"{AT} > 0.2")
        at_s = case.stage.check_positions(shown.candidate.id)[0] / 1000
        page.evaluate(f"document.querySelector('video').currentTime = {at_s - 13}")
        page.get_by_label("Speed").select_option("2")
        page.get_by_role("dialog").wait_for(timeout=25_000)
        word = page.locator("[data-check-prompt]").inner_text().rpartition(" ")[2]
        page.keyboard.press("Tab")
        for _ in range(6):
            if page.evaluate("document.activeElement.value") == word:
                break
            page.keyboard.press("ArrowDown")
        page.keyboard.press("Space")
        page.keyboard.press("Enter")
        page.get_by_role("dialog").wait_for(state="hidden", timeout=10_000)
        case.check(not case.stage.check_positions(shown.candidate.id), "the answer was not taken")
    player = case.player(shown.candidate).open()
    answer = player.finish()
    case.must_be_done(player, answer)
    return "checkpoint answered by keyboard"


@honest(22, "The real player with a clock two years behind, in another time zone", "no effect", in_browser=True)
def wrong_clock_in_the_browser(case: Case) -> str:
    with screen(case, script=dated("2024-03-31T00:59:55Z"), timezone_id="Pacific/Auckland") as shown:
        words = shown.watch_to_the_end()
        shown.finish()
    return words


@honest(24, "The real page behind an ad blocker", "beats pass", in_browser=True)
def behind_an_ad_blocker(case: Case) -> str:
    blocked: list[str] = []

    def block(route: Any) -> None:
        path = route.request.url.removeprefix(case.stage.url).partition("?")[0]
        if TRACKER_WORDS.search(path):
            blocked.append(path)
            route.abort()
        else:
            route.continue_()

    with screen(case) as shown:
        shown.page.route("**/*", block)
        shown.page.reload()
        shown.until("document.querySelector('video').readyState >= 2")
        words = shown.watch_to_the_end()
        shown.finish()
    case.check(not blocked, f"blocked {blocked}")
    return f"{words} Nothing was blocked."


@honest(31, "The real player in full screen and picture in picture, and back", in_browser=True)
def full_screen(case: Case) -> str:
    with screen(case) as shown:
        shown.play(1)
        shown.page.evaluate("document.querySelector('video').requestFullscreen().catch(() => {})")
        shown.play(2)
        shown.page.evaluate("document.fullscreenElement && document.exitFullscreen()")
        shown.page.evaluate("document.querySelector('video').requestPictureInPicture().catch(() => {})")
        shown.play(3)
        shown.page.evaluate("document.pictureInPictureElement && document.exitPictureInPicture()")
        words = shown.watch_to_the_end()
        shown.finish()
    return words


@honest(38, "The real page left and come back to", "goes on where it was", in_browser=True)
def left_and_back(case: Case) -> str:
    with screen(case) as shown:
        shown.play(2)
        shown.page.goto("/prep")
        shown.page.go_back()
        shown.until("document.querySelector('video').readyState >= 2")
        shown.until(f"{AT} > 1")
        shown.page.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
        words = shown.watch_to_the_end()
        shown.finish()
    return words
