"""A panel of four on two candidates in a browser: one complete, with a revision; one lacking a card; the decision."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from interview.hiring.models import Application
from tests.debrief.stage import PANEL, pitch
from tests.scorecard.stage import KEYS, choose_rubric
from tests.support.axe import assert_accessible
from tests.support.cast import Cast
from tests.support.live import Live

pytestmark = pytest.mark.browser

FOUR = (*PANEL, "nils")
AMY = {"ivo": 4, "ines": 4, "iris": 3, "nils": 4}  # what each gives throughout; on honesty, HONESTY
HONESTY = {"ivo": 5, "ines": 4, "iris": 3, "nils": 1}
BEA = {"ivo": 3, "ines": 3, "iris": 3}
REASON = "Answered the roadmap question without promising a date, and found the real problem in two questions."


def test_a_panel_of_four_scores_two_candidates_and_the_manager_decides(
    cast: Cast, live: Live, new_context: Any
) -> None:
    choose_rubric(cast)
    amy, bea = pitch(cast, "Amy Adams", FOUR), pitch(cast, "Bea Berg", FOUR)
    for name in FOUR:
        page = signed_in(live, new_context, name)
        score(page, live, amy, {key: HONESTY[name] if key == "honesty" else AMY[name] for key in KEYS})
        if name in BEA:
            score(page, live, bea, dict.fromkeys(KEYS, BEA[name]))
        else:
            page.goto(f"{live.url}/applications/{bea}/debrief")
            expect(page.locator("main")).to_contain_text("Sealed until you have submitted")
            expect(page.locator("main")).not_to_contain_text("Saw it at")
    mara = signed_in(live, new_context, "mara")
    mara.goto(live.url)
    expect(mara.get_by_role("link", name="Decide about Amy Adams")).to_be_visible()
    expect(mara.get_by_role("link", name="Decide about Bea Berg")).to_have_count(0)
    compare(mara, live, amy, bea)
    the_incomplete_panel_waits(mara, live, bea)
    revise(signed_in(live, new_context, "nils"), live, amy)
    debrief_and_decide(mara, live, amy)


def signed_in(live: Live, new_context: Any, name: str) -> Page:
    page: Page = new_context().new_page()
    live.sign_in(page, name)
    return page


def score(page: Page, live: Live, application_id: int, points: dict[str, int]) -> None:
    session = live.cast.session
    session.rollback()
    interview_id = session.get_one(Application, application_id).interviews[0].id
    page.goto(f"{live.url}/interviews/{interview_id}/scorecard")
    for key, point in points.items():
        one = page.locator(f"fieldset[data-attribute='{key}']")
        one.locator(f"input[value='{point}']").check()
        one.get_by_label("Evidence").fill(f"Saw it at the {key} part.")
    page.locator("#would-buy-yes").check()
    page.locator("#recommendation-yes").check()
    expect(page.locator("#progress")).to_have_text("6 of 6 rated")
    expect(page.locator("#save-status")).to_contain_text("Saved")
    page.get_by_role("button", name="Submit scorecard").click()
    page.get_by_role("button", name="Submit and lock").click()
    expect(page.get_by_role("button", name="Submit scorecard")).to_have_count(0)


def compare(mara: Page, live: Live, amy: int, bea: int) -> None:
    mara.goto(f"{live.url}/jobs/{live.cast.job_id}/compare")
    mara.get_by_label("Amy Adams").check()
    mara.get_by_label("Bea Berg").check()
    mara.get_by_role("button", name="Compare").click()
    main = mara.locator("main")
    expect(main).to_contain_text("Provisional: scorecards are still missing for Bea Berg")
    expect(main).to_contain_text("provisional: 3 of 4 scorecards")
    expect(main).to_contain_text("Too few ratings for an estimate")
    expect(mara.get_by_role("link", name="Show the adjusted estimates")).to_have_count(0)
    assert_accessible(mara)


def the_incomplete_panel_waits(mara: Page, live: Live, bea: int) -> None:
    mara.goto(f"{live.url}/applications/{bea}/debrief")
    mara.get_by_role("radio", name="Advance").check()
    mara.get_by_label("Why, in your words").fill(REASON)
    mara.get_by_role("button", name="Store the decision").click()
    expect(mara.get_by_role("alert")).to_contain_text("3 of 4 scorecards are in")
    expect(mara.get_by_label("Why, in your words")).to_have_value(REASON)


def revise(page: Page, live: Live, application_id: int) -> None:
    """Change one's mind in the open: the first rating stays, the revision stands beside it."""
    interview_id = live.cast.session.get_one(Application, application_id).interviews[0].id
    page.goto(f"{live.url}/interviews/{interview_id}/scorecard")
    page.get_by_role("link", name="Revise a rating").click()
    page.get_by_label("Attribute").select_option("demo")
    page.get_by_label("3:").check()
    page.get_by_label("What changed your mind").fill("I had missed the second half of the demo.")
    assert_accessible(page)
    page.get_by_role("button", name="Add the revision").click()
    expect(page.locator("main")).to_contain_text("I had missed the second half of the demo.")


def debrief_and_decide(mara: Page, live: Live, amy: int) -> None:
    mara.goto(f"{live.url}/applications/{amy}/debrief")
    expect(mara.get_by_role("region", name="Look at this first")).to_contain_text("range from 1 to 5: read the notes")
    first = mara.locator(".attribute").first
    expect(first).to_contain_text("seen differently: 1 to 5")
    expect(mara.locator("main")).to_contain_text("I had missed the second half of the demo.")
    assert_accessible(mara)
    assert mara.locator("input[name=outcome]:checked").count() == 0
    mara.get_by_role("radio", name="Advance").check()
    mara.get_by_label("Why, in your words").fill(REASON)
    mara.get_by_label("Other information used").fill("The reference of a former customer.")
    mara.get_by_role("button", name="Store the decision").click()
    main = mara.locator("main")
    expect(main).to_contain_text("The reference of a former customer.")
    expect(main).to_contain_text("Decided by Mara Manager")
    assert_accessible(mara)
