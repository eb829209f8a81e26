"""What differs between two rubrics: by part, by word, by order; and since when an attribute reads as it does."""

from __future__ import annotations

from copy import deepcopy

from hypothesis import given, settings
from hypothesis import strategies as st

from interview.rubric.rules.changes import Kind, PartChange, changes, since, words
from interview.rubric.rules.drafting import Part, Step, Verb, blank, take
from tests.rubric.test_drafting import STEPS, template


def told(parts: tuple[PartChange, ...]) -> dict[str, dict[str, str]]:
    """The changes as text: [-gone-] and {+come+}."""
    marks = {Kind.SAME: "{}", Kind.REMOVED: "[-{}-]", Kind.ADDED: "{{+{}+}}"}
    return {
        part.title: {
            field.label: "".join(marks[run.kind].format(run.text) for run in field.runs) for field in part.fields
        }
        for part in parts
    }


def test_the_same_differs_in_nothing() -> None:
    assert changes(template(), template()) == ()


def test_words_that_went_and_came_stand_in_their_sentence() -> None:
    new = template()
    new["criteria"][0]["anchors"]["3"] = new["criteria"][0]["anchors"]["3"].replace("one problem", "two problems")
    new["criteria"][0]["weight"] = 2.0
    new["exercise"]["minutes"] = 20
    new["exercise"]["sections"][0]["prompts"].append("And you?")
    new["scale"]["1"] = "Far, far below"
    assert told(changes(template(), new)) == {
        "The rubric": {"Scale word 1": "Far{+, far+} below"},
        "The exercise": {"Minutes": "[-15-]{+20+}"},
        "Section: Open": {
            "Prompts": "We are 140 people, and this is somebody's side job here.\n"
            "If asked what it costs us: about two days a month, and one lost customer.{+\nAnd you?+}"
        },
        "Attribute: Discovery before pitching": {
            "Weight": "[-1-]{+2+}",
            "Anchor 3": "Asks about the current situation and [-one problem-]{+two problems+}; at least one answer "
            "changes what is shown or said next.",
        },
    }


def test_attributes_that_came_went_and_moved() -> None:
    old = template("large_deal_roadmap")
    new = take(old, None, Step(Verb.REMOVE, Part.ATTRIBUTE, 3)).body
    new["criteria"].insert(0, new["criteria"].pop())
    new["criteria"].append({**blank(Part.ATTRIBUTE), "key": "nerve", "name": "Nerve", "why": "It takes some."})
    found = changes(old, new)
    kinds = {part.title.removeprefix("Attribute: "): part.kind for part in found}
    assert list(kinds.values()) == [Kind.CHANGED, Kind.ADDED, Kind.REMOVED]
    plan = old["criteria"][-1]["name"]
    assert told(found)[f"Attribute: {plan}"] == {"Place in the order": "[-7-]{+1+}"}
    assert told(found)["Attribute: Nerve"]["Why it is rated"] == "{+It takes some.+}"
    assert old["criteria"][3]["name"] in kinds


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80), st.text(max_size=80))
def test_both_texts_can_be_read_from_the_words(old: str, new: str) -> None:
    runs = words(old, new)
    assert "".join(run.text for run in runs if run.kind is not Kind.ADDED) == old
    assert "".join(run.text for run in runs if run.kind is not Kind.REMOVED) == new


@settings(max_examples=30, deadline=None)
@given(STEPS)
def test_something_is_told_whenever_something_differs(steps: list[Step]) -> None:
    body = template()
    for number, step in enumerate(steps):
        body = take(body, None, step).body
        for items in (body["criteria"], body["exercise"]["sections"]):
            for item in items:
                item["key"] = item["key"] or f"new_{number}"
    assert bool(changes(template(), body)) == (body != template())


def test_an_attribute_keeps_its_author_until_its_words_change() -> None:
    first, second, third = template(), template(), template()
    for body in (second, third):
        body["criteria"][0]["why"] = "Another reason."
    third["criteria"][1]["weight"] = 3.0
    third["criteria"].append({**deepcopy(third["criteria"][2]), "key": "new"})
    found = since([first, second, third])
    assert [found[key] for key in ("discovery", "problem", "middle", "new")] == [1, 2, 0, 2]


def test_words_that_come_back_are_of_the_version_that_brought_them_back() -> None:
    first, second = template(), template()
    second["criteria"][0]["why"] = "Another reason."
    assert since([first, second, template()])["discovery"] == 2
