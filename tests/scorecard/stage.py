"""What the scorecard tests stand on: a published rubric on the cast's job, its pitch's transcript, filled-in drafts."""

from __future__ import annotations

from pathlib import Path

from interview.access import SYSTEM
from interview.db import writing
from interview.hiring import service as hiring
from interview.hiring.models import Interview
from interview.hiring.rules import SeatKind
from interview.rubric import service as rubric
from interview.scorecard import service
from interview.scorecard.rules import Draft, Rating, Recommendation, WouldBuy
from interview.transcript import service as transcript
from tests.support.cast import Cast

RUBRIC = Path(__file__).parents[2] / "rubrics" / "sell_me_this_product.yaml"
WEIGHTS = {"discovery": 1.0, "problem": 1.0, "middle": 1.0, "demo": 1.0, "value": 1.0, "honesty": 2.0}
KEYS = tuple(WEIGHTS)
PITCH = b"""WEBVTT

00:00:01.000 --> 00:00:05.000
<v Cleo>What happens today when a customer calls twice?

00:03:12.000 --> 00:03:20.000
<v Cleo>That does not exist today, and I would not guess a date.
"""


def choose_rubric(cast: Cast) -> None:
    """Publish the rubric and let Mara choose six of its attributes for her job."""
    with writing(cast.session) as session:
        version = rubric.publish(session, SYSTEM, data=RUBRIC.read_bytes(), now=cast.clock.now())
        rubric.choose(
            session,
            cast.actor("mara"),
            job_id=cast.job_id,
            version_id=version.id,
            weights=WEIGHTS,
            now=cast.clock.now(),
        )


def bring_transcript(cast: Cast, data: bytes = PITCH) -> list[int]:
    """Upload the pitch's transcript; returns the ids of its segments."""
    received = transcript.receive("pitch.vtt", data, files=cast.app.extensions["pitchproof"].files)
    with writing(cast.session) as session:
        transcript.add(session, cast.actor("mara"), interview_of(cast), received, now=cast.clock.now())
    return [segment.id for segment in transcript.segments_of(cast.session, cast.interview_id)]


def interview_of(cast: Cast) -> Interview:
    return cast.session.get_one(Interview, cast.interview_id)


def full_draft(value: int = 3, *, note: str = "", takeaways: str = "") -> Draft:
    """A draft that can be submitted."""
    return Draft(
        {key: Rating(value=value, note=note or f"Said and showed it: {key}.") for key in KEYS},
        would_buy=WouldBuy.YES if value > 3 else WouldBuy.NO,
        recommendation=Recommendation.YES if value > 3 else Recommendation.NO,
        takeaways=takeaways,
    )


def save(cast: Cast, name: str, draft: Draft) -> service.OwnCard:
    with writing(cast.session) as session:
        interview = interview_of(cast)
        edition = service.own_card(session, cast.actor(name), interview).edition
        return service.save(session, cast.actor(name), interview, draft, edition=edition, now=cast.clock.now())


def submit(cast: Cast, name: str, draft: Draft | None = None) -> None:
    save(cast, name, draft or full_draft())
    with writing(cast.session) as session:
        service.submit(session, cast.actor(name), interview_of(cast), now=cast.clock.now())


def take_seat(cast: Cast, name: str, *, only: bool = False) -> None:
    """Put somebody on the panel of Cleo's interview; `only`, instead of all others."""
    interview = interview_of(cast)
    people_on_it = {} if only else {one.person_id: SeatKind(one.kind) for one in interview.seats}
    people_on_it[cast.person_ids[name]] = SeatKind.HEAD_OF_PRODUCT
    slot = hiring.Slot(interview.starts_at, 30, interview.place, people_on_it)
    with writing(cast.session) as session:
        hiring.reschedule(session, cast.actor("rita"), interview_of(cast), slot, now=cast.clock.now())
