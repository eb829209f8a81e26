"""What was found about candidates' watching, for checklists, boards and the team: always in constant queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from interview import audit
from interview.access import Actor
from interview.errors import Conflict, Invalid, NotFound
from interview.hiring import service as hiring
from interview.hiring.models import Application
from interview.people.models import Person
from interview.watch.models import CheckpointIssue, HandCredit, Lease, LinkVisit, Material, MaterialVersion, Watch
from interview.watch.rules.checkpoints import QUICK_MS, passed, settled_count
from interview.watch.rules.completion import Film, Progress
from interview.watch.rules.findings import Reports, Signal, finding, signals
from interview.watch.rules.material import ItemState, Kind, Tier, Way
from interview.watch.rules.ranges import Ranges, decode
from interview.watch.service.streams import undelivered_ms

RESUME_MARGIN_MS = 1000
REASON_MAX = 500
_COUNTS = ("beat_count", "hidden_count", "paused_count", "even_count")


@dataclass(frozen=True)
class ByHand:
    """Who counted a piece of material as done, when and why."""

    name: str
    at: datetime
    reason: str


@dataclass(frozen=True)
class MaterialProgress:
    """Where one application stands with one piece of material (the fields of prep.json, and what pages show)."""

    material_id: int
    title: str
    kind: Kind
    required: bool
    state: ItemState
    tier: Tier  # the candidate's own: reading is T
    shown_tier: Tier  # what the team is told
    pct: int
    need_ms: int
    covered_ms: int
    duration_ms: int  # what counts of the film
    film_ms: int
    covered: Ranges
    again: Ranges  # what was played more than once
    resume_ms: int
    check_count: int  # of the film: the same for everybody, whatever accommodation they have
    confirmed_count: int
    done_at: datetime | None
    last_at: datetime | None
    session_count: int
    by_hand: ByHand | None
    is_attested: bool  # of a link: by the candidate's own word

    @property
    def sentence(self) -> str:
        """Return what was found, in one sentence for the team."""
        return finding(
            self.shown_tier,
            covered_ms=self.covered_ms,
            duration_ms=self.duration_ms,
            session_count=self.session_count,
            confirmed_count=self.confirmed_count,
            check_count=self.check_count,
            is_attested=self.is_attested,
        )


@dataclass(frozen=True)
class Summary:
    """What the team may rely on: never more than what was observed."""

    coverage_pct: int
    covered_ms: int
    duration_ms: int
    session_count: int
    confirmed_count: int
    check_count: int
    last_at: datetime | None

    @property
    def sentence(self) -> str:
        """Return the finding over all material in one sentence."""
        return finding(
            Tier.OBSERVED,
            covered_ms=self.covered_ms,
            duration_ms=self.duration_ms,
            session_count=self.session_count,
            confirmed_count=self.confirmed_count,
            check_count=self.check_count,
            is_attested=False,
        )


@dataclass(frozen=True)
class Standing:
    """Where a candidate stands with one version: what is covered, and where to go on."""

    progress: Progress
    covered: Ranges
    resume_ms: int
    check_count: int
    confirmed_count: int
    tells_reading: bool
    unconfirmed: Ranges  # stretches to play again, for checkpoints that were passed without an answer


def standing(session: Session, actor: Actor, version: MaterialVersion) -> Standing:
    """Return where this candidate stands with a version."""
    rows = session.scalars(
        select(Watch).where(Watch.candidate_id == actor.candidate_id, Watch.material_id == version.material_id)
    ).all()
    current = next((row for row in rows if row.material_version == version.number), None)
    covered = decode(current.covered) if current else ()
    waiting = decode(current.waiting) if current else ()
    check_count = current.check_count if current else 0
    film = version.film
    was_done = any(row.done_at and row.material_version >= version.material.counts_from for row in rows)
    by_hand = session.get(HandCredit, (actor.application_id, version.material_id))
    return Standing(
        Progress.of(film, covered, was_done=was_done or by_hand is not None, waiting=bool(waiting)),
        covered,
        resume_point(current.resume_ms if current else 0, film),
        check_count,
        check_count - len(waiting),
        bool(current and current.tells_reading),
        passed(waiting, film.seen(covered), -1, film.duration_ms),
    )


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
    by_hand = _by_hand(session, application_ids)
    attested = _attested(session, {candidate_id for *_, candidate_id in people})
    for application_id, job_id, candidate_id in people:
        found[application_id] = [
            _item(
                material,
                version,
                watches[candidate_id, material.id],
                sessions.get((application_id, material.id), 0),
                by_hand.get((application_id, material.id)),
                is_attested=(candidate_id, material.id, version.number) in attested,
            )
            for material, version in shown
            if material.job_id == job_id
        ]
    return found


def summary_for_team(session: Session, application_ids: Sequence[int]) -> dict[int, Summary]:
    """Return what was observed of each application's watching, over all its visible material."""
    found = progress_of(session, application_ids)
    return {one: _summary(items) for one, items in found.items()}


