"""The page of tokens in a real browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.support.axe import assert_accessible
from tests.support.live import Live


@pytest.mark.browser
def test_the_page_of_tokens_is_accessible_and_asks_before_revoking(
    live: Live, page: Page, make_token: Callable[..., str]
) -> None:
    make_token("rita")
    live.sign_in(page, "rita")
    page.goto(live.url + "/account")
    page.get_by_role("link", name="Tokens of other programs").click()
    assert_accessible(page)
    page.get_by_role("button", name="Revoke").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    page.get_by_text("revoked", exact=True).wait_for()
    assert_accessible(page)
