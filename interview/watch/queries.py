"""The statements of the hot path, one beat: lock the candidate's budget, read what the lease is about, write it back.

Written with SQLAlchemy, compiled once, and handed to the driver: executing them through SQLAlchemy took longer than all
the rest of a beat (docs/decisions/0041). Knows columns; decides nothing.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Dialect,
    Select,
    Update,
    bindparam,
    literal_column,
    select,
    update,
)
from sqlalchemy.exc import OperationalError

from interview.hiring import service as hiring
from interview.hiring.models import Application
from interview.watch.models import Lease, Material, MaterialVersion, Watch, WatchBudget, Withdrawal

_SQLITE_INSTANT = "%Y-%m-%d %H:%M:%S.%f"  # how interview.db.UtcDateTime looks in SQLite


class _Prepared:
    """A statement that was compiled for a database once; its values go to the driver as they are."""

    def __init__(self, statement: Select[*tuple[Any, ...]] | Update) -> None:
        self._statement = statement
        self._texts: dict[str, str] = {}
        if isinstance(statement, Select):
            row: Any = namedtuple("Row", statement.selected_columns.keys(), rename=True)  # type: ignore[misc]
            self._row: Callable[[Any], Any] = row._make

    def one_each(self, connection: Connection, many: Sequence[dict[str, Any]]) -> list[Any]:
        """Return for each set of values the one row there is, or None."""
        cursor: Any = connection.connection.cursor()
        with self._problems(connection):
            if len(many) > 1 and connection.dialect.name == "postgresql":
                cursor.executemany(self._sql(connection), many, returning=True)  # one way there and back for all
                found = [results.fetchone() for results in cursor.results()]
            else:
                found = [cursor.execute(self._sql(connection), values).fetchone() for values in many]
        return [None if row is None else self._row(row) for row in found]

    def write(self, connection: Connection, many: Sequence[dict[str, Any]]) -> None:
        """Change rows, once for each set of values."""
        cursor = connection.connection.cursor()
        with self._problems(connection):
            if len(many) == 1:
                cursor.execute(self._sql(connection), many[0])
            elif many:
                cursor.executemany(self._sql(connection), many)

    @contextmanager
    def _problems(self, connection: Connection) -> Iterator[None]:
        driver: Any = connection.dialect.dbapi
        try:
            yield
        except driver.OperationalError as problem:  # named as SQLAlchemy would, so that callers know it
            raise OperationalError(self._sql(connection), None, problem) from problem

    def _sql(self, connection: Connection) -> str:
        return self._texts.get(connection.dialect.name) or self._compile(connection.dialect)

    def _compile(self, dialect: Dialect) -> str:
        kind: Any = type(dialect)
        named = kind(paramstyle="named" if dialect.name == "sqlite" else "pyformat")
        compiled = self._statement.compile(dialect=named)
        assert all(value is None for value in compiled.params.values()), "a constant must be literal"
        return self._texts.setdefault(dialect.name, str(compiled))


_ONE: ColumnElement[int] = literal_column("1")
_PLAYED = (  # everything a beat is judged by
    select(
        WatchBudget.clock_epoch,
        WatchBudget.clock_ms,
        WatchBudget.clock_wall_ms,
        WatchBudget.age_ms,
        WatchBudget.budget_ms,
        WatchBudget.beats_due_ms,
        Lease.id.label("lease_id"),
        Lease.candidate_id,
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
    .select_from(Lease)
    .join(WatchBudget, WatchBudget.candidate_id == Lease.candidate_id)
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
)
# All three rows a beat changes are locked: PostgreSQL reads those it had to wait for anew, and only those. The budget's
# is locked first and by everybody, so a candidate's beats queue there.
_LOCKED = [WatchBudget, Lease, Watch]
_OF_CANDIDATE = _Prepared(
    _PLAYED.where(Lease.id == bindparam("lease_id"), Lease.candidate_id == bindparam("candidate_id")).with_for_update(
        of=_LOCKED
    )
)
_here = hiring.LIVING_CANDIDATES.subquery("here")
_OF_SESSION = (
    _PLAYED.join(_here, _here.c.candidate_id == Lease.candidate_id)
    .add_columns(*(column for column in _here.c if column.key not in ("candidate_id", "token_sha256")))
    .where(_here.c.token_sha256 == bindparam("session"), Lease.id == bindparam("lease_id"))
    .with_for_update(of=_LOCKED, skip_locked=True)  # no candidate waits for another's lock
)
_IN_SESSION = _Prepared(_OF_SESSION)
# A lost beat is sent again by the player, so its commit need not wait for PostgreSQL's disk.
_IN_SESSION_RELAXED = _Prepared(
    _OF_SESSION.add_columns(literal_column("set_config('synchronous_commit', 'off', true)").label("relaxed"))
)
_BUDGET_AFTER = (
    update(WatchBudget)
    .where(WatchBudget.candidate_id == bindparam("of_candidate"))
    .values(
        {
            name: bindparam(name)
            for name in ("clock_epoch", "clock_ms", "clock_wall_ms", "age_ms", "budget_ms", "beats_due_ms")
        }
    )
)
_LEASE_AFTER = (
    update(Lease)
    .where(Lease.id == bindparam("of_lease"))
    .values(
        last_at=bindparam("at"),
        last_ms=bindparam("last_ms"),
        late_ms=bindparam("late_ms"),
        max_seq=bindparam("max_seq"),
        seen=bindparam("seen"),
        beat_count=Lease.beat_count + _ONE,
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
_WATCH_AFTER = (
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
_WRITE_BUDGET, _WRITE_LEASE, _WRITE_WATCH = _Prepared(_BUDGET_AFTER), _Prepared(_LEASE_AFTER), _Prepared(_WATCH_AFTER)
_WRITE_ALL = _Prepared(  # the three as one statement, which SQLite does not know
    _WATCH_AFTER.add_cte(_BUDGET_AFTER.cte("budget_after"), _LEASE_AFTER.cte("lease_after"))
)
_FLAG_WATCH = _Prepared(update(Watch).where(_OF_WATCH).values(flags=Watch.flags + _ONE))


def play_session(connection: Connection, lease_id: str, candidate_id: int) -> Any:
    """Lock and return a candidate's own lease, what it plays, what is covered of that, and the budget; or None."""
    return _OF_CANDIDATE.one_each(connection, [{"lease_id": lease_id, "candidate_id": candidate_id}])[0]


