"""The pages of rubrics: what is published, one version in full, and what a job scores with."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from interview.hiring import service as hiring
from interview.rubric import forms, service
from interview.rubric.rules import MANY_ATTRIBUTES
from interview.web.database import reading, writing
from interview.web.guard import actor, may, now

blueprint = Blueprint("rubric", __name__)


@blueprint.get("/rubrics")
@may("rubric.view")
def library() -> ResponseReturnValue:
    """List the published versions."""
    return render_template("rubric/library.html", versions=service.versions(reading()))


@blueprint.get("/rubrics/<int:version_id>")
@may("rubric.view")
def version(version_id: int) -> ResponseReturnValue:
    """Show one version with every anchor and why each attribute is rated."""
    found = service.version(reading(), version_id)
    return render_template("rubric/version.html", version=found, rubric=service.rubric_of(found))


@blueprint.get("/jobs/<int:job_id>/rubric")
@may("rubric.view")
def show(job_id: int) -> ResponseReturnValue:
    """Show what a job scores with; its hiring manager chooses here until the first scorecard is begun."""
    session = reading()
    return render_template(
        "rubric/show.html",
        job=hiring.job(session, job_id),
        chosen=service.chosen(session, job_id),
        versions=service.versions(session),
        many=MANY_ATTRIBUTES,
    )


@blueprint.post("/jobs/<int:job_id>/rubric")
@may("rubric.manage")
def choose(job_id: int) -> ResponseReturnValue:
    """Choose a version for the job, with the weights that the rubric proposes."""
    version_id = forms.read_version_id(request.form)
    with writing() as session:
        service.choose(session, actor(), job_id=job_id, version_id=version_id, now=now())
    flash("The rubric is chosen. Weights can change until the first scorecard is begun.", "success")
    return redirect(url_for("rubric.show", job_id=job_id), 303)


@blueprint.post("/jobs/<int:job_id>/rubric/weights")
@may("rubric.manage")
def weigh(job_id: int) -> ResponseReturnValue:
    """Choose which attributes the job rates, and their weights."""
    weights = forms.read_weights(request.form)
    version_id = forms.read_version_id(request.form)
    with writing() as session:
        service.choose(session, actor(), job_id=job_id, version_id=version_id, weights=weights, now=now())
    flash("Saved. Every scorecard of this job asks for these attributes.", "success")
    return redirect(url_for("rubric.show", job_id=job_id), 303)
