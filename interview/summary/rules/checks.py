"""From what a model claims to what a page may show: found in the transcript, or dropped and counted. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from interview.summary.rules.answers import Reply, Said
from interview.summary.rules.cuts import (
    Cut,
    addresses_reader,
    cut_of_sentence,
    gives_to_another,
    is_score,
    quoted,
)
from interview.summary.rules.quotes import Hit, Spoken, Transcript
from interview.summary.rules.texts import one_line, tokens

WORDS_MIN: Final = 80
SEGMENTS_MIN: Final = 3
CLAIMS_MAX: Final = 8  # of one criterion
BROKEN_SHARE: Final = 0.02
SAME_SHARE: Final = 0.4
UNHEARD_SHARE: Final = 0.4
_UNHEARD = (
    "[inaudible",
    "(inaudible",
    "[unintelligible",
    "(unintelligible",
    "[unverständlich",
    "[no speech",
    "[blank_audio",
    "[music",
)


class Place(StrEnum):
    """Where a claim's quote was found."""

    EXACT = "exact"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence that may be shown, and the passage it leans on."""

    criterion: str
    text: str
    place: Place
    hit: Hit


@dataclass
class Checked:
    """What is left of the answers: claims in the criteria's order, and what was dropped and why."""

    claims: list[Claim] = field(default_factory=list)
    dropped: Counter[Cut] = field(default_factory=Counter)

    @property
    def abstention(self) -> str:
        """Say why no summary is shown; empty where one is."""
        if not self.claims and not self.dropped:
            return "The model found nothing in this transcript that belongs to one of the criteria."
        unfounded = sum(self.dropped[cut] for cut in (Cut.UNSUPPORTED, Cut.INVENTED, Cut.NUMBER, Cut.SPEAKER))
        if not self.claims:
            return "Nothing of what the model wrote passed the checks, so there is no summary."
        if unfounded >= 3 and unfounded > 2 * len(self.claims):
            return (
                "Most of what the model wrote is not in the transcript, so nothing of it is shown. Read the transcript."
            )
        return ""


def too_little(spoken: Sequence[Spoken]) -> str:
    """Say why a transcript cannot carry a summary (too short, too broken); empty where it can."""
    words = [word for one in spoken for word in tokens(one.text)]
    for found, least, what in ((len(words), WORDS_MIN, "words"), (len(spoken), SEGMENTS_MIN, "segments")):
        if found < least:
            return (
                f"The transcript is too short for a summary: {found} of the {least} {what} it takes. Read it instead."
            )
    characters = sum(len(one.text) for one in spoken)
    broken = sum(one.text.count("\ufffd") for one in spoken)
    letters = sum(character.isalnum() for one in spoken for character in one.text)
    if broken > BROKEN_SHARE * characters or letters < 0.5 * characters:
        return "The transcript is too broken for a summary: too many of its characters are not words."
    texts = Counter(" ".join(word.word for word in tokens(one.text)) for one in spoken)
    _, count = texts.most_common(1)[0]
    if len(spoken) >= 5 and count > SAME_SHARE * len(spoken):
        return "The transcript is too broken for a summary: it repeats the same words over and over."
    unheard = sum(any(sign in one.text.lower() for sign in _UNHEARD) for one in spoken)
    if unheard > UNHEARD_SHARE * len(spoken):
        return "The transcript is too broken for a summary: too much of it could not be heard."
    return ""


def reader_addressed(spoken: Sequence[Spoken]) -> list[Spoken]:
    """Return the segments that seem to be spoken to a machine; no penalty, and nothing is quoted from them."""
    return [one for one in spoken if addresses_reader(one.text)]


