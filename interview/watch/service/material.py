"""Material of a job: upload, probe, captions, order, withdrawal. Knows no web and no clock; never commits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, BinaryIO

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from interview import audit, jobs
from interview.access import SYSTEM, Actor, Place
from interview.errors import Conflict, Gone, Invalid, NotFound
from interview.hiring import service as hiring
from interview.hiring.models import Job
from interview.ports import Doors, FileStore, StoredFile
from interview.watch.models import Captions, Material, MaterialVersion, Withdrawal
from interview.watch.rules.captions import Cue, write_captions
from interview.watch.rules.material import MaterialText, Source, VersionState
from interview.watch.rules.media import HEAD_BYTES, Container, Findings, container_of, objection
from interview.watch.rules.ranges import Ranges, encode
from interview.watch.rules.streams import read_packed
from interview.watch.service.requiring import check_captions, check_required

PROBE = "watch.probe"
CUT = "watch.cut"


@dataclass(frozen=True)
class StoredFilm:
    """A film that the file store took, before anything is written about it."""

    container: Container
    file: StoredFile
    in_segments: bool = False

    @property
    def source(self) -> Source:
        """Return how it is to be delivered: whole, or in segments."""
        return Source.HLS if self.in_segments or self.container is Container.ZIP else Source.FILE


# -- reading -------------------------------------------------------------------------------------------------------


def material(session: Session, material_id: int) -> Material:
    """Return a piece of material. Raises NotFound."""
    found = session.get(Material, material_id)
    if found is None:
        raise NotFound("There is no such material.")
    return found


def material_of_job(session: Session, job_id: int) -> list[Material]:
    """Return a job's material in order, withdrawn ones last, with versions and captions in constant queries."""
    rows = session.scalars(
        select(Material)
        .where(Material.job_id == job_id)
        .options(
            selectinload(Material.versions).selectinload(MaterialVersion.captions), selectinload(Material.withdrawal)
        )
        .order_by(Material.ordinal, Material.id)
    )
    return sorted(rows, key=lambda one: one.withdrawal is not None)


def place_of_material(session: Session, actor: Actor, material_id: int) -> Place | None:
    """Return the place of the job that a piece of material belongs to, or None when there is none."""
    job_id = session.scalar(select(Material.job_id).where(Material.id == material_id))
    return None if job_id is None else hiring.place_of_job(session, actor, job_id)


def visible_material(session: Session, material_id: int) -> tuple[Material, MaterialVersion]:
    """Return material as candidates may see it, with its ready version.

    Raises NotFound while nothing of it is ready, Gone when it was withdrawn.
    """
    found = material(session, material_id)
    if found.withdrawal is not None:
        raise Gone("This material was withdrawn. Your checklist shows what is to be watched now.", reason="closed")
    if found.ready is None:
        raise NotFound("There is no such material.")
    return found, found.ready


def film_for(session: Session, actor: Actor, material_id: int, number: int) -> MaterialVersion:
    """Return a version whose file this actor may have: ready, and for candidates not withdrawn. Raises NotFound."""
    found = material(session, material_id)
    version = next((one for one in found.versions if one.number == number), None)
    hidden = actor.is_candidate and found.withdrawal is not None
    if version is None or version.state != VersionState.READY or hidden:
        raise NotFound("There is no such film.")
    return version


def whole_film_for(session: Session, actor: Actor, material_id: int, number: int) -> MaterialVersion:
    """Return a version that this actor may have in one piece: never a ZIP, for candidates nothing that is logged.

    Raises NotFound.
    """
    version = film_for(session, actor, material_id, number)
    if version.address:
        raise NotFound("This film lies elsewhere.")
    if version.container == Container.ZIP or (actor.is_candidate and version.source == Source.HLS):
        raise NotFound("This film is delivered in segments.")
    return version


def captions_for(session: Session, actor: Actor, material_id: int, number: int) -> str:
    """Return a version's captions as WebVTT. Raises NotFound."""
    found = film_for(session, actor, material_id, number).captions
    if found is None:
        raise NotFound("This film has no captions.")
    return found.content


# -- writing -------------------------------------------------------------------------------------------------------


