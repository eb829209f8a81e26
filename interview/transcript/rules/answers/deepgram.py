"""Deepgram: utterances where they were asked for, else paragraphs, else words; seconds, speakers by number."""

from collections.abc import Iterator

from interview.transcript.rules.answers.parts import SECONDS, Collector, Json, Word, field, speaker_name
from interview.transcript.rules.segments import Reading
from interview.transcript.rules.speech import words_of


def recognise(answer: Json) -> bool:
    """Say whether there are results of channels or utterances."""
    results = field(answer, "results")
    return isinstance(field(results, "channels"), list) or isinstance(field(results, "utterances"), list)


def read(answer: Json) -> Reading:
    """Read the most telling of the shapes that are there."""
    found = Collector(SECONDS)
    results = answer["results"]
    channels = results.get("channels") if isinstance(results.get("channels"), list) else []
    several = len(channels) > 1
    utterances = results.get("utterances")
    if isinstance(utterances, list) and utterances:
        for place, one in found.entries(utterances, "results.utterances"):
            speaker = _speaker(one.get("speaker"), one.get("channel") if several else None)
            found.add(place, one.get("transcript"), speaker, one.get("start"), one.get("end"))
    else:
        for number, (place, channel) in enumerate(found.entries(channels, "results.channels")):
            _read_channel(found, channel, place, number if several else None)
    language = next((field(one, "detected_language") for one in channels if isinstance(one, dict)), None)
    return found.reading("deepgram", language or field(answer, "metadata", "language"))


def _read_channel(found: Collector, channel: dict[str, Json], path: str, number: int | None) -> None:
    best = next(found.entries(channel.get("alternatives"), f"{path}.alternatives"), None)
    if best is None:
        found.warn(path, "no_words", "This channel has no words; it was left out.")
        return
    place, one = best
    paragraphs = field(one, "paragraphs", "paragraphs")
    if isinstance(paragraphs, list) and paragraphs:
        for at, paragraph in found.entries(paragraphs, f"{place}.paragraphs.paragraphs"):
            speaker = _speaker(paragraph.get("speaker"), number)
            for where, sentence in found.entries(paragraph.get("sentences"), f"{at}.sentences"):
                found.add(where, sentence.get("text"), speaker, sentence.get("start"), sentence.get("end"))
    elif isinstance(one.get("words"), list) and one["words"]:
        found.add_words(f"{place}.words", list(_words(found, one["words"], f"{place}.words", number)))
    else:
        found.add(f"{place}.transcript", one.get("transcript"), _speaker(None, number), None, None)


def _words(found: Collector, value: Json, path: str, channel: int | None) -> Iterator[Word]:
    for _, one in found.entries(value, path):
        text = words_of(one.get("punctuated_word")) or words_of(one.get("word"))
        if text:
            yield Word(text, _speaker(one.get("speaker"), channel), one.get("start"), one.get("end"))


def _speaker(speaker: Json, channel: Json) -> str | None:
    """Give the label: a number is only unique within its channel."""
    name = speaker_name(speaker)
    where = f"Channel {channel}" if isinstance(channel, int) and not isinstance(channel, bool) else None
    return ", ".join(one for one in (where, name) if one) or None
