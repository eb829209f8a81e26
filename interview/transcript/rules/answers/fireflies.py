"""Fireflies (GraphQL): sentences in seconds; a text may have been edited by people, what was heard stands beside it."""

from interview.transcript.rules.answers.parts import SECONDS, Collector, Json, is_list_of, speaker_name
from interview.transcript.rules.segments import Reading, TranscriptRefused
from interview.transcript.rules.speech import words_of


def recognise(answer: Json) -> bool:
    """Say whether a transcript with sentences is in it, also one that is not ready."""
    return _transcripts(answer) is not None


def read(answer: Json) -> Reading:
    """Read it. Raises TranscriptRefused for several transcripts in one file and for one without sentences yet."""
    transcripts = _transcripts(answer) or []
    if len(transcripts) != 1:
        raise TranscriptRefused(
            f"This answer of Fireflies holds {len(transcripts)} transcripts. Bring the one of this interview alone."
        )
    transcript = transcripts[0]
    if not isinstance(transcript.get("sentences"), list):
        raise TranscriptRefused(
            "Fireflies has no sentences for this transcript yet. Bring the file again when it has been processed."
        )
    found = Collector(SECONDS)
    names = {
        str(one.get("id")): words_of(one.get("name"))
        for _, one in found.entries(transcript.get("speakers"), "speakers")
    }
    edited, edited_at = 0, ""
    for place, one in found.entries(transcript["sentences"], "sentences"):
        heard, text = words_of(one.get("raw_text")), words_of(one.get("text"))
        if heard and text and heard != text:
            edited, edited_at = edited + 1, edited_at or place
        name = words_of(one.get("speaker_name")) or names.get(str(one.get("speaker_id")))
        speaker = name or speaker_name(one.get("speaker_id"))
        found.add(place, text or heard, speaker, one.get("start_time"), one.get("end_time"))
    if edited:
        found.warn(
            edited_at,
            "edited_words",
            f"{edited} sentence{' was' if edited == 1 else 's were'} changed by people after the meeting (text differs "
            "from raw_text); the changed words were read.",
        )
    return found.reading("fireflies")


def _transcripts(answer: Json) -> list[dict[str, Json]] | None:
    inner = answer.get("data", answer) if isinstance(answer, dict) else None
    if not isinstance(inner, dict):
        return None
    if isinstance(inner.get("transcripts"), list):
        listed = [one for one in inner["transcripts"] if isinstance(one, dict)]
        return listed if any("sentences" in one for one in listed) else None
    one = inner.get("transcript")
    if isinstance(one, dict) and "sentences" in one:
        return [one]
    return [inner] if is_list_of(inner.get("sentences"), "speaker_name", "speaker_id", "raw_text") else None
