"""The demo's films: what is committed is what the script makes, plays in a browser, and is small."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import av
import pytest

from interview.demo.films import FILMS, NAMES, SCRIPTS, Script, make, read_script, stamp, transcript
from interview.demo.slides import DRAWINGS, OUTPUT, Slide, picture

LENGTH_S = {"explainer": (60, 120), "webinar": (240, 480), "pitch": (30, 75)}
CUE = re.compile(r"(\d\d):(\d\d):(\d\d)\.(\d{3}) --> (\d\d):(\d\d):(\d\d)\.(\d{3})\n(.+)\n")


def cues(path: Path) -> list[tuple[int, int, str]]:
    """Read a caption file as (start_ms, end_ms, words)."""

    def ms(h: str, m: str, s: str, t: str) -> int:
        return ((int(h) * 60 + int(m)) * 60 + int(s)) * 1000 + int(t)

    return [(ms(*cue[:4]), ms(*cue[4:8]), cue[8]) for cue in CUE.findall(path.read_text("utf-8"))]


@pytest.mark.parametrize("name", NAMES)
def test_film_has_its_length_and_plays_in_browsers(name: str) -> None:
    with av.open(str(FILMS / f"{name}.webm")) as film:
        assert film.duration is not None
        assert LENGTH_S[name][0] <= film.duration / 1_000_000 <= LENGTH_S[name][1]
        assert [stream.codec_context.name for stream in film.streams] == ["vp9", "opus"]
        assert (film.streams.video[0].width, film.streams.video[0].height) == OUTPUT
        keys = [float(packet.pts * packet.time_base) for packet in film.demux(video=0) if packet.is_keyframe]
    assert max(later - earlier for earlier, later in pairwise(keys)) <= 3.001


def test_films_are_small_enough_to_live_with() -> None:
    assert sum((FILMS / f"{name}.webm").stat().st_size for name in NAMES) <= 4_000_000


@pytest.mark.parametrize("name", NAMES)
def test_captions_say_every_sentence_in_order_and_within_the_film(name: str) -> None:
    read = cues(FILMS / f"{name}.vtt")
    assert [words for _, _, words in read] == [
        s for slide in read_script(SCRIPTS / f"{name}.yaml").slides for s in slide.say
    ]
    moments = [ms for start, end, _ in read for ms in (start, end)]
    assert moments == sorted(moments)
    with av.open(str(FILMS / f"{name}.webm")) as film:
        assert film.duration is not None
        assert moments[-1] * 1000 <= film.duration


@pytest.mark.parametrize("name", NAMES)
def test_transcript_is_that_of_the_script(name: str) -> None:
    assert (FILMS / f"{name}.txt").read_text("utf-8") == transcript(read_script(SCRIPTS / f"{name}.yaml"))


def test_every_drawing_is_used_and_its_steps_differ() -> None:
    slides = [slide for name in NAMES for slide in read_script(SCRIPTS / f"{name}.yaml").slides]
    assert {slide.draw for slide in slides} == set(DRAWINGS)
    points = next(slide for slide in slides if slide.draw == "points")
    assert picture(points, 1).tobytes() != picture(points, 2).tobytes()


def test_a_film_is_made_without_a_voice(tmp_path: Path) -> None:
    slide = Slide("statement", "Sell me this product.", "The interview", "No trick.", (), ("One.", "Two short words."))
    film, captions, words = make(Script("A short one", (slide,)), tmp_path, "short", voice=None)
    with av.open(str(film)) as made:
        assert [stream.codec_context.name for stream in made.streams] == ["vp9", "opus"]
        assert made.duration is not None
        length_ms = made.duration // 1000
    read = cues(captions)
    assert [said for _, _, said in read] == ["One.", "Two short words."]
    assert read[-1][1] < length_ms < read[-1][1] + 1_000
    assert words.read_text("utf-8") == "A short one\n\nThe interview\nOne. Two short words.\n"


def test_a_moment_is_written_as_captions_want_it() -> None:
    assert stamp(3_723_004) == "01:02:03.004"
