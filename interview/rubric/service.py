"""Use cases of rubrics: publish a version, write the next as a draft, choose one for a job, say which one a job uses.

Knows no web and no clock; never commits."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from interview import audit
from interview.access import Actor
from interview.errors import Conflict, Invalid, NotFound
from interview.hiring.models import Job
from interview.people.models import Person
from interview.rubric import rules
from interview.rubric.models import JobRubric, RubricDraft, RubricVersion
from interview.rubric.rules import Criterion, Problem, Rubric, changes, drafting
from interview.rubric.rules.drafting import Body, Step, Stepped


class RubricInvalid(Invalid):
    """A rubric file with problems; `problems` holds each with its line."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        first = problems[0]
        more = f" ({len(problems) - 1} more)" if len(problems) > 1 else ""
        super().__init__(f"The rubric cannot be used. Line {first.line}: {first.sentence}{more}")
        self.problems = tuple(problems)


class RubricVersionTaken(Conflict):
    """This version was published before with other content."""


class RubricUnchanged(Conflict):
    """The draft or file says just what a published version says."""


class DraftIncomplete(Invalid):
    """A draft has blanks or faults, so it cannot be published; `problems` holds each."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("Not published yet: some things have to be settled first. Everything you wrote is saved.")
        self.problems = tuple(problems)


class DraftChangedElsewhere(Conflict):
    """The draft was saved by somebody else, or in another tab, since this one read it; `edition` is the newest."""

    def __init__(self, edition: int, who: str, saved_at: datetime) -> None:
        super().__init__(
            f"{who} saved this draft in another tab or on another device at {saved_at:%H:%M} UTC. Nothing is lost: "
            "what you typed is still here. Keep it, or load what was saved there.",
            reason="changed_elsewhere",
            fields={"edition": str(edition)},
        )
        self.edition = edition


class RubricInUse(Conflict):
    """Scorecards have been begun on the job's rubric, so it stays as it is."""


class NoRubricChosen(Conflict):
    """The job has no rubric yet, so nothing can be scored."""


@dataclass(frozen=True)
class Authorship:
    """Since which version an attribute reads as it does, and who published that one (None: from a file, by command)."""

    version: int
    at: datetime
    name: str | None


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
    return _freeze(session, actor, reading.rubric, now=now)


