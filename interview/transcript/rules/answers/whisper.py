"""Whisper and its kin: the command line, faster-whisper dumps, whisperX, OpenAI's json, verbose_json, diarized_json."""

from interview.transcript.rules.answers.parts import SECONDS, Collector, Json, Word, field, is_list_of, speaker_name
from interview.transcript.rules.segments import Reading
from interview.transcript.rules.speech import words_of


def recognise(answer: Json) -> bool:
    """Say whether there are segments in seconds, or at least words or a text in OpenAI's way."""
    if is_list_of(answer, "start") and is_list_of(answer, "text", "words"):
        return True
    return is_list_of(field(answer, "segments"), "text", "words") or isinstance(field(answer, "text"), str)


def read(answer: Json) -> Reading:
    """Read segments; where there are none, words; where there are none, the whole text as one segment."""
    found = Collector(SECONDS)
    segments = answer if isinstance(answer, list) else answer.get("segments")
    path = "entries" if isinstance(answer, list) else "segments"
    if isinstance(segments, list) and segments:
        for place, entry in found.entries(segments, path):
            text = entry.get("text") or " ".join(one.text for one in _words(found, entry.get("words"), place))
            found.add(place, text, speaker_name(entry.get("speaker")), entry.get("start"), entry.get("end"))
    elif is_list_of(field(answer, "words"), "word"):
        found.add_words("words", _words(found, answer["words"], "words"))
    else:
        found.add("text", answer.get("text"), None, None, None)
        found.warn("text", "no_times", "The answer has neither segments nor words with times: it is one segment.")
    return found.reading(_name(answer, segments), field(answer, "language"))


def _words(found: Collector, value: Json, path: str) -> list[Word]:
    return [
        Word(words_of(one.get("word")), speaker_name(one.get("speaker")), one.get("start"), one.get("end"))
        for _, one in found.entries(value, path)
        if words_of(one.get("word"))
    ]


def _name(answer: Json, segments: Json) -> str:
    kinds = [one for one in segments if isinstance(one, dict)] if isinstance(segments, list) else []
    if any(str(one.get("type")).startswith("transcript.text") for one in kinds):
        return "openai_diarized"
    if field(answer, "word_segments") is not None or any("speaker" in one for one in kinds):
        return "whisperx"
    if field(answer, "task") is not None or field(answer, "usage") is not None:
        return "openai_verbose" if kinds else "openai"
    return "whisper"
