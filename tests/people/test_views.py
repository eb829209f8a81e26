"""Signing in and out, accounts."""

from __future__ import annotations

import re

import pytest

from tests.support.cast import Cast
from tests.support.pages import Browser


def test_a_sign_in_link_works_once_and_a_get_changes_nothing(cast: Cast, anonymous: Browser) -> None:
    ada = cast.browser("ada")
    made = ada.send(f"/people/{cast.person_ids['nils']}/link", status=200)
    token = re.search(r"/sign-in/([\w-]{43})", made.text).group(1)
    for _ in range(3):
        assert "Nils Nowhere" in anonymous.page(f"/sign-in/{token}").words
    anonymous.send(f"/sign-in/{token}")
    assert anonymous.page("/").title.startswith("Home")
    anonymous.page(f"/sign-in/{token}", status=404)
    anonymous.send(f"/sign-in/{token}", status=404)


@pytest.mark.parametrize(
    "target", ["/%09/host.example", "/%0D/host.example", "/%0A/host.example", "//host.example", "/%5Chost.example"]
)
def test_signing_in_never_leads_to_another_host(cast: Cast, anonymous: Browser, target: str) -> None:
    password = "seven quiet harbours at dusk"
    cast.browser("ada").send("/account/password", {"password": password})
    answer = anonymous.send(f"/sign-in?next={target}", {"email": "ada@example.org", "password": password})
    assert answer.headers["Location"] == "/"
