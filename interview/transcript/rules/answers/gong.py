"""Gong: one call's sentences in milliseconds; speakers are long numbers, named only where the parties stand beside."""

from collections.abc import Iterator

from interview.transcript.rules.answers.parts import MILLISECONDS, Collector, Json, field, renamed
from interview.transcript.rules.segments import Reading, TranscriptRefused
from interview.transcript.rules.speech import words_of


def recognise(answer: Json) -> bool:
    """Say whether there are transcripts of calls."""
    return isinstance(field(answer, "callTranscripts"), list)


def read(answer: Json) -> Reading:
    """Read the call. Raises TranscriptRefused for none or several."""
    calls = answer["callTranscripts"]
    if len(calls) != 1:
        raise TranscriptRefused(
            f"This answer of Gong holds the transcripts of {len(calls)} calls. Bring the one of this interview alone."
        )
    found = Collector(MILLISECONDS)
    for place, turn in found.entries(field(calls[0], "transcript"), "callTranscripts[0].transcript"):
        speaker = _id(turn.get("speakerId"))
        for at, one in found.entries(turn.get("sentences"), f"{place}.sentences"):
            found.add(at, one.get("text"), speaker, one.get("start"), one.get("end"))
    names = {_id(one.get("speakerId")) or "": words_of(one.get("name")) for one in _parties(answer)}
    return renamed(found.reading("gong"), {key: name for key, name in names.items() if key and name})


def _id(value: Json) -> str | None:
    """Keep an identifier of up to 20 digits as it is written."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else words_of(value) or None


def _parties(answer: Json) -> Iterator[dict[str, Json]]:
    calls = field(answer, "calls")
    for holder in (answer, answer["callTranscripts"][0], *(calls if isinstance(calls, list) else ())):
        parties = field(holder, "parties")
        yield from (one for one in (parties if isinstance(parties, list) else ()) if isinstance(one, dict))
