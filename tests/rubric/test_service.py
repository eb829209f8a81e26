"""Publishing and choosing rubrics on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from interview.access import SYSTEM
from interview.audit import AuditEvent
from interview.db import writing
from interview.errors import Invalid, NotFound
from interview.rubric import service
from interview.rubric.models import RubricVersion
from interview.rubric.service import NoRubricChosen, RubricInUse, RubricInvalid, RubricVersionTaken
from tests.support.cast import Cast

RUBRICS = Path(__file__).parents[2] / "rubrics"
SELL = (RUBRICS / "sell_me_this_product.yaml").read_bytes()


def publish(cast: Cast, data: bytes = SELL) -> RubricVersion:
    with writing(cast.session) as session:
        return service.publish(session, SYSTEM, data=data, now=cast.clock.now())


def choose(cast: Cast, version_id: int, weights: dict[str, float] | None = None) -> None:
    with writing(cast.session) as session:
        service.choose(
            session,
            cast.actor("mara"),
            job_id=cast.job_id,
            version_id=version_id,
            weights=weights,
            now=cast.clock.now(),
        )


def actions(cast: Cast) -> list[str]:
    query = select(AuditEvent.action).where(AuditEvent.action.like("rubric:%")).order_by(AuditEvent.seq)
    return list(cast.session.scalars(query))


def test_a_published_rubric_comes_back_whole(cast: Cast) -> None:
    version = publish(cast)
    rubric = service.rubric_of(service.version(cast.session, version.id))
    assert (rubric.key, rubric.version) == ("sell_me_this_product", 1)
    assert rubric.criteria[2].anchor(3).startswith("Explains in plain steps")
    assert service.latest(cast.session, "sell_me_this_product").id == version.id
    assert actions(cast) == ["rubric:published"]


def test_the_same_content_again_is_the_same_version(cast: Cast) -> None:
    first = publish(cast).id
    assert publish(cast, b"# another comment\n" + SELL).id == first
    assert len(service.versions(cast.session)) == 1
    assert actions(cast) == ["rubric:published"]


def test_other_content_needs_another_version_and_leaves_the_first_as_it_was(cast: Cast) -> None:
    first = publish(cast)
    sha = first.body_sha256
    edited = SELL.replace(b"Discovery before pitching", b"Discovery")
    with pytest.raises(RubricVersionTaken, match="version: 2"):
        publish(cast, edited)
    second = publish(cast, edited.replace(b"version: 1", b"version: 2"))
    assert [one.version for one in service.versions(cast.session)] == [2, 1]
    assert service.latest(cast.session, "sell_me_this_product").id == second.id
    assert cast.session.get_one(RubricVersion, first.id).body_sha256 == sha


def test_a_broken_file_is_refused_with_its_first_line_and_all_problems(cast: Cast) -> None:
    with pytest.raises(RubricInvalid, match=r"Line 4: .*whole number.*\(1 more\)") as refused:
        publish(cast, SELL.replace(b"version: 1", b"version: x").replace(b"language: en", b"language: E"))
    assert len(refused.value.problems) == 2
    assert service.versions(cast.session) == []


def test_a_job_scores_with_what_was_chosen_last(cast: Cast) -> None:
    with pytest.raises(NoRubricChosen, match="hiring manager"):
        service.in_force(cast.session, cast.job_id)
    version = publish(cast)
    choose(cast, version.id)
    assert len(service.in_force(cast.session, cast.job_id).attributes) == 9
    choose(cast, version.id, {"honesty": 2, "middle": 1})
    chosen = service.in_force(cast.session, cast.job_id)
    assert [one.key for one in chosen.attributes] == ["middle", "honesty"]
    assert chosen.weights == {"honesty": 2, "middle": 1}
    assert service.chosen(cast.session, cast.other_job_id) is None
    assert actions(cast) == ["rubric:published", "rubric:chosen", "rubric:chosen"]


def test_the_first_scorecard_fixes_it(cast: Cast) -> None:
    version = publish(cast)
    choose(cast, version.id)
    with writing(cast.session) as session:
        service.mark_used(session, job_id=cast.job_id, now=cast.clock.now())
    with pytest.raises(RubricInUse):
        choose(cast, version.id, {"honesty": 2})


def test_what_cannot_be_chosen(cast: Cast) -> None:
    version = publish(cast)
    with pytest.raises(Invalid, match='no attribute "charm"'):
        choose(cast, version.id, {"charm": 1})
    with pytest.raises(Invalid, match="at least one"):
        choose(cast, version.id, {})
    with pytest.raises(NotFound):
        choose(cast, version.id + 1)
    with pytest.raises(NotFound, match="rubric load"):
        service.latest(cast.session, "nothing")
