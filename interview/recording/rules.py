"""Rules of recorded pitches: how a job takes them, takes and parts, which files are taken and why others are not.

Pure: knows no web, no database and no clock; opens no file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from interview.errors import Invalid
from interview.hiring.rules import Stage

SECTIONS_MAX: Final = 6
TITLE_MAX_CHARS: Final = 80
THINK_MAX_S: Final = 600
MINUTES_MAX: Final = 60
RETAKES_MAX: Final = 10
DUE_DAYS_MAX: Final = 90
TEXT_MAX_CHARS: Final = 20_000
TEXT_MIN_CHARS: Final = 200
CHUNK_MAX_BYTES: Final = 1_500_000
PARTS_MAX: Final = 60  # of one take: more interruptions than anybody has
QUOTA_FILES: Final = 3  # all parts of a pitch together, in files of the largest size
SHORTEST_MS: Final = 1000
QUIET: Final = timedelta(seconds=60)  # bytes younger than this say that somebody is still sending
GRACE_MS: Final = 30_000  # a recorder stops a little late, and an uploaded file has a first and a last second


class Way(StrEnum):
    """How a pitch comes to the team without a meeting."""

    RECORDED = "recorded"
    UPLOADED = "uploaded"
    TYPED = "typed"


WAY_WORDS: Final = {
    Way.RECORDED: "recorded in the browser",
    Way.UPLOADED: "uploaded as a file",
    Way.TYPED: "written",
}


# --- how a job takes pitches ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of a recorded pitch: its title, seconds to think before it, and how long it may be."""

    title: str
    think_s: int
    minutes: int

    @property
    def longest_ms(self) -> int:
        """Return how long it may be."""
        return self.minutes * 60_000


@dataclass(frozen=True, slots=True)
class Setting:
    """How a job takes pitches; the defaults are what a job has that never said anything."""

    live: bool = True
    recorded: bool = True
    typed: bool = True
    sections: tuple[Section, ...] = (Section("Your pitch", 60, 15),)
    retakes: int = 2
    due_days: int | None = None  # after the candidate came on the job; None: as long as the personal link works

    @property
    def longest_ms(self) -> int:
        """Return how long a whole pitch may be."""
        return sum(section.longest_ms for section in self.sections)

    @property
    def takes_max(self) -> int:
        """Return how often a section may be recorded."""
        return 1 + self.retakes

    def due_at(self, created_at: datetime) -> datetime | None:
        """Return until when a recorded or typed pitch can be begun, for a candidate who came at an instant."""
        return None if self.due_days is None else created_at + timedelta(days=self.due_days)


def setting_problems(setting: Setting) -> dict[str, str]:
    """Return field -> sentence for what cannot be kept; empty where all is well."""
    found: dict[str, str] = {}
    if not (setting.live or setting.recorded or setting.typed):
        found["ways"] = "Choose at least one way, or no candidate could pitch."
    elif not (setting.live or setting.typed):
        found["ways"] = "Offer a live or a written pitch as well: nobody has to be recorded."
    if not 1 <= len(setting.sections) <= SECTIONS_MAX:
        found["sections"] = f"Name 1 to {SECTIONS_MAX} sections."
    for number, section in enumerate(setting.sections, 1):
        if not section.title or len(section.title) > TITLE_MAX_CHARS:
            found["sections"] = f"Section {number}: write a title of at most {TITLE_MAX_CHARS} characters."
        elif not 0 <= section.think_s <= THINK_MAX_S:
            found["sections"] = f"Section {number}: enter 0 to {THINK_MAX_S} seconds to think."
        elif not 1 <= section.minutes <= MINUTES_MAX:
            found["sections"] = f"Section {number}: enter 1 to {MINUTES_MAX} minutes."
    if not 0 <= setting.retakes <= RETAKES_MAX:
        found["retakes"] = f"Enter 0 to {RETAKES_MAX} retakes."
    if setting.due_days is not None and not 1 <= setting.due_days <= DUE_DAYS_MAX:
        found["due_days"] = f"Enter 1 to {DUE_DAYS_MAX} days, or leave it empty."
    return found


# --- takes and parts --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PartFacts:
    """What the rules know of a part: one run of the recorder, or one file; `length_ms` is the browser's own word."""

    id: int
    section: int
    take: int
    ordinal: int
    is_finished: bool
    size_bytes: int = 0
    length_ms: int = 0


@dataclass(frozen=True, slots=True)
class Take:
    """One attempt at a section: the parts it was recorded in."""

    section: int
    number: int
    parts: tuple[PartFacts, ...]

    @property
    def is_whole(self) -> bool:
        """Say whether everything of it has arrived, and there is something."""
        return all(part.is_finished for part in self.parts) and any(part.size_bytes for part in self.parts)

    @property
    def length_ms(self) -> int:
        """Return how long it is, as far as the browser said."""
        return sum(part.length_ms for part in self.parts)


def takes(parts: Iterable[PartFacts]) -> dict[int, tuple[Take, ...]]:
    """Return the takes of each section that has any, in order."""
    found: dict[tuple[int, int], list[PartFacts]] = {}
    for part in sorted(parts, key=lambda one: (one.section, one.take, one.ordinal)):
        found.setdefault((part.section, part.take), []).append(part)
    by_section: dict[int, list[Take]] = {}
    for (section, number), of_take in found.items():
        by_section.setdefault(section, []).append(Take(section, number, tuple(of_take)))
    return {section: tuple(made) for section, made in by_section.items()}


