"""Comparing, deciding, reopening, feedback: on both databases."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from interview import audit
from interview.db import writing
from interview.debrief import service
from interview.debrief.models import Decision
from interview.debrief.rules import Outcome, RejectionReason, Verdict
from interview.debrief.service import AlreadyDecided, FeedbackChanged
from interview.errors import Conflict, Forbidden, Invalid, NotFound
from interview.hiring import service as hiring
from interview.hiring.models import Application, Interview
from interview.hiring.rules import SeatKind, Stage
from tests.debrief.stage import draft, pitch, score, scored
from tests.support.cast import Cast

ADVANCE = Verdict(Outcome.ADVANCE, "Sold it without a slide.")
REJECT = Verdict(Outcome.REJECT, "Did not ask a question.", RejectionReason.SELLING)
LONG = "The panel missed the second half of the pitch, where the best discovery questions of all candidates were asked."


def decide(stage: Cast, application_id: int, verdict: Verdict, based_on: int = 0, name: str = "mara") -> int:
    with writing(stage.session) as session:
        actor = stage.actor(name)
        return service.decide(session, actor, application_id, verdict, based_on=based_on, now=stage.clock.now()).id


def look(stage: Cast, application_id: int, name: str = "mara") -> service.Debrief:
    application = stage.session.get_one(Application, application_id)
    return service.debrief(stage.session, stage.actor(name), application, now=stage.clock.now())


def stage_of(stage: Cast, application_id: int) -> str:
    return stage.session.get_one(Application, application_id, populate_existing=True).stage


# -- looking -------------------------------------------------------------------------------------------------------


def test_attributes_come_with_disagreement_first_then_in_the_rubrics_order(stage: Cast) -> None:
    amy = pitch(stage, "Amy Adams")
    score(stage, amy, {"ivo": draft(3), "ines": draft(3, honesty=5, demo=None), "iris": draft(3, honesty=1)})
    rows = look(stage, amy).rows
    assert [row.attribute.key for row in rows] == ["honesty", "discovery", "problem", "middle", "demo", "value"]
    assert rows[0].spread.is_disagreement
    assert rows[4].spread.count == 2
    assert look(stage, amy).panel.composite.count == 3


def test_who_owes_a_card_sees_none_and_no_mean(stage: Cast) -> None:
    amy = pitch(stage, "Amy Adams")
    score(stage, amy, {"ivo": draft(3), "ines": draft(5)})
    sealed = look(stage, amy, "iris")
    assert sealed.panel.is_sealed
    assert (sealed.rows, sealed.panel.cards, sealed.panel.composite.mean) == ((), (), None)
    assert len(look(stage, amy, "ivo").panel.cards) == 2


def test_a_panel_is_provisional_until_every_card_is_in(stage: Cast) -> None:
    amy = pitch(stage, "Amy Adams")
    score(stage, amy, {"ivo": draft(3), "ines": draft(5)})
    assert look(stage, amy).panel.is_provisional
    score(stage, amy, {"iris": draft(4)})
    assert not look(stage, amy).panel.is_provisional


def test_comparison_is_alphabetical_and_takes_two_to_five_of_one_job(stage: Cast) -> None:
    ids = [scored(stage, name, (4, 4, 4)) for name in ("zoe Zimmer", "Amy Adams", "Ben Berg")]
    found = service.compare(stage.session, stage.actor("mara"), stage.job_id, ids, now=stage.clock.now())
    assert [panel.candidate_name for panel in found.panels] == ["Amy Adams", "Ben Berg", "zoe Zimmer"]
    assert not found.is_mixed
    for wrong in ([], ids[:1], [*ids, 901, 902, 903]):
        with pytest.raises(Invalid):
            service.compare(stage.session, stage.actor("mara"), stage.job_id, wrong, now=stage.clock.now())
    with pytest.raises(NotFound):
        service.compare(stage.session, stage.actor("mara"), stage.job_id, [ids[0], stage.oda_id], now=stage.clock.now())


def test_comparing_more_candidates_takes_no_more_queries(stage: Cast) -> None:
    ids = [scored(stage, f"{letter}lex Candidate", (4, 4, 4)) for letter in "ABCDE"]
    engine, mara, counted = stage.session.get_bind(), stage.actor("mara"), []
    event.listen(engine, "before_cursor_execute", lambda *_: counted.append(1))
    used = []
    for some in (ids[:2], ids):
        counted.clear()
        with Session(engine) as session:
            service.compare(session, mara, stage.job_id, some, now=stage.clock.now())
        used.append(len(counted))
    assert used[0] == used[1]


# -- deciding ------------------------------------------------------------------------------------------------------


def test_a_decision_is_kept_with_who_when_and_why(stage: Cast) -> None:
    amy = scored(stage, "Amy Adams", (4, 4, 4))
    decide(stage, amy, ADVANCE)
    (row,) = service.decisions(stage.session, amy)
    assert (row.outcome, row.reason, row.decided_by.name) == ("advance", ADVANCE.reason, "Mara Manager")
    assert (row.is_against_order, row.rejection) == (False, None)
    assert stage_of(stage, amy) == Stage.DECIDED
    newest = audit.listing(stage.session)[0]
    assert (newest.action, newest.object_id) == ("decision:made", str(amy))


def test_forward_waits_for_all_cards_but_a_rejection_does_not(stage: Cast) -> None:
    amy = pitch(stage, "Amy Adams")
    score(stage, amy, {"ivo": draft(3)})
    with pytest.raises(Conflict, match="1 of 3 scorecards are in"):
        decide(stage, amy, ADVANCE)
    decide(stage, amy, Verdict(Outcome.REJECT, "Wrote that she withdraws.", RejectionReason.WITHDREW))
    assert stage_of(stage, amy) == Stage.DECIDED


def test_without_an_interview_nobody_goes_forward(stage: Cast) -> None:
    with pytest.raises(Conflict, match="0 of 0"):
        decide(stage, stage.cato_id, ADVANCE)


def test_who_owes_a_card_does_not_decide(stage: Cast) -> None:
    amy = pitch(stage, "Amy Adams", panel=("ivo", "mara"))
    score(stage, amy, {"ivo": draft(3)})
    with pytest.raises(Forbidden, match="owe a scorecard"):
        decide(stage, amy, REJECT)


def test_against_the_order_needs_a_longer_reason(stage: Cast) -> None:
    amy, ben = scored(stage, "Amy Adams", (4, 4, 4)), scored(stage, "Ben Berg", (5, 4, 5))
    with pytest.raises(Invalid) as refusal:
        decide(stage, amy, ADVANCE)
    assert "Ben Berg higher" in refusal.value.fields["reason"]
    assert service.decisions(stage.session, amy) == []
    decide(stage, amy, Verdict(Outcome.ADVANCE, LONG))
    assert service.decisions(stage.session, amy)[0].is_against_order
    decide(stage, ben, ADVANCE)
    assert not service.decisions(stage.session, ben)[0].is_against_order


def test_a_provisional_panel_orders_nobody(stage: Cast) -> None:
    amy, ben = scored(stage, "Amy Adams", (4, 4, 4)), pitch(stage, "Ben Berg")
    score(stage, ben, {"ivo": draft(5)})
    decide(stage, amy, ADVANCE)
    assert not service.decisions(stage.session, amy)[0].is_against_order


def test_an_advance_may_become_hired_and_that_is_final(stage: Cast) -> None:
    amy = scored(stage, "Amy Adams", (4, 4, 4))
    first = decide(stage, amy, ADVANCE)
    hired = decide(stage, amy, Verdict(Outcome.HIRED, "Signed."), based_on=first)
    with pytest.raises(Conflict, match="Reopen"):
        decide(stage, amy, REJECT, based_on=hired)
    assert [row.outcome for row in service.decisions(stage.session, amy)] == ["hired", "advance"]


def test_a_decision_on_an_older_view_is_refused_and_names_the_other(stage: Cast) -> None:
    amy = scored(stage, "Amy Adams", (4, 4, 4))
    decide(stage, amy, ADVANCE)
    with pytest.raises(AlreadyDecided, match="Mara Manager decided “Advance” meanwhile, at 09:00 UTC"):
        decide(stage, amy, REJECT)


def test_of_two_decisions_at_once_one_is_stored(stage: Cast) -> None:
    amy = scored(stage, "Amy Adams", (4, 4, 4))
    engine, mara, now = stage.session.get_bind(), stage.actor("mara"), stage.clock.now()
    stage.session.rollback()
    together, outcomes = threading.Barrier(4), []

    def one() -> None:
        with Session(engine) as session:
            together.wait()
            try:
                with writing(session):
                    service.decide(session, mara, amy, ADVANCE, based_on=0, now=now)
                outcomes.append("stored")
            except AlreadyDecided:
                outcomes.append("refused")

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused", "refused", "refused", "stored"]
    assert stage.session.scalar(text("SELECT count(*) FROM decision")) == 1


def test_reopening_takes_a_decision_back_and_keeps_it(stage: Cast) -> None:
    amy = scored(stage, "Amy Adams", (4, 4, 4))
    first = decide(stage, amy, REJECT)
    with writing(stage.session) as session:
        service.reopen(session, stage.actor("mara"), amy, "Mixed up two candidates.", now=stage.clock.now())
    assert stage_of(stage, amy) == Stage.SCORED
    assert service.in_force(stage.session, [amy]) == {}
    decide(stage, amy, ADVANCE, based_on=first)
    newest, oldest = service.decisions(stage.session, amy)
    assert (newest.outcome, oldest.outcome) == ("advance", "reject")
    assert oldest.reopening is not None
    assert oldest.reopening.reason == "Mixed up two candidates."


def test_what_cannot_be_reopened(stage: Cast) -> None:
    amy = scored(stage, "Amy Adams", (4, 4, 4))
    mara, now = stage.actor("mara"), stage.clock.now()
    with writing(stage.session) as session:
        with pytest.raises(Conflict, match="No decision"):
            service.reopen(session, mara, amy, "why", now=now)
        with pytest.raises(NotFound):
            service.reopen(session, mara, 4711, "why", now=now)
    decide(stage, amy, ADVANCE)
    with writing(stage.session) as session, pytest.raises(Invalid):
        service.reopen(session, mara, amy, "", now=now)


# -- feedback ------------------------------------------------------------------------------------------------------


def test_feedback_waits_for_a_decision_and_is_released_once(stage: Cast) -> None:
    amy = scored(stage, "Amy Adams", (4, 4, 4))
    rita, now = stage.actor("rita"), stage.clock.now()
    with writing(stage.session) as session:
        service.write_feedback(session, rita, amy, "You asked well.", edition=0, now=now)
    with pytest.raises(Conflict, match="Decide first"), writing(stage.session) as session:
        service.release_feedback(session, rita, amy, "You asked very well.", edition=1, now=now)
    assert hiring.released_feedback(stage.session, amy) is None
    decide(stage, amy, ADVANCE)
    with writing(stage.session) as session:
        service.release_feedback(session, rita, amy, "You asked very well.", edition=1, now=now)
    released = hiring.released_feedback(stage.session, amy)
    assert released is not None
    assert released.text == "You asked very well."
    with pytest.raises(Conflict, match="stays as it is"), writing(stage.session) as session:
        service.write_feedback(session, rita, amy, "Something else", edition=2, now=now)
    assert [row.action for row in audit.listing(stage.session, action="feedback:")] == [
        "feedback:released",
        "feedback:written",
        "feedback:written",
    ]


def test_feedback_changed_by_another_is_not_overwritten(stage: Cast) -> None:
    amy = scored(stage, "Amy Adams", (4, 4, 4))
    now = stage.clock.now()
    with writing(stage.session) as session:
        service.write_feedback(session, stage.actor("rita"), amy, "Rita's", edition=0, now=now)
    with pytest.raises(FeedbackChanged), writing(stage.session) as session:
        service.write_feedback(session, stage.actor("mara"), amy, "Mara's", edition=0, now=now)
    written = service.feedback(stage.session, amy)
    assert written is not None
    assert written.text == "Rita's"


@pytest.mark.parametrize("wrong", ["", "x" * 8001])
def test_feedback_of_no_or_endless_length_is_refused(stage: Cast, wrong: str) -> None:
    with writing(stage.session) as session, pytest.raises(Invalid):
        service.write_feedback(session, stage.actor("rita"), stage.cleo_id, wrong, edition=0, now=stage.clock.now())


def test_taking_who_cannot_score_off_the_panel_completes_it(stage: Cast) -> None:
    amy = pitch(stage, "Amy Adams")
    score(stage, amy, {"ivo": draft(4), "ines": draft(4)})
    with writing(stage.session) as session:
        interview = session.get_one(Application, amy).interviews[0]
        seats = {stage.person_ids[one]: SeatKind.INTERVIEWER for one in ("ivo", "ines")}
        slot = hiring.Slot(stage.clock.now() - timedelta(hours=1), 30, "Room 1", seats)
        hiring.reschedule(
            session, stage.actor("mara"), session.get_one(Interview, interview.id), slot, now=stage.clock.now()
        )
    decide(stage, amy, ADVANCE)
    assert stage.session.query(Decision).count() == 1
