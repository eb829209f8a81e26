"""Reading what a model wrote: thinking and fences off, the outermost object out, its shape by our own hand. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

CLAIMS_READ_MAX: Final = 400
_THINKING = r"(?:think|thinking|thought|reasoning)"
_BEGINS, _ENDS = (re.compile(one, re.IGNORECASE) for one in (rf"<{_THINKING}\b[^<>]*>", rf"</{_THINKING}\s*>"))
_KEYS = frozenset({"criterion", "text", "segment_ids", "quote"})
_TOP = frozenset({"claims", "start_mark", "end_mark"})
_SCORING = re.compile(r"scor|rat(e|ing)|grade|rank|recommend|decision|verdict|hire|points|stars|result", re.IGNORECASE)


class Unusable(ValueError):
    """An answer that cannot be read; the sentence says why, for the page and for the second try."""


@dataclass(frozen=True, slots=True)
class Said:
    """One claim as the model made it, not yet believed."""

    criterion: str
    text: str
    refs: tuple[str, ...]
    quote: str


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of the right shape: claims, the marks it gave back, and how much was in it that nobody asked for."""

    claims: tuple[Said, ...]
    marks: tuple[str, str]
    malformed_count: int = 0
    extra_count: int = 0
    score_keys_count: int = 0


def read_reply(text: str) -> Reply:
    """Read an answer. Raises Unusable."""
    found = outermost_object(text)
    claims = found.get("claims")
    if not isinstance(claims, list):
        raise Unusable("The model's answer has no list of claims.")
    said, malformed = [], max(0, len(claims) - CLAIMS_READ_MAX)
    extra = [*(key for key in found if key not in _TOP)]
    for one in claims[:CLAIMS_READ_MAX]:
        if isinstance(one, dict):
            extra += [key for key in one if key not in _KEYS]
        claim = _claim(one)
        if claim is None:
            malformed += 1
        else:
            said.append(claim)
    start, end = (
        mark.strip() if isinstance(mark := found.get(name), str) else "" for name in ("start_mark", "end_mark")
    )
    scores = sum(1 for key in extra if _SCORING.search(key))
    return Reply(tuple(said), (start, end), malformed, len(extra) - scores, scores)


def _claim(one: Any) -> Said | None:
    if not isinstance(one, dict):
        return None
    criterion, text, quote, refs = (one.get(key) for key in ("criterion", "text", "quote", "segment_ids"))
    if isinstance(refs, str):
        refs = [refs]
    if not (isinstance(criterion, str) and isinstance(text, str) and isinstance(quote, str) and isinstance(refs, list)):
        return None
    return Said(criterion, text, tuple(ref for ref in refs[:5] if isinstance(ref, str)), quote)


def _without_thinking(text: str) -> str:
    """Cut thinking out, and all before an end that has no beginning, looking at no character often."""
    kept, at = [], 0
    while (begins := _BEGINS.search(text, at)) and (ends := _ENDS.search(text, begins.end())):
        kept.append(text[at : begins.start()])
        at = ends.end()
    bare = "".join((*kept, text[at:]))
    return bare[max((one.end() for one in _ENDS.finditer(bare)), default=0) :]


def outermost_object(text: str) -> Mapping[str, Any]:
    """Return the largest JSON object in a text, whatever stands around it. Raises Unusable."""
    bare = _without_thinking(text)
    decoder = json.JSONDecoder()
    best: tuple[int, Mapping[str, Any]] | None = None
    at = bare.find("{")
    tries = 0
    while at >= 0 and tries < 200:
        tries += 1
        try:
            found, end = decoder.raw_decode(bare, at)
        except (ValueError, RecursionError):
            at = bare.find("{", at + 1)
            continue
        if best is None or end - at > best[0]:
            best = (end - at, found)
        at = bare.find("{", end)
    if best is None:
        raise Unusable("The model's answer holds no JSON object.")
    return best[1]
