"""AssemblyAI: utterances where speakers were told apart, else words; milliseconds."""

from interview.transcript.rules.answers.parts import (
    MILLISECONDS,
    Collector,
    Json,
    Word,
    field,
    is_list_of,
    speaker_name,
)
from interview.transcript.rules.segments import Reading, TranscriptRefused
from interview.transcript.rules.speech import words_of


def recognise(answer: Json) -> bool:
    """Say whether the keys are AssemblyAI's."""
    if not isinstance(answer, dict):
        return False
    utterances = answer.get("utterances", answer)
    ours = {"audio_duration", "acoustic_model", "language_model", "speaker_labels", "audio_url"} & answer.keys()
    worded = is_list_of(answer.get("words"), "text")
    return is_list_of(utterances, "text", "words") or worded or bool(ours and "status" in answer)


def read(answer: Json) -> Reading:
    """Read it. Raises TranscriptRefused for one that is not finished or has failed."""
    status = words_of(answer.get("status"))
    if status and status != "completed":
        raise TranscriptRefused(
            f"AssemblyAI has not finished this transcript: its status is “{status[:40]}”. "
            "Bring the answer whose status is “completed”."
        )
    found = Collector(MILLISECONDS)
    if isinstance(answer.get("utterances"), list) and answer["utterances"]:
        for place, one in found.entries(answer["utterances"], "utterances"):
            text = one.get("text") or " ".join(word.text for word in _words(found, one.get("words"), place))
            found.add(place, text, speaker_name(one.get("speaker")), one.get("start"), one.get("end"))
    elif isinstance(answer.get("words"), list) and answer["words"]:
        found.add_words("words", _words(found, answer["words"], "words"))
    else:
        found.add("text", field(answer, "text"), None, None, None)
        found.warn("text", "no_times", "The answer has neither utterances nor words: its text is one segment.")
    return found.reading("assemblyai", answer.get("language_code"))


def _words(found: Collector, value: Json, path: str) -> list[Word]:
    return [
        Word(words_of(one.get("text")), speaker_name(one.get("speaker")), one.get("start"), one.get("end"))
        for _, one in found.entries(value, path)
        if words_of(one.get("text"))
    ]
