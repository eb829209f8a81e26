"""Drafts as bodies: their YAML reads back as the same body, steps lose nothing, blanks are told where they stand."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interview.rubric.rules import Rubric, from_body, read_rubric, to_body
from interview.rubric.rules.drafting import (
    Body,
    Part,
    Step,
    Verb,
    blank,
    check,
    field_name,
    finished,
    parts,
    place,
    same_content,
    shown,
    take,
    to_yaml,
)

TEMPLATES = sorted((Path(__file__).parents[2] / "rubrics").glob("*.yaml"))
WORDS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters=[chr(code) for code in (*range(32), 127, 0x85)]),
    min_size=1,
    max_size=60,
).filter(str.strip)


def template(name: str = "sell_me_this_product") -> Body:
    path = next(path for path in TEMPLATES if path.stem == name)
    rubric = read_rubric(path.read_bytes()).rubric
    assert rubric is not None
    return to_body(rubric)


def read(text: str) -> Rubric:
    reading = read_rubric(text.encode())
    assert reading.problems == ()
    assert reading.rubric is not None
    return reading.rubric


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_an_exported_template_is_imported_as_the_same_body(path: Path) -> None:
    body = template(path.stem)
    assert to_body(read(to_yaml(body))) == body


@settings(max_examples=20, deadline=None)
@given(st.lists(WORDS, min_size=6, max_size=6), st.decimals("0.000001", 100, places=6))
def test_whatever_the_words_the_export_is_imported_as_the_same_body(words: list[str], weight: object) -> None:
    body = template()
    body["name"], body["exercise"]["brief"], body["criteria"][0]["why"] = words[:3]
    body["criteria"][0]["anchors"]["3"] = words[3] + "\n" + words[4]
    body["criteria"][0]["checks"] = [words[4], words[5]]
    body["criteria"][0]["weight"] = float(weight)  # type: ignore[arg-type]
    assert to_body(read(to_yaml(body))) == body


@pytest.mark.parametrize(
    "word", ["no", "yes", "true", "null", "~", "12", "1.5", "1e3", "- x", "a: b", "#x", "'", "*a", "!t"]
)
def test_words_that_mean_something_in_yaml_stay_words(word: str) -> None:
    body = template()
    body["criteria"][0]["name"] = word
    assert read(to_yaml(body)).criteria[0].name == word


@pytest.mark.parametrize("weight", [1.0, 2.5, 0.1, 0.000000000000001, 100.0])
def test_a_weight_is_written_without_an_exponent(weight: float) -> None:
    body = template()
    body["criteria"][0]["weight"] = weight
    assert read(to_yaml(body)).criteria[0].weight == weight


def keys(body: Body, part: Part = Part.ATTRIBUTE) -> list[str]:
    return [item["key"] for item in parts(body, part)]


@pytest.mark.parametrize(
    ("verb", "index", "order", "stands"),
    [
        (Verb.UP, 1, ["need", "stakeholders", "honesty"], 0),
        (Verb.UP, 0, ["stakeholders", "need", "honesty"], 0),
        (Verb.DOWN, 0, ["need", "stakeholders", "honesty"], 1),
        (Verb.REMOVE, 1, ["stakeholders", "honesty", "tradeoff"], 1),
        (Verb.REMOVE, 99, ["stakeholders", "need", "honesty"], 99),
        (Verb.PUT_BACK, 0, ["stakeholders", "need", "honesty"], 0),
    ],
)
def test_a_step(verb: Verb, index: int, order: list[str], stands: int) -> None:
    body = template("large_deal_roadmap")
    stepped = take(body, None, Step(verb, Part.ATTRIBUTE, index))
    assert keys(stepped.body)[:3] == order
    assert stepped.index == stands
    assert body == template("large_deal_roadmap")


STEPS = st.lists(st.builds(Step, st.sampled_from(Verb), st.sampled_from(Part), st.integers(0, 11)), max_size=12)


@settings(max_examples=30, deadline=None)
@given(STEPS)
def test_steps_lose_and_invent_nothing(steps: list[Step]) -> None:
    body, removed, gone = template(), None, []
    everything = [item for part in Part for item in parts(body, part)]
    for step in steps:
        stepped = take(body, removed, step)
        if step.verb is Verb.REMOVE and stepped.removed is not removed:
            gone.append(stepped.removed["item"])  # type: ignore[index]
        if step.verb is Verb.PUT_BACK and stepped.removed is not removed:
            assert removed is not None
            gone.remove(removed["item"])
        body, removed = stepped.body, stepped.removed
    left = [item for part in Part for item in parts(body, part)]
    for item in everything:
        assert (left + gone).count(item) == 1
    assert all(item in everything or item in (blank(Part.ATTRIBUTE), blank(Part.SECTION)) for item in left)


def test_put_back_is_the_undo_of_taking_out() -> None:
    body = template()
    out = take(body, None, Step(Verb.REMOVE, Part.SECTION, 1))
    back = take(out.body, out.removed, Step(Verb.PUT_BACK, Part.SECTION))
    assert (back.body, back.removed, back.index) == (body, None, 1)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(max_size=60), max_size=8))
def test_new_parts_get_keys_of_their_own_from_their_names(names: list[str]) -> None:
    body = template()
    body["criteria"] += [{**template()["criteria"][0], "key": "", "name": name} for name in names]
    made = keys(finished(body))
    assert len(set(made)) == len(made)
    assert made[:9] == keys(template())
    assert not [one for one in check(body).problems if one.keys[-1:] == ("key",)]


def test_a_key_is_made_from_the_name() -> None:
    body = template()
    body["criteria"].append({**blank(Part.ATTRIBUTE), "name": "Überzeugung & Nähe"})
    assert keys(finished(body))[-1] == "uberzeugung_nahe"


def test_blanks_are_told_where_they_stand_and_lead_to_their_field() -> None:
    body = take(template(), None, Step(Verb.ADD, Part.ATTRIBUTE)).body
    body["criteria"][9]["name"] = "Curiosity"
    body["criteria"][0]["weight"] = "heavy"
    body["exercise"]["questions"] = ["What?", "x" * 2001]
    body["exercise"]["sections"][1]["minutes"] = ""
    body["scale"]["2"] = ""
    told = {(place(one), field_name(one)): one.sentence for one in check(body).problems}
    assert told["Attribute 1, weight", "criteria-0-weight"] == '"weight" must be a number.'
    assert told["Attribute 10, why it is rated", "criteria-9-why"] == '"why" is blank. Write it out.'
    assert told["Attribute 10, anchor 4", "criteria-9-anchors-4"] == '"4" is blank. Write it out.'
    assert ("Questions", "exercise-questions") in told
    assert ("Section 2, minutes", "exercise-sections-1-minutes") in told
    assert ("Scale word 2", "scale-2") in told
    assert len(told) == 11
    assert shown(body).criteria[0].weight == 0


def test_the_same_content_under_another_version() -> None:
    body = template()
    other = deepcopy(body)
    other["version"] = 7
    assert same_content(body, other)
    other["name"] = "Other"
    assert not same_content(body, other)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_a_finished_draft_is_ready(path: Path) -> None:
    assert check(template(path.stem)).rubric == from_body(template(path.stem))
