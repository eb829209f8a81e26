"""The export page of a job and its files."""

from flask import Blueprint

from interview.web.guard import may

blueprint = Blueprint("export", __name__)


@blueprint.get("/jobs/<int:job_id>/export")
@may("export.make")
def show(job_id: int) -> str:
    """Show what can be exported."""
    return f"<title>Export</title><h1>Export {job_id}</h1>"
