"""The database: the declarative base, the column types, the engine, and how a writing transaction begins.

Knows SQLAlchemy and the two engines we run on; knows no room and no web.
"""

from __future__ import annotations

import fcntl
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import DateTime, Engine, MetaData, TypeDecorator, create_engine, event
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.orm import DeclarativeBase, Session

from interview.errors import Refusal, Unavailable

Ask = TypeVar("Ask")
Answer = TypeVar("Answer")

_log = logging.getLogger(__name__)

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


def _held_lock() -> threading.Lock:
    lock = threading.Lock()
    lock.acquire()
    return lock


@dataclass(slots=True)
class _Write(Generic[Ask, Answer]):
    """What one caller asks, what became of it, and the lock it sleeps on until then."""

    ask: Ask
    answer: Answer | None = None
    problem: BaseException | None = None
    is_over: bool = False
    woken: threading.Lock = field(default_factory=_held_lock)


class GroupCommit(Generic[Ask, Answer]):
    """Small writes of many threads, several in one transaction: each returns after the commit that holds it.

    `work` gets everything that waits and returns the answers in the same order. It decides before it writes, so that
    nobody's refusal (an answer like others) touches what is written for the rest. Where it answers None nothing was
    written, and the caller goes the ordinary way, in a transaction of its own; so does everybody when the shared
    transaction fails, and each meets there what was its own fault. Work must therefore bear being done twice.
    """

    def __init__(self, engine: Engine, work: Callable[[Connection, Sequence[Ask]], Sequence[Answer | None]]) -> None:
        self._engine, self._work = engine, work
        self._mutex = threading.Lock()  # guards the two below
        self._waiting: list[_Write[Ask, Answer]] = []
        self._is_led = False
        self._connection: Connection | None = None  # the leader's: kept, as fetching it costs more than its work

    def run(self, ask: Ask) -> Answer | None:
        """Have this done together with what others ask, and return the answer once it is stored."""
        write: _Write[Ask, Answer] = _Write(ask)
        with self._mutex:
            self._waiting.append(write)
            leads, self._is_led = not self._is_led, True
        if not leads:
            write.woken.acquire()  # until it is over, or it is this caller's turn to lead
        if not write.is_over:
            self._lead()
        if write.problem is not None:
            raise write.problem
        return write.answer

    def _lead(self) -> None:
        with self._mutex:
            batch, self._waiting = self._waiting, []
        try:
            self._commit(batch)
        finally:
            with self._mutex:
                following = self._waiting[0] if self._waiting else None
                self._is_led = following is not None
            if following is not None:
                following.woken.release()
            for write in batch:
                write.is_over = True
                write.woken.release()

    def _commit(self, batch: list[_Write[Ask, Answer]]) -> None:
        problem: BaseException | None = None
        try:
            with write_turn(self._engine):
                for write, answer in zip(batch, self._transact([write.ask for write in batch]), strict=True):
                    write.answer = answer
        except Refusal as refusal:  # the turn did not come
            problem = refusal
        except Exception as failure:
            _log.warning("a shared transaction failed (%s): everybody in it goes alone", type(failure).__name__)
        except BaseException as stop:
            problem = stop
            raise
        finally:
            for write in batch:
                write.problem = problem

    def _transact(self, asks: list[Ask]) -> Sequence[Answer | None]:
        connection = self._connection or self._engine.connect().execution_options(writes=True)
        self._connection = None
        try:
            with connection.begin():
                answers = self._work(connection, asks)
        except BaseException:
            connection.invalidate()  # it may be lost; the next one is fetched from the pool, which looks
            connection.close()
            raise
        self._connection = connection
        return answers
