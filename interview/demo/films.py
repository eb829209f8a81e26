"""Makes the demo's films: slides drawn by code, a spoken track, captions and transcript, all from one script.

Run `.venv/bin/python -m interview.demo.films`; knows neither database nor web. Without espeak-ng the film is silent and
each sentence stays as long as reading it takes.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import yaml
from PIL import Image

from interview.demo.slides import OUTPUT, Slide, picture

HERE = Path(__file__).parent
SCRIPTS = HERE / "content" / "films"
FILMS = HERE / "films"
NAMES = ("explainer", "webinar", "pitch")

FPS = 5
FRAME_MS = 1000 // FPS
KEYFRAME_FRAMES = 3 * FPS
SOUND_HZ = 48_000
PAUSE_MS, LEAD_MS, TAIL_MS = 320, 400, 600
READING_WORDS_PER_MINUTE = 165
SPOKEN = {"PostgreSQL": "postgress Q L", "SQLite": "S Q light", "CSV": "C S V", "Pitchproof": "pitch proof", "’": "'"}


@dataclass(frozen=True)
class Script:
    """A film before it is made: its title and its slides."""

    title: str
    slides: tuple[Slide, ...]


@dataclass(frozen=True)
class Spoken:
    """One sentence in time, with its sound (16 bit mono at SOUND_HZ), and the slide and step it belongs to."""

    words: str
    slide_index: int
    step: int
    shown_ms: int
    start_ms: int
    end_ms: int
    until_ms: int
    sound: np.ndarray[tuple[int], np.dtype[np.int16]]


def read_script(path: Path) -> Script:
    """Read a film's script from its YAML file."""
    text = yaml.safe_load(path.read_text("utf-8"))
    return Script(
        text["title"],
        tuple(
            Slide(
                slide["draw"],
                slide["title"],
                slide.get("kicker", ""),
                slide.get("note", ""),
                tuple(slide.get("items", ())),
                tuple(slide["say"]),
            )
            for slide in text["slides"]
        ),
    )


