"""The editor of rubrics in a real browser: a preview while one writes, nothing lost, steps, publishing, two people."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from interview.rubric import service
from interview.rubric.models import RubricDraft
from tests.rubric.test_service import SELL, begin, publish, store
from tests.support.axe import assert_accessible
from tests.support.live import Live

pytestmark = pytest.mark.browser


@pytest.fixture
def draft_url(live: Live) -> str:
    """The address of a draft of the published rubric."""
    return f"{live.url}/rubrics/drafts/{begin(live.cast, publish(live.cast).id).id}"


def open_draft(live: Live, page: Page, url: str, name: str = "mara") -> Page:
    live.sign_in(page, name)
    page.goto(url)
    return page


def stored(live: Live) -> RubricDraft:
    live.cast.session.rollback()
    return service.drafts(live.cast.session)[0]


def unfold(page: Page, title: str) -> None:
    page.locator("details.part > summary", has_text=title).click()


def saved(page: Page) -> None:
    expect(page.locator("#save-status")).to_contain_text("Saved ")


def test_the_preview_follows_what_is_written(live: Live, page: Page, draft_url: str) -> None:
    open_draft(live, page, draft_url)
    expect(page.locator("#to-settle")).to_have_text("Ready to publish")
    unfold(page, "Discovery before pitching")
    page.locator("#criteria-0-name").fill("Asking first")
    page.locator("#criteria-0-anchors-3").fill("")
    expect(page.locator("#preview")).to_contain_text("Asking first")
    expect(page.locator("#to-settle")).to_have_text("1 thing to settle before publishing")
    expect(page.locator("#criteria-0 summary")).to_have_text("Asking first")
    saved(page)
    unfold(page, "Asking first")
    page.locator("#preview").get_by_role("link", name="Attribute 1, anchor 3").click()
    expect(page.locator("#criteria-0-anchors-3")).to_be_focused()
    assert stored(live).body["criteria"][0]["name"] == "Asking first"


def test_parts_are_added_moved_taken_out_and_put_back_with_what_was_typed_just_before(
    live: Live, page: Page, draft_url: str
) -> None:
    open_draft(live, page, draft_url)
    unfold(page, "Discovery before pitching")
    page.locator("#criteria-0-why").fill("typed just before")
    page.get_by_role("button", name="Down Discovery before pitching").click()
    expect(page.locator("#criteria-1-why")).to_have_value("typed just before")
    expect(page.locator("#criteria-1-why")).to_be_visible()
    page.get_by_role("button", name="Take out Discovery before pitching").click()
    expect(page.locator(".put-back")).to_contain_text("“Discovery before pitching” is taken out.")
    assert len(stored(live).body["criteria"]) == 8
    page.get_by_role("button", name="Put it back").click()
    expect(page.locator("#criteria-1-why")).to_have_value("typed just before")
    page.get_by_role("button", name="Add an attribute").click()
    page.locator("#criteria-9-name").fill("Curiosity")
    expect(page.locator("#to-settle")).to_have_text("7 things to settle before publishing")
    saved(page)
    names = [one["name"] for one in stored(live).body["criteria"]]
    assert (names[1], names[9]) == ("Discovery before pitching", "Curiosity")


def test_publishing_asks_once_and_freezes(live: Live, page: Page, draft_url: str) -> None:
    open_draft(live, page, draft_url)
    page.locator("#name").fill("Sell me our product")
    page.locator("#publish").click()
    expect(page.locator("#publish-dialog")).to_be_visible()
    page.get_by_role("button", name="Publish and freeze").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sell me our product, version 2")
    page.get_by_role("link", name="Changes").click()
    expect(page.locator("ins")).to_contain_text(["our"])
    expect(page.locator("del")).to_contain_text(["this"])


def test_an_incomplete_draft_says_what_is_missing(live: Live, page: Page, draft_url: str) -> None:
    open_draft(live, page, draft_url)
    page.locator("#name").fill("")
    page.locator("#publish").click()
    expect(page.locator(".error-summary")).to_be_focused()
    page.locator(".error-summary").get_by_role("link", name="Name").click()
    expect(page.locator("#name")).to_be_focused()


def test_without_a_network_nothing_is_lost(live: Live, page: Page, context: BrowserContext, draft_url: str) -> None:
    open_draft(live, page, draft_url)
    context.set_offline(True)
    page.locator("#headline_question").fill("written in the tunnel")
    expect(page.locator("#save-status")).to_contain_text("Kept on this device")
    page.get_by_role("button", name="Add a section").click()
    expect(page.locator("#save-status")).to_contain_text("Not done yet.")
    page.close()
    context.set_offline(False)
    again = context.new_page()
    again.goto(draft_url)
    saved(again)
    expect(again.locator("#headline_question")).to_have_value("written in the tunnel")
    assert stored(live).body["headline_question"] == "written in the tunnel"


@pytest.mark.parametrize(("button", "kept"), [("[data-keep]", "from the second"), ("[data-load]", "from the first")])
def test_two_people_on_one_draft(
    live: Live, page: Page, new_context: Any, draft_url: str, button: str, kept: str
) -> None:
    open_draft(live, page, draft_url)
    other = open_draft(live, new_context().new_page(), draft_url, "otto")
    page.locator("#name").fill("from the first")
    saved(page)
    other.locator("#name").fill("from the second")
    expect(other.locator("#save-status")).to_contain_text("saved this draft in another tab")
    other.locator(button).click()
    saved(other)
    expect(other.locator("#name")).to_have_value(kept)
    assert stored(live).body["name"] == kept


def test_what_was_kept_of_other_parts_is_shown_as_it_was_typed(
    live: Live, page: Page, context: BrowserContext, draft_url: str
) -> None:
    open_draft(live, page, draft_url)
    context.set_offline(True)
    page.locator("#name").fill("with nine attributes")
    expect(page.locator("#save-status")).to_contain_text("Kept on this device")
    page.close()
    context.set_offline(False)
    body = {**stored(live).body, "criteria": stored(live).body["criteria"][1:]}
    store(live.cast, stored(live).id, body, 1)
    again = context.new_page()
    again.goto(draft_url)
    expect(again.get_by_text("Saving now keeps what stands below.")).to_be_visible()
    expect(again.locator("#name")).to_have_value("with nine attributes")
    expect(again.locator("#criteria-8-name")).to_be_attached()
    again.get_by_role("button", name="Save", exact=True).click()
    saved(again)
    assert (stored(live).body["name"], len(stored(live).body["criteria"])) == ("with nine attributes", 9)


def test_without_scripts_a_plain_form_does_it_all(live: Live, new_context: Any, draft_url: str) -> None:
    page = open_draft(live, new_context(java_script_enabled=False).new_page(), draft_url)
    page.locator("#name").fill("Plainly")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Draft: Plainly")
    page.get_by_role("button", name="Add a section").click()
    expect(page.locator("#exercise-sections-3-name")).to_be_visible()
    page.get_by_role("button", name="Take out new section").click()
    page.get_by_role("button", name="Publish", exact=True).click()
    page.get_by_role("button", name="Publish and freeze").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Plainly, version 2")


def test_a_wrong_file_is_told_by_line_and_a_right_one_becomes_a_draft(live: Live, page: Page, tmp_path: Any) -> None:
    publish(live.cast)
    live.sign_in(page, "mara")
    page.goto(f"{live.url}/rubrics")
    broken, right = tmp_path / "broken.yaml", tmp_path / "right.yaml"
    broken.write_bytes(SELL.replace(b"version: 1", b"version: x"))
    right.write_bytes(SELL.replace(b"Discovery before pitching", b"Asking first"))
    page.locator("#file").set_input_files(broken)
    page.get_by_role("button", name="Import").click()
    expect(page.locator(".error-summary")).to_be_focused()
    expect(page.locator(".error-summary")).to_contain_text("Line 4, version")
    page.locator("#file").set_input_files(right)
    page.get_by_role("button", name="Import").click()
    expect(page.locator("#preview")).to_contain_text("Asking first")


def test_every_page_is_accessible_in_light_and_dark_and_fits_a_phone(live: Live, page: Page, draft_url: str) -> None:
    open_draft(live, page, draft_url)
    for summary in page.locator("details > summary").all():
        summary.click()
    page.locator("#criteria-0-why").fill("")
    saved(page)
    page.get_by_role("button", name="Take out Demonstration and proof").click()
    expect(page.locator(".put-back")).to_be_visible()
    page.locator("#criteria-0 summary").click()
    assert_accessible(page)
    page.goto(f"{draft_url}/changes")
    expect(page.locator("del").first).to_be_visible()
    assert_accessible(page)
    page.goto(f"{live.url}/rubrics")
    assert_accessible(page)
