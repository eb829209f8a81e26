"""The probe of films: measured on packets, in a process with limits, and never more than a sentence when it fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from interview.adapters.probe import FilmProbe
from interview.errors import Invalid
from tests.support.films import make_film

PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:9/film.ts\n"


def test_a_webm_is_measured(tmp_path: Path) -> None:
    found = FilmProbe().probe(make_film(tmp_path / "film.webm", seconds=3), "webm")
    assert 2990 <= found.duration_ms <= 3020
    assert (found.video_codec, found.audio_codec, found.width, found.height) == ("vp8", "opus", 160, 120)


@pytest.mark.parametrize(
    ("video", "audio", "found"), [("libsvtav1", "libopus", ("av1", "opus")), ("libx264", "mp3", ("h264", "mp3"))]
)
def test_codecs_have_the_names_of_their_kind(tmp_path: Path, video: str, audio: str, found: tuple[str, str]) -> None:
    """Not those of the decoders that happen to read them (libdav1d, mp3float)."""
    probed = FilmProbe().probe(make_film(tmp_path / "film.mp4", video=video, audio=audio), "mp4")
    assert (probed.video_codec, probed.audio_codec) == found


def test_what_the_header_claims_is_not_believed(tmp_path: Path) -> None:
    whole = make_film(tmp_path / "whole.webm", seconds=8).read_bytes()
    half = tmp_path / "half.webm"
    half.write_bytes(whole[: len(whole) // 2])
    found = FilmProbe().probe(half, "webm")
    assert found.claimed_ms is not None
    assert found.claimed_ms > 7900
    assert found.duration_ms < 6000


@pytest.mark.parametrize("content", [b"", b"\0" * 5000, PLAYLIST, b"ffconcat version 1.0\nfile /etc/passwd\n"])
@pytest.mark.parametrize("container", ["mp4", "webm"])
def test_other_content_cannot_choose_how_it_is_read(tmp_path: Path, content: bytes, container: str) -> None:
    path = tmp_path / "film"
    path.write_bytes(content)
    with pytest.raises(Invalid, match="damaged"):
        FilmProbe().probe(path, container)


def test_a_missing_file_is_a_sentence_too(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="damaged"):
        FilmProbe().probe(tmp_path / "gone.webm", "webm")