def _summary(items: Sequence[MaterialProgress]) -> Summary:
    observed = [one for one in items if one.shown_tier is not Tier.ATTESTED]
    total_ms = sum(one.duration_ms for one in observed)
    covered_ms = sum(one.covered_ms for one in observed)
    return Summary(
        coverage_pct=100 * covered_ms // total_ms if total_ms else 0,
        covered_ms=covered_ms,
        duration_ms=total_ms,
        session_count=sum(one.session_count for one in observed),
        confirmed_count=sum(one.confirmed_count for one in observed),
        check_count=sum(one.check_count for one in observed),
        last_at=max((one.last_at for one in items if one.last_at), default=None),
    )


def signals_of(session: Session, application: Application) -> dict[int, tuple[Signal, ...]]:
    """Return, by material, what a reviewer may want to ask about; advisory, and nothing was taken away for it."""
    return {material_id: signals(one) for material_id, one in _reports(session, application).items()}


def _reports(session: Session, application: Application) -> dict[int, Reports]:
    rows = session.execute(
        select(
            Lease.material_id,
            *(func.sum(getattr(Lease, name)).label(name) for name in _COUNTS),
        )
        .where(Lease.application_id == application.id, Lease.way == Way.PLAY)
        .group_by(Lease.material_id)
    ).all()
    answers: defaultdict[int, list[tuple[int, bool]]] = defaultdict(list)
    for material_id, issued_ms, answered_ms, is_right in session.execute(
        select(
            CheckpointIssue.material_id,
            CheckpointIssue.issued_ms,
            CheckpointIssue.answered_ms,
            CheckpointIssue.is_right,
        )
        .join(Lease, Lease.id == CheckpointIssue.lease_id)
        .where(Lease.application_id == application.id, CheckpointIssue.is_right.is_not(None))
    ):
        answers[material_id].append(((answered_ms or 0) - issued_ms, bool(is_right)))
    clocks: dict[int, int] = dict(
        session.execute(
            select(Watch.material_id, func.sum(Watch.flags))
            .where(Watch.candidate_id == application.candidate_id)
            .group_by(Watch.material_id)
        ).all()
    )
    counts = {row.material_id: row for row in rows}
    undelivered = {material_id: ms for (_, material_id), ms in undelivered_ms(session, [application.id]).items()}
    return {
        material_id: Reports(
            **({name: int(counts[material_id]._mapping[name]) for name in _COUNTS} if material_id in counts else {}),
            clock_count=int(clocks.get(material_id, 0)),
            answer_count=len(answers[material_id]),
            quick_count=sum(took_ms < QUICK_MS for took_ms, _ in answers[material_id]),
            wrong_count=sum(not is_right for _, is_right in answers[material_id]),
            undelivered_ms=undelivered.get(material_id, 0),
        )
        for material_id in {*counts, *answers, *clocks, *undelivered}
    }


# -- by hand -------------------------------------------------------------------------------------------------------


def count_by_hand(
    session: Session, actor: Actor, application: Application, material_id: int, reason: str, *, now: datetime
) -> None:
    """Count material as done for one application, with a reason; what was observed stays as it is.

    Raises Invalid without a reason, NotFound for material of another job, Conflict where it is counted already.
    """
    if not 1 <= len(reason) <= REASON_MAX:
        sentence = f"Write why it counts, in 1 to {REASON_MAX} characters: the reason stays on the record."
        raise Invalid(sentence, fields={"reason": sentence})
    found = session.get(Material, material_id)
    if found is None or found.job_id != application.job_id:
        raise NotFound("There is no such material.")
    if session.get(HandCredit, (application.id, material_id)) is not None:
        raise Conflict("This material is counted by hand already.")
    assert actor.person_id is not None
    session.add(
        HandCredit(
            application_id=application.id,
            material_id=material_id,
            reason=reason,
            credited_by_id=actor.person_id,
            credited_at=now,
        )
    )
    session.flush()
    hiring.preparation_moved(session, application.id, now=now)
    _record(session, actor, "watch:counted-by-hand", application, material_id, now, reason=reason)


