"""The pages of excuses, revisions, the split and earlier employers: asked for by everybody, with what can be sent."""

from __future__ import annotations

from typing import Any

import pytest

from interview.scorecard.rules import Citation, Draft, Rating
from tests.scorecard.stage import KEYS, full_draft, save, submit, take_seat
from tests.support.cast import Cast

REASON = "Was ill on that day."


def at(cast: Cast, rest: str) -> str:
    return f"/interviews/{cast.interview_id}/{rest}"


def excuse_of(cast: Cast, name: str) -> str:
    return at(cast, f"panel/{cast.person_ids[name]}/excuse")


def all_in(cast: Cast) -> None:
    for name in ("ivo", "ines", "iris"):
        submit(cast, name)


def test_declining_asks_why_and_can_be_taken_back(panel: Cast) -> None:
    save(panel, "ivo", full_draft(4, takeaways="kept for me"))
    ivo = panel.browser("ivo")
    assert "Decline this scorecard" in ivo.page(at(panel, "scorecard/decline")).words
    ivo.send(at(panel, "scorecard/decline"), {"reason": " "}, status=422)
    ivo.send(at(panel, "scorecard/decline"), {"reason": REASON})
    page = ivo.page(at(panel, "scorecard"))
    assert "Declined" in page.words
    assert REASON in page.words
    assert "kept for me" in page.words
    assert "Nothing to score" in ivo.page("/").words
    ivo.send(at(panel, "scorecard/decline/undo"))
    assert "6 of 6 rated" in ivo.page(at(panel, "scorecard")).words


def test_the_last_rater_cannot_decline_and_keeps_the_reason_typed(panel: Cast) -> None:
    take_seat(panel, "ivo", only=True)
    refused = panel.browser("ivo").send(at(panel, "scorecard/decline"), {"reason": REASON}, status=409)
    assert "Nobody would be left" in refused.text
    assert REASON in refused.text


def test_a_save_after_a_dismissal_is_refused_with_a_sentence(panel: Cast) -> None:
    panel.browser("mara").send(excuse_of(panel, "ivo"), {"instead": "0", "reason": REASON})
    refused = panel.browser("ivo").send_json(at(panel, "scorecard"), {"edition": ["0"]}, method="PATCH", status=409)
    assert "dismissed" in refused.get_json()["detail"]


def test_the_hiring_manager_dismisses_and_the_panel_says_so_everywhere(panel: Cast) -> None:
    submit(panel, "ivo")
    submit(panel, "ines")
    mara = panel.browser("mara")
    assert "Dismiss or reassign the scorecard of Iris" in mara.page(at(panel, "scorecards")).words
    mara.page(excuse_of(panel, "iris"))
    mara.send(excuse_of(panel, "iris"), {"instead": "0", "reason": REASON})
    for path in (at(panel, "scorecards"), f"/applications/{panel.cleo_id}/debrief"):
        assert "The panel counts without Iris Interviewer (dismissed)." in mara.page(path).words
    assert REASON in mara.page(at(panel, "scorecards")).words
    assert "2/2" in mara.page(f"/jobs/{panel.job_id}/board").words
    assert "If this is wrong" in panel.browser("iris").page(at(panel, "scorecard")).words
    mara.send(f"{excuse_of(panel, 'iris')}/undo", status=409)


def test_a_reassigned_card_is_a_task_of_somebody_else(panel: Cast) -> None:
    mara = panel.browser("mara")
    mara.send(excuse_of(panel, "iris"), {"instead": str(panel.person_ids["nils"]), "reason": REASON})
    assert "Cleo Candidate" in panel.browser("nils").page("/").words
    assert "Iris Interviewer (reassigned to Nils Nowhere)" in mara.page(at(panel, "scorecards")).words
    mara.send(excuse_of(panel, "ines"), {"instead": str(panel.person_ids["nils"]), "reason": REASON}, status=409)
    mara.send(excuse_of(panel, "ines"), {"instead": "99999", "reason": REASON}, status=422)


@pytest.mark.parametrize(
    ("name", "status"),
    [("ivo", 403), ("rita", 403), ("ada", 403), ("otto", 404), ("nils", 404), ("cleo", 403)],
)
def test_only_the_hiring_manager_excuses_others(panel: Cast, name: str, status: int) -> None:
    panel.browser(name).page(excuse_of(panel, "iris"), status=status)
    panel.browser(name).send(excuse_of(panel, "iris"), {"instead": "0", "reason": REASON}, status=status)


