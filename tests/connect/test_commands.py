"""`flask token`: printed once, listed without the secret, revoked; every refusal one sentence and exit code 1."""

from __future__ import annotations

from datetime import timedelta

import pytest
from click.testing import Result
from sqlalchemy import select
from sqlalchemy.orm import Session

from interview.access import SYSTEM, Role
from interview.audit import AuditBody, AuditEvent
from interview.connect.models import TokenRevocation
from interview.db import writing
from interview.people import service as people
from tests.connect.conftest import Program
from tests.support.cast import Cast


def run(cast: Cast, *words: str) -> Result:
    return cast.app.test_cli_runner().invoke(args=["token", *words])


def create(cast: Cast, *words: str) -> str:
    result = run(cast, "create", "--name", "Our ATS", "--scopes", "read", *words)
    assert result.exit_code == 0, result.output
    return result.stdout.removesuffix("\n")


def test_a_token_of_the_only_admin_unless_an_owner_is_named(cast: Cast) -> None:
    of_ada, of_rita = create(cast), create(cast, "--owner", "Rita@example.org")
    path = f"/api/v1/applications/{cast.cleo_id}"
    assert Program(cast.app, of_ada).ask(path)["candidate"]["email"] is None
    assert Program(cast.app, of_rita).ask(path)["candidate"]["email"] == "cleo@example.com"


def test_a_token_is_listed_without_itself_and_revoked_once(cast: Cast, session: Session) -> None:
    secret = create(cast)
    until = (cast.clock.now() + timedelta(days=90)).date().isoformat()
    assert run(cast, "list").stdout == f"1\tworks\t{until}\tada@example.org\tread\tOur ATS\n"
    assert run(cast, "revoke", "1").stdout == "Token 1 has stopped working.\n"
    assert run(cast, "list").stdout == f"1\trevoked\t{until}\tada@example.org\tread\tOur ATS\n"
    assert run(cast, "revoke", "1").stderr == "This token is revoked already.\n"
    Program(cast.app, secret).ask("/api/v1/jobs", status=401)
    revocation = session.scalars(select(TokenRevocation)).one()
    assert (revocation.revoked_by_id, revocation.revoked_at) == (None, cast.clock.now())
    actions = session.scalars(select(AuditEvent.action).where(AuditEvent.object_kind == "api_token")).all()
    assert actions == ["token:created", "token:revoked"]
    assert secret not in str(session.scalars(select(AuditBody.body)).all())


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("create", "--name", "x", "--scopes", "write"), "There is no scope write. Choose from: read, export, ops."),
        (("create", "--name", "x", "--scopes", " , "), "A token needs a scope. Choose from: read, export, ops."),
        (
            ("create", "--name", " ", "--scopes", "read"),
            "Give the token a name of 1 to 100 characters: what will use it?",
        ),
        (
            ("create", "--name", "x", "--scopes", "read", "--owner", "who@example.org"),
            "Nobody with the e-mail address who@example.org has an open account.",
        ),
        (("revoke", "7"), "There is no such token."),
    ],
)
def test_a_refusal_is_a_sentence(cast: Cast, words: tuple[str, ...], sentence: str) -> None:
    result = run(cast, *words)
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", sentence + "\n")


def test_two_admins_or_none_want_an_owner_named(cast: Cast, session: Session) -> None:
    words = ("create", "--name", "x", "--scopes", "read")
    with writing(session):
        second = people.add_person(
            session, SYSTEM, email="adam@example.org", name="Adam", role=Role.ADMIN, now=cast.clock.now()
        )
    assert run(cast, *words).stderr == "There are 2 open admin accounts: say whose token it is with --owner EMAIL.\n"
    with writing(session):
        people.disable(session, SYSTEM, cast.person_ids["ada"], now=cast.clock.now())
    assert run(cast, *words).exit_code == 0
    with writing(session):
        people.disable(session, SYSTEM, second.id, now=cast.clock.now())
    assert run(cast, *words).stderr == "There are 0 open admin accounts: say whose token it is with --owner EMAIL.\n"
    assert "open account" in run(cast, *words, "--owner", "ada@example.org").stderr
