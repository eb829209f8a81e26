"""The knowledge check as rows: draws stored first, answers kept, graded once, old answers untouched by edits."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from interview import audit
from interview.db import writing
from interview.errors import Conflict, Invalid, NotFound
from interview.hiring.models import Application
from interview.knowledge import service
from interview.knowledge.models import Attempt, AttemptResult, QuestionVersion
from interview.knowledge.rules import CheckSettings, CheckState, QuestionText, Step

CHANCE = random.Random(7)
CHECK = CheckSettings(draw_count=3, needed_pct=66)


@pytest.fixture
def bank(cast):
    """A check of three questions out of eight on two topics."""
    with writing(cast.session):
        service.set_settings(cast.session, cast.actor("mara"), cast.job, CHECK, now=cast.clock.now())
        for number in range(8):
            text = QuestionText(
                f"Topic {number % 2}",
                f"Question {number}?",
                (f"right {number}", f"wrong {number}", "never"),
                0,
                5,
                250_000,
            )
            service.add_question(cast.session, cast.actor("mara"), cast.job, text, now=cast.clock.now())
    return cast


def start(cast, name: str = "cleo") -> Attempt:
    with writing(cast.session):
        application = cast.session.get_one(Application, getattr(cast, f"{name}_id"))
        number = service.start(cast.session, cast.actor(name), application, chance=CHANCE, now=cast.clock.now()).number
    return service.attempt(cast.session, application.id, number)


def answers(found: Attempt, right_count: int) -> dict[int, int]:
    """Answer so many questions right and the others wrong."""
    return {one.ordinal: one.order.index(0 if i < right_count else 1) for i, one in enumerate(found.asked)}


def submit(cast, found: Attempt, right_count: int) -> AttemptResult:
    with writing(cast.session):
        said = answers(found, right_count)
        return service.submit(cast.session, cast.actor("cleo"), found, said, now=cast.clock.now())


def progress(cast) -> service.CheckProgress:
    return service.state_of(cast.session, [cast.cleo_id])[cast.cleo_id]


def test_a_job_without_settings_has_no_check(cast, session):
    assert progress(cast).state is CheckState.NONE
    with pytest.raises(Conflict, match="no knowledge check"):
        start(cast)


def test_an_attempt_is_drawn_before_it_is_shown_and_gone_on_with(bank, session):
    first = start(bank)
    assert len(first.asked) == 3
    assert start(bank).id == first.id
    assert [one.version_id for one in start(bank).asked] == [one.version_id for one in first.asked]
    assert progress(bank).state is CheckState.DOING


def test_the_page_of_an_attempt_has_the_options_in_the_drawn_order(bank):
    found = start(bank)
    for one, shown in zip(found.asked, service.shown(found), strict=True):
        assert shown.options == tuple(one.version.options[index] for index in one.order)
        assert shown.chosen is None
        assert not hasattr(shown, "right")


def test_answers_are_kept_as_they_come(bank):
    found = start(bank)
    with writing(bank.session):
        service.answer(bank.session, found, {1: 2}, now=bank.clock.now())
    bank.clock.forward(minutes=1)
    with writing(bank.session):
        service.answer(bank.session, found, {1: 0, 2: 1}, now=bank.clock.now())
    assert [one.chosen for one in service.shown(service.attempt(bank.session, bank.cleo_id, 1))] == [0, 1, None]


@pytest.mark.parametrize("dirty", [{9: 0}, {1: 3}, {1: -1}, {0: 0}])
def test_answers_that_were_not_shown_are_refused(bank, dirty):
    found = start(bank)
    with pytest.raises(Invalid), writing(bank.session):
        service.answer(bank.session, found, dirty, now=bank.clock.now())


def test_a_grade_stands_and_the_result_names_moments_but_no_right_answer(bank):
    found = start(bank)
    assert submit(bank, found, 1).reached is False
    told = service.result(service.attempt(bank.session, bank.cleo_id, 1))
    assert (told.right_count, told.asked_count, told.share_pct, told.needed_pct) == (1, 3, 33, 66)
    assert [(one.material_id, one.moment_ms) for one in told.watch_again] == [(5, 250_000)] * 2
    assert "right" not in repr(told.watch_again)
    with pytest.raises(Conflict), writing(bank.session):
        service.answer(bank.session, found, {1: 0}, now=bank.clock.now())
    with writing(bank.session):
        again = service.submit(bank.session, bank.actor("cleo"), found, answers(found, 3), now=bank.clock.now())
        assert again.right_count == 1


def test_a_retry_asks_unseen_questions_first(bank):
    first = start(bank)
    submit(bank, first, 0)
    second = start(bank)
    assert not {one.version_id for one in first.asked} & {one.version_id for one in second.asked}
    assert submit(bank, second, 2).reached
    done = progress(bank)
    assert (done.state, done.attempt_count, done.attempt_number) == (CheckState.DONE, 2, 2)
    assert (done.right_count, done.asked_count, done.done_at) == (2, 3, bank.clock.now())
    with pytest.raises(Conflict, match="done"):
        start(bank)


def test_before_it_is_reached_the_latest_attempt_counts(bank):
    submit(bank, start(bank), 1)
    submit(bank, start(bank), 0)
    assert (progress(bank).attempt_number, progress(bank).right_count, progress(bank).done_at) == (2, 0, None)


def test_waits_and_the_last_attempt_are_kept_to(bank):
    limited = replace(CHECK, attempts_count=2, wait_min=30)
    with writing(bank.session):
        service.set_settings(bank.session, bank.actor("mara"), bank.job, limited, now=bank.clock.now())
    submit(bank, start(bank), 0)
    with pytest.raises(Conflict, match="not open yet"):
        start(bank)
    bank.clock.forward(minutes=30)
    submit(bank, start(bank), 0)
    bank.clock.forward(minutes=30)
    with pytest.raises(Conflict, match="All attempts are used"):
        start(bank)
    seen = service.overview(bank.session, bank.cleo, now=bank.clock.now())
    assert (seen.next.step, seen.next.left_count) == (Step.ASK, 0)


def test_an_edit_changes_no_attempt_under_way_and_no_old_answer(bank, session):
    found = start(bank)
    question = found.asked[0].version.question
    turned = replace(found.asked[0].version.text, prompt="Changed?", right=1)
    with writing(session):
        service.change_question(session, bank.actor("mara"), question, turned, now=bank.clock.now())
    assert submit(bank, found, 3).right_count == 3
    assert "Changed?" not in [one.prompt for one in service.shown(found)]
    assert (
        session.scalar(
            select(func.count()).select_from(QuestionVersion).where(QuestionVersion.question_id == question.id)
        )
        == 2
    )


def test_a_retired_question_is_not_drawn_and_its_answers_stay(bank, session):
    found = start(bank)
    submit(bank, found, 3)
    for one in service.bank(session, bank.job_id)[:-2]:
        with writing(session):
            service.retire_question(session, bank.actor("mara"), one, now=bank.clock.now())
    assert len(start(bank, "cato").asked) == 2
    assert service.result(service.attempt(session, bank.cleo_id, 1)).right_count == 3
    with writing(session):
        service.restore_question(
            session, bank.actor("mara"), service.bank(session, bank.job_id)[0], now=bank.clock.now()
        )
    assert sum(one.retirement is None for one in service.bank(session, bank.job_id)) == 3


def test_a_check_without_questions_says_so(cast, session):
    with writing(session):
        service.set_settings(session, cast.actor("mara"), cast.job, CHECK, now=cast.clock.now())
    with pytest.raises(Conflict, match="no questions yet"):
        start(cast)


def test_what_cannot_be_is_refused_with_the_field(cast, session):
    with pytest.raises(Invalid) as refused, writing(session):
        service.add_question(
            session, cast.actor("mara"), cast.job, QuestionText("", "", ("a",), 4), now=cast.clock.now()
        )
    assert set(refused.value.fields) == {"topic", "prompt", "options"}
    with pytest.raises(Invalid) as refused, writing(session):
        service.set_settings(session, cast.actor("mara"), cast.job, CheckSettings(needed_pct=0), now=cast.clock.now())
    assert set(refused.value.fields) == {"needed_pct"}


def test_an_attempt_is_found_only_under_its_own_application(bank):
    start(bank)
    with pytest.raises(NotFound):
        service.attempt(bank.session, bank.cato_id, 1)


def test_fifty_submissions_at_once_are_one_grade(bank, session):
    found = start(bank)
    with writing(session):
        service.answer(session, found, answers(found, 3), now=bank.clock.now())
    engine, actor, now, own = session.get_bind(), bank.actor("cleo"), bank.clock.now(), found.application_id
    session.rollback()

    def one_submission(_: int) -> int:
        with Session(engine) as mine, writing(mine):
            return service.submit(mine, actor, service.attempt(mine, own, 1), {}, now=now).right_count

    with ThreadPoolExecutor(10) as many:
        assert set(many.map(one_submission, range(50))) == {3}
    assert session.scalar(select(func.count()).select_from(AttemptResult)) == 1
    assert len(audit.listing(session, action="knowledge:attempt-submitted")) == 1


def test_ten_starts_at_once_are_one_attempt(bank, session):
    engine, actor, now, own = session.get_bind(), bank.actor("cleo"), bank.clock.now(), bank.cleo_id
    session.rollback()

    def one_start(seed: int) -> int:
        with Session(engine) as mine, writing(mine):
            application = mine.get_one(Application, own)
            return service.start(mine, actor, application, chance=random.Random(seed), now=now).id

    with ThreadPoolExecutor(10) as many:
        assert len(set(many.map(one_start, range(10)))) == 1


def test_where_many_stand_costs_the_same_queries(bank, session):
    start(bank, "cato")
    submit(bank, start(bank), 3)

    def count(ids: list[int]) -> int:
        seen = []

        def note(*args) -> None:
            seen.append(args[2])

        session.rollback()
        event.listen(session.get_bind(), "before_cursor_execute", note)
        service.state_of(session, ids)
        event.remove(session.get_bind(), "before_cursor_execute", note)
        return len(seen)

    assert count([bank.cleo_id]) == count([bank.cleo_id, bank.cato_id, bank.oda_id])
    found = service.state_of(session, [bank.cleo_id, bank.cato_id, bank.oda_id])
    assert {one: progress.state for one, progress in found.items()} == {
        bank.cleo_id: CheckState.DONE,
        bank.cato_id: CheckState.DOING,
        bank.oda_id: CheckState.NONE,
    }


def test_every_change_is_in_the_audit_trail(bank, session):
    submit(bank, start(bank), 3)
    actions = {one.action for one in audit.listing(session, action="knowledge:", count_max=50)}
    assert actions == {
        "knowledge:settings-changed",
        "knowledge:question-added",
        "knowledge:attempt-started",
        "knowledge:attempt-submitted",
    }
