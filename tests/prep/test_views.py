"""Pages of preparation: the candidate's, the team's, and who may open which."""

from __future__ import annotations

import re

import pytest

from interview import audit
from interview.access import SYSTEM
from interview.db import writing
from interview.hiring import service as hiring
from interview.hiring.models import Application, Interview, Seat
from interview.hiring.rules import Gate, SeatKind, Stage
from interview.prep import service
from tests.prep.conftest import EXPLAINER_MS, Prep
from tests.support.cast import Cast
from tests.support.pages import Browser

CANDIDATE_PAGES = ("/prep", "/prep/consent", "/prep/status", "/pitch")


# -- the checklist -------------------------------------------------------------------------------------------------


def test_a_new_candidate_reads_what_it_is_and_starts_with_consent(prep: Prep, cast: Cast) -> None:
    page = cast.browser("cleo").page("/prep")
    assert page.title.startswith("Your preparation")
    for words in (
        "Good to have you here.",
        "Sell us our own product.",
        "3 people rate your pitch",
        "No camera, no microphone, no screen, no keystrokes.",
        "takes about 4 minutes at normal speed",  # consent 60 s, 95 % of the explainer, two questions 90 s: 3 min 27 s
        "about 5 minutes more",  # 95 % of the webinar
        "rita@example.org",
    ):
        assert words in page.words
    links = [one["href"] for one in page.all("a") if "btn-next" in one.get("class", "")]
    assert links == ["/prep/consent"]
    assert "busy head of operations" not in page.words  # the buyer persona is the panel's
    assert "What does it not do?" not in page.words


def test_one_primary_button_leads_on_step_by_step(prep: Prep, cast: Cast) -> None:
    cleo = cast.browser("cleo")

    def leads_to() -> str:
        (link,) = [one["href"] for one in cleo.page("/prep").all("a") if "btn-next" in one.get("class", "")]
        return link

    cleo.send("/prep/consent", {"recording": "no", "ai": "yes"})
    assert leads_to() == f"/prep/material/{prep.explainer_id}"
    prep.watch(cleo, prep.explainer_id, EXPLAINER_MS)
    assert leads_to() == "/prep/knowledge"
    prep.check()
    assert "You are ready." in cleo.page("/prep").words
    assert leads_to() == "/pitch"
    with writing(cast.session):
        hiring.advance(cast.session, cast.cleo, Stage.PITCHED, now=cast.clock.now())
    assert leads_to() == "/prep/status"
    for path in CANDIDATE_PAGES:
        cleo.page(path)


def test_prep_json_has_exactly_the_published_shape(prep: Prep, cast: Cast) -> None:
    prep.gate(Gate.REQUIRED)
    cleo = cast.browser("cleo")
    prep.watch(cleo, prep.explainer_id, 30_000)
    told = cleo.get("/prep.json").get_json()
    assert (told["application"], told["gate"], told["pitch_unlocked"]) == (cast.cleo_id, "required", False)
    assert [(item["kind"], item["id"], item["title"]) for item in told["items"]] == [
        ("consent", None, "Two questions about consent"),
        ("material", prep.explainer_id, "The explainer"),
        ("material", prep.webinar_id, "The webinar"),
        ("knowledge", None, "Knowledge check"),
        ("pitch", None, "Pitch interview"),
    ]
    assert told["items"][1] == {
        "kind": "material",
        "id": prep.explainer_id,
        "title": "The explainer",
        "state": "doing",
        "required": True,
        "tier": "A",
        "pct": 52,
        "need_ms": 57_000,
        "covered_ms": 30_000,
        "done_at": None,
    }
    prep.watch(cleo, prep.explainer_id, EXPLAINER_MS)
    prep.check()
    told = cleo.get("/prep.json").get_json()
    assert told["pitch_unlocked"] is True
    assert [item["state"] for item in told["items"]] == ["todo", "done", "todo", "done", "todo"]
    assert told["items"][1]["done_at"].endswith("+00:00")


