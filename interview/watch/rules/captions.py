"""Reading WebVTT captions into plain cues, and writing them back with nothing in them but times and text."""

import re
from dataclasses import dataclass

from interview.errors import Invalid

MAX_BYTES = 2_000_000
MAX_CUES = 20_000
PARAGRAPH_GAP_MS = 2000
PARAGRAPH_CHARS = 600
_STAMP = r"(?:(\d{2,4}):)?([0-5]\d):([0-5]\d)\.(\d{3})"
_TIMING = re.compile(rf"\s*{_STAMP}[ \t]+-->[ \t]+{_STAMP}(?:[ \t].*)?")
_VOICE = re.compile(r"<v(?:\.[^ \t>]*)?[ \t]+([^>]*)>")
_TAG = re.compile(r"<[^>]*>?")
_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]"
)
_ENTITIES = {
    "&lt;": "<",
    "&gt;": ">",
    "&nbsp;": " ",
    "&quot;": '"',
    "&#39;": "'",
    "&lrm;": "",
    "&rlm;": "",
    "&amp;": "&",
}


@dataclass(frozen=True, slots=True)
class Cue:
    """Words shown from start to end (milliseconds of the film)."""

    start_ms: int
    end_ms: int
    text: str


def read_captions(content: bytes) -> tuple[Cue, ...]:
    """Read a WebVTT file; raise Invalid naming the line that cannot be used."""
    if len(content) > MAX_BYTES:
        raise Invalid(
            f"The captions are larger than {MAX_BYTES // 1_000_000} MB. Check that the right file was chosen."
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid(
            "The captions are not text in UTF-8. Save them as WebVTT in UTF-8 and upload them again."
        ) from None
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if not re.fullmatch(r"WEBVTT(?:[ \t].*)?", lines[0]):
        raise Invalid("The captions must start with the word WEBVTT: only WebVTT (.vtt) files can be used.")
    cues = tuple(sorted(_cues(lines), key=lambda cue: (cue.start_ms, cue.end_ms)))
    if not cues:
        raise Invalid("The captions hold no cue with a time and words. Check that the right file was chosen.")
    if len(cues) > MAX_CUES:
        raise Invalid(f"The captions hold more than {MAX_CUES} cues. Check that the right file was chosen.")
    return cues


def write_captions(cues: tuple[Cue, ...]) -> str:
    """Return the cues as WebVTT: escaped text and times, no styles, regions, notes or tags."""
    blocks = ["WEBVTT"]
    for cue in cues:
        words = cue.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        blocks.append(f"{_stamp(cue.start_ms)} --> {_stamp(cue.end_ms)}\n{words}")
    return "\n\n".join(blocks) + "\n"


def paragraphs(cues: tuple[Cue, ...]) -> tuple[Cue, ...]:
    """Return the words of the captions as paragraphs to read: a pause or a full paragraph begins a new one."""
    found: list[Cue] = []
    for cue in cues:
        words = cue.text.replace("\n", " ")
        last = found[-1] if found else None
        if last and cue.start_ms - last.end_ms < PARAGRAPH_GAP_MS and len(last.text) < PARAGRAPH_CHARS:
            found[-1] = Cue(last.start_ms, max(last.end_ms, cue.end_ms), f"{last.text} {words}")
        else:
            found.append(Cue(cue.start_ms, cue.end_ms, words))
    return tuple(found)


def _cues(lines: list[str]) -> list[Cue]:
    cues = []
    number = 1
    while number < len(lines):
        if "-->" not in lines[number]:
            number += 1
            continue
        timing, at = _TIMING.fullmatch(lines[number]), number + 1
        if timing is None:
            raise Invalid(f"Line {at} of the captions is not a time like 00:01.000 --> 00:04.000: correct it.")
        start_ms, end_ms = _ms(timing.groups()[:4]), _ms(timing.groups()[4:])
        if end_ms <= start_ms:
            raise Invalid(f"Line {at} of the captions ends before it begins: correct the times.")
        number += 1
        words = []
        while number < len(lines) and lines[number].strip() and "-->" not in lines[number]:
            words.append(lines[number])
            number += 1
        if text := _plain("\n".join(words)):
            cues.append(Cue(start_ms, end_ms, text))
    return cues


def _plain(text: str) -> str:
    voice = _VOICE.match(text)
    text = _TAG.sub("", text)
    for entity, sign in _ENTITIES.items():
        text = text.replace(entity, sign)
    text = _INVISIBLE.sub("", text)
    speaker = f"{_INVISIBLE.sub('', voice[1]).strip()}: " if voice and voice[1].strip() else ""
    return speaker + text.strip() if text.strip() else ""


def _ms(parts: tuple[str | None, ...]) -> int:
    hours, minutes, seconds, milliseconds = (int(part or 0) for part in parts)
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + milliseconds


def _stamp(ms: int) -> str:
    return f"{ms // 3_600_000:02d}:{ms // 60_000 % 60:02d}:{ms // 1000 % 60:02d}.{ms % 1000:03d}"
