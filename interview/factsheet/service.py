"""Use cases of the fact sheet: read it, add, change and take off facts. Knows no web and no clock; never commits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from interview import audit
from interview.access import Actor, Place
from interview.errors import Conflict, Invalid, NotFound
from interview.factsheet import rules
from interview.factsheet.models import Fact
from interview.factsheet.rules import KINDS, FactKind, FactText, Proposal, SaidWords
from interview.hiring import service as hiring
from interview.hiring.models import Job
from interview.transcript import service as transcript
from interview.transcript.rules.speakers import SpeakerKind
from interview.watch import service as watch


def sheet(session: Session, job_id: int) -> dict[FactKind, list[Fact]]:
    """Return a job's facts by kind, what must be known first, with their material, in one query."""
    rows = session.scalars(
        select(Fact).where(Fact.job_id == job_id).options(joinedload(Fact.material)).order_by(Fact.id)
    ).all()
    return {kind: found for kind in KINDS if (found := [row for row in rows if row.kind == kind])}


def fact(session: Session, fact_id: int) -> Fact:
    """Return a fact. Raises NotFound."""
    found = session.get(Fact, fact_id)
    if found is None:
        raise NotFound("There is no such fact.")
    return found


def place_of_fact(session: Session, actor: Actor, fact_id: int) -> Place | None:
    """Return the place of the job that a fact belongs to, or None when there is none."""
    found = session.get(Fact, fact_id)
    return None if found is None else hiring.place_of_job(session, actor, found.job_id)


def titles(session: Session, job_id: int) -> Mapping[int, str]:
    """Return the titles of the material that facts can point into."""
    return {one.id: one.title for one in watch.material_of_job(session, job_id) if one.withdrawal is None}


@dataclass(frozen=True)
class Proposed:
    """A passage in which a fact may have been said."""

    proposal: Proposal
    ordinal: int
    start_ms: int | None
    speaker_name: str
    text: str


def proposals(session: Session, job_id: int, interview_id: int) -> dict[int, Proposed | None] | None:
    """Return for each fact, by its id, the passage in which it may have been said, or None for not found.

    None without a transcript. Where speakers are named, what the panel said is left out."""
    segments = transcript.segments_of(session, interview_id)
    if not segments:
        return None
    heard = [one for one in segments if one.kind is not SpeakerKind.PANEL]
    said = [SaidWords(one.id, one.text, one.label or "") for one in heard]
    by_id = {one.id: one for one in heard}
    found: dict[int, Proposed | None] = {}
    for fact in (one for facts in sheet(session, job_id).values() for one in facts):
        best = rules.propose(fact.words, said)
        one = by_id[best.segment_id] if best else None
        found[fact.id] = Proposed(best, one.ordinal, one.start_ms, one.speaker_name, one.text) if best and one else None
    return found


def add_fact(session: Session, actor: Actor, job: Job, text: FactText, *, now: datetime) -> Fact:
    """Add a fact to a job's sheet. Raises Invalid with a sentence for each field, Conflict when the sheet is full."""
    _check(session, job.id, text)
    count = session.scalar(select(func.count()).select_from(Fact).where(Fact.job_id == job.id)) or 0
    if count >= rules.FACTS_MAX:
        raise Conflict(f"The sheet has {rules.FACTS_MAX} facts, more than anybody can listen for. Take one off first.")
    added = Fact(job_id=job.id)
    _write(added, actor, text, now)
    session.add(added)
    session.flush()
    _record(session, actor, "factsheet:fact-added", added, text, now)
    return added


def change_fact(session: Session, actor: Actor, changed: Fact, text: FactText, *, now: datetime) -> None:
    """Write a fact anew. Raises Invalid with a sentence for each field."""
    _check(session, changed.job_id, text)
    _write(changed, actor, text, now)
    session.flush()
    _record(session, actor, "factsheet:fact-changed", changed, text, now)


def take_off(session: Session, actor: Actor, removed: Fact, *, now: datetime) -> None:
    """Take a fact off the sheet; the audit trail keeps its words."""
    text = removed.text
    session.delete(removed)
    session.flush()
    _record(session, actor, "factsheet:fact-removed", removed, text, now)


def _check(session: Session, job_id: int, text: FactText) -> None:
    faults = rules.fact_faults(text)
    if text.material_id is not None and text.material_id not in {
        one.id for one in watch.material_of_job(session, job_id)
    }:
        faults["material_id"] = "This material is not of this job. Choose another."
    if faults:
        raise Invalid(" ".join(faults.values()), fields=faults)


def _write(row: Fact, actor: Actor, text: FactText, now: datetime) -> None:
    row.kind, row.words, row.material_id, row.moment_ms = text.kind, text.words, text.material_id, text.moment_ms
    row.written_by_id, row.written_at = actor.person_id, now


def _record(session: Session, actor: Actor, action: str, row: Fact, text: FactText, now: datetime) -> None:
    audit.record(
        session, actor, action, "fact", row.id, {"job": row.job_id, "kind": text.kind, "words": text.words}, now=now
    )
