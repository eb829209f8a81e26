"""The admin's pages on background jobs and the audit trail."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from interview import audit, jobs
from interview.access import SYSTEM
from interview.db import writing
from interview.jobs import BackgroundJob, State
from tests.jobs import trial_work  # noqa: F401 (registers the kinds)
from tests.support.cast import Cast
from tests.support.pages import Browser


def fail(session: Session, cast: Cast, why: str) -> int:
    """Return a background job that failed with a reason."""
    with writing(session):
        job_id = jobs.enqueue(session, "trial.refuse", {"why": why, "hopeless": True}, now=cast.clock.now())
        row = session.get_one(BackgroundJob, job_id)
        row.failed_at, row.error, row.attempt_count = cast.clock.now(), why, 1
    return job_id


def test_a_failed_job_is_shown_with_why_and_tried_again_by_button(cast: Cast, session: Session) -> None:
    job_id = fail(session, cast, "<b>The mail server</b> said no.")
    ada = cast.browser("ada")
    assert "<b>The mail server</b> said no." in ada.page("/system/jobs").words
    ada.send(f"/system/jobs/{job_id}/retry")
    assert session.get_one(BackgroundJob, job_id, populate_existing=True).state is State.WAITING
    newest = audit.listing(session)[0]
    assert (newest.action, newest.object_id) == ("background-job:retried", str(job_id))
    ada.send(f"/system/jobs/{job_id}/retry", status=409)


def test_every_state_has_its_page_and_an_empty_one_says_so(cast: Cast) -> None:
    ada = cast.browser("ada")
    for state in State:
        assert "Nothing here" in ada.page(f"/system/jobs?state={state}").words
    assert ada.page("/system/jobs?state=nonsense&before=-1").title.startswith("Background jobs")


def test_many_jobs_are_paged(cast: Cast, session: Session) -> None:
    with writing(session):
        for number in range(51):
            jobs.enqueue(session, "trial.note", {"what": str(number)}, now=cast.clock.now())
    ada = cast.browser("ada")
    first = ada.page("/system/jobs?state=waiting")
    (more,) = [link["href"] for link in first.all("a") if "before=" in link["href"]]
    rest = ada.page(more)
    assert (first.words.count("trial.note"), rest.words.count("trial.note")) == (50, 1)


def test_the_audit_trail_shows_who_did_what_and_no_reasons(cast: Cast, session: Session) -> None:
    with writing(session):
        audit.record(
            session,
            cast.actor("mara"),
            "decision:made",
            "application",
            cast.cleo_id,
            reason="Cleo talked too fast",
            now=cast.clock.now(),
        )
    ada = cast.browser("ada")
    page = ada.page("/system/audit?action=decision:")
    assert "Mara Manager" in page.words
    assert "decision:made" in page.words
    assert "too fast" not in page.words
    assert "No such action" in ada.page("/system/audit?action=%25").words


def test_a_long_audit_trail_is_paged(cast: Cast, session: Session) -> None:
    with writing(session):
        for number in range(51):
            audit.record(session, SYSTEM, "trial:done", "x", number, now=cast.clock.now())
    ada = cast.browser("ada")
    first = ada.page("/system/audit?action=trial:")
    (more,) = [link["href"] for link in first.all("a") if "before=" in link["href"]]
    assert (first.words.count("trial:done"), ada.page(more).words.count("trial:done")) == (50, 1)


@pytest.mark.parametrize("name", ["mara", "rita", "ivo"])
def test_only_an_admin_sees_the_machinery(cast: Cast, session: Session, name: str) -> None:
    job_id = fail(session, cast, "no")
    one = cast.browser(name)
    for path in ("/system/jobs", "/system/audit"):
        one.page(path, status=403)
    one.send(f"/system/jobs/{job_id}/retry", status=403)
    assert session.get_one(BackgroundJob, job_id, populate_existing=True).state is State.FAILED


def test_nobody_and_nonsense_are_refused(cast: Cast, anonymous: Browser) -> None:
    assert anonymous.get("/system/jobs").status_code == 302
    ada = cast.browser("ada")
    ada.send("/system/jobs/4711/retry", status=404)
    assert ada.get("/system/jobs/1/retry").status_code == 405
