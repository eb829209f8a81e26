"""Use cases of hiring on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from interview.access import Role
from interview.db import writing
from interview.errors import Conflict, Gone, Invalid
from interview.hiring import service
from interview.hiring.rules import SeatKind, Stage
from tests.support.cast import Cast


def test_an_import_is_whole_or_nothing(cast: Cast) -> None:
    before = service.stage_counts(cast.session, [cast.job_id])
    content = b"name,email\nNew One,new@example.org\nBad,bad\n"
    with pytest.raises(Invalid, match="Line 3 has no usable"), writing(cast.session):
        service.import_candidates(cast.session, cast.actor("rita"), cast.job, content, now=cast.clock.now())
    assert service.stage_counts(cast.session, [cast.job_id]) == before


def test_an_import_reports_who_is_there_already(cast: Cast) -> None:
    content = b"name,email\nNew One,new@example.org\nCleo,CLEO@example.com\n"
    with writing(cast.session):
        report = service.import_candidates(cast.session, cast.actor("rita"), cast.job, content, now=cast.clock.now())
    assert report.added_count == 1
    assert report.known == ("Line 3: CLEO@example.com is on this job already.",)


def test_a_personal_link_works_until_it_expires_or_is_stopped(cast: Cast) -> None:
    token = cast.links["cleo"]
    with writing(cast.session):
        own = service.start_candidate_session(cast.session, token, now=cast.clock.now())
    actor = service.candidate_actor(cast.session, own, now=cast.clock.now())
    assert actor is not None
    assert (actor.application_id, actor.role) == (cast.cleo_id, Role.CANDIDATE)
    with writing(cast.session):
        service.revoke_links(cast.session, cast.actor("rita"), cast.cleo, now=cast.clock.now())
    assert service.candidate_actor(cast.session, own, now=cast.clock.now()) is None
    with pytest.raises(Gone):
        service.open_link(cast.session, token, now=cast.clock.now())
    with pytest.raises(Gone):
        service.open_link(cast.session, cast.links["cato"], now=cast.clock.now() + timedelta(days=14))


def test_opening_a_link_moves_the_application_on_and_nothing_moves_it_back(cast: Cast) -> None:
    with writing(cast.session):
        service.start_candidate_session(cast.session, cast.links["cleo"], now=cast.clock.now())
    assert cast.cleo.stage == Stage.PREPARING
    with writing(cast.session):
        service.advance(cast.session, cast.cleo, Stage.PITCHED, now=cast.clock.now())
        service.advance(cast.session, cast.cleo, Stage.READY, now=cast.clock.now())
    assert cast.cleo.stage == Stage.PITCHED


def test_a_closed_job_takes_nobody(cast: Cast) -> None:
    with writing(cast.session):
        service.close_job(cast.session, cast.actor("mara"), cast.job, now=cast.clock.now())
    with pytest.raises(Conflict, match="closed"), writing(cast.session):
        service.add_candidate(
            cast.session, cast.actor("rita"), cast.job, name="L", email="late@example.org", now=cast.clock.now()
        )


def test_rescheduling_keeps_the_seats_that_stay(cast: Cast) -> None:
    ivo, nils = cast.person_ids["ivo"], cast.person_ids["nils"]
    start = cast.clock.now() + timedelta(days=5)
    slot = service.Slot(starts_at=start, minutes=45, place="", panel={ivo: SeatKind.BUYER, nils: SeatKind.INTERVIEWER})
    with writing(cast.session):
        service.reschedule(cast.session, cast.actor("rita"), cast.interview, slot, now=cast.clock.now())
    assert {seat.person_id: seat.kind for seat in cast.interview.seats} == {ivo: "buyer", nils: "interviewer"}
    assert cast.interview.due_at == start + timedelta(minutes=45, hours=24)


def test_nobody_changes_their_own_seat_once_the_pitch_has_begun(cast: Cast) -> None:
    mara, ivo = cast.person_ids["mara"], cast.person_ids["ivo"]

    def seat(actor: str, *people: int) -> None:
        panel = dict.fromkeys(people, SeatKind.INTERVIEWER)
        slot = service.Slot(starts_at=cast.interview.starts_at, minutes=30, place="", panel=panel)
        with writing(cast.session):
            service.reschedule(cast.session, cast.actor(actor), cast.interview, slot, now=cast.clock.now())

    seat("mara", ivo, mara)  # before the pitch she may
    cast.clock.forward(days=3)
    with pytest.raises(Conflict, match="takes themselves off"):
        seat("mara", ivo)
    seat("rita", ivo)  # somebody else may
    with pytest.raises(Conflict, match="puts themselves on"):
        seat("mara", ivo, mara)


def test_a_panel_needs_people_with_open_accounts(cast: Cast) -> None:
    start = cast.clock.now()
    for panel in ({}, {9999: SeatKind.INTERVIEWER}):
        slot = service.Slot(starts_at=start, minutes=30, place="", panel=panel)
        with pytest.raises(Invalid), writing(cast.session):
            service.schedule(cast.session, cast.actor("rita"), cast.cato, slot, now=start)


def test_the_last_hiring_manager_stays(cast: Cast) -> None:
    with pytest.raises(Conflict, match="needs a hiring manager"), writing(cast.session):
        service.leave_team(cast.session, cast.actor("mara"), cast.job, cast.person_ids["mara"], now=cast.clock.now())
