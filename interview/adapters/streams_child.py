"""The script that cuts one film or measures segments: started by streams.py in a limited process, never imported by it.

Knows PyAV and nothing of the product; reads a task and prints JSON. Demuxers and protocols are named: no file chooses.
"""

import io
import json
import os
import resource
import sys
from typing import Any

import av

DEMUXERS = {"mp4": "mov", "webm": "matroska"}
ONLY_FILES = {"protocol_whitelist": "file"}
MEMORY_BYTES = 1_500_000_000
SEGMENT_MAX_BYTES = 200_000_000
CPU_S = 900
SEGMENT_S = 6


def cut(path: str, container: str, into: str) -> dict[str, object]:
    """Copy a film's packets into segments that begin at key frames, with a playlist beside them."""
    options = {
        "hls_time": str(SEGMENT_S),
        "hls_playlist_type": "vod",
        "hls_segment_type": "fmp4",
        "hls_fmp4_init_filename": "init.mp4",
        "hls_segment_filename": os.path.join(into, "%05d.m4s"),
    }
    covers = av.stream.Disposition.attached_pic
    with (
        av.open(path, "r", format=DEMUXERS[container], options=ONLY_FILES) as film,
        av.open(os.path.join(into, "index.m3u8"), "w", format="hls", options={**options, **ONLY_FILES}) as made,
    ):
        picture = next(stream for stream in film.streams.video if not stream.disposition & covers)
        chosen = [picture, *film.streams.audio[:1]]
        copies = {stream.index: made.add_stream_from_template(stream, opaque=True) for stream in chosen}
        for packet in film.demux(chosen):
            if packet.dts is not None:
                packet.stream = copies[packet.stream.index]
                made.mux(packet)
    return {}


def look(files: list[tuple[str, str | None]]) -> dict[str, object]:
    """Return each segment's span by its own clock and the first one's film (the fields of ports.ProbedFilm)."""
    spans: list[tuple[int, int]] = []
    film: dict[str, object] | None = None
    for index, (path, init) in enumerate(files):
        try:
            span, film = _segment(path, init, film)
        except (av.error.FFmpegError, ValueError, OSError):
            return {"unreadable": index}
        spans.append(span)
    assert film is not None
    film["duration_ms"] = sum(end - start for start, end in spans)
    return {"spans_ms": spans, "film": film}


def _segment(path: str, init: str | None, film: dict[str, object] | None) -> tuple[tuple[int, int], dict[str, object]]:
    """Measure one segment by its picture, or by its sound where it holds no picture."""
    content = b"".join(_content(name) for name in (init, path) if name is not None)
    times: dict[str, tuple[int, int]] = {}
    frame = None
    with av.open(io.BytesIO(content), "r", format="mpegts" if init is None else "mov", options=ONLY_FILES) as segment:
        picture, sound = next(iter(segment.streams.video), None), next(iter(segment.streams.audio), None)
        for packet in segment.demux([stream for stream in (picture, sound) if stream is not None]):
            if packet.pts is None or packet.time_base is None:
                continue
            start = round(packet.pts * packet.time_base * 1000)
            end = round((packet.pts + (packet.duration or 0)) * packet.time_base * 1000)
            low, high = times.get(packet.stream.type, (start, end))
            times[packet.stream.type] = min(low, start), max(high, end)
            if film is None and frame is None and packet.stream is picture:
                frame = _first_frame(packet)
        if not times:
            raise ValueError("no packets")
        if film is None:
            if picture is not None and frame is None:
                raise ValueError("no picture could be decoded")
            film = {
                "duration_ms": 0,
                "video_codec": None if picture is None else picture.codec.canonical_name,
                "audio_codec": None if sound is None else sound.codec.canonical_name,
                "width": 0 if frame is None else frame.width,
                "height": 0 if frame is None else frame.height,
                "pixel_format": None if frame is None else frame.format.name,
                "claimed_ms": None,
            }
    return times.get("video") or times["audio"], film


def _content(name: str) -> bytes:
    if os.path.getsize(name) > SEGMENT_MAX_BYTES:
        raise ValueError("too large for a segment")
    with open(name, "rb") as file:
        return file.read()


def _first_frame(packet: "av.Packet[Any]") -> av.VideoFrame | None:
    try:
        return next((frame for frame in packet.decode() if isinstance(frame, av.VideoFrame)), None)
    except av.error.InvalidDataError:
        return None  # a later packet may still be whole


def main() -> None:
    """Limit this process, do what standard input asks, print what was found as JSON."""
    task = json.load(sys.stdin)
    written = SEGMENT_MAX_BYTES if "cut" in task else 0
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_FSIZE, (written, written))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    found = cut(task["cut"], task["container"], task["into"]) if "cut" in task else look(task["look"])
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
