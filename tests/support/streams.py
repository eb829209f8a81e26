"""HLS renditions for tests, made with PyAV from a generated film: files in memory, packed as a ZIP on request."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import av

Files = dict[str, bytes]


def make_stream(film: Path, folder: Path, *, kind: str = "fmp4", segment_s: int = 2) -> Files:
    """Cut a film into an HLS rendition of this kind ("fmp4" or "mpegts") and return its files."""
    folder.mkdir(parents=True, exist_ok=True)
    options = {
        "hls_time": str(segment_s),
        "hls_playlist_type": "vod",
        "hls_segment_type": kind,
        "hls_fmp4_init_filename": "init.mp4",
        "hls_segment_filename": str(folder / ("seg%d.m4s" if kind == "fmp4" else "seg%d.ts")),
    }
    with av.open(str(film)) as source, av.open(str(folder / "film.m3u8"), "w", format="hls", options=options) as made:
        copies = {stream.index: made.add_stream_from_template(stream) for stream in source.streams}
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = copies[packet.stream.index]
                made.mux(packet)
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def packed(files: Mapping[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return the files as a ZIP."""
    target = BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def with_playlist(files: Files, old: str, new: str, *, name: str = "film.m3u8") -> Files:
    """Return the files with one word of a playlist replaced; the word must be there."""
    text = files[name].decode()
    assert old in text, text
    return {**files, name: text.replace(old, new, 1).encode()}
