"""Rules of writing down recordings: formats to ask for, reading an answer, offsets, the joined WebVTT, cost. Pure."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Any, Final

PART_MAX_S: Final = 1380.0  # models of OpenAI take 1400 s; at 32 kbit/s that is 6 MB of the 25 they take
SEGMENTS_MAX: Final = 20_000
PIECE_MAX_CHARACTERS: Final = 300
ALL_VOICES: Final = "Voices, not told apart"
CONTAINERS: Final = {"video/webm": "webm", "audio/webm": "webm", "video/mp4": "mp4", "audio/mp4": "mp4"}


class Unusable(ValueError):
    """An answer from which no words can be taken; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A stretch of speech as the model wrote it down, by the recording's clock."""

    start_ms: int
    end_ms: int
    speaker: str
    text: str


def first_format(model: str) -> str:
    """Return what to ask a model for: with speakers where its name says that it tells them apart, else with times."""
    return "diarized_json" if "diarize" in model.lower() else "verbose_json"


def lower_format(asked: str, refusal: str) -> str | None:
    """Return what to ask for after a refusal that names the format or what goes with it, or None."""
    named = ("response_format", "verbose_json", "diarized_json", "timestamp_granularities", "chunking_strategy")
    return "json" if asked != "json" and any(one in refusal for one in named) else None


def read_answer(raw: str, *, start_ms: int, end_ms: int) -> list[Heard]:
    """Read an answer (verbose_json, diarized_json or json) about a part from here to there. Raises Unusable.

    Times are moved to the recording's clock and kept within the part; words without times share it by their length."""
    try:
        said = json.loads(raw)
    except (ValueError, RecursionError):
        raise Unusable("The model's answer is not JSON.") from None
    if not isinstance(said, dict):
        raise Unusable("The model's answer has no text.")
    segments = said.get("segments")
    if isinstance(segments, list) and segments:
        heard = [one for segment in segments[:SEGMENTS_MAX] if (one := _heard(segment, start_ms, end_ms)) is not None]
        return sorted(heard, key=lambda one: one.start_ms)
    text = said.get("text")
    if not isinstance(text, str):
        raise Unusable("The model's answer has no text.")
    pieces = _pieces(text)
    total, length_ms, done, heard = sum(map(len, pieces)), end_ms - start_ms, 0, []
    for piece in pieces:
        begun, done = done, done + len(piece)
        span = start_ms + length_ms * begun // total, start_ms + length_ms * done // total
        heard.append(Heard(span[0], max(span[0] + 1, span[1]), "", piece))
    return heard


def _pieces(text: str) -> list[str]:
    """Split words at the ends of sentences, longer ones between words, so that each piece can be pointed to."""
    sentences = re.split(r"(?<=[.!?…]) |(?<=[。！？])", " ".join(text.split()))
    return [piece for one in sentences for piece in textwrap.wrap(one, PIECE_MAX_CHARACTERS, break_on_hyphens=False)]


def has_times(raw: str) -> bool:
    """Tell whether an answer says when its words were spoken; without, their times are shares of the part."""
    segments = json.loads(raw).get("segments")
    return isinstance(segments, list) and bool(segments)


def _heard(segment: Any, start_ms: int, end_ms: int) -> Heard | None:
    if not isinstance(segment, dict) or not isinstance(segment.get("text"), str):
        return None
    words = " ".join(segment["text"].split())
    if not words:
        return None
    begun, ended = _moment(segment.get("start"), start_ms, end_ms), _moment(segment.get("end"), start_ms, end_ms)
    begun = start_ms if begun is None else begun
    speaker = segment.get("speaker")
    return Heard(
        begun,
        max(begun + 1, ended if ended is not None else begun),
        " ".join(speaker.split())[:60] if isinstance(speaker, str) else "",
        words,
    )


def _moment(value: Any, start_ms: int, end_ms: int) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e7:
        return None
    return min(start_ms + round(value * 1000), end_ms)


def webvtt(parts: Sequence[Sequence[Heard]]) -> bytes:
    """Join the parts to one WebVTT file; a letter is another speaker in another part, so the name says in which."""
    lines = ["WEBVTT", ""]
    for number, part in enumerate(parts, start=1):
        for one in part:
            name = f"Speaker {one.speaker}" if len(one.speaker) <= 2 else one.speaker
            where = f" (part {number})" if len(parts) > 1 else ""
            voice = f"{_escaped(name)}{where}" if one.speaker else ALL_VOICES  # else "So: we" would name a speaker So
            lines += [f"{_clock(one.start_ms)} --> {_clock(one.end_ms)}", f"<v {voice}>{_escaped(one.text)}", ""]
    return "\n".join(lines).encode("utf-8", "replace")


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _clock(ms: int) -> str:
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}.{ms % 1000:03}"


def cost_micros(duration_ms: int, minute_price: Decimal | None) -> int | None:
    """Return what so much sound costs, in millionths of the currency, rounded up; None where the price is not known."""
    if minute_price is None:
        return None
    return int((minute_price * duration_ms * 1_000_000 / 60_000).to_integral_value(rounding=ROUND_CEILING))