def uncount(session: Session, actor: Actor, application: Application, material_id: int, *, now: datetime) -> None:
    """Take a credit by hand back: what was observed decides again. Raises NotFound where there is none."""
    found = session.get(HandCredit, (application.id, material_id))
    if found is None:
        raise NotFound("This material is not counted by hand.")
    session.delete(found)
    _record(session, actor, "watch:hand-credit-removed", application, material_id, now)


def _record(
    session: Session,
    actor: Actor,
    action: str,
    application: Application,
    material_id: int,
    now: datetime,
    /,
    **more: str,
) -> None:
    session.flush()
    audit.record(session, actor, action, "application", application.id, {"material": material_id, **more}, now=now)


# -- inside --------------------------------------------------------------------------------------------------------


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


def _by_hand(session: Session, application_ids: Sequence[int]) -> dict[tuple[int, int], ByHand]:
    rows = session.execute(
        select(HandCredit, Person.name)
        .join(Person, Person.id == HandCredit.credited_by_id)
        .where(HandCredit.application_id.in_(application_ids))
    )
    return {(row.application_id, row.material_id): ByHand(name, row.credited_at, row.reason) for row, name in rows}


def _tier(of_version: Tier, current: Watch | None, *, is_enough: bool) -> Tier:
    """Return how strong the evidence is: reading counts as such, and of a link only where it is enough by itself."""
    was_read = current is not None and current.tier == Tier.READ
    return Tier.READ if was_read and (of_version is not Tier.ATTESTED or is_enough) else of_version


def _shown_tier(of_version: Tier, own: Tier, *, tells: bool) -> Tier:
    """Return what the team is told: reading is as good as observed, and named only where the candidate agrees."""
    if own is not Tier.READ or tells:
        return own
    return Tier.OBSERVED if of_version is Tier.ATTESTED else of_version


def _attested(session: Session, candidate_ids: set[int]) -> set[tuple[int, int, int]]:
    """Return what candidates attested, as (candidate, material, version)."""
    rows = select(LinkVisit.candidate_id, LinkVisit.material_id, LinkVisit.material_version).where(
        LinkVisit.candidate_id.in_(candidate_ids), LinkVisit.attested_at.is_not(None)
    )
    return {(candidate_id, material_id, number) for candidate_id, material_id, number in session.execute(rows)}


def _item(
    material: Material,
    version: MaterialVersion,
    watches: list[Watch],
    session_count: int,
    by_hand: ByHand | None,
    *,
    is_attested: bool,
) -> MaterialProgress:
    counted = (row.done_at for row in watches if row.material_version >= material.counts_from)
    done_at = min((at for at in counted if at), default=None)
    current = next((row for row in watches if row.material_version == version.number), None)
    film = version.film
    covered, waiting = (decode(current.covered), decode(current.waiting)) if current else ((), ())
    progress = Progress.of(film, covered, was_done=done_at is not None or by_hand is not None, waiting=bool(waiting))
    begun = any(row.covered_ms or row.tier == Tier.ATTESTED for row in watches)  # a link has a row once it was opened
    waived = decode(current.waived) if current else ()
    tier = _tier(version.tier, current, is_enough=Progress.of(film, covered, waiting=bool(waiting)).done)
    check_count = (current.check_count if current else 0) + len(waived)
    return MaterialProgress(
        material_id=material.id,
        title=material.title,
        kind=Kind(material.kind),
        required=material.required,
        state=ItemState.DONE if progress.done else ItemState.DOING if begun else ItemState.TODO,
        tier=tier,
        shown_tier=_shown_tier(version.tier, tier, tells=bool(current and current.tells_reading)),
        pct=progress.pct,
        need_ms=progress.need_ms,
        covered_ms=progress.covered_ms,
        duration_ms=film.counted_ms,
        film_ms=film.duration_ms,
        covered=covered,
        again=decode(current.again) if current else (),
        resume_ms=resume_point(current.resume_ms if current else 0, film),
        check_count=check_count,
        confirmed_count=settled_count(check_count, waiting, waived, covered),
        done_at=done_at or (by_hand.at if by_hand else None),
        last_at=max((row.last_at for row in watches), default=None),
        session_count=session_count,
        by_hand=by_hand,
        is_attested=is_attested,
    )
