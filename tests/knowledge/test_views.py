"""The knowledge check's pages: a bank for the team, attempts for the candidate, no right answer where none belongs."""

from __future__ import annotations

import json
import re

import pytest

from interview.db import writing
from interview.knowledge import service
from interview.knowledge.rules import CheckSettings, QuestionText
from interview.knowledge.views import _titles, material_titles
from tests.support.pages import Browser, Page

CHECK = CheckSettings(draw_count=3, needed_pct=66)
QUESTION = {
    "topic": "Problem",
    "prompt": "Which problem does it solve?",
    "right": "1",
    "option_0": "Payroll",
    "option_1": "Late scorecards",
    "option_3": "Travel",
    "material_id": "",
    "moment": "",
}
SETTINGS = {"draw_count": "3", "needed_pct": "66", "attempts_count": "", "wait_min": "0"}


@pytest.fixture
def titles():
    """Material 5 of every job, as a room above would tell."""
    material_titles(lambda session, job_id: {5: "The webinar <b>"})
    yield
    _titles.pop()


@pytest.fixture
def bank(cast):
    """Six questions whose right option always ends in "yes", written by the service."""
    with writing(cast.session):
        service.set_settings(cast.session, cast.actor("mara"), cast.job, CHECK, now=cast.clock.now())
        for number in range(6):
            options = (f"no {number} a", f"sure {number} yes", f"no {number} b")
            text = QuestionText(f"Topic {number % 2}", f"Question {number} <i>?", options, 1, 5, 250_000)
            service.add_question(cast.session, cast.actor("mara"), cast.job, text, now=cast.clock.now())
    return cast


def bank_url(cast, rest: str = "") -> str:
    return f"/jobs/{cast.job_id}/questions{rest}"


def asked(browser: Browser, path: str) -> set[str]:
    """Give the questions of an attempt's page."""
    return set(re.findall(r"Question \d &lt;", browser.get(path).text))


def choose(browser: Browser, path: str, *, right: bool) -> dict[str, str]:
    """Answer every question of an attempt's page by reading the words beside each radio."""
    html = browser.get(path).text
    options = re.findall(r'name="(q-\d+)" id="[^"]+" value="(\d+)".*?<label[^>]*>([^<]*)</label>', html, re.S)
    return {name: value for name, value, words in options if words.endswith("yes") is right}


# -- the hiring team -----------------------------------------------------------------------------------------------


def test_a_bank_is_written_changed_retired_and_brought_back(cast, session, titles):
    mara = cast.browser("mara")
    assert "No questions yet" in mara.page(bank_url(cast)).words
    mara.send(bank_url(cast, "/settings"), SETTINGS)
    mara.send(bank_url(cast, "/new"), QUESTION | {"material_id": "5", "moment": "4:10"})
    page = mara.page(bank_url(cast)).words
    assert "Right: Late scorecards" in page
    assert "The webinar <b> , 04:10" in page or "The webinar <b>, 04:10" in page
    assert "The bank has 1 question, an attempt would draw 3" in page

    (question,) = service.bank(session, cast.job_id)
    assert question.newest.text == QuestionText(
        "Problem", "Which problem does it solve?", ("Payroll", "Late scorecards", "Travel"), 1, 5, 250_000
    )
    edit = bank_url(cast, f"/{question.id}")
    html = mara.get(edit).text
    assert 'value="04:10"' in html
    assert '<option selected value="5">The webinar &lt;b&gt;</option>' in html
    mara.send(edit, QUESTION | {"prompt": "Which one?", "material_id": "5", "moment": "4:10"})
    assert "version 2" in mara.page(bank_url(cast)).words
    mara.send(f"{edit}/retire")
    assert "Not asked any more" in mara.page(bank_url(cast)).words
    mara.send(f"{edit}/restore")
    assert "Not asked any more" not in mara.page(bank_url(cast)).words


@pytest.mark.parametrize(
    ("dirt", "sentence"),
    [
        ({"topic": ""}, "Name the topic."),
        ({"prompt": "x" * 501}, "1 to 500 characters"),
        ({"right": ""}, "Choose which option is right."),
        ({"right": "5"}, "Choose which option is right."),
        ({"right": "9"}, "Not a valid choice"),
        ({"option_1": "", "option_3": ""}, "Give 2 to 6 options."),
        ({"option_3": "late SCORECARDS"}, "Two options say the same"),
        ({"moment": "soon"}, "such as 04:10"),
        ({"moment": "4:10"}, "Choose the material"),
        ({"material_id": "77"}, "Not a valid choice"),
    ],
)
def test_a_question_that_cannot_be_asked_comes_back_with_what_was_typed(cast, session, dirt, sentence):
    html = cast.browser("mara").send(bank_url(cast, "/new"), QUESTION | dirt, status=422).text
    assert sentence in html
    assert "error-summary" in html
    assert 'value="Payroll"' in html
    assert service.bank(session, cast.job_id) == []


