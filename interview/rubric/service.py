"""Use cases of rubrics: publish a version, choose one for a job, say which one a job uses.

Knows no web and no clock; never commits."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from interview import audit
from interview.access import Actor
from interview.errors import Conflict, Invalid, NotFound
from interview.hiring.models import Job
from interview.rubric import rules
from interview.rubric.models import JobRubric, RubricVersion
from interview.rubric.rules import Criterion, Problem, Rubric


class RubricInvalid(Invalid):
    """A rubric file with problems; `problems` holds each with its line."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        first = problems[0]
        more = f" ({len(problems) - 1} more)" if len(problems) > 1 else ""
        super().__init__(f"The rubric cannot be used. Line {first.line}: {first.sentence}{more}")
        self.problems = tuple(problems)


class RubricVersionTaken(Conflict):
    """This version was published before with other content."""


class RubricInUse(Conflict):
    """Scorecards have been begun on the job's rubric, so it stays as it is."""


class NoRubricChosen(Conflict):
    """The job has no rubric yet, so nothing can be scored."""


@dataclass(frozen=True)
class ChosenRubric:
    """What a job scores with: the rubric as published, and the chosen attributes' weights by key."""

    job_rubric_id: int
    job_id: int
    version_id: int
    rubric: Rubric
    weights: Mapping[str, float]
    in_use: bool

    @property
    def attributes(self) -> tuple[Criterion, ...]:
        """The attributes on the scorecard, in the rubric's order."""
        return tuple(criterion for criterion in self.rubric.criteria if criterion.key in self.weights)

    def asking(self, keys: Collection[str]) -> ChosenRubric:
        """Return the same choice with these attributes alone; as it is, where there is none of them."""
        weights = {key: weight for key, weight in self.weights.items() if key in keys}
        return replace(self, weights=weights) if weights else self


def publish(session: Session, actor: Actor, *, data: bytes, now: datetime) -> RubricVersion:
    """Publish the rubric of a YAML file as a frozen version; the same content again returns the one there is.

    Raises RubricInvalid with every problem, RubricVersionTaken where the version number stands for other content."""
    reading = rules.read_rubric(data)
    if reading.rubric is None:
        raise RubricInvalid(reading.problems)
    body = rules.to_body(reading.rubric)
    digest = rules.body_hash(body)
    known = _version(session, reading.rubric.key, reading.rubric.version)
    if known is not None:
        if known.body_sha256 == digest:
            return known
        latest = max(version.version for version in versions(session) if version.key == known.key)
        raise RubricVersionTaken(
            f"Version {known.version} of {known.key} was published before with other content and is frozen. "
            f"Set version: {latest + 1} in the file and load it again."
        )
    version = RubricVersion(
        key=reading.rubric.key,
        version=reading.rubric.version,
        name=reading.rubric.name,
        body=body,
        body_sha256=digest,
        published_by_id=actor.person_id,
        published_at=now,
    )
    session.add(version)
    session.flush()
    audit.record(
        session,
        actor=actor,
        action="rubric:published",
        object_kind="rubric_version",
        object_id=version.id,
        details={"key": version.key, "version": version.version, "sha256": digest},
        now=now,
    )
    return version


def versions(session: Session) -> list[RubricVersion]:
    """Return every published version, by name, the newest first."""
    order = (RubricVersion.name, RubricVersion.key, RubricVersion.version.desc())
    return list(session.scalars(select(RubricVersion).options(joinedload(RubricVersion.published_by)).order_by(*order)))


def version(session: Session, version_id: int) -> RubricVersion:
    """Return a published version. Raises NotFound."""
    found = session.get(RubricVersion, version_id)
    if found is None:
        raise NotFound("There is no such rubric.")
    return found


def latest(session: Session, key: str) -> RubricVersion:
    """Return the newest version of a rubric. Raises NotFound."""
    newest = select(RubricVersion).where(RubricVersion.key == key).order_by(RubricVersion.version.desc()).limit(1)
    found = session.scalar(newest)
    if found is None:
        raise NotFound(
            f"No rubric {key} has been published. Load it with: flask --app wsgi rubric load rubrics/{key}.yaml"
        )
    return found


