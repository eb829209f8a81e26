"""Playlists read strictly and written anew: every problem names its file and line, lengths come from measuring."""

from __future__ import annotations

import struct
import zipfile
from io import BytesIO
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from interview.errors import Invalid, TooLarge
from interview.watch.rules.archive import Archive
from interview.watch.rules.ranges import total_ms
from interview.watch.rules.streams import (
    Listed,
    Piece,
    Rendition,
    agree,
    claim_objection,
    lay_out,
    read_packed,
    read_stream,
    segment_type,
    uncuttable,
    write_master,
    write_playlist,
)
from tests.support.streams import packed

HEAD = "#EXTM3U\n#EXT-X-VERSION:7\n"
PLAIN = HEAD + '#EXT-X-MAP:URI="init.mp4"\n#EXTINF:6.0,\na.m4s\n#EXTINF:4.5,\nb.m4s\n#EXT-X-ENDLIST\n'
FILES = {"init.mp4", "a.m4s", "b.m4s"}


def read(playlist: str, extra: set[str] = frozenset(), name: str = "film.m3u8") -> tuple[Rendition, ...]:
    return read_stream({name, *FILES, *extra}, lambda _: playlist.encode())


def test_a_plain_playlist() -> None:
    (one,) = read(PLAIN)
    assert one.segments == (
        Listed("a.m4s", 6000, "init.mp4", begins_run=False),
        Listed("b.m4s", 4500, "init.mp4", begins_run=False),
    )
    assert one.claimed_ms == 10_500


def test_names_are_resolved_beside_their_playlist() -> None:
    files = {"out/film.m3u8", "out/init.mp4", "out/a b.m4s", "out/b.m4s"}
    text = PLAIN.replace("a.m4s", "./x/../a%20b.m4s").replace("b.m4s", "b.m4s")
    (one,) = read_stream(files, lambda _: text.encode())
    assert [segment.path for segment in one.segments] == ["out/a b.m4s", "out/b.m4s"]


REFUSED = [
    ("a.m4s", "http://example.org/a.m4s", "line 5: “http://example.org/a.m4s” lies on a server"),
    ("a.m4s", "//example.org/a.m4s", "line 5: .* lies on a server"),
    ("a.m4s", "file:///etc/passwd", "line 5: .* lies on a server"),
    ("a.m4s", "data:video/mp4;base64,AAAA", "line 5: .* lies on a server"),
    ("a.m4s", "/etc/passwd", "line 5: .* is not a relative address"),
    ("a.m4s", "%2Fetc%2Fpasswd", "line 5: .* is not a relative address"),
    ("a.m4s", "../a.m4s", "line 5: .* leads out of the ZIP"),
    ("a.m4s", "%2e%2e/a.m4s", "line 5: .* leads out of the ZIP"),
    ("a.m4s", "..\\a.m4s", "line 5: .* is not a relative address"),
    ("a.m4s", "a.m4s?token=1", r"line 5: a.m4s\?token=1 is not in the ZIP"),
    ("a.m4s", "gone.m4s", "film.m3u8, line 5: gone.m4s is not in the ZIP"),
    ("init.mp4", "gone.mp4", "line 3: gone.mp4 is not in the ZIP"),
    ("init.mp4", "https://example.org/i.mp4", "line 3: .* lies on a server"),
    ('"init.mp4"', '"init.mp4",BYTERANGE="10@0"', "line 3: .* part of a larger file"),
    ("#EXTINF:6.0,", '#EXT-X-KEY:METHOD=AES-128,URI="k"\n#EXTINF:6.0,', "line 4: EXT-X-KEY: .* encrypted"),
    ("#EXTINF:6.0,", "#EXT-X-BYTERANGE:10@0\n#EXTINF:6.0,", "line 4: EXT-X-BYTERANGE"),
    ("#EXTINF:6.0,", '#EXT-X-DEFINE:NAME="a",VALUE="http:"\n#EXTINF:6.0,', "line 4: EXT-X-DEFINE"),
    ("#EXTINF:6.0,", '#EXT-X-PART:DURATION=1,URI="a"\n#EXTINF:6.0,', "line 4: EXT-X-PART: belongs to a live"),
    ("#EXT-X-ENDLIST\n", "", "line 7: EXT-X-ENDLIST is missing, so it belongs to a live stream"),
    ("#EXTINF:6.0,", "#EXTINF:nan,", "line 4: EXTINF must give a length"),
    ("#EXTINF:6.0,", "#EXTINF:-1,", "line 4: EXTINF must give a length"),
    ("#EXTINF:6.0,", "#EXTINF:1e9,", "line 4: EXTINF must give a length"),
    ("#EXTINF:6.0,", "#EXTINF:600,", "line 4: a segment of more than 60 s"),
    ("#EXTINF:6.0,\n", "", "line 4: a segment without EXTINF"),
    ("#EXTM3U\n", "", "film.m3u8, line 1: a playlist begins with #EXTM3U"),
    ("b.m4s", "a.m4s", "a.m4s is listed more than once"),
]


