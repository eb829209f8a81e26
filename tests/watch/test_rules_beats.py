"""What a beat may contain, and the exact reason for everything it may not."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interview.errors import Invalid, Refusal, Unreadable
from interview.watch.rules.beats import read_beat, read_json

GOOD = {
    "v": 1,
    "seq": 1,
    "segs": [[0, 10, 100, 0, 10]],
    "pos": 10,
    "state": "playing",
    "mono": 10,
    "hid": 0,
    "mut": 1,
    "qn": 0,
}


def test_a_good_beat_is_read() -> None:
    beat = read_beat(GOOD)
    assert (beat.seq, beat.pieces, beat.pos_ms, beat.muted, beat.ended) == (1, ((0, 10),), 10, 1, False)


def test_advisory_fields_may_be_left_out() -> None:
    assert read_beat({name: value for name, value in GOOD.items() if name not in ("hid", "mut", "qn")}).hidden == 0


@pytest.mark.parametrize("name", ["v", "seq", "segs", "pos", "state", "mono"])
def test_a_missing_field_is_named(name: str) -> None:
    with pytest.raises(Invalid, match=name) as refused:
        read_beat({key: value for key, value in GOOD.items() if key != name})
    assert refused.value.reason == "bad_range"


@pytest.mark.parametrize("name", ["completed", "percent", "done", "duration", "candidate_id", "uid"])
def test_1_22_and_40_conclusions_and_identities_are_refused(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_beat({**GOOD, name: 1})
    assert refused.value.reason == "unknown_field"


NOT_WHOLE = [1.0, 1.5, float("nan"), float("inf"), "1", True, False, None, [], {}, -1, 2**63, 10**400]


@pytest.mark.parametrize("bad", NOT_WHOLE, ids=repr)
@pytest.mark.parametrize("name", ["v", "seq", "pos", "mono", "hid", "mut", "qn"])
def test_14_a_number_is_a_whole_number_in_range(name: str, bad: object) -> None:
    with pytest.raises(Invalid) as refused:
        read_beat({**GOOD, name: bad})
    assert refused.value.reason == "bad_range"


@pytest.mark.parametrize("bad", NOT_WHOLE, ids=repr)
@pytest.mark.parametrize("position", range(5))
def test_13_and_14_a_piece_is_made_of_whole_numbers(position: int, bad: object) -> None:
    piece = [5, 10, 100, 5, 10]
    piece[position] = bad
    with pytest.raises(Invalid):
        read_beat({**GOOD, "segs": [piece]})


@pytest.mark.parametrize(
    "segs",
    [
        None,
        "[]",
        {},
        [[]],
        [[0, 1, 100, 0]],
        [[0, 1, 100, 0, 1, 1]],
        [[10, 10, 100, 0, 1]],
        [[10, 9, 100, 0, 1]],
        [[0, 1, 0, 0, 1]],
        [[0, 1, -100, 0, 1]],
        [[0, 1, 10**9, 0, 1]],
        [[0, 1, 100, 2, 1]],
        [[0, 1, 100, 0, 1]] * 17,
        [(0, 1, 100, 0, 1)],
    ],
)
def test_13_and_15_pieces_that_no_player_sends(segs: object) -> None:
    with pytest.raises(Invalid) as refused:
        read_beat({**GOOD, "segs": segs})
    assert refused.value.reason == "bad_range"


@pytest.mark.parametrize("state", ["", "PLAYING", "done", 1, None, ["playing"], {"a": 1}])
def test_an_unknown_state_is_refused(state: object) -> None:
    with pytest.raises(Invalid):
        read_beat({**GOOD, "state": state})


@pytest.mark.parametrize("seq", [0, 10**7 + 1])
def test_the_sequence_has_limits(seq: int) -> None:
    with pytest.raises(Invalid):
        read_beat({**GOOD, "seq": seq})
    assert read_beat({**GOOD, "seq": 10**7}).seq == 10**7


def test_the_browsers_fastest_speed_is_taken_and_not_trusted() -> None:
    assert read_beat({**GOOD, "segs": [[0, 1, 1600, 0, 1]]}).pieces == ((0, 1),)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe{}", b"a=1", b"[" * 8000, b"{" * 100, b"\x1f\x8b\x08"])
def test_15_what_is_not_json_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable) as refused:
        read_json(body)
    assert refused.value.reason == "bad_json"


@pytest.mark.parametrize("body", [b"[]", b"1", b"null", b'"x"', b'{"v":' + b"9" * 5000 + b"}"])
def test_json_of_the_wrong_shape_is_out_of_range(body: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        read_json(body)
    assert refused.value.reason == "bad_range"


def test_nan_in_the_body_is_out_of_range() -> None:
    with pytest.raises(Invalid) as refused:
        read_beat(read_json(json.dumps({**GOOD, "pos": float("nan")}).encode()))
    assert refused.value.reason == "bad_range"


def test_the_digest_tells_contents_apart() -> None:
    assert read_beat(GOOD).digest == read_beat(dict(reversed(GOOD.items()))).digest
    assert read_beat(GOOD).digest != read_beat({**GOOD, "segs": [[0, 11, 100, 0, 10]]}).digest


def outcome_of(body: bytes) -> str:
    try:
        read_beat(read_json(body))
    except Refusal as refused:
        return refused.reason
    return "read"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.sampled_from([*GOOD, "x"]), inner, max_size=9),
    max_leaves=30,
)


@given(json_values)
def test_anything_is_either_read_or_refused(value: object) -> None:
    for fields in (value, {**GOOD, **value} if isinstance(value, dict) else GOOD | {"segs": value}):
        assert outcome_of(json.dumps(fields).encode()) in {"read", "bad_json", "bad_range", "unknown_field"}
