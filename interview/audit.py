"""The audit trail: who did what when, append-only, every row chained to the one before by SHA-256.

Personal text (names, reasons, details) stands outside the chain as a salted hash: it can be erased and the chain stays
whole. Knows no room and no web; says nothing about who may read it. Source: SECURITY section 10.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, ForeignKey, Table, delete, event, insert, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from interview.access import Actor
from interview.db import Base, UtcDateTime
from interview.errors import Invalid, NotFound

GENESIS = "0" * 64
BODY_ERASED = "audit:body-erased"
_REFUSAL = "The audit trail is append-only."


class AuditEvent(Base):
    """One thing that somebody did; never changed, never removed."""

    __tablename__ = "audit_event"

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str]  # a label without personal text: person:7, candidate:3, system
    on_behalf: Mapped[str]
    action: Mapped[str] = mapped_column(index=True)
    object_kind: Mapped[str]
    object_id: Mapped[str]
    body_hash: Mapped[str]
    prev: Mapped[str] = mapped_column(index=True)
    hash: Mapped[str]


class AuditBody(Base):
    """The personal text of one event: may be erased, never changed."""

    __tablename__ = "audit_body"

    seq: Mapped[int] = mapped_column(ForeignKey(AuditEvent.seq), primary_key=True, autoincrement=False)
    salt: Mapped[str]
    body: Mapped[str]


class AuditHead(Base):
    """The end of the chain, one row; holding its lock is the turn to append."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int]
    hash: Mapped[str]


def _table(model: type[Base]) -> Table:
    assert isinstance(model.__table__, Table)
    return model.__table__


def _sqlite_guard(table: str, verb: str) -> str:
    return (
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
    )


def _postgres_guard(table: str, verbs: str, level: str) -> str:
    name = f"{table}_no_{verbs.split()[0].lower()}"
    return f"CREATE TRIGGER {name} BEFORE {verbs} ON {table} FOR EACH {level} EXECUTE FUNCTION audit_refuses()"


# Statements by dialect, to be run once the three tables exist; the migration runs the same ones.
GUARDS: Mapping[str, tuple[str, ...]] = {
    "sqlite": (
        _sqlite_guard("audit_event", "UPDATE"),
        _sqlite_guard("audit_event", "DELETE"),
        _sqlite_guard("audit_body", "UPDATE"),
    ),
    "postgresql": (
        f"CREATE FUNCTION audit_refuses() RETURNS trigger AS $$ BEGIN RAISE '{_REFUSAL}'; END $$ LANGUAGE plpgsql",
        _postgres_guard("audit_event", "UPDATE OR DELETE", "ROW"),
        _postgres_guard("audit_event", "TRUNCATE", "STATEMENT"),
        _postgres_guard("audit_body", "UPDATE", "ROW"),
    ),
}
FIRST_HEAD = f"INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, '{GENESIS}')"  # noqa: S608 (a constant)


# Built once and without the ORM: nearly every write in the product ends with these four.
_HEAD = _table(AuditHead)
_TAKE_HEAD = select(_HEAD.c.seq, _HEAD.c.hash).where(_HEAD.c.id == 1).with_for_update()
_ADD_EVENT = insert(_table(AuditEvent))
_ADD_BODY = insert(_table(AuditBody))
_MOVE_HEAD = update(_HEAD).where(_HEAD.c.id == 1)


@event.listens_for(_table(AuditBody), "after_create")  # made after audit_event, which it refers to
def _install_guards(_table: Table, connection: Connection, **_: object) -> None:
    for statement in GUARDS[connection.dialect.name]:
        connection.exec_driver_sql(statement)


@event.listens_for(_table(AuditHead), "after_create")
def _make_head(_table: Table, connection: Connection, **_: object) -> None:
    connection.exec_driver_sql(FIRST_HEAD)


