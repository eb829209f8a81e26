"""The export page of a job and its files."""

from __future__ import annotations

from tempfile import TemporaryFile

from flask import Blueprint, flash, redirect, render_template, send_file, url_for
from flask.typing import ResponseReturnValue

from interview.export import service
from interview.export.forms import ExportForm
from interview.export.rules.files import MEDIA_TYPE
from interview.export.rules.tables import all_tables
from interview.hiring import service as hiring
from interview.web.database import reading, writing
from interview.web.guard import actor, doors, may, now

blueprint = Blueprint("export", __name__)


@blueprint.get("/jobs/<int:job_id>/export")
@may("export.make")
def show(job_id: int) -> str:
    """Show what can be exported."""
    return _page(job_id, ExportForm(formdata=None))


@blueprint.post("/jobs/<int:job_id>/export")
@may("export.make")
def make(job_id: int) -> ResponseReturnValue:
    """Write the file, keep who took it, then send it: no byte leaves without its line in the audit trail."""
    form = ExportForm()
    if not form.validate():
        return _page(job_id, form), 422
    wish = form.wish()
    if service.is_large(reading(), job_id, wish):
        with writing() as session:
            service.order(session, actor(), job_id, wish, base_url=doors().settings.base_url, now=now())
        flash("That is a lot: it is being made in the background and will be listed here.", "success")
        return redirect(url_for(".show", job_id=job_id), 303)
    target = TemporaryFile()  # noqa: SIM115 (closed with the answer; it has no name that could be left behind)
    name = service.file_name(hiring.job(reading(), job_id).title, wish, now=now())
    made = service.make(
        reading(),
        actor(),
        job_id,
        wish,
        target,
        number=service.new_number(),
        base_url=doors().settings.base_url,
        url_of=_debrief_url,
        now=now(),
    )
    with writing() as session:
        service.keep_record(session, actor(), job_id, wish, made, now=now())
    size_bytes = target.tell()
    target.seek(0)
    answer = send_file(target, mimetype=MEDIA_TYPE[wish.format], as_attachment=True, download_name=name)
    answer.content_length = size_bytes
    return answer


@blueprint.get("/jobs/<int:job_id>/export/<int:export_id>")
@may("export.make")
def fetch(job_id: int, export_id: int) -> ResponseReturnValue:
    """Send the file of an export that was made in the background, to who asked for it."""
    row = service.made_order(reading(), actor(), job_id, export_id)
    assert row.file_key is not None
    path = doors().files.local_path(row.file_key)
    return send_file(path, mimetype=MEDIA_TYPE[row.format], as_attachment=True, download_name=row.file_name)


def _debrief_url(application_id: int) -> str:
    return doors().settings.base_url + url_for("debrief.show", application_id=application_id)


def _page(job_id: int, form: ExportForm) -> str:
    orders = service.orders_of(reading(), actor(), job_id)
    return render_template(
        "export/show.html",
        job=hiring.job(reading(), job_id),
        form=form,
        tables=all_tables(()),
        orders=orders,
        failed=service.failed_numbers(reading(), orders),
    )
