"""The force-rank exercise from end to end in a real browser: ranked, rated by three, compared with the arithmetic.

The candidate ranks, learns something new and hands in; each of the panel reads the ranking and rates alone; the value
captured and tau-b appear with the last scorecard and not before.
"""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.exercise import stage
from tests.support.axe import assert_accessible
from tests.support.cast import Cast
from tests.support.live import Live

PANEL = ("ivo", "ines", "iris")
KEPT = ("Single sign-on", "Audit trail to export", "Faster lists", "Dark mode", "Undo for bulk changes")


@pytest.mark.browser
def test_from_the_first_request_to_the_result(cast: Cast, live: Live, new_context: Any) -> None:
    stage.choose(cast)
    write_the_requests(live, new_context().new_page())
    rank(live, new_context(viewport={"width": 360, "height": 740}).new_page())
    cast.clock.forward(days=2, hours=1)
    windows = {name: new_context().new_page() for name in (*PANEL, "mara")}
    for name, page in windows.items():
        live.sign_in(page, name)
    for count, name in enumerate(PANEL):
        for page in windows.values():
            reads_the_ranking_without_its_result(live, page, count)
        rates_and_locks(live, windows[name])
    for page in windows.values():
        page.goto(f"{live.url}/applications/{cast.cleo_id}/exercise")
        result = page.locator("section", has=page.locator("#result"))
        # chosen: 220 + 180 + 10; best: 220 + 180 + 90 for 26 points; 7 pairs of 10 agree with value per point
        expect(result).to_contain_text("83 % of the best attainable (410 k of 490 k a year)")
        expect(result).to_contain_text("0.40 against the order")
    assert_accessible(windows["mara"])


def write_the_requests(live: Live, page: Page) -> None:
    """Let the hiring manager cut the set that ships down to five requests and raise one effort."""
    live.sign_in(page, "mara")
    page.goto(f"{live.url}/jobs/{live.cast.job_id}")
    page.get_by_role("link", name="Exercise", exact=True).click()
    page.get_by_role("link", name="Change the requests").click()
    names = page.locator("[name^=title-]")
    for index in range(names.count()):
        if names.nth(index).input_value() in KEPT:
            continue
        for box in page.locator("fieldset").nth(index).locator("input:visible").all():
            box.fill("")
    page.locator("#budget").fill("26")
    page.get_by_role("button", name="Save the requests").click()
    expect(page.get_by_role("heading", name="Requests to rank")).to_be_visible()


def rank(live: Live, page: Page) -> None:
    """Let the candidate rank on a phone, be told the budget, learn what is new, and hand in for good."""
    live.sign_in(page, "cleo")
    page.goto(f"{live.url}/pitch")
    page.get_by_role("link", name="What to prepare for the exercise").click()
    page.get_by_role("button", name="Begin").click()
    for name in ("Single sign-on", "Audit trail to export", "Faster lists"):
        page.get_by_label(f"The budget pays for it: {name}").check()
    expect(page.locator("#points")).to_have_text("29 of 26 points: 3 too many. Take something out.")
    page.get_by_label("The budget pays for it: Audit trail to export").uncheck()
    page.get_by_role("button", name="Move Faster lists up").click()
    page.get_by_label("Why here: Faster lists").fill("Four of the last ten cancellations name it.")
    hand_in(page, "Hand in and get the new information")
    expect(page.locator(".news")).to_contain_text("gave notice unless it comes")
    expect(page.locator("[data-title='Undo for bulk changes']")).to_contain_text("new")
    expect(page.locator("[data-title='Audit trail to export']")).to_contain_text("was 20")
    expect(page.get_by_label("Why here: Faster lists")).to_have_value("Four of the last ten cancellations name it.")
    for name in ("Audit trail to export", "Undo for bulk changes"):
        page.get_by_role("button", name=f"Move {name} up").click()
    page.get_by_label("The budget pays for it: Faster lists").uncheck()
    for name in ("Audit trail to export", "Dark mode"):
        page.get_by_label(f"The budget pays for it: {name}").check()
    expect(page.locator("#points")).to_have_text("24 of 26 points, 2 left")
    hand_in(page, "Hand in for good")
    expect(page.get_by_role("heading", name="Your ranking is handed in")).to_be_visible()


def hand_in(page: Page, words: str) -> None:
    page.get_by_role("button", name=words).click()
    page.get_by_role("dialog").get_by_role("button", name=words).click()


def reads_the_ranking_without_its_result(live: Live, page: Page, count: int) -> None:
    page.goto(f"{live.url}/interviews/{live.cast.interview_id}")
    page.get_by_role("link", name="Exercise", exact=True).click()
    expect(page.locator("main")).to_contain_text("Four of the last ten cancellations name it.")
    expect(page.locator("main")).to_contain_text(f"{count} of 3 so far")
    expect(page.locator("main")).not_to_contain_text("best attainable")


def rates_and_locks(live: Live, page: Page) -> None:
    page.goto(f"{live.url}/interviews/{live.cast.interview_id}/scorecard")
    for attribute in page.locator("[data-attribute]").all():
        attribute.locator("input[type=radio][value='4']").check()
    page.locator("[name=would_buy][value=yes]").check()
    page.locator("#recommendation-yes").check()
    page.locator("#submit-scorecard").click()
    page.locator("[data-confirmed]").click()
    page.wait_for_url("**/scorecards")
