"""Publishing and choosing rubrics on both databases."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from interview.access import SYSTEM
from interview.audit import AuditEvent
from interview.db import writing
from interview.errors import Invalid, NotFound
from interview.rubric import service
from interview.rubric.models import RubricDraft, RubricVersion
from interview.rubric.rules.drafting import Body, Part, Step, Verb, to_yaml
from interview.rubric.service import (
    DraftChangedElsewhere,
    DraftIncomplete,
    NoRubricChosen,
    RubricInUse,
    RubricInvalid,
    RubricUnchanged,
    RubricVersionTaken,
)
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


# -- drafts ----------------------------------------------------------------------------------------------------------


def begin(cast: Cast, version_id: int) -> RubricDraft:
    with writing(cast.session) as session:
        return service.begin_draft(session, cast.actor("mara"), version_id=version_id, now=cast.clock.now())


def bring(cast: Cast, data: bytes) -> RubricDraft:
    with writing(cast.session) as session:
        return service.import_draft(session, cast.actor("mara"), data=data, now=cast.clock.now())


def store(cast: Cast, draft_id: int, body: Body, edition: int, name: str = "mara", **how: Any) -> None:
    with writing(cast.session) as session:
        service.save_draft(session, cast.actor(name), draft_id, body, edition=edition, now=cast.clock.now(), **how)


def publish_draft(cast: Cast, draft_id: int, name: str = "mara") -> RubricVersion:
    with writing(cast.session) as session:
        return service.publish_draft(session, cast.actor(name), draft_id, now=cast.clock.now())


def edited(body: Body, why: str = "Our last two hires never asked.") -> Body:
    body = deepcopy(body)
    body["criteria"][0]["why"] = why
    return body


def test_a_draft_becomes_the_next_version_and_leaves_the_first_as_it_was(cast: Cast) -> None:
    first = publish(cast)
    body, sha = deepcopy(first.body), first.body_sha256
    draft = begin(cast, first.id)
    store(cast, draft.id, edited(draft.body), 1)
    second = publish_draft(cast, draft.id)
    assert (second.version, second.name) == (2, "Sell me this product")
    assert second.body["criteria"][0]["why"] == "Our last two hires never asked."
    assert second.published_by_id == cast.person_ids["mara"]
    first = cast.session.get_one(RubricVersion, first.id)
    assert (first.body, first.body_sha256) == (body, sha)
    assert service.drafts(cast.session) == []
    assert actions(cast) == ["rubric:published", "rubric:draft-begun", "rubric:published"]


def test_a_job_that_scores_keeps_its_version_and_weights_when_the_next_is_published(cast: Cast) -> None:
    first = publish(cast)
    choose(cast, first.id, {"honesty": 2, "middle": 1})
    with writing(cast.session) as session:
        service.mark_used(session, job_id=cast.job_id, now=cast.clock.now())
    draft = begin(cast, first.id)
    store(cast, draft.id, edited(draft.body), 1)
    second = publish_draft(cast, draft.id)
    with pytest.raises(RubricInUse):
        choose(cast, second.id)
    chosen = service.in_force(cast.session, cast.job_id)
    assert (chosen.version_id, chosen.weights) == (first.id, {"honesty": 2, "middle": 1})


def test_weights_are_fixed_even_to_the_same_ones(cast: Cast) -> None:
    version = publish(cast)
    choose(cast, version.id, {"honesty": 1})
    with writing(cast.session) as session:
        service.mark_used(session, job_id=cast.job_id, now=cast.clock.now())
    with pytest.raises(RubricInUse):
        choose(cast, version.id, {"honesty": 1})


def test_a_draft_that_says_nothing_new_is_not_published(cast: Cast) -> None:
    draft = begin(cast, publish(cast).id)
    with pytest.raises(RubricUnchanged, match="version 1"):
        publish_draft(cast, draft.id)
    assert len(service.drafts(cast.session)) == 1


def test_a_draft_with_blanks_is_kept_and_not_published(cast: Cast) -> None:
    draft = begin(cast, publish(cast).id)
    store(cast, draft.id, edited(draft.body, why=""), 1)
    with pytest.raises(DraftIncomplete) as refused:
        publish_draft(cast, draft.id)
    assert [one.path for one in refused.value.problems] == ["criteria.discovery.why"]
    assert service.draft(cast.session, draft.id).body["criteria"][0]["why"] == ""


def test_of_two_drafts_the_second_published_is_the_version_after(cast: Cast) -> None:
    first = publish(cast)
    one, two = begin(cast, first.id), begin(cast, first.id)
    store(cast, one.id, edited(one.body, "One."), 1)
    store(cast, two.id, edited(two.body, "Two."), 1)
    assert [publish_draft(cast, draft_id).version for draft_id in (two.id, one.id)] == [2, 3]


def test_the_newer_edition_is_never_overwritten(cast: Cast) -> None:
    draft = begin(cast, publish(cast).id)
    store(cast, draft.id, edited(draft.body, "Mara's."), 1)
    with pytest.raises(DraftChangedElsewhere, match=r"Mara .* saved this draft") as refused:
        store(cast, draft.id, edited(draft.body, "Otto's."), 1, name="otto")
    assert refused.value.edition == 2
    assert service.draft(cast.session, draft.id).body["criteria"][0]["why"] == "Mara's."
    store(cast, draft.id, edited(draft.body, "Otto's."), 2, name="otto")
    assert service.draft(cast.session, draft.id).saved_by.name == cast.actor("otto").name


def test_a_save_sent_twice_is_stored_once_and_what_builds_on_it_is_no_conflict(cast: Cast) -> None:
    draft = begin(cast, publish(cast).id)
    store(cast, draft.id, edited(draft.body, "a"), 1, save_keys=["k1"])
    store(cast, draft.id, edited(draft.body, "a"), 1, save_keys=["k1"])
    assert service.draft(cast.session, draft.id).edition == 2
    store(cast, draft.id, edited(draft.body, "b"), 1, save_keys=["k2", "k1"])
    assert service.draft(cast.session, draft.id).body["criteria"][0]["why"] == "b"


def test_what_a_page_sends_cannot_change_which_rubric_it_is(cast: Cast) -> None:
    draft = begin(cast, publish(cast).id)
    store(cast, draft.id, {**edited(draft.body), "key": "other", "version": 99}, 1)
    second = publish_draft(cast, draft.id)
    assert (second.key, second.version) == ("sell_me_this_product", 2)


def test_a_step_is_taken_on_what_was_sent(cast: Cast) -> None:
    draft = begin(cast, publish(cast).id)
    store(cast, draft.id, edited(draft.body, "typed"), 1, step=Step(Verb.REMOVE, Part.ATTRIBUTE, 0))
    kept = service.draft(cast.session, draft.id)
    assert len(kept.body["criteria"]) == 8
    store(cast, draft.id, kept.body, 2, step=Step(Verb.PUT_BACK, Part.ATTRIBUTE))
    assert service.draft(cast.session, draft.id).body["criteria"][0]["why"] == "typed"
    assert service.draft(cast.session, draft.id).removed is None


def test_a_discarded_draft_is_gone_and_told_in_the_audit_trail(cast: Cast) -> None:
    draft_id = begin(cast, publish(cast).id).id
    with writing(cast.session) as session:
        service.discard_draft(session, cast.actor("mara"), draft_id, now=cast.clock.now())
    with pytest.raises(NotFound, match="published or discarded"):
        service.draft(cast.session, draft_id)
    assert actions(cast)[-1] == "rubric:draft-discarded"


def test_an_exported_version_is_imported_elsewhere_as_the_same_version(cast: Cast) -> None:
    first = publish(cast)
    draft = begin(cast, first.id)
    store(cast, draft.id, edited(draft.body), 1)
    second = publish_draft(cast, draft.id)
    file, sha = to_yaml(second.body).encode(), second.body_sha256
    with pytest.raises(RubricUnchanged, match="version 2, which is published already"):
        bring(cast, file)
    with writing(cast.session) as session:  # elsewhere: nothing is published there
        for one in service.versions(session):
            session.delete(one)
    again = publish_draft(cast, bring(cast, b"# comments are no content\n" + file).id)
    assert (again.version, again.body_sha256) == (2, sha)


def test_an_import_of_other_words_becomes_the_next_version(cast: Cast) -> None:
    first = publish(cast)
    draft = bring(cast, SELL.replace(b"Discovery before pitching", b"Discovery"))
    assert draft.based_on_id == first.id
    assert publish_draft(cast, draft.id).version == 2


def test_a_broken_file_begins_no_draft(cast: Cast) -> None:
    with pytest.raises(RubricInvalid) as refused:
        bring(cast, SELL.replace(b"version: 1", b"version: x").replace(b"language: en", b"language: E"))
    assert [one.line for one in refused.value.problems] == [4, 5]
    assert service.drafts(cast.session) == []


def test_each_attribute_names_who_wrote_it_so_and_since_when(cast: Cast) -> None:
    first = publish(cast)
    cast.clock.forward(days=1)
    draft = begin(cast, first.id)
    store(cast, draft.id, edited(draft.body), 1)
    second = publish_draft(cast, draft.id)
    before, after = service.authors(cast.session, first.id), service.authors(cast.session, second.id)
    assert (before["discovery"].version, before["discovery"].name) == (1, None)
    assert (after["discovery"].version, after["discovery"].name) == (2, cast.actor("mara").name)
    assert after["honesty"] == before["honesty"]
    assert after["discovery"].at - after["honesty"].at >= timedelta(days=1)
    assert service.authors(cast.session, 999) == {}
