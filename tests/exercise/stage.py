"""What the exercise tests stand on: the feature budget on the cast's job, rankings, and a panel that rates."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from interview.access import SYSTEM
from interview.db import writing
from interview.exercise import service
from interview.exercise.rules.force_rank import FINAL, FIRST, Answer, FeatureRequest, Figures, RequestSet
from interview.exercise.service import Saving, Standing
from interview.rubric import service as rubric
from interview.scorecard import service as scorecards
from interview.scorecard.rules import Draft, Rating, Recommendation, WouldBuy
from tests.scorecard import stage
from tests.support.cast import Cast

RUBRICS = Path(__file__).parents[2] / "rubrics"
# At the start the best choice is a + b (50 for 10 points); half way c is worth more and d appears: then c + d (90).
REQUESTS = RequestSet(
    budget=10,
    minutes=20,
    news="The customer behind Cut gave notice, and Dash is new.",
    requests=(
        FeatureRequest("a", "Aim", "Asked for once.", Figures(customers=9, revenue=20, churn=10, effort=5)),
        FeatureRequest("b", "Bow", "", Figures(customers=2, revenue=0, churn=20, effort=5)),
        FeatureRequest("c", "Cut", "", Figures(1, 10, 0, 5), Figures(1, 10, 40, 5)),
        FeatureRequest("d", "Dash", "", None, Figures(3, 40, 0, 5)),
    ),
)


def choose(cast: Cast, key: str = "feature_budget") -> None:
    """Publish a shipped rubric and let Mara choose it for her job."""
    with writing(cast.session) as session:
        data = (RUBRICS / f"{key}.yaml").read_bytes()
        version = rubric.publish(session, SYSTEM, data=data, now=cast.clock.now())
        mara = cast.actor("mara")
        rubric.choose(session, mara, job_id=cast.job_id, version_id=version.id, now=cast.clock.now())


def write(cast: Cast, requests: RequestSet = REQUESTS) -> None:
    with writing(cast.session) as session:
        service.write_requests(session, cast.actor("mara"), cast.job_id, requests, now=cast.clock.now())


def begin(cast: Cast) -> None:
    with writing(cast.session) as session:
        service.start(session, cast.actor("cleo"), cast.cleo, now=cast.clock.now())


def standing(cast: Cast) -> Standing:
    cast.session.rollback()
    found = service.standing(cast.session, cast.cleo_id, now=cast.clock.now())
    assert found is not None
    return found


def answer(order: str, chosen: str, **reasons: str) -> Answer:
    return Answer(tuple(order), frozenset(chosen), reasons)


def save(cast: Cast, said: Answer, *, edition: int | None = None, keys: tuple[str, ...] = ()) -> Standing:
    edition = standing(cast).edition if edition is None else edition
    with writing(cast.session) as session:
        return service.save(session, cast.cleo, said, Saving(edition, keys), now=cast.clock.now())


def hand_in(cast: Cast, number: int, said: Answer) -> None:
    save(cast, said)
    with writing(cast.session) as session:
        service.hand_in(session, cast.actor("cleo"), cast.cleo, number, now=cast.clock.now())


def rank_to_the_end(cast: Cast) -> None:
    """Let Cleo hand in both rankings: a and b, then a and d in the order dabc."""
    begin(cast)
    cast.clock.forward(minutes=8)
    hand_in(cast, FIRST, answer("abc", "ab", a="Pays at once"))
    cast.clock.forward(minutes=5)
    hand_in(cast, FINAL, answer("dabc", "ad", a="Pays at once", d="New <b>and</b> cheap"))


def rate(cast: Cast, name: str) -> None:
    """Let a member of the panel rate everything and submit."""
    card = scorecards.own_card(cast.session, cast.actor(name), cast.interview)
    ratings = {key: Rating(value=3) for key in card.keys}
    stage.submit(cast, name, Draft(ratings, WouldBuy.YES, Recommendation.YES))


def outcome(cast: Cast) -> service.Outcome:
    return service.outcome(cast.session, cast.cleo, standing(cast), now=cast.clock.now())


def without_news() -> RequestSet:
    return replace(REQUESTS, news="", requests=tuple(replace(one, later=None) for one in REQUESTS.requests[:3]))
