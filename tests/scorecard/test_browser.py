"""Scorecards in a real browser: on a phone with the keyboard only, without a network, in two tabs, without scripts."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from interview.scorecard import service
from tests.scorecard.stage import KEYS, full_draft, interview_of, save, submit
from tests.support.axe import assert_accessible
from tests.support.live import Live

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}


@pytest.fixture
def scoring(panel: Any, segments: list[int], live: Live) -> Live:
    """The served cast with a rubric and a transcript."""
    return live


def card_url(live: Live) -> str:
    return f"{live.url}/interviews/{live.cast.interview_id}/scorecard"


def open_card(live: Live, page: Page, name: str = "ivo") -> Page:
    live.sign_in(page, name)
    page.goto(card_url(live))
    return page


def stored(live: Live, name: str = "ivo") -> service.OwnCard:
    live.cast.session.rollback()
    return service.own_card(live.cast.session, live.cast.actor(name), interview_of(live.cast))


def saved(page: Page) -> None:
    expect(page.locator("#save-status")).to_contain_text("Saved ")


def press_until(page: Page, key: str, selector: str, limit: int = 80) -> None:
    """Press a key until the focus is on an element."""
    for _ in range(limit):
        page.keyboard.press(key)
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{key} does not lead to {selector}")


def test_on_a_phone_with_the_keyboard_only(scoring: Live, new_context: Any) -> None:
    page = open_card(scoring, new_context(**PHONE).new_page())
    for key in KEYS:
        press_until(page, "Tab", f"[name=rating-{key}]")
        page.keyboard.press("n" if key == "demo" else "4")
    expect(page.locator("#progress")).to_have_text("6 of 6 rated")
    page.keyboard.press("5")
    expect(page.locator("#progress")).to_have_text("6 of 6 rated, evidence missing in 1")
    press_until(page, "Tab", "[data-cite-for=honesty]")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.matches('[data-segment]')")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#cite-status")).to_have_text("Cited 03:12 for Honesty about limits and roadmap.")
    expect(page.locator("#progress")).to_have_text("6 of 6 rated")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == "note-honesty"
    page.keyboard.type("Said it plainly")
    press_until(page, "Tab", "[name=would_buy]")
    page.keyboard.press("Space")
    press_until(page, "Tab", "#takeaways")
    page.keyboard.type("Knows the middle part.")
    press_until(page, "Tab", "[name=recommendation]")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    press_until(page, "Tab", "#submit-scorecard")
    page.keyboard.press("Enter")
    expect(page.locator("#submit-dialog")).to_be_visible()
    press_until(page, "Tab", "[data-confirmed]")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Scorecards: Cleo Candidate")
    card = stored(scoring)
    assert card.submitted_at is not None
    assert {key: card.draft.rating(key).value for key in KEYS} == {**dict.fromkeys(KEYS, 4), "demo": None, "honesty": 5}
    assert card.draft.rating("demo").not_observed
    assert card.draft.rating("honesty").note == "Said it plainly"
    assert [one.start_ms for one in card.draft.rating("honesty").citations] == [192_000]
    assert card.draft.takeaways == "Knows the middle part."
    assert card.draft.would_buy == "yes"
    assert card.draft.recommendation == "yes"


def test_the_chosen_anchor_stands_beneath_and_all_unfold(scoring: Live, page: Page, segments: list[int]) -> None:
    open_card(scoring, page)
    fieldset = page.locator("#attribute-discovery")
    assert segments[0] == 1  # a cited passage may have the number of a point
    page.locator("[data-segment='1']").click()
    expect(fieldset.locator(".citations input")).to_be_checked()
    expect(fieldset.locator(".anchor:visible")).to_have_count(0)
    page.locator("#rating-discovery-3").check()
    expect(fieldset.locator(".anchor:visible")).to_contain_text("Asks about the current situation and one problem")
    fieldset.get_by_text("All anchors").click()
    expect(fieldset.locator(".anchors li:visible").first).to_contain_text("Starts presenting at once")


def test_what_is_typed_survives_a_reload(scoring: Live, page: Page) -> None:
    open_card(scoring, page)
    page.locator("#note-middle").fill("Explained it in three steps")
    page.locator("#rating-middle-4").check()
    saved(page)
    page.reload()
    expect(page.locator("#note-middle")).to_have_value("Explained it in three steps")
    expect(page.locator("#rating-middle-4")).to_be_checked()
    assert stored(scoring).draft.rating("middle").value == 4


def test_without_a_network_nothing_is_lost_and_all_is_sent_later(
    scoring: Live, page: Page, context: BrowserContext, segments: list[int]
) -> None:
    open_card(scoring, page)
    context.set_offline(True)
    page.locator("#note-honesty").fill("written in the tunnel")
    page.locator("#rating-honesty-5").check()
    page.locator(f"[data-segment='{segments[0]}']").click()
    expect(page.locator("#save-status")).to_contain_text("Kept on this device")
    page.locator("#submit-scorecard").click()
    expect(page.locator("#save-status")).to_contain_text("Not submitted.")
    assert stored(scoring).edition == 0
    page.close()
    context.set_offline(False)
    again = context.new_page()
    again.goto(card_url(scoring))
    saved(again)
    expect(again.locator("#note-honesty")).to_have_value("written in the tunnel")
    expect(again.locator("#citations-honesty input")).to_be_checked()
    rating = stored(scoring).draft.rating("honesty")
    assert (rating.value, rating.note) == (5, "written in the tunnel")
    assert [one.segment_id for one in rating.citations] == [segments[0]]


def test_it_is_sent_by_itself_when_the_network_is_back(scoring: Live, page: Page, context: BrowserContext) -> None:
    open_card(scoring, page)
    context.set_offline(True)
    page.locator("#takeaways").fill("in the tunnel")
    expect(page.locator("#save-status")).to_contain_text("Kept on this device")
    context.set_offline(False)
    saved(page)
    assert stored(scoring).draft.takeaways == "in the tunnel"


def test_an_answer_that_never_came_is_no_conflict(scoring: Live, page: Page) -> None:
    open_card(scoring, page)

    def store_and_lose(route: Any) -> None:
        route.fetch()
        route.abort()

    page.route(
        "**/scorecard", lambda route: store_and_lose(route) if route.request.method == "PATCH" else route.continue_()
    )
    page.locator("#takeaways").fill("first")
    expect(page.locator("#save-status")).to_contain_text("Kept on this device")
    page.unroute_all()
    page.locator("#takeaways").fill("second")
    saved(page)
    assert (stored(scoring).draft.takeaways, stored(scoring).edition) == ("second", 2)


@pytest.mark.parametrize(
    ("button", "kept"), [("[data-keep]", "from the second tab"), ("[data-load]", "from the first")]
)
def test_two_tabs(scoring: Live, page: Page, context: BrowserContext, button: str, kept: str) -> None:
    open_card(scoring, page)
    other = context.new_page()
    other.goto(card_url(scoring))
    page.locator("#takeaways").fill("from the first")
    saved(page)
    other.locator("#takeaways").fill("from the second tab")
    expect(other.locator("#save-status")).to_contain_text("another tab")
    expect(other.locator("#takeaways")).to_have_value("from the second tab")
    other.locator(button).click()
    saved(other)
    expect(other.locator("#takeaways")).to_have_value(kept)
    assert stored(scoring).draft.takeaways == kept


def test_writing_on_after_a_reload_does_not_settle_a_conflict_by_itself(
    scoring: Live, page: Page, context: BrowserContext
) -> None:
    open_card(scoring, page)
    other = context.new_page()
    other.goto(card_url(scoring))
    page.locator("#takeaways").fill("from the first")
    saved(page)
    other.locator("#takeaways").fill("from the second tab")
    expect(other.locator("#save-status")).to_contain_text("another tab")
    for _ in range(2):
        other.reload()
        expect(other.locator("#save-status")).to_contain_text("another tab")
        other.locator("#takeaways").fill("from the second tab, written on")
    assert stored(scoring).draft.takeaways == "from the first"


def test_an_incomplete_card_says_what_is_missing_without_asking(scoring: Live, page: Page) -> None:
    open_card(scoring, page)
    page.locator("#rating-demo-1").check()
    expect(page.locator("#recommendation-yes")).to_be_disabled()
    page.locator("#submit-scorecard").click()
    expect(page.locator(".error-summary")).to_be_focused()
    expect(page.locator(".error-summary")).to_contain_text("Demonstration and proof: a 1 or a 5 needs evidence.")
    expect(page.locator("#rating-demo-1")).to_be_checked()


def test_without_scripts_a_plain_form_does_it_all(scoring: Live, new_context: Any) -> None:
    page = open_card(scoring, new_context(java_script_enabled=False).new_page())
    for key in KEYS:
        page.locator(f"#rating-{key}-3").check()
    page.locator("#would-buy-no").check()
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator("#recommendation-no").check()
    page.get_by_role("button", name="Submit scorecard").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Submit this scorecard?")
    page.get_by_role("button", name="Submit and lock").click()
    assert stored(scoring).submitted_at is not None


def test_every_page_is_accessible_in_light_and_dark_and_fits_a_phone(scoring: Live, page: Page) -> None:
    cast = scoring.cast
    submit(cast, "ines", full_draft(5, takeaways="w" * 300))
    save(cast, "ivo", full_draft(1))
    open_card(scoring, page)
    page.get_by_text("All anchors").first.click()
    page.locator("[data-segment]").first.click()
    saved(page)
    assert_accessible(page)
    page.locator("#submit-scorecard").click()
    expect(page.locator("#submit-dialog")).to_be_visible()
    assert_accessible(page)
    page.locator("[data-confirmed]").click()
    page.wait_for_url("**/scorecards")
    assert_accessible(page)
    for path in (card_url(scoring), f"{scoring.url}/rubrics", f"{scoring.url}/jobs/{cast.job_id}/rubric"):
        page.goto(path)
        assert_accessible(page)


def test_a_moment_is_inserted_with_the_keyboard_and_survives_a_reload(scoring: Live, page: Page) -> None:
    open_card(scoring, page)
    demo = page.locator("#attribute-demo")
    page.locator("#rating-demo-5").check()
    expect(page.locator("#progress")).to_have_text("1 of 6 rated, evidence missing in 1")
    page.locator("#at-demo").fill("soon")
    page.keyboard.press("Enter")
    expect(demo.locator(".moment-problem")).to_have_text("Enter minutes and seconds, like 03:12.")
    page.locator("#at-demo").fill("3:12")
    page.keyboard.press("Enter")
    expect(demo.locator(".citations")).to_contain_text("Moment 03:12")
    expect(page.locator("#rating-demo-5")).to_be_checked()  # digits typed into a moment rate nothing
    expect(page.locator("#progress")).to_have_text("1 of 6 rated")
    saved(page)
    assert_accessible(page)
    page.reload()
    expect(demo.locator(".citations input")).to_be_checked()
    assert [one.start_ms for one in stored(scoring).draft.rating("demo").citations] == [192_000]


def test_a_panel_goes_on_without_somebody_and_a_rating_is_revised(scoring: Live, new_context: Any) -> None:
    cast = scoring.cast
    submit(cast, "ivo", full_draft(2))
    submit(cast, "ines", full_draft(4))
    mara, ivo = new_context(**PHONE).new_page(), new_context().new_page()
    scoring.sign_in(mara, "mara")
    mara.goto(f"{scoring.url}/interviews/{cast.interview_id}/scorecards")
    assert_accessible(mara)
    mara.get_by_role("link", name="Dismiss or reassign the scorecard of Iris").click()
    mara.get_by_label("Why", exact=True).fill("Did not come.")
    assert_accessible(mara)
    mara.get_by_role("button", name="Go on without Iris Interviewer").click()
    expect(mara.get_by_role("note")).to_have_text("The panel counts without Iris Interviewer (dismissed).")
    open_card(scoring, ivo)
    ivo.get_by_role("link", name="Revise a rating").click()
    ivo.get_by_label("Attribute").select_option("honesty")
    ivo.get_by_label("4: ").check()
    ivo.get_by_label("What changed your mind").fill("The second half shows it.")
    assert_accessible(ivo)
    ivo.get_by_role("button", name="Add the revision").click()
    expect(ivo.get_by_text("The second half shows it.")).to_be_visible()
    assert_accessible(ivo)