def test_the_checklist_holds_no_answers_of_the_check(prep: Prep, cast: Cast) -> None:
    cleo = cast.browser("cleo")
    prep.check(right=False)
    for path in ("/prep", "/prep.json", "/prep/status"):
        assert "Question" not in re.sub(r"Your question|Question first|Questions", "", cleo.get(path).text)
        assert "Also wrong" not in cleo.get(path).text


# -- the gate ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("gate", [Gate.OFF, Gate.RECORDED])
def test_the_pitch_page_is_open_while_the_gate_does_not_close_it(prep: Prep, cast: Cast, gate: Gate) -> None:
    prep.gate(gate)
    page = cast.browser("cleo").page("/pitch")
    assert "Room 1" in page.words
    assert all(name in page.words for name in ("Ivo Interviewer", "Ines Interviewer", "Iris Interviewer"))


def test_a_closed_gate_answers_403_with_what_is_missing_and_where_it_is(prep: Prep, cast: Cast) -> None:
    prep.gate(Gate.REQUIRED)
    cleo = cast.browser("cleo")
    page = cleo.page("/pitch", status=403)
    assert "The explainer" in page.words
    assert "Knowledge check" in page.words
    assert "Room 1" not in page.words
    links = {one["href"] for one in page.all("a")}
    assert {f"/prep/material/{prep.explainer_id}", "/prep/knowledge"} <= links
    answer = cleo.get("/pitch", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.mimetype) == (403, "application/problem+json")
    body = answer.get_json()
    assert body["reason"] == "preparation_missing"
    assert set(body["fields"]) == {f"material-{prep.explainer_id}", "knowledge"}
    prep.watch(cleo, prep.explainer_id, EXPLAINER_MS)
    assert set(cleo.get("/pitch", headers={"Accept": "application/json"}).get_json()["fields"]) == {"knowledge"}
    prep.check()
    assert "Room 1" in cleo.page("/pitch").words


def test_the_gate_of_one_candidate_is_not_opened_by_another(prep: Prep, cast: Cast) -> None:
    prep.gate(Gate.REQUIRED)
    prep.watch(cast.browser("cleo"), prep.explainer_id, EXPLAINER_MS)
    prep.check()
    cato = cast.browser("cato")
    cato.page("/pitch", status=403)
    assert cato.get("/prep.json").get_json()["pitch_unlocked"] is False


def test_a_pitch_without_a_time_says_what_comes(prep: Prep, cast: Cast) -> None:
    assert "No time is set yet" in cast.browser("cato").page("/pitch").words


# -- consent -------------------------------------------------------------------------------------------------------


def test_nothing_is_chosen_beforehand_and_both_must_be_answered(cast: Cast) -> None:
    cleo = cast.browser("cleo")
    page = cleo.page("/prep/consent")
    radios = [one for one in page.all("input") if one.get("type") == "radio"]
    assert len(radios) == 4
    assert not [one for one in radios if "checked" in one]
    answer = cleo.send("/prep/consent", {"recording": "no"}, status=422)
    assert "Choose an answer for “AI transcript and summary”" in answer.text
    cleo.send("/prep/consent", {"recording": "maybe", "ai": "no"}, status=422)
    cleo.send("/prep/consent", {"recording": "no", "ai": "no"})
    page = cleo.page("/prep/consent")
    assert [one["value"] for one in page.all("input") if "checked" in one] == ["no", "no"]
    assert "You answered no" in page.words
    assert "please do not record it" in cleo.page("/pitch").words


def test_the_team_reads_what_was_agreed(cast: Cast) -> None:
    cast.browser("cleo").send("/prep/consent", {"recording": "no", "ai": "yes"})
    words = cast.browser("rita").page(f"/applications/{cast.cleo_id}/prep").words
    assert re.search(r"Recording of the pitch interview Not agreed, .* AI transcript and summary Agreed,", words)


# -- requests ------------------------------------------------------------------------------------------------------


