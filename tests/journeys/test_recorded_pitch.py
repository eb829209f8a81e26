"""A recorded pitch in a real browser: network cut for ten seconds, tab killed, hashes equal, plays and seeks.

Chromium's fake camera and microphone; the test listens to the recorder itself, so that it knows what was produced."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from interview.recording import service
from interview.recording.models import PitchPart
from tests.support.axe import assert_accessible
from tests.support.live import Live
from tests.watch.conftest import run_jobs  # noqa: F401

LISTEN = """
  window.MediaRecorder = class extends window.MediaRecorder {
    constructor(...given) {
      super(...given);
      const run = crypto.randomUUID();
      this.addEventListener("dataavailable", async (event) => {
        if (!this.inPieces) return; // the practice take
        const bytes = new Uint8Array(await event.data.arrayBuffer());
        let text = "";
        for (let at = 0; at < bytes.length; at += 30000) text += String.fromCharCode(...bytes.subarray(at, at + 30000));
        window.produced(run, btoa(text));
      });
    }
    start(...given) { this.inPieces = given.length > 0; super.start(...given); }
  };
"""

pytestmark = pytest.mark.browser


def until(page: Page, condition: str) -> None:
    """Wait until something holds in the page; the page's policy forbids what wait_for_function would do."""
    page.evaluate(
        f"""async () => {{
          const start = performance.now();
          while (!({condition})) {{
            if (performance.now() - start > 30000) throw new Error("it never came");
            await new Promise(requestAnimationFrame);
          }}
        }}"""
    )


def reaches(page: Page, seconds: int) -> None:
    """Wait until the clock of the recording stands at this second or later."""
    until(page, f"document.getElementById('time').textContent.replace('00:', '') >= '{seconds:02d}'")


def test_a_recorded_pitch_survives_a_cut_network_and_a_killed_tab(
    live: Live,
    page: Page,
    run_jobs: Callable[[], None],  # noqa: F811
) -> None:
    cast, context = live.cast, page.context
    runs: dict[str, bytes] = {}

    def produced(_source: Any, run: str, text: str) -> None:
        runs[run] = runs.get(run, b"") + base64.b64decode(text)

    context.expose_binding("produced", produced)
    context.add_init_script(LISTEN)
    sent: list[str] = []
    context.on("request", lambda request: sent.append(request.url) if request.method != "GET" else None)

    live.sign_in(page, "cleo")
    page.goto(f"{live.url}/prep/consent")
    page.get_by_label("Yes, it may be recorded").check()
    page.get_by_label("No, people only").check()
    page.get_by_role("button", name="Save my answers").click()
    page.goto(f"{live.url}/pitch")
    page.get_by_role("link", name="Record it here").click()

    # the equipment, and a practice take that goes nowhere
    page.get_by_role("button", name="Turn on").click()
    expect(page.locator("#recorder-status")).to_contain_text("It is on")
    until(page, "document.getElementById('level').value > 0.1")
    assert_accessible(page)
    sent.clear()
    page.get_by_role("button", name="Practise").click()
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#practice")).to_be_visible()
    assert sent == []

    # think, record, ten seconds without a network
    page.get_by_role("button", name="Record Your pitch").click()
    expect(page.locator("#recorder-status")).to_contain_text("Time to think")
    page.get_by_role("button", name="Start now").click()
    reaches(page, 2)
    context.set_offline(True)
    reaches(page, 12)
    expect(page.locator("[data-sending]")).to_contain_text("kept on this device")
    behind = cast.session.query(PitchPart).one()
    files = cast.app.extensions["pitchproof"].files
    (first,) = runs.values()
    assert files.grown_bytes(behind.file_key) < len(first)
    context.set_offline(False)
    reaches(page, 14)
    before_the_kill = len(next(iter(runs.values())))

    # the tab is killed, and opened again
    page.on("crash", lambda _: None)
    with pytest.raises(Exception, match=r"[Cc]rash|ERR"):
        page.goto("chrome://crash")
    page.close()
    page = context.new_page()
    page.goto(f"{live.url}/pitch/record")
    expect(page.get_by_text(re.compile(r"Recorded 00:1\d"))).to_be_visible()
    page.get_by_role("button", name="Turn on").click()
    page.get_by_role("button", name="Go on recording").click()
    reaches(page, 15)
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#recorder-status")).to_contain_text("Paused")
    page.get_by_role("button", name="Go on", exact=True).click()
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#recorder-status")).to_contain_text("All is sent and checked")

    # what the server keeps is what the browser produced
    cast.session.rollback()
    killed, second = cast.session.query(PitchPart).order_by(PitchPart.id)
    made = list(runs.values())
    assert len(made) == 2
    for part, bytes_produced, least in ((killed, made[0], before_the_kill), (second, made[1], len(made[1]))):
        kept = files.local_path(part.file_key).read_bytes()
        assert least <= len(kept) <= len(bytes_produced)  # a piece may be born in the very moment of the kill
        assert (
            hashlib.sha256(kept).hexdigest() == hashlib.sha256(bytes_produced[: len(kept)]).hexdigest() == part.sha256
        )
    assert (
        page.evaluate(
            "async () => { const request = indexedDB.open('pitchproof-recordings');"
            " const opened = await new Promise(done => request.onsuccess = () => done(request.result));"
            " const count = opened.transaction('chunks').objectStore('chunks').count();"
            " return new Promise(done => count.onsuccess = () => done(count.result)) }"
        )
        == 0
    )

    page.get_by_role("button", name="Hand in my pitch").click()
    page.get_by_role("dialog").get_by_role("button", name="Hand in my pitch").click()
    expect(page.get_by_role("heading", name="Handed in")).to_be_visible()
    run_jobs()
    found = service.playable(cast.session, cast.interview_id)
    assert found is not None
    assert found.has_video
    assert found.has_audio
    assert 14_000 < found.duration_ms < 20_000

    # the panel plays it, and seeks in it
    context.clear_cookies()
    live.sign_in(page, "ivo")
    page.goto(f"{live.url}/interviews/{cast.interview_id}/review")
    until(page, "document.getElementById('player').duration > 14")
    for at in (12, 3):
        reached = page.evaluate(
            "at => new Promise((done, fail) => { const player = document.getElementById('player');"
            " player.onerror = () => fail(player.error?.message); player.onseeked = () => done(player.currentTime);"
            " player.currentTime = at })",
            at,
        )
        assert abs(reached - at) < 0.1
    page.keyboard.press("k")
    until(page, "document.getElementById('player').currentTime > 3.5")
    page.keyboard.press("k")
    assert page.evaluate("document.getElementById('player').paused")
    assert_accessible(page)
