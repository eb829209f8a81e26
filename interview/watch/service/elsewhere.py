"""Material that lies elsewhere: embeds and plain links. Adding them, following a link, attesting, what players report.

Knows no web and no clock; never commits. Nothing here fetches an address.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from interview import audit
from interview.access import MAY, Actor, Place, Role
from interview.errors import Conflict, Gone, Invalid, NotFound
from interview.hiring import service as hiring
from interview.hiring.models import Application, Candidate, Job
from interview.hiring.rules import Stage
from interview.watch.models import LinkVisit, Material, MaterialVersion, PlayerTrouble, WatchBudget
from interview.watch.rules.addresses import Address
from interview.watch.rules.attesting import attestation, left_ms
from interview.watch.rules.captions import Cue
from interview.watch.rules.clocks import Reading
from interview.watch.rules.lengths import is_off
from interview.watch.rules.material import MaterialText, Source, VersionState
from interview.watch.rules.players import PLAYERS
from interview.watch.rules.troubles import LENGTH, TROUBLES
from interview.watch.service.checkpoints import CLOSED
from interview.watch.service.material import add_captions, copy_captions, visible_material
from interview.watch.service.requiring import Link, check_captions, check_link, check_required
from interview.watch.service.watching import come_of_age, locked_budget, watch_row

NO_PLAYER = "There is no player of this material that could report anything."
NO_LINK = "There is no such link. Open the material from your checklist."


class TooEarly(Conflict):
    """The recording cannot have been watched yet; `remaining_s` says how long it still takes at double speed."""

    def __init__(self, remaining_ms: int, *, was_opened: bool) -> None:
        minutes = -(-remaining_ms // 60_000)
        takes = "less than a minute" if minutes <= 1 else f"{minutes} minutes"
        opening = "" if was_opened else "Open the recording first. "
        super().__init__(
            f"{opening}Watched at double speed the recording takes {takes} more from now on. Come back then.",
            reason="too_early",
        )
        self.remaining_s = -(-remaining_ms // 1000)


@dataclass(frozen=True)
class Elsewhere:
    """An address with the length that a person read where it leads."""

    address: Address
    duration_ms: int


# -- adding and replacing ------------------------------------------------------------------------------------------


def add_address(
    session: Session,
    actor: Actor,
    job: Job,
    text: MaterialText,
    place: Elsewhere,
    cues: tuple[Cue, ...] = (),
    *,
    now: datetime,
) -> Material:
    """Add material that lies elsewhere to the end of a job's list; candidates see it at once.

    Raises Invalid for a required embed without captions, or a required link without the question bank for it.
    """
    if place.address.source is not Source.LINK:
        check_captions(required=text.required, has_captions=bool(cues))
    elif text.required:
        check_link(session, Link(job.id, None, text.title, place.duration_ms))
    last = session.scalar(select(func.max(Material.ordinal)).where(Material.job_id == job.id)) or 0
    added = Material(job_id=job.id, ordinal=last + 1, created_at=now, ready_number=1, **asdict(text))
    added.versions.append(_version(actor, place, 1, now))
    session.add(added)
    session.flush()
    if cues:
        add_captions(session, actor, added, cues, now=now)
    details = {"source": place.address.source.value, "duration_ms": place.duration_ms}
    _record(session, actor, "material:address-added", "material", added.id, now, **details)
    return added


def replace_with_address(
    session: Session,
    actor: Actor,
    changed: Material,
    place: Elsewhere,
    cues: tuple[Cue, ...] = (),
    *,
    asks_again: bool = False,
    now: datetime,
) -> None:
    """Put an address in the place of what there is, for candidates at once; captions stay.

    Completions stay valid, unless `asks_again` lets everybody watch the new version.

    Raises Conflict when nothing would change, Invalid when required material could not stay required.
    """
    before = changed.newest
    if before.address == place.address.url and before.duration_ms == place.duration_ms and changed.ready is before:
        raise Conflict("This is the same address with the same length as before: nothing was replaced.")
    version = _version(actor, place, before.number + 1, now)
    version.asks_again = asks_again
    changed.versions.append(version)
    copy_captions(before, version)
    changed.ready_number = version.number
    session.flush()
    if cues:
        add_captions(session, actor, changed, cues, now=now)
    check_required(session, changed, required=changed.required)
    details = {"number": version.number, "source": place.address.source.value, "duration_ms": place.duration_ms}
    _record(session, actor, "material:replaced", "material", changed.id, now, **details)


def _version(actor: Actor, place: Elsewhere, number: int, now: datetime) -> MaterialVersion:
    return MaterialVersion(
        number=number,
        source=place.address.source,
        address=place.address.url,
        uploaded_by_id=actor.person_id,
        uploaded_at=now,
        state=VersionState.READY,
        duration_ms=place.duration_ms,
        excluded=b"",
        captions=None,
    )


# -- a plain link --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LinkStanding:
    """Where a candidate stands with a plain link: opened or not, how much of the wait is left, the words attested."""

    first_at: datetime | None
    left_ms: int
    attested_at: datetime | None
    attestation: str


def link_standing(session: Session, actor: Actor, version: MaterialVersion, *, reading: Reading) -> LinkStanding:
    """Return where this candidate stands with a link at this moment."""
    assert version.duration_ms is not None
    visit = session.get(LinkVisit, (actor.candidate_id, version.material_id, version.number))
    if visit is None:
        return LinkStanding(None, left_ms(version.duration_ms, None), None, attestation(version.material.title))
    budget = session.get_one(WatchBudget, actor.candidate_id)
    age_ms = budget.age_ms + reading.since(Reading(budget.clock_epoch, budget.clock_ms, budget.clock_wall_ms))
    return LinkStanding(
        visit.first_at,
        left_ms(version.duration_ms, age_ms - visit.first_ms),
        visit.attested_at,
        visit.attestation or attestation(version.material.title),
    )


def follow_link(session: Session, actor: Actor, key: tuple[int, int, int], *, reading: Reading, now: datetime) -> str:
    """Return the stored address of a link to its own candidate, and count the opening; the first begins the wait.

    Raises NotFound for somebody else's or an unknown link, Gone when it was replaced, withdrawn or decided.
    """
    candidate_id, material_id, number = key
    if candidate_id != actor.candidate_id:
        raise NotFound(NO_LINK)
    application, version = _own_link(session, actor, material_id)
    if version.number != number:
        raise Gone("This recording was replaced. Open the material from your checklist.", reason="closed")
    assert actor.candidate_id is not None
    age_ms = come_of_age(session, actor, locked_budget(session, actor.candidate_id, reading), reading, now)
    visit = session.get(LinkVisit, key)
    if visit is None:
        session.add(
            LinkVisit(
                candidate_id=candidate_id,
                material_id=material_id,
                material_version=number,
                first_at=now,
                first_ms=age_ms,
            )
        )
        watch_row(session, candidate_id, application.id, version, now)
        hiring.advance(session, application, Stage.PREPARING, now=now)
        _record(session, actor, "watch:link-opened", "material", material_id, now, version=number)
    else:
        visit.open_count += 1
    return version.address


def attest(session: Session, actor: Actor, material_id: int, *, agrees: bool, reading: Reading, now: datetime) -> None:
    """Keep a candidate's word that a link was watched, verbatim; saying it twice is fine.

    Raises TooEarly, Invalid without agreement, NotFound or Gone.
    """
    application, version = _own_link(session, actor, material_id)
    assert actor.candidate_id is not None
    assert version.duration_ms is not None
    visit = session.get(LinkVisit, (actor.candidate_id, material_id, version.number))
    if visit is None:
        raise TooEarly(left_ms(version.duration_ms, None), was_opened=False)
    age_ms = come_of_age(session, actor, locked_budget(session, actor.candidate_id, reading), reading, now)
    if remaining_ms := left_ms(version.duration_ms, age_ms - visit.first_ms):
        raise TooEarly(remaining_ms, was_opened=True)
    if not agrees:
        sentence = "Tick the sentence to say that you watched the recording."
        raise Invalid(sentence, fields={"agree": sentence})
    session.refresh(visit)
    if visit.attested_at is not None:
        return
    visit.attested_at, visit.attestation = now, attestation(version.material.title)
    watch = watch_row(session, actor.candidate_id, application.id, version, now)
    watch.last_at, watch.done_at = now, watch.done_at or now
    session.flush()
    hiring.preparation_moved(session, application.id, now=now)
    details = {"version": version.number, "words": visit.attestation, "opened": visit.open_count}
    _record(session, actor, "watch:attested", "material", material_id, now, **details)


def _own_link(session: Session, actor: Actor, material_id: int) -> tuple[Application, MaterialVersion]:
    application, version = _own(session, actor, material_id)
    if version.source != Source.LINK:
        raise NotFound(NO_LINK)
    return application, version


def _own(session: Session, actor: Actor, material_id: int) -> tuple[Application, MaterialVersion]:
    """Return a candidate's application and what it sees of material. Raises NotFound or Gone."""
    application = hiring.application(session, actor.application_id or 0)
    material, version = visible_material(session, material_id)
    if material.job_id != application.job_id:
        raise NotFound("There is no such material.")
    if application.stage == Stage.DECIDED:
        raise Gone(CLOSED, reason="closed")
    return application, version


