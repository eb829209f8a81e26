"""The statements of the hot path, one beat: lock the candidate's budget, read what the lease is about, write it back.

Written with SQLAlchemy, compiled once, and handed to the driver: executing them through SQLAlchemy took longer than all
the rest of a beat (docs/decisions/0041). Knows columns; decides nothing.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Dialect, Select, Update, bindparam, func, select, text, update
from sqlalchemy.exc import OperationalError

from interview.hiring.models import Application
from interview.watch.models import Lease, Material, MaterialVersion, Watch, WatchBudget, Withdrawal

_SQLITE_INSTANT = "%Y-%m-%d %H:%M:%S.%f"  # how interview.db.UtcDateTime looks in SQLite


class _Prepared:
    """A statement that was compiled for a database once; its values go to the driver as they are."""

    def __init__(self, statement: Select[*tuple[Any, ...]] | Update) -> None:
        self._statement = statement
        self._compiled: dict[str, tuple[str, dict[str, Any]]] = {}
        if isinstance(statement, Select):
            row: Any = namedtuple("Row", statement.selected_columns.keys(), rename=True)  # type: ignore[misc]
            self._row: Callable[[Any], Any] = row._make

    def _execute(self, connection: Connection, values: dict[str, Any]) -> Any:
        sql, constants = self._compiled.get(connection.dialect.name) or self._compile(connection.dialect)
        cursor = connection.connection.cursor()
        driver: Any = connection.dialect.dbapi
        try:
            cursor.execute(sql, {**constants, **values})
        except driver.OperationalError as problem:  # named as SQLAlchemy would, so that callers know it
            raise OperationalError(sql, None, problem) from problem
        return cursor

    def _compile(self, dialect: Dialect) -> tuple[str, dict[str, Any]]:
        kind: Any = type(dialect)
        named = kind(paramstyle="named" if dialect.name == "sqlite" else "pyformat")
        compiled = self._statement.compile(dialect=named)
        constants = {name: value for name, value in compiled.params.items() if value is not None}
        self._compiled[dialect.name] = str(compiled), constants
        return self._compiled[dialect.name]

    def one(self, connection: Connection, **values: Any) -> Any:
        """Return the one row there is, or None."""
        row = self._execute(connection, values).fetchone()
        return None if row is None else self._row(row)

    def write(self, connection: Connection, **values: Any) -> None:
        """Change rows."""
        self._execute(connection, values)


_BUDGET = select(
    WatchBudget.clock_epoch,
    WatchBudget.clock_ms,
    WatchBudget.clock_wall_ms,
    WatchBudget.age_ms,
    WatchBudget.budget_ms,
    WatchBudget.beats_due_ms,
).where(WatchBudget.candidate_id == bindparam("candidate_id"))
_LOCK = _Prepared(_BUDGET.with_for_update())
# A lost beat is sent again by the player, so its commit need not wait for PostgreSQL's disk; a completion's must.
_LOCK_RELAXED = _Prepared(_BUDGET.add_columns(func.set_config("synchronous_commit", "off", True)).with_for_update())
_SESSION = _Prepared(
    select(
        Lease.opened_ms,
        Lease.last_ms,
        Lease.superseded_ms,
        Lease.late_ms,
        Lease.gap_ms,
        Lease.max_seq,
        Lease.seen,
        Lease.application_id,
        Lease.material_id,
        Lease.material_version,
        Watch.covered,
        Watch.resume_ms,
        Watch.done_at,
        Watch.waiting,
        Watch.check_count,
        Watch.again,
        MaterialVersion.duration_ms,
        MaterialVersion.excluded,
        Material.need_permille,
        Material.ready_number,
        Withdrawal.withdrawn_at,
        Application.stage,
    )
    .join(
        Watch,
        (Watch.candidate_id == Lease.candidate_id)
        & (Watch.material_id == Lease.material_id)
        & (Watch.material_version == Lease.material_version),
    )
    .join(
        MaterialVersion,
        (MaterialVersion.material_id == Lease.material_id) & (MaterialVersion.number == Lease.material_version),
    )
    .join(Material, Material.id == Lease.material_id)
    .join(Application, Application.id == Lease.application_id)
    .outerjoin(Withdrawal, Withdrawal.material_id == Lease.material_id)
    .where(Lease.id == bindparam("lease_id"), Lease.candidate_id == bindparam("candidate_id"))
)
_WRITE_BUDGET = _Prepared(
    update(WatchBudget)
    .where(WatchBudget.candidate_id == bindparam("of_candidate"))
    .values(
        {
            name: bindparam(name)
            for name in ("clock_epoch", "clock_ms", "clock_wall_ms", "age_ms", "budget_ms", "beats_due_ms")
        }
    )
)
_WRITE_LEASE = _Prepared(
    update(Lease)
    .where(Lease.id == bindparam("of_lease"))
    .values(
        last_at=bindparam("at"),
        last_ms=bindparam("last_ms"),
        late_ms=bindparam("late_ms"),
        max_seq=bindparam("max_seq"),
        seen=bindparam("seen"),
        beat_count=Lease.beat_count + 1,
        credited_ms=Lease.credited_ms + bindparam("credited"),
        short_count=Lease.short_count + bindparam("short"),
        hidden_count=Lease.hidden_count + bindparam("hidden"),
        muted_count=Lease.muted_count + bindparam("muted"),
        paused_count=Lease.paused_count + bindparam("paused"),
        gap_ms=bindparam("gap_ms"),
        even_count=Lease.even_count + bindparam("even"),
    )
)
_OF_WATCH = (
    (Watch.candidate_id == bindparam("of_candidate"))
    & (Watch.material_id == bindparam("of_material"))
    & (Watch.material_version == bindparam("of_version"))
)
_WRITE_WATCH = _Prepared(
    update(Watch)
    .where(_OF_WATCH)
    .values(
        covered=bindparam("covered"),
        covered_ms=bindparam("covered_ms"),
        resume_ms=bindparam("resume_ms"),
        again=bindparam("again"),
        last_at=bindparam("at"),
    )
)
_FLAG_WATCH = _Prepared(update(Watch).where(_OF_WATCH).values(flags=Watch.flags + 1))


def lock_budget(connection: Connection, candidate_id: int) -> Any:
    """Lock and return a candidate's budget; on PostgreSQL this transaction's commit stops waiting for the disk."""
    statement = _LOCK_RELAXED if connection.dialect.name == "postgresql" else _LOCK
    return statement.one(connection, candidate_id=candidate_id)


def play_session(connection: Connection, lease_id: str, candidate_id: int) -> Any:
    """Return a candidate's own lease with what it plays and what is covered of that."""
    return _SESSION.one(connection, lease_id=lease_id, candidate_id=candidate_id)