def _freeze(session: Session, actor: Actor, rubric: Rubric, *, now: datetime) -> RubricVersion:
    body = rules.to_body(rubric)
    version = RubricVersion(
        key=rubric.key,
        version=rubric.version,
        name=rubric.name,
        body=body,
        body_sha256=rules.body_hash(body),
        published_by_id=actor.person_id,
        published_at=now,
    )
    session.add(version)
    session.flush()
    audit.record(
        session,
        actor,
        "rubric:published",
        "rubric_version",
        version.id,
        {"key": version.key, "version": version.version, "sha256": version.body_sha256},
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
    found = session.scalar(_newest_of(key))
    if found is None:
        raise NotFound(
            f"No rubric {key} has been published. Load it with: flask --app wsgi rubric load rubrics/{key}.yaml"
        )
    return found


def rubric_of(version: RubricVersion) -> Rubric:
    """Return the rubric that a version froze."""
    return rules.from_body(version.body)


def history(session: Session, version_id: int) -> list[RubricVersion]:
    """Return the versions of a rubric up to this one, the oldest first; none where there is no such version."""
    last = select(RubricVersion.key, RubricVersion.version).where(RubricVersion.id == version_id).subquery()
    query = select(RubricVersion).join(
        last, (RubricVersion.key == last.c.key) & (RubricVersion.version <= last.c.version)
    )
    return list(session.scalars(query.options(joinedload(RubricVersion.published_by)).order_by(RubricVersion.version)))


def authors(session: Session, version_id: int) -> dict[str, Authorship]:
    """Return by attribute key who wrote the words of a version's attributes, and since when they stand."""
    past = history(session, version_id)
    if not past:
        return {}
    return {
        key: Authorship(past[index].version, past[index].published_at, _name(past[index].published_by))
        for key, index in changes.since([version.body for version in past]).items()
    }


def _name(person: Person | None) -> str | None:
    return person.name if person is not None else None


# -- drafts: the next version while it is written ----------------------------------------------------------------------


def drafts(session: Session) -> list[RubricDraft]:
    """Return the drafts there are, the one written on last first."""
    query = select(RubricDraft).options(joinedload(RubricDraft.saved_by), joinedload(RubricDraft.based_on))
    return list(session.scalars(query.order_by(RubricDraft.saved_at.desc(), RubricDraft.id)))


def draft(session: Session, draft_id: int, *, lock: bool = False) -> RubricDraft:
    """Return a draft; with `lock`, its writers come one after the other (PostgreSQL). Raises NotFound."""
    found = session.get(RubricDraft, draft_id, with_for_update=lock or None)
    if found is None:
        raise NotFound("There is no such draft. It may have been published or discarded: look at the list of rubrics.")
    return found


def begin_draft(session: Session, actor: Actor, *, version_id: int, now: datetime) -> RubricDraft:
    """Begin the next version of a rubric with the words of a published one. Raises NotFound."""
    base = version(session, version_id)
    return _begin(session, actor, base.body, base, now=now)


def import_draft(session: Session, actor: Actor, *, data: bytes, now: datetime) -> RubricDraft:
    """Begin a draft with the rubric of a YAML file.

    Raises RubricInvalid with every problem, RubricUnchanged where that version was published with the same content."""
    reading = rules.read_rubric(data)
    if reading.rubric is None:
        raise RubricInvalid(reading.problems)
    body = rules.to_body(reading.rubric)
    known = _version(session, reading.rubric.key, reading.rubric.version)
    if known is not None and known.body_sha256 == rules.body_hash(body):
        raise RubricUnchanged(f"This file is {known.name}, version {known.version}, which is published already.")
    return _begin(session, actor, body, _newest(session, reading.rubric.key), now=now)


def save_draft(
    session: Session,
    actor: Actor,
    draft_id: int,
    body: Body,
    *,
    edition: int,
    save_keys: Sequence[str] = (),
    step: Step | None = None,
    now: datetime,
) -> Stepped:
    """Store the whole draft, then take a step (add, move, remove, put back) where one is asked for.

    `edition` and `save_keys` as with scorecards. Raises DraftChangedElsewhere where somebody's edition is newer."""
    row = draft(session, draft_id, lock=True)
    key, *unanswered = save_keys or [""]
    if key and row.save_key == key:
        return Stepped(row.body, row.removed, 0)
    if row.edition != edition and row.save_key not in unanswered:
        raise DraftChangedElsewhere(row.edition, row.saved_by.name, row.saved_at)
    assert actor.person_id is not None
    body = {**body, "key": row.body["key"], "version": row.body["version"]}
    stepped = drafting.take(body, row.removed, step) if step else Stepped(body, row.removed, 0)
    row.body, row.removed = stepped.body, stepped.removed
    row.edition, row.save_key = row.edition + 1, key
    row.saved_by_id, row.saved_at = actor.person_id, now
    session.flush()
    return stepped


def publish_draft(session: Session, actor: Actor, draft_id: int, *, now: datetime) -> RubricVersion:
    """Freeze a draft as the next version of its rubric; the draft is gone then.

    Raises DraftIncomplete with every problem, RubricUnchanged where it says what the newest version says."""
    row = draft(session, draft_id, lock=True)
    newest = _newest(session, row.body["key"])
    number = row.body["version"] if newest is None else max(row.body["version"], newest.version + 1)
    reading = drafting.check({**row.body, "version": number})
    if reading.rubric is None:
        raise DraftIncomplete(reading.problems)
    if newest is not None and drafting.same_content(newest.body, rules.to_body(reading.rubric)):
        raise RubricUnchanged(
            f"This draft says what version {newest.version} says. Change something, or discard the draft."
        )
    session.delete(row)
    return _freeze(session, actor, reading.rubric, now=now)


def discard_draft(session: Session, actor: Actor, draft_id: int, *, now: datetime) -> None:
    """Throw a draft away; published versions stay."""
    row = draft(session, draft_id, lock=True)
    _record_draft(session, actor, row, "rubric:draft-discarded", now=now)
    session.delete(row)


def _begin(session: Session, actor: Actor, body: Body, base: RubricVersion | None, *, now: datetime) -> RubricDraft:
    assert actor.person_id is not None
    row = RubricDraft(
        based_on_id=base.id if base is not None else None,
        body=body,
        edition=1,
        save_key="",
        begun_at=now,
        saved_by_id=actor.person_id,
        saved_at=now,
    )
    session.add(row)
    session.flush()
    _record_draft(session, actor, row, "rubric:draft-begun", now=now)
    return row


def _record_draft(session: Session, actor: Actor, row: RubricDraft, action: str, *, now: datetime) -> None:
    audit.record(
        session, actor, action, "rubric_draft", row.id, {"key": row.body["key"], "based_on": row.based_on_id}, now=now
    )


def _newest(session: Session, key: str) -> RubricVersion | None:
    """Return the newest version of a rubric; two drafts of it are published one after the other (PostgreSQL)."""
    return session.scalar(_newest_of(key).with_for_update())


def _newest_of(key: str) -> Select[RubricVersion]:
    return select(RubricVersion).where(RubricVersion.key == key).order_by(RubricVersion.version.desc()).limit(1)


# -- what a job scores with --------------------------------------------------------------------------------------------


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
        actor,
        "rubric:chosen",
        "job",
        job_id,
        {"key": chosen.key, "version": chosen.version, "weights": weights},
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
