"""The script that cuts the sound of one recording into parts: started by audio.py in a limited process, never imported.

Knows PyAV and nothing of the product; reads a task and prints JSON. Demuxers and protocols are named: no file chooses.
"""

import json
import os
import resource
import sys
from typing import Any

import av
import numpy as np

DEMUXERS = {"mp4": "mov", "webm": "matroska"}
ONLY_FILES = {"protocol_whitelist": "file"}
MEMORY_BYTES = 2_000_000_000
CPU_S = 1800
RATE = 16_000
WINDOW = RATE // 50  # 20 ms
BIT_RATE = 32_000
GAP_S = 3600  # the longest gap that is filled


def loudness(path: str, container: str) -> "np.ndarray[Any, Any]":
    """Return how loud each 20 ms of the sound is."""
    found: list[float] = []
    rest = np.zeros(0, dtype=np.float32)
    for samples in _samples(path, container):
        rest = np.concatenate([rest, samples])
        count = len(rest) // WINDOW
        if count:
            blocks = rest[: count * WINDOW].reshape(count, WINDOW)
            found += np.sqrt(np.mean(blocks.astype(np.float64) ** 2, axis=1)).tolist()
            rest = rest[count * WINDOW :]
    return np.array(found)


def cuts(loud: "np.ndarray[Any, Any]", longest_s: float) -> list[int]:
    """Return where to cut, in windows of 20 ms: in the middle of the quietest half second of each last third."""
    longest, calm = int(longest_s * 50), 25
    found, begun = [], 0
    while len(loud) - begun > longest:
        low, high = begun + longest * 2 // 3, begun + longest - calm
        means = np.convolve(loud[low : high + calm], np.ones(calm) / calm, mode="valid")
        begun = low + int(np.argmin(means)) + calm // 2
        found.append(begun)
    return found


def split(path: str, container: str, into: str, longest_s: float) -> dict[str, object]:
    """Write the sound as mono Opus files of 16 kHz, each shorter than `longest_s`, and say where each begins."""
    loud = loudness(path, container)
    if not len(loud):
        raise ValueError("no sound")
    bounds = [0, *(cut * WINDOW for cut in cuts(loud, longest_s))]
    parts: list[dict[str, object]] = []
    position, index, writer = 0, -1, None
    for samples in _samples(path, container):
        while len(samples):
            if index + 1 < len(bounds) and position == bounds[index + 1]:
                if writer is not None:
                    writer.close()
                index += 1
                name = os.path.join(into, f"{index:04}.ogg")
                parts.append({"path": name, "start_ms": position * 1000 // RATE})
                writer = _Writer(name)
            until = bounds[index + 1] - position if index + 1 < len(bounds) else len(samples)
            taken, samples = samples[:until], samples[until:]
            assert writer is not None
            writer.add(taken)
            position += len(taken)
            parts[-1]["end_ms"] = position * 1000 // RATE
    if writer is not None:
        writer.close()
    return {"parts": parts}


class _Writer:
    def __init__(self, name: str) -> None:
        self.file = av.open(name, "w", format="ogg", options=ONLY_FILES)
        self.stream: Any = self.file.add_stream("libopus", rate=RATE)
        self.stream.bit_rate = BIT_RATE
        self.stream.layout = "mono"
        self.samples = 0

    def add(self, samples: "np.ndarray[Any, Any]") -> None:
        whole = np.clip(samples * 32767, -32768, 32767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(whole.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = RATE
        frame.pts = self.samples
        self.samples += len(samples)
        for packet in self.stream.encode(frame):
            self.file.mux(packet)

    def close(self) -> None:
        for packet in self.stream.encode(None):
            self.file.mux(packet)
        self.file.close()


def _samples(path: str, container: str) -> Any:
    """Yield the sound as float samples, mono, 16 kHz; where the recording has a gap there is silence."""
    resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
    with av.open(path, "r", format=DEMUXERS[container], options=ONLY_FILES) as film:
        sound = film.streams.audio[0]
        written, begun = 0, (film.start_time or 0) / av.time_base
        for frame in film.decode(sound):
            if frame.pts is not None and frame.time_base is not None:
                missing = min(round((float(frame.pts * frame.time_base) - begun) * RATE) - written, GAP_S * RATE)
                if missing > RATE // 10:
                    written += missing
                    for at in range(0, missing, RATE):
                        yield np.zeros(min(RATE, missing - at), dtype=np.float32)
            for piece in resampler.resample(frame):
                samples = piece.to_ndarray().reshape(-1)
                written += len(samples)
                yield samples


def main() -> None:
    """Limit this process, do what standard input asks, print what was found as JSON."""
    task = json.load(sys.stdin)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_FSIZE, (25_000_000, 25_000_000))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.stdout.write(json.dumps(split(task["path"], task["container"], task["into"], task["longest_s"])))


if __name__ == "__main__":
    main()
