"""Reading the transcript instead of watching: sections opened one by one, paid from the same budget as beats.

Equal in the gate (WATCH 3.9): same coverage, same checkpoints. Knows no web and no clock; never commits.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from interview.access import Actor
from interview.errors import Conflict, Gone, NotFound
from interview.watch.models import Lease, MaterialVersion, Watch, WatchBudget
from interview.watch.rules import checkpoints as rules
from interview.watch.rules.captions import read_captions
from interview.watch.rules.completion import Film, Progress
from interview.watch.rules.credit import Credited, credit
from interview.watch.rules.material import Tier, Way
from interview.watch.rules.ranges import Ranges, decode, encode, total_ms, union
from interview.watch.rules.sections import Section, due_in, sections
from interview.watch.service import checkpoints

UNKNOWN = "There is no such section. Open the transcript again."


class StillReading(Conflict):
    """The section was open for less time than anybody needs to read it; `remaining_ms` says how much is missing."""

    def __init__(self, remaining_ms: int) -> None:
        super().__init__("A moment more: this section was only just opened.", reason="too_early")
        self.remaining_ms = remaining_ms


@dataclass(frozen=True)
class ReadAnswer:
    """What the server made of a section."""

    section: int
    credited: Credited
    progress: Progress
    check_count: int
    waiting: Ranges
    checkpoint: dict[str, Any] | None
    film: Film

    def as_json(self) -> dict[str, Any]:
        """Return the answer's fields, named as a beat's."""
        return {
            "section": self.section,
            "credited_ms": self.credited.credited_ms,
            "covered_ms": self.progress.covered_ms,
            "covered": self.credited.covered,
            "need_ms": self.progress.need_ms,
            "pct": self.progress.pct,
            "done": self.progress.done,
            "short": self.credited.short,
            "missing": self.progress.missing,
            "checkpoint": self.checkpoint,
            "checks": self.check_count,
            "confirmed": self.check_count - len(self.waiting),
            "unconfirmed": rules.passed(self.waiting, self.film.seen(self.credited.covered), -1, self.film.duration_ms),
        }


def sections_of(version: MaterialVersion) -> tuple[Section, ...]:
    """Return what there is to read of a version; nothing without captions."""
    if version.captions is None or version.duration_ms is None:
        return ()
    return sections(read_captions(version.captions.content.encode()), version.duration_ms)


def read_section(
    session: Session, actor: Actor, budget: WatchBudget, lease_id: str, number: int, *, asks: bool, now: datetime
) -> ReadAnswer:
    """Open a section, crediting the one that was read before it; or credit the open one now, where `asks` says so.

    The caller locked the budget and brought it to now. Raises NotFound, Gone, Conflict (superseded) or StillReading.
    """
    lease = session.get(Lease, lease_id, populate_existing=True)
    if lease is None or lease.candidate_id != actor.candidate_id or lease.way != Way.READ:
        raise NotFound(UNKNOWN, reason="not_found")
    version = checkpoints.version_of(session, lease)
    checkpoints.check_open(session, lease, version)
    if budget.lease_id != lease.id:
        raise Conflict("You went on elsewhere. What you read here is counted.", reason="superseded")
    here = sections_of(version)
    if number >= len(here):
        raise NotFound(UNKNOWN, reason="not_found")
    before = here[lease.section].part if lease.section is not None and lease.section < len(here) else None
    if asks and lease.section == number and (left_ms := _left_ms(here[number], lease, budget)) > 0:
        raise StillReading(left_ms)
    credited = settle(session, budget, lease, version)
    if lease.section != number:
        lease.section, lease.section_ms = number, budget.age_ms
    lease.last_at, lease.last_ms = now, budget.age_ms
    row = session.get_one(Watch, (lease.candidate_id, lease.material_id, lease.material_version))
    row.last_at, row.resume_ms = now, here[number].start_ms
    waiting = decode(row.waiting)
    progress = Progress.of(version.film, credited.covered, was_done=row.done_at is not None, waiting=bool(waiting))
    if progress.done:
        checkpoints.complete(session, actor, row, lease.application_id, progress, now=now)
    shown = None
    for part in (before, here[number].part):
        at_ms = (
            due_in(part, waiting, version.film.seen(credited.covered), rules.BEFORE_MS)
            if part and shown is None
            else None
        )
        if at_ms is not None:
            session.flush()
            shown = checkpoints.issue(session, lease.id, at_ms, version.film.duration_ms, age_ms=budget.age_ms, now=now)
    return ReadAnswer(number, credited, progress, row.check_count, waiting, shown, version.film)


def settle(session: Session, budget: WatchBudget, lease: Lease, version: MaterialVersion) -> Credited:
    """Credit what was read and what is still owed, as far as the budget goes; the rest stays owed."""
    row = session.get_one(
        Watch, (lease.candidate_id, lease.material_id, lease.material_version), populate_existing=True
    )
    here = sections_of(version)
    pieces = decode(lease.owed)
    if lease.section is not None and lease.section < len(here) and _left_ms(here[lease.section], lease, budget) <= 0:
        pieces = (*pieces, here[lease.section].part)
    credited = credit(decode(row.covered), pieces, budget.budget_ms)
    budget.budget_ms -= credited.credited_ms
    lease.credited_ms += credited.credited_ms
    lease.beat_count += 1
    lease.owed = encode(union(credited.short))
    if credited.credited_ms:
        row.covered, row.covered_ms, row.tier = encode(credited.covered), total_ms(credited.covered), Tier.READ
    return credited


def leave(session: Session, actor: Actor, budget: WatchBudget, lease: Lease, *, now: datetime) -> None:
    """Credit what was read when another session takes over, and complete what that completes."""
    version = checkpoints.version_of(session, lease)
    try:
        checkpoints.check_open(session, lease, version)
    except Gone:
        return
    credited = settle(session, budget, lease, version)
    row = session.get_one(Watch, (lease.candidate_id, lease.material_id, lease.material_version))
    progress = Progress.of(version.film, credited.covered, was_done=row.done_at is not None, waiting=bool(row.waiting))
    if progress.done:
        checkpoints.complete(session, actor, row, lease.application_id, progress, now=now)


def tell(session: Session, actor: Actor, material_id: int, *, tells: bool) -> None:
    """Keep whether the team may see that the transcript was read."""
    rows = select(Watch).where(Watch.candidate_id == actor.candidate_id, Watch.material_id == material_id)
    for row in session.scalars(rows):
        row.tells_reading = tells


def _left_ms(section: Section, lease: Lease, budget: WatchBudget) -> int:
    return section.least_ms - (budget.age_ms - (lease.section_ms or 0))
