"""The statements of the hot path, one beat: lock the candidate's budget, read what the lease is about, write it back.

Core, not the ORM, which was twice as slow here (STACK). Knows columns; decides nothing.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, text, update

from interview.hiring.models import Application
from interview.watch.models import Lease, Material, MaterialVersion, Watch, WatchBudget, Withdrawal

_BUDGET = select(
    WatchBudget.clock_epoch,
    WatchBudget.clock_ms,
    WatchBudget.clock_wall_ms,
    WatchBudget.age_ms,
    WatchBudget.budget_ms,
    WatchBudget.beats_due_ms,
).where(WatchBudget.candidate_id == bindparam("candidate_id"))
_LOCK = _BUDGET.with_for_update()
# A lost beat is sent again by the player, so its commit need not wait for PostgreSQL's disk; a completion's must.
_LOCK_RELAXED = _BUDGET.add_columns(func.set_config("synchronous_commit", "off", True)).with_for_update()
_SESSION = (
    select(
        Lease.opened_ms,
        Lease.last_ms,
        Lease.superseded_ms,
        Lease.late_ms,
        Lease.max_seq,
        Lease.seen,
        Lease.application_id,
        Lease.material_id,
        Lease.material_version,
        Watch.covered,
        Watch.resume_ms,
        Watch.done_at,
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
_WRITE_BUDGET = (
    update(WatchBudget)
    .where(WatchBudget.candidate_id == bindparam("of_candidate"))
    .values(
        {
            name: bindparam(name)
            for name in ("clock_epoch", "clock_ms", "clock_wall_ms", "age_ms", "budget_ms", "beats_due_ms")
        }
    )
)
_WRITE_LEASE = (
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
    )
)
_OF_WATCH = (
    (Watch.candidate_id == bindparam("of_candidate"))
    & (Watch.material_id == bindparam("of_material"))
    & (Watch.material_version == bindparam("of_version"))
)
_WRITE_WATCH = (
    update(Watch)
    .where(_OF_WATCH)
    .values(
        covered=bindparam("covered"),
        covered_ms=bindparam("covered_ms"),
        resume_ms=bindparam("resume_ms"),
        last_at=bindparam("at"),
        done_at=bindparam("done_at"),
    )
)
_FLAG_WATCH = update(Watch).where(_OF_WATCH).values(flags=Watch.flags + 1)


def lock_budget(connection: Connection, candidate_id: int) -> Any:
    """Lock and return a candidate's budget; on PostgreSQL this transaction's commit stops waiting for the disk."""
    relaxed = connection.dialect.name == "postgresql"
    return connection.execute(_LOCK_RELAXED if relaxed else _LOCK, {"candidate_id": candidate_id}).one_or_none()


def insist_on_disk(connection: Connection) -> None:
    """Make this transaction's commit wait for the disk after all."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL synchronous_commit TO on"))


def play_session(connection: Connection, lease_id: str, candidate_id: int) -> Any:
    """Return a candidate's own lease with what it plays and what is covered of that."""
    return connection.execute(_SESSION, {"lease_id": lease_id, "candidate_id": candidate_id}).one_or_none()


def write_budget(connection: Connection, candidate_id: int, **values: Any) -> None:
    """Store a candidate's clock, budget and pace."""
    connection.execute(_WRITE_BUDGET, {"of_candidate": candidate_id, **values})


def write_lease(connection: Connection, lease_id: str, *, at: datetime, **values: Any) -> None:
    """Store what a beat changed on its lease, counting it."""
    connection.execute(_WRITE_LEASE, {"of_lease": lease_id, "at": at, **values})


def write_watch(connection: Connection, key: tuple[int, int, int], *, at: datetime, **values: Any) -> None:
    """Store the coverage of (candidate, material, version)."""
    connection.execute(_WRITE_WATCH, {**_named(key), "at": at, **values})


def flag_watch(connection: Connection, key: tuple[int, int, int]) -> None:
    """Count one beat whose clock ran ahead."""
    connection.execute(_FLAG_WATCH, _named(key))


def _named(key: tuple[int, int, int]) -> dict[str, int]:
    return dict(zip(("of_candidate", "of_material", "of_version"), key, strict=True))
