"""The pages of debriefs: who sees them, what stands on them, and what happens to wrong input."""

from __future__ import annotations

import re

import pytest

from interview.access import SYSTEM, Role
from interview.db import writing
from interview.debrief import service
from interview.hiring import service as hiring
from tests.debrief.stage import draft, pitch, score, scored
from tests.support.cast import Cast
from tests.support.pages import Browser, Page


def newest_seen(page: Page) -> str:
    (field,) = [one for one in page.all("input") if one.get("name") == "based_on"]
    return field["value"]


def test_the_debrief_shows_every_card_with_its_evidence_disagreements_first(stage: Cast) -> None:
    amy = pitch(stage, "Amy <b>Adams")
    score(stage, amy, {"ivo": draft(3), "ines": draft(3, demo=None), "iris": draft(3, value=1, honesty=4)})
    page = stage.browser("mara").page(f"/applications/{amy}/debrief")
    assert "Amy <b>Adams" in page.words
    assert "Heard on discovery." in page.words
    assert "Iris Interviewer" in page.words
    assert "not observed" in page.words
    assert len(page.all("circle")) == 3 + 6 * 3 - 1
    assert len(page.all("rect")) == 1
    titles = page.all("h3")
    assert len(titles) == 6
    assert not [one for one in page.all("input") if one.get("type") == "radio" and "checked" in one]


def test_a_disagreement_says_what_to_read(stage: Cast) -> None:
    amy = pitch(stage, "Amy Adams")
    score(stage, amy, {"ivo": draft(3), "ines": draft(3, honesty=1), "iris": draft(3, honesty=5)})
    words = stage.browser("mara").page(f"/applications/{amy}/debrief").words
    assert re.search(r"Ratings of “[^”]+” range from 1 to 5: read the notes", words)
    assert words.count("seen differently") == 1


def test_who_owes_a_card_sees_nothing_of_the_others(stage: Cast) -> None:
    amy = pitch(stage, "Amy Adams")
    score(stage, amy, {"ivo": draft(5), "ines": draft(5)})
    page = stage.browser("iris").page(f"/applications/{amy}/debrief")
    assert "Sealed until you have submitted" in page.words
    assert "Heard on" not in page.words
    assert page.all("circle") == []


def test_what_is_sealed_leaves_no_word_on_the_page(stage: Cast) -> None:
    """Non-interference: whatever the others gave, who owes a card reads the same."""
    read = []
    for name, point in (("Amy", 1), ("Bea", 5)):
        application_id = pitch(stage, f"{name} Adams")
        score(stage, application_id, {"ivo": draft(point), "ines": draft(6 - point, honesty=None)})
        read.append(stage.browser("iris").page(f"/applications/{application_id}/debrief").words.replace(name, "X"))
    assert read[0] == read[1]


def test_comparison_chooses_shows_and_says_what_is_provisional(stage: Cast) -> None:
    mara = stage.browser("mara")
    assert "Nobody to compare yet" in mara.page(f"/jobs/{stage.job_id}/compare").words
    zoe, amy, ben = (scored(stage, name, (4, 3, 4)) for name in ("Zoe Zimmer", "Amy Adams", "Ben Berg"))
    late = pitch(stage, "Lea Late")
    score(stage, late, {"ivo": draft(2)})
    chooser = mara.page(f"/jobs/{stage.job_id}/compare")
    assert len([one for one in chooser.all("input") if one.get("type") == "checkbox"]) == 4
    page = mara.page(f"/jobs/{stage.job_id}/compare?application={zoe}&application={amy}&application={late}")
    words = page.words
    assert words.index("Amy Adams") < words.index("Zoe Zimmer")
    assert "Provisional: scorecards are still missing for Lea Late" in words
    assert "mean 3.7 · n 3" in words
    assert str(ben) not in [one["value"] for one in page.all("input") if "checked" in one]
    assert len(page.all("svg")) == 1 + 3 + 3 * 6
    assert page.all("table")


