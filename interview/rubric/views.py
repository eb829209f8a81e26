"""The pages of rubrics: what is published, one version in full, drafts of the next, and what a job scores with."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from interview.hiring import service as hiring
from interview.rubric import forms, service
from interview.rubric.forms import RECOMMENDATIONS, Saving
from interview.rubric.models import RubricDraft
from interview.rubric.rules import MANY_ATTRIBUTES, POINTS, Problem, changes, drafting
from interview.rubric.rules.drafting import Body, Part, Stepped
from interview.rubric.service import Authorship, DraftChangedElsewhere, DraftIncomplete, RubricInvalid
from interview.web.database import reading, writing
from interview.web.fields import sent_fields
from interview.web.guard import actor, may, may_here, now

blueprint = Blueprint("rubric", __name__)


@blueprint.app_template_global("attribute_authors")
def attribute_authors(version_id: int) -> dict[str, Authorship]:
    """Tell a page of any room who wrote a version's attributes, by key, and since when their words stand."""
    return service.authors(reading(), version_id)


@blueprint.app_template_global("many_attributes")
def many_attributes() -> int:
    """Tell a page above how many attributes one interviewer no longer tells them apart."""
    return MANY_ATTRIBUTES


@blueprint.get("/rubrics")
@may("rubric.view")
def library() -> ResponseReturnValue:
    """List the published versions, and to those who write them the drafts."""
    return _library()


@blueprint.get("/rubrics/<int:version_id>")
@may("rubric.view")
def version(version_id: int) -> ResponseReturnValue:
    """Show one version with every anchor and why each attribute is rated."""
    found = service.version(reading(), version_id)
    return render_template("rubric/version.html", version=found, rubric=service.rubric_of(found))


@blueprint.get("/rubrics/<int:version_id>/yaml")
@may("rubric.view")
def export(version_id: int) -> ResponseReturnValue:
    """Give one version as a YAML file, which an import reads back whole."""
    found = service.version(reading(), version_id)
    answer = Response(drafting.to_yaml(found.body), content_type="application/yaml; charset=utf-8")
    answer.headers.set("Content-Disposition", "attachment", filename=f"{found.key}-v{found.version}.yaml")
    return answer


@blueprint.get("/rubrics/<int:version_id>/changes")
@may("rubric.view")
def compare(version_id: int) -> ResponseReturnValue:
    """Show what differs between two versions of a rubric, word by word; by default from the version before."""
    session = reading()
    found = service.version(session, version_id)
    others = [one for one in service.versions(session) if one.key == found.key and one.id != found.id]
    asked = request.args.get("since", "")
    earlier = next((one for one in others if one.version < found.version), others[0] if others else None)
    since = next((one for one in others if str(one.id) == asked), earlier)
    return render_template(
        "rubric/changes.html",
        version=found,
        others=others,
        since=since,
        changes=changes.changes(since.body, found.body) if since else (),
    )


@blueprint.post("/rubrics/<int:version_id>/drafts")
@may("rubric.manage")
def begin(version_id: int) -> ResponseReturnValue:
    """Begin the next version with the words of this one."""
    with writing() as session:
        draft_id = service.begin_draft(session, actor(), version_id=version_id, now=now()).id
    return redirect(url_for("rubric.edit", draft_id=draft_id), 303)


@blueprint.post("/rubrics/imports")
@may("rubric.manage")
def import_file() -> ResponseReturnValue:
    """Begin a draft with a YAML file, or say every problem of it by line."""
    file = request.files.get("file")
    data = file.read() if file else b""
    if not data:
        return _library(problems=[Problem(0, "", "Choose a YAML file that is not empty.")]), 422
    try:
        with writing() as session:
            draft_id = service.import_draft(session, actor(), data=data, now=now()).id
    except RubricInvalid as refusal:
        return _library(problems=refusal.problems), 422
    flash("The file is read. Look it over, then publish it as a version.", "success")
    return redirect(url_for("rubric.edit", draft_id=draft_id), 303)


@blueprint.get("/rubrics/drafts/<int:draft_id>")
@may("rubric.manage")
def edit(draft_id: int) -> ResponseReturnValue:
    """Show a draft to write on, with what it will look like."""
    draft = service.draft(reading(), draft_id)
    return _editor(draft, draft.body, draft.edition)


