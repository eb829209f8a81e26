"""The recorder in Chromium: refused camera, device without room, retakes, second tab, restarted browser and server."""

from __future__ import annotations

import base64
import os
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserType, Page, Route, expect
from werkzeug.serving import make_server

from interview.app import create_app
from interview.config import Settings
from interview.db import writing
from interview.prep import service as prep
from interview.prep.rules import ConsentKind
from interview.recording import service
from interview.recording.models import PitchPart
from interview.recording.rules import Section, Setting
from tests.journeys.test_recorded_pitch import LISTEN, reaches
from tests.support.axe import assert_accessible
from tests.support.cast import Cast
from tests.support.live import Live, serve

pytestmark = pytest.mark.browser

NO_ROOM = """
  IDBObjectStore.prototype.put = () => { throw new DOMException("full", "QuotaExceededError"); };
"""
REFUSED = """
  () => { window.granted = navigator.mediaDevices.getUserMedia;
          navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("no", "NotAllowedError")); }
"""


def agree(cast: Cast, *, recording: bool = True) -> None:
    cast.clock.forward(seconds=1)
    with writing(cast.session) as session:
        answers = {ConsentKind.RECORDING: recording, ConsentKind.AI: False}
        prep.answer_consents(session, cast.actor("cleo"), answers, now=cast.clock.now())


def test_sections_with_retakes_on_a_device_without_room(
    live: Live, new_context: Any, run_jobs: Callable[[], None]
) -> None:
    cast = live.cast
    agree(cast)
    with writing(cast.session) as session:
        sections = (Section("Open", 0, 1), Section("Close", 0, 1))
        setting = Setting(sections=sections, retakes=1)
        service.change_setting(session, cast.actor("mara"), cast.job, setting, now=cast.clock.now())
    context = new_context()
    context.add_init_script(NO_ROOM)
    page = context.new_page()
    live.sign_in(page, "cleo")
    page.goto(f"{live.url}/pitch/record")
    problem, status = page.locator("#recorder-problem"), page.locator("#recorder-status")

    page.evaluate(REFUSED)
    page.get_by_label("Sound alone").check()
    page.get_by_role("button", name="Turn on").click()
    expect(problem).to_contain_text("The browser was not allowed to use the microphone. Allow it in the address bar")
    page.evaluate("() => { navigator.mediaDevices.getUserMedia = window.granted }")
    page.get_by_role("button", name="Turn on").click()
    expect(status).to_contain_text("It is on")
    expect(problem).to_be_hidden()

    second = context.new_page()
    second.goto(f"{live.url}/pitch/record")
    expect(second.locator("#recorder-problem")).to_contain_text("open in another tab")
    second.close()

    for name in ("Record Open", "Record Close", "Record it again Open"):
        page.get_by_role("button", name=name).click()
        reaches(page, 1)
        expect(problem).to_contain_text("This device has no room left")
        page.get_by_role("button", name="Stop").click()
        expect(status).to_contain_text("All is sent and checked")
    expect(page.get_by_text("No retake left.")).to_have_count(1)
    page.get_by_label("Take 1,").check()
    assert_accessible(page)
    page.get_by_role("button", name="Hand in my pitch").click()
    page.get_by_role("dialog").get_by_role("button", name="Hand in my pitch").click()
    expect(page.get_by_role("heading", name="Handed in")).to_be_visible()
    run_jobs()

    found = service.playable(cast.session, cast.interview_id)
    assert found is not None
    assert (found.has_video, found.has_audio) == (False, True)
    parts = cast.session.query(PitchPart).order_by(PitchPart.id).all()
    assert [(part.section, part.take) for part in parts] == [(0, 1), (1, 1), (0, 2)]
    both = sum(part.length_ms for part in parts[:2])
    assert abs(found.duration_ms - both) < 700  # the take that was chosen, not the last one


