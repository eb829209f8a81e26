"""The script that looks into one film: started by probe.py in a limited process of its own, never imported by it.

Knows PyAV and nothing of the product; prints JSON. The demuxer is named: no file may choose one that opens others.
"""

import json
import resource
import sys
from typing import Any

import av

DEMUXERS = {"mp4": "mov", "webm": "matroska"}
MEMORY_BYTES = 1_500_000_000
CPU_S = 120


def look(container: str, path: str) -> dict[str, object]:
    """Return the fields of ports.ProbedFilm, measured on packets; raise whatever the libraries raise."""
    with av.open(path, format=DEMUXERS[container], options={"protocol_whitelist": "file"}) as film:
        claimed_ms = None if film.duration is None else film.duration // 1000
        covers = av.stream.Disposition.attached_pic
        picture = next((stream for stream in film.streams.video if not stream.disposition & covers), None)
        sound = next(iter(film.streams.audio), None)
        end_ms = 0
        frame = None
        for packet in film.demux([stream for stream in (picture, sound) if stream is not None]):
            if packet.pts is None or packet.time_base is None:
                continue
            end_ms = max(end_ms, int((packet.pts + (packet.duration or 0)) * packet.time_base * 1000))
            if frame is None and picture is not None and packet.stream is picture:
                frame = _first_frame(packet)
        codec = None if picture is None else picture.codec_context
        if picture is not None and frame is None and codec is not None:
            raise ValueError("no picture could be decoded")
        return {
            "duration_ms": end_ms,
            "video_codec": None if picture is None else picture.codec.canonical_name,
            "audio_codec": None if sound is None else sound.codec.canonical_name,
            "width": 0 if frame is None else frame.width,
            "height": 0 if frame is None else frame.height,
            "pixel_format": None if frame is None else frame.format.name,
            "claimed_ms": claimed_ms,
        }


def _first_frame(packet: "av.Packet[Any]") -> av.VideoFrame | None:
    try:
        return next((frame for frame in packet.decode() if isinstance(frame, av.VideoFrame)), None)
    except av.error.InvalidDataError:
        return None  # a later packet may still be whole


def main() -> None:
    """Limit this process, look into the file, print what was found as JSON."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    container, path = sys.argv[1:]
    sys.stdout.write(json.dumps(look(container, path)))


if __name__ == "__main__":
    main()
