"""Who can be compared with whom: only candidates that a chain of shared raters connects (SCORING 3.10)."""

from __future__ import annotations

from collections.abc import Iterable


def islands(meetings: Iterable[tuple[str, str]]) -> tuple[frozenset[str], ...]:
    """Return the candidates of each connected part of a panel, from (candidate, rater) pairs; the largest first."""
    parent: dict[tuple[bool, str], tuple[bool, str]] = {}

    def root(one: tuple[bool, str]) -> tuple[bool, str]:
        parent.setdefault(one, one)
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        return one

    met = list(meetings)
    for candidate, rater in met:
        parent[root((True, candidate))] = root((False, rater))
    found: dict[tuple[bool, str], set[str]] = {}
    for candidate, _ in met:
        found.setdefault(root((True, candidate)), set()).add(candidate)
    return tuple(sorted(map(frozenset, found.values()), key=lambda one: (-len(one), min(one))))
