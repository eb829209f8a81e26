"""Rankings, hand-ins, the sealed result, feedback and second takes, on both databases."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import Engine, event

from interview.access import SYSTEM
from interview.db import writing
from interview.errors import Conflict, Forbidden, Invalid, NotFound, Refusal
from interview.exercise import service
from interview.exercise.rules.force_rank import FINAL, FIRST
from interview.exercise.rules.kinds import COACHABILITY
from interview.exercise.rules.starting_set import STARTING_SET
from interview.exercise.service import ChangedElsewhere, HandedInAlready, NoSuchExercise, Saving
from interview.hiring.rules import Gate
from interview.knowledge import service as knowledge
from interview.knowledge.rules import CheckSettings, QuestionText
from interview.prep.service import PitchClosed
from interview.rubric import service as rubric
from interview.rubric.service import RubricInUse
from tests.exercise.stage import (
    REQUESTS,
    answer,
    begin,
    choose,
    hand_in,
    outcome,
    rank_to_the_end,
    rate,
    save,
    standing,
    without_news,
    write,
)
from tests.scorecard import stage as scoring
from tests.support.cast import Cast


def test_it_works_with_the_set_that_ships(cast: Cast) -> None:
    choose(cast)
    begin(cast)
    assert standing(cast).requests == STARTING_SET
    assert len(standing(cast).draft.order) == 9


def test_who_has_begun_keeps_the_earlier_requests(ranking: Cast) -> None:
    begin(ranking)
    write(ranking, replace(REQUESTS, budget=11))
    assert standing(ranking).requests.budget == 10
    assert service.requests_of(ranking.session, ranking.job_id).budget == 11
    begin(ranking)
    assert standing(ranking).requests.budget == 10
    assert service.begun_count(ranking.session, ranking.job_id) == 1


def test_only_the_feature_budget_is_ranked(cast: Cast) -> None:
    with pytest.raises(NoSuchExercise):
        begin(cast)
    choose(cast, "demo_exercise")
    with pytest.raises(NoSuchExercise):
        begin(cast)
    with pytest.raises(NoSuchExercise):
        write(cast)


def test_the_gate_closes_the_exercise_as_it_closes_the_pitch(ranking: Cast) -> None:
    with writing(ranking.session) as session:
        ranking.job.gate = Gate.REQUIRED
        settings, now = CheckSettings(draw_count=1, needed_pct=70), ranking.clock.now()
        knowledge.set_settings(session, SYSTEM, ranking.job, settings, now=now)
        for number in range(3):
            text = QuestionText("The idea", f"Question {number}?", ("Right", "Wrong"), 0)
            knowledge.add_question(session, SYSTEM, ranking.job, text, now=now)
    with pytest.raises(PitchClosed):
        begin(ranking)
    ranking.browser("cleo").page("/pitch/exercise", status=403)
    ranking.browser("cleo").page("/pitch/second-take", status=403)


def test_a_draft_over_the_budget_is_kept_and_cannot_be_handed_in(ranking: Cast) -> None:
    begin(ranking)
    with pytest.raises(Invalid, match="5 more than the budget of 10"):
        hand_in(ranking, FIRST, answer("cba", "abc", c="Because."))
    found = standing(ranking)
    assert (found.draft.order, found.draft.chosen) == (tuple("cba"), frozenset("abc"))
    assert found.draft.reason("c") == "Because."
    assert found.first is None


def test_the_new_information_comes_with_the_first_hand_in(ranking: Cast) -> None:
    begin(ranking)
    assert set(standing(ranking).draft.order) == set("abc")
    with pytest.raises(Conflict, match="Hand in the first"):
        hand_in(ranking, FINAL, answer("abc", "ab"))
    hand_in(ranking, FIRST, answer("bca", "ab"))
    found = standing(ranking)
    assert found.news
    assert found.draft.order == tuple("bcad")
    with pytest.raises(HandedInAlready):
        hand_in(ranking, FIRST, answer("abc", "ab"))


def test_or_after_half_the_time(ranking: Cast) -> None:
    begin(ranking)
    ranking.clock.forward(minutes=9, seconds=59)
    assert not standing(ranking).news
    ranking.clock.forward(seconds=1)
    assert standing(ranking).news
    hand_in(ranking, FINAL, answer("dcba", "cd"))
    assert standing(ranking).first is None
    assert standing(ranking).final is not None


def test_without_new_information_there_is_one_round(ranking: Cast) -> None:
    write(ranking, without_news())
    begin(ranking)
    assert standing(ranking).round == FINAL
    hand_in(ranking, FINAL, answer("abc", "ab"))
    assert standing(ranking).final is not None


def test_what_is_handed_in_for_good_stays(ranking: Cast) -> None:
    rank_to_the_end(ranking)
    with pytest.raises(HandedInAlready):
        save(ranking, answer("abcd", "a"))
    with pytest.raises(HandedInAlready), writing(ranking.session) as session:
        service.hand_in(session, ranking.actor("cleo"), ranking.cleo, FINAL, now=ranking.clock.now())
    found = standing(ranking)
    assert found.final is not None
    assert found.final.answer.order == tuple("dabc")
    assert found.first is not None
    assert found.first.answer.chosen == frozenset("ab")


def test_a_save_on_an_older_edition_is_a_conflict_and_the_same_save_twice_is_one(ranking: Cast) -> None:
    begin(ranking)
    assert save(ranking, answer("bac", ""), edition=0, keys=("k1",)).edition == 1
    assert save(ranking, answer("bac", ""), edition=0, keys=("k1",)).edition == 1
    with pytest.raises(ChangedElsewhere) as refused:
        save(ranking, answer("cab", ""), edition=0, keys=("k2",))
    assert refused.value.fields == {"edition": "1"}
    assert save(ranking, answer("cab", ""), edition=0, keys=("k3", "k1")).edition == 2
    assert standing(ranking).draft.order == tuple("cab")


def test_the_result_opens_with_the_last_scorecard_and_not_before(ranking: Cast) -> None:
    rank_to_the_end(ranking)
    for count, name in enumerate(("ivo", "ines", "iris")):
        found = outcome(ranking)
        assert (found.result, found.in_count, found.needed_count) == (None, count, 3)
        rate(ranking, name)
    result = outcome(ranking).result
    assert result is not None
    assert (result.captured_pct, result.tau_b) == (77, 0)


def test_a_seat_added_later_closes_the_result_again(ranking: Cast) -> None:
    rank_to_the_end(ranking)
    for name in ("ivo", "ines", "iris"):
        rate(ranking, name)
    scoring.take_seat(ranking, "nils")
    assert outcome(ranking).result is None


def test_nothing_changes_once_it_was_scored(ranking: Cast) -> None:
    begin(ranking)
    for name in ("ivo", "ines", "iris"):
        rate(ranking, name)
    with pytest.raises(Forbidden, match="has rated"):
        save(ranking, answer("abc", "ab"))
    assert outcome(ranking).result is None  # nothing was handed in


def test_a_ranking_is_read_in_few_queries(ranking: Cast) -> None:
    rank_to_the_end(ranking)
    engine = ranking.session.get_bind()
    assert isinstance(engine, Engine)
    asked: list[str] = []
    ranking.session.rollback()
    event.listen(engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    service.standing(ranking.session, ranking.cleo_id, now=ranking.clock.now())
    assert len([one for one in asked if one.startswith("SELECT")]) == 2, asked


# -- feedback and the second take --------------------------------------------------------------------------------------


def coach(cast: Cast, text: str = "Ask before you show.", name: str = "ivo") -> None:
    with writing(cast.session) as session:
        service.coach(session, cast.actor(name), cast.cleo, text, now=cast.clock.now())


def coachable(cast: Cast) -> None:
    with writing(cast.session) as session:
        service.rate_coachability(session, cast.actor("mara"), cast.job_id, now=cast.clock.now())


def take(cast: Cast, text: str, edition: int = 0) -> None:
    with writing(cast.session) as session:
        service.save_second_take(session, cast.cleo, text, Saving(edition), now=cast.clock.now())


def hand_in_take(cast: Cast) -> None:
    with writing(cast.session) as session:
        service.hand_in_second_take(session, cast.actor("cleo"), cast.cleo, now=cast.clock.now())


def test_a_job_adds_coachability_as_the_next_version_of_its_rubric(ranking: Cast) -> None:
    before = rubric.in_force(ranking.session, ranking.job_id)
    coachable(ranking)
    after = rubric.in_force(ranking.session, ranking.job_id)
    assert (after.rubric.key, after.rubric.version) == ("feature_budget", before.rubric.version + 1)
    assert after.attributes[:-1] == before.attributes
    assert after.attributes[-1] == COACHABILITY
    with pytest.raises(Conflict, match="already"):
        coachable(ranking)


def test_a_rubric_in_use_gets_no_further_attribute_and_no_version_is_left_behind(ranking: Cast) -> None:
    rate(ranking, "ivo")
    with pytest.raises(RubricInUse):
        coachable(ranking)
    ranking.session.rollback()
    assert [one.version for one in rubric.versions(ranking.session)] == [1]


def test_one_piece_of_feedback_and_one_second_take(ranking: Cast) -> None:
    with pytest.raises(Conflict, match="does not rate"):
        coach(ranking)
    coachable(ranking)
    with pytest.raises(NotFound):
        take(ranking, "Too early.")
    with pytest.raises(Invalid):
        coach(ranking, "  ")
    coach(ranking)
    with pytest.raises(Conflict, match="one piece"):
        coach(ranking, "Another.", "mara")
    with pytest.raises(Invalid):
        hand_in_take(ranking)
    take(ranking, "What happens today when")
    with pytest.raises(ChangedElsewhere):
        take(ranking, "From another tab.")
    take(ranking, "What happens today when a customer calls twice?", 1)
    hand_in_take(ranking)
    found = service.coaching(ranking.session, ranking.cleo_id)
    assert found is not None
    assert found.second_take is not None
    assert found.second_take.text == "What happens today when a customer calls twice?"
    for again in (lambda: take(ranking, "More.", 2), lambda: hand_in_take(ranking)):
        with pytest.raises(HandedInAlready):
            again()


def test_refusals_are_sentences(ranking: Cast) -> None:
    with pytest.raises(Refusal) as refused:
        save(ranking, answer("abc", "ab"), edition=0)
    assert refused.value.sentence.endswith(".")
