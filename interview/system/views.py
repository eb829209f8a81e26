"""The admin's pages on the machinery: background jobs (what waits, runs, failed and why) and the audit trail."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from interview import audit, jobs
from interview.jobs import State
from interview.system import service
from interview.web.database import reading, writing
from interview.web.guard import actor, may, now

blueprint = Blueprint("system", __name__)
PAGE_ROWS = 50
STATE_WORDS = {State.WAITING: "Waiting", State.RUNNING: "Running", State.FAILED: "Failed", State.DONE: "Done"}


@blueprint.get("/system/jobs", endpoint="jobs")
@may("system.view")
def background_jobs() -> str:
    """List background jobs in one state, newest first; without a wish, the failed ones if there are any."""
    counts = jobs.counts(reading())
    wished = request.args.get("state", "")
    state = State(wished) if wished in set(State) else State.FAILED if counts[State.FAILED] else State.WAITING
    found = jobs.listing(reading(), state, before_id=_number("before"), count_max=PAGE_ROWS + 1)
    more = url_for(".jobs", state=state, before=found[PAGE_ROWS - 1].id) if len(found) > PAGE_ROWS else None
    return render_template(
        "system/jobs.html",
        rows=found[:PAGE_ROWS],
        state=state,
        counts=counts,
        words=STATE_WORDS,
        health=jobs.health(reading(), now()),
        more=more,
    )


@blueprint.post("/system/jobs/<int:background_job_id>/retry")
@may("system.view")
def retry(background_job_id: int) -> Response:
    """Let a failed job be tried again."""
    with writing() as session:
        service.retry_job(session, actor(), background_job_id, now=now())
    flash("It waits for a worker again.", "success")
    return redirect(url_for(".jobs", state=State.WAITING), 303)


@blueprint.get("/system/audit", endpoint="audit")
@may("system.view")
def audit_trail() -> str:
    """List the audit trail, newest first, without the texts that may be personal."""
    action = request.args.get("action", "").strip()[:60]
    found = audit.listing(reading(), before_seq=_number("before"), action=action, count_max=PAGE_ROWS + 1)
    more = url_for(".audit", before=found[PAGE_ROWS - 1].seq, action=action) if len(found) > PAGE_ROWS else None
    return render_template("system/audit.html", rows=found[:PAGE_ROWS], action=action, more=more)


def _number(name: str) -> int | None:
    """Return a whole number of the query, or None where there is none that a row could have."""
    given = request.args.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else None
