"""Reading an HLS rendition strictly, laying its measured segments on the film's time, writing its playlists anew.

Knows text and numbers; opens no file, and believes no length that a playlist claims.
"""

from __future__ import annotations

import math
import posixpath
import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO
from urllib.parse import unquote

from interview.errors import Invalid
from interview.watch.rules.archive import Archive
from interview.watch.rules.media import Container, Findings, objection
from interview.watch.rules.ranges import Range, Ranges

MAX_PLAYLIST_BYTES = 1_000_000
MAX_RENDITIONS = 10
MAX_PLAYLISTS = 50
MAX_SEGMENTS = 20_000
MAX_SEGMENT_S = 60
SEGMENTED_VIDEO = frozenset({"h264", "av1", "vp9"})
SEGMENTED_AUDIO = frozenset({"aac", "opus"})
CLAIM_MS = 2000  # how far a playlist's lengths may lie from what was measured: this much, and
CLAIM_SHARE = 100  # one hundredth of the film, but
CLAIM_FLOOR_MS = 250  # never so little that the last frame or sound of a short film decides
RUN_ON_MS = 1000  # timestamps that go on within this are one run; a larger jump begins another
ENTRY = "index.m3u8"
PLAYLIST_TYPE = "application/vnd.apple.mpegurl"

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")
_ATTRIBUTE = re.compile(r'([A-Z0-9-]+)=("[^"]*"|[^",]*)')
_CODECS = re.compile(r"[A-Za-z0-9.,-]{1,100}")
_LIVE = "belongs to a live stream. Export the finished recording, whose playlist ends with EXT-X-ENDLIST."
_FORBIDDEN = {
    "#EXT-X-KEY": "the segments are encrypted, so they cannot be looked into. Export them without encryption.",
    "#EXT-X-SESSION-KEY": "the segments are encrypted, so they cannot be looked into. Export them without encryption.",
    "#EXT-X-BYTERANGE": "a segment is a part of a larger file. Export a file for each segment.",
    "#EXT-X-DEFINE": "variables are not taken. Write the addresses out.",
    "#EXT-X-CONTENT-STEERING": "it sends players to other servers. Export it without content steering.",
    "#EXT-X-GAP": "a segment is marked as missing. Export the recording again.",
    "#EXT-X-I-FRAMES-ONLY": "it holds still pictures only. Export the film itself.",
    "#EXT-X-PART": _LIVE,
    "#EXT-X-PRELOAD-HINT": _LIVE,
    "#EXT-X-SKIP": _LIVE,
}


@dataclass(frozen=True, slots=True)
class Listed:
    """A segment as its playlist lists it: where it lies, what it claims, what must be read before it."""

    path: str
    claimed_ms: int
    init: str | None
    begins_run: bool


@dataclass(frozen=True, slots=True)
class Rendition:
    """One media playlist: the film in one size."""

    path: str
    segments: tuple[Listed, ...]
    codecs: str = ""
    is_whole_seconds: bool = False  # old playlists round each length to a second

    @property
    def claimed_ms(self) -> int:
        """Return the length that the playlist claims."""
        return sum(one.claimed_ms for one in self.segments)


@dataclass(frozen=True, slots=True)
class Piece:
    """A segment as it is served: its name, its size and its place on the film's time."""

    name: str
    size_bytes: int
    place: Range
    init: str | None
    begins_run: bool


