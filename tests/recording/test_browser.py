"""The recorder in Chromium: refused camera, device without room, retakes, second tab, restarted browser and server."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserType, expect
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


def agree(cast: Cast) -> None:
    with writing(cast.session) as session:
        answers = {ConsentKind.RECORDING: True, ConsentKind.AI: False}
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