def keep_film(files: FileStore, source: BinaryIO, *, limit_bytes: int, in_segments: bool = False) -> StoredFilm:
    """Put an uploaded film into the file store. Raises Invalid (no film, or a ZIP without a rendition that can be
    taken), TooLarge or StorageFull.
    """
    container = container_of(source.read(HEAD_BYTES))
    if container is Container.ZIP:
        read_packed(source, limit_bytes=limit_bytes)
    source.seek(0)
    stored = files.put(source, suffix=f".{container.value}", limit_bytes=limit_bytes)
    return StoredFilm(container, stored, in_segments)


def add_material(
    session: Session,
    actor: Actor,
    job: Job,
    text: MaterialText,
    film: StoredFilm,
    cues: tuple[Cue, ...] = (),
    *,
    now: datetime,
) -> Material:
    """Add material to the end of a job's list; it is shown to candidates once its probe found nothing against it.

    Raises Invalid for required material without captions.
    """
    check_captions(required=text.required, has_captions=bool(cues))
    last = session.scalar(select(func.max(Material.ordinal)).where(Material.job_id == job.id)) or 0
    added = Material(job_id=job.id, ordinal=last + 1, created_at=now, **_columns(text))
    session.add(added)
    session.flush()
    _add_version(session, actor, added, 1, film, cues, now=now)
    _record(session, actor, "material:uploaded", added, now, sha256=film.file.sha256)
    return added


def replace_film(
    session: Session,
    actor: Actor,
    changed: Material,
    film: StoredFilm,
    cues: tuple[Cue, ...] = (),
    *,
    asks_again: bool = False,
    now: datetime,
) -> MaterialVersion:
    """Upload a new version: candidates go on with the old one until the new one is ready.

    Completions stay valid, unless `asks_again` lets everybody watch the new version.

    Without new captions the last version's are kept. Raises Conflict when the same file is there already, Invalid for
    required material without captions (a link may have been required without).
    """
    before = changed.newest
    check_captions(required=changed.required, has_captions=bool(cues) or before.captions is not None)
    if before.sha256 == film.file.sha256 and before.state != VersionState.REFUSED:
        raise Conflict("This is the same film as before, byte for byte: nothing was replaced.")
    version = _add_version(session, actor, changed, before.number + 1, film, cues, now=now)
    if not cues:
        copy_captions(before, version)
    version.asks_again = asks_again
    details = {"number": version.number, "sha256": film.file.sha256, "asks_again": asks_again}
    _record(session, actor, "material:replaced", changed, now, **details)
    return version


def edit_material(
    session: Session, actor: Actor, changed: Material, text: MaterialText, excluded: Ranges, *, now: datetime
) -> None:
    """Change what is said about material, how much must be covered, and what of the film does not count.

    Raises Invalid for required material without captions, or a link without the bank it needs. Completions stay.
    """
    check_required(session, changed, required=text.required, title=text.title)
    for name, value in _columns(text).items():
        setattr(changed, name, value)
    if changed.ready is not None:
        changed.ready.excluded = encode(excluded)
    _record(session, actor, "material:edited", changed, now)


def add_captions(session: Session, actor: Actor, changed: Material, cues: tuple[Cue, ...], *, now: datetime) -> None:
    """Put captions on the newest version, in place of older ones."""
    _caption(changed.newest, actor, cues, now)
    _record(session, actor, "material:captioned", changed, now, cues=len(cues))


def move_material(session: Session, actor: Actor, moved: Material, *, up: bool, now: datetime) -> None:
    """Swap material with its neighbour in the order; at the end of the list nothing changes."""
    row = [one for one in material_of_job(session, moved.job_id) if one.withdrawal is None]
    if moved not in row:
        return
    at = row.index(moved)
    other = at - 1 if up else at + 1
    if not 0 <= other < len(row):
        return
    row[at], row[other] = row[other], row[at]
    for ordinal, one in enumerate(row, 1):
        one.ordinal = ordinal
    _record(session, actor, "material:moved", moved, now, up=up)


def withdraw_material(session: Session, actor: Actor, withdrawn: Material, *, now: datetime) -> None:
    """Take material away from candidates; what was watched of it stays. Raises Conflict when it is withdrawn."""
    if withdrawn.withdrawal is not None:
        raise Conflict("This material is withdrawn already.")
    assert actor.person_id is not None
    withdrawn.withdrawal = Withdrawal(withdrawn_by_id=actor.person_id, withdrawn_at=now)
    _record(session, actor, "material:withdrawn", withdrawn, now)


