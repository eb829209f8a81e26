"""Facts are kept in their order, audited, and point into the job's own material only."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from interview.audit import AuditEvent
from interview.db import writing
from interview.errors import Conflict, Invalid, NotFound
from interview.factsheet import rules, service
from interview.factsheet.rules import FactKind, FactText
from interview.watch.models import Material
from tests.support.cast import Cast


def add(cast: Cast, kind: FactKind, words: str, material_id: int | None = None) -> int:
    with writing(cast.session) as session:
        text = FactText(kind, words, material_id, None if material_id is None else 4_000)
        return service.add_fact(session, cast.actor("mara"), cast.job, text, now=cast.clock.now()).id


@pytest.fixture
def film_ids(cast: Cast) -> tuple[int, int]:
    """A material of Mara's job and one of the other job."""
    with writing(cast.session) as session:
        rows = [
            Material(job_id=job_id, title=title, ordinal=1, created_at=cast.clock.now())
            for job_id, title in ((cast.job_id, "Explainer"), (cast.other_job_id, "Elsewhere"))
        ]
        session.add_all(rows)
        session.flush()
        return rows[0].id, rows[1].id


def test_what_must_be_known_comes_first(cast: Cast, session: Session) -> None:
    add(cast, FactKind.MYTH, "It films you.")
    add(cast, FactKind.MUST_KNOW, "The server decides.")
    sheet = service.sheet(session, cast.job_id)
    assert list(sheet) == [FactKind.MUST_KNOW, FactKind.MYTH]
    assert service.sheet(session, cast.other_job_id) == {}


def test_changes_are_kept_and_audited(cast: Cast, session: Session) -> None:
    fact_id = add(cast, FactKind.NICE, "One command starts it.")
    mara = cast.actor("mara")
    with writing(session):
        changed = FactText(FactKind.MUST_KNOW, "One command.")
        service.change_fact(session, mara, service.fact(session, fact_id), changed, now=cast.clock.now())
    assert service.fact(session, fact_id).text == changed
    with writing(session):
        service.take_off(session, mara, service.fact(session, fact_id), now=cast.clock.now())
    with pytest.raises(NotFound):
        service.fact(session, fact_id)
    actions = session.scalars(select(AuditEvent.action).where(AuditEvent.object_kind == "fact")).all()
    assert actions == ["factsheet:fact-added", "factsheet:fact-changed", "factsheet:fact-removed"]


def test_a_fact_points_into_its_own_jobs_material_only(cast: Cast, session: Session, film_ids: tuple[int, int]) -> None:
    fact_id = add(cast, FactKind.NICE, "Said early.", film_ids[0])
    assert service.fact(session, fact_id).material.title == "Explainer"
    with pytest.raises(Invalid, match="not of this job"):
        add(cast, FactKind.NICE, "Said elsewhere.", film_ids[1])


def test_a_sheet_has_an_end(cast: Cast, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "FACTS_MAX", 1)
    add(cast, FactKind.NICE, "One.")
    with pytest.raises(Conflict, match="Take one off first"):
        add(cast, FactKind.NICE, "Two.")
    assert len(service.sheet(session, cast.job_id)[FactKind.NICE]) == 1
