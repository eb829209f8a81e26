"""A live interview in a real browser: two of the panel at once, notes by one key, without a network, on a phone."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from interview.kit import service
from tests.scorecard.stage import interview_of
from tests.support.axe import assert_accessible
from tests.support.live import Live

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}


@pytest.fixture
def pitch(panel: Any, facts: list[int], live: Live) -> Live:
    """The served cast with a rubric and a fact sheet."""
    return live


def open_kit(pitch: Live, page: Page, name: str = "ivo") -> Page:
    pitch.sign_in(page, name)
    page.goto(f"{pitch.url}/interviews/{pitch.cast.interview_id}/kit")
    return page


def stored(pitch: Live, name: str = "ivo") -> service.OwnSheet:
    pitch.cast.session.rollback()
    return service.own_sheet(pitch.cast.session, pitch.cast.actor(name), interview_of(pitch.cast))


def saved(page: Page) -> None:
    expect(page.locator("#save-status")).to_contain_text("Saved ")


def test_one_moves_the_timer_and_the_other_sees_it(pitch: Live, new_context: Any) -> None:
    ivo = open_kit(pitch, new_context().new_page())
    ines = open_kit(pitch, new_context().new_page(), "ines")
    expect(ines.locator("#timer-title")).to_have_text("Not started yet")
    ivo.locator("#timer-start").click()
    expect(ines.locator("#timer-title")).to_have_text("Open")
    pitch.cast.clock.forward(minutes=11)
    ines.locator("#timer-pause").click()
    expect(ivo.locator("#timer-title")).to_have_text("Open: paused")
    expect(ivo.locator(".timer-section.is-now .timer-left")).to_have_text(re.compile(r"^\d\d:00 over$"))
    ivo.reload()
    expect(ivo.locator("#timer-title")).to_have_text("Open: paused")
    ivo.locator("#timer-next").click()
    expect(ines.locator("[aria-current=step]")).to_contain_text("Middle")
    ivo.locator("#prompt-0-1").click()
    expect(ines.locator(".prompts")).to_contain_text(["said 1×: 11:00"])
    ivo.locator("#prompt-0-1-back").click()
    expect(ines.get_by_text("said 1×")).to_have_count(0)


def test_the_timer_goes_on_between_looks(pitch: Live, page: Page) -> None:
    open_kit(pitch, page)
    page.locator("#timer-start").click()
    expect(page.locator("#timer-title")).to_have_text("Open")
    before = page.locator(".timer-section.is-now .timer-left").inner_text()
    expect(page.locator(".timer-section.is-now .timer-left")).not_to_have_text(before)


def test_notes_by_one_key_bear_their_moment(pitch: Live, page: Page, facts: list[int]) -> None:
    open_kit(pitch, page)
    page.locator("#timer-start").click()
    expect(page.locator("#timer-pause")).to_be_visible()
    pitch.cast.clock.forward(minutes=3)
    page.locator("#timer-pause").click()
    expect(page.locator("#timer-start")).to_be_visible()
    page.keyboard.press("n")
    page.keyboard.type("nodded at the price")
    page.keyboard.press("Enter")
    page.keyboard.type("asked who decides")
    page.locator(f"#fact-{facts[0]}-wrong").check()
    saved(page)
    expect(page.locator("#notes [data-moment]")).to_have_text(["03:00", "03:00"])
    sheet = stored(pitch).sheet
    assert [(one.moment_ms, one.text) for one in sheet.notes] == [
        (180_000, "nodded at the price"),
        (180_000, "asked who decides"),
    ]
    assert sheet.ticks == {facts[0]: "wrong"}
    page.reload()
    expect(page.locator("#notes textarea").first).to_have_value("nodded at the price")
    page.goto(f"{pitch.url}/interviews/{pitch.cast.interview_id}/scorecard")
    page.locator("#cite-for").select_option("honesty")
    page.locator("#own-notes [data-note]").first.click()
    expect(page.locator("#note-honesty")).to_have_value("[03:00] nodded at the price")
    saved(page)


def test_without_a_network_nothing_typed_is_lost(pitch: Live, page: Page, context: BrowserContext) -> None:
    open_kit(pitch, page)
    page.locator("#words").wait_for()
    context.set_offline(True)
    page.keyboard.press("n")
    page.keyboard.type("written in the tunnel")
    expect(page.locator("#save-status")).to_contain_text("Kept on this device")
    page.locator("#words").fill("The line dropped.")
    page.get_by_role("button", name="Log it").click()
    expect(page.locator("#live-status")).to_contain_text("No connection")
    expect(page.locator("#words")).to_have_value("The line dropped.")
    assert stored(pitch).edition == 0
    page.close()
    context.set_offline(False)
    again = context.new_page()
    again.goto(f"{pitch.url}/interviews/{pitch.cast.interview_id}/kit")
    saved(again)
    expect(again.locator("#notes textarea")).to_have_value("written in the tunnel")
    assert [one.text for one in stored(pitch).sheet.notes] == ["written in the tunnel"]


def test_what_is_being_typed_survives_what_the_others_do(pitch: Live, page: Page, new_context: Any) -> None:
    open_kit(pitch, page)
    ines = open_kit(pitch, new_context().new_page(), "ines")
    page.locator("#words").fill("half a senten")
    ines.locator("#timer-start").click()
    expect(page.locator("#timer-title")).to_have_text("Open")
    expect(page.locator("#words")).to_be_focused()
    expect(page.locator("#words")).to_have_value("half a senten")


def test_the_head_of_product_ticks_the_roadmap_ask(pitch: Live, page: Page) -> None:
    open_kit(pitch, page, "nils")
    page.locator("#roadmap-promised_alone").check()
    saved(page)
    assert stored(pitch, "nils").sheet.roadmap == "promised_alone"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone_and_everybody(pitch: Live, new_context: Any, scheme: str) -> None:
    page = open_kit(pitch, new_context(**PHONE, color_scheme=scheme).new_page(), "nils")
    page.locator("#timer-start").click()
    expect(page.locator("#timer-title")).to_have_text("Open")
    page.locator("#prompt-0-1").click()
    page.locator("#add-note").click()
    page.keyboard.type("a note")
    saved(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert_accessible(page)