@pytest.mark.parametrize(
    "dirt",
    [{"draw_count": "x"}, {"draw_count": "-1"}, {"needed_pct": "101"}, {"wait_min": ""}, {"attempts_count": "0"}],
)
def test_settings_that_cannot_be_are_refused(cast, session, dirt):
    html = cast.browser("mara").send(bank_url(cast, "/settings"), SETTINGS | dirt, status=422).text
    assert "error-summary" in html
    assert service.settings_of(session, cast.job_id) == CheckSettings()


@pytest.mark.parametrize(
    ("name", "status"),
    [("mara", 200), ("rita", 403), ("ada", 403), ("ivo", 403), ("otto", 404), ("nils", 404), ("cleo", 403)],
)
def test_only_the_jobs_hiring_manager_sees_the_bank(bank, session, name, status):
    browser = bank.browser(name)
    question = service.bank(session, bank.job_id)[0]
    for path in (bank_url(bank), bank_url(bank, "/new"), bank_url(bank, f"/{question.id}")):
        answer = browser.get(path)
        assert answer.status_code == status
        assert (b"sure 0 yes" in answer.data) <= (status == 200)
    if status != 200:
        for path in (f"/{question.id}", f"/{question.id}/retire", f"/{question.id}/restore", "/new", "/settings"):
            browser.send(bank_url(bank, path), QUESTION | SETTINGS, status=status)


def test_a_question_is_not_reached_through_another_job(bank, session):
    question = service.bank(session, bank.job_id)[0]
    otto = bank.browser("otto")
    otto.page(f"/jobs/{bank.other_job_id}/questions/{question.id}", status=404)
    otto.send(f"/jobs/{bank.other_job_id}/questions/{question.id}/retire", status=404)
    bank.browser("mara").page(bank_url(bank, "/99999"), status=404)


# -- the candidate -------------------------------------------------------------------------------------------------


def test_a_candidate_answers_submits_is_led_back_and_tries_again(bank, titles):
    cleo = bank.browser("cleo")
    assert "3 questions about the material" in cleo.page("/prep/knowledge").words
    assert "done when 2 of them are right" in cleo.page("/prep/knowledge").words
    first = cleo.send("/prep/knowledge/attempts").location
    assert first == "/prep/knowledge/attempts/1"
    assert cleo.get(f"{first}/result").location == first
    first_asked = asked(cleo, first)
    wrong = choose(cleo, first, right=False)
    assert len(wrong) == 3
    result = cleo.send(first, wrong).location
    page = cleo.page(result)
    assert "You had 0 of 3 right" in page.words
    assert page.words.count("Watch again from 04:10") == 3
    assert "/prep/material/5#t=250" in [tag["href"] for tag in page.all("a")]
    assert "The webinar <b>" in page.words

    second = cleo.send("/prep/knowledge/attempts").location
    assert len(asked(cleo, second)) == 3
    assert not asked(cleo, second) & first_asked
    cleo.send(second, choose(cleo, second, right=True))
    assert "You had 3 of 3 right" in cleo.page(f"{second}/result").words
    assert "The knowledge check is done." in cleo.page("/prep/knowledge").words
    cleo.send("/prep/knowledge/attempts", status=409)


def test_nothing_a_candidate_gets_tells_the_right_answer(bank):
    """Every option stands in the same markup, nothing else on the page differs, and the result names none of them."""
    cleo = bank.browser("cleo")
    path = cleo.send("/prep/knowledge/attempts").location
    html = cleo.get(path).text
    shapes = {
        re.sub(r"\d+", "0", re.sub(r">(no|sure) \d+ \w+<", "><", one))
        for one in re.findall(r'<div class="answer">.*?</div>', html, re.S)
    }
    assert len(shapes) == 1
    assert "right" not in re.sub(r"<[^>]*(?:css|js)[^>]*>", "", html).lower().replace("copyright", "")
    saved = cleo.send_json(path, choose(cleo, path, right=True), method="PATCH")
    assert saved.json == {"saved": True}
    assert saved.json == cleo.send_json(path, choose(cleo, path, right=False), method="PATCH").json
    result = cleo.send(path, choose(cleo, path, right=False)).location
    for where in (result, "/prep/knowledge", path):
        answer = cleo.get(where, follow_redirects=True)
        assert "sure" not in answer.text
        assert " yes" not in answer.text


