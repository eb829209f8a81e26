"""The sound of a recording in parts: cut where it is quiet, none too long, offsets right, a broken file refused."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from interview.adapters.audio import SoundCutter
from interview.errors import Invalid
from tests.support.sounds import tone


def test_parts_follow_each_other_are_cut_at_quiet_places_and_play(tmp_path: Path):
    recording = tone(tmp_path / "a.webm", 27)
    with SoundCutter(tmp_path / "cutting").cut(recording, "webm", longest_s=12) as parts:
        bounds = [(one.start_ms, one.end_ms) for one in parts]
        assert [end for _, end in bounds[:-1]] == [start for start, _ in bounds[1:]]
        assert (bounds[0][0], len(bounds)) == (0, 3)
        assert abs(bounds[-1][1] - 27_000) < 100
        assert all(8_000 <= end % 10_000 < 9_000 for _, end in bounds[:-1])
        for one in parts:
            with av.open(str(one.path)) as file:
                stream = file.streams.audio[0]
                assert (stream.codec.canonical_name, stream.layout.name) == ("opus", "mono")
                assert abs(file.duration / 1000 - (one.end_ms - one.start_ms)) < 60
            assert one.path.stat().st_size < 25_000_000
    assert not list((tmp_path / "cutting").iterdir())


def test_a_short_one_is_one_part_and_a_broken_one_is_refused(tmp_path: Path):
    recording = tone(tmp_path / "a.webm", 3)
    with SoundCutter(tmp_path / "cutting").cut(recording, "webm", longest_s=1380) as parts:
        assert len(parts) == 1
    broken = tmp_path / "b.webm"
    broken.write_bytes(b"\x1aE\xdf\xa3" + b"no sound" * 100)
    with pytest.raises(Invalid), SoundCutter(tmp_path / "cutting").cut(broken, "webm", longest_s=12):
        pass