def record(
    session: Session,
    actor: Actor,
    action: str,
    object_kind: str,
    object_id: int | str,
    details: Mapping[str, Any] | None = None,
    /,
    *,
    now: datetime,
    reason: str = "",
    on_behalf: str = "",
) -> int:
    """Append an event in the caller's writing transaction and return its number.

    `action` is "room:past-tense"; `reason` and `details` may be personal and are kept outside the chain. Call it last:
    on PostgreSQL other writers that audit wait from here to the commit.
    """
    session.flush()
    connection = session.connection()
    head = connection.execute(_TAKE_HEAD).one()
    body = _canonical({"actor_name": actor.name, "reason": reason, "details": dict(details or {})})
    salt = secrets.token_hex(16)
    seq: int = head.seq + 1
    row: dict[str, Any] = {
        "seq": seq,
        "at": now.astimezone(UTC),
        "actor": actor.label,
        "on_behalf": on_behalf,
        "action": action,
        "object_kind": object_kind,
        "object_id": str(object_id),
        "body_hash": _sha256(salt + body),
        "prev": head.hash,
    }
    row["hash"] = _hash_of(row)
    connection.execute(_ADD_EVENT, row)
    connection.execute(_ADD_BODY, {"seq": seq, "salt": salt, "body": body})
    connection.execute(_MOVE_HEAD, {"seq": seq, "hash": row["hash"]})
    return seq


def erase_body(session: Session, seq: int, *, actor: Actor, reason: str, now: datetime) -> None:
    """Erase the personal text of one event; that this was done is an event of its own. Raises NotFound."""
    if session.scalar(delete(AuditBody).where(AuditBody.seq == seq).returning(AuditBody.seq)) is None:
        raise NotFound(f"Row {seq} of the audit trail has no text to erase.")
    record(session, actor, BODY_ERASED, "audit_event", seq, reason=reason, now=now)


def _canonical(value: Mapping[str, Any]) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _hash_of(row: Mapping[str, Any]) -> str:
    """Hash everything a row says, its place and its predecessor's hash included."""
    said = {name: value for name, value in row.items() if name != "hash"}
    return _sha256(row["prev"] + _canonical({**said, "at": row["at"].isoformat(timespec="microseconds")}))


# --- is it still what was written? ---


@dataclass(frozen=True)
class Finding:
    """The first row at which the trail is not what was written, and what is wrong, in a sentence."""

    seq: int
    sentence: str


@dataclass(frozen=True)
class Checkpoint:
    """The end of the chain at some moment, to be kept outside the database."""

    seq: int
    hash: str
    at: datetime

    def line(self, key: str) -> str:
        """Return one line to keep elsewhere, sealed with a key the database does not hold."""
        said = f"audit-checkpoint v1 seq={self.seq} hash={self.hash} at={self.at.isoformat(timespec='seconds')}"
        return f"{said} mac={_mac(said, key)}"


def _mac(said: str, key: str) -> str:
    return hmac.new(key.encode(), said.encode(), hashlib.sha256).hexdigest()


def read_checkpoint(line: str, key: str) -> Checkpoint:
    """Return the checkpoint of a line. Raises Invalid when it was not made by this installation or was changed."""
    said, _, mac = line.strip().rpartition(" mac=")
    parts = dict(part.split("=", 1) for part in said.split() if "=" in part)
    if not hmac.compare_digest(mac.encode(), _mac(said, key).encode()) or parts.keys() != {"seq", "hash", "at"}:
        raise Invalid("This checkpoint was not made with this installation's secret key, or it was changed.")
    return Checkpoint(int(parts["seq"]), parts["hash"], datetime.fromisoformat(parts["at"]))


def checkpoint(session: Session, *, now: datetime) -> Checkpoint:
    """Return the end of the chain as it is now."""
    seq, hash_ = session.execute(select(AuditHead.seq, AuditHead.hash)).one()
    return Checkpoint(seq, hash_, now)