def check(
    transcript: Transcript,
    replies: Sequence[tuple[Reply, Collection[str]]],
    criteria: Mapping[str, str],
    *,
    language: str,
) -> Checked:
    """Check the answers, each with the segment names that were in its question; nobody's word but the transcript's."""
    checked = Checked()
    by_key: dict[str, list[Claim]] = {key: [] for key in criteria}
    seen: set[tuple[str, str]] = set()
    for reply, refs in replies:
        checked.dropped[Cut.SHAPE] += reply.malformed_count
        checked.dropped[Cut.EXTRA] += reply.extra_count
        checked.dropped[Cut.SCORE] += reply.score_keys_count
        for said in reply.claims:
            outcome = _one(transcript, said, refs, by_key, seen, language)
            if isinstance(outcome, Cut):
                checked.dropped[outcome] += 1
            else:
                by_key[outcome.criterion].append(outcome)
    checked.dropped = Counter({cut: count for cut, count in checked.dropped.items() if count})
    checked.claims = [claim for claims in by_key.values() for claim in claims]
    return checked


def _one(
    transcript: Transcript,
    said: Said,
    refs: Collection[str],
    by_key: Mapping[str, list[Claim]],
    seen: set[tuple[str, str]],
    language: str,
) -> Claim | Cut:
    if said.criterion not in by_key:
        return Cut.SHAPE
    cited = {transcript.by_ref[ref] for ref in said.refs if ref in refs and ref in transcript.by_ref}
    found = _found(transcript, said.quote, cited, refs)
    text = one_line(said.text)
    if found is None:
        # Counted for what it is: an invented quote with a score is a score first.
        scored = cut_of_sentence(text, "", language=language)
        return scored if scored in (Cut.SCORE, Cut.VERDICT, Cut.PERSON, Cut.INSTRUCTION) else Cut.UNSUPPORTED
    place, hit = found
    indexes = {passage.index for passage in hit}
    near = transcript.around(indexes)
    heard = " ".join(transcript.spoken[index].text for index in sorted(near))
    cut = cut_of_sentence(text, heard, language=language)
    if cut is not None:
        return cut
    words = " ".join(transcript.words(passage) for passage in hit)
    if any(addresses_reader(transcript.spoken[index].text) for index in indexes) or addresses_reader(words):
        return Cut.INSTRUCTION
    if is_score(words):
        return Cut.SCORE
    if any(not transcript.holds(part, near) for part in quoted(text)):
        return Cut.INVENTED
    if gives_to_another(text, {transcript.spoken[index].role for index in indexes}):
        return Cut.SPEAKER
    names = {(said.criterion, " ".join(one.word for one in tokens(text))), (said.criterion, repr(hit))}
    if names & seen:
        return Cut.DUPLICATE
    if len(by_key[said.criterion]) >= CLAIMS_MAX:
        return Cut.SURPLUS
    seen |= names
    return Claim(said.criterion, text, place, hit)


def _found(transcript: Transcript, quote: str, cited: set[int], refs: Collection[str]) -> tuple[Place, Hit] | None:
    hits = transcript.find(quote)
    near = transcript.around(cited)
    for hit in hits:
        if {passage.index for passage in hit} <= near:
            return Place.EXACT, hit
    elsewhere = [hit for hit in hits if all(transcript.spoken[passage.index].ref in refs for passage in hit)]
    speakers = {(transcript.spoken[hit[0].index].role, transcript.spoken[hit[0].index].label) for hit in elsewhere}
    if not elsewhere or len(speakers) > 1:  # said by several: whose words were meant, nobody can tell
        return None
    return Place.MOVED, min(elsewhere, key=lambda hit: min((abs(hit[0].index - one) for one in cited), default=0))


@dataclass(frozen=True, slots=True)
class Difference:
    """How one run's claims differ from an earlier one's, by what they lean on: ids of the claims of each."""

    same: tuple[tuple[int, int], ...]
    gone: tuple[int, ...]
    new: tuple[int, ...]


def difference(before: Mapping[int, tuple[str, str]], after: Mapping[int, tuple[str, str]]) -> Difference:
    """Compare two runs: claim id -> its criterion and quoted words, however it is worded."""
    left = {(key, " ".join(one.word for one in tokens(words))): id_ for id_, (key, words) in before.items()}
    right = {(key, " ".join(one.word for one in tokens(words))): id_ for id_, (key, words) in after.items()}
    return Difference(
        same=tuple((left[name], right[name]) for name in left if name in right),
        gone=tuple(id_ for name, id_ in left.items() if name not in right),
        new=tuple(id_ for name, id_ in right.items() if name not in left),
    )
