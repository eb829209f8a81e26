"""The pages of accounts in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.support.axe import assert_accessible
from tests.support.live import Live


@pytest.mark.browser
def test_account_pages_are_accessible(live: Live, page: Page) -> None:
    page.goto(live.url + "/sign-in")
    assert_accessible(page)
    live.sign_in(page, "ada")
    for path in ("/", "/people", "/account"):
        page.goto(live.url + path)
        assert_accessible(page)