def test_answers_are_kept_while_they_are_given(bank):
    cleo = bank.browser("cleo")
    path = cleo.send("/prep/knowledge/attempts").location
    cleo.send_json(path, {"q-1": "2", "q-3": 0}, method="PATCH")
    checked = [tag["id"] for tag in cleo.page(path).all("input") if "checked" in tag]
    assert checked == ["q-1-2", "q-3-0"]
    assert "Go on answering" in cleo.page("/prep/knowledge").words


def test_open_questions_are_asked_about_before_an_attempt_is_graded(bank, session):
    cleo = bank.browser("cleo")
    path = cleo.send("/prep/knowledge/attempts").location
    html = cleo.send(path, {"q-2": "1"}, status=422).text
    assert "2 questions still open" in Page(html).words
    assert 'id="q-2-1" value="1" checked' in html
    assert service.attempt(session, bank.cleo_id, 1).result is None
    cleo.send(path, {"q-2": "1", "anyway": "1"})
    session.rollback()
    assert service.attempt(session, bank.cleo_id, 1).result.asked_count == 3


def test_sent_twice_the_first_grade_stands(bank):
    cleo = bank.browser("cleo")
    path = cleo.send("/prep/knowledge/attempts").location
    wrong, right = choose(cleo, path, right=False), choose(cleo, path, right=True)
    cleo.send(path, wrong)
    cleo.send(path, right)
    assert "You had 0 of 3 right" in cleo.page(f"{path}/result").words
    cleo.send_json(path, right, method="PATCH", status=409)


@pytest.mark.parametrize(
    "dirt",
    [
        {"q-9": "0"},
        {"q-1": "3"},
        {"q-1": "-1"},
        {"q-1": "x"},
        {"q-x": "1"},
        {"q-1": ""},
        {"q-\u0661": "1"},
        {"q-1": "9" * 400},
    ],
)
def test_dirty_answers_are_refused(bank, dirt):
    cleo = bank.browser("cleo")
    path = cleo.send("/prep/knowledge/attempts").location
    cleo.send(path, dirt | {"anyway": "1"}, status=422)
    cleo.send_json(path, dirt, method="PATCH", status=422)
    assert not [tag for tag in cleo.page(path).all("input") if "checked" in tag]


def test_what_is_not_json_is_said_so(bank):
    cleo = bank.browser("cleo")
    path = cleo.send("/prep/knowledge/attempts").location
    token = cleo.csrf()
    for body in ("{", "[]", "1", ""):
        answer = cleo.patch(path, data=body, content_type="application/json", headers={"X-CSRFToken": token})
        assert answer.status_code == 400
    assert json.loads(answer.text)["detail"].startswith("Answers are sent")


def test_an_attempt_is_its_owners_alone(bank, anonymous):
    cleo, cato = bank.browser("cleo"), bank.browser("cato")
    path = cleo.send("/prep/knowledge/attempts").location
    cato.page(path, status=404)
    cato.send(path, {"anyway": "1"}, status=404)
    cato.send_json(path, {"q-1": 1}, method="PATCH", status=404)
    cleo.page("/prep/knowledge/attempts/2", status=404)
    assert cleo.get("/prep/knowledge/attempts").status_code == 405
    for name in ("mara", "rita", "ivo"):
        assert bank.browser(name).get(path).status_code == 403
    assert anonymous.get(path).status_code == 302


def test_a_job_without_a_check_says_so(cast):
    assert "Nothing to answer" in cast.browser("oda").page("/prep/knowledge").words
    cast.browser("oda").send("/prep/knowledge/attempts", status=409)


def test_used_up_attempts_and_waits_are_said_kindly(bank):
    mara, cleo = bank.browser("mara"), bank.browser("cleo")
    mara.send(bank_url(bank, "/settings"), SETTINGS | {"attempts_count": "2", "wait_min": "30"})
    path = cleo.send("/prep/knowledge/attempts").location
    cleo.send(path, {"anyway": "1"})
    assert "You can try again from" in cleo.page("/prep/knowledge").words
    assert "You can try again from" in cleo.page(f"{path}/result").words
    bank.clock.forward(minutes=31)
    cleo.send(cleo.send("/prep/knowledge/attempts").location, {"anyway": "1"})
    assert "it says nothing against you" in cleo.page("/prep/knowledge").words
    words = cleo.page("/prep/knowledge").words.lower()
    assert not [word for word in (" test", "fail", "pass ") if word in words]