def test_who_sits_not_on_the_panel_cannot_be_excused(panel: Cast) -> None:
    panel.browser("mara").page(excuse_of(panel, "nils"), status=404)


def test_a_revision_is_read_beside_the_original(panel: Cast) -> None:
    ivo = panel.browser("ivo")
    ivo.page(at(panel, "scorecard/revision"), status=409)
    all_in(panel)
    ivo.page(at(panel, "scorecard/revision"))
    sent = {"attribute": "honesty", "rating": "5", "reason": "The second half shows it."}
    ivo.send(at(panel, "scorecard/revision"), sent)
    for path in (at(panel, "scorecard"), at(panel, "scorecards"), f"/applications/{panel.cleo_id}/debrief"):
        words = ivo.page(path).words
        assert "Revised" in words
        assert "The second half shows it." in words
        assert "Said and showed it: honesty." in words
    assert "3.0 before revisions" in ivo.page(f"/applications/{panel.cleo_id}/debrief").words


@pytest.mark.parametrize(
    "fields",
    [
        {"reason": ""},
        {"rating": ""},
        {"rating": "7"},
        {"rating": "3"},
        {"attribute": "charm"},
        {"reason": "x" * 2001},
    ],
)
def test_a_revision_that_says_too_little_changes_nothing(panel: Cast, fields: dict[str, Any]) -> None:
    all_in(panel)
    ivo = panel.browser("ivo")
    sent = {"attribute": "honesty", "rating": "5", "reason": "The second half shows it."} | fields
    ivo.send(at(panel, "scorecard/revision"), sent, status=422)
    assert "Revised" not in ivo.page(at(panel, "scorecard")).words


def test_the_split_is_kept_with_its_warnings(panel: Cast) -> None:
    mara, path = panel.browser("mara"), f"/jobs/{panel.job_id}/split"
    ivo, ines, iris = (f"part-{panel.person_ids[name]}" for name in ("ivo", "ines", "iris"))
    assert "rates it" not in mara.page(path).words
    mara.send(path, {ivo: list(KEYS[:3]), ines: list(KEYS[3:]), iris: list(KEYS[:5])})
    words = mara.page(path).words
    assert "Honesty about limits and roadmap: only Ines Interviewer rates it." in words
    assert "0 of 3 rated" in panel.browser("ivo").page(at(panel, "scorecard")).words
    refused = mara.send(path, {ivo: list(KEYS[:3]), ines: list(KEYS[3:])}, status=422)
    assert "at least one attribute" in refused.text


def test_without_a_rubric_the_split_says_what_comes_first(cast: Cast) -> None:
    assert "No rubric is chosen yet" in cast.browser("mara").page(f"/jobs/{cast.job_id}/split").words


def test_employers_open_after_the_own_card(panel: Cast) -> None:
    path = f"/applications/{panel.cleo_id}"
    take_seat(panel, "mara")
    rita, mara, ivo = (panel.browser(name) for name in ("rita", "mara", "ivo"))
    rita.send(f"{path}/employers", {"employers": "Acme\nInitech"})
    assert "Acme" in rita.page(path).words
    for one in (mara, ivo, panel.browser("ada")):
        assert "sealed" in one.page(path).words
        assert "Acme" not in one.page(path).words
    assert "Famous employers mislead" in mara.page(f"{path}/employers").words
    mara.send(f"{path}/employers", {"employers": ""}, status=403)
    submit(panel, "ivo")
    assert "Acme" in ivo.page(path).words
    ivo.page(f"{path}/employers", status=403)


def test_a_moment_comes_back_on_the_page(panel: Cast) -> None:
    save(panel, "ivo", Draft({"demo": Rating(value=5, citations=(Citation(start_ms=192_000),))}))
    page = panel.browser("ivo").page(at(panel, "scorecard"))
    assert "Moment 03:12" in page.words
    sent = {"edition": ["1"], "note-demo": [""], "rating-demo": ["5"], "moment-demo": ["soon"]}
    panel.browser("ivo").send_json(at(panel, "scorecard"), sent, method="PATCH", status=400)


def test_home_counts_the_reminders(panel: Cast) -> None:
    ivo = panel.browser("ivo")
    assert "reminder" not in ivo.page("/").words
    panel.clock.forward(minutes=31)
    assert "reminder 1" in ivo.page("/").words
    panel.clock.forward(hours=10)  # over midnight: yesterday evening is not forgotten
    assert "reminder 1" in ivo.page("/").words
    panel.clock.forward(hours=14)
    assert "reminder 2" in panel.browser("ivo").page("/").words