def verify(session: Session, *, since: Checkpoint | None = None) -> Finding | None:
    """Read the whole trail once and return the first thing wrong with it, or None.

    Without a checkpoint kept elsewhere, a rewritten chain or a cut-off end with a matching head cannot be seen.
    """
    last_seq, last_hash = 0, GENESIS
    bare: set[int] = set()
    erased: set[int] = set()
    for row, body in _stream(session):
        finding = _wrong_with(session, row, body, last_seq, last_hash)
        if finding:
            return finding
        if body is None:
            bare.add(row["seq"])
        if row["action"] == BODY_ERASED:
            erased.add(int(row["object_id"]))
        last_seq, last_hash = row["seq"], row["hash"]
        if since and last_seq == since.seq and last_hash != since.hash:
            return Finding(last_seq, f"Row {last_seq} is not the one of the checkpoint: the trail was written anew.")
    if since and last_seq < since.seq:
        return Finding(
            last_seq + 1, f"The trail ends at row {last_seq}, the checkpoint at {since.seq}: its end was cut off."
        )
    head = session.execute(select(AuditHead.seq, AuditHead.hash)).one_or_none()
    if head is None or (head.seq, head.hash) != (last_seq, last_hash):
        said = head.seq if head else "nothing"
        first = min(last_seq, head.seq if head else 0) + 1
        return Finding(
            first, f"The trail ends at row {last_seq}, its head says {said}: rows at the end were removed or added."
        )
    if bare - erased:
        first = min(bare - erased)
        return Finding(first, f"The text of row {first} is gone, and no event says that it was erased.")
    return None


def _stream(session: Session) -> Iterator[tuple[dict[str, Any], tuple[str, str] | None]]:
    columns = _table(AuditEvent).columns
    query = (
        select(*columns, AuditBody.salt, AuditBody.body)
        .outerjoin(AuditBody, AuditBody.seq == AuditEvent.seq)
        .order_by(AuditEvent.seq)
        .execution_options(yield_per=1000)
    )
    for found in session.execute(query):
        *values, salt, body = found
        row = dict(zip(columns.keys(), values, strict=True))
        yield row, None if salt is None else (salt, body)


def _wrong_with(
    session: Session, row: Mapping[str, Any], body: tuple[str, str] | None, last_seq: int, last_hash: str
) -> Finding | None:
    seq = row["seq"]
    if seq != last_seq + 1 or row["prev"] != last_hash:
        return _broken_link(session, row, last_seq + 1, last_hash)
    if _hash_of(row) != row["hash"]:
        return Finding(seq, f"Row {seq} ({row['action']}, {row['at']:%Y-%m-%d %H:%M} UTC) was changed.")
    if body is not None and _sha256(body[0] + body[1]) != row["body_hash"]:
        return Finding(seq, f"The text of row {seq} ({row['action']}, {row['at']:%Y-%m-%d %H:%M} UTC) was changed.")
    return None


def _broken_link(session: Session, row: Mapping[str, Any], expected: int, last_hash: str) -> Finding:
    """Say what happened where a row does not follow its predecessor."""
    moved_to = session.scalar(select(AuditEvent.seq).where(AuditEvent.prev == last_hash))
    if moved_to is not None and moved_to != expected:
        return Finding(expected, f"Row {expected} now stands at {moved_to}: rows were put in another order.")
    if row["seq"] != expected:
        return Finding(expected, f"Row {expected} was removed: after row {expected - 1} comes row {row['seq']}.")
    if _hash_of({**row, "prev": last_hash}) == row["hash"]:
        return Finding(expected, f"Row {expected} was changed: it no longer names the row before it.")
    return Finding(
        expected, f"Row {expected} does not follow row {expected - 1}: a row was put in or removed between them."
    )


# --- for reading ---


@dataclass(frozen=True)
class Listed:
    """One event as the audit page shows it, without its personal text but for the name of a person of the team."""

    seq: int
    at: datetime
    actor: str
    actor_name: str
    on_behalf: str
    action: str
    object_kind: str
    object_id: str


def listing(session: Session, *, before_seq: int | None = None, action: str = "", count_max: int = 50) -> list[Listed]:
    """Return events, newest first, before a number (keyset paging), optionally only those whose action begins so."""
    query = select(AuditEvent, AuditBody.body).outerjoin(AuditBody, AuditBody.seq == AuditEvent.seq)
    if before_seq is not None:
        query = query.where(AuditEvent.seq < before_seq)
    if action:
        query = query.where(AuditEvent.action.startswith(action, autoescape=True))
    return [_listed(row, body) for row, body in session.execute(query.order_by(AuditEvent.seq.desc()).limit(count_max))]


def _listed(row: AuditEvent, body: str | None) -> Listed:
    is_team = row.actor.startswith("person:")
    name = json.loads(body)["actor_name"] if body and is_team else ""
    return Listed(row.seq, row.at, row.actor, name, row.on_behalf, row.action, row.object_kind, row.object_id)
