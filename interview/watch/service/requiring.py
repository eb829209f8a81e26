"""Whether material may be required: what is played needs captions, a plain link what rooms above insist on.

Knows no room above: they register what they have against a required link.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from interview.errors import Invalid
from interview.watch.models import Material, MaterialVersion
from interview.watch.rules.material import Source

NEEDS_CAPTIONS = (
    "Required material needs captions, so that everybody can follow it: add a WebVTT file, or do not require it."
)


@dataclass(frozen=True, slots=True)
class Link:
    """A plain link that candidates are to watch elsewhere, and how long it is."""

    job_id: int
    material_id: int | None  # None: it is about to be added
    title: str
    duration_ms: int


LinkListener = Callable[[Session, Link], str]
_listeners: list[LinkListener] = []


def on_requiring_link(listener: LinkListener) -> LinkListener:
    """Register what a room above has against requiring a link: a sentence, or nothing."""
    _listeners.append(listener)
    return listener


def check_link(session: Session, link: Link) -> None:
    """Raise Invalid with what stands against requiring a link."""
    sentence = " ".join(filter(None, (listener(session, link) for listener in _listeners)))
    if sentence:
        raise Invalid(sentence, fields={"required": sentence})


def check_captions(*, required: bool, has_captions: bool) -> None:
    """Raise Invalid for required material without captions."""
    if required and not has_captions:
        raise Invalid(NEEDS_CAPTIONS, fields={"captions": NEEDS_CAPTIONS})


def check_required(session: Session, material: Material, *, required: bool, title: str = "") -> None:
    """Check material that stays, becomes or comes back as required. Raises Invalid."""
    shown, newest = material.ready or material.newest, material.newest
    if newest.source != Source.LINK:
        check_captions(required=required, has_captions=newest.captions is not None)
    if shown.source == Source.LINK and required:
        check_link(session, Link(material.job_id, material.id, title or material.title, shown.duration_ms or 0))


def required_links(session: Session, job_ids: Collection[int]) -> list[Link]:
    """Return the plain links that these jobs require of candidates now, in one query."""
    rows = session.execute(
        select(Material.job_id, Material.id, Material.title, MaterialVersion.duration_ms)
        .join(MaterialVersion, MaterialVersion.material_id == Material.id)
        .where(
            Material.job_id.in_(job_ids),
            Material.required,
            ~Material.withdrawal.has(),
            MaterialVersion.number == Material.ready_number,
            MaterialVersion.source == Source.LINK,
        )
        .order_by(Material.ordinal, Material.id)
    )
    return [Link(job_id, number, title, duration_ms or 0) for job_id, number, title, duration_ms in rows]