def play_sessions(connection: Connection, many: Sequence[tuple[str, str]], *, now: datetime) -> list[Any]:
    """Lock and return the like of `play_session` for each (session, lease id), if the session lives now; else None.

    None also where somebody else holds the lock. On PostgreSQL this transaction's commit stops waiting for the disk:
    nothing may be completed in it.
    """
    life = {name: _stored(connection, at) for name, at in hiring.life_at(now).items()}
    asked = [{"session": session, "lease_id": lease_id, **life} for session, lease_id in many]
    statement = _IN_SESSION_RELAXED if connection.dialect.name == "postgresql" else _IN_SESSION
    return statement.one_each(connection, asked)


def write_budgets(connection: Connection, many: Sequence[dict[str, Any]]) -> None:
    """Store clock, budget and pace of each."""
    _WRITE_BUDGET.write(connection, many)


def write_beats(connection: Connection, many: Sequence[dict[str, Any]], *, at: datetime) -> None:
    """Store all that each beat changed: budget, lease (counting the beat) and coverage."""
    many = [{**values, "at": _stored(connection, at)} for values in many]
    if connection.dialect.name == "postgresql":
        _WRITE_ALL.write(connection, many)
    else:
        for statement in (_WRITE_BUDGET, _WRITE_LEASE, _WRITE_WATCH):
            statement.write(connection, many)


def flag_watches(connection: Connection, many: Sequence[dict[str, int]]) -> None:
    """Count, for each, one beat whose clock ran ahead."""
    _FLAG_WATCH.write(connection, many)


def _stored(connection: Connection, at: datetime) -> datetime | str:
    return at.astimezone(UTC).strftime(_SQLITE_INSTANT) if connection.dialect.name == "sqlite" else at
