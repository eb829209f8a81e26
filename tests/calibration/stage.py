"""What the calibration tests stand on: samples with gold ratings on the cast's job, rounds done in one go."""

from __future__ import annotations

import random
from collections.abc import Mapping

from interview.calibration import service
from interview.calibration.rules import SampleText
from interview.calibration.service import Sheet
from interview.db import writing
from interview.hiring.rules import SeatKind
from interview.scorecard.rules import Draft, Rating
from tests.scorecard.stage import KEYS, PITCH
from tests.support.cast import Cast

CANARY = "Because the experts heard a heron"
EXPERTS = "Xenia Expert\nYuri Expert"


def rated(value: int = 3, note: str = "Said it.", **other: int | None) -> Draft:
    """A whole draft: one value everywhere but where an attribute is named; None is not observed."""
    values: Mapping[str, int | None] = dict.fromkeys(KEYS, value) | other
    return Draft({key: Rating(one, one is None, note) for key, one in values.items()})


def add_sample(cast: Cast, title: str = "The shy seller", *, gold: Draft | None = None, warm_up: bool = False) -> int:
    """Add a sample; with gold ratings it is opened too."""
    with writing(cast.session) as db:
        text = SampleText(title, EXPERTS, warm_up)
        added = service.add_sample(db, cast.actor("mara"), cast.job, text, PITCH, now=cast.clock.now())
        if gold is not None:
            sheet = service.gold(db, cast.actor("mara"), added.id)
            saved = service.save(db, sheet, gold, edition=0, now=cast.clock.now())
            service.submit(db, cast.actor("mara"), saved, now=cast.clock.now())
        return added.id


def withdraw(cast: Cast, sample_id: int) -> None:
    with writing(cast.session) as db:
        service.withdraw(db, cast.actor("mara"), service.sample(db, sample_id), now=cast.clock.now())


def begin(cast: Cast, name: str = "ivo") -> int:
    """Begin a round or go on with it; returns the id of the card to fill in."""
    with writing(cast.session) as db:
        chance = random.Random(7)
        return service.begin(db, cast.actor(name), cast.job, chance=chance, now=cast.clock.now()).id


def card(cast: Cast, card_id: int, name: str = "ivo") -> Sheet:
    cast.session.rollback()
    return service.own_card(cast.session, cast.actor(name), card_id)


def rate(cast: Cast, card_id: int, draft: Draft | None = None, name: str = "ivo") -> None:
    """Fill in a card and submit it."""
    with writing(cast.session) as db:
        sheet = service.own_card(db, cast.actor(name), card_id)
        saved = service.save(db, sheet, draft or rated(), edition=sheet.edition, now=cast.clock.now())
        service.submit(db, cast.actor(name), saved, now=cast.clock.now())


def own(cast: Cast, name: str = "ivo") -> service.Own:
    cast.session.rollback()
    return service.own(cast.session, cast.actor(name), cast.job_id, now=cast.clock.now())


def whole_round(cast: Cast, draft: Draft | None = None, name: str = "ivo") -> int:
    """Do a round over every open sample; returns its id."""
    next_id: int | None = begin(cast, name)
    round_id = 0
    while next_id is not None:
        round_id = card(cast, next_id, name).card.round_id or 0
        rate(cast, next_id, draft, name)
        next_id = own(cast, name).next_card_id
    return round_id


def tasks(cast: Cast, name: str = "ivo") -> list[str]:
    """The standings of the actor's tasks."""
    cast.session.rollback()
    return [one.standing.value for one in service.tasks_for(cast.session, cast.actor(name), now=cast.clock.now())]


def more_raters(cast: Cast, count: int) -> None:
    """Put people on the panel of Cleo's interview."""
    from interview.access import SYSTEM, Role
    from interview.hiring.models import Seat
    from interview.people import service as people

    with writing(cast.session) as db:
        for number in range(count):
            name = f"Extra {number}"
            address = f"extra{number}@example.org"
            at = cast.clock.now()
            person = people.add_person(db, SYSTEM, email=address, name=name, role=Role.INTERVIEWER, now=at)
            db.add(Seat(interview_id=cast.interview_id, person_id=person.id, kind=SeatKind.INTERVIEWER))
