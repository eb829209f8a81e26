"""The database: the declarative base, the column types, the engine, and how a writing transaction begins.

Knows SQLAlchemy and the two engines we run on; knows no room and no web.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

from sqlalchemy import DateTime, Engine, MetaData, TypeDecorator, create_engine, event
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.orm import DeclarativeBase, Session

from interview.errors import Unavailable

T = TypeVar("T")

WRITE_LOCK_DEADLINE_S = 10.0
_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The base of every typed row."""

    metadata = MetaData(naming_convention=_NAMES)


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: aware in Python, UTC in the database; a naive datetime is a programming error."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware instant into what the database stores."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise TypeError("An instant without a time zone reached the database.")
        utc = value.astimezone(UTC)
        return utc if dialect.name == "postgresql" else utc.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn what the database stored into an aware instant in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def engine_options(url: str) -> dict[str, Any]:
    """Return create_engine options for this database."""
    if url.startswith("sqlite"):
        return {"connect_args": {"timeout": WRITE_LOCK_DEADLINE_S, "check_same_thread": False}}
    return {"pool_pre_ping": True, "pool_size": 10, "max_overflow": 10, "connect_args": {"connect_timeout": 5}}


def prepare_engine(engine: Engine) -> Engine:
    """Attach what SQLite needs to be a real database; PostgreSQL needs nothing."""
    if engine.dialect.name == "sqlite" and not event.contains(engine, "connect", _sqlite_connect):
        event.listen(engine, "connect", _sqlite_connect)
        event.listen(engine, "begin", _sqlite_begin)
    return engine


def make_engine(url: str) -> Engine:
    """Return an engine for a process without Flask (the worker, the benchmarks)."""
    return prepare_engine(create_engine(url, **engine_options(url)))


def _sqlite_connect(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver's own transactions lose concurrent read-modify-writes
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")  # NORMAL may lose acknowledged commits at a power cut
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _sqlite_begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def write_turn(engine: Engine) -> Iterator[None]:
    """Hold this host's turn to write, so that SQLite writers queue instead of polling; a no-op on PostgreSQL.

    Raises Unavailable when the turn does not come within the deadline.
    """
    if engine.dialect.name != "sqlite" or not engine.url.database:
        yield
        return
    descriptor = os.open(engine.url.database + ".turn", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        deadline = time.monotonic() + WRITE_LOCK_DEADLINE_S
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise Unavailable("The database is busy. Nothing was changed: try again in a moment.") from None
                time.sleep(0.001)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def writing(session: Session) -> Iterator[Session]:
    """Open one writing transaction on this session; commit at the end, roll back on any exception.

    What the session had open is ended first: a reading transaction of SQLite cannot become a writing one.
    """
    session.rollback()
    engine = session.get_bind()
    assert isinstance(engine, Engine)
    with write_turn(engine):
        try:
            session.connection(execution_options={"writes": True})
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise


@dataclass
class _Write:
    """One caller's work in a shared transaction, and what became of it."""

    work: Callable[[Connection], Any]
    value: Any = None
    problem: BaseException | None = None
    is_over: bool = False


class GroupCommit:
    """Small writes of many threads, several in one transaction on SQLite: each returns after the commit that holds it.

    Whoever gets the turn takes everybody's waiting work along; PostgreSQL does the like by itself.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._turn = threading.Lock()
        self._waiting: deque[_Write] = deque()

    def run(self, work: Callable[[Connection], T]) -> T:
        """Do the work in a transaction and return its value after the commit; what it raises undoes it alone."""
        if self._engine.dialect.name != "sqlite":
            with self._engine.begin() as connection:
                return work(connection)
        write = _Write(work)
        self._waiting.append(write)
        with self._turn:
            if not write.is_over:
                self._commit([self._waiting.popleft() for _ in range(len(self._waiting))])
        if write.problem is not None:
            raise write.problem
        return cast(T, write.value)

    def _commit(self, batch: list[_Write]) -> None:
        try:
            with write_turn(self._engine), self._engine.connect() as plain:
                connection = plain.execution_options(writes=True)
                with connection.begin():
                    if len(batch) == 1:  # alone it needs no savepoint: what it raises ends the transaction
                        batch[0].value = batch[0].work(connection)
                    else:
                        for write in batch:
                            self._try(connection, write)
        except BaseException as problem:
            for write in batch:
                write.problem = write.problem or problem
            if not isinstance(problem, Exception):
                raise
        finally:
            for write in batch:
                write.is_over = True

    @staticmethod
    def _try(connection: Connection, write: _Write) -> None:
        try:
            with connection.begin_nested():
                write.value = write.work(connection)
        except Exception as problem:
            write.problem = problem
