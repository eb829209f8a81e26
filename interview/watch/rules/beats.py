"""Reading one beat: bytes of JSON in, checked integers out, or the exact reason why not (WATCH 3.3)."""

import json
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from interview.errors import Invalid, Unreadable
from interview.watch.rules.ranges import Range

MAX_BODY_BYTES = 8 * 1024
MAX_PIECES = 16
MAX_SEQ = 10**7
OVERHANG_MS = 1500  # a player may report a little past the end
CLOCK_SLACK_MS = 2000
MAX_RATE_X100 = 1600  # the fastest a browser plays; speed is limited by the budget, not by what is claimed here
_MAX_MS = 2**53
_STATES = frozenset({"playing", "paused", "buffering", "ended"})
_REQUIRED = frozenset({"v", "seq", "segs", "pos", "state", "mono"})
_KNOWN = _REQUIRED | {"hid", "mut", "qn"}


class OutOfRange(Invalid):
    """A value of the beat that no player could have observed."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, reason="bad_range")


@dataclass(frozen=True, slots=True)
class Beat:
    """What a player observed since its last acknowledged beat; never a conclusion."""

    seq: int
    pieces: tuple[Range, ...]
    pos_ms: int
    state: str
    mono_ms: int
    hidden: int
    muted: int
    digest: int

    @property
    def ended(self) -> bool:
        """Return whether the player says it reached the end of the film."""
        return self.state == "ended"


def read_json(body: bytes) -> dict[str, Any]:
    """Return the object in a request body; raise Unreadable or OutOfRange."""
    try:
        value = json.loads(body.decode("utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        raise Unreadable("The body is not JSON in UTF-8.", reason="bad_json") from None
    except ValueError:  # an integer of thousands of digits
        raise OutOfRange("A number in the body is out of range.") from None
    if type(value) is not dict:
        raise OutOfRange("The body must be one JSON object.")
    return value


def read_beat(fields: dict[str, Any]) -> Beat:
    """Check the shape and every value that needs no film and no clock; raise Invalid."""
    if unknown := fields.keys() - _KNOWN:
        raise Invalid(f"Unknown field: {', '.join(sorted(unknown))[:80]}.", reason="unknown_field")
    if absent := _REQUIRED - fields.keys():
        raise OutOfRange(f"Missing field: {', '.join(sorted(absent))}.")
    _whole(fields["v"], 1, 1, "v")
    seq = _whole(fields["seq"], 1, MAX_SEQ, "seq")
    pieces = _pieces(fields["segs"])
    pos_ms = _whole(fields["pos"], 0, _MAX_MS, "pos")
    state = fields["state"]
    if type(state) is not str or state not in _STATES:
        raise OutOfRange("state must be playing, paused, buffering or ended.")
    mono_ms = _whole(fields["mono"], 0, _MAX_MS, "mono")
    hidden = _whole(fields.get("hid", 0), 0, 1, "hid")
    muted = _whole(fields.get("mut", 0), 0, 1, "mut")
    queued_count = _whole(fields.get("qn", 0), 0, MAX_SEQ, "qn")
    content = repr((fields["segs"], pos_ms, state, mono_ms, hidden, muted, queued_count)).encode()
    digest = int.from_bytes(blake2b(content, digest_size=8).digest())
    return Beat(seq, pieces, pos_ms, state, mono_ms, hidden, muted, digest)


def fit_to_film(beat: Beat, duration_ms: int) -> tuple[Range, ...]:
    """Return the beat's pieces cut to the film; raise OutOfRange where one lies outside it."""
    limit_ms = duration_ms + OVERHANG_MS
    if beat.pos_ms > limit_ms or any(end > limit_ms for _, end in beat.pieces):
        raise OutOfRange(f"A position lies behind the end of the film ({duration_ms} ms).")
    return tuple((start, min(end, duration_ms)) for start, end in beat.pieces if start < duration_ms)


def check_clock(beat: Beat, elapsed_ms: int) -> None:
    """Raise Invalid with reason `mono` where the player's clock ran ahead of the server's since the lease began."""
    if beat.mono_ms > elapsed_ms + CLOCK_SLACK_MS:
        raise Invalid("The player's clock runs faster than the server's.", reason="mono")


def _pieces(value: object) -> tuple[Range, ...]:
    if type(value) is not list or len(value) > MAX_PIECES:
        raise OutOfRange(f"segs must be a list of at most {MAX_PIECES} pieces.")
    return tuple(_piece(piece) for piece in value)


def _piece(value: object) -> Range:
    if type(value) is not list or len(value) != 5:
        raise OutOfRange("A piece must be [from_ms, to_ms, rate_x100, mono_from_ms, mono_to_ms].")
    start = _whole(value[0], 0, _MAX_MS, "from_ms")
    end = _whole(value[1], start + 1, _MAX_MS, "to_ms")
    _whole(value[2], 1, MAX_RATE_X100, "rate_x100")
    mono_from_ms = _whole(value[3], 0, _MAX_MS, "mono_from_ms")
    _whole(value[4], mono_from_ms, _MAX_MS, "mono_to_ms")
    return start, end


def _whole(value: object, low: int, high: int, name: str) -> int:
    # `type is int` on purpose: True is an int to isinstance, and a bool is not a number of milliseconds.
    if type(value) is not int or not low <= value <= high:
        raise OutOfRange(f"{name} must be a whole number from {low} to {high}.")
    return value
