"""Signing in and out, accounts."""

from __future__ import annotations

import re

import pytest

from interview import audit
from interview.web.limits import limiter
from tests.support.cast import Cast
from tests.support.pages import Browser, browser


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


def set_ivos_password(cast: Cast) -> None:
    cast.browser("ivo").send("/account/password", {"password": "correct horse battery"})


def test_a_refused_password_is_written_down_and_says_nothing_of_the_account(cast: Cast, anonymous: Browser) -> None:
    set_ivos_password(cast)
    wrong = {"email": "ivo@example.org", "password": "not it at all"}
    nobody = {"email": "nobody@example.org", "password": "not it at all"}
    said = [anonymous.send("/sign-in", sent, status=422).text for sent in (wrong, nobody)]
    assert all("The e-mail address or the password is not right." in text for text in said)
    rows = [row for row in audit.listing(cast.session) if row.action == "person:sign-in-refused"]
    assert {row.object_id for row in rows} == {str(cast.person_ids["ivo"]), "unknown"}
    anonymous.send("/sign-in", {"email": "IVO@example.org", "password": "correct horse battery"})


def test_guessing_one_account_is_slowed_down_from_any_address(cast: Cast) -> None:
    set_ivos_password(cast)
    limiter.enabled = True
    try:
        answers = []
        for number in range(21):
            guesser = browser(cast.app)
            guesser.environ_base["REMOTE_ADDR"] = f"10.1.{number}.7"
            sent = {"csrf_token": guesser.csrf(), "email": "ivo@example.org", "password": f"guess number {number}"}
            answers.append(guesser.post("/sign-in", data=sent).status_code)
        assert answers == [422] * 20 + [429]
    finally:
        limiter.reset()
        limiter.enabled = False
