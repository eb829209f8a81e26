"""Which films are taken: by magic bytes, then by what a probe found."""

from dataclasses import replace

import pytest

from interview.errors import Invalid
from interview.watch.rules.media import Container, Findings, container_of, objection

MP4_HEAD = b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00"
WEBM_HEAD = b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\x82\x84webm"
GOOD = Findings(60_000, "h264", "aac", 1280, 720, "yuv420p", 60_020)


def test_containers_are_told_by_their_first_bytes() -> None:
    assert container_of(MP4_HEAD) is Container.MP4
    assert container_of(WEBM_HEAD) is Container.WEBM
    assert Container.WEBM.media_type == "video/webm"


@pytest.mark.parametrize(
    ("head", "word"),
    [
        (b"", "empty"),
        (b"<html>", "neither"),
        (b"#EXTM3U\n", "neither"),
        (b"ffconcat version 1.0", "neither"),
        (b"<html><!--" + WEBM_HEAD, "neither"),
        (WEBM_HEAD.replace(b"webm", b"matr"), "Matroska"),
        (MP4_HEAD.replace(b"isom", b"qt  "), "QuickTime"),
    ],
)
def test_other_files_are_refused_with_what_they_are(head: bytes, word: str) -> None:
    with pytest.raises(Invalid, match=word):
        container_of(head)


@pytest.mark.parametrize(
    ("found", "word"),
    [
        (replace(GOOD, video_codec="hevc"), "HEVC"),
        (replace(GOOD, video_codec=None), "no picture"),
        (replace(GOOD, audio_codec="ac3"), "AC3"),
        (replace(GOOD, pixel_format="yuv422p10le"), "yuv422p10le"),
        (replace(GOOD, width=65535), "65535"),
        (replace(GOOD, duration_ms=900, claimed_ms=None), "shorter"),
        (replace(GOOD, duration_ms=13 * 3_600_000, claimed_ms=None), "longer"),
        (replace(GOOD, claimed_ms=90_000), "breaks off after 60 s of 90 s"),
    ],
)
def test_what_browsers_cannot_play_is_refused_in_a_sentence(found: Findings, word: str) -> None:
    sentence = objection(found, Container.MP4)
    assert sentence is not None
    assert word in sentence


def test_what_browsers_play_is_taken() -> None:
    assert objection(GOOD, Container.MP4) is None
    assert objection(replace(GOOD, audio_codec=None, claimed_ms=None), Container.MP4) is None
    webm = replace(GOOD, video_codec="vp8", audio_codec="opus")
    assert objection(webm, Container.WEBM) is None
    assert objection(webm, Container.MP4) is not None
