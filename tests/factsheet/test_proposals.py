"""Where a fact may have been said, by plain text search: a place to look, never a tick."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from interview.db import writing
from interview.factsheet import service
from interview.factsheet.models import Fact
from interview.factsheet.rules import SaidWords, propose
from interview.kit.models import FactTick
from tests.summary.stage import pitched
from tests.support.cast import Cast
from tests.support.pages import Page

SAID = (
    SaidWords(1, "Good morning everybody."),
    SaidWords(2, "Our shared inboxes show who is answering,", "a"),
    SaidWords(3, "before anybody types, for all 12 seats.", "a"),
    SaidWords(4, "before anybody types, for all 12 seats.", "b"),
)


def test_a_fact_is_found_by_most_of_its_words_all_of_its_numbers_and_across_segments_of_one_speaker():
    found = propose("The shared inbox shows who is answering before you type", SAID)
    assert (found.segment_id, found.found_count, found.words_count) == (2, 5, 5) if found else found
    assert propose("A shared inbox that answers 13 seats", SAID) is None
    assert (propose("Answering for 12 seats in the shared inbox", SAID) or SAID[0]).segment_id == 2
    assert propose("Routing by language costs extra", SAID) is None
    assert propose("Inbox", SAID) is None


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=60), st.lists(st.text(max_size=60), max_size=5))
def test_any_text_is_searched_and_what_is_said_word_for_word_is_found(fact: str, said: list[str]):
    found = propose(fact, [SaidWords(n, one) for n, one in enumerate([*said, fact])])
    assert found is None or 2 <= found.found_count <= found.words_count


def test_the_kit_proposes_from_the_candidates_words_alone_and_ticks_nothing(cast: Cast):
    pitched(cast)
    with writing(cast.session) as session:
        at = cast.clock.now()
        for words in ("The shared inbox shows who is answering", "Somebody has to call back and say sorry"):
            session.add(Fact(job_id=cast.job_id, kind="must_know", words=words, written_at=at))
    found = service.proposals(cast.session, cast.job_id, cast.interview_id) or {}
    assert [one.start_ms if one else None for one in found.values()] == [50_000, None]  # the panel said the second
    page = Page(cast.browser("ivo").get(f"/interviews/{cast.interview_id}/kit").get_data(as_text=True)).words
    assert "of 4 words: Cleo Candidate" in page
    assert "Not found by text search." in page
    assert cast.session.query(FactTick).count() == 0
    assert service.proposals(cast.session, cast.other_job_id, cast.interview_id + 1) is None