# -- what players report -------------------------------------------------------------------------------------------


def report_trouble(
    session: Session, actor: Actor, material_id: int, code: str, found_ms: int | None = None, *, now: datetime
) -> int:
    """Keep what a player refused to do, one row for each code, and return how often it happened.

    Nothing is completed by it and nothing is closed. A length that does not differ is not kept (0).
    Raises Invalid for an unknown code, NotFound for material without a third-party player, or Gone.
    """
    application, version = _own(session, actor, material_id)
    if Source(version.source) not in PLAYERS:
        raise NotFound(NO_PLAYER)
    if code not in TROUBLES:
        raise Invalid("This is no code of a player's trouble.", fields={"code": "Unknown."})
    if (code == LENGTH) is (found_ms is None):
        raise Invalid("A length comes with found_ms, and only a length.", fields={"found_ms": "Missing or too much."})
    if found_ms is not None and not is_off(found_ms, version.duration_ms or 0):
        return 0
    session.refresh(application, with_for_update=True)  # two reports at once are one row
    row = session.scalar(
        select(PlayerTrouble).where(
            PlayerTrouble.application_id == application.id,
            PlayerTrouble.material_id == material_id,
            PlayerTrouble.material_version == version.number,
            PlayerTrouble.code == code,
        )
    )
    is_news = row is None or row.settled_at is not None
    if row is None:
        row = PlayerTrouble(
            application_id=application.id,
            material_id=material_id,
            material_version=version.number,
            code=code,
            count=0,
            first_at=now,
        )
        session.add(row)
    row.count, row.last_at, row.found_ms = row.count + 1, now, found_ms
    row.settled_by_id = row.settled_at = None  # it happened again, so it is not settled
    session.flush()
    if is_news:
        _record(session, actor, "material:trouble-reported", "material", material_id, now, code=code)
    return row.count


