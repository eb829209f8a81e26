"""Use cases of the machinery's pages: let a failed background job be tried again. Knows no web and no clock."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from interview import audit, jobs
from interview.access import Actor


def retry_job(session: Session, actor: Actor, job_id: int, *, now: datetime) -> None:
    """Let a failed background job wait again. Raises NotFound, or Conflict when it has not failed."""
    row = jobs.retry(session, job_id, now=now)
    audit.record(
        session,
        actor,
        "background-job:retried",
        "background_job",
        job_id,
        {"kind": row.kind, "error": row.error},
        now=now,
    )
