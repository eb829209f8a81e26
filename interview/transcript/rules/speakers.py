"""Who a speaker's label can be, said by hand: the candidate, somebody of the panel, or another voice; never guessed."""

from dataclasses import dataclass
from enum import StrEnum


class SpeakerKind(StrEnum):
    """What a label of a transcript stands for."""

    CANDIDATE = "candidate"
    PANEL = "panel"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who a label is; `person_id` names the member of the panel."""

    kind: SpeakerKind
    person_id: int | None = None

    @property
    def key(self) -> str:
        """Give the word that a form sends for it."""
        return f"{self.kind}-{self.person_id}" if self.person_id is not None else self.kind.value


def speaker_of_key(key: str) -> Speaker | None:
    """Read `candidate`, `other` or `panel-7`; None for an empty key. Raises ValueError for anything else."""
    if not key:
        return None
    kind, _, number = key.partition("-")
    speaker = Speaker(SpeakerKind(kind), int(number) if number.isascii() and number.isdecimal() else None)
    if (speaker.kind is SpeakerKind.PANEL) != (speaker.person_id is not None) or speaker.key != key:
        raise ValueError(f"{key} names no speaker.")
    return speaker
