"""The fields of recorded pitches: strings and JSON into the room's own dataclasses. Knows no database."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wtforms import BooleanField, IntegerField
from wtforms.validators import InputRequired, NumberRange, Optional

from interview.errors import Unreadable
from interview.recording.rules import (
    DUE_DAYS_MAX,
    MINUTES_MAX,
    RETAKES_MAX,
    SECTIONS_MAX,
    THINK_MAX_S,
    Section,
    Setting,
    Way,
)
from interview.recording.service import NewPart
from interview.web.forms import Form

_NAME = re.compile(r"[A-Za-z0-9-]{8,80}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
LARGEST = 2**53  # what a browser counts exactly


class SettingForm(Form):
    """How a job takes pitches; the sections are read beside it."""

    live = BooleanField("Live, in a meeting", description="The team schedules it.")
    recorded = BooleanField(
        "Recorded beforehand", description="In the browser or as a file, with a section's time to think before it."
    )
    typed = BooleanField("In writing", description="For whoever cannot or does not want to be recorded.")
    retakes = IntegerField(
        "Retakes of a section",
        [InputRequired("Enter a number."), NumberRange(0, RETAKES_MAX, f"Enter 0 to {RETAKES_MAX} retakes.")],
        description="How often a section may be recorded once more. An interruption costs none.",
    )
    due_days = IntegerField(
        "Days until it is due",
        [Optional(), NumberRange(1, DUE_DAYS_MAX, f"Enter 1 to {DUE_DAYS_MAX} days, or leave it empty.")],
        description="Counted from the day the candidate came on the job. Empty: as long as the personal link works.",
    )

    def setting(self, sections: tuple[Section, ...]) -> Setting:
        """Return what was entered."""
        return Setting(
            self.live.data, self.recorded.data, self.typed.data, sections, self.retakes.data, self.due_days.data
        )


def read_sections(fields: Mapping[str, str]) -> tuple[Section, ...]:
    """Read title-0, think-0, minutes-0 and so on; a row without a title is none. Out of range becomes -1."""
    return tuple(
        Section(title, _whole(fields, f"think-{row}", THINK_MAX_S), _whole(fields, f"minutes-{row}", MINUTES_MAX))
        for row in range(SECTIONS_MAX)
        if (title := fields.get(f"title-{row}", "").replace("\0", "").strip())
    )


def _whole(fields: Mapping[str, str], name: str, most: int) -> int:
    written = fields.get(name, "").strip()
    known = written.isascii() and written.isdigit() and len(written) < 6
    return int(written) if known and int(written) <= most else -1


def read_new_part(body: object) -> tuple[NewPart, Way]:
    """Read what a browser is about to send. Raises Unreadable for what no page of ours sends."""
    fields = _object(body)
    name, way = fields.get("name"), fields.get("way")
    if not isinstance(name, str) or not _NAME.fullmatch(name) or way not in (Way.RECORDED, Way.UPLOADED):
        raise Unreadable("The page sent a recording without a proper name. Reload it; what was recorded is kept.")
    size_bytes = fields.get("size_bytes")
    new = NewPart(
        name=name,
        way=Way(way),
        section=_number(fields, "section"),
        again=fields.get("again") is True,
        file_name=str(fields.get("file_name", "")).replace("\0", "").encode("utf-8", "replace").decode(),
        size_bytes=None if size_bytes is None else _number(fields, "size_bytes"),
    )
    return new, Way(way)


@dataclass(frozen=True)
class Closing:
    """What a browser says of a part it sent: hash (None where the rest is lost), bytes, and how long it was."""

    sha256: str | None
    size_bytes: int
    length_ms: int


def read_closing(body: object) -> Closing:
    """Read what a browser says of a part that it sent completely. Raises Unreadable."""
    fields = _object(body)
    sha256 = fields.get("sha256")
    if sha256 is not None and not (isinstance(sha256, str) and _SHA256.fullmatch(sha256)):
        raise Unreadable("The page sent a hash that is none. Reload it; what was recorded is kept.")
    return Closing(sha256, _number(fields, "size_bytes"), _number(fields, "length_ms"))


def read_offset(written: str | None) -> int:
    """Read the header Upload-Offset. Raises Unreadable."""
    if written is None or not (written.isascii() and written.isdigit() and len(written) < 17):
        raise Unreadable("Say in the header Upload-Offset where these bytes begin.")
    return int(written)


def read_choice(fields: Mapping[str, str]) -> dict[int, int]:
    """Read which take of each section is handed in: take-0, take-1 and so on; what is not said is the last take."""
    found = {}
    for section in range(SECTIONS_MAX):
        written = fields.get(f"take-{section}", "")
        if written.isascii() and written.isdigit() and len(written) < 4:
            found[section] = int(written)
    return found


def _object(body: object) -> Mapping[str, Any]:
    if not isinstance(body, dict):
        raise Unreadable("A recording is told of in a JSON object.")
    return body


def _number(fields: Mapping[str, Any], name: str) -> int:
    value = fields.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST:
        raise Unreadable(f"The page sent something as {name} that is no number. Reload it; what was recorded is kept.")
    return value
