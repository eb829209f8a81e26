"""Who may do what: one pure table that the guard, the documentation and the tests all read.

Knows nothing of requests or rows; the guard brings the actor and the place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum


class Role(StrEnum):
    """What a person is in the organisation or on one job."""

    ADMIN = "admin"
    HIRING_MANAGER = "hiring_manager"
    RECRUITER = "recruiter"
    INTERVIEWER = "interviewer"
    CANDIDATE = "candidate"


STAFF = frozenset({Role.ADMIN, Role.HIRING_MANAGER, Role.RECRUITER, Role.INTERVIEWER})
EVERYWHERE = frozenset({Role.ADMIN, Role.RECRUITER})  # these roles reach every job of the organisation


@dataclass(frozen=True)
class Actor:
    """Who acts: a person of the team, a candidate on one application, or the system itself."""

    name: str
    person_id: int | None = None
    role: Role | None = None
    memberships: frozenset[tuple[int, Role]] = field(default_factory=frozenset)  # (job_id, role)
    candidate_id: int | None = None
    application_id: int | None = None
    job_id: int | None = None  # the candidate's job

    @property
    def is_candidate(self) -> bool:
        """Say whether this is a candidate."""
        return self.application_id is not None

    @property
    def label(self) -> str:
        """Return the stable name that the audit trail uses, without personal text."""
        if self.person_id is not None:
            return f"person:{self.person_id}"
        if self.candidate_id is not None:
            return f"candidate:{self.candidate_id}"
        return "system"

    def roles_anywhere(self) -> frozenset[Role]:
        """Return every role this actor has somewhere."""
        if self.is_candidate:
            return frozenset({Role.CANDIDATE})
        base = {self.role} if self.role else set()
        return frozenset(base | {role for _, role in self.memberships})


SYSTEM = Actor(name="Pitchproof")


@dataclass(frozen=True)
class Place:
    """What a request is about: a job, or an application or interview on it.

    `seated` says that the actor sits on a panel here; `candidate_id` is whose application it is.
    """

    job_id: int
    application_id: int | None = None
    candidate_id: int | None = None
    seated: bool = False


class Verdict(Enum):
    """What the guard does with a request."""

    ALLOWED = "allowed"
    SIGN_IN = "sign_in"
    HIDDEN = "hidden"  # answer as if it did not exist
    REFUSED = "refused"


_A, _M, _R, _I, _C = Role.ADMIN, Role.HIRING_MANAGER, Role.RECRUITER, Role.INTERVIEWER, Role.CANDIDATE

PUBLIC = "public"  # nobody need be signed in

# Action -> the roles that may do it. An action that is not here is denied to everyone.
MAY: Mapping[str, frozenset[Role]] = {
    # people and the running of the system
    "home.view": STAFF,
    "account.edit": STAFF,
    "token.manage": STAFF,  # one's own API tokens; an admin's page holds everybody's
    "people.manage": frozenset({_A}),
    "system.view": frozenset({_A}),  # background jobs, audit trail, storage
    "model.manage": frozenset({_A}),  # which language model there is, and whether it answers
    # hiring
    "job.list": STAFF,
    "job.create": frozenset({_M, _R}),
    "job.view": STAFF,
    "job.edit": frozenset({_M}),
    "board.view": frozenset({_A, _M, _R}),
    "candidate.invite": frozenset({_M, _R}),
    "application.view": frozenset({_A, _M, _R, _I}),
    "interview.schedule": frozenset({_M, _R}),
    "kit.view": frozenset({_M, _I}),
    "kit.run": frozenset({_I}),  # the timer, prompts, deviations, one's own notes and ticks
    "exercise.manage": frozenset({_M}),
    "exercise.view": frozenset({_M, _I}),  # a ranking and a second take; the result only when all scorecards are in
    "exercise.coach": frozenset({_M, _I}),  # the one piece of feedback before a second take
    "exercise.own": frozenset({_C}),
    # preparation
    "material.view": frozenset({_A, _M, _R, _I, _C}),
    "material.manage": frozenset({_M}),
    "question.manage": frozenset({_M}),
    "fact.manage": frozenset({_M}),
    "prep.record": frozenset({_M, _R}),  # the team's view of one candidate's preparation
    "prep.settle": frozenset({_M, _R}),  # answer what a candidate asked for
    "accommodation.manage": frozenset({_R}),  # interviewers, and whoever sits on a panel, must not know
    "prep.own": frozenset({_C}),
    # the pitch, its recording, its transcript and its scorecards
    "pitch.own": frozenset({_C}),
    "recording.view": frozenset({_M, _I}),
    "recording.manage": frozenset({_M}),  # bring the recording of a live pitch
    "clip.make": frozenset({_M, _I}),  # others' clips: further narrowed by the seal, review/service.py
    "transcript.view": frozenset({_M, _I}),
    "transcript.manage": frozenset({_M}),
    "transcript.own": frozenset({_C}),  # after the pitch: the words of the own one, and corrections beside them
    "summary.view": frozenset({_M, _I}),  # further narrowed: after the own card alone, summary/service.is_open_to
    "summary.request": frozenset({_M}),
    "rubric.view": STAFF,
    "rubric.manage": frozenset({_M}),
    "scorecard.own": frozenset({_I}),
    "scorecard.excuse": frozenset({_M}),  # dismiss, reassign
    "scorecard.view": frozenset({_M, _I}),  # others' cards: further narrowed by the seal, scorecard/rules.py
    "scorecard.list": frozenset({_M, _R, _I}),  # how many are in, and those that the seal opens
    # calibration
    "calibration.view": frozenset({_M, _I}),
    "calibration.manage": frozenset({_M}),  # knows the gold ratings
    "calibration.rate": frozenset({_I}),  # gold opens after the own card: calibration/rules.may_see_gold
    # together
    "comparison.view": frozenset({_M}),
    "debrief.view": frozenset({_M, _I}),
    "interviewer.report": frozenset({_A, _I}),  # on one's own rating; an admin on anybody's
    "decision.make": frozenset({_M}),
    "decision.view": frozenset({_A, _M, _R}),
    "feedback.release": frozenset({_M, _R}),
    "outcome.view": frozenset({_A, _M, _R}),
    "outcome.enter": frozenset({_M}),
    "export.make": frozenset({_M, _R}),
}


def roles_at(actor: Actor, place: Place | None) -> frozenset[Role]:
    """Return the roles that are in force for this actor at this place (anywhere, when there is none)."""
    if place is None:
        return actor.roles_anywhere()
    if actor.is_candidate:
        own = actor.job_id == place.job_id and place.application_id in (None, actor.application_id)
        return frozenset({Role.CANDIDATE}) if own else frozenset()
    here = {role for job_id, role in actor.memberships if job_id == place.job_id}
    roles: set[Role] = here - {Role.INTERVIEWER}
    if actor.role in EVERYWHERE:
        roles.add(actor.role)
    if place.seated or (Role.INTERVIEWER in here and place.application_id is None):
        roles.add(Role.INTERVIEWER)
    return frozenset(roles)


def decide(actor: Actor | None, action: str, place: Place | None) -> Verdict:
    """Decide whether this actor may do this action at this place.

    What the actor cannot reach at all is hidden (404); what can be reached but not done is refused (403).
    """
    if action == PUBLIC:
        return Verdict.ALLOWED
    if actor is None:
        return Verdict.SIGN_IN
    in_force = roles_at(actor, place)
    if in_force & MAY.get(action, frozenset()):
        return Verdict.ALLOWED
    return Verdict.REFUSED if in_force else Verdict.HIDDEN
