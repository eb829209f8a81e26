"""Material in segments (HLS): cutting or unpacking it, which file a candidate may fetch, and the log of what was sent.

The log is evidence of delivery and of nothing else. Knows no web and no clock; never commits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from sqlalchemy import Connection, bindparam, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.orm import Session

from interview import jobs
from interview.access import Actor
from interview.errors import Invalid, NotFound, StorageFull, TooLarge
from interview.hiring.models import Application
from interview.ports import Doors, ProbedFilm, SegmentFile, StoredFile
from interview.watch.models import Delivery, Lease, Material, MaterialVersion, StreamFile, Watch, Withdrawal
from interview.watch.rules import streams
from interview.watch.rules.material import Source, VersionState, Way
from interview.watch.rules.media import Container, Findings
from interview.watch.rules.ranges import Ranges, decode, encode, total_ms, union
from interview.watch.rules.streams import Piece, Rendition
from interview.watch.service.material import CUT, ready_version, refuse_version

DISCARD = "watch.discard"
MAX_SEGMENT_BYTES = 200_000_000
_HEAD_BYTES = 189
_NAME = re.compile(r"[A-Za-z0-9.-]{1,200}")
_SUFFIX: dict[str, str] = {"video/iso.segment": ".m4s", "video/mp2t": ".ts"}
_CHECKED_BYTES = 10**13  # the limit of the settings was held against this very file when it was uploaded
WHOLE = "It is delivered whole, so delivery is not logged. {reason}"

_PART = (
    select(
        MaterialVersion.id,
        Withdrawal.withdrawn_at,
        StreamFile.file_key,
        StreamFile.size_bytes,
        StreamFile.media_type,
        StreamFile.start_ms,
        StreamFile.end_ms,
    )
    .outerjoin(StreamFile, (StreamFile.version_id == MaterialVersion.id) & (StreamFile.name == bindparam("name")))
    .outerjoin(Withdrawal, Withdrawal.material_id == MaterialVersion.material_id)
    .where(
        MaterialVersion.material_id == bindparam("of_material"),
        MaterialVersion.number == bindparam("of_number"),
        MaterialVersion.source == Source.HLS,
        MaterialVersion.state == VersionState.READY,
    )
)


@dataclass(frozen=True)
class StreamPart:
    """One file of a stream as it is asked for."""

    version_id: int
    file_key: str
    size_bytes: int
    media_type: str
    place: tuple[int, int] | None  # of a segment

    @property
    def is_segment(self) -> bool:
        """Say whether this is a part of the film, and not a playlist or an initialisation section."""
        return self.place is not None


@dataclass(frozen=True)
class StreamFacts:
    """Of how many segments a version consists, in how many sizes."""

    segment_count: int
    rendition_count: int


# -- reading -------------------------------------------------------------------------------------------------------


def stream_part(
    session: Session, actor: Actor, material_id: int, number: int, name: str, check: Callable[[int], None]
) -> StreamPart:
    """Return one file of a version in segments; `check` is given the version's id and refuses a key for another.

    Raises NotFound for what is not there, not ready or, for candidates, withdrawn.
    """
    if not _NAME.fullmatch(name):  # no name of ours; PostgreSQL takes no NUL
        name = ""
    asked = {"of_material": material_id, "of_number": number, "name": name}
    row = session.connection().execute(_PART, asked).one_or_none()
    if row is None or (actor.is_candidate and row.withdrawn_at is not None):
        raise NotFound("There is no such film.")
    check(row.id)
    if row.file_key is None:
        raise NotFound("There is no such part of the film.")
    place = None if row.start_ms is None else (row.start_ms, row.end_ms)
    return StreamPart(row.id, row.file_key, row.size_bytes, row.media_type, place)


def stream_facts(session: Session, version: MaterialVersion) -> StreamFacts | None:
    """Return of how many segments a ready version consists; None when it is delivered whole."""
    if version.source != Source.HLS:
        return None
    counted = select(func.count(StreamFile.start_ms), func.count(StreamFile.start_ms.distinct())).where(
        StreamFile.version_id == version.id
    )
    segment_count, place_count = session.execute(counted).one()
    return StreamFacts(segment_count, max(1, round(segment_count / max(1, place_count))))


def undelivered_ms(session: Session, application_ids: Sequence[int]) -> dict[tuple[int, int], int]:
    """Return, by application and material in segments, how much credited coverage lies outside what was delivered.

    Coverage by reading needs no delivery, so what reading was credited is taken off. Advisory: three queries at most.
    """
    rows = session.execute(
        select(
            Application.id,
            Watch.material_id,
            Watch.covered,
            Delivery.delivered,
        )
        .join(Watch, Watch.candidate_id == Application.candidate_id)
        .join(Material, (Material.id == Watch.material_id) & (Material.job_id == Application.job_id))
        .join(
            MaterialVersion,
            (MaterialVersion.material_id == Watch.material_id) & (MaterialVersion.number == Watch.material_version),
        )
        .outerjoin(
            Delivery, (Delivery.candidate_id == Application.candidate_id) & (Delivery.version_id == MaterialVersion.id)
        )
        .where(Application.id.in_(application_ids), MaterialVersion.source == Source.HLS)
    ).all()
    found: dict[tuple[int, int], int] = {}
    for application_id, material_id, covered, delivered in rows:
        key = application_id, material_id
        found[key] = found.get(key, 0) + _outside_ms(decode(covered), decode(delivered or b""))
    if any(found.values()):
        for application_id, material_id, credited_ms in session.execute(
            select(Lease.application_id, Lease.material_id, func.sum(Lease.credited_ms))
            .where(Lease.application_id.in_(application_ids), Lease.way == Way.READ)
            .group_by(Lease.application_id, Lease.material_id)
        ):
            key = application_id, material_id
            if key in found:
                found[key] = max(0, found[key] - int(credited_ms))
    return found


# -- the log -------------------------------------------------------------------------------------------------------


def log_delivery(
    connection: Connection, candidate_id: int, version_id: int, place: tuple[int, int], *, now: datetime
) -> bool:
    """Add a segment to what a candidate was sent, in the caller's transaction; return whether that was new.

    A commit lost in a power cut costs one advisory line, so on PostgreSQL it does not wait for the disk.
    """
    this = (Delivery.candidate_id == candidate_id) & (Delivery.version_id == version_id)
    locked = select(Delivery.delivered).where(this).with_for_update()
    is_postgresql = connection.dialect.name == "postgresql"
    if is_postgresql:
        connection.execute(text("SET LOCAL synchronous_commit TO off"))
    stored = connection.scalar(locked)
    if stored is None:
        row = {
            "candidate_id": candidate_id,
            "version_id": version_id,
            "delivered": b"",
            "first_at": now,
            "last_at": now,
        }
        dialect_insert: Any = insert_postgresql if is_postgresql else insert_sqlite
        connection.execute(dialect_insert(Delivery).values(row).on_conflict_do_nothing())
        stored = connection.scalar(locked)
    before = decode(stored or b"")
    after = union(before, (place,))
    if after == before:
        return False
    connection.execute(update(Delivery).where(this).values(delivered=encode(after), last_at=now))
    return True


# -- cutting and unpacking, a background job -----------------------------------------------------------------------


def _cut(payload: jobs.Payload, /, *, reading: Callable[[], Session], doors: Doors) -> dict[str, Any]:
    """Make the segments outside any transaction; what cannot be cut or taken is an answer, not a failure."""
    with reading() as session:
        version = session.get(MaterialVersion, payload["version_id"])
        if version is None:
            return {"objection": "The material was removed before its film was cut.", "files": []}
        key, container, duration_ms = version.file_key, version.container, version.duration_ms
        found = (version.video_codec, version.audio_codec)
    kept = _Kept(doors)
    try:
        path = doors.files.local_path(key)
        if container == Container.ZIP:
            with path.open("rb") as packed:
                archive, renditions = streams.read_packed(packed, limit_bytes=_CHECKED_BYTES)
                return kept.answer(renditions, archive.open)
        if reason := streams.uncuttable(*found):
            raise Invalid(reason)
        with doors.streams.cut(path, container) as folder:
            names = {file.name for file in folder.iterdir()}
            renditions = streams.read_stream(names, lambda name: (folder / name).read_bytes())
            return kept.answer(renditions, lambda name: (folder / name).open("rb"), duration_ms)
    except (Invalid, NotFound, StorageFull, TooLarge) as refusal:
        kept.discard()
        return {"objection": refusal.sentence, "files": []}
    except BaseException:
        kept.discard()
        raise


@jobs.handler(CUT, prepare=_cut)
def store_stream(
    session: Session, payload: jobs.Payload, answer: dict[str, Any], /, *, now: datetime, doors: Doors
) -> str | None:
    """Store what was cut; a film that cannot be cut is delivered whole, a ZIP that cannot be taken is refused."""
    version = session.get(MaterialVersion, payload["version_id"])
    if version is None or version.state != VersionState.PROBING:
        _discard_later(session, [one["file_key"] for one in answer["files"]], now)
        return None
    version.probed_at = now
    is_packed = version.container == Container.ZIP
    if answer["objection"] and is_packed:
        _discard_later(session, [version.file_key], now)
        version.file_key = ""
        refuse_version(session, version, answer["objection"], now=now)
    elif answer["objection"]:
        version.source, version.objection = Source.FILE, WHOLE.format(reason=answer["objection"])
        ready_version(session, version, now=now)
    else:
        for name, value in answer["found"].items():
            setattr(version, name, value)
        session.execute(insert(StreamFile), [{"version_id": version.id, **one} for one in answer["files"]])
        segment_count = sum(one["start_ms"] is not None for one in answer["files"])
        ready_version(session, version, now=now, segments=segment_count)
    return str(version.state)


@jobs.handler(DISCARD)
def discard_files(session: Session, payload: jobs.Payload, /, *, now: datetime, doors: Doors) -> None:
    """Delete files that nothing points at, once the transaction that let go of them is stored."""
    for key in payload["keys"]:
        doors.files.delete(key)


class _Kept:
    """The files of one stream on their way into the store: all of them, or none."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors
        self._keys: list[str] = []
        self._rows: list[dict[str, Any]] = []
        self._inits: dict[str, tuple[str, Path]] = {}

    def answer(
        self, renditions: Sequence[Rendition], open_file: Callable[[str], IO[bytes]], duration_ms: int | None = None
    ) -> dict[str, Any]:
        """Store and measure segments, write the playlists; return what the job's second half needs. Raises Invalid."""
        made: list[tuple[str, Sequence[Piece], int, int, str]] = []
        films: list[ProbedFilm] = []
        for number, rendition in enumerate(renditions, 1):
            pieces, film = self._rendition(number, rendition, open_file)
            name = streams.ENTRY if len(renditions) == 1 else f"v{number}.m3u8"
            self._write(name, streams.write_playlist(pieces))
            made.append((name, pieces, film.width, film.height, rendition.codecs))
            films.append(film)
        if len(renditions) > 1:
            self._write(streams.ENTRY, streams.write_master(made))
        lengths = [pieces[-1].place[1] for _, pieces, *_ in made]
        if not streams.agree(min(lengths), max(lengths)):
            raise Invalid(
                f"The variants last from {min(lengths) / 1000:.1f} to {max(lengths) / 1000:.1f} s: not one film."
            )
        if duration_ms is not None and not streams.agree(lengths[0], duration_ms):
            raise Invalid("Its segments would not last as long as the film.")
        best = max(films, key=lambda one: one.width * one.height)
        found = {name: getattr(best, name) for name in ("video_codec", "audio_codec", "width", "height")}
        return {"objection": None, "found": {**found, "duration_ms": max(lengths)}, "files": self._rows}

    def discard(self) -> None:
        """Take everything out of the store again."""
        for key in self._keys:
            with suppress(OSError):
                self._doors.files.delete(key)

    def _rendition(
        self, number: int, rendition: Rendition, open_file: Callable[[str], IO[bytes]]
    ) -> tuple[list[Piece], ProbedFilm]:
        stored: list[tuple[StoredFile, str, str | None]] = []
        files: list[SegmentFile] = []
        for listed in rendition.segments:
            init = None if listed.init is None else self._init(listed.init, open_file)
            file = self._put(listed.path, open_file)
            path = self._doors.files.local_path(file.key)
            with path.open("rb") as content:
                head = content.read(_HEAD_BYTES)
            media_type = streams.segment_type(head, has_init=init is not None, name=listed.path)
            stored.append((file, media_type, None if init is None else init[0]))
            files.append(SegmentFile(path, None if init is None else init[1]))
        probed = self._doors.streams.probe(files)
        runs = [one.begins_run for one in rendition.segments]
        places = streams.lay_out(probed.spans_ms, runs)
        length_ms = places[-1][1]
        film = replace(probed.film, duration_ms=length_ms)
        is_fragmented = files[0].init is not None
        objection = streams.stream_objection(Findings(**asdict(film)), is_fragmented=is_fragmented)
        if objection := objection or streams.claim_objection(rendition, length_ms):
            raise Invalid(objection)
        pieces = []
        for index, ((file, media_type, init_name), place, begins_run) in enumerate(
            zip(stored, places, runs, strict=True), 1
        ):
            name = f"v{number}-{index:05d}{_SUFFIX[media_type]}"
            self._row(name, file, media_type, place)
            pieces.append(Piece(name, file.size_bytes, place, init_name, begins_run))
        return pieces, film

    def _init(self, path: str, open_file: Callable[[str], IO[bytes]]) -> tuple[str, Path]:
        if path not in self._inits:
            file = self._put(path, open_file)
            name = f"init-{len(self._inits) + 1}.mp4"
            self._row(name, file, "video/mp4")
            self._inits[path] = name, self._doors.files.local_path(file.key)
        return self._inits[path]

    def _put(self, path: str, open_file: Callable[[str], IO[bytes]]) -> StoredFile:
        try:
            with open_file(path) as source:
                return self._store(cast(BinaryIO, source), ".seg", MAX_SEGMENT_BYTES)
        except TooLarge:
            limit = MAX_SEGMENT_BYTES // 1_000_000
            raise Invalid(f"{streams.shown(path)} is larger than {limit} MB, which no segment needs.") from None

    def _write(self, name: str, playlist: str) -> None:
        file = self._store(BytesIO(playlist.encode()), ".m3u8", MAX_SEGMENT_BYTES)
        self._row(name, file, streams.PLAYLIST_TYPE)

    def _store(self, source: BinaryIO, suffix: str, limit_bytes: int) -> StoredFile:
        file = self._doors.files.put(source, suffix=suffix, limit_bytes=limit_bytes)
        self._keys.append(file.key)
        return file

    def _row(self, name: str, file: StoredFile, media_type: str, place: tuple[int, int] | None = None) -> None:
        start_ms, end_ms = place or (None, None)
        row = {"name": name, "file_key": file.key, "size_bytes": file.size_bytes, "media_type": media_type}
        self._rows.append({**row, "start_ms": start_ms, "end_ms": end_ms})


# -- inside --------------------------------------------------------------------------------------------------------


def _discard_later(session: Session, keys: list[str], now: datetime) -> None:
    if keys:
        jobs.enqueue(session, DISCARD, {"keys": keys}, now=now)


def _outside_ms(covered: Ranges, delivered: Ranges) -> int:
    """Return how much of what is covered lies outside what was delivered."""
    return total_ms(union(covered, delivered)) - total_ms(delivered)
