"""The candidate's pages in a real browser: axe in light and dark, 360 px, keyboard alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from interview.db import writing
from interview.hiring import service as hiring
from interview.hiring.rules import Gate, Stage
from tests.prep.conftest import EXPLAINER_MS, Prep
from tests.support.axe import assert_accessible
from tests.support.live import Live

pytestmark = pytest.mark.browser


def test_every_page_of_the_candidate_is_accessible(live: Live, prep: Prep, page: Page) -> None:
    prep.gate(Gate.REQUIRED)
    page.goto(f"{live.url}/c/{live.cast.links['cleo']}")
    assert_accessible(page)
    live.sign_in(page, "cleo")
    client = live.cast.browser("cleo")
    prep.watch(client, prep.explainer_id, 30_000)
    client.send("/prep/ask", {"kind": "question", "text": "May I use slides?"})
    for path in ("/prep", "/prep/consent", "/prep/status", "/pitch"):
        page.goto(live.url + path)
        assert_accessible(page)
    prep.watch(client, prep.explainer_id, EXPLAINER_MS)
    prep.check()
    client.send("/prep/consent", {"recording": "yes", "ai": "no"})
    for path in ("/prep", "/prep/consent", "/pitch"):
        page.goto(live.url + path)
        assert_accessible(page)
    with writing(live.cast.session):
        hiring.advance(live.cast.session, live.cast.cleo, Stage.DECIDED, now=live.cast.clock.now())
        hiring.release_feedback(
            live.cast.session, live.cast.actor("mara"), live.cast.cleo, "Well done.", now=live.cast.clock.now()
        )
    page.goto(f"{live.url}/prep/status")
    assert_accessible(page)
    page.get_by_role("button", name="Leave on this device").click()
    assert_accessible(page)


def test_the_teams_record_is_accessible(live: Live, prep: Prep, page: Page) -> None:
    client = live.cast.browser("cleo")
    prep.watch(client, prep.explainer_id, 30_000)
    client.send("/prep/ask", {"kind": "more_time"})
    live.sign_in(page, "rita")
    page.goto(f"{live.url}/applications/{live.cast.cleo_id}/prep")
    assert_accessible(page)


def test_consent_and_a_question_with_the_keyboard_alone(live: Live, prep: Prep, page: Page) -> None:
    live.sign_in(page, "cleo")
    page.goto(f"{live.url}/prep")

    def tab_to(name: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            focused = page.evaluate(
                "() => { const e = document.activeElement; return e.innerText || e.labels?.[0]?.innerText || '' }"
            )
            if focused.strip().startswith(name):
                return
        raise AssertionError(f"{name} is not reached with the Tab key")

    tab_to("Start with two short questions")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{live.url}/prep/consent")
    tab_to("Save my answers")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Please check what you entered")
    expect(page.get_by_role("alert")).to_be_focused()
    tab_to("Yes, it may be recorded")
    page.keyboard.press("ArrowDown")
    tab_to("Yes, a model may be used")
    page.keyboard.press("Space")
    tab_to("Save my answers")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{live.url}/prep")
    expect(page.get_by_role("status").first).to_contain_text("You can change your answers at any time.")
    tab_to("Your question")
    page.keyboard.type("Who plays the buyer?")
    tab_to("Send the question")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("Who plays the buyer?")


def test_times_are_shown_in_the_candidates_zone(live: Live, prep: Prep, new_context: object) -> None:
    page = new_context(timezone_id="Asia/Tokyo", locale="en-GB").new_page()
    live.sign_in(page, "cleo")
    page.goto(f"{live.url}/pitch")
    expect(page.locator(".meeting time")).to_contain_text("18:00")  # 09:00 UTC
