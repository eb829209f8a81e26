"""What a fact must be, and what is said about the size of a sheet."""

from __future__ import annotations

import pytest

from interview.factsheet.rules import LONGEST_FACT, FactKind, FactText, fact_faults, size_words


def test_a_fact_with_words_is_fine_with_and_without_a_moment() -> None:
    assert fact_faults(FactText(FactKind.NICE, "It is self-hosted.")) == {}
    assert fact_faults(FactText(FactKind.MYTH, "No webcam.", 3, 0)) == {}


@pytest.mark.parametrize("words", ["", "x" * (LONGEST_FACT + 1)])
def test_a_fact_needs_words_that_can_be_read(words: str) -> None:
    assert set(fact_faults(FactText(FactKind.NICE, words))) == {"words"}


def test_a_moment_without_material_is_nowhere() -> None:
    assert set(fact_faults(FactText(FactKind.NICE, "Ok.", None, 4_000))) == {"material_id"}


@pytest.mark.parametrize(
    ("count", "said"), [(1, "there is 1"), (9, "there are 9"), (10, ""), (25, ""), (26, "nobody can listen for 26")]
)
def test_the_size_of_a_sheet_is_commented_on(count: int, said: str) -> None:
    assert said in size_words(count)
    assert bool(size_words(count)) is bool(said)
