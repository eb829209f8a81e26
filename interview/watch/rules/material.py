"""What material is, and the states a version of it goes through."""

import re
from dataclasses import dataclass
from enum import StrEnum

from interview.errors import Invalid
from interview.watch.rules.completion import DEFAULT_NEED_PERMILLE
from interview.watch.rules.ranges import Range, Ranges, total_ms, union

TITLE_MAX = 200
_SPAN = re.compile(r"(\d{1,3}):([0-5]\d)\s*[-–]\s*(\d{1,3}):([0-5]\d)")


class Kind(StrEnum):
    """What a piece of material is for."""

    EXPLAINER = "explainer"
    WEBINAR = "webinar"
    OTHER = "other"


KIND_WORDS = {Kind.EXPLAINER: "Explainer", Kind.WEBINAR: "Webinar", Kind.OTHER: "Other"}


class Tier(StrEnum):
    """How strong the evidence of watching is, and what the team is told about it (WATCH 3.2)."""

    OBSERVED = "A"
    THIRD_PARTY = "B"
    ATTESTED = "C"
    READ = "T"  # equal to A in the gate, and shown to the team only where the candidate agrees

    @property
    def words(self) -> str:
        """Return the label that the team reads."""
        return _TIER_WORDS[self]


_TIER_WORDS = {
    Tier.OBSERVED: "observed",
    Tier.THIRD_PARTY: "observed (third-party player)",
    Tier.ATTESTED: "attested, not observed",
    Tier.READ: "read transcript",
}


class Source(StrEnum):
    """Where material comes from."""

    FILE = "file"
    HLS = "hls"
    YOUTUBE = "youtube"
    VIMEO = "vimeo"
    WISTIA = "wistia"
    LINK = "link"

    @property
    def tier(self) -> Tier:
        """Return the tier of what is played from here."""
        if self in (Source.FILE, Source.HLS):
            return Tier.OBSERVED
        return Tier.ATTESTED if self is Source.LINK else Tier.THIRD_PARTY


class Way(StrEnum):
    """How a session covers material: by playing the film or by reading its transcript."""

    PLAY = "play"
    READ = "read"


class Accommodation(StrEnum):
    """What makes checkpoints possible for everybody; set by the recruiter, unknown to interviewers."""

    NO_TIMER = "no_timer"
    FEWER = "fewer"
    NONE = "none"


class VersionState(StrEnum):
    """Where an uploaded film stands; only a ready one is ever shown to a candidate."""

    PROBING = "probing"
    READY = "ready"
    REFUSED = "refused"


class ItemState(StrEnum):
    """Where a candidate stands with one piece of material."""

    TODO = "todo"
    DOING = "doing"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class MaterialText:
    """What a hiring manager says about a piece of material."""

    title: str
    kind: Kind = Kind.OTHER
    required: bool = True
    need_permille: int = DEFAULT_NEED_PERMILLE

    def __post_init__(self) -> None:
        """Raise Invalid naming the field that cannot be used."""
        if not 1 <= len(self.title) <= TITLE_MAX:
            sentence = f"Give the material a title of 1 to {TITLE_MAX} characters."
            raise Invalid(sentence, fields={"title": sentence})
        if not 500 <= self.need_permille <= 1000:
            sentence = "How much must be covered is between 50 and 100 %."
            raise Invalid(sentence, fields={"need_pct": sentence})


def read_excluded(text: str, duration_ms: int) -> Ranges:
    """Read ranges that do not count, like "0:00-0:12, 4:10-4:20"; raise Invalid naming the one that cannot be used."""
    found: list[Range] = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        match = _SPAN.fullmatch(part)
        if match is None:
            raise _excluded_refused(f"“{part[:40]}” is not a range like 0:00-0:12.")
        start_ms, end_ms = _position_ms(match[1], match[2]), _position_ms(match[3], match[4])
        if not start_ms < end_ms <= duration_ms + 999:
            raise _excluded_refused(f"The range {part} lies outside the film or ends before it begins.")
        found.append((start_ms, min(end_ms, duration_ms)))
    excluded = union(tuple(found))
    if 2 * total_ms(excluded) > duration_ms:
        raise _excluded_refused("More than half of the film would not count. Upload a shorter one instead.")
    return excluded


def write_excluded(ranges: Ranges) -> str:
    """Return ranges the way read_excluded takes them."""
    return ", ".join(f"{_position(start)}-{_position(end + 999)}" for start, end in ranges)


def _excluded_refused(sentence: str) -> Invalid:
    return Invalid(sentence, fields={"excluded": sentence})


def _position_ms(minutes: str, seconds: str) -> int:
    return (int(minutes) * 60 + int(seconds)) * 1000


def _position(ms: int) -> str:
    return f"{ms // 60_000}:{ms // 1000 % 60:02d}"
