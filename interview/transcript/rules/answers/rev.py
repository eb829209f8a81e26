"""Rev: monologues of elements, spaces and punctuation among them; seconds, speakers by number or name."""

from interview.transcript.rules.answers.parts import SECONDS, Collector, Json, field, is_list_of, speaker_name
from interview.transcript.rules.segments import Reading
from interview.transcript.rules.speech import words_of


def recognise(answer: Json) -> bool:
    """Say whether there are monologues."""
    return is_list_of(field(answer, "monologues"), "elements")


def read(answer: Json) -> Reading:
    """Read each monologue as one segment, from its first time to its last."""
    found = Collector(SECONDS)
    for place, one in found.entries(answer["monologues"], "monologues"):
        elements = [element for _, element in found.entries(one.get("elements"), f"{place}.elements")]
        values = [element["value"] for element in elements if isinstance(element.get("value"), str)]
        start = next((element["ts"] for element in elements if element.get("ts") is not None), None)
        end = next((element["end_ts"] for element in reversed(elements) if element.get("end_ts") is not None), None)
        name = words_of(field(one, "speaker_info", "display_name")) or speaker_name(one.get("speaker"))
        found.add(place, "".join(values), name, start, end)
    return found.reading("rev", field(answer, "language"))