@dataclass(frozen=True)
class TroubleLine:
    """One report for the team: who ran into what, how often, on which material of which job."""

    row: PlayerTrouble
    candidate: str
    material: str
    job: str


def troubles_of(session: Session, material: Material) -> list[TroubleLine]:
    """Return what players reported about material, unsettled first, then the newest."""
    found = _troubles(session, PlayerTrouble.material_id == material.id)
    return sorted(found, key=lambda line: (line.row.settled_at is not None, -line.row.last_at.timestamp()))


def open_troubles(session: Session, actor: Actor) -> list[TroubleLine]:
    """Return what waits for somebody on the jobs where this person may settle it, oldest first, in one query."""
    condition: ColumnElement[bool] = PlayerTrouble.settled_at.is_(None)
    if actor.role is not Role.RECRUITER:
        jobs = {job_id for job_id, role in actor.memberships if role in MAY["prep.settle"]}
        condition &= Material.job_id.in_(jobs)
    return _troubles(session, condition)


def _troubles(session: Session, condition: ColumnElement[bool]) -> list[TroubleLine]:
    rows = session.execute(
        select(PlayerTrouble, Candidate.name, Material.title, Job.title)
        .join(Application, Application.id == PlayerTrouble.application_id)
        .join(Candidate, Candidate.id == Application.candidate_id)
        .join(Material, Material.id == PlayerTrouble.material_id)
        .join(Job, Job.id == Material.job_id)
        .where(condition)
        .order_by(PlayerTrouble.first_at, PlayerTrouble.id)
    )
    return [TroubleLine(*row) for row in rows]


def own_troubles(session: Session, actor: Actor, version: MaterialVersion) -> Sequence[PlayerTrouble]:
    """Return what this candidate ran into with a version and nobody has settled, the newest first."""
    return session.scalars(
        select(PlayerTrouble)
        .where(
            PlayerTrouble.application_id == actor.application_id,
            PlayerTrouble.material_id == version.material_id,
            PlayerTrouble.material_version == version.number,
            PlayerTrouble.code != LENGTH,
            PlayerTrouble.settled_at.is_(None),
        )
        .order_by(PlayerTrouble.last_at.desc())
    ).all()


def place_of_trouble(session: Session, actor: Actor, trouble_id: int) -> Place | None:
    """Return the place of the application that a report belongs to, or None when there is none."""
    found = session.get(PlayerTrouble, trouble_id)
    return None if found is None else hiring.place_of_application(session, actor, found.application_id)


def settle_trouble(session: Session, actor: Actor, trouble_id: int, *, now: datetime) -> None:
    """Note that somebody of the team saw to a report; doing it twice is fine. Raises NotFound."""
    row = session.get(PlayerTrouble, trouble_id)
    if row is None:
        raise NotFound("There is no such report.")
    if row.settled_at is None:
        row.settled_by_id, row.settled_at = actor.person_id, now
        session.flush()
        _record(session, actor, "material:trouble-settled", "material", row.material_id, now, code=row.code)


def _record(
    session: Session, actor: Actor, action: str, kind: str, object_id: int, now: datetime, /, **details: object
) -> None:
    session.flush()
    audit.record(session, actor, action, kind, object_id, details, now=now)
