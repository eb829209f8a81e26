"""The page of outcomes and the task on the home page: on both databases."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect
from sqlalchemy import event

from interview import audit
from interview.db import writing
from interview.debrief import service as debrief
from interview.debrief.rules import Outcome, Verdict
from interview.outcome import service
from interview.web.database import database
from tests.debrief.stage import scored
from tests.support.axe import assert_accessible
from tests.support.cast import Cast
from tests.support.live import Live
from tests.support.pages import Page

SAID = {"months": "3", "edition": "0", "still_here": "yes", "ramp_months": "2", "quota_pct": "105", "note": "Sells."}


def hire(stage: Cast, name: str) -> int:
    application_id = scored(stage, name, (4, 4, 4))
    with writing(stage.session) as session:
        mara, verdict = stage.actor("mara"), Verdict(Outcome.HIRED, "Signed.")
        debrief.decide(session, mara, application_id, verdict, based_on=0, now=stage.clock.now())
    return application_id


def test_an_outcome_is_asked_when_due_entered_and_no_longer_asked(stage: Cast) -> None:
    amy = hire(stage, "Amy Adams")
    mara, path = stage.browser("mara"), f"/applications/{amy}/outcome"
    assert "Enter how" not in mara.page("/").words
    assert not mara.page(path).all("textarea")
    mara.send(path, SAID, status=422)
    stage.clock.forward(days=100)
    mara = stage.browser("mara")
    assert "Enter how Amy Adams does after 3 months" in mara.page("/").words
    assert "Enter how" not in stage.browser("otto").page("/").words
    mara.send(path, SAID)
    words = mara.page(path).words
    assert "Still here · full quota after 2 months · 105 % of quota" in words
    assert "Enter how" not in mara.page("/").words
    stage.session.rollback()  # what it read before is behind it
    assert [row.action for row in audit.listing(stage.session, action="outcome:")] == ["outcome:entered"]


def test_who_left_is_not_asked_about_again(stage: Cast) -> None:
    amy = hire(stage, "Amy Adams")
    stage.clock.forward(days=400)
    mara, path = stage.browser("mara"), f"/applications/{amy}/outcome"
    mara.send(path, {**SAID, "still_here": "no", "ramp_months": "", "quota_pct": ""})
    assert mara.page(path).words.count("not asked: the person had left") == 2
    assert "Enter how" not in mara.page("/").words
    assert mara.send(path, {**SAID, "months": "6"}, status=422)


def test_wrong_input_comes_back_with_what_was_typed(stage: Cast) -> None:
    amy = hire(stage, "Amy Adams")
    stage.clock.forward(days=100)
    mara, path = stage.browser("mara"), f"/applications/{amy}/outcome"
    for wrong, sentence in (
        ({"still_here": ""}, "Choose whether the person is still here."),
        ({"ramp_months": "9"}, "Enter a number of months from 0 to 3"),
        ({"ramp_months": "two"}, "Not a valid integer value"),
        ({"quota_pct": "5000"}, "Enter a percentage from 0 to 1000"),
        ({"months": "7"}, "not due yet"),
        ({"months": "x"}, "not due yet"),
    ):
        answer = mara.send(path, {**SAID, "note": "A canary note", **wrong}, status=422)
        assert sentence in Page(answer.text).words
        assert "A canary note" in answer.text


def test_a_correction_of_an_older_edition_is_refused_with_the_text_kept(stage: Cast) -> None:
    amy = hire(stage, "Amy Adams")
    stage.clock.forward(days=100)
    mara, path = stage.browser("mara"), f"/applications/{amy}/outcome"
    mara.send(path, SAID)
    stale = mara.send(path, {**SAID, "note": "A canary note"}, status=409)
    assert "A canary note" in stale.text
    mara.send(path, {**SAID, "edition": "1", "quota_pct": "90"})
    assert "90 % of quota" in mara.page(path).words


def test_nothing_is_asked_about_who_is_not_or_no_longer_hired(stage: Cast) -> None:
    amy, ben = hire(stage, "Amy Adams"), scored(stage, "Ben Berg", (3, 3, 3))
    with writing(stage.session) as session:
        debrief.reopen(session, stage.actor("mara"), amy, "Did not start.", now=stage.clock.now())
    stage.clock.forward(days=400)
    mara = stage.browser("mara")
    assert "Enter how" not in mara.page("/").words
    for application_id in (amy, ben):
        assert "Nobody is hired here" in mara.page(f"/applications/{application_id}/outcome").words
        mara.send(f"/applications/{application_id}/outcome", SAID, status=409)


def test_the_tasks_ask_as_many_queries_for_many_hires_as_for_two(stage: Cast) -> None:
    def count() -> int:
        sent: list[str] = []
        with stage.app.app_context():
            engine = database.engine
        mara = stage.actor("mara")
        stage.session.expire_all()
        listener = lambda *args: sent.append(args[2])  # noqa: E731
        event.listen(engine, "before_cursor_execute", listener)
        service.due_for(stage.session, mara, now=stage.clock.now())
        event.remove(engine, "before_cursor_execute", listener)
        return len(sent)

    hire(stage, "Amy Adams"), hire(stage, "Ben Berg")
    stage.clock.forward(days=400)
    few = count()
    for name in ("Cyd", "Dan", "Eva"):
        hire(stage, name)
    assert count() == few


@pytest.mark.parametrize(("who", "status"), [("mara", 200), ("rita", 200), ("ada", 200), ("ivo", 403), ("otto", 404)])
def test_who_may_open_it(stage: Cast, who: str, status: int) -> None:
    amy = hire(stage, "Amy Adams")
    stage.browser(who).page(f"/applications/{amy}/outcome", status=status)


@pytest.mark.browser
def test_entering_an_outcome_with_the_keyboard(stage: Cast, live: Live, page: Tab) -> None:
    hire(stage, "Amy Adams")
    stage.clock.forward(days=100)
    live.sign_in(page, "mara")
    page.goto(live.url)
    page.get_by_role("link", name="Enter how Amy Adams does after 3 months").press("Enter")
    expect(page.get_by_role("heading", name="After 3 months")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("radio", name="Yes").press("Space")
    page.get_by_label("Ramp").fill("2")
    page.get_by_role("button", name="Store the outcome").press("Enter")
    expect(page.locator("main")).to_contain_text("full quota after 2 months")
    assert_accessible(page)