def next_place(parts: Iterable[PartFacts], section: int, *, again: bool, takes_max: int) -> tuple[int, int]:
    """Return (take, ordinal) of a new part: the last take goes on, or `again` begins another one. Raises Invalid."""
    made = takes(parts).get(section, ())
    if not made:
        return 1, 1
    last = made[-1]
    if not again:
        if len(last.parts) >= PARTS_MAX:
            raise Invalid("This take was interrupted too often to go on. Record the section again.")
        return last.number, last.parts[-1].ordinal + 1
    if last.number >= takes_max:
        raise Invalid("This job allows no further retake of this section. The takes you have can be handed in.")
    return last.number + 1, 1


def chosen_parts(
    sections: Sequence[Section], parts: Iterable[PartFacts], choice: Mapping[int, int]
) -> tuple[PartFacts, ...]:
    """Return the parts to hand in, in order: of each section the take chosen, the last where nothing was.

    Raises Invalid naming the section that is not there or has not arrived yet."""
    made = takes(parts)
    found: list[PartFacts] = []
    for number, section in enumerate(sections):
        of_section = made.get(number, ())
        wanted = choice.get(number)
        take = next((one for one in of_section if one.number == wanted), of_section[-1] if of_section else None)
        if take is None:
            raise Invalid(f"“{section.title}” is not recorded yet.")
        if not take.is_whole:
            raise Invalid(
                f"“{section.title}” has not arrived completely. Leave this page open until it says that all is sent."
            )
        found += [part for part in take.parts if part.size_bytes]
    return tuple(found)


def text_problem(text: str) -> str | None:
    """Say what keeps a written pitch from being handed in, or None."""
    if len(text) < TEXT_MIN_CHARS:
        return f"Write at least {TEXT_MIN_CHARS} characters: this is all the team has of you."
    if len(text) > TEXT_MAX_CHARS:
        return f"Shorten your pitch to {TEXT_MAX_CHARS} characters."
    return None


def closed_because(stage: Stage, *, reached_team: bool) -> str:
    """Say why a candidate can send no pitch any more: it took place in a meeting, or the decision is made; else "".

    One that reached the team and was withdrawn may come again."""
    if stage is Stage.DECIDED:
        return "The decision is made. Ask your contact."
    if stage in (Stage.PITCHED, Stage.SCORED) and not reached_team:
        return "Your pitch has taken place. Ask your contact."
    return ""


# --- which files are taken --------------------------------------------------------------------------------------------


class Container(StrEnum):
    """The kinds of file that parts come in; what is made of them is MP4 or WebM."""

    MP4 = "mp4"  # MOV of phones as well
    WEBM = "webm"
    OGG = "ogg"
    MP3 = "mp3"


HEAD_BYTES: Final = 64
TAKEN: Final = "Send MP4, MOV, WebM, M4A, MP3 or Ogg."
_WORDS: Final = {
    b"RIFF": "WAV or AVI",
    b"%PDF": "PDF",
    b"PK\x03\x04": "ZIP or Office",
    b"\x89PNG": "picture",
    b"fLaC": "FLAC",
}


def container_of(head: bytes) -> Container:
    """Tell the kind of file by its first bytes, never by its name. Raises Invalid with what to do."""
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return Container.WEBM
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free"):
        return Container.MP4
    if head.startswith(b"OggS"):
        return Container.OGG
    if head.startswith(b"ID3") or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2):
        return Container.MP3
    kind = next((words for magic, words in _WORDS.items() if head.startswith(magic)), "")
    begins = f"This is a {kind} file" if kind else "This is no recording that can be read"
    raise Invalid(f"{begins}. {TAKEN}", reason="wrong_format")


def too_large(limit_bytes: int) -> str:
    """Return the sentence for a file above the limit."""
    return f"This is larger than the limit of {limit_bytes // 1_000_000} MB. Export it smaller, or cut it."


@dataclass(frozen=True, slots=True)
class Joined:
    """What a joined recording is, measured on its packets."""

    container: str
    duration_ms: int
    video_codec: str | None
    audio_codec: str | None

    @property
    def content_type(self) -> str:
        """Return the exact type it is served with."""
        return f"{'audio' if self.video_codec is None else 'video'}/{self.container}"


def join_objection(found: Joined, longest_ms: int | None) -> str | None:
    """Return why a joined recording cannot be handed to the team, as a sentence for who sent it, or None."""
    if found.audio_codec is None and found.video_codec is None:
        return f"There is neither picture nor sound in it. {TAKEN}"
    if found.duration_ms < SHORTEST_MS:
        return "It is shorter than a second. Check that the right file was chosen, or record it again."
    if longest_ms is not None and found.duration_ms > longest_ms + longest_ms // 10 + GRACE_MS:
        minutes, limit = -(-found.duration_ms // 60_000), longest_ms // 60_000
        return f"It is {minutes} minutes long; this job takes at most {limit}. Shorten it, or record it again."
    return None
