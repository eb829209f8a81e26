"""Use cases of the API: make, list, revoke and use tokens, read a job's applications page by page.

Knows no web and no clock; never commits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from interview import audit
from interview.access import Actor, Role
from interview.connect.models import ApiToken, TokenRevocation
from interview.connect.rules import (
    NAME_MAX_CHARS,
    TOKEN_LIFE,
    TOKEN_PREFIX,
    Scope,
    TokenState,
    read_scopes,
    token_state,
)
from interview.errors import Conflict, Invalid, NotFound
from interview.hiring.models import Application
from interview.hiring.rules import Stage
from interview.people import service as people
from interview.people.models import Person
from interview.people.rules import digest, new_token

PAGE_ROWS = 100


# -- tokens --------------------------------------------------------------------------------------------------------


def owner_for(session: Session, email: str | None) -> Person:
    """Return whose token it will be: the person with this address, or the only admin. Raises NotFound, Conflict."""
    if email is not None:
        found = people.person_by_email(session, email)
        if found is None or found.disabled_at is not None:
            raise NotFound(f"Nobody with the e-mail address {email} has an open account.")
        return found
    admins = session.scalars(select(Person).where(Person.role == Role.ADMIN, Person.disabled_at.is_(None))).all()
    if len(admins) != 1:
        raise Conflict(f"There are {len(admins)} open admin accounts: say whose token it is with --owner EMAIL.")
    return admins[0]


def create_token(
    session: Session, actor: Actor, owner: Person, *, name: str, scopes: str, now: datetime
) -> tuple[ApiToken, str]:
    """Make a token and return it with its secret, which is kept nowhere. Raises Invalid for a bad name or scope."""
    wanted, unknown = read_scopes(scopes)
    if unknown or not wanted:
        wrong = f"There is no scope {', '.join(unknown)}." if unknown else "A token needs a scope."
        raise Invalid(f"{wrong} Choose from: {', '.join(Scope)}.", fields={"scopes": wrong})
    if not 0 < len(name) <= NAME_MAX_CHARS:
        raise Invalid(f"Give the token a name of 1 to {NAME_MAX_CHARS} characters: what will use it?")
    secret = TOKEN_PREFIX + new_token()
    token = ApiToken(
        owner_id=owner.id,
        name=name,
        token_sha256=digest(secret),
        scope_words=" ".join(wanted),
        created_at=now,
        expires_at=now + TOKEN_LIFE,
    )
    session.add(token)
    session.flush()
    _record(session, actor, "token:created", token, now)
    return token, secret


def usable_token(session: Session, secret: str, *, now: datetime) -> ApiToken | None:
    """Return the token of a secret if it works; unknown, revoked, expired and closed look the same."""
    token = session.scalar(_tokens().where(ApiToken.token_sha256 == digest(secret)))
    return token if token is not None and state_of(token, now=now) is TokenState.WORKS else None


def state_of(token: ApiToken, *, now: datetime) -> TokenState:
    """Tell whether a token works, or why it does not."""
    return token_state(
        expires_at=token.expires_at,
        revoked_at=token.revocation.revoked_at if token.revocation else None,
        owner_closed_at=token.owner.disabled_at,
        now=now,
    )


def tokens(session: Session, *, owner_id: int | None = None) -> Sequence[ApiToken]:
    """Return everybody's tokens, or one owner's, newest first."""
    query = _tokens().order_by(ApiToken.created_at.desc(), ApiToken.id.desc())
    return session.scalars(query if owner_id is None else query.where(ApiToken.owner_id == owner_id)).all()


def revoke_token(session: Session, actor: Actor, token_id: int, *, owner_id: int | None = None, now: datetime) -> None:
    """Stop a token for good, at once; `owner_id` bounds it to that owner's. Raises NotFound, Conflict."""
    token = session.scalar(_tokens().where(ApiToken.id == token_id))
    if token is None or owner_id not in (None, token.owner_id):
        raise NotFound("There is no such token.")
    if token.revocation is not None:
        raise Conflict("This token is revoked already.")
    _revoke(session, actor, token, now)


@people.on_closing
def _revoke_all_of(session: Session, actor: Actor, person: Person, now: datetime) -> None:
    """Revoke what a closed account leaves behind, so that opening it again does not revive a forgotten token."""
    for token in tokens(session, owner_id=person.id):
        if token.revocation is None:
            _revoke(session, actor, token, now)


def _revoke(session: Session, actor: Actor, token: ApiToken, now: datetime) -> None:
    token.revocation = TokenRevocation(revoked_by_id=actor.person_id, revoked_at=now)
    session.flush()
    _record(session, actor, "token:revoked", token, now)


def _tokens() -> Select[ApiToken]:
    return select(ApiToken).options(joinedload(ApiToken.owner), joinedload(ApiToken.revocation))


def _record(session: Session, actor: Actor, action: str, token: ApiToken, now: datetime) -> None:
    audit.record(
        session, actor, action, "api_token", token.id, {"owner": token.owner_id, "scopes": token.scope_words}, now=now
    )


# -- reading -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ApplicationPage:
    """Some of a job's applications, and after which id the next page begins."""

    applications: Sequence[Application]
    next_after: int | None


def application_page(session: Session, job_id: int, *, stage: Stage | None = None, after: int = 0) -> ApplicationPage:
    """Return a job's applications with their candidates, in order of id, PAGE_ROWS at a time."""
    query = (
        select(Application)
        .where(Application.job_id == job_id, Application.id > after)
        .options(joinedload(Application.candidate))
        .order_by(Application.id)
        .limit(PAGE_ROWS + 1)
    )
    if stage is not None:
        query = query.where(Application.stage == stage)
    found = session.scalars(query).all()
    shown = found[:PAGE_ROWS]
    return ApplicationPage(shown, shown[-1].id if len(found) > PAGE_ROWS else None)