def read_stream(names: Collection[str], read: Callable[[str], bytes]) -> tuple[Rendition, ...]:
    """Read the renditions among these files, every name resolved and present; raise Invalid naming file and line."""
    listing = sorted(name for name in names if name.lower().endswith(".m3u8"))
    if not listing:
        raise Invalid("There is no playlist (.m3u8) in it. Export the film as HLS and pack the whole folder.")
    if len(listing) > MAX_PLAYLISTS:
        raise Invalid(f"It holds {len(listing)} playlists; at most {MAX_PLAYLISTS} are taken. Pack one film alone.")
    playlists = {name: _lines(name, read(name)) for name in listing}
    masters = [name for name, lines in playlists.items() if any(one.startswith("#EXT-X-STREAM-INF") for one in lines)]
    if len(masters) > 1 or (not masters and len(playlists) > 1):
        kind = "master playlists" if masters else "playlists and no master playlist"
        several = masters or list(playlists)
        raise Invalid(f"It holds {len(several)} {kind} ({', '.join(map(shown, several[:3]))}). Pack one film alone.")
    if masters:
        found = _renditions(masters[0], playlists, names)
    else:
        ((name, lines),) = playlists.items()
        found = (_rendition(name, lines, names),)
    segments = [one.path for rendition in found for one in rendition.segments]
    if len(segments) > MAX_SEGMENTS:
        raise Invalid(f"It lists {len(segments)} segments; at most {MAX_SEGMENTS} are taken.")
    path, count = Counter(segments).most_common(1)[0]
    if count > 1:
        raise Invalid(f"The segment {shown(path)} is listed more than once. Give every segment a file of its own.")
    return found


def read_packed(source: BinaryIO, *, limit_bytes: int) -> tuple[Archive, tuple[Rendition, ...]]:
    """Read the renditions in a ZIP; raise Invalid or TooLarge (unpacked, it is larger than the limit)."""
    archive = Archive(source, limit_bytes=limit_bytes)
    return archive, read_stream(archive.names, lambda name: archive.read(name, MAX_PLAYLIST_BYTES))


def shown(name: str) -> str:
    """Return a file's name as it can stand in a sentence."""
    return "".join(sign if sign.isprintable() else "?" for sign in name)[-80:]


def segment_type(head: bytes, *, has_init: bool, name: str) -> str:
    """Return the media type of a segment by its first bytes; raise Invalid for what is neither TS nor fMP4."""
    if has_init and head[4:8] in (b"styp", b"moof", b"sidx", b"prft", b"emsg", b"free", b"mdat"):
        return "video/iso.segment"
    if not has_init and head[:1] == b"\x47" and head[188:189] in (b"\x47", b""):
        return "video/mp2t"
    if not has_init and head[4:8] in (b"styp", b"moof", b"sidx", b"ftyp"):
        raise Invalid(f"{shown(name)} is fMP4, but its playlist names no EXT-X-MAP. Export it again with one.")
    raise Invalid(f"{shown(name)} is neither an MPEG-TS nor an fMP4 segment. Export picture and sound in one of these.")


def lay_out(measured: Sequence[Range], begins_run: Sequence[bool]) -> Ranges:
    """Return each segment's place in the film: up to where the next begins, or its own length before a jump."""
    places: list[Range] = []
    edge = 0
    for index, (start, end) in enumerate(measured):
        length = end - start
        if index + 1 < len(measured) and not begins_run[index + 1]:
            following = measured[index + 1][0]
            if abs(following - end) <= RUN_ON_MS and following > start:
                length = following - start
        places.append((edge, edge + max(1, length)))
        edge = places[-1][1]
    return tuple(places)


