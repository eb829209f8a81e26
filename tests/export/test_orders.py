"""Exports too large to wait for: made by a worker, fetched by who asked, thrown away after a day."""

from __future__ import annotations

import io
import zipfile

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from interview import audit, jobs
from interview.db import writing
from interview.errors import NotFound
from interview.export import service
from interview.export.models import ExportOrder
from interview.jobs import BackgroundJob, State
from interview.people import service as people
from tests.debrief.stage import scored
from tests.support.cast import Cast


@pytest.fixture
def large(stage: Cast, monkeypatch: pytest.MonkeyPatch) -> Cast:
    """The stage, where two candidates already are too many to wait for."""
    monkeypatch.setattr(service, "LARGE_FROM", 1)
    scored(stage, "Amy Adams", (4, 3, 4))
    return stage


def work(stage: Cast, kind: str) -> BackgroundJob:
    """Carry out the background job of a kind that waits, as a worker would."""
    engine, doors = stage.session.get_bind(), stage.app.extensions["pitchproof"]
    stage.session.rollback()
    with Session(engine) as session:
        row = session.scalars(select(BackgroundJob).where(BackgroundJob.kind == kind)).one()
        job_id, round_ = row.id, row.round
    jobs.perform(sessionmaker(engine), job_id, round_, worker="w", clock=stage.clock, doors=doors)
    return stage.session.get_one(BackgroundJob, job_id, populate_existing=True)


def ask(stage: Cast, name: str = "mara") -> ExportOrder:
    stage.browser(name).send(f"/jobs/{stage.job_id}/export", {"which": "all", "format": "csv"})
    stage.session.rollback()
    return stage.session.scalars(select(ExportOrder)).one()


def test_a_large_export_is_made_by_a_worker_and_fetched_by_who_asked(large: Cast) -> None:
    order = ask(large)
    mara, path = large.browser("mara"), f"/jobs/{large.job_id}/export/{order.id}"
    assert "being made" in mara.page(f"/jobs/{large.job_id}/export").words
    mara.page(path, status=404)
    assert audit.listing(large.session, action="export:") == []
    assert work(large, "export.build").state is State.DONE
    assert "Download" in mara.page(f"/jobs/{large.job_id}/export").words
    answer = mara.get(path)
    assert answer.headers["Content-Disposition"].endswith("pitchproof-account-executive-2026-11-23.zip")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert len(archive.read("candidates.csv").decode("utf-8-sig").splitlines()) == 4
        assert f"/applications/{large.cleo_id}/debrief" in archive.read("candidates.csv").decode()
    (made,) = audit.listing(large.session, action="export:")
    assert made.actor_name == "Mara Manager"


def test_nobody_else_fetches_it(large: Cast) -> None:
    order = ask(large)
    work(large, "export.build")
    path = f"/jobs/{large.job_id}/export/{order.id}"
    for name, status in (("rita", 404), ("otto", 404), ("ivo", 403), ("ada", 403)):
        large.browser(name).page(path, status=status)
    large.browser("mara").page(f"/jobs/{large.job_id}/export/4711", status=404)
    large.browser("otto").page(f"/jobs/{large.other_job_id}/export/{order.id}", status=404)
    assert "Download" not in large.browser("rita").page(f"/jobs/{large.job_id}/export").words


def test_it_is_thrown_away_after_a_day(large: Cast) -> None:
    order = ask(large)
    order_id = order.id
    work(large, "export.build")
    large.session.expire_all()
    key = service.made_order(large.session, large.actor("mara"), large.job_id, order_id).file_key
    assert key is not None
    files = large.app.extensions["pitchproof"].files
    assert files.local_path(key).exists()
    with Session(large.session.get_bind()) as session:
        waiting = session.scalars(select(BackgroundJob).where(BackgroundJob.kind == "export.throw_away")).one()
        assert (waiting.due_at - large.clock.now()).total_seconds() == 86_400
    assert work(large, "export.throw_away").state is State.DONE
    with pytest.raises(NotFound):
        files.local_path(key)
    with pytest.raises(NotFound):
        service.made_order(large.session, large.actor("mara"), large.job_id, order_id)


def test_who_lost_the_right_meanwhile_gets_no_file(large: Cast) -> None:
    ask(large, "rita")
    with writing(large.session) as session:
        people.disable(session, large.actor("ada"), large.person_ids["rita"], now=large.clock.now())
    failed = work(large, "export.build")
    assert (failed.state, failed.error) == (State.FAILED, "Rita Recruiter may no longer export from this job.")
    assert audit.listing(large.session, action="export:") == []


def test_what_could_not_be_made_says_so_on_the_page(large: Cast) -> None:
    order = ask(large)
    with writing(large.session) as session:
        row = session.scalars(select(BackgroundJob).where(BackgroundJob.key == f"export-{order.number}")).one()
        row.failed_at = large.clock.now()
    assert "could not be made" in large.browser("mara").page(f"/jobs/{large.job_id}/export").words