@pytest.mark.on("sqlite")
def test_a_restarted_browser_and_a_restarted_server_lose_nothing(
    cast: Cast,
    settings: Settings,
    tmp_path: Path,
    browser_type: BrowserType,
    browser_type_launch_args: dict[str, Any],
) -> None:
    agree(cast)
    produced: list[bytes] = []
    server, url = serve(cast.app)
    live = Live(url, cast)

    context = browser_type.launch_persistent_context(str(tmp_path / "profile"), **browser_type_launch_args)
    context.expose_binding("produced", lambda _source, _run, text: produced.append(base64.b64decode(text)))
    context.add_init_script(LISTEN)
    page = context.new_page()
    live.sign_in(page, "cleo")
    page.goto(f"{url}/pitch/record")
    page.get_by_label("Sound alone").check()
    page.get_by_role("button", name="Turn on").click()
    page.get_by_role("button", name="Record Your pitch").click()
    page.get_by_role("button", name="Start now").click()
    reaches(page, 1)
    server.shutdown()
    server.server_close()
    reaches(page, 4)
    expect(page.locator("[data-sending]")).to_contain_text("kept on this device")
    before = len(b"".join(produced))
    context.close()

    again = make_server("127.0.0.1", server.server_port, create_app(settings, clock=cast.clock), threaded=True)
    threading.Thread(target=again.serve_forever, daemon=True).start()
    context = browser_type.launch_persistent_context(str(tmp_path / "profile"), **browser_type_launch_args)
    page = context.new_page()
    live.sign_in(page, "cleo")
    page.goto(f"{url}/pitch/record")
    expect(page.get_by_text("Recorded 00:0")).to_be_visible()
    context.close()
    again.shutdown()

    part = cast.session.query(PitchPart).one()
    kept = cast.app.extensions["pitchproof"].files.local_path(part.file_key).read_bytes()
    assert before > 10_000
    assert len(kept) >= before
    assert b"".join(produced).startswith(kept[:before])


def record_shortly(page: Page) -> None:
    page.get_by_label("Sound alone").check()
    page.get_by_role("button", name="Turn on").click()
    page.get_by_role("button", name="Record Your pitch").click()
    page.get_by_role("button", name="Start now").dblclick()  # starts one recorder
    reaches(page, 1)
    page.get_by_role("button", name="Stop").click()


def test_what_is_kept_arrives_after_the_due_day(live: Live, new_context: Any) -> None:
    cast = live.cast
    agree(cast)
    with writing(cast.session) as session:
        service.change_setting(session, cast.actor("mara"), cast.job, Setting(due_days=2), now=cast.clock.now())
    context = new_context()
    page = context.new_page()
    live.sign_in(page, "cleo")
    page.goto(f"{live.url}/pitch/record")
    context.route(re.compile(r"/pitch/parts/\d+$"), lambda route: route.abort())
    record_shortly(page)
    expect(page.locator("[data-sending]")).to_contain_text("kept on this device")
    page.close()

    cast.clock.forward(days=3)
    context.unroute_all()
    page = context.new_page()
    live.sign_in(page, "cleo")
    page.goto(f"{live.url}/pitch/record")
    expect(page.get_by_text("The time for new recordings is over")).to_be_visible()
    expect(page.locator("#recorder-status")).to_contain_text("All is sent and checked")
    expect(page.get_by_role("button", name="Hand in my pitch")).to_be_enabled()
    expect(page.locator("#setup")).to_be_hidden()
    part = cast.session.query(PitchPart).one()
    assert part.finished_at == cast.clock.now()


FORGOTTEN = """
  async () => {
    const opened = await new Promise((done) => {
      indexedDB.open("pitchproof-recordings").onsuccess = (event) => done(event.target.result);
    });
    const start = performance.now();
    const count = () => new Promise((done) => {
      const request = opened.transaction("chunks").objectStore("chunks").count();
      request.onsuccess = () => done(request.result);
    });
    while (await count()) if (performance.now() - start > 10000) throw new Error("it is kept");
  }
"""

