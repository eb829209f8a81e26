"""What was observed of applications' watching, session by session, in constant queries; also of withdrawn material."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from interview.hiring.models import Application
from interview.hiring.rules import Stage
from interview.watch.models import Lease, Material, MaterialVersion, Watch, WatchBudget
from interview.watch.rules.completion import Film
from interview.watch.rules.credit import LATE_FOR_MS
from interview.watch.rules.material import Way
from interview.watch.rules.ranges import decode
from interview.watch.rules.viewing import PlaySession, Viewing

Key = tuple[int, int, int]  # application, material, version


def viewings_of(session: Session, application_ids: Sequence[int]) -> dict[int, list[Viewing]]:
    """Return, for each application, what was observed of every version of a film that it opened."""
    found: dict[int, list[Viewing]] = {one: [] for one in application_ids}
    sessions = _sessions(session, application_ids)
    completed: set[tuple[object, ...]] = set()
    query = (
        select(Application.id, Watch, Material.title, Material.need_permille, MaterialVersion)
        .join(Watch, Watch.candidate_id == Application.candidate_id)
        .join(Material, and_(Material.id == Watch.material_id, Material.job_id == Application.job_id))
        .join(
            MaterialVersion,
            and_(MaterialVersion.material_id == Material.id, MaterialVersion.number == Watch.material_version),
        )
        .where(Application.id.in_(application_ids))
        .order_by(Application.id, Material.ordinal, Material.id, MaterialVersion.number)
    )
    for application_id, watch, title, need_permille, version in session.execute(query):
        assert version.duration_ms is not None  # only a probed version is ever opened
        completion = (application_id, watch.material_id, watch.done_at)
        is_taken_over = completion in completed  # a new version begins with the completion of the one before
        completed.add(completion)
        found[application_id].append(
            Viewing(
                material_id=watch.material_id,
                number=version.number,
                title=title,
                film=Film(version.duration_ms, decode(version.excluded), need_permille),
                sessions=tuple(sessions[application_id, watch.material_id, version.number]),
                covered=decode(watch.covered),
                position_ms=watch.resume_ms,
                last_at=watch.last_at,
                done_at=None if is_taken_over else watch.done_at,
            )
        )
    return found


def _sessions(session: Session, application_ids: Sequence[int]) -> defaultdict[Key, list[PlaySession]]:
    """Return the play sessions in the order in which they were opened."""
    is_closed = (Application.stage == Stage.DECIDED) | (Material.ready_number != Lease.material_version)
    query = (
        select(
            Lease.application_id,
            Lease.material_id,
            Lease.material_version,
            Lease.id,
            Lease.opened_at,
            Lease.last_at,
            Lease.beat_count,
            is_closed,
            WatchBudget.age_ms - Lease.superseded_ms,
        )
        .select_from(Lease)
        .join(Application, Application.id == Lease.application_id)
        .join(Material, Material.id == Lease.material_id)
        .join(WatchBudget, WatchBudget.candidate_id == Lease.candidate_id)
        .where(Lease.application_id.in_(application_ids), Lease.way == Way.PLAY)  # readers are not singled out
        .order_by(Lease.opened_ms, Lease.opened_at, Lease.id)
    )
    found: defaultdict[Key, list[PlaySession]] = defaultdict(list)
    for *key, lease_id, opened_at, last_at, beat_count, closed, late_by_ms in session.execute(query):
        is_over = bool(closed) or (late_by_ms is not None and late_by_ms > LATE_FOR_MS)
        found[key[0], key[1], key[2]].append(PlaySession(lease_id, opened_at, last_at, beat_count, is_over))
    return found
