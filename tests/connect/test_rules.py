"""Tokens: scopes as people type them, and the one moment a token stops working."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interview.connect.rules import Scope, TokenState, read_scopes, token_state

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize("text", ["read,export", "export read", " read , export,read ", "read,,export"])
def test_scopes_are_read_as_people_type_them(text: str) -> None:
    assert read_scopes(text) == ((Scope.READ, Scope.EXPORT), ())


@given(st.text())
def test_a_word_is_a_scope_or_named_as_none(text: str) -> None:
    scopes, unknown = read_scopes(text)
    assert {*scopes, *unknown} == set(text.replace(",", " ").split())
    assert not set(unknown) & set(Scope)


def test_a_token_works_until_the_instant_it_expires() -> None:
    def state(now: datetime) -> TokenState:
        return token_state(expires_at=NOW, revoked_at=None, owner_closed_at=None, now=now)

    assert state(NOW - timedelta(microseconds=1)) is TokenState.WORKS
    assert state(NOW) is TokenState.EXPIRED


def test_what_somebody_did_is_said_before_what_time_did() -> None:
    later = NOW + timedelta(days=1)
    for revoked_at, closed_at, state in (
        (NOW, NOW, TokenState.REVOKED),
        (NOW, None, TokenState.REVOKED),
        (None, NOW, TokenState.OWNER_CLOSED),
        (None, None, TokenState.EXPIRED),
    ):
        assert token_state(expires_at=NOW, revoked_at=revoked_at, owner_closed_at=closed_at, now=later) is state