SHORTER = """
  async () => {
    const opened = await new Promise((done) => {
      indexedDB.open("pitchproof-recordings").onsuccess = (event) => done(event.target.result);
    });
    const change = opened.transaction("parts", "readwrite");
    const [part] = await new Promise((done) => {
      change.objectStore("parts").getAll().onsuccess = (event) => done(event.target.result);
    });
    change.objectStore("parts").put({ ...part, bytes: 1000 });
    await new Promise((done) => { change.oncomplete = done; });
  }
"""


def test_what_cannot_be_sent_blocks_nothing(live: Live, new_context: Any) -> None:
    cast = live.cast
    agree(cast)
    context = new_context()
    page = context.new_page()
    live.sign_in(page, "cleo")
    page.goto(f"{live.url}/pitch/record")

    # the server has more than a device that was full: what is there counts, and the device forgets it
    context.route("**/finish", lambda route: route.abort())
    record_shortly(page)
    expect(page.locator("[data-sending]")).to_contain_text("kept on this device")
    expect(page.get_by_role("button", name="Keep what arrived")).to_be_hidden()
    second = context.new_page()  # which does not cut off what is under way here
    second.goto(f"{live.url}/pitch/record")
    expect(second.locator("#recorder-problem")).to_contain_text("open in another tab")
    expect(second.locator("[data-unfinished]")).to_have_count(1)
    expect(second.get_by_role("button", name="Keep what arrived")).to_be_hidden()
    second.close()
    page.evaluate(SHORTER)
    for file in cast.app.extensions["pitchproof"].files.folder.rglob("*.growing"):
        os.utime(file, (cast.clock.now().timestamp() - 120,) * 2)
    context.unroute_all()
    page.reload()
    expect(page.get_by_text("Recorded 00:0")).to_be_visible()
    (part,) = cast.session.query(PitchPart)
    assert (part.size_bytes or 0) > 1000

    # what the server refuses can be saved and discarded, and the take that is there handed in
    begun_parts: list[Route] = []
    context.route("**/pitch/parts", lambda route: begun_parts.append(route))

    def refuse() -> None:
        while not begun_parts:
            page.wait_for_timeout(20)
        begun_parts.pop().fulfill(status=409, json={"detail": "No.", "reason": "over"})
        expect(page.locator("#recorder-problem")).to_have_text("The recording was stopped. No.")
        expect(page.get_by_role("button", name="Stop")).to_be_hidden()

    page.get_by_label("Sound alone").check()
    page.get_by_role("button", name="Turn on").click()
    page.get_by_role("button", name="Go on recording").click()
    reaches(page, 2)
    refuse()
    expect(page.locator("[data-why]")).to_contain_text("No. What you recorded is kept on this device")
    expect(page.get_by_role("button", name="Hand in my pitch")).to_be_enabled()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save it to this device").click()
    assert download.value.path().read_bytes().startswith(b"\x1a\x45\xdf\xa3")
    assert_accessible(page)
    page.get_by_role("button", name="Discard it").click()
    page.get_by_role("dialog").get_by_role("button", name="Discard it").click()
    expect(page.locator("[data-stuck]")).to_be_hidden()

    # and what is still here is forgotten with the consent
    page.get_by_role("button", name="Go on recording").click()
    reaches(page, 3)
    refuse()
    expect(page.locator("[data-stuck]")).to_be_visible()
    agree(cast, recording=False)
    agree(cast)
    before = page.locator("#recorder").get_attribute("data-consent")
    page.goto("about:blank")
    context.unroute_all()
    begun: list[str] = []
    page.on("request", lambda request: begun.append(request.url) if request.method == "POST" else None)
    page.goto(f"{live.url}/pitch/record")
    assert page.locator("#recorder").get_attribute("data-consent") != before
    page.evaluate(FORGOTTEN)
    assert begun == []