def narrate(words: str, *, voice: str | None) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    """Speak one sentence and return its samples at SOUND_HZ; without a voice, silence as long as reading takes."""
    if voice is None:
        return np.zeros(round(SOUND_HZ * 60 * (len(words.split()) + 1) / READING_WORDS_PER_MINUTE), np.int16)
    for written, said in SPOKEN.items():
        words = words.replace(written, said)
    speech = subprocess.run(
        [voice, "-v", "en-us", "-s", "158", "-p", "42", "-a", "120", "--stdout", words], check=True, capture_output=True
    ).stdout
    with wave.open(io.BytesIO(speech)) as sound:
        hertz, raw = sound.getframerate(), sound.readframes(sound.getnframes())
    samples = np.frombuffer(raw[: len(raw) // 2 * 2], np.int16).astype(np.float64)
    loud = np.flatnonzero(np.abs(samples) > 200)
    samples = samples[loud[0] : loud[-1] + 1]
    wanted = np.linspace(0, len(samples) - 1, round(len(samples) * SOUND_HZ / hertz))
    return np.interp(wanted, np.arange(len(samples)), samples).astype(np.int16)


def timed(script: Script, *, voice: str | None) -> list[Spoken]:
    """Lay the sentences out in time; slides change only on whole frames."""
    line: list[Spoken] = []
    now_ms = 0
    for index, slide in enumerate(script.slides):
        for step, words in enumerate(slide.say, 1):
            sound = narrate(words, voice=voice)
            start_ms = now_ms + (LEAD_MS if step == 1 else 0)
            end_ms = start_ms + len(sound) * 1000 // SOUND_HZ
            rest_ms = TAIL_MS if step == len(slide.say) else PAUSE_MS
            until_ms = -(-(end_ms + rest_ms) // FRAME_MS) * FRAME_MS
            line.append(Spoken(words, index, step, now_ms, start_ms, end_ms, until_ms, sound))
            now_ms = until_ms
    return line


def stamp(ms: int) -> str:
    """Write milliseconds as WebVTT does."""
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}.{ms % 1000:03}"


def captions(line: list[Spoken]) -> str:
    """Return the WebVTT file: one cue a sentence."""
    cues = (f"{stamp(s.start_ms)} --> {stamp(s.end_ms)}\n{s.words}\n" for s in line)
    return "WEBVTT\n\n" + "\n".join(cues)


def transcript(script: Script) -> str:
    """Return the film as text to read: one paragraph a slide under its title."""
    return "\n\n".join([script.title, *(f"{slide.kicker}\n{' '.join(slide.say)}" for slide in script.slides)]) + "\n"


def frames(script: Script, line: list[Spoken]) -> Iterator[Image.Image]:
    """Yield every picture of the film, with a short dissolve where the picture changes."""
    before: Image.Image | None = None
    for sentence in line:
        image = picture(script.slides[sentence.slide_index], sentence.step)
        count = (sentence.until_ms - sentence.shown_ms) // FRAME_MS
        dissolve = 0 if before is None else 2
        for at in range(count):
            if at < dissolve and before is not None:
                yield Image.blend(before, image, (at + 1) / (dissolve + 1))
            else:
                yield image
        before = image


def soundtrack(line: list[Spoken]) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    """Return the whole film's samples, each sentence at its place."""
    track = np.zeros(line[-1].until_ms * SOUND_HZ // 1000, np.int16)
    for sentence in line:
        at = sentence.start_ms * SOUND_HZ // 1000
        track[at : at + len(sentence.sound)] = sentence.sound
    return track


def encode(script: Script, line: list[Spoken], path: Path) -> None:
    """Write the film as WebM (VP9 and Opus), with a keyframe every three seconds so that seeking is quick."""
    with av.open(str(path), "w", format="webm", options={"fflags": "+bitexact", "cues_to_front": "1"}) as film:
        film.metadata["title"] = script.title
        video = film.add_stream(
            "libvpx-vp9",
            rate=FPS,
            options={
                "crf": "52",
                "b": "0",
                "cpu-used": "2",
                "deadline": "good",
                "tune-content": "screen",
                "row-mt": "1",
            },
        )
        video.width, video.height = OUTPUT
        video.pix_fmt = "yuv420p"
        video.gop_size = KEYFRAME_FRAMES
        video.time_base = Fraction(1, FPS)
        audio = film.add_stream("libopus", rate=SOUND_HZ, layout="mono", options={"application": "voip"})
        audio.bit_rate = 20_000
        track = soundtrack(line)
        per_frame = SOUND_HZ // FPS
        for at, image in enumerate(frames(script, line)):
            shown = av.VideoFrame.from_image(image)  # type: ignore[no-untyped-call]
            shown.pts, shown.time_base = at, Fraction(1, FPS)
            film.mux(video.encode(shown))
            heard = av.AudioFrame.from_ndarray(
                track[at * per_frame : (at + 1) * per_frame].reshape(1, -1), "s16", "mono"
            )
            heard.sample_rate, heard.pts, heard.time_base = SOUND_HZ, at * per_frame, Fraction(1, SOUND_HZ)
            film.mux(audio.encode(heard))
        film.mux(video.encode(None))
        film.mux(audio.encode(None))


def make(script: Script, folder: Path, name: str, *, voice: str | None) -> list[Path]:
    """Write NAME.webm, NAME.vtt (captions) and NAME.txt (transcript) into a folder and return their paths."""
    line = timed(script, voice=voice)
    paths = [folder / f"{name}{ending}" for ending in (".webm", ".vtt", ".txt")]
    encode(script, line, paths[0])
    paths[1].write_text(captions(line), "utf-8")
    paths[2].write_text(transcript(script), "utf-8")
    return paths


def main() -> None:
    """Make all films again from their scripts."""
    for name in NAMES:
        make(read_script(SCRIPTS / f"{name}.yaml"), FILMS, name, voice=shutil.which("espeak-ng"))


if __name__ == "__main__":
    main()
