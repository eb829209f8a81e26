"""The pages of debriefs, exports and the machinery in a real browser: axe in light and dark, 360 px, keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.debrief.stage import draft, pitch, score, scored
from tests.support.axe import assert_accessible
from tests.support.cast import Cast
from tests.support.live import Live

pytestmark = pytest.mark.browser


def test_every_page_is_accessible(stage: Cast, live: Live, page: Page) -> None:
    amy, bea = scored(stage, "Amy Adams", (4, 4, 2)), pitch(stage, "Bea with-a-Very-Long-Double-Barrelled-Surname")
    score(stage, bea, {"ivo": draft(5, honesty=1), "ines": draft(3, demo=None)})
    live.sign_in(page, "mara")
    for path in (
        f"/applications/{amy}/debrief",
        f"/applications/{bea}/debrief",
        f"/applications/{amy}/decision",
        f"/applications/{amy}/feedback",
        f"/jobs/{stage.job_id}/compare",
        f"/jobs/{stage.job_id}/compare?application={amy}&application={bea}",
        f"/jobs/{stage.job_id}/export",
    ):
        page.goto(live.url + path)
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        assert_accessible(page)


def test_the_machinery_is_accessible(stage: Cast, live: Live, page: Page) -> None:
    live.sign_in(page, "ada")
    for path in ("/system/jobs", "/system/jobs?state=done", "/system/audit", "/system/audit?action=none"):
        page.goto(live.url + path)
        assert_accessible(page)


def test_deciding_with_the_keyboard_alone_and_a_correction_on_the_way(stage: Cast, live: Live, page: Page) -> None:
    amy = scored(stage, "Amy Adams", (4, 4, 4))
    live.sign_in(page, "mara")
    page.goto(f"{live.url}/applications/{amy}/debrief")
    assert page.locator("input[name=outcome]:checked").count() == 0
    page.get_by_role("radio", name="Reject").focus()
    page.keyboard.press("Space")
    page.get_by_label("Why, in your words").focus()
    page.keyboard.type("Answered every question about price before it was asked.")
    page.get_by_role("button", name="Store the decision").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Choose the rejection reason")
    expect(page.get_by_label("Why, in your words")).to_have_value(
        "Answered every question about price before it was asked."
    )
    assert_accessible(page)
    page.locator("#rejection").select_option("withdrew")
    page.get_by_role("button", name="Store the decision").focus()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("The candidate withdrew")
    assert_accessible(page)
