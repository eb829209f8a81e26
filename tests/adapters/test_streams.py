"""Cutting and measuring in a limited process: every codec that is cut, both kinds of segments, what is unreadable."""

from __future__ import annotations

from pathlib import Path

import pytest

from interview.adapters.streams import StreamTools
from interview.errors import Invalid, StorageFull
from interview.ports import SegmentFile
from tests.support.films import make_film
from tests.support.streams import make_stream


@pytest.fixture
def tools(tmp_path: Path) -> StreamTools:
    return StreamTools(tmp_path / "cutting")


@pytest.mark.parametrize(
    ("name", "video", "audio"),
    [
        ("a.mp4", "libx264", "aac"),
        ("a.mp4", "libx264", None),
        ("a.mp4", "libvpx-vp9", "libopus"),
        ("a.mp4", "libsvtav1", "libopus"),
        ("a.webm", "libvpx-vp9", "libopus"),
    ],
)
def test_a_film_is_cut_at_key_frames_and_measured(
    tools: StreamTools, tmp_path: Path, name: str, video: str, audio: str | None
) -> None:
    film = make_film(tmp_path / name, seconds=14, video=video, audio=audio, key_every=10)
    with tools.cut(film, film.suffix[1:]) as folder:
        segments = sorted(folder.glob("*.m4s"))
        probed = tools.probe([SegmentFile(path, folder / "init.mp4") for path in segments])
        assert (folder / "index.m3u8").read_text().endswith("#EXT-X-ENDLIST\n")
    assert len(segments) == 3
    assert [round((end - start) / 1000) for start, end in probed.spans_ms] == [6, 6, 2]
    assert (probed.film.width, probed.film.height, probed.film.pixel_format) == (160, 120, "yuv420p")
    assert list(tools.folder.iterdir()) == [], "nothing is left behind"


def test_transport_streams_are_measured(tools: StreamTools, tmp_path: Path) -> None:
    film = make_film(tmp_path / "a.mp4", seconds=7, video="libx264", audio="aac", key_every=10)
    make_stream(film, tmp_path / "ts", kind="mpegts")
    segments = sorted((tmp_path / "ts").glob("*.ts"))
    probed = tools.probe([SegmentFile(path, None) for path in segments])
    assert (probed.film.video_codec, probed.film.audio_codec) == ("h264", "aac")
    assert [round(end - start, -2) for start, end in probed.spans_ms] == [2000, 2000, 2000, 1000]


@pytest.mark.parametrize("content", [b"", b"\0" * 5000, b"#EXTM3U\nhttp://127.0.0.1:9/x.ts\n", b"\x47" + b"\0" * 187])
def test_other_content_cannot_choose_how_it_is_read(tools: StreamTools, tmp_path: Path, content: bytes) -> None:
    film = make_film(tmp_path / "a.mp4", seconds=3, video="libx264", audio=None, key_every=10)
    make_stream(film, tmp_path / "fmp4")
    good, init = tmp_path / "fmp4" / "seg0.m4s", tmp_path / "fmp4" / "init.mp4"
    bad = tmp_path / "bad"
    bad.write_bytes(content)
    with pytest.raises(Invalid, match="Segment 2 of 2 is damaged"):
        tools.probe([SegmentFile(good, init), SegmentFile(bad, init)])
    with pytest.raises(Invalid, match="Segment 1 of 1 is damaged"):
        tools.probe([SegmentFile(bad, None)])


def test_what_cannot_be_cut_is_a_sentence_and_leaves_nothing(tools: StreamTools, tmp_path: Path) -> None:
    (tmp_path / "noise.mp4").write_bytes(b"\x00\x00\x00\x18ftypisom" + bytes(5000))
    with pytest.raises(Invalid, match="could not be cut"), tools.cut(tmp_path / "noise.mp4", "mp4"):
        pass
    assert list(tools.folder.iterdir()) == []


def test_a_full_disk_is_said_before_anything_is_cut(
    tools: StreamTools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("interview.adapters.streams.RESERVE_BYTES", 10**18)
    film = make_film(tmp_path / "a.mp4", video="libx264", audio=None)
    with pytest.raises(StorageFull, match="no room"), tools.cut(film, "mp4"):
        pass