def test_a_request_travels_to_the_team_and_its_answer_back(prep: Prep, cast: Cast) -> None:
    cleo, rita = cast.browser("cleo"), cast.browser("rita")
    cleo.send("/prep/ask", {"kind": "more_time"})
    cleo.send("/prep/ask", {"kind": "question", "text": "May I use <b>slides</b>?"})
    cleo.send("/prep/ask", {"kind": "did_not_count", "material_id": prep.explainer_id})
    assert cleo.page("/prep").words.count("With the team") == 3
    page = rita.page(f"/applications/{cast.cleo_id}/prep")
    for words in ("asks for more time", "May I use <b>slides</b>?", "says that watching did not count: The explainer"):
        assert words in page.words
    actions = [one["action"] for one in page.all("form") if one.get("action", "").endswith("/settle")]
    assert len(actions) == 3
    for action in actions:
        rita.send(action, {"reply": "Of course you may."})
    rita.send(actions[0], {"reply": "Twice"}, status=409)
    for path in ("/prep", "/prep/status"):
        assert cleo.page(path).words.count("Of course you may.") == 3


def test_dirty_requests_are_sentences(prep: Prep, cast: Cast) -> None:
    cleo = cast.browser("cleo")
    assert "Write your question first." in cleo.send("/prep/ask", {"kind": "question", "text": " "}, status=422).text
    cleo.send("/prep/ask", {"kind": "question", "text": "x" * 2001}, status=422)
    cleo.send("/prep/ask", {"kind": "a raise"}, status=422)
    cleo.send("/prep/ask", {}, status=422)
    cleo.send("/prep/ask", {"kind": "did_not_count", "material_id": "999999"}, status=404)
    assert cleo.post("/prep/ask", data={"kind": "more_time"}).status_code == 400  # no CSRF token
    assert cleo.get("/prep/ask").status_code == 405


def test_only_the_jobs_team_settles(prep: Prep, cast: Cast) -> None:
    cast.browser("cleo").send("/prep/ask", {"kind": "more_time"})
    page = cast.browser("mara").page(f"/applications/{cast.cleo_id}/prep")
    (action,) = [one["action"] for one in page.all("form") if one.get("action", "").endswith("/settle")]
    cast.browser("otto").send(action, status=404)
    cast.browser("nils").send(action, status=404)
    cast.browser("ivo").send(action, status=403)
    cast.browser("ada").send(action, status=403)
    cast.browser("cato").send(action, status=404)
    cast.browser("cleo").send(action, status=403)
    cast.browser("mara").send("/prep/requests/999999/settle", status=404)
    assert cast.browser("mara").send(action, {"back": "home"}).location == "/"


def test_open_requests_wait_on_the_home_page_and_on_the_application(cast: Cast) -> None:
    cast.browser("cleo").send("/prep/ask", {"kind": "another_demo"})
    mara, application = cast.browser("mara"), f"/applications/{cast.cleo_id}"
    for path in ("/", application):
        assert "Cleo Candidate asks for another demo" in mara.page(path).words
    assert "asks for another demo" not in cast.browser("ivo").page(application).words
    assert "asks for another demo" not in cast.browser("otto").page("/").words
    (form,) = [one for one in mara.page(application).all("form") if one.get("action", "").endswith("/settle")]
    assert mara.send(form["action"], {"back": "application"}).location == application
    for path in ("/", application):
        assert "asks for another demo" not in mara.page(path).words


# -- status --------------------------------------------------------------------------------------------------------


def test_the_status_page_says_when_with_whom_and_what_is_kept(prep: Prep, cast: Cast) -> None:
    cleo = cast.browser("cleo")
    prep.watch(cleo, prep.explainer_id, 58_000)
    page = cleo.page("/prep/status")
    for words in (
        "Ines Interviewer, Iris Interviewer, Ivo Interviewer",
        "Coverage 96 % observed",
        "Not taken yet",
        "What is kept about you",
    ):
        assert words in page.words, words
    assert "watched" not in page.words.lower()