@blueprint.post("/rubrics/drafts/<int:draft_id>")
@may("rubric.manage")
def save(draft_id: int) -> ResponseReturnValue:
    """Save the form as a whole and take the step that was asked for: add, move, remove, put back."""
    saving = forms.read_saving(sent_fields())
    try:
        stepped = _store(draft_id, saving)
    except DraftChangedElsewhere as conflict:
        return _conflict(draft_id, saving, conflict)
    if saving.step is None:
        flash("Saved. Nobody scores with it before it is published.", "success")
        return redirect(url_for("rubric.edit", draft_id=draft_id), 303)
    at = f"{'exercise-' if saving.step.part is Part.SECTION else ''}{saving.step.part}-{stepped.index}"
    return redirect(url_for("rubric.edit", draft_id=draft_id, open=at, _anchor=at), 303)


@blueprint.patch("/rubrics/drafts/<int:draft_id>")
@may("rubric.manage")
def autosave(draft_id: int) -> ResponseReturnValue:
    """Save what the page sends while one writes; answers with the new edition and the preview."""
    _store(draft_id, forms.read_saving(sent_fields()))
    draft = service.draft(reading(), draft_id)
    return jsonify(
        edition=draft.edition,
        saved_at=draft.saved_at.isoformat(),
        preview=render_template("rubric/_preview.html", **_preview(draft.body)),
    )


@blueprint.get("/rubrics/drafts/<int:draft_id>/changes")
@may("rubric.manage")
def draft_changes(draft_id: int) -> ResponseReturnValue:
    """Show what a draft changes in the version that it builds on."""
    draft = service.draft(reading(), draft_id)
    body = drafting.finished(draft.body)
    return render_template(
        "rubric/draft_changes.html",
        draft=draft,
        changes=changes.changes(draft.based_on.body, body) if draft.based_on else (),
    )


@blueprint.post("/rubrics/drafts/<int:draft_id>/publication")
@may("rubric.manage")
def publish(draft_id: int) -> ResponseReturnValue:
    """Save what came with it, ask once, then freeze the draft as a version; what is missing is said."""
    if "edition" in request.form:
        saving = forms.read_saving(sent_fields())
        try:
            _store(draft_id, saving)
        except DraftChangedElsewhere as conflict:
            return _conflict(draft_id, saving, conflict)
    if "confirmed" not in request.form:
        draft = service.draft(reading(), draft_id)
        if drafting.check(draft.body).rubric is not None:
            return render_template("rubric/publish.html", draft=draft)
    try:
        with writing() as session:
            version_id = service.publish_draft(session, actor(), draft_id, now=now()).id
    except DraftIncomplete as incomplete:
        draft = service.draft(reading(), draft_id)
        return _editor(draft, draft.body, draft.edition, refusal=incomplete.sentence), 422
    flash("Published and frozen. Jobs whose scoring has not begun can choose it.", "success")
    return redirect(url_for("rubric.version", version_id=version_id), 303)


@blueprint.post("/rubrics/drafts/<int:draft_id>/removal")
@may("rubric.manage")
def discard(draft_id: int) -> ResponseReturnValue:
    """Throw a draft away."""
    with writing() as session:
        service.discard_draft(session, actor(), draft_id, now=now())
    flash("The draft is gone. Published versions are as they were.", "success")
    return redirect(url_for("rubric.library"), 303)


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


def _library(problems: Sequence[Problem] = ()) -> str:
    session = reading()
    return render_template(
        "rubric/library.html",
        versions=service.versions(session),
        drafts=service.drafts(session) if may_here("rubric.manage") else [],
        problems=problems,
    )


def _store(draft_id: int, saving: Saving) -> Stepped:
    with writing() as session:
        return service.save_draft(
            session,
            actor(),
            draft_id,
            saving.body,
            edition=saving.edition,
            save_keys=saving.save_keys,
            step=saving.step,
            now=now(),
        )


def _conflict(draft_id: int, saving: Saving, conflict: DraftChangedElsewhere) -> ResponseReturnValue:
    draft = service.draft(reading(), draft_id)
    typed = {**saving.body, "key": draft.body["key"], "version": draft.body["version"]}
    return _editor(draft, typed, conflict.edition, conflict=conflict.sentence), 409


def _editor(draft: RubricDraft, body: Body, edition: int, *, conflict: str = "", refusal: str = "") -> str:
    return render_template(
        "rubric/edit.html",
        draft=draft,
        body=body,
        edition=edition,
        conflict=conflict,
        refusal=refusal,
        points=POINTS,
        recommendations=RECOMMENDATIONS,
        open_at=request.args.get("open", ""),
        **_preview(body),
    )


def _preview(body: Body) -> dict[str, object]:
    problems = drafting.check(body).problems
    return {
        "rubric": drafting.shown(body),
        "problems": [(drafting.field_name(one), drafting.place(one), one.sentence) for one in problems],
    }
