"""Use cases of accounts: add people, sign them in and out, passwords. Knows no web and no clock; never commits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from interview import audit
from interview.access import SYSTEM, Actor, Role
from interview.errors import Conflict, Invalid, NotFound
from interview.people import rules
from interview.people.models import Person, PersonSession, SignInLink


def add_person(session: Session, actor: Actor, *, email: str, name: str, role: Role, now: datetime) -> Person:
    """Add a member of the team. Raises Conflict when the e-mail address is taken."""
    if person_by_email(session, email) is not None:
        raise Conflict(f"There is already a person with the e-mail address {email}.")
    person = Person(email=email, name=name, role=role, created_at=now)
    session.add(person)
    session.flush()
    audit.record(session, actor, "person:added", "person", person.id, {"role": role.value}, now=now)
    return person


def person_by_email(session: Session, email: str) -> Person | None:
    """Return the person with this address, in any case."""
    return session.scalar(select(Person).where(func.lower(Person.email) == email.strip().lower()))


def person(session: Session, person_id: int) -> Person:
    """Return a person. Raises NotFound."""
    found = session.get(Person, person_id)
    if found is None:
        raise NotFound("There is no such person.")
    return found


def people(session: Session) -> list[Person]:
    """Return everybody, by name."""
    return list(session.scalars(select(Person).order_by(func.lower(Person.name), Person.id)))


def is_empty(session: Session) -> bool:
    """Say whether nobody has an account yet."""
    return session.scalar(select(Person.id).limit(1)) is None


def make_sign_in_link(session: Session, actor: Actor, person: Person, *, now: datetime, reusable: bool = False) -> str:
    """Make a sign-in link's token, valid for a day (a reusable one for ten years, for the demo only)."""
    token = rules.new_token()
    life = timedelta(days=3650) if reusable else rules.SIGN_IN_LINK_LIFE
    link = SignInLink(
        person_id=person.id,
        token_sha256=rules.digest(token),
        created_at=now,
        expires_at=now + life,
        reusable=reusable,
    )
    session.add(link)
    audit.record(session, actor, "person:link-made", "person", person.id, now=now)
    return token


def usable_link(session: Session, token: str, *, now: datetime) -> SignInLink | None:
    """Return the link of a token if it still works; unknown, used, expired and disabled look the same."""
    link = session.scalar(select(SignInLink).where(SignInLink.token_sha256 == rules.digest(token)))
    if link is None or link.expires_at <= now or (link.used_at and not link.reusable) or link.person.disabled_at:
        return None
    return link


def sign_in_with_link(session: Session, token: str, *, now: datetime) -> str:
    """Use a sign-in link once and return a session token. Raises NotFound when it does not work (any more)."""
    link = usable_link(session, token, now=now)
    claim = update(SignInLink).where(SignInLink.id == (link.id if link else 0))
    if link is not None and not link.reusable:
        claim = claim.where(SignInLink.used_at.is_(None))
    if link is None or session.execute(claim.values(used_at=now)).rowcount != 1:  # type: ignore[attr-defined]
        raise NotFound("This sign-in link has been used or has expired. Ask your admin for a new one.")
    return _open_session(session, link.person, "link", now)


def sign_in_with_password(session: Session, email: str, password: str, *, now: datetime) -> str:
    """Check a password and return a session token. Raises Invalid with the same words whatever was wrong."""
    found = person_by_email(session, email)
    if (
        not rules.password_matches(found.password_hash if found else None, password)
        or found is None
        or found.disabled_at
    ):
        raise Invalid("The e-mail address or the password is not right.")
    return _open_session(session, found, "password", now)


def note_refused_sign_in(session: Session, email: str, *, now: datetime) -> None:
    """Write into the audit trail that a password was refused; an unknown address is not written down."""
    found = person_by_email(session, email)
    audit.record(session, SYSTEM, "person:sign-in-refused", "person", found.id if found else "unknown", now=now)


def _open_session(session: Session, person: Person, way: str, now: datetime) -> str:
    token = rules.new_token()
    session.add(PersonSession(person_id=person.id, token_sha256=rules.digest(token), created_at=now))
    actor = Actor(name=person.name, person_id=person.id, role=person.role)
    audit.record(session, actor, "person:signed-in", "person", person.id, {"way": way}, now=now)
    return token


def signed_in(session: Session, token: str, *, now: datetime) -> Person | None:
    """Return who is signed in with this session token, if the session still lives."""
    row = session.scalar(select(PersonSession).where(PersonSession.token_sha256 == rules.digest(token)))
    if row is None or row.ended_at or row.person.disabled_at:
        return None
    return row.person if now - row.created_at < rules.SESSION_LIFE else None


def sign_out(session: Session, token: str, *, now: datetime) -> None:
    """End one session."""
    session.execute(
        update(PersonSession)
        .where(PersonSession.token_sha256 == rules.digest(token), PersonSession.ended_at.is_(None))
        .values(ended_at=now)
    )


def set_password(session: Session, actor: Actor, password: str, *, keep_token: str, now: datetime) -> None:
    """Set the actor's own password and end their other sessions. Raises Invalid naming what is wrong with it."""
    found = person(session, actor.person_id or 0)
    problem = rules.password_problem(password, name=found.name, email=found.email)
    if problem:
        raise Invalid(problem, fields={"password": problem})
    found.password_hash = rules.hash_password(password)
    session.execute(
        update(PersonSession)
        .where(
            PersonSession.person_id == found.id,
            PersonSession.token_sha256 != rules.digest(keep_token),
            PersonSession.ended_at.is_(None),
        )
        .values(ended_at=now)
    )
    audit.record(session, actor, "person:password-set", "person", found.id, now=now)


ClosingListener = Callable[[Session, Actor, Person, datetime], None]
_closing_listeners: list[ClosingListener] = []


def on_closing(listener: ClosingListener) -> ClosingListener:
    """Register what a room above does when an account is closed: who closed it, whose it is, when."""
    _closing_listeners.append(listener)
    return listener


def disable(session: Session, actor: Actor, person_id: int, *, now: datetime) -> None:
    """Close an account: every session and link of it dies at once. Raises Conflict on one's own account."""
    found = person(session, person_id)
    if found.id == actor.person_id:
        raise Conflict("You cannot close your own account: ask another admin.")
    if found.disabled_at is None:
        found.disabled_at = now
        audit.record(session, actor, "person:disabled", "person", found.id, now=now)
        for listener in _closing_listeners:
            listener(session, actor, found, now)


def enable(session: Session, actor: Actor, person_id: int, *, now: datetime) -> None:
    """Open a closed account again; it signs in afresh."""
    found = person(session, person_id)
    if found.disabled_at is not None:
        found.disabled_at = None
        session.execute(
            update(PersonSession)
            .where(PersonSession.person_id == found.id, PersonSession.ended_at.is_(None))
            .values(ended_at=now)
        )
        audit.record(session, actor, "person:enabled", "person", found.id, now=now)
