"""What the debrief tests stand on: pitched candidates with submitted cards."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from interview.access import SYSTEM
from interview.db import writing
from interview.hiring import service as hiring
from interview.hiring.models import Application, Interview
from interview.hiring.rules import SeatKind
from interview.scorecard import service as scorecard
from interview.scorecard.rules import Draft, Rating, Recommendation, WouldBuy
from tests.scorecard.stage import KEYS
from tests.support.cast import Cast

PANEL = ("ivo", "ines", "iris")


def draft(point: int, /, **others: int | None) -> Draft:
    """A draft with this point everywhere but where `others` says; None is Not observed."""
    ratings = {}
    for key in KEYS:
        given = others.get(key, point)
        note = f"Heard on {key}."
        ratings[key] = Rating(not_observed=True, note=note) if given is None else Rating(value=given, note=note)
    buys = WouldBuy.YES if point > 3 else WouldBuy.NO
    return Draft(ratings, would_buy=buys, recommendation=Recommendation.YES if point > 3 else Recommendation.NO)


def pitch(cast: Cast, name: str, panel: tuple[str, ...] = PANEL, *, hours_ago: int = 1) -> int:
    """Add a candidate to Mara's job whose pitch is over; returns the application's id."""
    now = cast.clock.now()
    with writing(cast.session) as session:
        job = cast.job
        email = f"{name.split()[0].lower()}@example.net"
        application, _ = hiring.add_candidate(session, SYSTEM, job, name=name, email=email, now=now)
        seats = {cast.person_ids[one]: SeatKind.INTERVIEWER for one in panel}
        slot = hiring.Slot(starts_at=now - timedelta(hours=hours_ago), minutes=30, place="Room 1", panel=seats)
        hiring.schedule(session, cast.actor("mara"), application, slot, now=now)
        return application.id


def score(cast: Cast, application_id: int, cards: Mapping[str, Draft]) -> None:
    """Submit cards by interviewer."""
    for name, said in cards.items():
        with writing(cast.session) as session:
            interview = session.get_one(Application, application_id).interviews[0]
            scorecard.save(session, cast.actor(name), interview, said, edition=0, now=cast.clock.now())
        with writing(cast.session) as session:
            found = session.get_one(Interview, interview.id)
            scorecard.submit(session, cast.actor(name), found, now=cast.clock.now())


def scored(cast: Cast, name: str, values: tuple[int, int, int]) -> int:
    """Add a pitched candidate whose three cards are in, each with one value throughout."""
    application_id = pitch(cast, name)
    score(cast, application_id, {one: draft(value) for one, value in zip(PANEL, values, strict=True)})
    return application_id
