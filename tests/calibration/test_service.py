"""Samples, rounds and who is calibrated, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import event, select

from interview.access import Role
from interview.audit import AuditEvent
from interview.calibration import service
from interview.calibration.rules import SampleText, Standing
from interview.db import writing
from interview.debrief import service as debrief
from interview.errors import Conflict, Forbidden, Invalid, NotFound
from interview.hiring import service as hiring
from interview.rubric.service import NoRubricChosen
from interview.scorecard.rules import Citation, Draft, Rating
from interview.scorecard.service import ScorecardAlreadySubmitted, ScorecardChangedElsewhere, ScorecardIncomplete
from tests.calibration.stage import (
    EXPERTS,
    add_sample,
    begin,
    card,
    more_raters,
    own,
    rate,
    rated,
    tasks,
    whole_round,
    withdraw,
)
from tests.scorecard import stage as scoring
from tests.scorecard.stage import PITCH
from tests.support.cast import Cast


def gold_for(cast: Cast, card_id: int) -> service.Sheet | None:
    return service.gold_for(cast.session, cast.actor("ivo"), card(cast, card_id))


def result(cast: Cast, round_id: int, name: str = "ivo") -> service.Result:
    cast.session.rollback()
    return service.result(cast.session, cast.actor(name), round_id)


def queries(cast: Cast, ask: Callable[[], object]) -> int:
    cast.session.rollback()
    cast.session.expire_all()
    count = 0

    def counted(*_: object) -> None:
        nonlocal count
        count += 1

    engine = cast.session.get_bind()
    event.listen(engine, "before_cursor_execute", counted)
    ask()
    event.remove(engine, "before_cursor_execute", counted)
    return count


# -- samples -------------------------------------------------------------------------------------------------------


def test_a_sample_needs_a_rubric_two_experts_and_words(cast: Cast) -> None:
    with pytest.raises(NoRubricChosen):
        add_sample(cast)
    scoring.choose_rubric(cast)
    for text, data in (
        (SampleText("T", "One Alone"), PITCH),
        (SampleText("", EXPERTS), PITCH),
        (SampleText("T", EXPERTS), b""),
    ):
        with pytest.raises(Invalid), writing(cast.session) as db:
            service.add_sample(db, cast.actor("mara"), cast.job, text, data, now=cast.clock.now())
    assert service.samples(cast.session, cast.job_id) == []


def test_a_sample_opens_with_complete_gold_which_is_locked_then(ready: Cast) -> None:
    sample_id = add_sample(ready)
    assert tasks(ready) == []
    bare = service.gold(ready.session, ready.actor("mara"), sample_id)
    with pytest.raises(ScorecardIncomplete) as refused:
        service.submit(ready.session, ready.actor("mara"), bare, now=ready.clock.now())
    assert len(refused.value.sentences) == 6
    with writing(ready.session) as db:
        sheet = service.save(
            db, service.gold(db, ready.actor("mara"), sample_id), rated(), edition=0, now=ready.clock.now()
        )
        service.submit(db, ready.actor("mara"), sheet, now=ready.clock.now())
    assert tasks(ready) == ["never"]
    with pytest.raises(ScorecardAlreadySubmitted), writing(ready.session) as db:
        service.save(db, service.gold(db, ready.actor("mara"), sample_id), rated(2), edition=1, now=ready.clock.now())


def test_saves_keep_citations_are_stored_once_and_never_overwrite(ready: Cast) -> None:
    add_sample(ready, gold=rated())
    card_id = begin(ready)

    def save(draft: Draft, edition: int, *keys: str) -> service.Sheet:
        with writing(ready.session) as db:
            sheet = service.own_card(db, ready.actor("ivo"), card_id)
            return service.save(db, sheet, draft, edition=edition, save_keys=keys, now=ready.clock.now())

    cited = Draft({"middle": Rating(4, note="Plain.", citations=(Citation(segment_id=2), Citation(segment_id=99)))})
    assert save(cited, 0, "k1").edition == 1
    assert save(cited, 0, "k1").edition == 1
    found = card(ready, card_id).draft.rating("middle")
    assert found.citations == (Citation("That does not exist today, and I would not guess a date.", 2, 192_000),)
    assert save(rated(2), 0, "k2", "k1").edition == 2  # builds on the save whose answer never came
    with pytest.raises(ScorecardChangedElsewhere):
        save(rated(5), 0)
    with pytest.raises(Invalid):
        save(Draft({"charm": Rating(5)}), 2)
    assert card(ready, card_id).draft.rating("middle").value == 2


# -- rounds --------------------------------------------------------------------------------------------------------


def test_gold_opens_with_the_own_card_and_closes_with_a_new_round(ready: Cast) -> None:
    add_sample(ready, gold=rated(4))
    card_id = begin(ready)
    assert gold_for(ready, card_id) is None
    rate(ready, card_id)
    opened = gold_for(ready, card_id)
    assert opened is not None
    assert opened.draft.rating("middle").value == 4
    round_id = card(ready, card_id).card.round_id or 0
    assert len(result(ready, round_id).findings) == 6
    again = begin(ready)
    assert again != card_id
    assert gold_for(ready, card_id) is None
    with pytest.raises(Forbidden):
        result(ready, round_id)
    rate(ready, again)
    assert gold_for(ready, card_id) is not None
    assert len(result(ready, round_id).findings) == 6


def test_another_raters_submission_opens_nothing(ready: Cast) -> None:
    add_sample(ready, gold=rated(4))
    card_id = begin(ready)
    whole_round(ready, name="ines")
    assert gold_for(ready, card_id) is None


def test_the_warm_up_comes_first_and_counts_nowhere(ready: Cast) -> None:
    add_sample(ready, "Counted", gold=rated(3, demo=None))
    add_sample(ready, "Warm-up", gold=rated(5), warm_up=True)
    first = begin(ready)
    assert card(ready, first).sample.title == "Warm-up"
    rate(ready, first, rated(1))
    assert own(ready).standing is Standing.NEVER
    rate(ready, begin(ready), rated(4))
    found = result(ready, own(ready).finished[0][0])
    assert found.sample_count == 1
    assert [one.distance for one in found.findings] == [1, 1, 1, None, 1, 1]
    assert own(ready).standing is Standing.CALIBRATED


def test_a_warm_up_alone_makes_no_round(ready: Cast) -> None:
    add_sample(ready, gold=rated(), warm_up=True)
    assert tasks(ready) == []
    with pytest.raises(Conflict):
        begin(ready)


def test_a_round_under_way_is_gone_on_with(ready: Cast) -> None:
    add_sample(ready, "One", gold=rated())
    add_sample(ready, "Two", gold=rated())
    first = begin(ready)
    assert begin(ready) == first
    rate(ready, first)
    second = begin(ready)
    assert card(ready, second).card.round_id == card(ready, first).card.round_id
    with pytest.raises(Forbidden):
        result(ready, card(ready, first).card.round_id or 0)


def test_whoever_keeps_the_samples_does_no_round_and_no_rater_reads_gold_by_its_page(ready: Cast) -> None:
    sample_id = add_sample(ready, gold=rated())
    with pytest.raises(Forbidden):
        begin(ready, "mara")
    with pytest.raises(Forbidden):
        service.gold(ready.session, ready.actor("ivo"), sample_id)


def test_cards_and_results_are_ones_own_alone(ready: Cast) -> None:
    add_sample(ready, gold=rated())
    round_id = whole_round(ready)
    card_id = service._rounds(ready.session, [ready.job_id], [ready.person_ids["ivo"]])[0].cards[0].id
    for name in ("ines", "mara", "ada"):
        with pytest.raises(NotFound):
            card(ready, card_id, name)
        with pytest.raises(NotFound):
            result(ready, round_id, name)


def test_a_withdrawn_sample_leaves_rounds_and_results(ready: Cast) -> None:
    bad, good = add_sample(ready, "Bad", gold=rated()), add_sample(ready, "Good", gold=rated())
    round_id = whole_round(ready)
    withdraw(ready, bad)
    assert result(ready, round_id).sample_count == 1
    withdraw(ready, good)
    assert own(ready).standing is Standing.NEVER
    with pytest.raises(Conflict):
        withdraw(ready, good)


# -- who is calibrated ---------------------------------------------------------------------------------------------


def test_a_task_until_the_round_is_done_and_again_after_ninety_days(ready: Cast) -> None:
    add_sample(ready, gold=rated())
    assert tasks(ready) == ["never"]
    assert tasks(ready, "nils") == tasks(ready, "mara") == tasks(ready, "rita") == []
    whole_round(ready)
    assert tasks(ready) == []
    ready.clock.forward(days=89)
    assert tasks(ready) == []
    ready.clock.forward(days=1)
    assert tasks(ready) == ["expired"]
    with writing(ready.session) as db:
        hiring.close_job(db, ready.actor("mara"), hiring.job(db, ready.job_id), now=ready.clock.now())
    assert tasks(ready) == []


def test_a_member_of_the_team_is_asked_before_any_panel(ready: Cast) -> None:
    add_sample(ready, gold=rated())
    with writing(ready.session) as db:
        nils = ready.person_ids["nils"]
        hiring.join_team(db, ready.actor("mara"), ready.job, nils, Role.INTERVIEWER, now=ready.clock.now())
    assert tasks(ready, "nils") == ["never"]
    names = [one.name for one in service.raters(ready.session, ready.job_id, now=ready.clock.now())]
    assert names == ["Ines Interviewer", "Iris Interviewer", "Ivo Interviewer", "Nils Nowhere"]


def test_the_flag_looks_at_the_instant_of_the_rating(ready: Cast) -> None:
    ivo, ines = ready.person_ids["ivo"], ready.person_ids["ines"]
    before = ready.clock.now()
    assert service.uncalibrated(ready.session, ready.job_id, [(ivo, before)]) == set()  # no samples, no flag
    add_sample(ready, gold=rated())
    ready.clock.forward(days=1)
    whole_round(ready)
    at = ready.clock.now()
    mara = ready.person_ids["mara"]
    assert service.uncalibrated(ready.session, ready.job_id, [(ivo, at), (ines, at), (mara, at)]) == {(ines, at)}
    assert service.uncalibrated(ready.session, ready.job_id, [(ivo, before)]) == {(ivo, before)}
    late = at + timedelta(days=90)
    assert service.uncalibrated(ready.session, ready.job_id, [(ivo, at), (ivo, late)]) == {(ivo, late)}


def test_more_raters_and_samples_cost_no_more_queries(ready: Cast) -> None:
    add_sample(ready, "One", gold=rated())
    whole_round(ready)
    now, mara, ivo = ready.clock.now(), ready.actor("mara"), ready.actor("ivo")
    asks: list[Callable[[], object]] = [
        lambda: service.raters(ready.session, ready.job_id, now=now),
        lambda: service.samples(ready.session, ready.job_id),
        lambda: service.tasks_for(ready.session, ivo, now=now),
        lambda: service.own(ready.session, ivo, ready.job_id, now=now),
        lambda: debrief.debrief(ready.session, mara, ready.cleo, now=now),
    ]
    before = [queries(ready, ask) for ask in asks]
    for number in range(4):
        add_sample(ready, f"More {number}", gold=rated())
    more_raters(ready, 5)
    whole_round(ready)
    assert [queries(ready, ask) for ask in asks] == before


def test_the_audit_trail_tells_it(ready: Cast) -> None:
    sample_id = add_sample(ready, gold=rated())
    whole_round(ready)
    withdraw(ready, sample_id)
    said = ready.session.scalars(select(AuditEvent.action).order_by(AuditEvent.seq)).all()
    assert [one for one in said if one.startswith("calibration:")] == [
        "calibration:sample-added",
        "calibration:sample-opened",
        "calibration:round-begun",
        "calibration:card-submitted",
        "calibration:sample-withdrawn",
    ]
