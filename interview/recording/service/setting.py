"""How a job takes pitches: the defaults until somebody changes them. Knows no web and no clock; never commits."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from sqlalchemy.orm import Session

from interview import audit
from interview.access import Actor
from interview.errors import Invalid
from interview.hiring.models import Job
from interview.recording.models import PitchSetting
from interview.recording.rules import Section, Setting, setting_problems


def setting_of(session: Session, job_id: int) -> Setting:
    """Return how a job takes pitches."""
    row = session.get(PitchSetting, job_id)
    if row is None:
        return Setting()
    sections = tuple(Section(**section) for section in row.sections)
    return Setting(row.live, row.recorded, row.typed, sections, row.retakes, row.due_days)


def change_setting(session: Session, actor: Actor, job: Job, setting: Setting, *, now: datetime) -> None:
    """Change how a job takes pitches; what is recorded already stays. Raises Invalid with a sentence a field."""
    problems = setting_problems(setting)
    if problems:
        raise Invalid(next(iter(problems.values())), fields=problems)
    row = session.get(PitchSetting, job.id)
    if row is None:
        row = PitchSetting(job_id=job.id)
        session.add(row)
    row.live, row.recorded, row.typed = setting.live, setting.recorded, setting.typed
    row.sections = [asdict(section) for section in setting.sections]
    row.retakes, row.due_days = setting.retakes, setting.due_days
    row.set_by_id, row.set_at = actor.person_id, now
    session.flush()
    audit.record(session, actor, "pitch:setting-changed", "job", job.id, now=now)
