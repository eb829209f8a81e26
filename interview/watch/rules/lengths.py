"""How long material elsewhere is: what a person confirms, and when a player's own word differs too much from it."""

import re

from interview.errors import Invalid
from interview.watch.rules.media import MAX_DURATION_MS

GRAIN_MS = 1000  # people confirm whole seconds
LENGTH_OFF_MS = 2000
_LENGTH = re.compile(r"(?:(\d{1,2}):)?(\d{1,3}):([0-5]\d)")


def read_length(text: str) -> int:
    """Read a length like 41:30 or 1:02:03 as milliseconds; raise Invalid for anything else."""
    found = _LENGTH.fullmatch(text.strip())
    if not found or (found[1] and int(found[2]) > 59):
        raise _refused("Write the length as minutes and seconds, such as 41:30, or with hours: 1:02:03.")
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    length_ms = ((hours * 60 + minutes) * 60 + seconds) * 1000
    if not 1000 <= length_ms <= MAX_DURATION_MS:
        raise _refused("The length is between a second and 12 hours. Look at it again where the film is.")
    return length_ms


def write_length(length_ms: int) -> str:
    """Return a length the way read_length takes it."""
    minutes, seconds = divmod(length_ms // 1000, 60)
    hours, rest = divmod(minutes, 60)
    return f"{hours}:{rest:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def is_off(found_ms: int, confirmed_ms: int) -> bool:
    """Say whether a player's length differs from the confirmed one by more than 2 s or 1 %, and a whole second."""
    off_ms = abs(found_ms - confirmed_ms)
    return off_ms > GRAIN_MS and (off_ms > LENGTH_OFF_MS or 100 * off_ms > confirmed_ms)


def _refused(sentence: str) -> Invalid:
    return Invalid(sentence, fields={"length": sentence})
