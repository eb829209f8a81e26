"""The transcript in a real browser: upload, naming with the keyboard, hostile words as text, axe on every state."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.support.axe import assert_accessible
from tests.support.live import Live

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=document.title='owned'>"
VTT = f"""WEBVTT

0:0:1.0 --> 0:0:4.0
<v CC>Hello, what hurts today?

00:04.000 --> 00:05.000
<v {"x" * 120}>{"Unbreakable" * 30}

00:06.000 --> 00:07.000
<v &lt;script&gt;document.title='owned'&lt;/script&gt;>{HOSTILE} \u202egnp
"""


def upload(page: Page, name: str, data: bytes) -> None:
    page.get_by_label("Transcript file").set_input_files({"name": name, "mimeType": "text/vtt", "buffer": data})
    page.get_by_role("button", name="Upload").press("Enter")


def test_a_manager_uploads_names_and_everything_is_accessible(live: Live, page: Page):
    live.sign_in(page, "mara")
    url = f"{live.url}/interviews/{live.cast.interview_id}/transcript"
    page.goto(url)
    assert_accessible(page)
    upload(page, "call.pdf", b"%PDF-1.7")
    expect(page.locator(".error-summary")).to_be_focused()
    expect(page.locator(".error-summary")).to_contain_text("This is a PDF.")
    assert_accessible(page)

    upload(page, f"{HOSTILE}.vtt", VTT.encode())
    expect(page.get_by_role("heading", name="What was said")).to_be_visible()
    assert_accessible(page)
    assert page.title().startswith("Transcript of Cleo Candidate")
    assert page.locator("main img, main script").count() == 0
    expect(page.get_by_text(HOSTILE).first).to_be_visible()

    page.get_by_label("CC", exact=True).focus()
    page.keyboard.press("ArrowDown")
    page.get_by_role("button", name="Save who is who").press("Enter")
    expect(page.locator(".spoken .is-candidate strong")).to_have_text("Cleo Candidate")
    page.locator(".spoken .moment").first.press("Enter")
    assert "#segment-" in page.url

    upload(page, "better.txt", b"CC: A better file.\n")
    expect(page.locator(".spoken").get_by_text("A better file.")).to_be_visible()
    page.get_by_role("link", name="Version 1").click()
    expect(page.get_by_text("kept because it may be cited")).to_be_visible()
    assert_accessible(page)


def test_a_candidate_corrects_a_passage_with_the_keyboard(live: Live, page: Page):
    live.sign_in(page, "mara")
    page.goto(f"{live.url}/interviews/{live.cast.interview_id}/transcript")
    upload(page, "call.vtt", VTT.encode())
    page.get_by_label("CC", exact=True).select_option(index=1)
    page.get_by_role("button", name="Save who is who").press("Enter")
    expect(page.locator(".spoken .is-candidate")).to_have_count(1)

    live.sign_in(page, "cleo")
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{live.url}/prep/transcript")
    assert_accessible(page)
    page.get_by_role("link", name="Correct passage 1", exact=True).press("Enter")
    expect(page.get_by_label("What was said here")).to_be_focused()
    page.get_by_label("What was said here").fill(" ")
    page.get_by_role("button", name="Keep correction").press("Enter")
    expect(page.locator(".error-summary")).to_be_focused()
    assert_accessible(page)
    page.get_by_label("What was said here").fill(f"Hello, what hurts? {HOSTILE}")
    page.get_by_role("button", name="Keep correction").press("Enter")
    expect(page.locator(".correction")).to_contain_text("Hello, what hurts? <img")
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.get_by_role("button", name="Take correction back of passage 1").press("Enter")
    expect(page.locator(".correction")).to_have_count(0)


def test_an_interviewer_without_a_transcript_is_told_what_to_do(live: Live, page: Page):
    live.sign_in(page, "ivo")
    page.goto(f"{live.url}/interviews/{live.cast.interview_id}/transcript")
    expect(page.get_by_text("No transcript yet")).to_be_visible()
    assert_accessible(page)
