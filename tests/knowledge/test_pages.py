"""The knowledge check in a real browser: the keyboard is enough, answers outlive a closed tab, axe finds nothing."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from interview.db import writing
from interview.knowledge import service
from interview.knowledge.rules import CheckSettings, QuestionText
from tests.support.axe import assert_accessible
from tests.support.live import Live

pytestmark = pytest.mark.browser

LONG = "Unbreakable" * 15


@pytest.fixture
def live_bank(live: Live) -> Live:
    """A check of two questions out of four, one of them with words that do not break."""
    cast = live.cast
    with writing(cast.session):
        service.set_settings(cast.session, cast.actor("mara"), cast.job, CheckSettings(2, 100), now=cast.clock.now())
        for number in range(4):
            options = (f"yes {number}", f"no {number} {LONG}", f"never {number}")
            text = QuestionText(LONG[:60] if number % 2 else "Problem", f"Question {number}?", options, 0, 5, 250_000)
            service.add_question(cast.session, cast.actor("mara"), cast.job, text, now=cast.clock.now())
    return live


def test_the_bank_and_its_forms_are_accessible(live_bank, page: Page):
    live_bank.sign_in(page, "mara")
    bank = f"{live_bank.url}/jobs/{live_bank.cast.job_id}/questions"
    page.goto(bank)
    assert_accessible(page)
    page.goto(f"{bank}/new")
    assert_accessible(page)
    page.get_by_role("button", name="Save the question").click()
    expect(page.locator(".error-summary")).to_be_focused()
    assert_accessible(page)
    page.get_by_role("link", name="Choose which option is right.").click()
    page.get_by_role("combobox", name="Topic").fill("Problem")
    page.get_by_role("textbox", name="Question").fill("Typed here?")
    page.get_by_role("textbox", name="Option 1").fill("One")
    page.get_by_role("textbox", name="Option 2").fill("Two")
    page.get_by_role("radio", name="Option 2 is right").check()
    page.get_by_role("button", name="Save the question").click()
    expect(page.get_by_role("link", name="Typed here?")).to_be_visible()


def test_a_candidate_gets_through_it_with_the_keyboard_alone(live_bank, page: Page):
    live_bank.sign_in(page, "cleo")
    page.goto(f"{live_bank.url}/prep/knowledge")
    assert_accessible(page)
    page.get_by_role("button", name="Start").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Knowledge check")
    assert_accessible(page)

    page.get_by_role("button", name="Submit answers").press("Enter")
    expect(page.locator(".error-summary")).to_be_focused()
    assert_accessible(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # the first link leads to the first open question
    for _ in range(2):
        page.keyboard.press("Space")
        expect(page.locator("#saved")).to_have_text("Your answers are kept.")
        while not page.evaluate(
            "document.activeElement.closest('fieldset')?.querySelector(':checked + label')?.innerText.startsWith('no')"
        ):
            page.keyboard.press("ArrowDown")
        page.keyboard.press("Tab")
    page.get_by_role("button", name="Submit answers").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("You had 0 of 2 right")
    expect(page.get_by_role("link", name="Watch again from 04:10")).to_have_count(2)
    assert_accessible(page)
    page.goto(f"{live_bank.url}/prep/knowledge")
    assert_accessible(page)
    page.get_by_role("button", name="Try again").press("Enter")
    expect(page.get_by_text("Attempt 2, 2 questions")).to_be_visible()


def test_answers_outlive_a_lost_network_and_a_closed_tab(live_bank, page: Page):
    live_bank.sign_in(page, "cleo")
    page.goto(f"{live_bank.url}/prep/knowledge")
    page.get_by_role("button", name="Start").click()
    expect(page.locator("#saved")).to_have_text("Your answers are kept as you go.")
    path = page.url
    page.context.set_offline(True)
    page.locator("#q-1-1").check()
    expect(page.locator("#saved")).to_contain_text("No connection")
    page.context.set_offline(False)
    expect(page.locator("#saved")).to_have_text("Your answers are kept.", timeout=10_000)
    again = page.context.new_page()
    page.close()
    again.goto(path)
    expect(again.locator("#q-1-1")).to_be_checked()
