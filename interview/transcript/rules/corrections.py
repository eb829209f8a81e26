"""What a candidate may write beside the words of a segment, and how names stand on the candidate's own page."""

import re
from typing import Final

from interview.errors import Invalid
from interview.transcript.rules.speech import squeezed

LONGEST_CORRECTION: Final = 5_000
MOST_CORRECTIONS: Final = 300  # that stand at once, in one transcript
ROOM: Final = 200  # characters that a correction may be longer than twice the words it mends

_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ud800-\udfff\U000e0000-\U000e007f]"
)


def longest_for(original: str) -> int:
    """Give how many characters a correction of some words may have."""
    return min(LONGEST_CORRECTION, 2 * len(original) + ROOM)


def mended(original: str, written: str) -> str:
    """Give the words a candidate wrote, as they are kept: single spaces, no invisible characters.

    Raises Invalid, with a sentence, for no words, for the same words, and for more than a correction can be.
    """
    words = squeezed(_HIDDEN.sub("", written))
    if not words:
        raise Invalid("Write what was said here. Words cannot be taken out altogether: the original always stays.")
    if words == original:
        raise Invalid("These are the words as the transcript has them; there is nothing to correct.")
    longest = longest_for(original)
    if len(words) > longest:
        raise Invalid(
            f"A correction of these words may have up to {longest:,} characters; this has {len(words):,}. It mends "
            "what was written down wrongly; what you would like to add, write to your contact."
        )
    return words
