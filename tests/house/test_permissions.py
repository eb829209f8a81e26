"""Every route with every role: the guard's answer against a table written a second time, in docs/PERMISSIONS.md.

A change of `access.MAY` alone, of a view's action alone, or of the page alone turns this red.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from interview import access
from interview.access import MAY, PUBLIC, Actor, Place, Role, Verdict, decide
from interview.calibration.models import Round, Sample, SampleCard
from interview.db import writing
from interview.factsheet.models import Fact
from interview.knowledge.models import Question
from interview.prep.models import PrepRequest
from interview.recording.models import Pitch, PitchPart
from interview.rubric.models import JobRubric, RubricVersion
from interview.transcript.models import Transcript, TranscriptSegment
from interview.watch.models import Material, PlayerTrouble
from interview.web.guard import actions_of
from tests.support.cast import Cast

PAGE = Path(__file__).resolve().parents[2] / "docs" / "PERMISSIONS.md"
ROLES = {
    "admin": Role.ADMIN,
    "hiring manager": Role.HIRING_MANAGER,
    "recruiter": Role.RECRUITER,
    "interviewer": Role.INTERVIEWER,
    "candidate": Role.CANDIDATE,
}
# who -> the role that reaches Cleo's application on Mara's job; None: out of reach
ON_CLEO = {
    "ada": Role.ADMIN,
    "mara": Role.HIRING_MANAGER,
    "rita": Role.RECRUITER,
    "ivo": Role.INTERVIEWER,
    "cleo": Role.CANDIDATE,
    "otto": None,
    "nils": None,
    "oda": None,
}


def written_table() -> dict[str, frozenset[Role]]:
    """Read the table of docs/PERMISSIONS.md: action -> roles."""
    rows = re.findall(r"^\| `([a-z]+\.[a-z]+)` \|(.*)\|$", PAGE.read_text(), re.M)
    return {
        action: frozenset(role for role, cell in zip(ROLES.values(), cells.split("|"), strict=True) if cell.strip())
        for action, cells in rows
    }


def test_the_page_says_what_the_table_says() -> None:
    assert written_table() == {action: frozenset(roles) for action, roles in MAY.items()}


@pytest.fixture
def reached(cast: Cast) -> Callable[[str, Rule, str], str]:
    """Ask for a route as somebody and get what the guard did; behind it stands a wall instead of the view."""
    app, ids = cast.app, _ids(cast)
    app.config["WTF_CSRF_ENABLED"] = False
    for endpoint, action in actions_of(app).items():
        app.view_functions[endpoint] = _wall(action)
    browsers: dict[str, Any] = {}

    def ask(who: str, rule: Rule, method: str) -> str:
        if who not in browsers:
            browsers[who] = app.test_client()
            token = cast.browser_token(who)
            if token:
                with browsers[who].session_transaction() as kept:
                    kept[token[0]] = token[1]
        path = rule.rule
        for argument in rule.arguments:
            path = re.sub(rf"<(?:[^:<>]+:)?{argument}>", str(ids.get(argument, 1)), path)
        answer = browsers[who].open(path, method=method)
        return {200: "reached", 302: "sign in", 401: "sign in", 403: "refused", 404: "hidden"}[answer.status_code]

    return ask


def _wall(action: str) -> Callable[..., str]:
    def wall(**_: object) -> str:
        return "reached"

    wall.action = action  # type: ignore[attr-defined]
    return wall


def _ids(cast: Cast) -> dict[str, object]:
    with writing(cast.session) as db:
        film = Material.__table__.insert().values(
            job_id=cast.job_id, title="Film", kind="explainer", ordinal=1, required=True, created_at=cast.clock.now()
        )
        material_id = db.execute(film).inserted_primary_key[0]
        question = Question(job_id=cast.job_id, created_at=cast.clock.now())
        request = PrepRequest(application_id=cast.cleo_id, kind="more_time", text="", asked_at=cast.clock.now())
        fact = Fact(job_id=cast.job_id, kind="nice", words="A fact.", written_at=cast.clock.now())
        at = cast.clock.now()
        trouble = PlayerTrouble(
            application_id=cast.cleo_id,
            material_id=material_id,
            material_version=1,
            code="150",
            first_at=at,
            last_at=at,
        )
        db.add_all([question, request, fact, trouble])
        db.flush()
        card = _card_in_a_round(db, cast)
        pitch = Pitch(application_id=cast.cleo_id, begun_at=cast.clock.now())
        part = PitchPart(
            name="part", way="recorded", section=0, take=1, ordinal=1, file_key="x", begun_at=cast.clock.now()
        )
        pitch.parts.append(part)
        db.add(pitch)
        db.flush()
        return {
            "job_id": cast.job_id,
            "application_id": cast.cleo_id,
            "interview_id": cast.interview_id,
            "person_id": cast.person_ids["nils"],
            "material_id": material_id,
            "question_id": question.id,
            "fact_id": fact.id,
            "request_id": request.id,
            "trouble_id": trouble.id,
            "sample_id": card.sample_id,
            "card_id": card.id,
            "round_id": card.round_id,
            "part_id": part.id,
            "recording_id": 1,
            "clip_id": 1,
            "way": "recorded",
            "segment_id": _segment(db, cast),
            "direction": "up",
            "lease_id": "x" * 22,
        }


def _segment(db: Session, cast: Cast) -> int:
    transcript = Transcript(
        interview_id=cast.interview_id, number=1, file_name="x", file_key="x", file_sha256="x", file_bytes=1,
        format="text", segments_count=1, warnings=[], uploaded_at=cast.clock.now(),
    )  # fmt: skip
    db.add(transcript)
    db.flush()
    segment = TranscriptSegment(transcript_id=transcript.id, ordinal=1, text="Hello.", line=1, source_ref="line 1")
    db.add(segment)
    db.flush()
    return segment.id


def _card_in_a_round(db: Session, cast: Cast) -> SampleCard:
    at = cast.clock.now()
    version = RubricVersion(key="bare", version=1, name="Bare", body={}, body_sha256="", published_at=at)
    begun = Round(job_id=cast.job_id, person_id=cast.person_ids["ivo"], begun_at=at)
    db.add_all([version, begun])
    db.flush()
    chosen = JobRubric(job_id=cast.job_id, version_id=version.id, weights={}, chosen_at=at)
    db.add(chosen)
    db.flush()
    sample = Sample(
        job_id=cast.job_id, job_rubric_id=chosen.id, title="Sample", experts="A\nB", passages=[], added_at=at
    )
    db.add(sample)
    db.flush()
    card = SampleCard(sample_id=sample.id, round_id=begun.id)
    db.add(card)
    db.flush()
    return card


def test_every_route_with_every_role(cast: Cast, app: Flask, reached: Callable[[str, Rule, str], str]) -> None:
    actions, table, wrong = actions_of(app), written_table(), []
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static":
            continue
        action = actions[rule.endpoint]
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            for who in [*ON_CLEO, "nobody"]:
                wanted = _wanted(action, rule, who, table)
                if (got := reached(who, rule, method)) != wanted:
                    wrong.append(f"{method} {rule.rule} ({action}) as {who}: {got} instead of {wanted}")
    assert not wrong, "\n".join(wrong)


def _wanted(action: str, rule: Rule, who: str, table: dict[str, frozenset[Role]]) -> str:
    if action == PUBLIC:
        return "reached"
    if who == "nobody" or rule.rule.startswith("/api/"):  # a cookie does not sign in there: tests/connect tries tokens
        return "sign in"
    ids = {"job_id", "application_id", "interview_id", "material_id", "question_id", "fact_id", "request_id"}
    ids |= {"sample_id", "card_id", "round_id", "part_id", "segment_id"}
    about = rule.arguments & ids
    role = ON_CLEO[who]
    if not about:  # about no one's job: the role alone decides
        role = {"otto": Role.HIRING_MANAGER, "nils": Role.INTERVIEWER, "oda": Role.CANDIDATE}.get(who, role)
    if role is None:
        return "hidden"
    return "reached" if role in table[action] else "refused"


def test_a_view_without_an_action_stops_the_start(app: Flask) -> None:
    app.view_functions["bare"] = lambda: "open to all"
    with pytest.raises(LookupError, match="bare names no action"):
        actions_of(app)


def test_an_action_that_is_not_in_the_table_is_denied_to_all() -> None:
    for role in Role:
        assert decide(Actor(name="x", person_id=1, role=role), "made.up", None) is Verdict.REFUSED


def test_roles_count_only_where_they_are() -> None:
    manager = Actor("M", person_id=1, role=Role.HIRING_MANAGER, memberships=frozenset({(1, Role.HIRING_MANAGER)}))
    assert access.roles_at(manager, Place(job_id=1)) == {Role.HIRING_MANAGER}
    assert access.roles_at(manager, Place(job_id=2)) == frozenset()
    member = Actor("I", person_id=2, role=Role.INTERVIEWER, memberships=frozenset({(1, Role.INTERVIEWER)}))
    assert access.roles_at(member, Place(job_id=1)) == {Role.INTERVIEWER}
    assert access.roles_at(member, Place(job_id=1, application_id=7)) == frozenset()
    assert access.roles_at(member, Place(job_id=1, application_id=7, seated=True)) == {Role.INTERVIEWER}
    candidate = Actor("C", candidate_id=3, application_id=7, job_id=1, role=Role.CANDIDATE)
    assert access.roles_at(candidate, Place(job_id=1, application_id=8)) == frozenset()
