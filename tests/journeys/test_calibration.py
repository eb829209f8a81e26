"""A calibration round in a real browser: experts agree on a sample pitch, an interviewer rates it and compares."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.scorecard.stage import KEYS, PITCH, choose_rubric
from tests.support.axe import assert_accessible
from tests.support.live import Live

REASON = "Because the experts heard a heron"


@pytest.mark.browser
@pytest.mark.both_databases
def test_a_calibration_round(live: Live, new_context: Any, tmp_path: Path) -> None:
    choose_rubric(live.cast)
    manager, rater = new_context().new_page(), new_context().new_page()
    live.sign_in(manager, "mara")
    live.sign_in(rater, "ivo")
    bring(live, manager, tmp_path, "Warm-up pitch", warm_up=True)
    bring(live, manager, tmp_path, "The plain pitch", warm_up=False)
    assert_accessible(manager)

    rater.goto(live.url)
    rater.get_by_role("link", name="Rate the sample pitches").click()
    assert_accessible(rater)
    rater.get_by_role("button", name="Begin the round").click()
    expect(rater.get_by_role("heading", level=1)).to_have_text("Sample pitch: Warm-up pitch")
    submit(rater, "4")
    expect(rater.get_by_text(REASON).first).to_be_visible()
    rater.get_by_role("link", name="Next sample").click()
    expect(rater.get_by_role("heading", level=1)).to_have_text("Sample pitch: The plain pitch")
    expect(rater.get_by_text(REASON)).to_have_count(0)
    typed_survives_a_reload(rater)
    assert_accessible(rater)
    submit(rater, "4")
    expect(rater.get_by_role("heading", level=1)).to_have_text("Your ratings: The plain pitch")
    expect(rater.get_by_text(REASON).first).to_be_visible()
    assert_accessible(rater)
    rater.get_by_role("link", name="See the result of the round").click()
    expect(rater.get_by_text("On average 1 point more lenient than the experts.")).to_be_visible()
    expect(rater.get_by_text("The plain pitch: 4, experts 3")).to_have_count(len(KEYS))
    expect(rater.get_by_text("Warm-up pitch")).to_have_count(0)
    assert_accessible(rater)

    rater.goto(live.url)
    expect(rater.get_by_role("link", name="Rate the sample pitches")).to_have_count(0)
    manager.goto(f"{live.url}/jobs/{live.cast.job_id}/calibration")
    expect(manager.get_by_role("listitem").filter(has_text="Ivo Interviewer")).to_contain_text("calibrated")
    expect(manager.get_by_role("listitem").filter(has_text="Ines Interviewer")).to_contain_text("no round yet")
    assert_accessible(manager)


def bring(live: Live, page: Page, folder: Path, title: str, *, warm_up: bool) -> None:
    """Add a sample, write its gold ratings, open it."""
    (folder / "pitch.vtt").write_bytes(PITCH)
    page.goto(f"{live.url}/jobs/{live.cast.job_id}/calibration")
    page.get_by_label("Title").fill(title)
    page.get_by_label("Transcript").set_input_files(folder / "pitch.vtt")
    page.get_by_label("Experts who agree").fill("Xenia Expert\nYuri Expert")
    page.get_by_label("Warm-up", exact=True).set_checked(warm_up)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Gold ratings: {title}")
    for key in KEYS:
        page.locator(f"#note-{key}").fill(REASON)
    submit(page, "3")
    expect(page.get_by_text("The sample is open")).to_be_visible()


def submit(page: Page, point: str) -> None:
    """Rate every attribute by key, then lock."""
    expect(page.locator("html.has-script")).to_be_attached()  # before that, keys do nothing
    for key in KEYS:
        page.locator(f"#rating-{key}-1").focus()
        page.keyboard.press(point)
    expect(page.locator("#progress")).to_have_text("6 of 6 rated")
    page.locator("#submit-scorecard").click()
    expect(page.locator("#submit-dialog")).to_be_visible()
    page.locator("[data-confirmed]").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("^(Your|Gold) ratings:"))


def typed_survives_a_reload(page: Page) -> None:
    """Write a note, cite a passage, and find both after a reload."""
    page.locator("#note-honesty").fill("Says it plainly")
    page.locator("[data-segment='2']").click()
    expect(page.locator("#cite-status")).to_contain_text("Cited 03:12 for Honesty")
    expect(page.locator("#save-status")).to_contain_text("Saved ")
    page.reload()
    expect(page.locator("#note-honesty")).to_have_value("Says it plainly")
    expect(page.locator("#citations-honesty input")).to_be_checked()
