"""Takes the demo's data away again: its job with every application, its candidates, the sign-in of its people.

Wiring that goes past the services on purpose: rooms keep what the demo only pretended. The audit trail stays whole.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from interview import audit
from interview.access import SYSTEM, Role
from interview.errors import Conflict
from interview.hiring import service as hiring
from interview.hiring.models import Application, Candidate, Interview, Job
from interview.people import service as people
from interview.people.models import Person
from interview.recording.models import Pitch, PitchPart, Recording
from interview.transcript.models import Transcript
from interview.watch.models import Material, MaterialVersion, StreamFile


def remove(session: Session, index: Mapping[str, Any], *, now: datetime) -> list[str]:
    """Remove what demo.json names and return the keys of the files that nothing points at any more.

    Accounts are closed and not deleted, because the audit trail and other jobs may name them. Raises Conflict when
    nobody else could sign in as an admin afterwards, NotFound when the job is gone.
    """
    job_id: int = hiring.job(session, index["job_id"]).id
    emails = {one["email"] for one in index["people"]}
    _check_another_admin(session, emails)
    file_keys = _file_keys(session, job_id)
    candidate_ids = set(session.scalars(select(Application.candidate_id).where(Application.job_id == job_id)))
    session.execute(delete(Application).where(Application.job_id == job_id))
    elsewhere = select(Application.candidate_id)
    for some in _portions(candidate_ids):
        session.execute(delete(Candidate).where(Candidate.id.in_(some), Candidate.id.not_in(elsewhere)))
    session.execute(delete(Job).where(Job.id == job_id))
    for person in session.scalars(select(Person).where(Person.email.in_(emails))).all():
        people.disable(session, SYSTEM, person.id, now=now)
    details = {"candidates": len(candidate_ids)}
    audit.record(session, SYSTEM, "demo:deleted", "job", job_id, details, now=now)
    return file_keys


def _check_another_admin(session: Session, emails: Collection[str]) -> None:
    others = select(Person.id).where(
        Person.role == Role.ADMIN, Person.disabled_at.is_(None), Person.email.not_in(emails)
    )
    if session.scalar(others.limit(1)) is None:
        raise Conflict(
            "Nobody but the demo's people could sign in as an admin. Add yourself first: "
            'flask --app wsgi people add --email you@example.org --name "Your Name" --role admin'
        )


def _file_keys(session: Session, job_id: int) -> list[str]:
    films = select(MaterialVersion.file_key).join(Material).where(Material.job_id == job_id)
    transcripts = (
        select(Transcript.file_key)
        .join(Interview, Interview.id == Transcript.interview_id)
        .join(Application, Application.id == Interview.application_id)
        .where(Application.job_id == job_id)
    )
    applications = select(Application.id).where(Application.job_id == job_id)
    pitches = select(Pitch.id).where(Pitch.application_id.in_(applications))
    parts = select(PitchPart.file_key).where(PitchPart.pitch_id.in_(pitches))
    recordings = select(Recording.file_key).where(Recording.pitch_id.in_(pitches))
    segments = select(StreamFile.file_key).join(MaterialVersion).join(Material).where(Material.job_id == job_id)
    return [key for rows in (films, segments, transcripts, parts, recordings) for key in session.scalars(rows) if key]


def _portions(ids: Collection[int], size: int = 500) -> list[list[int]]:
    """Cut ids into lists that a statement can carry."""
    row = sorted(ids)
    return [row[at : at + size] for at in range(0, len(row), size)]
