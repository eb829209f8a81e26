"""Pages of summaries: what was said by criterion, how a run goes, two runs beside each other, and the model itself."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from interview.errors import Conflict, Forbidden, NotFound
from interview.hiring import service as hiring
from interview.hiring.models import Interview
from interview.summary import service
from interview.summary.models import SummaryRun
from interview.summary.rules.costs import money
from interview.web.database import reading, writing
from interview.web.guard import actor, doors, may, may_here, now
from interview.web.waiting import waiting

blueprint = Blueprint("summary", __name__)
blueprint.add_app_template_filter(money, "money")

SEALED = "This opens when you have submitted your own scorecard."


@blueprint.app_template_global("summary_is_offered")
def summary_is_offered(interview_id: int) -> bool:
    """Tell a page of any room whether to lead to an interview's summary: there is a model, or one to be read."""
    if doors().model.about.is_on:
        return True
    db = reading()
    return service.has_runs(db, interview_id) and service.is_open_to(db, actor(), hiring.interview(db, interview_id))


@blueprint.get("/interviews/<int:interview_id>/summary")
@may("summary.view")
def show(interview_id: int) -> str:
    """Show the newest summary of an interview, or the run asked for; sealed until one's own scorecard is in."""
    db = reading()
    interview = hiring.interview(db, interview_id)
    about = doors().model.about
    is_open = service.is_open_to(db, actor(), interview)
    consent = service.has_consent(db, interview.application_id)
    if not is_open and not may_here("summary.request"):
        return render_template("summary/sealed.html", interview=interview)
    runs = service.runs(db, interview_id)
    newest = runs[0] if runs else None
    shown = _asked(interview_id, runs) if is_open and consent else None
    made_of, hindrance = _material(interview) if may_here("summary.request") else (None, "")
    return render_template(
        "summary/show.html",
        interview=interview,
        about=about,
        consent=consent,
        is_open=is_open,
        newest=newest,
        progress=service.progress(db, newest) if newest else None,
        runs=[run for run in runs if run.finished_at] if is_open and consent else [],
        run=shown,
        claims=service.claims_of(db, shown) if shown else {},
        dropped=service.dropped_words(shown) if shown else [],
        taken=service.taken(shown) if shown else None,
        named_otherwise=shown is not None and service.are_named_otherwise(db, shown),
        in_use=shown is not None and _is_in_use(interview, shown),
        estimate=service.estimate(made_of, about) if made_of and about.is_on else None,
        has_transcript=made_of is not None,
        hindrance=hindrance,
        page_segments=PAGE_SEGMENTS,
    )


PAGE_SEGMENTS = 1000  # of a transcript's page


@blueprint.get("/interviews/<int:interview_id>/summary/progress")
@may("summary.view")
def progress(interview_id: int) -> ResponseReturnValue:
    """Tell a waiting page how far the newest run is; nothing of what is in it."""
    if not may_here("summary.request") and not service.is_open_to(
        reading(), actor(), hiring.interview(reading(), interview_id)
    ):
        raise Forbidden(SEALED)
    runs = service.runs(reading(), interview_id)
    if not runs:
        raise NotFound("No summary was asked for.")
    found = service.progress(reading(), runs[0])
    return waiting(runs[0].number, runs[0].requested_at, found.is_open, found.done_count, found.parts_count)


@blueprint.post("/interviews/<int:interview_id>/summary")
@may("summary.request")
def begin(interview_id: int) -> ResponseReturnValue:
    """Ask for a summary."""
    with writing() as db:
        begun = service.begin(db, actor(), hiring.interview(db, interview_id), doors().model.about, now=now())
        was_there = begun.was_there
    if was_there:
        flash("Nothing has changed since the last summary, so it was not asked and not paid for again.", "info")
    else:
        flash("The summary was asked for. This page shows how far it is.", "success")
    return redirect(url_for(".show", interview_id=interview_id), 303)


@blueprint.post("/interviews/<int:interview_id>/summary/<int:number>/cancellation")
@may("summary.request")
def cancel(interview_id: int, number: int) -> ResponseReturnValue:
    """Stop a run."""
    with writing() as db:
        service.cancel(db, actor(), interview_id, number, now=now())
    flash("The summary was cancelled. What was not asked yet is not asked any more.", "success")
    return redirect(url_for(".show", interview_id=interview_id), 303)


@blueprint.get("/interviews/<int:interview_id>/summary/<int:number>/difference")
@may("summary.view")
def difference(interview_id: int, number: int) -> str:
    """Show what differs between a run and the one before it that came to an end."""
    db = reading()
    interview = hiring.interview(db, interview_id)
    if not service.is_open_to(db, actor(), interview):
        raise Forbidden(SEALED)
    if not service.has_consent(db, interview.application_id):
        raise Forbidden("The candidate does not agree to a summary by a language model, so none is shown.")
    ended = [run for run in service.runs(db, interview_id) if run.finished_at]
    after = next((run for run in ended if run.number == number), None)
    before = next((run for run in ended if run.number < number), None)
    if after is None or before is None:
        raise NotFound("There are no two summaries to compare.")
    found, claims = service.compare(db, before, after)
    return render_template(
        "summary/difference.html",
        interview=interview,
        before=before,
        after=after,
        found=found,
        claims=claims,
        page_segments=PAGE_SEGMENTS,
    )


def _asked(interview_id: int, runs: list[SummaryRun]) -> SummaryRun | None:
    """Return the run that the address asks for, else the newest that came to an end."""
    ended = [run for run in runs if run.finished_at]
    number = request.args.get("run", type=int)
    if number is None:
        return ended[0] if ended else None
    found = next((run for run in ended if run.number == number), None)
    if found is None:
        raise NotFound("There is no such summary.")
    return found


def _material(interview: Interview) -> tuple[service.Material | None, str]:
    """Return what a summary would be made of, or why there is nothing to make one of."""
    try:
        return service.material(reading(), interview, doors().model.about), ""
    except Conflict as refusal:  # no rubric is chosen yet
        return None, refusal.sentence


def _is_in_use(interview: Interview, run: SummaryRun) -> bool:
    return service.newest_transcript_id(reading(), interview.id) == run.transcript_id


# -- the model itself ------------------------------------------------------------------------------------------------


@blueprint.get("/model", endpoint="model")
@may("model.manage")
def show_model() -> str:
    """Show which language model there is and what the last test found, without connecting anywhere."""
    about = doors().model.about
    test = service.newest_test(reading(), about)
    return render_template(
        "summary/model.html",
        about=about,
        test=test,
        waits=test is not None and test.tested_at is None and not service.test_stopped(reading(), test),
        capability=service.capability_of(test) if test else None,
    )


@blueprint.get("/model/progress")
@may("model.manage")
def test_progress() -> ResponseReturnValue:
    """Tell a waiting page whether the test is over."""
    test = service.newest_test(reading(), doors().model.about)
    waits = test is not None and test.tested_at is None and not service.test_stopped(reading(), test)
    if test is None:
        raise NotFound("The connection was not tested yet.")
    return waiting(test.id, test.asked_at, waits)


@blueprint.post("/model/test")
@may("model.manage")
def test_model() -> ResponseReturnValue:
    """Have a worker test the connection."""
    with writing() as db:
        service.ask_test(db, actor(), doors().model.about, now=now())
    return redirect(url_for(".model"), 303)
