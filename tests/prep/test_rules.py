"""The checklist, the gate and the words of preparation."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from interview.hiring.rules import Gate
from interview.prep.rules import (
    CONSENT_TEXTS,
    Checklist,
    ConsentKind,
    Item,
    ItemKind,
    attempt_words,
    minutes_words,
)
from interview.watch.rules.material import ItemState

TODO, DOING, DONE = ItemState


def item(
    kind: ItemKind, state: ItemState = TODO, *, required: bool = False, work_ms: int = 60_000, pct: int = 0
) -> Item:
    pct = 100 if state is DONE else pct
    return Item(kind, kind.value, state, required=required, work_ms=work_ms, pct=pct)


def checklist(gate: Gate, *items: Item) -> Checklist:
    return Checklist(gate, (item(ItemKind.CONSENT), *items, item(ItemKind.PITCH, work_ms=0)))


items = st.builds(
    item,
    st.sampled_from([ItemKind.MATERIAL, ItemKind.KNOWLEDGE]),
    st.sampled_from(ItemState),
    required=st.booleans(),
    work_ms=st.integers(0, 7_200_000),
    pct=st.integers(0, 99),
)


@given(st.sampled_from(Gate), st.lists(items, max_size=6))
def test_the_pitch_is_closed_only_by_a_required_gate_with_something_missing(gate: Gate, work: list[Item]) -> None:
    found = checklist(gate, *work)
    missing = any(one.required and one.state is not DONE for one in work)
    assert found.pitch_unlocked == (not (gate is Gate.REQUIRED and missing))


@given(st.sampled_from(Gate), st.lists(items, max_size=6))
def test_a_hundred_percent_is_shown_exactly_when_prepared(gate: Gate, work: list[Item]) -> None:
    found = checklist(gate, *work)
    assert 0 <= found.pct <= 100
    assert (found.pct == 100) == found.is_prepared == (found.state is DONE)
    assert found.left_ms >= 0


def test_consent_never_closes_the_gate() -> None:
    assert checklist(Gate.REQUIRED, item(ItemKind.MATERIAL, DONE, required=True)).pitch_unlocked


def test_prepared_means_the_required_or_else_the_offered_or_else_the_consent_questions() -> None:
    required, offered = item(ItemKind.MATERIAL, DONE, required=True), item(ItemKind.MATERIAL)
    assert checklist(Gate.RECORDED, required, offered).is_prepared
    assert not checklist(Gate.RECORDED, offered).is_prepared
    assert not checklist(Gate.RECORDED).is_prepared
    assert Checklist(Gate.OFF, (item(ItemKind.CONSENT, DONE), item(ItemKind.PITCH))).is_prepared


def test_next_comes_consent_then_what_is_asked_then_the_pitch_and_nothing_after_it() -> None:
    consent, offered, required = (
        item(ItemKind.CONSENT),
        item(ItemKind.MATERIAL),
        item(ItemKind.KNOWLEDGE, required=True),
    )
    order = []
    done: list[Item] = []
    left = [consent, offered, required, item(ItemKind.PITCH)]
    while (following := Checklist(Gate.RECORDED, tuple(done + left)).next_item) is not None:
        order.append(following.kind)
        left.remove(following)
        done.append(item(following.kind, DONE, required=following.required))
    assert order == [ItemKind.CONSENT, ItemKind.KNOWLEDGE, ItemKind.PITCH]


def test_what_is_offered_beside_what_is_required_is_optional() -> None:
    offered, required = item(ItemKind.MATERIAL), item(ItemKind.KNOWLEDGE, required=True)
    assert checklist(Gate.RECORDED, offered, required).optional == (offered,)
    assert checklist(Gate.RECORDED, offered).optional == ()


def test_the_minutes_left_count_only_the_rest() -> None:
    half = item(ItemKind.MATERIAL, DOING, work_ms=600_000, pct=50)
    found = Checklist(Gate.RECORDED, (item(ItemKind.CONSENT, DONE), half, item(ItemKind.MATERIAL, DONE)))
    assert found.left_ms == 300_000


@given(st.integers(0, 36_000_000))
def test_minutes_are_never_rounded_down(ms: int) -> None:
    words = minutes_words(ms)
    numbers = [int(word) for word in words.split() if word.isdigit()]
    if "minute" in words and "h" not in words.split():
        assert (numbers or [1])[0] * 60_000 >= ms
    assert words.startswith("about ")


def test_minutes_in_words() -> None:
    cases = {0: "about a minute", 61_000: "about 2 minutes", 1_260_000: "about 25 minutes", 3_600_000: "about 1 h"}
    assert {ms: minutes_words(ms) for ms in cases} == cases
    assert minutes_words(4_500_000) == "about 1 h 15 min"


def test_words_of_attempts() -> None:
    assert [attempt_words(number) for number in (1, 2, 10, 11)] == [
        "first attempt",
        "second attempt",
        "tenth attempt",
        "attempt 11",
    ]


def test_every_consent_is_asked_once_and_says_that_refusing_costs_nothing() -> None:
    assert [text.kind for text in CONSENT_TEXTS] == list(ConsentKind)
    assert all("Not agreeing has no effect on my application." in text.text for text in CONSENT_TEXTS)
