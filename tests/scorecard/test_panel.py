"""Panels after the pitch: declined, dismissed, reassigned and revised cards; split attributes; moments; employers."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from interview.access import Role
from interview.audit import AuditEvent
from interview.db import writing
from interview.debrief import service as debrief
from interview.errors import Conflict, Forbidden, Invalid, NotFound
from interview.hiring import service as hiring
from interview.hiring.rules import Stage
from interview.scorecard import service
from interview.scorecard.rules import CardState, Citation, Draft, Rating, Recommendation, WouldBuy
from interview.scorecard.service import ScorecardExcused
from tests.scorecard.stage import KEYS, WEIGHTS, full_draft, interview_of, save, submit, take_seat
from tests.support.cast import Cast

DISMISSED = "The panel counts without Iris Interviewer (dismissed)."


def excuse(cast: Cast, verb: str, name: str, *args: object, by: str = "mara", reason: str = "Was ill.") -> None:
    """Decline, dismiss, reassign or take back."""
    with writing(cast.session) as session:
        actor, interview, now = cast.actor(by), interview_of(cast), cast.clock.now()
        person_id = cast.person_ids[name]
        if verb == "decline":
            service.decline(session, cast.actor(name), interview, reason, now=now)
        elif verb == "dismiss":
            service.dismiss(session, actor, interview, person_id, reason, now=now)
        elif verb == "reassign":
            service.reassign(session, actor, interview, person_id, cast.person_ids[str(args[0])], reason, now=now)
        else:
            service.take_back(session, actor, interview, person_id, now=now)


def states(cast: Cast) -> dict[str, CardState]:
    seats = service.panel_of(cast.session, interview_of(cast), now=cast.clock.now())
    return {seat.name.split()[0].lower(): seat.state for seat in seats}


def progress(cast: Cast) -> service.Progress:
    return service.progress_of(cast.session, [cast.cleo_id], now=cast.clock.now())[cast.cleo_id]


def readable(cast: Cast, name: str) -> set[str]:
    cards = service.readable_scorecards(cast.session, cast.actor(name), interview_id=cast.interview_id)
    return {card.person_name.split()[0].lower() for card in cards}


def shown(cast: Cast, name: str = "mara") -> debrief.Debrief:
    return debrief.debrief(cast.session, cast.actor(name), cast.cleo, now=cast.clock.now())


# -- decline and dismiss -------------------------------------------------------------------------------------------


def test_the_panel_counts_without_a_dismissed_card_and_says_so(panel: Cast) -> None:
    submit(panel, "ivo")
    submit(panel, "ines")
    save(panel, "iris", full_draft(5))
    assert panel.cleo.stage == Stage.PITCHED
    excuse(panel, "dismiss", "iris")
    assert panel.cleo.stage == Stage.SCORED
    assert states(panel)["iris"] is CardState.DISMISSED
    assert progress(panel).is_complete
    assert progress(panel).without == DISMISSED
    assert not shown(panel).panel.is_provisional
    assert readable(panel, "mara") == {"ivo", "ines"}
    assert readable(panel, "iris") == {"iris"}
    assert service.tasks_for(panel.session, panel.actor("iris"), now=panel.clock.now()) == ()


def test_who_declined_writes_no_more_and_reads_nobody_elses(panel: Cast) -> None:
    save(panel, "ivo", full_draft(2))
    excuse(panel, "decline", "ivo")
    with pytest.raises(ScorecardExcused, match="declined"):
        save(panel, "ivo", full_draft(4))
    with pytest.raises(ScorecardExcused), writing(panel.session) as session:
        service.submit(session, panel.actor("ivo"), interview_of(panel), now=panel.clock.now())
    submit(panel, "ines")
    assert readable(panel, "ivo") == {"ivo"}


def test_a_declined_card_can_be_taken_back_until_another_is_in(panel: Cast) -> None:
    excuse(panel, "decline", "ivo")
    excuse(panel, "take back", "ivo", by="ivo")
    assert states(panel)["ivo"] is CardState.DUE
    excuse(panel, "decline", "ivo")
    submit(panel, "ines")
    with pytest.raises(Conflict, match="too late"):
        excuse(panel, "take back", "ivo", by="ivo")


def test_a_dismissed_interviewer_does_not_come_back_alone(panel: Cast) -> None:
    excuse(panel, "dismiss", "ivo")
    with pytest.raises(Conflict, match="hiring manager"):
        excuse(panel, "take back", "ivo", by="ivo")
    excuse(panel, "take back", "ivo")
    assert states(panel)["ivo"] is CardState.DUE


def test_a_hiring_manager_who_declines_reads_only_when_there_is_no_way_back(panel: Cast) -> None:
    take_seat(panel, "mara")
    excuse(panel, "decline", "mara")
    assert service.owes_a_card(panel.session, panel.actor("mara"), panel.cleo_id)
    submit(panel, "ivo")
    assert readable(panel, "mara") == {"ivo"}
    with pytest.raises(Conflict, match="too late"):
        excuse(panel, "take back", "mara", by="mara")
    take_seat(panel, "ivo", only=True)
    take_seat(panel, "mara")  # taken off and put on again is no way back either
    with pytest.raises(ScorecardExcused):
        save(panel, "mara", full_draft())


def test_an_excuse_needs_a_reason_a_seat_and_somebody_left(panel: Cast) -> None:
    with pytest.raises(Invalid, match="Write why"):
        excuse(panel, "dismiss", "ivo", reason=" ")
    with pytest.raises(NotFound):
        excuse(panel, "dismiss", "nils")
    excuse(panel, "dismiss", "ivo")
    with pytest.raises(Conflict, match="dismissed already"):
        excuse(panel, "dismiss", "ivo")
    excuse(panel, "decline", "ines")
    with pytest.raises(Conflict, match="Nobody would be left"):
        excuse(panel, "decline", "iris")


def test_a_submitted_card_counts_and_ones_own_is_declined(panel: Cast) -> None:
    submit(panel, "ivo")
    with pytest.raises(Conflict, match="submitted, so it counts"):
        excuse(panel, "dismiss", "ivo")
    take_seat(panel, "mara")
    with pytest.raises(Conflict, match="decline it"):
        excuse(panel, "dismiss", "mara")


def test_excuses_are_in_the_audit_trail(panel: Cast) -> None:
    excuse(panel, "decline", "ivo")
    excuse(panel, "take back", "ivo", by="ivo")
    excuse(panel, "dismiss", "ivo")
    excuse(panel, "reassign", "ines", "nils")
    ours = select(AuditEvent.action).where(AuditEvent.action.like("scorecard:%")).order_by(AuditEvent.seq)
    assert list(panel.session.scalars(ours)) == [
        "scorecard:declined",
        "scorecard:excuse-taken-back",
        "scorecard:dismissed",
        "scorecard:reassigned",
    ]


# -- reassign ------------------------------------------------------------------------------------------------------


def test_who_is_asked_instead_begins_with_an_empty_card(panel: Cast) -> None:
    save(panel, "iris", full_draft(5, takeaways="of iris"))
    excuse(panel, "reassign", "iris", "nils")
    card = service.own_card(panel.session, panel.actor("nils"), interview_of(panel))
    assert card.draft == Draft()
    assert states(panel) == {
        "ines": CardState.DUE,
        "iris": CardState.REASSIGNED,
        "ivo": CardState.DUE,
        "nils": CardState.DUE,
    }
    assert progress(panel).seat_count == 3
    assert "Iris Interviewer (reassigned to Nils Nowhere)" in progress(panel).without
    assert readable(panel, "nils") == set()


def test_a_card_goes_to_nobody_who_would_not_judge_alone(panel: Cast) -> None:
    with pytest.raises(Conflict, match="sits on this panel already"):
        excuse(panel, "reassign", "iris", "ines")
    with pytest.raises(Conflict, match="Nobody puts themselves"):
        excuse(panel, "reassign", "iris", "mara")
    submit(panel, "ivo")
    with writing(panel.session) as session:
        otto = panel.person_ids["otto"]
        job = panel.job
        hiring.join_team(session, panel.actor("mara"), job, otto, Role.HIRING_MANAGER, now=panel.clock.now())
    with pytest.raises(Conflict, match="may read scorecards"):
        excuse(panel, "reassign", "iris", "otto")
    assert states(panel)["iris"] is CardState.DUE


# -- revise --------------------------------------------------------------------------------------------------------


def revise(cast: Cast, name: str, attribute: str, value: int | None, reason: str = "Missed the second half.") -> None:
    with writing(cast.session) as session:
        service.revise(session, cast.actor(name), interview_of(cast), attribute, value, reason, now=cast.clock.now())


def all_in(cast: Cast) -> None:
    for name, value in (("ivo", 2), ("ines", 3), ("iris", 4)):
        submit(cast, name, full_draft(value))


def test_a_revision_stands_beside_the_original_and_counts(panel: Cast) -> None:
    all_in(panel)
    before = shown(panel).panel.composite.mean
    revise(panel, "ivo", "honesty", 4)
    (card,) = [one for one in shown(panel).panel.cards if one.person_name.startswith("Ivo")]
    assert card.draft.rating("honesty").value == 2
    assert [one.value for one in card.revisions_of("honesty")] == [4]
    assert card.value("honesty") == 4
    assert card.original_composite.mean == pytest.approx(2)
    assert card.composite.mean == pytest.approx((2 * 5 + 4 * 2) / 7)
    assert before == pytest.approx(3)
    assert shown(panel).panel.composite.mean == pytest.approx((3 + 4 + (2 * 5 + 4 * 2) / 7) / 3)
    assert sorted(shown(panel).panel.attribute("honesty").values) == [3, 4, 4]


def test_a_revision_waits_for_the_debrief_and_ends_with_the_decision(panel: Cast) -> None:
    with pytest.raises(Conflict, match="not submitted"):
        revise(panel, "ivo", "honesty", 4)
    submit(panel, "ivo")
    with pytest.raises(Conflict, match="after the debrief"):
        revise(panel, "ivo", "honesty", 4)
    submit(panel, "ines")
    submit(panel, "iris")
    revise(panel, "ivo", "honesty", 4)
    with writing(panel.session) as session:
        hiring.advance(session, panel.cleo, Stage.DECIDED, now=panel.clock.now())
    with pytest.raises(Conflict, match="before the decision"):
        revise(panel, "ivo", "honesty", 2)


def test_a_revision_needs_a_reason(panel: Cast) -> None:
    all_in(panel)
    with pytest.raises(Invalid, match="Write why"):
        revise(panel, "ivo", "honesty", 4, reason="")
    with pytest.raises(Invalid, match="gave already"):
        revise(panel, "ivo", "honesty", 2)


# -- attributes split across raters --------------------------------------------------------------------------------


def split(cast: Cast, **parts: tuple[str, ...]) -> None:
    with writing(cast.session) as session:
        asked = {cast.person_ids[name]: keys for name, keys in parts.items()}
        service.split(session, cast.actor("mara"), cast.job_id, asked, now=cast.clock.now())


def part_draft(keys: tuple[str, ...], value: int) -> Draft:
    ratings = {key: Rating(value=value, note="Seen.") for key in keys}
    return Draft(ratings, would_buy=WouldBuy.YES, recommendation=Recommendation.YES)


FIRST, LAST = KEYS[:3], KEYS[3:]  # weights 3 and 4


def test_what_a_rater_is_not_asked_for_is_not_missing_and_not_unobserved(panel: Cast) -> None:
    split(panel, ivo=FIRST, ines=LAST, iris=KEYS)
    card = service.own_card(panel.session, panel.actor("ivo"), interview_of(panel))
    assert card.keys == FIRST
    submit(panel, "ivo", part_draft(FIRST, 5))
    submit(panel, "ines", part_draft(LAST, 1))
    (ivo, ines) = [
        one
        for one in service.readable_scorecards(panel.session, panel.actor("mara"), interview_id=panel.interview_id)
        if one.submitted_at
    ][::-1]
    assert (ivo.composite.mean, ivo.composite.observed_share) == (5, 1)
    assert (ines.composite.mean, ines.composite.observed_share) == (1, 1)
    found = shown(panel)
    assert [row.attribute.key for row in found.rows] == list(KEYS)
    assert all(row.spread.count == len(row.spread.dots) == 1 for row in found.rows)
    # 3 parts of weight are rated 5 and 4 are rated 1: the mean of the two raters would say 3.
    assert found.panel.composite.mean == pytest.approx((3 * 5 + 4 * 1) / sum(WEIGHTS.values()))
    assert found.panel.composite.is_disagreement is False


def test_an_attribute_outside_the_part_is_refused(panel: Cast) -> None:
    split(panel, ivo=FIRST)
    with pytest.raises(Invalid, match='no attribute "demo"'):
        save(panel, "ivo", Draft({"demo": Rating(value=3)}))


def test_a_begun_card_keeps_its_part_and_a_new_interview_takes_the_plans(panel: Cast) -> None:
    save(panel, "ivo", Draft())
    split(panel, ivo=FIRST, ines=LAST, iris=KEYS)
    assert service.own_card(panel.session, panel.actor("ivo"), interview_of(panel)).keys == KEYS
    assert service.own_card(panel.session, panel.actor("ines"), interview_of(panel)).keys == LAST
    seats = {one.person_id: one.kind for one in interview_of(panel).seats}
    with writing(panel.session) as session:
        slot = hiring.Slot(panel.clock.now(), 30, "", seats)  # type: ignore[arg-type]
        made = hiring.schedule(session, panel.actor("mara"), panel.cato, slot, now=panel.clock.now())
        assert {one.part for one in made.seats} == {" ".join(FIRST), " ".join(LAST), ""}


def test_a_reassigned_card_asks_for_the_same_part(panel: Cast) -> None:
    split(panel, iris=LAST)
    excuse(panel, "reassign", "iris", "nils")
    assert service.own_card(panel.session, panel.actor("nils"), interview_of(panel)).keys == LAST
    split(panel, iris=FIRST)
    assert service.own_card(panel.session, panel.actor("nils"), interview_of(panel)).keys == LAST


def test_nobody_is_asked_for_nothing(panel: Cast) -> None:
    with pytest.raises(Invalid, match="at least one attribute"):
        split(panel, ivo=())


def test_the_plans_panel_can_change_without_losing_the_split(panel: Cast) -> None:
    split(panel, ivo=FIRST)
    with writing(panel.session) as session:
        step = hiring.plan_step(session, panel.job_id)
        seats = {seat.person_id: seat.kind for seat in hiring.plan_seats(session, step)}
        hiring.plan_panel(session, panel.actor("mara"), step, seats, now=panel.clock.now())
    assert service.split_of(panel.session, panel.job_id)[panel.person_ids["ivo"]] == FIRST


# -- a moment of the recording -------------------------------------------------------------------------------------


def test_a_moment_of_the_recording_is_evidence(panel: Cast, segments: list[int]) -> None:
    cited = (Citation(segment_id=segments[1]), Citation(start_ms=192_000), Citation(start_ms=61_000))
    save(panel, "ivo", Draft({"honesty": Rating(value=5, citations=cited)}))
    card = service.own_card(panel.session, panel.actor("ivo"), interview_of(panel))
    assert not card.draft.rating("honesty").evidence_missing
    assert [(one.segment_id, one.start_ms) for one in card.draft.rating("honesty").citations] == [
        (segments[1], 192_000),
        (None, 192_000),
        (None, 61_000),
    ]
    save(panel, "ivo", Draft({"honesty": Rating(value=5, citations=cited[2:])}))
    card = service.own_card(panel.session, panel.actor("ivo"), interview_of(panel))
    assert [one.start_ms for one in card.draft.rating("honesty").citations] == [61_000]


# -- earlier employers ---------------------------------------------------------------------------------------------


def employers(cast: Cast, name: str) -> str | None:
    return service.employers_of(cast.session, cast.actor(name), cast.cleo)


def test_raters_see_employers_after_their_own_card(panel: Cast) -> None:
    take_seat(panel, "mara")
    with writing(panel.session) as session:
        service.note_employers(session, panel.actor("rita"), panel.cleo, "Acme, Initech", now=panel.clock.now())
    seen = {name: employers(panel, name) for name in ("rita", "mara", "ivo", "ada", "otto", "cleo")}
    assert seen == {"rita": "Acme, Initech", "mara": None, "ivo": None, "ada": None, "otto": None, "cleo": None}
    with pytest.raises(Forbidden), writing(panel.session) as session:
        service.note_employers(session, panel.actor("mara"), panel.cleo, "", now=panel.clock.now())
    submit(panel, "mara")
    submit(panel, "ivo")
    assert employers(panel, "mara") == employers(panel, "ivo") == "Acme, Initech"


def test_employers_that_are_too_long_are_refused(panel: Cast) -> None:
    with pytest.raises(Invalid, match="Shorten"), writing(panel.session) as session:
        service.note_employers(session, panel.actor("rita"), panel.cleo, "x" * 2001, now=panel.clock.now())
