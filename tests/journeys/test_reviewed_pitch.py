"""A live pitch afterwards, in a real browser: recording uploaded, Zoom transcript imported, reviewed and cited."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from interview.db import writing
from interview.prep import service as prep
from interview.prep.rules import ConsentKind
from interview.scorecard import service as scorecard
from tests.journeys.test_recorded_pitch import until
from tests.scorecard.stage import choose_rubric, interview_of
from tests.support.axe import assert_accessible
from tests.support.films import make_film
from tests.support.live import Live
from tests.watch.conftest import run_jobs  # noqa: F401

pytestmark = pytest.mark.browser

ZOOM = """WEBVTT

1
00:00:01.000 --> 00:00:02.900
Cleo Candidate: What happens today when a customer calls twice?

2
00:00:03.000 --> 00:00:05.500
Ivo Interviewer: We answer twice & hope for the best.

3
00:00:06.000 --> 00:00:08.000
Cleo Candidate: That does not exist today, and I would not guess a date.
""".replace("\n", "\r\n")


def test_a_live_pitch_is_reviewed_beside_its_zoom_transcript_and_cited(
    live: Live,
    page: Page,
    tmp_path: Path,
    run_jobs: Callable[[], None],  # noqa: F811
) -> None:
    cast = live.cast
    choose_rubric(cast)
    with writing(cast.session) as session:
        answers = {ConsentKind.RECORDING: True, ConsentKind.AI: False}
        prep.answer_consents(session, cast.actor("cleo"), answers, now=cast.clock.now())
    cast.clock.forward(days=2, hours=1)
    film = make_film(tmp_path / "zoom_0.mp4", seconds=9, video="libx264", audio="aac", key_every=20)
    words = tmp_path / "GMT20261125_Recording.transcript.vtt"
    words.write_bytes(ZOOM.encode())
    of_interview = f"{live.url}/interviews/{cast.interview_id}"

    # the hiring manager brings both
    live.sign_in(page, "mara")
    page.goto(f"{of_interview}/recording")
    page.get_by_label("Recording", exact=True).set_input_files(words)
    expect(page.locator("#upload-problem")).to_contain_text("This is no recording that can be read")
    page.get_by_label("Recording", exact=True).set_input_files(film)
    expect(page.get_by_text("is being prepared")).to_be_visible()
    run_jobs()
    page.goto(f"{of_interview}/transcript")
    page.get_by_label("Transcript file").set_input_files(words)
    page.get_by_role("button", name="Upload transcript").click()
    page.get_by_label("Cleo Candidate", exact=True).select_option("candidate")
    page.get_by_role("button", name="Save who is who").click()

    # an interviewer reviews
    page.context.clear_cookies()
    live.sign_in(page, "ivo")
    page.goto(f"{of_interview}/review")
    until(page, "document.getElementById('player').duration > 8")
    third = page.get_by_role("button", name=re.compile("I would not guess a date"))
    third.click()
    until(page, "document.getElementById('player').currentTime >= 6")
    expect(third).to_have_attribute("aria-current", "true")
    page.keyboard.press("k")
    assert page.evaluate("document.getElementById('player').paused")
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("button", name=re.compile("customer calls twice"))).to_have_attribute(
        "aria-current", "true"
    )
    page.keyboard.press(">")
    assert page.evaluate("document.getElementById('player').playbackRate") == 1.25
    page.keyboard.press("c")
    until(page, "document.getElementById('player').textTracks[0].cues?.length === 3")
    cues = page.evaluate("[...document.getElementById('player').textTracks[0].cues].map(cue => cue.text)")
    assert cues[1] == "<v Ivo Interviewer>We answer twice &amp; hope for the best."
    page.get_by_role("button", name="Begins now").click()
    page.get_by_label("To", exact=True).fill("0:05")
    page.get_by_label("Title", exact=True).fill("Asks what happens today")
    page.get_by_role("button", name="Make the clip").click()
    expect(page.locator("#clips")).to_contain_text("Asks what happens today")
    page.get_by_role("button", name=re.compile("play: Asks what happens today")).click()
    until(page, "document.getElementById('player').paused && document.getElementById('player').currentTime >= 5")
    assert_accessible(page)
    page.set_viewport_size({"width": 1280, "height": 800})

    # and cites a line and a moment of the player on the scorecard, which become marks
    page.get_by_role("link", name="Your scorecard").click()
    page.get_by_role("button", name="Cite the transcript for").first.click()
    page.locator(".segment", has_text="customer calls twice").click()
    page.evaluate(
        "() => new Promise(done => { const player = document.getElementById('player'); player.preload = 'auto';"
        " player.onloadedmetadata = () => { player.onseeked = done; player.currentTime = 6.4; }; player.load(); })"
    )
    page.get_by_role("button", name="Insert moment for").first.click()
    expect(page.locator("#save-status")).to_contain_text("Saved ")
    cast.session.rollback()
    card = scorecard.own_card(cast.session, cast.actor("ivo"), interview_of(cast))
    (rating,) = [one for one in card.draft.ratings.values() if one.citations]
    assert sorted((one.start_ms, one.quote) for one in rating.citations) == [
        (1000, "What happens today when a customer calls twice?"),
        (6000, ""),
    ]
    page.goto(f"{of_interview}/review")
    expect(page.locator(".mark-evidence")).to_have_count(2)
    expect(page.locator(".mark-clip")).to_have_count(1)
    page.context.clear_cookies()
    live.sign_in(page, "ines")  # who owes a card sees nothing of it
    page.goto(f"{of_interview}/review")
    expect(page.locator(".line")).to_have_count(3)
    expect(page.locator(".mark")).to_have_count(0)
    expect(page.locator("#clips")).not_to_contain_text("Asks what happens today")
