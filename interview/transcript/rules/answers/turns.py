"""A list of turns without times, `speaker` and `content` (or `text`), as research corpora keep meetings."""

from interview.transcript.rules.answers.parts import SECONDS, Collector, Json, field, is_list_of, speaker_name
from interview.transcript.rules.segments import Reading


def recognise(answer: Json) -> bool:
    """Say whether there are turns."""
    turns = _turns(answer)
    return is_list_of(turns, "speaker") and is_list_of(turns, "content", "text")


def read(answer: Json) -> Reading:
    """Read each turn as one segment."""
    found = Collector(SECONDS)
    for place, one in found.entries(_turns(answer), "turns" if isinstance(answer, list) else "meeting_transcripts"):
        found.add(place, one.get("content") or one.get("text"), speaker_name(one.get("speaker")), None, None)
    return found.reading("turns")


def _turns(answer: Json) -> Json:
    return answer if isinstance(answer, list) else field(answer, "meeting_transcripts")