def test_feedback_is_shown_once_it_is_released(cast: Cast) -> None:
    cleo = cast.browser("cleo")
    assert "Feedback" not in cleo.page("/prep/status").words
    with writing(cast.session):
        hiring.advance(cast.session, cast.cleo, Stage.DECIDED, now=cast.clock.now())
        hiring.release_feedback(
            cast.session, cast.actor("mara"), cast.cleo, "You explained it well.", now=cast.clock.now()
        )
    page = cleo.page("/prep/status")
    assert "You explained it well." in page.words
    assert "You explained it well." not in cast.browser("cato").page("/prep/status").words


# -- the team's record ---------------------------------------------------------------------------------------------


def test_the_record_is_in_plain_words(prep: Prep, cast: Cast) -> None:
    prep.watch(cast.browser("cleo"), prep.explainer_id, 58_000)
    prep.check(right=False)
    prep.check()
    words = cast.browser("mara").page(f"/applications/{cast.cleo_id}/prep").words
    assert "Coverage 96 % observed" in words
    assert "2 of 2, second attempt" in words
    assert not re.search(r"100 %|\bpass|\bfail|watched", words)


def test_with_the_gate_off_nothing_is_shown_of_the_preparation(prep: Prep, cast: Cast) -> None:
    prep.watch(cast.browser("cleo"), prep.explainer_id, 58_000)
    prep.gate(Gate.OFF)
    words = cast.browser("mara").page(f"/applications/{cast.cleo_id}/prep").words
    assert "The gate of this job is off" in words
    assert "observed" not in words


def test_who_rates_does_not_read_the_record_here(prep: Prep, cast: Cast) -> None:
    prep.watch(cast.browser("cleo"), prep.explainer_id, 58_000)
    with writing(cast.session):
        panel = {cast.person_ids["mara"]: hiring.SeatKind.BUYER}
        slot = hiring.Slot(starts_at=cast.clock.now(), minutes=30, place="", panel=panel)
        hiring.schedule(cast.session, SYSTEM, cast.cleo, slot, now=cast.clock.now())
    words = cast.browser("mara").page(f"/applications/{cast.cleo_id}/prep").words
    assert "Sealed until you have rated" in words
    assert "observed" not in words


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("mara", 200),
        ("rita", 200),
        ("ivo", 403),
        ("ada", 403),
        ("otto", 404),
        ("nils", 404),
        ("cleo", 403),
        ("cato", 404),
    ],
)
def test_who_may_open_the_record(cast: Cast, name: str, status: int) -> None:
    cast.browser(name).page(f"/applications/{cast.cleo_id}/prep", status=status)


def test_there_is_no_record_of_nobody(cast: Cast) -> None:
    cast.browser("rita").page("/applications/999999/prep", status=404)


# -- the candidate's own pages -------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [*CANDIDATE_PAGES, "/prep.json"])
def test_candidate_pages_are_for_candidates(cast: Cast, anonymous: Browser, path: str) -> None:
    assert anonymous.get(path).status_code in (302, 401)
    for name in ("mara", "ivo", "rita", "ada"):
        assert cast.browser(name).get(path).status_code == 403
    assert cast.browser("oda").get(path).status_code == 200


def test_a_get_completes_what_became_complete_meanwhile(prep: Prep, cast: Cast) -> None:
    cleo = cast.browser("cleo")
    prep.check()
    with writing(cast.session):
        from interview.watch import service as watch

        film = watch.material(cast.session, prep.explainer_id)
        watch.withdraw_material(cast.session, cast.actor("mara"), film, now=cast.clock.now())
    cleo.page("/prep")
    cast.session.rollback()
    assert cast.session.get_one(Application, cast.cleo_id).stage == Stage.READY