def write_budget(connection: Connection, candidate_id: int, **values: Any) -> None:
    """Store a candidate's clock, budget and pace."""
    _WRITE_BUDGET.write(connection, of_candidate=candidate_id, **values)


def write_lease(connection: Connection, lease_id: str, *, at: datetime, **values: Any) -> None:
    """Store what a beat changed on its lease, counting it."""
    _WRITE_LEASE.write(connection, of_lease=lease_id, at=_stored(connection, at), **values)


def write_watch(connection: Connection, key: tuple[int, int, int], *, at: datetime, **values: Any) -> None:
    """Store the coverage of (candidate, material, version)."""
    _WRITE_WATCH.write(connection, **_named(key), at=_stored(connection, at), **values)


def wait_for_disk(connection: Connection) -> None:
    """Let this commit wait for the disk after all: a completion is acknowledged once it cannot be lost."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL synchronous_commit TO on"))


def flag_watch(connection: Connection, key: tuple[int, int, int]) -> None:
    """Count one beat whose clock ran ahead."""
    _FLAG_WATCH.write(connection, **_named(key))


def _stored(connection: Connection, at: datetime) -> datetime | str:
    return at.astimezone(UTC).strftime(_SQLITE_INSTANT) if connection.dialect.name == "sqlite" else at


def _named(key: tuple[int, int, int]) -> dict[str, int]:
    return dict(zip(("of_candidate", "of_material", "of_version"), key, strict=True))
