"""The script that joins parts into one recording: started by joining.py in a limited process, never imported by it.

Knows PyAV and nothing of the product; reads a task and prints JSON. Demuxers and protocols are named: no file chooses.
"""

import json
import os
import resource
import sys
from typing import Any

import av

DEMUXERS = {"mp4": "mov", "webm": "matroska", "ogg": "ogg", "mp3": "mp3"}
ONLY_FILES = {"protocol_whitelist": "file"}
MEMORY_BYTES = 1_500_000_000
CPU_S = 900
FITTING = {  # container -> what browsers play out of it
    "webm": ({"vp8", "vp9", "av1"}, {"opus", "vorbis"}),
    "mp4": ({"h264", "av1", "vp9"}, {"aac", "mp3", "opus"}),
}
MUXER_OPTIONS = {"webm": {}, "mp4": {"movflags": "faststart"}}


class Refused(Exception):
    """A sentence's name in joining.SENTENCES, and the words in it."""


def join(parts: list[tuple[str, str]], into: str) -> dict[str, object]:
    """Copy the packets of all parts behind each other into one file with a length and an index."""
    looks = [look for path, container in parts if (look := _look(path, container)) is not None]
    if not looks:
        raise ValueError("no packets at all")
    video, audio = _common(looks, "video"), _common(looks, "audio")
    container = _container(video, audio)
    path = os.path.join(into, f"joined.{container}")
    end_ms = 0.0
    with av.open(path, "w", format=container, options={**MUXER_OPTIONS[container], **ONLY_FILES}) as made:
        copies = {kind: _begin(made, looks, kind) for kind, codec in (("video", video), ("audio", audio)) if codec}
        last: dict[str, int] = {}
        for look in looks:
            end_ms = _copy(look, made, copies, last, end_ms)
    return {"container": container, "duration_ms": round(end_ms), "video_codec": video, "audio_codec": audio}


def _look(path: str, container: str) -> "dict[str, Any] | None":
    """Return what one part holds; None for one without any packet (a recorder stopped before it began)."""
    try:
        with av.open(path, "r", format=DEMUXERS[container], options=ONLY_FILES) as part:
            chosen = _streams(part)
            codecs = {kind: stream.codec.canonical_name for kind, stream in chosen.items()}
            heads = {kind: stream.codec_context.extradata for kind, stream in chosen.items()}
            seen: set[str] = set()
            start = None
            for packet in part.demux(list(chosen.values())):
                if packet.pts is None or packet.size == 0:
                    continue
                seen.add(packet.stream.type)
                at = packet.pts * packet.time_base
                start = at if start is None else min(start, at)
            if start is None:
                return None
            if "video" in seen:
                _decode_one(path, container)
            return {
                "path": path,
                "container": container,
                "codecs": codecs,
                "heads": heads,
                "start": start,
                "seen": seen,
            }
    except av.error.FFmpegError:
        if os.path.getsize(path) < 2000:  # a header and nothing behind it
            return None
        raise


def _decode_one(path: str, container: str) -> None:
    """Raise when no picture can be decoded: a film is more than its packets' times."""
    with av.open(path, "r", format=DEMUXERS[container], options=ONLY_FILES) as part:
        for packet in part.demux(_streams(part)["video"]):
            try:
                if any(True for _ in packet.decode()):
                    return
            except av.error.InvalidDataError:
                continue  # a later packet may still be whole
    raise ValueError("no picture could be decoded")


def _streams(part: Any) -> dict[str, Any]:
    covers = av.stream.Disposition.attached_pic
    picture = next((stream for stream in part.streams.video if not stream.disposition & covers), None)
    sound = next(iter(part.streams.audio), None)
    return {kind: stream for kind, stream in (("video", picture), ("audio", sound)) if stream is not None}


def _common(looks: list[dict[str, Any]], kind: str) -> "str | None":
    """Return the one codec of a kind in all parts that have it; None where none has."""
    codecs = {look["codecs"][kind] for look in looks if kind in look["codecs"] and kind in look["seen"]}
    heads = {look["heads"][kind] for look in looks if kind in look["seen"]}
    if len(codecs) > 1 or (codecs <= {"h264", "aac"} and len(heads) > 1):  # these are decoded with one head alone
        raise Refused("mixed", " and ".join(sorted(codecs)))
    return next(iter(codecs), None)


def _begin(made: Any, looks: list[dict[str, Any]], kind: str) -> Any:
    """Add the stream of a kind as the first part that has it describes it."""
    look = next(look for look in looks if kind in look["seen"])
    with av.open(look["path"], "r", format=DEMUXERS[look["container"]], options=ONLY_FILES) as part:
        return made.add_stream_from_template(_streams(part)[kind], opaque=True)


def _container(video: "str | None", audio: "str | None") -> str:
    for container, (videos, audios) in FITTING.items():
        if (video is None or video in videos) and (audio is None or audio in audios):
            return container
    raise Refused("codecs", " and ".join(one for one in (video, audio) if one))


def _copy(look: dict[str, Any], made: Any, copies: dict[str, Any], last: dict[str, int], begin_ms: float) -> float:
    """Copy one part behind what is there, and return where it ends in milliseconds."""
    end_ms = begin_ms
    with av.open(look["path"], "r", format=DEMUXERS[look["container"]], options=ONLY_FILES) as part:
        chosen = {kind: stream for kind, stream in _streams(part).items() if kind in look["seen"]}
        for packet in part.demux(list(chosen.values())):
            if packet.dts is None or packet.pts is None or packet.size == 0:
                continue
            kind, base = packet.stream.type, packet.time_base
            shift = round((begin_ms / 1000 - look["start"]) / base)
            packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
            at = round(packet.dts * base * 1_000_000)
            if kind in last and at <= last[kind]:  # a clock that went back at a seam: the muxer takes only forward
                late = -(-(last[kind] + 1 - at) // round(base * 1_000_000)) if base * 1_000_000 >= 1 else 1
                packet.dts += late
                packet.pts = max(packet.pts + late, packet.dts)
                at = round(packet.dts * base * 1_000_000)
            last[kind] = at
            end_ms = max(end_ms, float((packet.pts + (packet.duration or 0)) * base * 1000))
            packet.stream = copies[kind]
            made.mux(packet)
    return end_ms


def main() -> None:
    """Limit this process, do what standard input asks, print what was found as JSON."""
    task = json.load(sys.stdin)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_FSIZE, (task["limit_bytes"], task["limit_bytes"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        found = join(task["parts"], task["into"])
    except Refused as refused:
        found = {"refused": refused.args[0], "words": refused.args[1]}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
