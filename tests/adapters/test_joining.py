"""The door that joins parts into a recording: it seeks afterwards; what cannot be joined is refused with a sentence."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from interview.adapters.joining import RecordingJoiner
from interview.errors import Invalid
from tests.support.films import make_film


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, str]]:
    """Parts as browsers and people bring them, by what they are."""
    folder = tmp_path_factory.mktemp("parts")
    made = {
        "three": (make_film(folder / "three.webm", seconds=3, key_every=5), "webm"),
        "two": (make_film(folder / "two.webm", seconds=2, key_every=5), "webm"),
        "sound": (make_film(folder / "sound.webm", seconds=2, video=None), "webm"),
        "mp4": (make_film(folder / "film.mp4", seconds=2, video="libx264", audio="aac"), "mp4"),
        "mp3": (make_film(folder / "voice.mp3", seconds=2, video=None, audio="libmp3lame"), "mp3"),
        "ogg": (make_film(folder / "voice.ogg", seconds=2, video=None), "ogg"),
        "old": (make_film(folder / "old.mp4", seconds=2, video="mpeg4", audio="aac"), "mp4"),
    }
    whole = made["three"][0].read_bytes()
    for name, content in (("killed", whole[:-900]), ("noise", whole[:200] + b"\xff" * 5000), ("head", whole[:120])):
        path = folder / f"{name}.webm"
        path.write_bytes(content)
        made[name] = (path, "webm")
    return made


@pytest.fixture
def joiner(tmp_path: Path) -> RecordingJoiner:
    return RecordingJoiner(tmp_path / "joining")


@pytest.mark.parametrize(
    ("names", "container", "seconds", "codecs"),
    [
        (("three", "two"), "webm", 5, ("vp8", "opus")),
        (("killed", "two"), "webm", 5, ("vp8", "opus")),  # the end of a killed tab's part may be half a packet
        (("sound", "two"), "webm", 4, ("vp8", "opus")),
        (("head", "two"), "webm", 2, ("vp8", "opus")),  # stopped before anything was recorded
        (("sound",), "webm", 2, (None, "opus")),
        (("mp4", "mp4"), "mp4", 4, ("h264", "aac")),
        (("mp3",), "mp4", 2, (None, "mp3")),
        (("ogg",), "webm", 2, (None, "opus")),
    ],
)
def test_parts_become_one_recording_that_seeks(
    joiner: RecordingJoiner, films: dict, names: tuple[str, ...], container: str, seconds: int, codecs: tuple
):
    with joiner.join([films[name] for name in names]) as made:
        assert (made.container, made.video_codec, made.audio_codec) == (container, *codecs)
        assert abs(made.duration_ms - seconds * 1000) < 150
        with av.open(str(made.path)) as film:
            assert abs(film.duration / 1_000_000 - seconds) < 0.2  # its head says how long it is
            stream = film.streams[0]
            film.seek(round((seconds - 0.6) / stream.time_base), stream=stream)  # and it has an index
            found = next(packet for packet in film.demux(stream) if packet.pts is not None)
            assert seconds - 2.1 < found.pts * stream.time_base < seconds
            times = [packet.dts for packet in film.demux(stream) if packet.dts is not None]
            assert times == sorted(times)
        folder = made.path.parent
    assert not folder.exists()


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (("three", "mp4"), "recorded in different browsers"),
        (("old",), "of a kind that browsers do not play"),
        (("noise",), "damaged"),
    ],
)
def test_what_cannot_be_joined_is_refused_with_a_sentence(
    joiner: RecordingJoiner, films: dict, names: tuple[str, ...], sentence: str
):
    with pytest.raises(Invalid, match=sentence), joiner.join([films[name] for name in names]):
        raise AssertionError("it was joined")
    assert list(joiner.folder.iterdir()) == []
