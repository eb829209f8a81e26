"""Google Meet's REST entries: absolute times, counted here from the first entry; speakers are resource names."""

import re
from datetime import UTC, datetime

from interview.transcript.rules.answers.parts import SECONDS, Collector, Json, field, is_list_of
from interview.transcript.rules.segments import Reading
from interview.transcript.rules.speech import words_of

_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d)?")


def recognise(answer: Json) -> bool:
    """Say whether there are entries with a participant and a text."""
    entries = _entries(answer)
    return is_list_of(entries, "participant") and is_list_of(entries, "text")


def read(answer: Json) -> Reading:
    """Read the entries; a further page that is missing is named."""
    found = Collector(SECONDS)
    rows = [
        (place, one, _instant(one.get("startTime")), _instant(one.get("endTime")))
        for place, one in found.entries(_entries(answer), "transcriptEntries")
    ]
    zero = min((start for *_, start, _ in rows if start is not None), default=None)
    names = _names(answer)
    for place, one, start, end in rows:
        participant = words_of(one.get("participant"))
        speaker = names.get(participant) or (f"Participant {participant.rpartition('/')[2]}" if participant else None)
        found.add(place, one.get("text"), speaker, _since(zero, start), _since(zero, end))
    if zero is not None:
        found.warn(
            rows[0][0], "counted_from_first_entry", "The times are dates; they were counted from the first entry."
        )
    if words_of(field(answer, "nextPageToken")):
        found.warn(
            "nextPageToken", "more_pages", "Meet has more pages of this transcript; only what is in this file was read."
        )
    languages = {words_of(one.get("languageCode")) for _, one, *_ in rows} - {""}
    return found.reading("meet_entries", languages.pop() if len(languages) == 1 else None)


def _entries(answer: Json) -> Json:
    if isinstance(answer, list):
        return answer
    return field(answer, "transcriptEntries") or field(answer, "entries")


def _names(answer: Json) -> dict[str, str]:
    """Give resource name -> name, where the participants stand beside the entries."""
    listed = field(answer, "participants")
    people = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    kinds = ("signedinUser", "anonymousUser", "phoneUser")
    return {
        words_of(one.get("name")): name
        for one in people
        if (name := next((words_of(field(one, kind, "displayName")) for kind in kinds if kind in one), ""))
    }


def _instant(value: Json) -> float | None:
    found = _RFC3339.fullmatch(value.strip()) if isinstance(value, str) else None
    if not found:
        return None
    try:
        whole = datetime.fromisoformat(found[1] + (found[3] or "Z").replace("Z", "+00:00"))
        return whole.astimezone(UTC).timestamp() + float(found[2] or 0)
    except (ValueError, OverflowError):
        return None


def _since(zero: float | None, instant: float | None) -> float | None:
    return None if zero is None or instant is None else round(instant - zero, 3)