def restore_material(session: Session, actor: Actor, restored: Material, *, now: datetime) -> None:
    """Show withdrawn material to candidates again. Raises Invalid for a required link without its question bank."""
    if restored.withdrawal is not None:
        check_required(session, restored, required=restored.required)
        restored.withdrawal = None
        _record(session, actor, "material:restored", restored, now)


# -- the probe, a background job -----------------------------------------------------------------------------------


def _look(payload: jobs.Payload, /, *, reading: Callable[[], Session], doors: Doors) -> dict[str, Any]:
    """Look into the film outside any transaction; an unreadable one is an answer, not a failure."""
    with reading() as session:
        version = session.get(MaterialVersion, payload["version_id"])
        if version is None:
            return {"objection": "The material was removed before its film was looked into."}
        key, container = version.file_key, version.container
    try:
        found = Findings(**asdict(doors.probe.probe(doors.files.local_path(key), container)))
    except (Invalid, NotFound) as refusal:
        return {"objection": refusal.sentence}
    return {"objection": objection(found, Container(container)), "found": asdict(found)}


@jobs.handler(PROBE, prepare=_look)
def probe_film(
    session: Session, payload: jobs.Payload, answer: dict[str, Any], /, *, now: datetime, doors: Doors
) -> str | None:
    """Store what the probe found; a film without objection becomes the one that candidates see."""
    version = session.get(MaterialVersion, payload["version_id"])
    if version is None or version.state != VersionState.PROBING:
        return None
    found = answer.get("found") or {}
    for name in ("duration_ms", "video_codec", "audio_codec", "width", "height"):
        setattr(version, name, found.get(name))
    version.probed_at = now
    if answer["objection"]:
        refuse_version(session, version, answer["objection"], now=now)
    elif version.source == Source.HLS:
        jobs.enqueue(session, CUT, {"version_id": version.id}, now=now, key=f"{CUT}:{version.id}")
    else:
        ready_version(session, version, now=now)
    return str(version.state)


def ready_version(session: Session, version: MaterialVersion, *, now: datetime, **details: object) -> None:
    """Make a version the one that candidates see."""
    version.state = VersionState.READY
    version.material.ready_number = max(version.number, version.material.ready_number or 0)
    _record(session, SYSTEM, "material:ready", version.material, now, duration_ms=version.duration_ms, **details)


def refuse_version(session: Session, version: MaterialVersion, objection: str, *, now: datetime) -> None:
    """Refuse a version, with the reason."""
    version.state, version.objection = VersionState.REFUSED, objection
    _record(session, SYSTEM, "material:refused", version.material, now, objection=objection)


# -- inside --------------------------------------------------------------------------------------------------------


def _columns(text: MaterialText) -> dict[str, Any]:
    return {
        "title": text.title,
        "kind": text.kind,
        "required": text.required,
        "need_permille": text.need_permille,
    }


def _add_version(
    session: Session,
    actor: Actor,
    owner: Material,
    number: int,
    film: StoredFilm,
    cues: tuple[Cue, ...],
    *,
    now: datetime,
) -> MaterialVersion:
    version = MaterialVersion(
        number=number,
        source=film.source,
        file_key=film.file.key,
        sha256=film.file.sha256,
        size_bytes=film.file.size_bytes,
        container=film.container.value,
        uploaded_by_id=actor.person_id,
        uploaded_at=now,
    )
    owner.versions.append(version)
    if cues:
        _caption(version, actor, cues, now)
    session.flush()
    kind = CUT if film.container is Container.ZIP else PROBE
    jobs.enqueue(session, kind, {"version_id": version.id}, now=now, key=f"{kind}:{version.id}")
    return version


def copy_captions(before: MaterialVersion, version: MaterialVersion) -> None:
    """Give a new version the captions of the one before, if it has any."""
    if (kept := before.captions) is not None:
        version.captions = Captions(
            language=kept.language,
            content=kept.content,
            uploaded_by_id=kept.uploaded_by_id,
            uploaded_at=kept.uploaded_at,
        )


def _caption(version: MaterialVersion, actor: Actor, cues: tuple[Cue, ...], now: datetime) -> None:
    if version.captions is None:
        version.captions = Captions()
    version.captions.content = write_captions(cues)
    version.captions.uploaded_by_id = actor.person_id
    version.captions.uploaded_at = now


def _record(session: Session, actor: Actor, action: str, about: Material, now: datetime, **details: object) -> None:
    session.flush()
    audit.record(session, actor, action, "material", about.id, details, now=now)
