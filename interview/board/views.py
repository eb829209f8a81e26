"""Home with your tasks, and the board of a job."""

from __future__ import annotations

from flask import Blueprint, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from interview.access import PUBLIC
from interview.board import service
from interview.calibration import service as calibration
from interview.hiring import service as hiring
from interview.hiring.rules import STAGES, Stage
from interview.outcome import service as outcome
from interview.people import service as people
from interview.prep import service as prep
from interview.scorecard import service as scorecard
from interview.watch import service as watch
from interview.web.database import reading
from interview.web.guard import actor, may, now

blueprint = Blueprint("board", __name__)


@blueprint.get("/")
@may(PUBLIC)
def home() -> str | Response:
    """Show the tasks of who is signed in; lead everyone else to where they belong."""
    if "person" not in g.present:
        if "candidate" in g.present:
            return redirect(url_for("prep.show"))
        return redirect(url_for("people.first_run" if people.is_empty(reading()) else "people.sign_in"))
    g.actor = g.present["person"]
    db = reading()
    jobs = hiring.jobs_for(db, actor())
    return render_template(
        "board/home.html",
        tasks=scorecard.tasks_for(db, actor(), now=now()),
        calibrations=calibration.tasks_for(db, actor(), now=now()),
        requests=prep.requests_open(db, actor()),
        troubles=watch.open_troubles(db, actor()),
        team_tasks=service.team_tasks(db, actor(), now=now()),
        outcomes_due=outcome.due_for(db, actor(), now=now()),
        at=now(),
        jobs=jobs,
        counts=hiring.stage_counts(db, [job.id for job in jobs]),
        stages=STAGES,
    )


@blueprint.get("/jobs/<int:job_id>/board")
@may("board.view")
def show(job_id: int) -> str:
    """Show the candidates of a job as a table, filtered by stage and text."""
    sent = request.args
    stage = Stage(sent["stage"]) if sent.get("stage") in set(Stage) else None
    text = sent.get("text", "").strip()[:100]
    page = service.board(
        reading(),
        actor(),
        job_id,
        stage=stage,
        text=text,
        after=service.read_cursor(sent["after"]) if sent.get("after") else None,
        now=now(),
    )
    return render_template(
        "board/show.html",
        job=hiring.job(reading(), job_id),
        board=page,
        stages=STAGES,
        stage=stage,
        text=text,
        is_first=not sent.get("after"),
    )
