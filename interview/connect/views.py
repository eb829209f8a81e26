"""The read API under /api/v1/, its description, and the page on which tokens are listed and revoked."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from flask import Blueprint, Response, current_app, flash, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from interview.access import PUBLIC, Actor, Role
from interview.connect import answers, openapi, service
from interview.connect.forms import read_page_query
from interview.connect.rules import Scope, TokenState
from interview.errors import Forbidden
from interview.hiring import service as hiring
from interview.scorecard import service as scorecard
from interview.web.database import reading, writing
from interview.web.guard import actor, doors, loads, may, may_here, now

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

blueprint = Blueprint("connect", __name__)


@loads("token")
def _token(db: Session, at: datetime) -> Actor | None:
    sent = request.authorization
    if sent is None or sent.type != "bearer" or not sent.token:
        return None
    token = service.usable_token(db, sent.token, now=at)
    if token is None:
        return None
    wanted = getattr(current_app.view_functions[request.endpoint or ""], "scope", "")
    if wanted and wanted not in token.scopes:
        raise Forbidden(f"This token was not made for this: it lacks the scope {wanted}.", reason="insufficient_scope")
    return hiring.actor_of(db, token.owner)


@blueprint.after_request
def _say_how_to_sign_in(answer: Response) -> Response:
    if answer.status_code == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


@blueprint.get("/api/v1/openapi.json")
@may(PUBLIC)
def description() -> Response:
    """Describe the API."""
    return jsonify(openapi.description(doors().settings.base_url))


@blueprint.get("/api/v1/jobs")
@may("job.list", scope=Scope.READ)
def jobs() -> Response:
    """List the jobs within reach."""
    found = hiring.jobs_for(reading(), actor())
    counts = hiring.stage_counts(reading(), [one.id for one in found])
    return jsonify(jobs=[answers.job(one, counts[one.id]) for one in found])


@blueprint.get("/api/v1/jobs/<int:job_id>/applications")
@may("board.view", scope=Scope.READ)
def applications(job_id: int) -> Response:
    """List a job's applications, a page at a time."""
    query = read_page_query(request.args)
    page = service.application_page(reading(), job_id, stage=query.stage, after=query.after)
    with_contact = may_here("candidate.invite")
    return jsonify(
        applications=[answers.application(one, with_contact=with_contact) for one in page.applications],
        next_after=page.next_after,
    )


@blueprint.get("/api/v1/applications/<int:application_id>")
@may("application.view", scope=Scope.READ)
def application(application_id: int) -> Response:
    """Show one application with its interviews."""
    db, ids = reading(), [application_id]
    return jsonify(
        answers.whole_application(
            hiring.application(db, application_id),
            hiring.interviews_of(db, ids)[application_id],
            scorecard.progress_of(db, ids, now=now())[application_id],
            with_contact=may_here("candidate.invite"),
        )
    )


@blueprint.get("/api/v1/interviews/<int:interview_id>/scorecards")
@may("scorecard.list", scope=Scope.READ)
def scorecards(interview_id: int) -> Response:
    """List an interview's scorecards as far as the owner may read them, and say how many are in."""
    db = reading()
    event = hiring.interview(db, interview_id)
    seats = scorecard.panel_of(db, event, now=now())
    return jsonify(
        answers.scorecards(event, seats, scorecard.readable_scorecards(db, actor(), interview_id=interview_id))
    )


@blueprint.get("/account/tokens")
@may("token.manage")
def tokens() -> str:
    """List one's own tokens, to an admin everybody's."""
    found = service.tokens(reading(), owner_id=_whose())
    return render_template(
        "connect/tokens.html",
        tokens=[(one, service.state_of(one, now=now())) for one in found],
        works=TokenState.WORKS,
    )


@blueprint.post("/account/tokens/<int:token_id>/revoke")
@may("token.manage")
def revoke(token_id: int) -> AnyResponse:
    """Stop a token at once."""
    with writing() as db:
        service.revoke_token(db, actor(), token_id, owner_id=_whose(), now=now())
    flash("The token has stopped working.", "success")
    return redirect(url_for(".tokens"), 303)


def _whose() -> int | None:
    """Return whose tokens this person sees: their own, or an admin everybody's (None)."""
    return None if actor().role is Role.ADMIN else actor().person_id