@pytest.mark.parametrize("query", ["application=1", "application=x", "application=1&application=1"])
def test_comparing_too_few_is_said_on_the_page(stage: Cast, query: str) -> None:
    assert "Choose 2 to 5 candidates" in stage.browser("mara").page(f"/jobs/{stage.job_id}/compare?{query}").words


def test_comparing_with_a_candidate_of_another_job_is_not_found(stage: Cast) -> None:
    stage.browser("mara").page(
        f"/jobs/{stage.job_id}/compare?application={stage.cleo_id}&application={stage.oda_id}", status=404
    )


def test_deciding_reopening_and_deciding_anew(stage: Cast) -> None:
    amy = scored(stage, "Amy Adams", (4, 4, 4))
    mara = stage.browser("mara")
    path = f"/applications/{amy}/decision"
    assert "Nothing is decided yet" in mara.page(path).words
    mara.send(path, {"outcome": "advance", "reason": "Calm and exact.", "based_on": "0"})
    page = mara.page(path)
    assert "Calm and exact." in page.words
    mara.send(path + "/reopening", {"why": "Wrong candidate."})
    page = mara.page(path)
    assert "Wrong candidate." in page.words
    mara.send(
        path,
        {"outcome": "reject", "rejection": "withdrew", "reason": "Took another job.", "based_on": newest_seen(page)},
    )
    assert "The candidate withdrew" in mara.page(path).words


def test_wrong_decisions_come_back_with_what_was_typed(stage: Cast) -> None:
    amy = scored(stage, "Amy Adams", (4, 4, 4))
    scored(stage, "Ben Berg", (5, 5, 5))
    mara = stage.browser("mara")
    path = f"/applications/{amy}/decision"
    for data, sentence in (
        ({"reason": "x"}, "Choose what you decide."),
        ({"outcome": "adored", "reason": "x"}, "Not a valid choice"),
        ({"outcome": "hold", "reason": "   "}, "Write why"),
        ({"outcome": "reject", "reason": "A canary reason"}, "Choose the rejection reason"),
        ({"outcome": "advance", "reason": "A canary reason"}, "The panel scored Ben Berg higher"),
    ):
        answer = mara.send(path, {"based_on": "0", **data}, status=422)
        assert sentence in Page(answer.text).words
        assert data["reason"].strip() in answer.text
    assert service.decisions(stage.session, amy) == []


def test_advancing_before_all_cards_are_in_keeps_the_reason(cast: Cast) -> None:
    sent = {"outcome": "advance", "reason": "A canary reason", "based_on": "0"}
    answer = cast.browser("mara").send(f"/applications/{cast.cleo_id}/decision", sent, status=409)
    assert "0 of 3 scorecards are in" in Page(answer.text).words
    assert "A canary reason" in answer.text


def test_the_second_of_two_decisions_is_refused_with_the_first(stage: Cast) -> None:
    amy = scored(stage, "Amy Adams", (4, 4, 4))
    one, other = stage.browser("mara"), stage.browser("mara")
    path = f"/applications/{amy}/decision"
    said = {"outcome": "advance", "reason": "Calm and exact.", "based_on": "0"}
    one.send(path, said)
    refusal = other.send(path, {**said, "outcome": "hold"}, status=409)
    assert "Mara Manager decided “Advance” meanwhile" in Page(refusal.text).words


def test_feedback_is_written_and_released_and_then_stands(stage: Cast) -> None:
    amy = scored(stage, "Amy Adams", (4, 4, 4))
    rita, mara = stage.browser("rita"), stage.browser("mara")
    path = f"/applications/{amy}/feedback"
    rita.send(path, {"text": "You asked well.", "edition": "0"})
    assert "You asked well." in mara.page(path).words
    stale = mara.send(path, {"text": "My own text", "edition": "0"}, status=409)
    assert "My own text" in stale.text
    mara.send(f"/applications/{amy}/decision", {"outcome": "hold", "reason": "Waiting for budget.", "based_on": "0"})
    rita.send(path, {"text": "You asked <i>very</i> well.", "edition": "1", "release": "yes"})
    assert "You asked <i>very</i> well." in mara.page(path).words
    assert hiring.released_feedback(stage.session, amy)
    rita.send(path, {"text": "Changed", "edition": "2"}, status=409)
    rita.send(f"/applications/{stage.cato_id}/feedback", {"text": "", "edition": "0"}, status=422)


