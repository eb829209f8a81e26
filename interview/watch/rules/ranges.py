"""Sorted half-open ranges of content milliseconds: union with paid joins, gaps, and their stored form.

Ranges are kept apart by at least JOIN_MS; whatever comes closer is joined, and the joined gap counts as growth.
"""

from bisect import bisect_left, bisect_right
from operator import itemgetter

Range = tuple[int, int]
Ranges = tuple[Range, ...]

JOIN_MS = 1000  # heals seeks, decoder holes and 250 ms sampling; a comb of pieces pays for the gaps it closes
MAX_RANGES = 2000

_start_of = itemgetter(0)
_end_of = itemgetter(1)


def total_ms(ranges: Ranges) -> int:
    """Return the length of all ranges together."""
    return sum(end - start for start, end in ranges)


def join(ranges: Ranges, start: int, end: int) -> tuple[Ranges, int]:
    """Add [start, end), joining neighbours closer than JOIN_MS; return the new ranges and by how much they grew."""
    first = bisect_left(ranges, start - JOIN_MS + 1, key=_end_of)
    last = bisect_right(ranges, end + JOIN_MS - 1, key=_start_of)
    swallowed = ranges[first:last]
    if swallowed:
        start = min(start, swallowed[0][0])
        end = max(end, swallowed[-1][1])
    grown = end - start - total_ms(swallowed)
    return (*ranges[:first], (start, end), *ranges[last:]), grown


def affordable_end(ranges: Ranges, start: int, end: int, allow_ms: int) -> int:
    """Return the largest x <= end such that joining [start, x) grows the ranges by at most allow_ms; start if none.

    Walks from gap to gap: a gap is paid whole as soon as x comes closer than JOIN_MS to the range behind it.
    """
    index = bisect_left(ranges, start - JOIN_MS + 1, key=_end_of)
    edge = start  # everything before the edge is covered or, between a near neighbour and start, must be paid first
    if index < len(ranges) and ranges[index][0] <= start:
        edge = ranges[index][1]
        index += 1
    for next_start, next_end in ranges[index:]:
        if next_start - end >= JOIN_MS:
            break
        if next_start - edge > allow_ms:
            return max(start, min(edge + allow_ms, next_start - JOIN_MS))
        allow_ms -= next_start - edge
        edge = next_end
    return max(start, min(end, edge + allow_ms))


def covers(ranges: Ranges, start: int, end: int) -> bool:
    """Say whether [start, end) lies within one of the ranges."""
    at = bisect_right(ranges, start, key=_start_of) - 1
    return at >= 0 and end <= ranges[at][1]


def overlap(ranges: Ranges, pieces: Ranges, least_ms: int = 1) -> Ranges:
    """Return where the pieces meet the ranges, as far as each meeting is at least so long."""
    return tuple(
        (max(start, low), min(end, high))
        for low, high in pieces
        for start, end in ranges[max(0, bisect_right(ranges, low, key=_start_of) - 1) : bisect_left(ranges, (high,))]
        if min(end, high) - max(start, low) >= least_ms
    )


def union(*many: Ranges) -> Ranges:
    """Return the plain union of several range lists: nothing is joined but what touches or overlaps."""
    merged: list[Range] = []
    for start, end in sorted(piece for ranges in many for piece in ranges):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def gaps(ranges: Ranges, duration_ms: int) -> Ranges:
    """Return what of [0, duration_ms) the ranges leave open."""
    edges = [0, *(edge for piece in ranges for edge in piece), duration_ms]
    return tuple((start, end) for start, end in zip(edges[::2], edges[1::2], strict=True) if start < end)


def encode(ranges: Ranges) -> bytes:
    """Return the ranges as variable-length deltas (LEB128): one honest linear hour takes 5 bytes."""
    out = bytearray()
    edge = 0
    for start, end in ranges:
        for delta in (start - edge, end - start):
            while delta > 0x7F:
                out.append(delta & 0x7F | 0x80)
                delta >>= 7
            out.append(delta)
        edge = end
    return bytes(out)


def decode(blob: bytes) -> Ranges:
    """Return the ranges that encode() stored."""
    edges: list[int] = []
    edge = delta = shift = 0
    for byte in blob:
        delta |= (byte & 0x7F) << shift
        if byte & 0x80:
            shift += 7
            continue
        edge += delta
        edges.append(edge)
        delta = shift = 0
    return tuple(zip(edges[::2], edges[1::2], strict=True))