def rubric_of(version: RubricVersion) -> Rubric:
    """Return the rubric that a version froze."""
    return rules.from_body(version.body)


def choose(
    session: Session,
    actor: Actor,
    *,
    job_id: int,
    version_id: int,
    weights: Mapping[str, float] | None = None,
    now: datetime,
) -> ChosenRubric:
    """Choose what a job scores with; without weights every attribute counts as the rubric says.

    Raises RubricInUse once a scorecard was begun, Invalid where the weights do not fit, NotFound."""
    chosen = version(session, version_id)
    rubric = rubric_of(chosen)
    weights = {c.key: c.weight for c in rubric.criteria} if weights is None else dict(weights)
    problem = rules.weight_problem(rubric, weights)
    if problem:
        raise Invalid(problem)
    _take_turn(session, job_id)
    before = _current(session, job_id)
    if before is not None and before.used_at is not None:
        raise RubricInUse(
            "The rubric of this job is fixed since its first scorecard was begun, so that all candidates are "
            "measured alike."
        )
    row = JobRubric(job_id=job_id, version_id=chosen.id, weights=weights, chosen_by_id=actor.person_id, chosen_at=now)
    session.add(row)
    session.flush()
    audit.record(
        session,
        actor=actor,
        action="rubric:chosen",
        object_kind="job",
        object_id=job_id,
        details={"key": chosen.key, "version": chosen.version, "weights": weights},
        now=now,
    )
    return _chosen(row)


def chosen(session: Session, job_id: int) -> ChosenRubric | None:
    """Return what a job scores with now, or None."""
    row = _current(session, job_id)
    return _chosen(row) if row is not None else None


def in_force(session: Session, job_id: int) -> ChosenRubric:
    """Return what a job scores with now. Raises NoRubricChosen."""
    found = chosen(session, job_id)
    if found is None:
        raise NoRubricChosen(
            "This job has no rubric yet. Ask its hiring manager to choose one on the job's rubric page."
        )
    return found


def chosen_by_id(session: Session, job_rubric_ids: Sequence[int]) -> dict[int, ChosenRubric]:
    """Return choices by their own id, in one query: what scorecards were filled in on."""
    query = select(JobRubric).where(JobRubric.id.in_(job_rubric_ids)).options(joinedload(JobRubric.version))
    return {row.id: _chosen(row) for row in session.scalars(query)}


def mark_used(session: Session, *, job_id: int, now: datetime) -> ChosenRubric:
    """Fix the job's rubric because a scorecard begins on it. Raises NoRubricChosen."""
    _take_turn(session, job_id)
    found = in_force(session, job_id)
    if not found.in_use:
        session.get_one(JobRubric, found.job_rubric_id).used_at = now
    return found


def _chosen(row: JobRubric) -> ChosenRubric:
    return ChosenRubric(
        job_rubric_id=row.id,
        job_id=row.job_id,
        version_id=row.version_id,
        rubric=rubric_of(row.version),
        weights=row.weights,
        in_use=row.used_at is not None,
    )


def _take_turn(session: Session, job_id: int) -> None:
    """Let a choice and the first scorecard on it come one after the other (PostgreSQL)."""
    session.execute(select(Job.id).where(Job.id == job_id).with_for_update(key_share=True))


def _current(session: Session, job_id: int) -> JobRubric | None:
    newest = select(func.max(JobRubric.id)).where(JobRubric.job_id == job_id).scalar_subquery()
    return session.scalar(select(JobRubric).where(JobRubric.id == newest).options(joinedload(JobRubric.version)))


def _version(session: Session, key: str, number: int) -> RubricVersion | None:
    return session.scalar(select(RubricVersion).where(RubricVersion.key == key, RubricVersion.version == number))
