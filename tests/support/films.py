"""Short films for tests, made here with PyAV: a changing grey and a tone, as WebM or MP4."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

RATE = 48_000


def make_film(
    path: Path,
    *,
    seconds: float = 2.0,
    video: str | None = "libvpx",
    audio: str | None = "libopus",
    fps: int = 10,
    key_every: int | None = None,
) -> Path:
    """Write a film of this length and return its path; the container follows from the suffix, key frames on request."""
    with av.open(str(path), "w") as film:
        picture = film.add_stream(video, rate=fps) if video else None
        if picture is not None:
            picture.width, picture.height, picture.pix_fmt = 160, 120, "yuv420p"
            if video == "libvpx":
                picture.options = {"deadline": "realtime", "cpu-used": "8"}
            if key_every is not None:
                picture.options = {**picture.options, "g": str(key_every)}
                if video == "libx264":
                    picture.options |= {"sc_threshold": "0", "forced-idr": "1"}
        sound = film.add_stream(audio, rate=RATE, layout="mono") if audio else None
        tone = _tone(seconds) if sound is not None else iter(())
        for number in range(round(seconds * fps)):  # picture and sound by turns: a player reads a film from its start
            if picture is not None:
                frame = av.VideoFrame.from_ndarray(np.full((120, 160, 3), number % 256, np.uint8), format="rgb24")
                frame.pts, frame.time_base = number, Fraction(1, fps)
                film.mux(picture.encode(frame))
            for heard in tone:
                film.mux(sound.encode(heard))
                if heard.pts * fps >= (number + 1) * RATE:
                    break
        for heard in tone:
            film.mux(sound.encode(heard))
        for stream in filter(None, (picture, sound)):
            film.mux(stream.encode(None))
    return path


def _tone(seconds: float) -> Iterator[av.AudioFrame]:
    size = 960
    for number in range(int(seconds * RATE) // size):
        wave = (np.sin(np.arange(number * size, (number + 1) * size) * 440 * 2 * np.pi / RATE) * 3000).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(wave.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, number * size, Fraction(1, RATE)
        yield frame
