"""Summaries below the pages: parts, what is paid once, cancelling, consent, what a test of the connection finds."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from sqlalchemy import delete, inspect

from interview import jobs
from interview.adapters.llm import NullModel
from interview.db import writing
from interview.errors import Conflict, Unavailable
from interview.summary import service
from interview.summary.models import SummaryRun
from tests.scorecard.stage import interview_of, submit
from tests.summary.behaviours import without_marks
from tests.summary.stage import (
    TALK,
    agree,
    begin,
    bring,
    choose_rubric,
    newest,
    pitched,
    sentences,
    served,
    use,
    work,
)
from tests.support.cast import Cast
from tests.support.model_server import Asked, fixed, good, hang, refusing

PACKAGE = Path(__file__).parents[2] / "interview"
LONG = [(("Cleo", "Ivo")[n % 2], f"{words} That was number {n} of it all.") for n, (_, words) in enumerate(TALK * 40)]


def cancel(cast: Cast) -> None:
    with writing(cast.session) as session:
        service.cancel(session, cast.actor("mara"), cast.interview_id, newest(cast).number, now=cast.clock.now())


def test_a_run_keeps_model_prompt_tokens_cost_and_the_raw_answer_and_is_paid_once(cast: Cast, monkeypatch):
    pitched(cast)
    with served(cast, good) as server:
        begin(cast)
        work(cast)
        run = newest(cast)
        taken = service.taken(run)
        answer = run.parts[0].answers[0]
        assert "raw" in inspect(answer).unloaded  # pages neither load nor read what a model wrote
        with monkeypatch.context() as patch:
            patch.delattr(service, "read_reply")
            assert service.progress(cast.session, run).done_count == 1
        assert (run.model, run.prompt_version, run.requested_by_id) == ("test-model", "1", cast.person_ids["mara"])
        assert (answer.saw_all, answer.raw is not None, taken.micros) == (True, True, answer.cost_micros)
        assert answer.cost_micros == answer.input_tokens + 4 * answer.output_tokens
        asked = server.requests[0]
        sent = asked.body["messages"]
        assert [one["role"] for one in sent] == ["system", "user"]
        assert "Cleo" not in sent[1]["content"]
        assert (asked.headers["Authorization"], "temperature" in asked.body) == ("Bearer sk-canary-0123456789", False)
        assert begin(cast).was_there
        bring(cast, [*TALK, ("Cleo", "One more thing, there is a trial of two weeks for every team.")])
        assert not begin(cast).was_there  # other words: asked again
        work(cast)
        assert server.count == 2
        before, after = reversed(service.runs(cast.session, cast.interview_id))
        found, _ = service.compare(cast.session, before, after)
        assert len(found.same) == 4
        assert (found.gone, found.new) == ((), ())


def test_off_without_consent_or_without_a_transcript_nothing_is_sent(cast: Cast):
    choose_rubric(cast)
    with served(cast, good) as server:
        with pytest.raises(service.NoConsent):
            begin(cast)
        agree(cast, True)
        with pytest.raises(Conflict, match="no transcript"):
            begin(cast)
        cast.clock.forward(days=2, hours=1)
        bring(cast, TALK)
        agree(cast, False)
        with pytest.raises(service.NoConsent):
            begin(cast)
        agree(cast, True)
        begin(cast)
        with pytest.raises(Conflict, match="already"):
            begin(cast)
        agree(cast, False)  # taken back before the worker came to it
        work(cast)
        assert "taken the consent back" in newest(cast).failure
        use(cast, NullModel())
        with pytest.raises(Unavailable):
            begin(cast)
        assert server.count == 0


def test_a_long_transcript_goes_in_parts_and_what_was_answered_is_never_asked_again(cast: Cast):
    pitched(cast, LONG)

    def second_fails(asked: Asked) -> None:
        (good if asked.number != 2 else fixed("{}", 504))(asked)

    with served(cast, second_fails, context_tokens=9_000) as server:
        begin(cast)
        work(cast)
        run = newest(cast)
        count = len(run.parts)
        assert count > 3
        assert "504" in run.failure
        assert server.count == 2
        begin(cast)
        work(cast)
        run = newest(cast)
        shown = sentences(cast.session, run)
        assert run.finished_at
        assert (service.taken(run).reused_count, server.count) == (1, count + 1)
        assert len(shown) == len({passage.segment_id for one in shown for passage in one.passages}) == 4
        assert run.dropped == {"duplicate": 4 * (count - 1)}
    bring(cast, LONG[1:])
    with served(cast, without_marks, context_tokens=9_000) as server:
        begin(cast)
        work(cast)
        assert (newest(cast).failure, server.count) == (service.NOT_SEEN, 1)  # the rest is not paid for
    with served(cast, good, context_tokens=9_000, run_tokens_max=10_000) as server:
        with pytest.raises(Conflict, match="more than allowed"):
            begin(cast)
        assert server.count == 0


def test_cancelling_stops_what_was_not_asked_and_keeps_what_was_paid(cast: Cast):
    pitched(cast, LONG)

    refused: list[str] = []

    def cancelled_meanwhile(asked: Asked) -> None:
        if asked.number == 1:
            cancel(cast)
            try:
                begin(cast)  # what is still to come may be paid: asked again now, it would be paid twice
            except Conflict as refusal:
                refused.append(refusal.sentence)
        good(asked)

    with served(cast, cancelled_meanwhile, context_tokens=9_000) as server:
        begin(cast)
        work(cast)
        run = newest(cast)
        assert (run.cancelled_by_id, run.finished_at, server.count) == (cast.person_ids["mara"], None, 1)
        assert run.parts[0].answers[0].raw
        assert refused == [service.STILL_WAITS]
        with pytest.raises(Conflict):
            cancel(cast)
        begin(cast)
        work(cast)
        assert newest(cast).finished_at
        assert server.count == len(newest(cast).parts)


def test_a_worker_that_dies_at_it_leaves_a_run_that_can_be_begun_again(cast: Cast):
    pitched(cast)
    with served(cast, good) as server:
        begin(cast)
        with writing(cast.session) as session:  # begun twice, never ended: the third time it is set aside
            session.query(jobs.BackgroundJob).filter_by(kind="summary.ask").update({"attempt_count": 2})
        work(cast)
        assert service.progress(cast.session, newest(cast)).failure == service.STOPPED
        assert server.count == 0
        begin(cast)
        work(cast)
        assert newest(cast).finished_at
        with writing(cast.session) as session:  # as erasure does; the number of the row may be given again
            session.execute(delete(SummaryRun))
        begin(cast)
        work(cast)
        assert newest(cast).finished_at


def test_too_little_is_not_sent_and_a_late_answer_leaves_a_sentence(cast: Cast):
    pitched(cast, TALK[:2])
    with served(cast, hang, deadline_s=0.3) as server:
        begin(cast)
        assert "too short" in newest(cast).abstention
        assert server.count == 0
        bring(cast, TALK)
        begin(cast)
        work(cast)
        assert newest(cast).failure == "The language model did not finish its answer within 0.3 seconds."


def test_a_test_of_the_connection_finds_how_to_ask_and_every_run_asks_like_that(cast: Cast):
    pitched(cast)
    refuses = refusing("json_schema", "max_completion_tokens", "temperature")
    with served(cast, refuses, temperature=0.2) as server:
        about = cast.app.extensions["pitchproof"].model.about
        with writing(cast.session) as session:
            first = service.ask_test(session, cast.actor("ada"), about, now=cast.clock.now())
            assert service.ask_test(session, cast.actor("ada"), about, now=cast.clock.now()) is first
        work(cast)
        test = service.newest_test(cast.session, about)
        assert test is not None
        assert (test.works, test.shape, test.limit_name, test.with_temperature) == (
            True,
            "json_object",
            "max_tokens",
            False,
        )
        before = server.count
        begin(cast)
        work(cast)
        assert newest(cast).finished_at
        assert server.count == before + 1
    with served(cast, lambda asked: asked.complete("Hello!")):
        about = cast.app.extensions["pitchproof"].model.about
        with writing(cast.session) as session:
            service.ask_test(session, cast.actor("ada"), about, now=cast.clock.now())
        work(cast)
        test = service.newest_test(cast.session, about)
        assert test is not None
        assert (test.works, "not in the way" in test.sentence) == (False, True)


def test_it_opens_with_the_own_card_and_never_to_those_who_read_none(cast: Cast):
    pitched(cast)

    def open_to() -> set[str]:
        cast.session.rollback()
        return {n for n in cast.person_ids if service.is_open_to(cast.session, cast.actor(n), interview_of(cast))}

    assert open_to() == {"mara", "rita"}  # rita has no such action: access.py
    submit(cast, "ivo")
    assert open_to() == {"mara", "rita", "ivo"}


# -- nothing leads from a model's answer to a score, a decision or a state -------------------------------------------

MAY_CALL = {  # room -> what of its service a summary uses; all of it only reads
    "scorecard": {"is_open_to"},
    "prep": {"consents"},
    "rubric": {"in_force"},
    "transcript": {"transcript_of", "segments", "speaker_names", "NamedSegment"},
    "hiring": {"interview"},
}


def test_no_code_leads_from_a_summary_to_a_score_a_decision_or_a_state():
    for path in sorted((PACKAGE / "summary").rglob("*.py")):
        knows_services = "rules" not in path.parts  # rules cannot: the contracts of pyproject.toml
        tree = ast.parse(path.read_text("utf-8"))
        imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        rooms = {node.module.split(".")[1] for node in imports if (node.module or "").startswith("interview.")}
        assert not rooms & {"debrief", "outcome", "agreement", "calibration", "exercise", "kit", "export", "connect"}
        assert not [n for n in imports if n.module in ("interview.scorecard.models", "interview.debrief.models")]
        for node in ast.walk(tree) if knows_services else ():
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in MAY_CALL:
                assert node.attr in MAY_CALL[node.value.id], f"{path.name} uses {node.value.id}.{node.attr}"


def test_no_other_room_reads_what_a_summary_says():
    told = [
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if "summary" not in path.parts
        and any(
            "interview.summary" in (node.module or "")
            if isinstance(node, ast.ImportFrom)
            else any("interview.summary" in one.name for one in node.names)
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Import | ast.ImportFrom)
        )
    ]
    assert told == []
