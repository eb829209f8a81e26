"""Text formats known by sight and not read here: refused with the way out, so that none is mistaken for plain text."""

import json
import re

from interview.transcript.rules.segments import Reading, TranscriptRefused

NAME = "foreign"

_SBV = re.compile(r"\s*\d+:\d{2}:\d{2}\.\d{3},\d+:\d{2}:\d{2}\.\d{3}[ \t]*[\r\n]")


def recognise(text: str) -> bool:
    """Say whether the text is JSON or YouTube's .sbv."""
    return bool(_SBV.match(text)) or _is_json(text)


def read(text: str) -> Reading:
    """Refuse it; raises TranscriptRefused always."""
    if _SBV.match(text):
        raise TranscriptRefused(
            "This is a YouTube .sbv caption file. Download the captions as .vtt or .srt and upload that."
        )
    raise TranscriptRefused(
        "This is the JSON answer of a transcription service. "
        "Export the transcript as WebVTT, SubRip or plain text and upload that."
    )


def _is_json(text: str) -> bool:
    if not text.lstrip().startswith(("{", "[")):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
