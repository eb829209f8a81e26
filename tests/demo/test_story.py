"""The demo's content holds together: moments and citations are really said, every state is there, nothing is filler."""

from __future__ import annotations

import re

import pytest
import yaml

from interview.demo import story

NEVER = ("guru", "ai score", "ai decision", "watched 100", "verified quote", "lorem")


def test_there_is_a_team_with_every_role_and_a_panel_of_three() -> None:
    team = story.team()
    assert {one.role for one in team} == {"admin", "hiring_manager", "recruiter", "interviewer"}
    assert [one.seat for one in team if one.seat] == ["buyer", "interviewer", "head_of_product"]
    assert len({one.email for one in team}) == len(team)


def test_fact_sheet_has_its_size_and_every_kind_and_its_moments_are_said() -> None:
    facts = story.facts()
    assert 10 <= len(facts) <= 25
    assert {one.kind for one in facts} == {"must_know", "nice", "myth"}
    assert all(one.moment.start_ms > 0 for one in facts)


def test_question_bank_is_large_enough_to_draw_from_again() -> None:
    questions = story.questions()
    assert len(questions) >= 15
    assert all(3 <= len(one.options) <= 4 and len(set(one.options)) == len(one.options) for one in questions)
    assert len({one.words for one in questions}) == len(questions)
    assert {one.moment.film for one in questions} == {"explainer", "webinar"}


def test_a_moment_that_nobody_says_is_an_error() -> None:
    with pytest.raises(LookupError, match="0 captions"):
        story.moment("explainer", "nobody says this")


def test_every_state_has_a_candidate() -> None:
    candidates = story.candidates()
    assert len(candidates) >= 6
    assert {one.state for one in candidates} == {"invited", "preparing", "ready", "pitched", "scored", "decided"}
    assert len({one.email for one in candidates}) == len(candidates)


@pytest.mark.parametrize("candidate", story.candidates(), ids=lambda one: one.name)
def test_cards_are_complete_and_cite_what_was_said_once(candidate: story.CandidateStory) -> None:
    attributes = set(story.job().attributes)
    lines = [] if candidate.transcript is None else _speech(candidate.transcript.read_text("utf-8"))
    for card in candidate.cards.values():
        assert card.is_draft or set(card.ratings) == attributes
        assert set(card.ratings) <= attributes
        for rating in card.ratings.values():
            assert [sum(piece in line for line in lines) for piece in rating.cite] == [1] * len(rating.cite)
            assert rating.cite or rating.not_observed


def test_the_scored_candidates_have_long_transcripts_and_all_cards() -> None:
    scored = [one for one in story.candidates() if one.state == "scored"]
    assert len(scored) >= 2
    for one in scored:
        assert one.transcript is not None
        assert 40 <= len(_speech(one.transcript.read_text("utf-8"))) <= 80
        assert len(one.cards) == 3


def test_nothing_says_what_the_product_never_says() -> None:
    for path in sorted(story.CONTENT.rglob("*.*")):
        text = path.read_text("utf-8").lower()
        if path.suffix == ".yaml":
            yaml.safe_load(text)
        assert not [word for word in NEVER if word in text], path.name


def _speech(vtt: str) -> list[str]:
    return re.findall(r"^[A-Z][^:\n]+: .+$", vtt, re.MULTILINE)
