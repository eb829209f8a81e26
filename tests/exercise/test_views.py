"""The pages of exercises: who sees what when, forms that lose nothing, and no result before the last scorecard."""

from __future__ import annotations

from typing import Any

import pytest

from interview.exercise import service
from tests.exercise.stage import REQUESTS, answer, begin, choose, rank_to_the_end, rate, save, standing
from tests.exercise.test_service import coach, coachable
from tests.support.cast import Cast

RESULT = ("77 %", "70 k", "90 k")


def team_page(cast: Cast) -> str:
    return f"/applications/{cast.cleo_id}/exercise"


def sent(order: str, chosen: str, edition: int, **more: str) -> dict[str, Any]:
    return {"order": list(order), "chosen": list(chosen), "edition": str(edition), **more}


def test_the_candidate_ranks_without_a_script(ranking: Cast) -> None:
    cleo = ranking.browser("cleo")
    before = cleo.page("/pitch/exercise").words
    assert "budget of 10 story points" in before
    assert "Aim" not in before  # nothing to rank before the time begins
    cleo.send("/pitch/exercise/start")
    assert "Dash" not in cleo.page("/pitch/exercise").words
    cleo.send("/pitch/exercise", sent("abc", "a", 0, move="up:c", **{"reason-a": "Pays <at> once"}))
    assert standing(ranking).draft.order == tuple("acb")
    over = cleo.send("/pitch/exercise/hand-in", sent("acb", "abc", 2, round="1"), status=422).text
    assert "5 more than the budget of 10" in over
    cleo.send("/pitch/exercise/hand-in", sent("acb", "ac", 3, round="1", **{"reason-a": "Pays <at> once"}))
    page = cleo.page("/pitch/exercise").words
    assert REQUESTS.news in page
    assert "was 0" in page  # churn avoided by Cut
    assert "Pays <at> once" in page
    cleo.send("/pitch/exercise/hand-in", sent("cdab", "cd", 4, round="2"))
    assert "Your ranking is handed in" in cleo.page("/pitch/exercise").words


def test_an_autosave_answers_with_the_points_and_a_conflict_gives_back_what_was_typed(ranking: Cast) -> None:
    begin(ranking)
    cleo = ranking.browser("cleo")
    body = {"order": ["c", "b", "a"], "chosen": ["a", "b"], "edition": ["0"], "save_key": ["k"], "reason-a": ["x"]}
    told = cleo.send_json("/pitch/exercise", body, method="PATCH").json
    assert (told["edition"], told["points"], told["budget"]) == (1, 10, 10)
    clash = cleo.send_json("/pitch/exercise", body | {"save_key": ["other"]}, method="PATCH", status=409).json
    assert (clash["reason"], clash["fields"]) == ("changed_elsewhere", {"edition": "1"})
    page = cleo.send("/pitch/exercise", sent("bca", "c", 0, **{"reason-b": "typed here"}), status=409).text
    assert "typed here" in page


@pytest.mark.parametrize("body", [None, [], {"edition": "1"}, {"edition": ["one"]}, {"edition": ["0"], "order": [1]}])
def test_what_the_page_could_not_have_sent_is_refused(ranking: Cast, body: Any) -> None:
    begin(ranking)
    ranking.browser("cleo").send_json("/pitch/exercise", body, method="PATCH", status=400)


def test_the_panel_reads_what_was_handed_in_and_no_draft(ranking: Cast) -> None:
    begin(ranking)
    save(ranking, answer("cab", "c", c="only a draft"))
    ivo = ranking.browser("ivo")
    page = ivo.page(team_page(ranking)).words
    assert "Nothing is handed in yet" in page
    assert "only a draft" not in page


def test_nobody_reads_the_result_before_the_last_scorecard(ranking: Cast) -> None:
    rank_to_the_end(ranking)
    team = [ranking.browser(name) for name in ("mara", "ivo", "ines", "iris")]
    for count, name in enumerate(("ivo", "ines", "iris")):
        for one in team:
            words = one.page(team_page(ranking)).words
            assert "New <b>and</b> cheap" in words
            assert f"{count} of 3 so far" in words
            assert not [found for found in RESULT if found in words]
        rate(ranking, name)
    for one in team:
        words = one.page(team_page(ranking)).words
        assert all(found in words for found in RESULT)
        assert "0.00 against the order" in words
    candidate = ranking.browser("cleo").page("/pitch/exercise").words
    assert not [found for found in RESULT if found in candidate]


@pytest.mark.parametrize(
    ("who", "status"), [("mara", 200), ("ivo", 200), ("rita", 403), ("ada", 403), ("cleo", 403), ("otto", 404)]
)
def test_who_reads_a_candidates_exercise(ranking: Cast, who: str, status: int) -> None:
    rank_to_the_end(ranking)
    ranking.browser(who).page(team_page(ranking), status=status)


# -- the hiring manager's requests -----------------------------------------------------------------------------------


def form_of(cast: Cast) -> dict[str, str]:
    from interview.exercise.forms import RequestsForm

    form = RequestsForm.of(service.requests_of(cast.session, cast.job_id))
    fields = {"budget": form.budget, "minutes": form.minutes, "news": form.news}
    for index, row in enumerate(form.rows):
        fields |= {f"{name}-{index}": text for name, text in row.items()}
    return fields


