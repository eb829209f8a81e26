"""The pages of accounts in a real browser."""

from __future__ import annotations

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from tests.support.axe import assert_accessible
from tests.support.live import Live, serve


@pytest.mark.browser
def test_account_pages_are_accessible(live: Live, page: Page) -> None:
    page.goto(live.url + "/sign-in")
    assert_accessible(page)
    live.sign_in(page, "ada")
    for path in ("/", "/people", "/account"):
        page.goto(live.url + path)
        assert_accessible(page)


@pytest.mark.browser
@pytest.mark.on("sqlite")
def test_an_empty_installation_makes_its_first_admin(app: Flask, page: Page) -> None:
    server, url = serve(app)
    page.goto(url + "/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Set up Pitchproof")
    assert_accessible(page)
    page.get_by_label("Your name").fill("Ada First")
    page.get_by_label("E-mail address").fill("ada@example.org")
    page.get_by_label("Password").fill("short")
    page.get_by_role("button", name="Make the first account").click()
    expect(page.get_by_role("alert")).to_contain_text("at least 15 characters")
    assert_accessible(page)
    page.get_by_label("Password").fill("correct horse battery staple")
    page.get_by_role("button", name="Make the first account").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your tasks")
    page.goto(url + "/first-run")
    expect(page).to_have_url(url + "/sign-in")
    server.shutdown()