PAGES = {  # path -> who may open it; everybody else of the cast gets the status of their distance
    "/applications/{amy}/debrief": {"mara": 200, "ivo": 200, "rita": 403, "ada": 403, "otto": 404, "nils": 404},
    "/applications/{amy}/decision": {"mara": 200, "rita": 200, "ada": 200, "ivo": 403, "otto": 404, "nils": 404},
    "/applications/{amy}/feedback": {"mara": 200, "rita": 200, "ada": 403, "ivo": 403, "otto": 404, "nils": 404},
    "/jobs/{job}/compare": {"mara": 200, "rita": 403, "ada": 403, "ivo": 403, "otto": 404, "nils": 404},
}


@pytest.mark.parametrize("path", PAGES)
def test_who_may_open_what(stage: Cast, anonymous: Browser, path: str) -> None:
    amy = scored(stage, "Amy Adams", (4, 4, 4))
    where = path.format(amy=amy, job=stage.job_id)
    assert anonymous.get(where).status_code == 302
    assert stage.browser("cleo").get(where).status_code in (403, 404)
    for name, status in PAGES[path].items():
        assert (name, stage.browser(name).get(where).status_code) == (name, status)


@pytest.mark.parametrize(("name", "status"), [("rita", 403), ("ivo", 403), ("ada", 403), ("otto", 404), ("nils", 404)])
def test_only_the_hiring_manager_decides(stage: Cast, name: str, status: int) -> None:
    amy = scored(stage, "Amy Adams", (4, 4, 4))
    one = stage.browser(name)
    one.send(f"/applications/{amy}/decision", {"outcome": "hold", "reason": "x", "based_on": "0"}, status=status)
    one.send(f"/applications/{amy}/decision/reopening", {"why": "x"}, status=status)
    assert service.decisions(stage.session, amy) == []


def test_unknown_applications_are_not_found(stage: Cast) -> None:
    mara = stage.browser("mara")
    for path in ("debrief", "decision", "feedback"):
        mara.page(f"/applications/4711/{path}", status=404)
    mara.send("/applications/4711/decision", {"outcome": "hold", "reason": "x", "based_on": "0"}, status=404)


def test_who_owes_a_card_reads_neither_decision_nor_feedback(stage: Cast) -> None:
    """Two hiring managers: the one on the panel learns nothing from what the other decided or wrote meanwhile."""
    amy = pitch(stage, "Amy Adams", panel=("ivo", "otto"))
    with writing(stage.session) as session:
        person_id = stage.person_ids["otto"]
        hiring.join_team(session, SYSTEM, stage.job, person_id, Role.HIRING_MANAGER, now=stage.clock.now())
    mara, otto = stage.browser("mara"), stage.browser("otto")
    mara.send(f"/applications/{amy}/decision", {"outcome": "hold", "reason": "canary", "based_on": "0"})
    mara.send(f"/applications/{amy}/feedback", {"text": "canary", "edition": "0"})
    for path in ("decision", "feedback"):
        assert "canary" not in otto.page(f"/applications/{amy}/{path}", status=403).words
    for path, sent in (
        ("decision", {"outcome": "hold", "reason": "x", "based_on": "0"}),
        ("decision", {}),
        ("decision/reopening", {"why": "x"}),
        ("decision/reopening", {}),
        ("feedback", {"text": "x", "edition": "0"}),
    ):
        answer = otto.send(f"/applications/{amy}/{path}", sent, status=403)
        assert "Submit it first" in answer.text
        assert "canary" not in answer.text
    score(stage, amy, {"otto": draft(3)})
    assert "canary" in otto.page(f"/applications/{amy}/decision").words
    assert "canary" in otto.get(f"/applications/{amy}/feedback").text