@pytest.mark.parametrize(("old", "new", "words"), REFUSED)
def test_what_is_refused_names_file_and_line(old: str, new: str, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        read(PLAIN.replace(old, new, 1))


def test_a_master_with_variants_is_read_and_unknown_tags_change_nothing() -> None:
    master = (
        HEAD + '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",URI="http://example.org/s.m3u8"\n#EXT-X-NEWS:1\n'
        '#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="avc1.42E01E,mp4a.40.2"\nlow/film.m3u8\n'
        '#EXT-X-STREAM-INF:BANDWIDTH=2,CODECS="<script>"\nhigh/film.m3u8\n'
        "#EXT-X-STREAM-INF:BANDWIDTH=3\nlow/film.m3u8\n"
    )
    playlists = {"m.m3u8": master, "low/film.m3u8": PLAIN, "high/film.m3u8": PLAIN, "low/iframes.m3u8": HEAD}
    names = {*playlists, *(f"{folder}/{name}" for folder in ("low", "high") for name in FILES)}
    low, high = read_stream(names, lambda name: playlists[name].encode())
    assert (low.path, low.codecs) == ("low/film.m3u8", "avc1.42E01E,mp4a.40.2")
    assert (high.path, high.codecs) == ("high/film.m3u8", "")


@pytest.mark.parametrize(
    ("master", "words"),
    [
        ("#EXT-X-STREAM-INF:BANDWIDTH=1\nhttp://example.org/v.m3u8\n", "m.m3u8, line 4: .* lies on a server"),
        ("#EXT-X-STREAM-INF:BANDWIDTH=1\na.m4s\n", "line 4: a.m4s is no playlist"),
        ("#EXT-X-STREAM-INF:BANDWIDTH=1\nm.m3u8\n", "line 3: a variant's playlist must list segments"),
        ("#EXT-X-STREAM-INF:BANDWIDTH=1\n", "lists 0 variants"),
        ('#EXT-X-MEDIA:TYPE=AUDIO,URI="a"\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv.m3u8\n', "line 3: sound and picture"),
        ('#EXT-X-SESSION-KEY:URI="a"\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv.m3u8\n', "line 3: EXT-X-SESSION-KEY"),
    ],
)
def test_a_master_that_is_refused(master: str, words: str) -> None:
    playlists = {"m.m3u8": HEAD + master, "v.m3u8": PLAIN}
    with pytest.raises(Invalid, match=words):
        read_stream({*playlists, *FILES}, lambda name: playlists[name].encode())


def test_no_playlist_or_several_are_refused() -> None:
    with pytest.raises(Invalid, match="no playlist"):
        read_stream(FILES, lambda _: b"")
    with pytest.raises(Invalid, match="2 playlists and no master playlist"):
        read_stream({"a.m3u8", "b.m3u8", *FILES}, lambda _: PLAIN.encode())
    with pytest.raises(Invalid, match="larger than 1 MB"):
        read(PLAIN + "#" * 1_000_001)
    with pytest.raises(Invalid, match="not text in UTF-8"):
        read_stream({"a.m3u8"}, lambda _: b"#EXTM3U\n\xff")


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_playlist_is_read_or_refused(content: bytes) -> None:
    for head in (b"", HEAD.encode()):
        try:
            found = read_stream({"a.m3u8", *FILES}, lambda _, head=head: head + content)
        except Invalid:
            continue
        assert all(segment.path in FILES for one in found for segment in one.segments)


@given(st.lists(st.tuples(st.integers(-(10**6), 10**9), st.integers(0, 60_000)), min_size=1, max_size=40), st.data())
def test_segments_lie_one_after_another_whatever_their_clocks_say(spans: list[tuple[int, int]], data: st.DataObject):
    runs = data.draw(st.lists(st.booleans(), min_size=len(spans), max_size=len(spans)))
    measured = [(start, start + length) for start, length in spans]
    places = lay_out(measured, runs)
    assert places[0][0] == 0
    assert all(one[1] == other[0] and one[0] < one[1] for one, other in pairwise(places))
    assert total_ms(places) <= sum(max(1, length) + 1000 for _, length in spans)


def test_gaps_and_overlaps_of_a_run_follow_its_clock() -> None:
    assert lay_out([(1400, 7380), (7400, 13_400)], [False, False]) == ((0, 6000), (6000, 12_000))
    assert lay_out([(0, 6100), (6000, 12_000)], [False, False]) == ((0, 6000), (6000, 12_000))
    assert lay_out([(0, 6100), (6000, 12_000)], [False, True]) == ((0, 6100), (6100, 12_100)), "a discontinuity"
    assert lay_out([(0, 6000), (95_000, 97_000)], [False, False]) == ((0, 6000), (6000, 8000)), "a jump is no content"


def test_lengths_that_disagree() -> None:
    assert agree(600_000, 602_000)
    assert not agree(600_000, 602_001), "2 s"
    assert not agree(10_000, 10_300), "a hundredth, but never less than a quarter of a second"
    assert agree(10_000, 10_250)
    one = Rendition("film.m3u8", tuple(Listed(str(n), 6000, None, begins_run=False) for n in range(100)))
    assert claim_objection(one, 601_000) is None
    assert claim_objection(one, 300_000) == (
        "film.m3u8 claims 600.0 s, but its segments hold 300.0 s. Export it again."
    )
    rounded = Rendition("film.m3u8", one.segments, is_whole_seconds=True)
    assert claim_objection(rounded, 620_000) is None, "old playlists round every length"
    assert claim_objection(rounded, 660_000) is not None


def test_what_is_written_is_read_again() -> None:
    pieces = [
        Piece("v1-1.m4s", 1000, (0, 6006), "init-1.mp4", begins_run=False),
        Piece("v1-2.m4s", 4000, (6006, 12_000), "init-1.mp4", begins_run=False),
        Piece("v1-3.m4s", 9000, (12_000, 13_000), "init-2.mp4", begins_run=True),
    ]
    text = write_playlist(pieces)
    names = {"index.m3u8", "init-1.mp4", "init-2.mp4", *(one.name for one in pieces)}
    (one,) = read_stream(names, lambda _: text.encode())
    assert [(seen.path, seen.claimed_ms, seen.init, seen.begins_run) for seen in one.segments] == [
        (piece.name, piece.place[1] - piece.place[0], piece.init, piece.begins_run) for piece in pieces
    ]
    assert "#EXT-X-TARGETDURATION:7" in text
    master = write_master([("v1.m3u8", pieces, 640, 360, "avc1.42E01E"), ("v2.m3u8", pieces, 1280, 720, "")])
    assert '#EXT-X-STREAM-INF:BANDWIDTH=72000,RESOLUTION=640x360,CODECS="avc1.42E01E"\nv1.m3u8\n' in master


def test_segments_are_told_by_their_first_bytes() -> None:
    ts = b"\x47" + bytes(187) + b"\x47"
    assert segment_type(ts, has_init=False, name="a") == "video/mp2t"
    assert segment_type(b"\0\0\0\x18styp", has_init=True, name="a") == "video/iso.segment"
    for head, has_init in ((b"<html>", False), (b"ID3\x04", False), (ts, True), (b"", True), (b"WEBVTT", False)):
        with pytest.raises(Invalid, match="neither an MPEG-TS nor an fMP4"):
            segment_type(head, has_init=has_init, name="a")
    with pytest.raises(Invalid, match="names no EXT-X-MAP"):
        segment_type(b"\0\0\0\x18styp", has_init=False, name="a")


def test_what_cannot_be_cut_is_said() -> None:
    assert uncuttable("h264", "aac") is None
    assert uncuttable("vp9", None) is None
    assert "picture is VP8" in (uncuttable("vp8", "opus") or "")
    assert "sound is MP3" in (uncuttable("h264", "mp3") or "")


# -- the ZIP -------------------------------------------------------------------------------------------------------


def archive(content: bytes, limit_bytes: int = 10**6) -> Archive:
    return Archive(BytesIO(content), limit_bytes=limit_bytes)


def test_a_zip_gives_its_files_and_nothing_that_systems_add() -> None:
    found = archive(packed({"film/a.m4s": b"abc", "__MACOSX/film/._a.m4s": b"x"}))
    assert found.names == {"film/a.m4s"}
    assert found.read("film/a.m4s", 10) == b"abc"
    assert read_packed(BytesIO(packed({"film.m3u8": PLAIN.encode(), **dict.fromkeys(FILES, b"")})), limit_bytes=999)[1]


@pytest.mark.parametrize("name", ["../evil.ts", "a/../../evil.ts", "/etc/cron.d/evil", "C:/evil.ts", "..\\evil.ts"])
def test_a_name_that_leads_outside_is_refused(name: str) -> None:
    with pytest.raises(Invalid, match="outside of its own folder"):
        archive(packed({name: b"x"}))


def test_bombs_are_refused_by_what_they_would_unpack_to() -> None:
    bomb = packed({f"{number}.ts": bytes(400_000) for number in range(3)})
    assert len(bomb) < 5000
    with pytest.raises(TooLarge, match="Unpacked, the ZIP is larger than the limit of 1 MB"):
        archive(bomb)


def test_a_zip_that_lies_about_a_size_gives_no_more_than_it_says() -> None:
    content = bytearray(packed({"a.ts": bytes(400_000)}))
    at = content.rfind(b"PK\x01\x02")
    struct.pack_into("<I", content, at + 24, 10)  # the unpacked size in the directory
    with pytest.raises(Invalid, match=r"a\.ts cannot be unpacked"):
        archive(bytes(content)).read("a.ts", 10**6)


def test_directories_too_large_to_read_are_refused_unread() -> None:
    plain = packed({"a.ts": b"x"})
    at = plain.rfind(b"PK\x05\x06")
    for offset, kind, value in ((10, "<H", 60_000), (12, "<I", 10**9)):
        changed = bytearray(plain)
        struct.pack_into(kind, changed, at + offset, value)
        with pytest.raises(Invalid, match="more than 25000 files"):
            archive(bytes(changed))
    locator = b"PK\x06\x07" + bytes(16)
    with pytest.raises(Invalid, match="ZIP64"):
        archive(plain[:at] + locator + plain[at:])


def test_other_zips_are_refused_in_a_sentence() -> None:
    plain = packed({"a.ts": b"x" * 100})
    locked = bytearray(plain)
    locked[locked.rfind(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(Invalid, match="password"):
        archive(bytes(locked))
    with pytest.raises(Invalid, match="unusual way"):
        archive(packed({"a.ts": b"x" * 100}, method=zipfile.ZIP_LZMA))
    double = packed({"a.ts": b"1", "b.ts": b"2"}).replace(b"b.ts", b"a.ts")
    with pytest.raises(Invalid, match="twice"):
        archive(double)
    for half in (plain[:40], b"PK\x03\x04", b"PK\x03\x04" + b"\0" * 100_000):
        with pytest.raises(Invalid, match="damaged"):
            archive(half)


@example(b"", 261, 0)  # an empty name, which zipfile does not expect
@given(st.binary(max_size=200), st.integers(0, 400), st.integers(0, 255))
def test_any_zip_is_read_or_refused(tail: bytes, at: int, byte: int) -> None:
    content = bytearray(packed({"film.m3u8": PLAIN.encode(), "a.m4s": b"x" * 50}) + tail)
    content[at % len(content)] = byte
    try:
        read_packed(BytesIO(bytes(content)), limit_bytes=10**6)
    except (Invalid, TooLarge):
        return