def agree(one_ms: int, other_ms: int, *, slack_ms: int = 0) -> bool:
    """Say whether two lengths can be those of one film."""
    allowed_ms = min(CLAIM_MS, max(CLAIM_FLOOR_MS, max(one_ms, other_ms) // CLAIM_SHARE))
    return abs(one_ms - other_ms) <= allowed_ms + slack_ms


def claim_objection(rendition: Rendition, measured_ms: int) -> str | None:
    """Return why a playlist's lengths cannot be right, as a sentence, or None where they agree with the packets."""
    rounded_ms = 500 * len(rendition.segments) if rendition.is_whole_seconds else 0
    if agree(rendition.claimed_ms, measured_ms, slack_ms=rounded_ms):
        return None
    claimed, found = rendition.claimed_ms / 1000, measured_ms / 1000
    return f"{shown(rendition.path)} claims {claimed:.1f} s, but its segments hold {found:.1f} s. Export it again."


def stream_objection(found: Findings, *, is_fragmented: bool) -> str | None:
    """Return why browsers cannot be trusted to play such segments, as a sentence, or None when they can."""
    if is_fragmented and found.audio_codec == "mp3":
        return "The sound is MP3 in fMP4, which many browsers cannot play in segments. Use AAC."
    return objection(replace(found, claimed_ms=None), Container.MP4)


def uncuttable(video_codec: str | None, audio_codec: str | None) -> str | None:
    """Return why a film that can be played cannot be cut into segments, as a sentence, or None when it can be tried."""
    for kind, codec, taken in (
        ("picture", video_codec, SEGMENTED_VIDEO),
        ("sound", audio_codec, SEGMENTED_AUDIO),
    ):
        if codec is not None and codec not in taken:
            return f"Its {kind} is {codec.upper()}, which cannot be put into segments as it is."
    return None


def write_playlist(pieces: Sequence[Piece]) -> str:
    """Return a media playlist of these segments: measured lengths, our own names, nothing else."""
    lengths = [end - start for start, end in (one.place for one in pieces)]
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        f"#EXT-X-TARGETDURATION:{math.ceil(max(lengths) / 1000)}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD",
    ]
    init = None
    for piece, length in zip(pieces, lengths, strict=True):
        if piece.begins_run and piece is not pieces[0]:
            lines.append("#EXT-X-DISCONTINUITY")
        if piece.init != init:
            init = piece.init
            lines.append(f'#EXT-X-MAP:URI="{init}"')
        lines += [f"#EXTINF:{length / 1000:.3f},", piece.name]
    return "\n".join([*lines, "#EXT-X-ENDLIST"]) + "\n"


def write_master(renditions: Sequence[tuple[str, Sequence[Piece], int, int, str]]) -> str:
    """Return a master playlist over (name, pieces, width, height, codecs): bandwidths are measured."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:7"]
    for name, pieces, width, height, codecs in renditions:
        peak = max(8000 * one.size_bytes // (one.place[1] - one.place[0]) for one in pieces)
        named = f',CODECS="{codecs}"' if codecs else ""
        lines += [f"#EXT-X-STREAM-INF:BANDWIDTH={max(1, peak)},RESOLUTION={width}x{height}{named}", name]
    return "\n".join(lines) + "\n"


def _lines(name: str, content: bytes) -> list[str]:
    if len(content) > MAX_PLAYLIST_BYTES:
        raise Invalid(f"{shown(name)} is larger than {MAX_PLAYLIST_BYTES // 1_000_000} MB, which no playlist needs.")
    try:
        lines = [line.strip() for line in content.decode("utf-8-sig").splitlines()]
    except UnicodeDecodeError:
        raise Invalid(f"{shown(name)} is not text in UTF-8.") from None
    if not lines or lines[0] != "#EXTM3U":
        raise _refused(name, 1, "a playlist begins with #EXTM3U.")
    return lines


def _renditions(master: str, playlists: dict[str, list[str]], names: Collection[str]) -> tuple[Rendition, ...]:
    found: dict[str, Rendition] = {}
    attributes: dict[str, str] | None = None
    for number, line in enumerate(playlists[master], 1):
        tag, _, value = line.partition(":")
        if tag in _FORBIDDEN:
            raise _refused(master, number, f"{tag[1:]}: {_FORBIDDEN[tag]}")
        if tag == "#EXTINF":
            raise _refused(master, number, "segments and variants cannot stand in one playlist.")
        if tag == "#EXT-X-MEDIA":
            rendition = _attributes(value)
            if rendition.get("TYPE") in ("AUDIO", "VIDEO") and "URI" in rendition:
                raise _refused(master, number, "sound and picture are apart. Export segments that hold both.")
        elif tag == "#EXT-X-STREAM-INF":
            attributes = _attributes(value)
        elif line and not line.startswith("#"):
            if attributes is None:
                raise _refused(master, number, "an address without EXT-X-STREAM-INF before it.")
            path = _resolved(master, number, line, names)
            if path not in playlists:
                raise _refused(master, number, f"{shown(path)} is no playlist (.m3u8).")
            codecs = attributes.get("CODECS", "")
            one = _rendition(path, playlists[path], names)
            found.setdefault(path, replace(one, codecs=codecs if _CODECS.fullmatch(codecs) else ""))
            attributes = None
    if not 0 < len(found) <= MAX_RENDITIONS:
        raise Invalid(f"{shown(master)} lists {len(found)} variants; from 1 to {MAX_RENDITIONS} are taken.")
    return tuple(found.values())


def _rendition(name: str, lines: list[str], names: Collection[str]) -> Rendition:
    segments: list[Listed] = []
    init: str | None = None
    claimed_ms: int | None = None
    begins_run = ended = False
    is_whole = True
    for number, line in enumerate(lines, 1):
        tag, _, value = line.partition(":")
        if tag in _FORBIDDEN:
            raise _refused(name, number, f"{tag[1:]}: {_FORBIDDEN[tag]}")
        if tag in ("#EXT-X-STREAM-INF", "#EXT-X-MEDIA"):
            raise _refused(name, number, "a variant's playlist must list segments, not further playlists.")
        if tag == "#EXTINF":
            claimed_ms = _claimed_ms(name, number, value)
            is_whole = is_whole and "." not in value.split(",")[0]
        elif tag == "#EXT-X-MAP":
            init = _map(name, number, value, names)
        elif tag == "#EXT-X-DISCONTINUITY":
            begins_run = True
        elif tag == "#EXT-X-ENDLIST":
            ended = True
        elif line and not line.startswith("#"):
            if claimed_ms is None:
                raise _refused(name, number, "a segment without EXTINF before it.")
            segments.append(Listed(_resolved(name, number, line, names), claimed_ms, init, begins_run))
            claimed_ms, begins_run = None, False
    if not ended:
        raise _refused(name, len(lines), f"EXT-X-ENDLIST is missing, so it {_LIVE}")
    if not segments:
        raise Invalid(f"{shown(name)} lists no segment. Export the film again.")
    return Rendition(name, tuple(segments), is_whole_seconds=is_whole)


def _claimed_ms(name: str, number: int, value: str) -> int:
    digits = re.fullmatch(r"\s*(\d{1,6}(?:\.\d{1,9})?)\s*(?:,.*)?", value)
    if digits is None:
        raise _refused(name, number, "EXTINF must give a length in seconds, like 6.000.")
    if float(digits[1]) > MAX_SEGMENT_S:
        raise _refused(name, number, f"a segment of more than {MAX_SEGMENT_S} s. Export shorter ones, of about 6 s.")
    return round(float(digits[1]) * 1000)


def _map(name: str, number: int, value: str, names: Collection[str]) -> str:
    attributes = _attributes(value)
    if "BYTERANGE" in attributes:
        raise _refused(name, number, _FORBIDDEN["#EXT-X-BYTERANGE"])
    return _resolved(name, number, attributes.get("URI", ""), names)


def _resolved(playlist: str, number: int, address: str, names: Collection[str]) -> str:
    """Return the file that a playlist's address stands for; nothing but files beside or below are reached."""
    if _SCHEME.match(address):
        raise _refused(playlist, number, f"“{shown(address)}” lies on a server. Only files in the ZIP can be taken.")
    path = unquote(address)
    if path.startswith("/") or "\\" in path or "\0" in path:
        raise _refused(playlist, number, f"“{shown(address)}” is not a relative address.")
    joined = posixpath.normpath(posixpath.join(posixpath.dirname(playlist), path))
    if joined.split("/")[0] == "..":
        raise _refused(playlist, number, f"“{shown(address)}” leads out of the ZIP.")
    if joined not in names:
        raise _refused(playlist, number, f"{shown(joined)} is not in the ZIP. Pack the whole folder.")
    return joined


def _attributes(value: str) -> dict[str, str]:
    return {name: text.strip('"') for name, text in _ATTRIBUTE.findall(value)}


def _refused(name: str, number: int, sentence: str) -> Invalid:
    return Invalid(f"{shown(name)}, line {number}: {sentence}", reason="bad_stream")
