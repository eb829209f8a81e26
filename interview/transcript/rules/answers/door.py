"""Tells JSON answers apart by their keys and reads them; JSON of another kind, or cut off, is refused by a sentence."""

import json
import re
from typing import Protocol

from interview.transcript.rules.answers import (
    assemblyai,
    deepgram,
    fireflies,
    gong,
    meet_entries,
    rev,
    turns,
    whisper,
)
from interview.transcript.rules.answers.parts import Json
from interview.transcript.rules.segments import Reading, TranscriptRefused

NAME = "json"

_LOOKS = re.compile(r'\s*(?:\{\s*["}]|\[\s*\{|\[\s*\]\s*$)')
_BRING = "Export the transcript as WebVTT, SubRip or plain text and upload that."


class AnswerReader(Protocol):
    """What the module of one service offers."""

    def recognise(self, answer: Json) -> bool:
        """Say whether the answer is this service's."""

    def read(self, answer: Json) -> Reading:
        """Read it."""


# The most telling keys first: `text` alone is OpenAI's, but others have it too.
READERS: tuple[AnswerReader, ...] = (gong, fireflies, rev, deepgram, meet_entries, assemblyai, whisper, turns)


def recognise(text: str) -> bool:
    """Say whether the text is JSON, or was."""
    if _LOOKS.match(text):
        return True
    return text.lstrip().startswith(("{", "[")) and _is_json(text)


def read(text: str) -> Reading:
    """Read an answer of any known service. Raises TranscriptRefused."""
    try:
        answer = json.loads(text)
    except json.JSONDecodeError as error:
        raise TranscriptRefused(
            f"This looks like the JSON answer of a transcription service, but it breaks off or is damaged at line "
            f"{error.lineno}. Save it again whole, or bring the transcript as WebVTT, SubRip or plain text."
        ) from None
    except (ValueError, RecursionError):
        raise TranscriptRefused(f"This JSON cannot be read: it is nested too deep or damaged. {_BRING}") from None
    for reader in READERS:
        if reader.recognise(answer):
            return reader.read(answer)
    raise TranscriptRefused(
        "This is JSON, but not the answer of a transcription service known here (Whisper, whisperX, OpenAI, "
        f"AssemblyAI, Deepgram, Rev, Fireflies, Gong, Google Meet). {_BRING}"
    )


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
