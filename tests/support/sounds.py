"""Sound files made on the spot: a tone that is quiet for one second in every ten, so that one knows where to cut."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np

RATE = 48_000


def tone(path: Path, seconds: int, *, quiet_at: int = 8) -> Path:
    """Write a WebM file with sound alone; seconds quiet_at, quiet_at + 10, ... are silent."""
    with av.open(str(path), "w", format="webm") as file:
        stream = file.add_stream("libopus", rate=RATE)
        stream.layout = "mono"
        wave = np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE) * 16_000
        for second in range(seconds):
            samples = (wave * (second % 10 != quiet_at)).astype(np.int16).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
            frame.sample_rate, frame.pts = RATE, second * RATE
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path
