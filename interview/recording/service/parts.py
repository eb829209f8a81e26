"""Parts as they arrive: begun once under the browser's name, appended at an offset, compared by hash, then closed.

How many bytes there are is asked of the file store, never of a row. Knows no web and no clock; never commits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from interview import audit
from interview.access import Actor, Place
from interview.errors import Conflict, Invalid, NotFound, TooLarge
from interview.hiring import service as hiring
from interview.ports import FileStore, StoredFile
from interview.recording.models import Pitch, PitchPart
from interview.recording.rules import (
    CHUNK_MAX_BYTES,
    HEAD_BYTES,
    QUIET,
    QUOTA_FILES,
    PartFacts,
    Way,
    container_of,
    next_place,
    too_large,
)


@dataclass(frozen=True)
class NewPart:
    """What a browser is about to send: its own name for it, the way, the section, another take or not, how large."""

    name: str
    way: Way
    section: int = 0
    again: bool = False
    file_name: str = ""
    size_bytes: int | None = None


def facts(parts: Sequence[PitchPart], way: Way) -> list[PartFacts]:
    """Return what the rules know of the parts that came one way."""
    return [
        PartFacts(
            one.id, one.section, one.take, one.ordinal, one.finished_at is not None, one.size_bytes or 0, one.length_ms
        )
        for one in parts
        if one.way == way
    ]


def begin_part(
    session: Session,
    actor: Actor,
    pitch: Pitch,
    new: NewPart,
    *,
    files: FileStore,
    limit_bytes: int,
    sections_count: int = 1,
    takes_max: int,
    now: datetime,
) -> PitchPart:
    """Begin a part, or return the one that was begun under this name. Raises Invalid, TooLarge, Conflict, StorageFull.

    An uploaded file is a take of its own: the last one counts."""
    session.refresh(pitch, with_for_update=True)
    known = session.scalar(select(PitchPart).where(PitchPart.pitch_id == pitch.id, PitchPart.name == new.name))
    if known is not None:
        return known
    if pitch.hand_in is not None:
        raise Conflict("Your pitch is handed in. Nothing can be added to it.", reason="handed_in")
    if not 0 <= new.section < sections_count:
        raise Invalid("There is no such section any more. Reload the page.")
    if new.size_bytes is not None and new.size_bytes > limit_bytes:
        raise TooLarge(too_large(limit_bytes), reason="too_large")
    uploads = new.way is Way.UPLOADED
    _check_room(sent_bytes(pitch.parts, files=files), limit_bytes)
    take, ordinal = next_place(
        facts(pitch.parts, new.way), new.section, again=new.again or uploads, takes_max=100 if uploads else takes_max
    )
    part = PitchPart(
        name=new.name,
        way=new.way,
        section=new.section,
        take=take,
        ordinal=ordinal,
        file_name=new.file_name[-255:],
        file_key=files.begin(suffix=".part"),
        begun_at=now,
    )
    pitch.parts.append(part)
    session.flush()
    details = {"way": new.way.value, "section": new.section, "take": take, "ordinal": ordinal}
    audit.record(session, actor, "pitch:part-begun", "application", pitch.application_id, details, now=now)
    return part


def part_of(session: Session, pitch: Pitch, part_id: int) -> PitchPart:
    """Return a part of this very pitch. Raises NotFound."""
    part = session.get(PitchPart, part_id)
    if part is None or part.pitch_id != pitch.id:
        raise NotFound("There is no such recording.")
    return part


def place_of_part(session: Session, actor: Actor, part_id: int) -> Place | None:
    """Return the place of the application that a part belongs to, or None when there is none."""
    part = session.get(PitchPart, part_id)
    return None if part is None else hiring.place_of_application(session, actor, part.pitch.application_id)


def grown_bytes(part: PitchPart, *, files: FileStore) -> int:
    """Return how many bytes of a part have arrived for good."""
    return part.size_bytes if part.size_bytes is not None else files.grown_bytes(part.file_key)


def sent_bytes(parts: Iterable[PitchPart], *, files: FileStore) -> int:
    """Return how many bytes of all these parts are here, complete or not; a file that is missing has none."""
    total = 0
    for part in parts:
        with suppress(NotFound):
            total += grown_bytes(part, files=files)
    return total


def _check_room(sent: int, limit_bytes: int) -> None:
    if sent > QUOTA_FILES * limit_bytes:
        raise TooLarge("You have sent more than there is room for. Hand in what is here, or ask your contact.")


def append(
    part: PitchPart, content: bytes, *, offset_bytes: int, others_bytes: int = 0, files: FileStore, limit_bytes: int
) -> int:
    """Store the next bytes of a part and return how many there are now; no row is written.

    `others_bytes` is what the other parts of the pitch hold.

    Raises Conflict for another offset, a second sender or a finished part; Invalid for what is no recording, judged by
    its first bytes; TooLarge; StorageFull. What was stored before stays in each case."""
    if part.finished_at is not None:
        raise Conflict(
            "This part is complete already.", reason="finished", fields={"offset": str(part.size_bytes or 0)}
        )
    if not content or len(content) > CHUNK_MAX_BYTES:
        raise Invalid(f"Send 1 to {CHUNK_MAX_BYTES} bytes at a time.", reason="chunk")
    if len(content) >= HEAD_BYTES and offset_bytes == files.grown_bytes(part.file_key) == 0:
        container_of(content[:HEAD_BYTES])
    if offset_bytes + len(content) > limit_bytes:
        raise TooLarge(too_large(limit_bytes), reason="too_large")
    _check_room(others_bytes + offset_bytes + len(content), limit_bytes)
    return files.append(part.file_key, content, offset_bytes=offset_bytes)


def arrived(
    part: PitchPart, *, sha256: str | None, size_bytes: int, files: FileStore, now: datetime
) -> StoredFile | None:
    """Return the file of a part whose bytes are all here, hashed; None for one that is finished already.

    No row is written: a large file is hashed before the transaction. `sha256` is None where the browser lost the rest.
    Raises Conflict (reason offset) while bytes are missing, (reason arriving) for a rest that is still being sent,
    Invalid for no recording, and HashDiffers, after which `empty` lets the browser send it anew under the same name."""
    if part.finished_at is not None:
        return None
    have = files.grown_bytes(part.file_key)
    if sha256 is not None and have != size_bytes:
        raise Conflict(f"{have} of {size_bytes} bytes have arrived.", reason="offset", fields={"offset": str(have)})
    if sha256 is None and abs(now - files.changed_at(part.file_key)) < QUIET:
        raise Conflict("It is still arriving, from another tab or device. Try it again in a minute.", reason="arriving")
    if have:
        container_of(files.head(part.file_key, HEAD_BYTES))
    stored = files.complete(part.file_key)
    if sha256 is not None and stored.sha256 != sha256:
        raise HashDiffers()
    return stored


def finish_part(
    session: Session, part_id: int, stored: StoredFile | None, *, length_ms: int, now: datetime
) -> PitchPart:
    """Close a part with the file that `arrived` returned; closing twice is fine.

    Raises NotFound when it was withdrawn meanwhile, Conflict (reason offset) when it was begun anew."""
    part = _locked(session, part_id)
    if part.finished_at is not None:
        return part
    if stored is None or stored.key != part.file_key:
        raise Conflict("This part was begun anew meanwhile.", reason="offset", fields={"offset": "0"})
    part.size_bytes, part.sha256 = stored.size_bytes, stored.sha256
    part.length_ms, part.finished_at = max(0, min(length_ms, 24 * 3_600_000)), now
    session.flush()
    return part


def _locked(session: Session, part_id: int) -> PitchPart:
    part = session.get(PitchPart, part_id, with_for_update=True)
    if part is None:
        raise NotFound("There is no such recording any more.")
    return part


class HashDiffers(Invalid):
    """What arrived is not what the browser sent."""

    def __init__(self) -> None:
        super().__init__("What arrived is not what was sent. It is sent once more from the beginning.", reason="hash")


def empty(session: Session, part_id: int, *, files: FileStore) -> None:
    """Begin a part's bytes anew, after its hash differed. Raises NotFound."""
    part = _locked(session, part_id)
    if part.finished_at is None:
        old, part.file_key = part.file_key, files.begin(suffix=".part")
        session.flush()
        files.delete(old)
