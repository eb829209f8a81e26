"""What tests of embeds and links share: material at an address, and a question bank that covers a link."""

from __future__ import annotations

from interview.db import writing
from interview.knowledge import service as knowledge
from interview.knowledge.rules import QuestionText
from interview.watch import service
from interview.watch.rules.addresses import read_address
from interview.watch.rules.captions import Cue
from interview.watch.rules.material import Kind, MaterialText
from tests.support.cast import Cast

YOUTUBE = "https://www.youtube.com/watch?v=dQw4w9WgXcQ"
VIMEO = "https://vimeo.com/76979871/0123abcdef"
WISTIA = "https://acme.wistia.com/medias/abc123def4"
ZOOM = "https://us02web.zoom.us/rec/share/x-y_z?pwd=a%20b"
CUES = (Cue(0, 1000, "Welcome."), Cue(1000, 2000, "Goodbye."))
TEN_MIN = 600_000


def add_elsewhere(
    cast: Cast, address: str, *, duration_ms: int = TEN_MIN, required: bool = False, title: str = "The webinar"
) -> int:
    """Put an address on Mara's job, with captions where it can be played."""
    with writing(cast.session):
        place = service.Elsewhere(read_address(address), duration_ms)
        text = MaterialText(title, Kind.WEBINAR, required)
        cues = () if address == ZOOM else CUES
        return service.add_address(
            cast.session, cast.actor("mara"), cast.job, text, place, cues, now=cast.clock.now()
        ).id


def fill_bank(cast: Cast, material_id: int, *, count: int = 24, duration_ms: int = TEN_MIN) -> None:
    """Write questions with moments all over the material; the right option ends in "yes"."""
    with writing(cast.session):
        for number in range(count):
            options = (f"no {number} a", f"sure {number} yes", f"no {number} b")
            moment_ms = duration_ms * number // count
            text = QuestionText(f"Topic {number % 4}", f"Question {number}?", options, 1, material_id, moment_ms)
            knowledge.add_question(cast.session, cast.actor("mara"), cast.job, text, now=cast.clock.now())


def require(cast: Cast, material_id: int, *, required: bool = True) -> None:
    with writing(cast.session):
        found = service.material(cast.session, material_id)
        text = MaterialText(found.title, Kind(found.kind), required)
        service.edit_material(cast.session, cast.actor("mara"), found, text, (), now=cast.clock.now())
