"""Saving, submitting and reading scorecards on both databases."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session

from interview.access import SYSTEM, Role
from interview.audit import AuditEvent
from interview.db import writing
from interview.errors import Invalid, Refusal
from interview.hiring import service as hiring
from interview.hiring.models import Interview
from interview.hiring.rules import SeatKind, Stage
from interview.people import service as people
from interview.rubric import service as rubric
from interview.rubric.service import NoRubricChosen
from interview.scorecard import service
from interview.scorecard.rules import CardState, Citation, Draft, Rating, Recommendation
from interview.scorecard.service import (
    Progress,
    ScorecardAlreadySubmitted,
    ScorecardChangedElsewhere,
    ScorecardIncomplete,
)
from tests.scorecard.stage import KEYS, bring_transcript, full_draft, interview_of, save, submit, take_seat
from tests.support.cast import Cast


def readable(cast: Cast, name: str) -> set[str]:
    cards = service.readable_scorecards(cast.session, cast.actor(name), interview_id=cast.interview_id)
    return {card.person_name.split()[0].lower() for card in cards}


def own(cast: Cast, name: str) -> service.OwnCard:
    return service.own_card(cast.session, cast.actor(name), interview_of(cast))


def send(cast: Cast, draft: Draft, *, edition: int, keys: tuple[str, ...] = ()) -> service.OwnCard:
    with writing(cast.session) as session:
        interview = interview_of(cast)
        return service.save(
            session, cast.actor("ivo"), interview, draft, edition=edition, save_keys=keys, now=cast.clock.now()
        )


# -- one's own card ------------------------------------------------------------------------------------------------


def test_what_is_saved_comes_back(panel: Cast, segments: list[int]) -> None:
    draft = Draft(
        {
            "discovery": Rating(value=4, note="Asked about the\nold tool."),
            "problem": Rating(not_observed=True),
            "middle": Rating(note="not sure yet"),
            "honesty": Rating(value=5, citations=(Citation(segment_id=segments[1]),)),
        },
        recommendation=Recommendation.NO_DECISION,
        takeaways="Ünïcödé ✓",
    )
    save(panel, "ivo", draft)
    card = own(panel, "ivo")
    assert card.draft.rating("discovery") == draft.rating("discovery")
    assert card.draft.rating("problem").not_observed
    assert card.draft.rating("middle") == Rating(note="not sure yet")
    assert card.draft.rating("demo") == Rating()
    assert card.draft.takeaways == "Ünïcödé ✓"
    assert card.draft.recommendation is Recommendation.NO_DECISION
    assert card.edition == 1
    (cited,) = card.draft.rating("honesty").citations
    assert cited.quote == "That does not exist today, and I would not guess a date."
    assert cited.start_ms == 192_000


def test_a_card_asks_for_the_jobs_attributes_in_the_rubrics_order(panel: Cast) -> None:
    card = own(panel, "ivo")
    assert card.keys == KEYS
    assert card.completeness.sentence == "0 of 6 rated"


def test_without_a_rubric_nobody_scores(cast: Cast) -> None:
    with pytest.raises(NoRubricChosen, match="hiring manager"):
        own(cast, "ivo")


def test_a_save_on_an_older_edition_is_a_conflict_and_changes_nothing(panel: Cast) -> None:
    send(panel, Draft({"demo": Rating(value=2)}), edition=0)
    with pytest.raises(ScorecardChangedElsewhere) as conflict:
        send(panel, Draft({"demo": Rating(value=4)}), edition=0)
    assert conflict.value.fields == {"edition": "1"}
    assert own(panel, "ivo").draft.rating("demo").value == 2


def test_the_same_save_sent_twice_is_stored_once(panel: Cast) -> None:
    send(panel, Draft({"demo": Rating(value=2)}), edition=0, keys=("k1",))
    assert send(panel, Draft({"demo": Rating(value=2)}), edition=0, keys=("k1",)).edition == 1


def test_what_builds_on_a_save_whose_answer_was_lost_is_no_conflict(panel: Cast) -> None:
    send(panel, Draft({"demo": Rating(value=2)}), edition=0, keys=("k1",))
    assert send(panel, Draft({"demo": Rating(value=3)}), edition=0, keys=("k3", "k2", "k1")).edition == 2
    with pytest.raises(ScorecardChangedElsewhere):
        send(panel, Draft({"demo": Rating(value=1)}), edition=0, keys=("k9", "k8"))


def test_a_citation_keeps_its_words_when_a_new_transcript_is_uploaded(panel: Cast, segments: list[int]) -> None:
    cites_old = Draft({"honesty": Rating(value=5, citations=(Citation(segment_id=segments[1]),))})
    save(panel, "ivo", cites_old)
    newer = bring_transcript(panel, b"WEBVTT\n\n00:01.000 --> 00:02.000\nAll is different.\n")
    save(panel, "ivo", cites_old)
    assert "not guess" in own(panel, "ivo").draft.rating("honesty").citations[0].quote
    both = (Citation(segment_id=segments[1]), Citation(segment_id=newer[0]))
    save(panel, "ivo", Draft({"honesty": Rating(value=5, citations=both)}))
    assert [one.segment_id for one in own(panel, "ivo").draft.rating("honesty").citations] == [segments[1], newer[0]]
    save(panel, "ivo", Draft({"honesty": Rating(value=5)}))
    assert own(panel, "ivo").draft.rating("honesty").citations == ()


def test_what_is_no_passage_of_this_interview_cannot_be_cited(panel: Cast, segments: list[int]) -> None:
    with pytest.raises(Invalid, match="not in this interview's transcript"):
        save(panel, "ivo", Draft({"honesty": Rating(citations=(Citation(segment_id=max(segments) + 999),))}))
    assert own(panel, "ivo").edition == 0


def test_an_unknown_attribute_is_refused(panel: Cast) -> None:
    with pytest.raises(Invalid, match='no attribute "charm"'):
        save(panel, "ivo", Draft({"charm": Rating(value=3)}))


# -- submitting ----------------------------------------------------------------------------------------------------


def test_an_incomplete_card_is_not_submitted_and_says_all_that_is_missing(panel: Cast) -> None:
    with pytest.raises(ScorecardIncomplete) as refused:
        submit(panel, "ivo", Draft({"demo": Rating(value=1)}))
    assert len(refused.value.sentences) == 8
    assert own(panel, "ivo").submitted_at is None


def test_a_submitted_card_is_locked(panel: Cast) -> None:
    submit(panel, "ivo")
    with pytest.raises(ScorecardAlreadySubmitted):
        save(panel, "ivo", full_draft(5))
    with pytest.raises(ScorecardAlreadySubmitted), writing(panel.session) as session:
        service.submit(session, panel.actor("ivo"), interview_of(panel), now=panel.clock.now())
    assert own(panel, "ivo").draft.rating("demo").value == 3


def test_the_last_card_makes_the_application_scored(panel: Cast) -> None:
    submit(panel, "ivo")
    submit(panel, "ines")
    assert panel.cleo.stage == Stage.PITCHED
    submit(panel, "iris")
    assert panel.cleo.stage == Stage.SCORED


def test_beginning_and_submitting_are_in_the_audit_trail_without_what_was_written(panel: Cast) -> None:
    submit(panel, "ivo")
    events = panel.session.scalars(select(AuditEvent).where(AuditEvent.object_kind == "scorecard")).all()
    assert [one.action for one in events] == ["scorecard:begun", "scorecard:submitted"]
    assert {one.actor for one in events} == {panel.actor("ivo").label}


def test_the_first_card_fixes_the_jobs_rubric(panel: Cast) -> None:
    chosen = rubric.in_force(panel.session, panel.job_id)
    assert not chosen.in_use
    save(panel, "ivo", Draft())
    assert rubric.in_force(panel.session, panel.job_id).in_use
    with pytest.raises(rubric.RubricInUse), writing(panel.session) as session:
        rubric.choose(
            session,
            SYSTEM,
            job_id=panel.job_id,
            version_id=chosen.version_id,
            weights={"demo": 1},
            now=panel.clock.now(),
        )


# -- the seal ------------------------------------------------------------------------------------------------------


def test_each_reads_only_their_own_until_they_have_submitted(panel: Cast) -> None:
    submit(panel, "ivo")
    save(panel, "ines", full_draft(5))
    assert readable(panel, "ivo") == {"ivo"}
    assert readable(panel, "ines") == {"ines"}
    assert readable(panel, "iris") == set()
    submit(panel, "ines")
    assert readable(panel, "ivo") == {"ivo", "ines"}
    assert readable(panel, "ines") == {"ivo", "ines"}


def test_who_reads_submitted_cards_without_a_seat(panel: Cast) -> None:
    submit(panel, "ivo")
    save(panel, "ines", full_draft(5))
    assert readable(panel, "mara") == {"ivo"}
    assert readable(panel, "otto") == set()
    assert readable(panel, "rita") == set()
    assert readable(panel, "ada") == set()
    assert readable(panel, "nils") == set()
    assert service.readable_scorecards(panel.session, panel.actor("cleo"), interview_id=panel.interview_id) == ()


def test_the_recruiter_reads_after_the_decision(panel: Cast) -> None:
    submit(panel, "ivo")
    with writing(panel.session) as session:
        hiring.advance(session, panel.cleo, Stage.DECIDED, now=panel.clock.now())
    assert readable(panel, "rita") == {"ivo"}


def test_a_hiring_manager_on_the_panel_submits_first(panel: Cast) -> None:
    submit(panel, "ivo")
    take_seat(panel, "mara")
    assert readable(panel, "mara") == set()
    submit(panel, "mara")
    assert readable(panel, "mara") == {"ivo", "mara"}


def test_a_second_interview_seals_the_first_again(panel: Cast) -> None:
    submit(panel, "ivo")
    submit(panel, "ines")
    slot = hiring.Slot(panel.clock.now(), 30, "", {panel.person_ids["ivo"]: SeatKind.INTERVIEWER})
    with writing(panel.session) as session:
        hiring.schedule(session, panel.actor("mara"), panel.cleo, slot, now=panel.clock.now())
    assert readable(panel, "ivo") == {"ivo"}
    assert readable(panel, "ines") == {"ivo", "ines"}


def test_somebody_who_lost_the_seat_reads_only_their_own(panel: Cast) -> None:
    submit(panel, "ivo")
    submit(panel, "ines")
    take_seat(panel, "iris", only=True)
    assert readable(panel, "ivo") == {"ivo"}


def test_a_member_of_the_team_who_is_the_candidate_reads_nothing(panel: Cast) -> None:
    with writing(panel.session) as session:
        insider = people.add_person(
            session, SYSTEM, email="CLEO@example.com", name="Cleo", role=Role.RECRUITER, now=panel.clock.now()
        )
        hiring.advance(session, panel.cleo, Stage.DECIDED, now=panel.clock.now())
        panel.person_ids["insider"] = insider.id
    submit(panel, "ivo")
    assert readable(panel, "insider") == set()


def test_submitted_ratings_are_the_readable_submitted_cards(panel: Cast) -> None:
    submit(panel, "ivo", full_draft(4))
    save(panel, "ines", full_draft(5))
    (card,) = service.submitted_ratings(panel.session, panel.actor("mara"), job_id=panel.job_id)
    assert card.person_name == "Ivo Interviewer"
    assert card.composite.mean == pytest.approx(4)
    assert card.chosen.weights["honesty"] == 2
    assert service.submitted_ratings(panel.session, panel.actor("ines"), application_ids=[panel.cleo_id]) == ()


# -- where cards stand ---------------------------------------------------------------------------------------------


def test_progress_counts_seats_cards_and_the_overdue(panel: Cast) -> None:
    submit(panel, "ivo")
    now = panel.clock.now()
    ids = [panel.cleo_id, panel.cato_id]
    assert service.progress_of(panel.session, ids, now=now) == {
        panel.cleo_id: Progress(3, 1, 0),
        panel.cato_id: Progress(),
    }
    late = now + timedelta(days=3)
    assert service.progress_of(panel.session, ids, now=late)[panel.cleo_id] == Progress(3, 1, 2)


def test_tasks_are_the_cards_one_still_owes(panel: Cast) -> None:
    (task,) = service.tasks_for(panel.session, panel.actor("ivo"), now=panel.clock.now())
    assert (task.candidate_name, task.state) == ("Cleo Candidate", CardState.DUE)
    assert task.due_at == interview_of(panel).due_at
    submit(panel, "ivo")
    assert service.tasks_for(panel.session, panel.actor("ivo"), now=panel.clock.now()) == ()
    assert service.tasks_for(panel.session, panel.actor("mara"), now=panel.clock.now()) == ()


def test_the_queries_of_reading_do_not_grow_with_the_cards(panel: Cast, session: Session) -> None:
    def queries() -> int:
        seen: list[str] = []
        bind = session.get_bind()
        session.expire_all()
        event.listen(bind, "before_cursor_execute", lambda *args: seen.append(args[2]))
        service.submitted_ratings(session, actor, job_id=panel.job_id)
        service.progress_of(session, [panel.cleo_id, panel.cato_id], now=panel.clock.now())
        return len(seen)

    actor = panel.actor("mara")
    submit(panel, "ivo")
    one = queries()
    submit(panel, "ines")
    submit(panel, "iris")
    assert queries() == one


# -- at the same moment ------------------------------------------------------------------------------------------------


def at_once(cast: Cast, *tasks: Callable[[Session], object]) -> list[object]:
    """Run each task in a transaction and thread of its own; returns what each gave or was refused with."""
    engine = cast.session.get_bind()
    assert isinstance(engine, Engine)
    cast.session.rollback()
    start = Barrier(len(tasks))

    def run(task: Callable[[Session], object]) -> object:
        with Session(engine) as session:
            start.wait()
            try:
                with writing(session):
                    return task(session)
            except Refusal as refusal:
                return refusal

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(run, tasks))


def test_of_many_first_saves_at_once_one_is_stored_and_the_others_are_told(panel: Cast) -> None:
    actor, now = panel.actor("ivo"), panel.clock.now()

    def saving(number: int) -> Callable[[Session], object]:
        draft = Draft(takeaways=f"tab {number}")
        return lambda session: service.save(
            session, actor, session.get_one(Interview, panel.interview_id), draft, edition=0, now=now
        )

    answers = at_once(panel, *(saving(number) for number in range(4)))
    assert sorted(type(one).__name__ for one in answers) == ["OwnCard"] + ["ScorecardChangedElsewhere"] * 3
    assert own(panel, "ivo").edition == 1


def test_the_last_two_cards_submitted_at_once_make_the_application_scored(panel: Cast) -> None:
    submit(panel, "ivo")
    save(panel, "ines", full_draft())
    save(panel, "iris", full_draft())

    def submitting(name: str) -> Callable[[Session], object]:
        actor, now = panel.actor(name), panel.clock.now()
        return lambda session: (
            service.submit(session, actor, session.get_one(Interview, panel.interview_id), now=now).scorecard_id
        )

    assert all(isinstance(one, int) for one in at_once(panel, submitting("ines"), submitting("iris")))
    assert panel.cleo.stage == Stage.SCORED


def test_a_save_that_meets_a_submission_under_way_comes_too_late(panel: Cast) -> None:
    save(panel, "ivo", full_draft(3))
    actor, now = panel.actor("ivo"), panel.clock.now()
    engine = panel.session.get_bind()
    assert isinstance(engine, Engine)

    def save_late() -> object:
        with Session(engine) as other:
            try:
                with writing(other):
                    interview = other.get_one(Interview, panel.interview_id)
                    return service.save(other, actor, interview, full_draft(5), edition=1, now=now)
            except Refusal as refusal:
                return refusal

    with ThreadPoolExecutor(1) as pool:
        with writing(panel.session) as session:
            service.submit(session, actor, interview_of(panel), now=now)
            late = pool.submit(save_late)
            wait([late], timeout=0.3)  # without a lock it would be done by now
        assert isinstance(late.result(), ScorecardAlreadySubmitted)
    assert own(panel, "ivo").draft.rating("demo").value == 3
