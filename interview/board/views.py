"""Home with your tasks, and the board of a job."""

from __future__ import annotations

from flask import Blueprint, g, redirect, render_template, url_for
from werkzeug.wrappers import Response

from interview.access import PUBLIC
from interview.hiring import service as hiring
from interview.people import service as people
from interview.web.database import reading
from interview.web.guard import actor, may

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
    return render_template("board/home.html", jobs=hiring.jobs_for(reading(), actor()))
