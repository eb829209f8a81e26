"""What was found about candidates' watching, for checklists, boards and the team: always in constant queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from interview.access import Actor
from interview.hiring.models import Application
from interview.watch.models import Lease, Material, MaterialVersion, Watch
from interview.watch.rules.completion import Film, Progress
from interview.watch.rules.material import ItemState, Kind, Tier
from interview.watch.rules.ranges import Ranges, decode

RESUME_MARGIN_MS = 1000


@dataclass(frozen=True)
class MaterialProgress:
    """Where one application stands with one piece of material (the fields of prep.json, and what pages show)."""

    material_id: int
    title: str
    kind: Kind
    required: bool
    state: ItemState
    tier: str
    pct: int
    need_ms: int
    covered_ms: int
    duration_ms: int
    resume_ms: int
    done_at: datetime | None
    last_at: datetime | None
    session_count: int


@dataclass(frozen=True)
class Summary:
    """What the team may rely on: never more than what was observed."""

    coverage_pct: int
    covered_ms: int
    session_count: int
    last_at: datetime | None

    @property
    def sentence(self) -> str:
        """Return the finding in one sentence."""
        if not self.session_count:
            return "Nothing observed yet"
        sessions = "1 session" if self.session_count == 1 else f"{self.session_count} sessions"
        minutes = self.covered_ms // 60_000
        length = f"{minutes} min" if minutes else f"{self.covered_ms // 1000} s"
        return f"Coverage {self.coverage_pct} % observed, {length} over {sessions}"


@dataclass(frozen=True)
class Standing:
    """Where a candidate stands with one version: what is covered, and where to go on."""

    progress: Progress
    covered: Ranges
    resume_ms: int


def standing(session: Session, actor: Actor, version: MaterialVersion) -> Standing:
    """Return where this candidate stands with a version."""
    rows = session.scalars(
        select(Watch).where(Watch.candidate_id == actor.candidate_id, Watch.material_id == version.material_id)
    ).all()
    current = next((row for row in rows if row.material_version == version.number), None)
    covered = decode(current.covered) if current else ()
    progress = Progress.of(version.film, covered, was_done=any(row.done_at for row in rows))
    return Standing(progress, covered, resume_point(current.resume_ms if current else 0, version.film))


def resume_point(resume_ms: int, film: Film) -> int:
    """Return where to go on: the last position, or the beginning after the end was reached."""
    return resume_ms if resume_ms < film.duration_ms - RESUME_MARGIN_MS else 0


def watched_by(session: Session, material: Material) -> int:
    """Return how many candidates have begun to watch a piece of material."""
    begun = select(func.count(Watch.candidate_id.distinct())).where(
        Watch.material_id == material.id, Watch.covered_ms > 0
    )
    return session.scalar(begun) or 0


def progress_of(session: Session, application_ids: Sequence[int]) -> dict[int, list[MaterialProgress]]:
    """Return, for each application, its job's visible material in order and how far each is covered.

    A completion of an earlier version stays valid after the film was replaced.
    """
    found: dict[int, list[MaterialProgress]] = {one: [] for one in application_ids}
    people = session.execute(
        select(Application.id, Application.job_id, Application.candidate_id).where(Application.id.in_(application_ids))
    ).all()
    shown = _shown(session, {job_id for _, job_id, _ in people})
    watches = _watches(session, {candidate_id for *_, candidate_id in people}, [one.id for one, _ in shown])
    sessions = _sessions(session, application_ids)
    for application_id, job_id, candidate_id in people:
        found[application_id] = [
            _item(material, version, watches[candidate_id, material.id], sessions.get((application_id, material.id), 0))
            for material, version in shown
            if material.job_id == job_id
        ]
    return found


def summary_for_team(session: Session, application_ids: Sequence[int]) -> dict[int, Summary]:
    """Return what was observed of each application's watching, over all its visible material."""
    found = progress_of(session, application_ids)
    return {one: _summary(items) for one, items in found.items()}


def _summary(items: Sequence[MaterialProgress]) -> Summary:
    items = [one for one in items if one.tier != Tier.ATTESTED]  # of a link nothing can be observed
    total_ms = sum(one.duration_ms for one in items)
    covered_ms = sum(one.covered_ms for one in items)
    return Summary(
        coverage_pct=100 * covered_ms // total_ms if total_ms else 0,
        covered_ms=covered_ms,
        session_count=sum(one.session_count for one in items),
        last_at=max((one.last_at for one in items if one.last_at), default=None),
    )


def _shown(session: Session, job_ids: set[int]) -> list[tuple[Material, MaterialVersion]]:
    rows = session.scalars(
        select(Material)
        .where(Material.job_id.in_(job_ids), ~Material.withdrawal.has(), Material.ready_number.is_not(None))
        .options(selectinload(Material.versions))
        .order_by(Material.ordinal, Material.id)
    )
    return [(material, material.ready) for material in rows if material.ready is not None]


def _watches(
    session: Session, candidate_ids: set[int], material_ids: Sequence[int]
) -> defaultdict[tuple[int, int], list[Watch]]:
    found: defaultdict[tuple[int, int], list[Watch]] = defaultdict(list)
    for row in session.scalars(
        select(Watch).where(Watch.candidate_id.in_(candidate_ids), Watch.material_id.in_(material_ids))
    ):
        found[row.candidate_id, row.material_id].append(row)
    return found


def _sessions(session: Session, application_ids: Sequence[int]) -> dict[tuple[int, int], int]:
    """Return how many play sessions were credited anything, by application and material."""
    rows = session.execute(
        select(Lease.application_id, Lease.material_id, func.count())
        .where(Lease.application_id.in_(application_ids), Lease.credited_ms > 0)
        .group_by(Lease.application_id, Lease.material_id)
    )
    return {(application_id, material_id): count for application_id, material_id, count in rows}


def _item(material: Material, version: MaterialVersion, watches: list[Watch], session_count: int) -> MaterialProgress:
    done_at = min((row.done_at for row in watches if row.done_at), default=None)
    current = next((row for row in watches if row.material_version == version.number), None)
    film = version.film
    progress = Progress.of(film, decode(current.covered) if current else (), was_done=done_at is not None)
    begun = any(row.covered_ms or row.tier == Tier.ATTESTED for row in watches)  # a link has a row once it was opened
    return MaterialProgress(
        material_id=material.id,
        title=material.title,
        kind=Kind(material.kind),
        required=material.required,
        state=ItemState.DONE if progress.done else ItemState.DOING if begun else ItemState.TODO,
        tier=version.tier,
        pct=progress.pct,
        need_ms=progress.need_ms,
        covered_ms=progress.covered_ms,
        duration_ms=film.counted_ms,
        resume_ms=resume_point(current.resume_ms if current else 0, film),
        done_at=done_at,
        last_at=max((row.last_at for row in watches), default=None),
        session_count=session_count,
    )