def test_the_personal_link_invites_and_leaving_says_how_to_come_back(cast: Cast, anonymous: Browser) -> None:
    page = anonymous.page(f"/c/{cast.links['cleo']}")
    for words in ("Cleo Candidate", "Account Executive", "30 minutes", "rita@example.org", "Start"):
        assert words in page.words
    assert len([one for one in page.all("button") if one.get("type") == "submit"]) == 1
    cleo = cast.browser("cleo")
    left = cleo.send("/c/leave", status=200)
    assert "everything you did is kept" in left.text
    assert cleo.get("/prep").status_code == 302
    cast.clock.forward(days=15)
    anonymous.page(f"/c/{cast.links['cleo']}", status=410)


# -- what the team may do about the record -------------------------------------------------------------------------


def test_counting_by_hand_opens_the_gate_and_leaves_the_finding_as_it_is(prep: Prep, cast: Cast) -> None:
    prep.gate(Gate.REQUIRED)
    prep.check()
    manager, cleo = cast.browser("rita"), cast.browser("cleo")
    path = f"/applications/{cast.cleo_id}/credit"
    assert cleo.get("/pitch").status_code == 403
    refused = manager.send(path, {"material_id": prep.explainer_id, "reason": ""}, status=422)
    assert "Write why it counts" in refused.text
    manager.send(path, {"material_id": prep.explainer_id, "reason": "Was at our <b>launch</b>."})
    page = manager.get(f"/applications/{cast.cleo_id}/prep").text
    assert "Was at our &lt;b&gt;launch&lt;/b&gt;." in page
    assert "Nothing observed yet" in page
    assert "Counted by hand" in page
    assert cleo.get("/pitch").status_code == 200
    assert "Was at our" in cleo.get("/prep/status").text  # the candidate sees what the team sees
    manager.send(f"{path}/{prep.explainer_id}/removal")
    assert cleo.get("/pitch").status_code == 403
    cast.session.rollback()
    actions = [row.action for row in audit.listing(cast.session, count_max=5)]
    assert {"watch:counted-by-hand", "watch:hand-credit-removed"} <= set(actions)


def test_it_did_not_count_is_settled_with_one_click(prep: Prep, cast: Cast) -> None:
    cleo = cast.browser("cleo")
    cleo.send("/prep/ask", {"kind": "did_not_count", "material_id": prep.explainer_id})
    manager = cast.browser("rita")
    page = manager.get(f"/applications/{cast.cleo_id}/prep").text
    assert "Count it as watched" in page
    (waiting,) = service.requests_of(cast.session, cast.cleo_id)
    manager.send(f"/prep/requests/{waiting.id}/settle", {"counts": "yes", "reply": ""})
    (item,) = [one for one in cleo.get("/prep.json").get_json()["items"] if one["id"] == prep.explainer_id]
    assert (item["state"], item["covered_ms"]) == ("done", 0)
    assert "It counts now." in cleo.get("/prep/status").text


def test_accommodations_are_the_recruiters_and_nobody_else_sees_them(prep: Prep, cast: Cast) -> None:
    rita, path = cast.browser("rita"), f"/applications/{cast.cleo_id}/accommodation"
    assert "Accommodation" in rita.get(f"/applications/{cast.cleo_id}/prep").text
    rita.send(path, {"kind": "no_timer"})
    rita.send(path, {"kind": "everything"}, status=422)
    for who in ("mara", "ivo"):
        cast.browser(who).send(path, {"kind": "none"}, status=403)
        for page in ("", "/prep", "/debrief"):
            assert "ccommodation" not in cast.browser(who).get(f"/applications/{cast.cleo_id}{page}").text
    rita.send(path, {"kind": "standard"})


def test_a_recruiter_on_the_panel_does_not_set_or_see_accommodations(prep: Prep, cast: Cast) -> None:
    with writing(cast.session):
        interview = cast.session.get_one(Interview, cast.interview_id)
        interview.seats.append(Seat(person_id=cast.person_ids["rita"], kind=SeatKind.INTERVIEWER))
    rita = cast.browser("rita")
    assert "Accommodation" not in rita.get(f"/applications/{cast.cleo_id}/prep").text
    rita.send(f"/applications/{cast.cleo_id}/accommodation", {"kind": "none"}, status=403)
