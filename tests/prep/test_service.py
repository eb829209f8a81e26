"""Use cases of preparation, on both databases: the gate, consent, requests, stages, constant queries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, event, func, select
from sqlalchemy.orm import Session

from interview.access import SYSTEM
from interview.audit import AuditEvent
from interview.db import writing
from interview.errors import Conflict, Invalid, NotFound
from interview.hiring import service as hiring
from interview.hiring.models import Application
from interview.hiring.rules import Gate, Stage
from interview.prep import service
from interview.prep.models import ConsentAnswer
from interview.prep.rules import OPEN_REQUESTS_MAX, ConsentKind, RequestKind
from interview.prep.service import PitchClosed, Wish
from interview.watch import service as watch
from interview.watch.rules.material import ItemState
from tests.prep.conftest import EXPLAINER_MS, Prep
from tests.support.cast import Cast

BOTH_NO = {ConsentKind.RECORDING: False, ConsentKind.AI: False}


@contextmanager
def counted_queries(engine: Engine) -> Iterator[list[str]]:
    """Collect the statements sent meanwhile."""
    seen: list[str] = []

    def note(_c: object, _k: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def audited(session: Session, action: str) -> int:
    return session.scalar(select(func.count()).where(AuditEvent.action == action)) or 0


@pytest.mark.parametrize("gate", list(Gate))
def test_the_gate_is_recomputed_from_what_is_stored(prep: Prep, cast: Cast, gate: Gate) -> None:
    prep.gate(gate)
    if gate is Gate.REQUIRED:
        with pytest.raises(PitchClosed, match=r"The explainer, Knowledge check") as refused:
            service.pitch(cast.session, cast.cleo)
        assert refused.value.reason == "preparation_missing"
        assert list(refused.value.fields) == [f"material-{prep.explainer_id}", "knowledge"]
    else:
        assert service.pitch(cast.session, cast.cleo) is not None
    cleo = cast.browser("cleo")
    prep.watch(cleo, prep.explainer_id, EXPLAINER_MS)
    prep.check()
    cast.session.rollback()
    assert service.pitch(cast.session, cast.cleo).id == cast.interview_id


def test_a_check_not_yet_reached_keeps_the_gate_closed(prep: Prep, cast: Cast) -> None:
    prep.gate(Gate.REQUIRED)
    prep.watch(cast.browser("cleo"), prep.explainer_id, EXPLAINER_MS)
    prep.check(right=False)
    with pytest.raises(PitchClosed, match="Still to do: Knowledge check"):
        service.pitch(cast.session, cast.cleo)
    prep.check()
    assert service.record_of(cast.session, cast.cleo).knowledge_words == "2 of 2, second attempt"
    assert service.pitch(cast.session, cast.cleo) is not None


def test_an_application_becomes_ready_in_the_transaction_that_completes_it(prep: Prep, cast: Cast) -> None:
    prep.check()
    cast.session.rollback()
    assert cast.cleo.stage == Stage.INVITED
    prep.watch(cast.browser("cleo"), prep.explainer_id, EXPLAINER_MS)
    cast.session.rollback()
    assert cast.cleo.stage == Stage.READY
    assert audited(cast.session, "prep:completed") == 1


def test_ready_never_takes_a_later_stage_back(prep: Prep, cast: Cast) -> None:
    with writing(cast.session):
        hiring.advance(cast.session, cast.cleo, Stage.PITCHED, now=cast.clock.now())
    prep.watch(cast.browser("cleo"), prep.explainer_id, EXPLAINER_MS)
    prep.check()
    cast.session.rollback()
    assert cast.cleo.stage == Stage.PITCHED
    assert audited(cast.session, "prep:completed") == 0


def test_withdrawn_material_no_longer_holds_the_gate(prep: Prep, cast: Cast) -> None:
    prep.gate(Gate.REQUIRED)
    prep.check()
    with writing(cast.session):
        film = watch.material(cast.session, prep.explainer_id)
        watch.withdraw_material(cast.session, cast.actor("mara"), film, now=cast.clock.now())
    assert service.checklist(cast.session, cast.cleo).pitch_unlocked


def test_the_checklist_is_the_candidates_own(prep: Prep, cast: Cast) -> None:
    prep.check()
    cato = cast.session.get_one(Application, cast.cato_id)
    found = service.checklists(cast.session, [cast.cleo, cato])
    assert [item.title for item in found[cast.cleo_id].missing] == ["The explainer"]
    assert [item.title for item in found[cast.cato_id].missing] == ["The explainer", "Knowledge check"]


def test_board_progress_needs_the_same_queries_for_one_and_for_many(prep: Prep, cast: Cast) -> None:
    prep.check()
    with writing(cast.session):
        ids = [
            hiring.add_candidate(
                cast.session, SYSTEM, cast.job, name=f"Candidate {n}", email=f"c{n}@example.com", now=cast.clock.now()
            )[0].id
            for n in range(20)
        ]
    counts = []
    for wanted in ([cast.cleo_id], [cast.cleo_id, *ids]):
        cast.session.rollback()
        cast.session.expunge_all()
        with counted_queries(cast.session.get_bind()) as seen:
            progress = service.progress_of(cast.session, wanted)
        assert set(progress) == set(wanted)
        counts.append(len(seen))
    assert counts[0] == counts[1]
    assert progress[cast.cleo_id].knowledge_words == "2 of 2, first attempt"
    assert (progress[ids[0]].pct, progress[ids[0]].state) == (0, ItemState.TODO)


# -- consent -------------------------------------------------------------------------------------------------------


def test_refusing_costs_nothing(prep: Prep, cast: Cast) -> None:
    prep.gate(Gate.REQUIRED)
    before = service.checklist(cast.session, cast.cleo)
    with writing(cast.session):
        service.answer_consents(cast.session, cast.actor("cleo"), BOTH_NO, now=cast.clock.now())
    after = service.checklist(cast.session, cast.cleo)
    assert (after.missing, after.pct, after.pitch_unlocked) == (before.missing, before.pct, before.pitch_unlocked)
    assert after.items[0].state is ItemState.DONE


def test_an_answer_can_be_changed_and_the_earlier_one_stays_on_file(cast: Cast) -> None:
    cleo, session = cast.actor("cleo"), cast.session
    for answers in (BOTH_NO, BOTH_NO, {**BOTH_NO, ConsentKind.AI: True}):
        cast.clock.forward(hours=1)
        with writing(session):
            service.answer_consents(session, cleo, answers, now=cast.clock.now())
    assert {kind: row.agreed for kind, row in service.consents(session, cast.cleo_id).items()} == {
        ConsentKind.RECORDING: False,
        ConsentKind.AI: True,
    }
    rows = session.scalars(select(ConsentAnswer).order_by(ConsentAnswer.id)).all()
    assert [(row.kind, row.agreed, row.text_version) for row in rows] == [
        ("recording", False, 1),
        ("ai", False, 2),
        ("ai", True, 2),
    ]
    assert audited(session, "prep:consent-answered") == 3


def test_an_answer_to_an_older_wording_is_asked_for_again(cast: Cast) -> None:
    with writing(cast.session):
        for kind, version in ((ConsentKind.RECORDING, 1), (ConsentKind.AI, 0)):
            cast.session.add(
                ConsentAnswer(
                    application_id=cast.cleo_id,
                    kind=kind,
                    agreed=True,
                    text_version=version,
                    answered_at=cast.clock.now(),
                )
            )
    assert service.checklist(cast.session, cast.cleo).items[0].state is ItemState.DOING


def test_a_job_without_material_is_prepared_by_the_answers(cast: Cast) -> None:
    with writing(cast.session):
        service.answer_consents(cast.session, cast.actor("cato"), BOTH_NO, now=cast.clock.now())
    assert cast.session.get_one(Application, cast.cato_id).stage == Stage.READY


# -- requests ------------------------------------------------------------------------------------------------------


def ask(cast: Cast, wish: Wish, name: str = "cleo") -> bool:
    with writing(cast.session):
        return service.ask(cast.session, cast.actor(name), wish, now=cast.clock.now())


def test_asking_twice_is_one_request_until_it_is_settled(cast: Cast) -> None:
    session, more_time = cast.session, Wish(RequestKind.MORE_TIME)
    assert ask(cast, more_time)
    assert not ask(cast, more_time)
    assert ask(cast, more_time, "cato")
    (request,) = service.requests_of(session, cast.cleo_id)
    with writing(session):
        service.settle(session, cast.actor("rita"), request.id, "A week more.", now=cast.clock.now())
    assert ask(cast, more_time)
    newest, settled = service.requests_of(session, cast.cleo_id)
    assert newest.settlement is None
    assert (settled.settlement.reply, settled.settlement.settled_by.name) == ("A week more.", "Rita Recruiter")
    with pytest.raises(Conflict, match="Rita Recruiter has settled this already"), writing(session):
        service.settle(session, cast.actor("mara"), request.id, "", now=cast.clock.now())


def test_requests_reach_recruiters_and_the_jobs_hiring_managers_only(cast: Cast) -> None:
    ask(cast, Wish(RequestKind.ANOTHER_DEMO))
    ask(cast, Wish(RequestKind.QUESTION, "Who is the buyer?"), "oda")
    seen = {
        name: [one.application.candidate.name for one in service.requests_open(cast.session, cast.actor(name))]
        for name in ("rita", "mara", "otto", "ivo", "ada")
    }
    assert seen == {
        "rita": ["Cleo Candidate", "Oda Other"],
        "mara": ["Cleo Candidate"],
        "otto": ["Oda Other"],
        "ivo": [],
        "ada": [],
    }


def test_a_question_needs_words_and_an_answer(cast: Cast) -> None:
    session, rita = cast.session, cast.actor("rita")
    with pytest.raises(Invalid, match="Write your question first"):
        ask(cast, Wish(RequestKind.QUESTION))
    with pytest.raises(Invalid, match="Shorten your text"):
        ask(cast, Wish(RequestKind.QUESTION, "x" * 2001))
    ask(cast, Wish(RequestKind.QUESTION, "May I use slides?"))
    (request,) = service.requests_of(session, cast.cleo_id)
    with pytest.raises(Invalid, match="Write an answer"), writing(session):
        service.settle(session, rita, request.id, "", now=cast.clock.now())
    with pytest.raises(NotFound), writing(session):
        service.settle(session, rita, 999, "Yes.", now=cast.clock.now())


def test_what_did_not_count_names_material_of_the_own_job(prep: Prep, cast: Cast) -> None:
    ask(cast, Wish(RequestKind.DID_NOT_COUNT, material_id=prep.explainer_id))
    assert service.requests_of(cast.session, cast.cleo_id)[0].material.title == "The explainer"
    with pytest.raises(NotFound):
        ask(cast, Wish(RequestKind.DID_NOT_COUNT, material_id=prep.explainer_id), "oda")


def test_open_requests_have_a_limit(cast: Cast) -> None:
    for number in range(OPEN_REQUESTS_MAX):
        assert ask(cast, Wish(RequestKind.QUESTION, f"Question {number}?"))
    with pytest.raises(Conflict, match="wait for an answer"):
        ask(cast, Wish(RequestKind.MORE_TIME))


# -- the team's record ---------------------------------------------------------------------------------------------


def test_the_record_says_what_was_observed_and_nothing_more(prep: Prep, cast: Cast) -> None:
    cleo = cast.browser("cleo")
    prep.watch(cleo, prep.explainer_id, 30_000)
    prep.watch(cleo, prep.explainer_id, 58_000)
    record = service.record_of(cast.session, cast.cleo)
    assert record.summary.session_count == 2
    assert [(film.title, film.sentence) for film in record.films] == [
        ("The explainer", "Coverage 96 % observed, 58 s over 2 sessions, 1/1 checkpoints"),
        ("The webinar", "Nothing observed yet"),
    ]
    assert record.knowledge_words == "Not taken yet"
    prep.gate(Gate.OFF)
    assert not service.record_of(cast.session, cast.cleo).is_kept