def test_the_hiring_manager_changes_the_requests(ranking: Cast) -> None:
    mara, path = ranking.browser("mara"), f"/jobs/{ranking.job_id}/exercise/requests"
    assert "Aim" in mara.get(path).text
    fields = form_of(ranking) | {"budget": "12", "title-1": "", "title-4": "Echo", "effort-4": "7", "revenue-4": "30"}
    fields |= {f"{name}-4": "0" for name in ("customers", "churn")}
    fields |= {f"{name}-1": "" for name in ("details", "customers", "revenue", "churn", "effort")}
    fields |= {f"later_{name}-1": "" for name in ("customers", "revenue", "churn", "effort")}
    mara.send(path, fields)
    ranking.session.rollback()
    found = service.requests_of(ranking.session, ranking.job_id)
    assert [one.title for one in found.requests] == ["Aim", "Cut", "Dash", "Echo"]
    assert found.budget == 12
    assert len({one.key for one in found.requests}) == 4
    assert "Echo" in mara.page(f"/jobs/{ranking.job_id}/exercise").words


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"revenue-0": "12k"}, "“12k” is not a whole number"),
        ({"effort-0": "0"}, "the effort is at least 1 point"),
        ({"title-0": ""}, "Request 1 has no name"),
        ({"budget": "500"}, "nobody has to cut"),
        ({"news": ""}, "Write the new information"),
        ({"title-0": "x" * 101}, "at most 100 characters"),
    ],
)
def test_what_is_no_exercise_is_said_and_nothing_typed_is_lost(
    ranking: Cast, wrong: dict[str, str], sentence: str
) -> None:
    mara, path = ranking.browser("mara"), f"/jobs/{ranking.job_id}/exercise/requests"
    page = mara.send(path, form_of(ranking) | {"details-2": "typed with care"} | wrong, status=422).text
    assert sentence in page
    assert "typed with care" in page
    ranking.session.rollback()
    assert service.requests_of(ranking.session, ranking.job_id) == REQUESTS


# -- briefs, the panel, the second take --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "words", "secret"),
    [
        ("demo_exercise", "say aloud what is configured", "Ask once what happens underneath"),
        ("large_deal_roadmap", "what only the Head of Product can", "Press for the missing feature three times"),
        ("feature_budget", "Nothing to learn by heart", "Play the customer who is told no"),
        ("sell_me_this_product", "one whom it does not", "Your competitor"),
    ],
)
def test_the_briefs_tell_the_candidate_what_and_the_team_how(cast: Cast, key: str, words: str, secret: str) -> None:
    choose(cast, key)
    page = cast.browser("cleo").page("/pitch/exercise").words
    assert words in page
    assert secret not in page
    team = cast.browser("ivo").page(f"/jobs/{cast.job_id}/exercise").words
    assert words in team
    if key != "sell_me_this_product":
        assert secret in team


def test_pages_without_a_rubric_name_the_next_step(cast: Cast) -> None:
    assert "not chosen yet" in cast.browser("cleo").page("/pitch/exercise").words
    assert "Choose one first" in cast.browser("mara").page(f"/jobs/{cast.job_id}/exercise").words


def test_the_head_of_product_is_asked_for_wherever_a_panel_is_shown(cast: Cast) -> None:
    choose(cast, "large_deal_roadmap")
    mara = cast.browser("mara")
    pages = [
        f"/jobs/{cast.job_id}",
        f"/jobs/{cast.job_id}/panel",
        f"/jobs/{cast.job_id}/exercise",
        f"/interviews/{cast.interview_id}",
        f"/interviews/{cast.interview_id}/edit",
    ]
    for path in pages:
        assert "needs the Head of Product" in mara.page(path).words, path
    seats = {f"seat-{cast.person_ids['ivo']}": "head_of_product", f"seat-{cast.person_ids['ines']}": "interviewer"}
    mara.send(f"/jobs/{cast.job_id}/panel", seats)
    for path in pages[:3]:
        assert "needs the Head of Product" not in mara.page(path).words, path


def test_feedback_reaches_the_candidate_and_the_second_take_the_panel(ranking: Cast) -> None:
    mara, ivo, cleo = (ranking.browser(name) for name in ("mara", "ivo", "cleo"))
    assert "does not rate a second take" in ivo.page(team_page(ranking)).words
    mara.send(f"/jobs/{ranking.job_id}/exercise/coachability")
    assert "No feedback yet" in cleo.page("/pitch/second-take").words
    ivo.send(team_page(ranking) + "/feedback", {"text": " "}, status=422)
    ivo.send(team_page(ranking) + "/feedback", {"text": "Ask <first>."})
    assert "second take" in cleo.page("/pitch").words
    assert "Ask <first>." in cleo.page("/pitch/second-take").words
    empty = cleo.send("/pitch/second-take", {"text": "", "edition": "0"}, status=422).text
    assert "Write your second take first." in empty
    cleo.send("/pitch/second-take", {"text": "What happens today?", "edition": "1"})
    assert "What happens today?" in ranking.browser("ines").page(team_page(ranking)).words


def test_a_second_take_in_writing_is_no_ones_to_read_before_it_is_handed_in(ranking: Cast) -> None:
    coachable(ranking)
    coach(ranking)
    body = {"text": ["half a thought"], "edition": ["0"], "save_key": ["k"]}
    ranking.browser("cleo").send_json("/pitch/second-take", body, method="PATCH")
    assert "half a thought" not in ranking.browser("ivo").page(team_page(ranking)).words
