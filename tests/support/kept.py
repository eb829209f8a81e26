"""What many tests begin with, written by the services once in a test process and put back as rows for the next test.

Knows every table by the models' metadata; nothing of what the rows mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, func, select, text
from sqlalchemy.orm import Session

from interview import db

_NUMBERED = text("SELECT schemaname, sequencename, last_value FROM pg_sequences WHERE last_value IS NOT NULL")
_GO_ON_FROM = text("SELECT setval(format('%I.%I', CAST(:schema AS text), CAST(:name AS text))::regclass, :last)")


@dataclass(frozen=True)
class KeptRows:
    """The rows of every table that had any, and where PostgreSQL's sequences stood."""

    rows: tuple[tuple[Table, list[dict[str, Any]]], ...]
    sequences: tuple[dict[str, Any], ...]


def keep(session: Session) -> KeptRows:
    """Read all there is in the database."""
    connection = session.connection()
    tables = db.Base.metadata.tables.values()
    rows = ((table, [dict(row) for row in connection.execute(select(table)).mappings()]) for table in tables)
    sequences = connection.execute(_NUMBERED).all() if connection.dialect.name == "postgresql" else ()
    return KeptRows(
        tuple((table, found) for table, found in rows if found),
        tuple({"schema": schema, "name": name, "last": last} for schema, name, last in sequences),
    )


def put_back(session: Session, kept: KeptRows) -> None:
    """Write kept rows into a database that has its tables and nothing else."""
    with db.writing(session):
        connection = session.connection()
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL session_replication_role = replica"))  # no foreign keys, no order
        else:
            connection.execute(text("PRAGMA defer_foreign_keys = ON"))
        for table, rows in kept.rows:
            if connection.scalar(select(func.count()).select_from(table)):
                connection.execute(table.delete())  # the one row that the tables come with
            connection.execute(table.insert(), rows)
        if kept.sequences:
            connection.execute(_GO_ON_FROM, list(kept.sequences))
