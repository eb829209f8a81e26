"""Which uploaded films a browser can play, and the sentence for those it cannot.

Knows magic bytes, codecs and numbers from a probe; opens no file.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from interview.errors import Invalid

HEAD_BYTES = 4096
MIN_DURATION_MS = 1000
MAX_DURATION_MS = 12 * 60 * 60 * 1000
MAX_SIDE_PX = 8192
_EBML = b"\x1a\x45\xdf\xa3"
_DOC_TYPE = b"\x42\x82"
_ZIP = b"PK\x03\x04"


class Container(StrEnum):
    """The kinds of file that are taken: two of films, and a ZIP that holds an HLS rendition."""

    MP4 = "mp4"
    WEBM = "webm"
    ZIP = "zip"

    @property
    def media_type(self) -> str:
        """Return the exact type the film is served with."""
        return f"video/{self.value}"


VIDEO: Mapping[Container, frozenset[str]] = {
    Container.MP4: frozenset({"h264", "av1", "vp9"}),
    Container.WEBM: frozenset({"vp8", "vp9", "av1"}),
}
AUDIO: Mapping[Container, frozenset[str]] = {
    Container.MP4: frozenset({"aac", "mp3", "opus"}),
    Container.WEBM: frozenset({"opus", "vorbis"}),
}
_H264_FORMATS = frozenset({"yuv420p", "yuvj420p"})
_SPOKEN = {"hevc": "HEVC (H.265)", "h264": "H.264", "av1": "AV1", "vp8": "VP8", "vp9": "VP9", "mpeg4": "MPEG-4 part 2"}
_ADVICE = "Export it as MP4 with H.264 and AAC, which every browser plays, and upload it again."


@dataclass(frozen=True, slots=True)
class Findings:
    """What a probe found in the packets of a file, never in what its header claims."""

    duration_ms: int
    video_codec: str | None
    audio_codec: str | None
    width: int
    height: int
    pixel_format: str | None
    claimed_ms: int | None


def container_of(head: bytes) -> Container:
    """Tell MP4, WebM and ZIP by the first bytes; raise Invalid with what to do about anything else."""
    if head.startswith(_EBML):
        at = head.find(_DOC_TYPE, 0, 256)
        if at >= 0 and head[at + 3 : at + 7] == b"webm":
            return Container.WEBM
        raise Invalid(f"This is a Matroska file, which not every browser plays. {_ADVICE}", reason="not_a_film")
    if head[4:8] == b"ftyp":
        if head[8:12] == b"qt  ":
            raise Invalid(
                f"This is a QuickTime file (MOV), which not every browser plays. {_ADVICE}", reason="not_a_film"
            )
        return Container.MP4
    if head.startswith(_ZIP):
        return Container.ZIP
    if not head:
        raise Invalid("The file is empty. Choose the film again.", reason="not_a_film")
    raise Invalid(f"This is neither an MP4 nor a WebM file. {_ADVICE}", reason="not_a_film")


def objection(found: Findings, container: Container) -> str | None:
    """Return why browsers cannot be trusted to play this film, as a sentence, or None when they can."""
    if found.video_codec is None:
        return f"The file has no picture, only sound. {_ADVICE}"
    if found.video_codec not in VIDEO[container]:
        return f"The picture is {_spoken(found.video_codec)}, which many browsers cannot show. {_ADVICE}"
    if found.audio_codec is not None and found.audio_codec not in AUDIO[container]:
        return f"The sound is {_spoken(found.audio_codec)}, which many browsers cannot play. {_ADVICE}"
    if found.video_codec == "h264" and found.pixel_format not in (*_H264_FORMATS, None):
        return f"The picture is H.264 in the format {found.pixel_format}, which browsers cannot show. {_ADVICE}"
    if not (0 < found.width <= MAX_SIDE_PX and 0 < found.height <= MAX_SIDE_PX):
        return f"The picture is {found.width} x {found.height} pixels, which browsers cannot show. {_ADVICE}"
    if found.claimed_ms is not None and found.claimed_ms - found.duration_ms > max(1000, found.claimed_ms // 50):
        return (
            f"The file breaks off after {found.duration_ms // 1000} s of {found.claimed_ms // 1000} s: "
            "it was not copied completely. Upload the original again."
        )
    if found.duration_ms < MIN_DURATION_MS:
        return "The film is shorter than a second. Check that the right file was chosen."
    if found.duration_ms > MAX_DURATION_MS:
        return "The film is longer than 12 hours. Cut it into parts and upload them as separate material."
    return None


def _spoken(codec: str) -> str:
    return _SPOKEN.get(codec, codec.upper())
