"""The exercise in a real browser: with the keyboard, by dragging, without a network; every page for all eyes."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.exercise.stage import begin, rank_to_the_end, rate, standing
from tests.exercise.test_service import coach, coachable
from tests.support.axe import assert_accessible
from tests.support.cast import Cast
from tests.support.live import Live

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}


def open_ranking(live: Live, page: Page) -> Page:
    live.sign_in(page, "cleo")
    page.goto(f"{live.url}/pitch/exercise")
    return page


def saved(page: Page) -> None:
    expect(page.locator("#save-status")).to_contain_text("Saved ")


def order(page: Page) -> str:
    return "".join(page.locator("#requests > li").evaluate_all("all => all.map(one => one.dataset.key)"))


def test_with_the_keyboard_alone(ranking: Cast, live: Live, page: Page) -> None:
    begin(ranking)
    open_ranking(live, page)
    up = page.get_by_role("button", name="Move Cut up")
    up.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#moved")).to_have_text("Cut is now 2 of 3")
    expect(up).to_be_focused()
    page.keyboard.press("Enter")
    page.locator("#chosen-c").focus()
    page.keyboard.press("Space")
    expect(page.locator("#points")).to_have_text("5 of 10 points, 5 left")
    page.locator("#reason-c").focus()
    page.keyboard.type("They are leaving")
    saved(page)
    found = standing(ranking).draft
    assert ("".join(found.order), found.chosen, found.reason("c")) == ("cab", {"c"}, "They are leaving")


def test_by_dragging_the_handle(ranking: Cast, live: Live, page: Page) -> None:
    begin(ranking)
    page.set_viewport_size({"width": 1000, "height": 1600})
    open_ranking(live, page)
    handle = page.locator("#request-a [data-handle]").bounding_box()
    last = page.locator("#request-c").bounding_box()
    assert handle is not None
    assert last is not None
    page.mouse.move(handle["x"] + 5, handle["y"] + 5)
    page.mouse.down()
    page.mouse.move(last["x"] + 40, last["y"] + last["height"] - 8, steps=8)
    page.mouse.up()
    saved(page)
    assert order(page) == "bca"
    assert "".join(standing(ranking).draft.order) == "bca"


def test_the_budget_is_checked_live_and_by_the_server(ranking: Cast, live: Live, page: Page) -> None:
    begin(ranking)
    open_ranking(live, page)
    for key in "abc":
        page.locator(f"#chosen-{key}").check()
    expect(page.locator("#points")).to_have_text("15 of 10 points: 5 too many. Take something out.")
    page.locator("#hand-in").click()
    page.get_by_role("dialog").get_by_role("button", name="Hand in").click()
    expect(page.locator(".error-summary")).to_contain_text("5 more than the budget of 10")
    expect(page.locator("#chosen-c")).to_be_checked()
    assert standing(ranking).first is None


def test_without_a_network_nothing_is_lost(ranking: Cast, live: Live, page: Page, context: BrowserContext) -> None:
    begin(ranking)
    open_ranking(live, page)
    context.set_offline(True)
    page.get_by_role("button", name="Move Bow up").click()
    page.locator("#reason-b").fill("written in the tunnel")
    page.locator("#chosen-b").check()
    expect(page.locator("#save-status")).to_contain_text("Kept on this device")
    page.locator("#hand-in").click()
    expect(page.locator("#save-status")).to_contain_text("Not handed in.")
    assert standing(ranking).edition == 0
    page.close()
    context.set_offline(False)
    again = context.new_page()
    again.goto(f"{live.url}/pitch/exercise")
    saved(again)
    assert order(again) == "bac"
    expect(again.locator("#reason-b")).to_have_value("written in the tunnel")
    found = standing(ranking).draft
    assert ("".join(found.order), found.chosen, found.reason("b")) == ("bac", {"b"}, "written in the tunnel")


def test_two_tabs(ranking: Cast, live: Live, page: Page, context: BrowserContext) -> None:
    begin(ranking)
    open_ranking(live, page)
    other = context.new_page()
    other.goto(f"{live.url}/pitch/exercise")
    page.locator("#reason-a").fill("from the first")
    saved(page)
    other.locator("#reason-a").fill("from the second")
    expect(other.locator("#save-status")).to_contain_text("another tab")
    other.locator("[data-keep]").click()
    saved(other)
    assert standing(ranking).draft.reason("a") == "from the second"


def test_the_new_information_arrives_by_itself(ranking: Cast, live: Live, page: Page) -> None:
    begin(ranking)
    ranking.clock.forward(minutes=9, seconds=59)
    page.clock.install()
    open_ranking(live, page)
    expect(page.locator("#request-d")).to_have_count(0)
    page.locator("#reason-a").fill("half a sentence")
    ranking.clock.forward(seconds=2)
    page.clock.fast_forward(3_000)
    expect(page.locator("#request-d")).to_contain_text("new")
    expect(page.locator("#request-c")).to_contain_text("changed")
    expect(page.locator("#reason-a")).to_have_value("half a sentence")


def test_without_scripts_the_arrows_are_forms(ranking: Cast, live: Live, new_context: Any) -> None:
    begin(ranking)
    page = open_ranking(live, new_context(java_script_enabled=False).new_page())
    page.locator("#reason-b").fill("kept")
    page.get_by_role("button", name="Move Bow up").click()
    assert order(page) == "bac"
    expect(page.locator("#reason-b")).to_have_value("kept")


def test_every_page_is_accessible_in_light_and_dark_and_fits_a_phone(ranking: Cast, live: Live, page: Page) -> None:
    coachable(ranking)
    coach(ranking, "w" * 200)
    candidate = page.context.browser.new_context().new_page()  # type: ignore[union-attr]
    open_ranking(live, candidate)
    assert_accessible(candidate)
    begin(ranking)
    candidate.reload()
    assert_accessible(candidate)
    ranking.clock.forward(minutes=11)
    candidate.reload()
    assert_accessible(candidate)
    candidate.goto(f"{live.url}/pitch/second-take")
    assert_accessible(candidate)
    live.sign_in(page, "mara")
    for path in ("", "/requests"):
        page.goto(f"{live.url}/jobs/{ranking.job_id}/exercise{path}")
        assert_accessible(page)
    page.locator("#budget").fill("many")
    page.get_by_role("button", name="Save the requests").click()
    expect(page.locator(".error-summary")).to_be_focused()
    assert_accessible(page)
    candidate.context.close()


def test_the_result_is_accessible(ranking: Cast, live: Live, page: Page) -> None:
    rank_to_the_end(ranking)
    for name in ("ivo", "ines", "iris"):
        rate(ranking, name)
    live.sign_in(page, "ivo")
    page.goto(f"{live.url}/applications/{ranking.cleo_id}/exercise")
    expect(page.locator("#result")).to_be_visible()
    assert_accessible(page)
