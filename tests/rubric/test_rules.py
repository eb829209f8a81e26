"""The rubric reader: the shipped templates, every kind of broken file, and bodies that survive the round trip."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from interview.rubric.rules import (
    MAX_BYTES,
    Problem,
    Rubric,
    body_hash,
    from_body,
    read_rubric,
    to_body,
    weight_problem,
)

RUBRICS = Path(__file__).parents[2] / "rubrics"
TEMPLATES = sorted(RUBRICS.glob("*.yaml"))
SELL = (RUBRICS / "sell_me_this_product.yaml").read_text(encoding="utf-8")


def problems_of(text: str | bytes) -> tuple[Problem, ...]:
    reading = read_rubric(text.encode() if isinstance(text, str) else text)
    assert reading.rubric is None
    return reading.problems


def the_problem(text: str | bytes) -> Problem:
    (problem,) = problems_of(text)
    return problem


def line_of(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if part in line)


def sell() -> Rubric:
    rubric = read_rubric(SELL.encode()).rubric
    assert rubric is not None
    return rubric


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_a_shipped_template_is_a_rubric_under_its_own_name(path: Path) -> None:
    reading = read_rubric(path.read_bytes())
    assert reading.problems == ()
    assert reading.rubric is not None
    assert reading.rubric.key == path.stem


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_both_parsers_of_yaml_read_the_same(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_libyaml = read_rubric(path.read_bytes())
    monkeypatch.setattr("interview.rubric.rules._LOADER", yaml.SafeLoader)
    assert read_rubric(path.read_bytes()) == with_libyaml


@pytest.mark.parametrize("loader", [yaml.SafeLoader, yaml.CSafeLoader])
def test_half_a_character_is_refused_by_both_parsers(loader: type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("interview.rubric.rules._LOADER", loader)
    half = SELL.replace("name: Sell me this product", 'name: "a\\ud800b"', 1)
    problem = the_problem(half)
    assert problem.line == line_of(half, "ud800")
    assert "cannot be shown" in problem.sentence or "invalid Unicode character" in problem.sentence


def test_the_five_templates_ship() -> None:
    assert {path.stem for path in TEMPLATES} == {
        "sell_me_this_product",
        "demo_exercise",
        "founder_led_deal",
        "large_deal_roadmap",
        "feature_budget",
    }


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_a_shipped_template_leaves_no_part_out(path: Path) -> None:
    rubric = read_rubric(path.read_bytes()).rubric
    assert rubric is not None
    assert [section.key for section in rubric.exercise.sections] == ["open", "middle", "close"]
    assert all(section.script and section.prompts for section in rubric.exercise.sections)
    assert rubric.exercise.buyer.prompts
    assert rubric.exercise.questions
    assert any(one.focus for one in rubric.criteria)
    for one in rubric.criteria:
        assert one.why
        assert one.basis
        assert one.checks
        assert len(set(one.anchors)) == 5


def test_sell_me_this_product_says_all_that_the_scorecard_shows() -> None:
    rubric = sell()
    assert rubric.headline_question == "Would you buy our product from this person?"
    assert [section.key for section in rubric.exercise.sections] == ["open", "middle", "close"]
    assert [criterion.key for criterion in rubric.criteria if criterion.critical] == ["honesty"]
    assert set(rubric.recommendation) == {"strong_no", "no", "yes", "strong_yes", "no_decision"}
    assert rubric.recommendation["no"] == "No"
    for criterion in rubric.criteria:
        assert criterion.why
        assert len(set(criterion.anchors)) == 5


def test_the_words_no_and_yes_stay_words_without_quotes() -> None:
    bare = SELL.replace("'no': 'No'", "no: No").replace("'yes': 'Yes'", "yes: Yes")
    assert read_rubric(bare.encode()).rubric == sell()


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_a_body_comes_back_as_the_same_rubric(path: Path) -> None:
    rubric = read_rubric(path.read_bytes()).rubric
    assert rubric is not None
    assert from_body(to_body(rubric)) == rubric


def test_the_hash_follows_the_content_and_not_the_layout() -> None:
    relaid = yaml.safe_dump(yaml.safe_load(SELL), sort_keys=True, width=60)
    again = read_rubric(relaid.encode()).rubric
    changed = read_rubric(SELL.replace("Discovery before pitching", "Discovery").encode()).rubric
    assert again is not None
    assert changed is not None
    assert body_hash(to_body(again)) == body_hash(to_body(sell()))
    assert body_hash(to_body(changed)) != body_hash(to_body(sell()))


def test_an_unknown_key_is_named_with_its_line_and_the_key_that_was_meant() -> None:
    text = SELL.replace("    why: A pitch", "    wy: A pitch", 1)
    line = line_of(text, "wy: A pitch")
    unknown = Problem(line, "criteria.discovery.wy", '"wy" is not known here. Did you mean "why"?')
    assert unknown in problems_of(text)


def test_a_missing_key_is_named_where_it_belongs() -> None:
    text = SELL.replace("    weight: 1\n", "", 1)
    problem = the_problem(text)
    assert problem.line == line_of(text, "key: discovery")
    assert problem.path == "criteria.discovery"
    assert problem.sentence == '"weight" is missing. Add it.'


def test_a_missing_anchor_is_named_with_its_attribute_and_point() -> None:
    line = next(line for line in SELL.splitlines(keepends=True) if line.startswith("      3: Explains in plain"))
    problem = the_problem(SELL.replace(line, "", 1))
    assert problem.path == "criteria.middle.anchors"
    assert problem.sentence == "The anchor of point 3 is missing. Say what a 3 looks and sounds like."


def test_a_key_given_twice_in_a_block_is_refused_with_both_lines() -> None:
    text = SELL.replace("    weight: 1\n", "    weight: 1\n    weight: 2\n", 1)
    problem = the_problem(text)
    first = line_of(text, "    weight: 1")
    assert problem == Problem(
        first + 1, "criteria.discovery.weight", f'"weight" was given before, on line {first}. Keep one of the two.'
    )


def test_an_attribute_given_twice_is_refused() -> None:
    text = SELL.replace("- key: problem", "- key: discovery")
    problem = the_problem(text)
    assert problem.sentence == 'The key "discovery" is used twice. Give each its own.'
    assert problem.line == line_of(text, "name: Problem, not commodity") - 1


def test_sections_longer_than_the_exercise_are_refused() -> None:
    problem = the_problem(SELL.replace("  minutes: 15", "  minutes: 10"))
    assert problem.path == "exercise.minutes"
    assert "15 minutes" in problem.sentence


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("version: 1", "version: one", '"version" must be a whole number.'),
        ("version: 1", "version: 0", '"version" must be at least 1.'),
        ("version: 1", "version: true", '"version" must be a whole number.'),
        ("language: en", "language: English", '"language" must be a language code such as en or de-AT.'),
        ("key: sell_me", "key: Sell me", '"key" must begin with a letter and hold only a-z, 0-9 and _ (at most 40).'),
        ("name: Sell me this product", "name:", '"name" is empty; it must be text.'),
        ("name: Sell me this product", "name: '  '", '"name" is blank. Write it out.'),
        ("name: Sell me this product", f"name: {'x' * 201}", '"name" is longer than 200 characters. Shorten it.'),
        ("weight: 1\n", "weight: 0\n", '"weight" must be above 0.'),
        ("weight: 1\n", "weight: heavy\n", '"weight" must be a number.'),
        ("weight: 1\n", "weight: .nan\n", '"weight" must be a number.'),
        ("weight: 1\n", "weight: .inf\n", '"weight" must be a number.'),
        ("focus: false", "focus: sometimes", '"focus" must be true or false.'),
        ("name: Sell me this product", 'name: "a\\0b"', "cannot be shown"),
    ],
)
def test_a_wrong_value_gets_its_own_sentence(old: str, new: str, sentence: str) -> None:
    text = SELL.replace(old, new, 1)
    assert text != SELL
    assert sentence in the_problem(text).sentence


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("# only a comment", "empty"),
        ("just words", "must be a block of keys"),
        ("- a\n- list", "must be a block of keys"),
        ("key: [1, 2", "not YAML"),
        ("key: a\n\tname: b", "not YAML"),
        ("a: &a [x]\nb: *a", "Aliases"),
        ("a: !!python/object/apply:os.system [ls]", "Tags"),
        ("a: 1\n---\nb: 2", "second document"),
        ("[" * 5000, "nesting"),
        ("k: " + "[" * 30 + "]" * 30, "nesting"),
        (b"\xff\xfe\x00", "UTF-8"),
        ("a: \x07", "not YAML"),
        (b"x" * (MAX_BYTES + 1), "larger than 256 KiB"),
    ],
)
def test_what_is_no_rubric_at_all_is_one_sentence(text: str | bytes, words: str) -> None:
    assert words in problems_of(text)[0].sentence


def test_an_alias_bomb_is_refused_before_it_grows() -> None:
    levels = "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30))
    problem = the_problem("a0: &a0 [x]\n" + levels)
    assert problem.line == 2


def test_all_problems_of_a_file_are_told_at_once_in_the_order_of_its_lines() -> None:
    text = SELL.replace("version: 1", "version: x").replace("language: en", "language: x1")
    found = problems_of(text.replace("weight: 1\n", "weight: -1\n"))
    assert len(found) == 11
    assert [problem.line for problem in found] == sorted(problem.line for problem in found)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    reading = read_rubric(data)
    assert reading.rubric is None
    assert reading.problems


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_template_is_a_rubric_or_sentences_with_lines_of_the_file(data: st.DataObject) -> None:
    lines = SELL.splitlines(keepends=True)
    at = data.draw(st.integers(0, len(lines) - 1))
    lines[at : at + data.draw(st.integers(0, 5))] = [data.draw(st.text(max_size=30)) + "\n"]
    reading = read_rubric("".join(lines).encode("utf-8", "surrogatepass"))
    assert (reading.rubric is None) == bool(reading.problems)
    for problem in reading.problems:
        assert 1 <= problem.line <= len("".join(lines).splitlines()) + 1
        assert problem.sentence.endswith((".", "?"))


def test_the_weights_of_a_job_name_attributes_that_exist() -> None:
    assert weight_problem(sell(), {"honesty": 2.0, "middle": 1.0}) is None
    assert '"honest"' in (weight_problem(sell(), {"honest": 1.0}) or "")
    assert "at least one" in (weight_problem(sell(), {}) or "")
    assert '"middle"' in (weight_problem(sell(), {"honesty": 2.0, "middle": 0.0}) or "")
    assert '"middle"' in (weight_problem(sell(), {"middle": float("nan")}) or "")
