"""How many bytes the rows of some tables take in a database, indexes left out: what storing them costs at least."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import psycopg
from psycopg import sql


def row_bytes(url: str, tables: Sequence[str]) -> int:
    """Return the bytes of all rows of the tables; on SQLite their payload, on PostgreSQL pg_column_size of each row."""
    if url.startswith("sqlite"):
        return _sqlite_bytes(Path(url.removeprefix("sqlite:///")), tables)
    with psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://")) as connection:
        total = 0
        for table in tables:
            ask = sql.SQL("SELECT coalesce(sum(pg_column_size(one.*)), 0) FROM {} AS one").format(sql.Identifier(table))
            row = connection.execute(ask).fetchone()
            total += int(row[0]) if row else 0
        return total


def _sqlite_bytes(path: Path, tables: Sequence[str]) -> int:
    connection = sqlite3.connect(path)
    try:
        return sum(_payload(connection, table) for table in tables)
    finally:
        connection.close()


def _payload(connection: sqlite3.Connection, table: str) -> int:
    """Ask dbstat for the payload; an SQLite without it gets the lengths of all values added up."""
    try:
        found = connection.execute("SELECT coalesce(sum(payload), 0) FROM dbstat WHERE name = ?", [table]).fetchone()
    except sqlite3.OperationalError:
        columns = [row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')]
        lengths = " + ".join(f'coalesce(length(CAST("{one}" AS BLOB)), 0)' for one in columns)
        found = connection.execute(f'SELECT coalesce(sum({lengths}), 0) FROM "{table}"').fetchone()
    return int(found[0])
