"""The read API, every answer held against its description: who reads what, the seal, dead tokens, pages, queries."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.orm import Session

from interview.access import SYSTEM, Role
from interview.connect import service
from interview.connect.rules import TOKEN_LIFE, Scope
from interview.connect.service import PAGE_ROWS
from interview.db import writing
from interview.hiring import service as hiring
from interview.hiring.rules import Stage
from interview.people import service as people
from interview.people.models import Person
from interview.web.guard import actions_of
from tests.connect.conftest import DESCRIPTION, Program
from tests.scorecard import stage
from tests.support.cast import Cast, job_text
from tests.support.pages import Browser

Start = Callable[..., Program]
EVERYBODY = ("ada", "mara", "rita", "ivo", "otto", "nils")
# path -> what each of EVERYBODY gets: as on the pages, 404 where out of reach, 403 where the role does not allow it
ANSWERS = {
    "/api/v1/jobs": (200, 200, 200, 200, 200, 200),
    "/api/v1/jobs/{job}/applications": (200, 200, 200, 403, 404, 404),
    "/api/v1/applications/{cleo}": (200, 200, 200, 200, 404, 404),
    "/api/v1/applications/{cato}": (200, 200, 200, 404, 404, 404),
    "/api/v1/interviews/{interview}/scorecards": (403, 200, 200, 200, 404, 404),
}


def path_of(cast: Cast, path: str) -> str:
    return path.format(job=cast.job_id, cleo=cast.cleo_id, cato=cast.cato_id, interview=cast.interview_id)


def cards_of(program: Program, cast: Cast) -> Any:
    return program.ask(path_of(cast, "/api/v1/interviews/{interview}/scorecards"))


# -- who ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EVERYBODY)
def test_a_token_reads_what_its_owner_may(cast: Cast, program: Start, name: str) -> None:
    one = program(name)
    for path, statuses in ANSWERS.items():
        one.ask(path_of(cast, path), status=statuses[EVERYBODY.index(name)])


def test_the_jobs_are_those_within_reach(cast: Cast, program: Start) -> None:
    def seen(name: str) -> set[int]:
        return {job["id"] for job in program(name).ask("/api/v1/jobs")["jobs"]}

    both = {cast.job_id, cast.other_job_id}
    assert seen("rita") == seen("ada") == both
    assert seen("mara") == seen("ivo") == {cast.job_id}
    assert seen("otto") == {cast.other_job_id}
    assert seen("nils") == set()


def test_a_token_shrinks_with_its_owner_at_once(cast: Cast, program: Start, session: Session) -> None:
    mara, path = program("mara"), path_of(cast, "/api/v1/applications/{cleo}")
    mara.ask(path)
    with writing(session):
        hiring.join_team(session, SYSTEM, cast.job, cast.person_ids["nils"], Role.HIRING_MANAGER, now=cast.clock.now())
        hiring.leave_team(session, SYSTEM, cast.job, cast.person_ids["mara"], now=cast.clock.now())
    mara.ask(path, status=404)


def test_contact_data_are_for_those_who_invite(cast: Cast, program: Start) -> None:
    path = path_of(cast, "/api/v1/applications/{cleo}")
    for name, email in (("rita", "cleo@example.com"), ("mara", "cleo@example.com"), ("ada", None), ("ivo", None)):
        one = program(name)
        assert one.ask(path)["candidate"]["email"] == email
        if name != "ivo":
            listed = one.ask(path_of(cast, "/api/v1/jobs/{job}/applications"))["applications"]
            assert {row["candidate"]["email"] for row in listed} == (
                {email} if email is None else {email, "cato@example.com"}
            )


# -- which tokens ------------------------------------------------------------------------------------------------------


def test_unknown_expired_revoked_and_closed_get_the_same_words(
    cast: Cast, session: Session, program: Start, make_token: Callable[..., str]
) -> None:
    path, said = "/api/v1/jobs", []

    def refused(token: str | None) -> None:
        said.append(Program(cast.app, token).ask(path, status=401))

    for token in (None, "", "pp_" + "x" * 43, "nonsense", "pp_=", "\u00ff", "x" * 5000):
        refused(token)
    assert Program(cast.app, make_token("rita")).ask(path)["jobs"]

    revoked = make_token("rita")
    with writing(session):
        service.revoke_token(session, SYSTEM, service.tokens(session)[0].id, now=cast.clock.now())
    refused(revoked)

    closed = make_token("ivo")
    with writing(session):
        people.disable(session, SYSTEM, cast.person_ids["ivo"], now=cast.clock.now())
    refused(closed)
    with writing(session):
        people.enable(session, SYSTEM, cast.person_ids["ivo"], now=cast.clock.now())
    refused(closed)

    expired = make_token("rita")
    cast.clock.forward(seconds=TOKEN_LIFE.total_seconds() - 1)
    Program(cast.app, expired).ask(path)
    cast.clock.forward(seconds=1)
    refused(expired)
    assert all(one == said[0] for one in said)


def test_what_the_database_keeps_opens_nothing(cast: Cast, session: Session, make_token: Callable[..., str]) -> None:
    secret = make_token("rita")
    assert re.fullmatch(r"pp_[A-Za-z0-9_-]{43}", secret)
    (kept,) = service.tokens(session)
    texts = [value for value in vars(kept).values() if isinstance(value, str)]
    assert kept.token_sha256 in texts
    for text in texts:
        assert secret not in text
        for stolen in (text, f"pp_{text}"):
            Program(cast.app, stolen).ask("/api/v1/jobs", status=401)


@pytest.mark.parametrize("scopes", ["export", "ops", "export,ops"])
def test_a_token_for_something_else_reads_nothing(cast: Cast, program: Start, scopes: str) -> None:
    one = program("rita", scopes)
    for path in ANSWERS:
        refusal = one.ask(path_of(cast, path), status=403)
        assert (refusal["reason"], "scope read" in refusal["detail"]) == ("insufficient_scope", True)
    one.ask("/api/v1/openapi.json")


def test_a_cookie_does_not_sign_in_here_nor_a_token_elsewhere(
    cast: Cast, make_token: Callable[..., str], anonymous: Browser
) -> None:
    rita = cast.browser("rita")
    assert rita.get("/jobs").status_code == 200
    assert rita.get("/api/v1/jobs").status_code == 401
    sent = {"Authorization": f"Bearer {make_token('rita')}", "Accept": "application/json"}
    assert anonymous.get("/jobs", headers=sent).status_code == 401
    assert anonymous.get("/api/v1/jobs", headers=sent).status_code == 200
    assert anonymous.get("/api/v1/jobs?access_token=" + sent["Authorization"][7:]).status_code == 401
    basic = {"Authorization": "Basic " + sent["Authorization"][7:]}
    assert anonymous.get("/api/v1/jobs", headers=basic).status_code == 401


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_there_is_nothing_to_write(cast: Cast, make_token: Callable[..., str], method: str) -> None:
    sent = {"Authorization": f"Bearer {make_token('rita')}"}
    answer = cast.app.test_client().open("/api/v1/jobs", method=method, headers=sent)
    assert (answer.status_code, answer.mimetype) == (405, "application/problem+json")


# -- what --------------------------------------------------------------------------------------------------------------


def test_a_job_and_its_applications(cast: Cast, session: Session, program: Start) -> None:
    rita = program("rita")
    with writing(session):
        hiring.close_job(session, cast.actor("mara"), cast.job, now=cast.clock.now())
        hiring.advance(session, cast.cleo, Stage.READY, now=cast.clock.now())
    job = next(one for one in rita.ask("/api/v1/jobs")["jobs"] if one["id"] == cast.job_id)
    at = cast.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    assert job == {
        "id": cast.job_id,
        "title": "Account Executive",
        "gate": "recorded",
        "created_at": at,
        "closed_at": at,
        "application_counts": {"invited": 1, "preparing": 0, "ready": 1, "pitched": 0, "scored": 0, "decided": 0},
    }
    found = rita.ask(f"/api/v1/jobs/{cast.job_id}/applications?stage=ready")
    assert [one["candidate"]["name"] for one in found["applications"]] == ["Cleo Candidate"]
    whole = rita.ask(f"/api/v1/applications/{cast.cleo_id}")
    assert whole.items() >= found["applications"][0].items()
    assert [seat["name"] for seat in whole["interviews"][0]["panel"]] == [
        "Ines Interviewer",
        "Iris Interviewer",
        "Ivo Interviewer",
    ]
    assert whole["scorecards"] == {"seat_count": 3, "submitted_count": 0, "overdue_count": 0}


def add(cast: Cast, count: int) -> None:
    with writing(cast.session) as session:
        for number in range(count):
            hiring.add_candidate(
                session, SYSTEM, cast.job, name=f"P {number}", email=f"p{number}@example.com", now=cast.clock.now()
            )


def test_pages_follow_each_other_without_gap_or_repeat(cast: Cast, program: Start) -> None:
    add(cast, 2 * PAGE_ROWS - 2)  # with Cleo and Cato two full pages, and no third
    rita, path = program("rita"), f"/api/v1/jobs/{cast.job_id}/applications"
    first = rita.ask(path)
    second = rita.ask(f"{path}?after={first['next_after']}&stage=invited")
    seen = [one["id"] for one in first["applications"] + second["applications"]]
    assert len(seen) == len(set(seen)) == 2 * PAGE_ROWS
    assert seen == sorted(seen)
    assert second["next_after"] is None


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("after=x", "after"),
        ("after=-1", "after"),
        ("after=", "after"),
        ("after=9999999999999999999999", "after"),
        ("after=%C2%B2", "after"),
        ("stage=", "stage"),
        ("stage=hired", "stage"),
        ("stage=INVITED", "stage"),
    ],
)
def test_a_dirty_query_is_answered_with_its_parameter(cast: Cast, program: Start, query: str, field: str) -> None:
    refusal = program("rita").ask(f"/api/v1/jobs/{cast.job_id}/applications?{query}", status=422)
    assert list(refusal["fields"]) == [field]


@pytest.mark.parametrize("number", [0, 999_999, 10**30])
def test_what_is_not_there_is_404(program: Start, number: int) -> None:
    rita = program("rita")
    for path in ("jobs/{}/applications", "applications/{}", "interviews/{}/scorecards"):
        rita.ask("/api/v1/" + path.format(number), status=404)


# -- the seal ----------------------------------------------------------------------------------------------------------


def counts(answer: Any) -> tuple[int, int, list[str]]:
    readable = [one["interviewer"]["name"].partition(" ")[0] for one in answer["scorecards"]]
    return answer["submitted_count"], answer["sealed_count"], readable


def test_nobody_reads_through_the_seal(cast: Cast, session: Session, program: Start) -> None:
    stage.choose_rubric(cast)
    cast.clock.forward(days=2, hours=1)
    ivo, ines, mara, rita = (program(name) for name in ("ivo", "ines", "mara", "rita"))
    assert counts(cards_of(ivo, cast)) == (0, 0, [])

    canary = "Canary of Ines"
    stage.submit(cast, "ines", stage.full_draft(5, takeaways=canary))
    stage.save(cast, "ivo", stage.full_draft(2))
    assert counts(cards_of(ines, cast)) == (1, 0, ["Ines"])
    assert counts(cards_of(ivo, cast)) == (1, 1, ["Ivo"])  # his own draft, and that there is one more
    assert cards_of(ivo, cast)["scorecards"][0]["submitted_at"] is None
    assert canary not in str(cards_of(ivo, cast))
    assert counts(cards_of(mara, cast)) == (1, 0, ["Ines"])
    assert counts(cards_of(rita, cast)) == (1, 1, [])  # a recruiter after the decision

    stage.submit(cast, "ivo", stage.full_draft(2))
    assert counts(cards_of(ivo, cast)) == (2, 0, ["Ines", "Ivo"])
    card = next(one for one in cards_of(ivo, cast)["scorecards"] if one["takeaways"] == canary)
    assert card["composite"] == {"mean": 5.0, "observed_share": 1.0}
    assert {one["attribute"]: one["weight"] for one in card["ratings"]} == stage.WEIGHTS
    assert (card["would_buy"], card["recommendation"]) == ("yes", "yes")

    with writing(session):
        hiring.advance(session, cast.cleo, Stage.DECIDED, now=cast.clock.now())
    assert counts(cards_of(rita, cast)) == (2, 0, ["Ines", "Ivo"])


def test_a_card_of_somebody_who_left_the_panel_is_not_counted_twice(
    cast: Cast, session: Session, program: Start
) -> None:
    stage.choose_rubric(cast)
    cast.clock.forward(days=2, hours=1)
    stage.submit(cast, "ines")
    event_ = cast.interview
    panel = {seat.person_id: seat.kind for seat in event_.seats if seat.person_id != cast.person_ids["ines"]}
    with writing(session):
        slot = hiring.Slot(starts_at=cast.clock.now(), minutes=30, place="", panel=panel)
        hiring.reschedule(session, cast.actor("mara"), cast.interview, slot, now=cast.clock.now())
    assert counts(cards_of(program("mara"), cast)) == (0, 0, ["Ines"])


def test_the_candidate_is_not_told_what_was_written_about_them(cast: Cast, session: Session, program: Start) -> None:
    stage.choose_rubric(cast)
    cast.clock.forward(days=2, hours=1)
    stage.submit(cast, "ines")
    with writing(session):
        session.get_one(Person, cast.person_ids["mara"]).email = "cleo@example.com"
    assert counts(cards_of(program("mara"), cast)) == (1, 1, [])


# -- how -----------------------------------------------------------------------------------------------------------


def queries_of(program: Program, session: Session, path: str) -> int:
    program.ask(path)
    count = 0

    def counted(*_: object) -> None:
        nonlocal count
        count += 1

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", counted)
    program.ask(path)
    event.remove(engine, "before_cursor_execute", counted)
    return count


def test_many_cost_as_many_queries_as_few(cast: Cast, session: Session, program: Start) -> None:
    stage.choose_rubric(cast)
    cast.clock.forward(days=2, hours=1)
    stage.submit(cast, "ines")
    mara = program("mara")
    paths = [path_of(cast, path) for path in ANSWERS]
    few = [queries_of(mara, session, path) for path in paths]
    add(cast, 40)
    for name in ("ivo", "iris"):
        stage.submit(cast, name)
    with writing(session):
        for _ in range(3):
            slot = hiring.Slot(
                cast.clock.now() + timedelta(days=1),
                30,
                "",
                {seat.person_id: seat.kind for seat in cast.interview.seats},
            )
            hiring.schedule(session, cast.actor("mara"), cast.cleo, slot, now=cast.clock.now())
            hiring.create_job(session, cast.actor("mara"), job_text("One more"), now=cast.clock.now())
    assert [queries_of(mara, session, path) for path in paths] == few
    assert max(few) < 20


def test_the_description_names_every_route_and_no_other(app: Flask, anonymous: Browser) -> None:
    told = {(path, method.upper()) for path, item in DESCRIPTION["paths"].items() for method in item}
    routes = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert told == routes
    answer = anonymous.get("/api/v1/openapi.json")
    assert answer.json == {**DESCRIPTION, "servers": [{"url": app.extensions["pitchproof"].settings.base_url}]}
    named = set(re.findall(r"#/components/schemas/(\w+)", answer.text))
    assert named == set(DESCRIPTION["components"]["schemas"])
    operations = [item["get"]["operationId"] for item in DESCRIPTION["paths"].values()]
    assert len(operations) == len(set(operations))


def test_every_address_of_the_api_asks_for_a_scope(app: Flask) -> None:
    actions = actions_of(app)
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if rule.rule.startswith("/api/"):
            assert actions[rule.endpoint] == "public" or view.scope in set(Scope), rule.rule
        elif rule.endpoint != "static":
            assert not view.scope, rule.rule


# -- the page ----------------------------------------------------------------------------------------------------------


def test_people_see_and_revoke_their_own_tokens(cast: Cast, program: Start, session: Session) -> None:
    rita = cast.browser("rita")
    assert "No tokens" in rita.page("/account/tokens").words
    mine = program("rita", "read,export")
    theirs = program("mara")
    words = rita.page("/account/tokens").words
    assert "of rita works" in words
    assert "of mara" not in words
    ids = {one.name: one.id for one in service.tokens(session)}
    rita.send(f"/account/tokens/{ids['of mara']}/revoke", status=404)
    rita.send("/account/tokens/999/revoke", status=404)
    rita.send(f"/account/tokens/{ids['of rita']}/revoke")
    rita.send(f"/account/tokens/{ids['of rita']}/revoke", status=409)
    assert "of rita revoked" in rita.page("/account/tokens").words
    mine.ask("/api/v1/jobs", status=401)
    theirs.ask("/api/v1/jobs")


def test_an_admin_revokes_anybodys(cast: Cast, program: Start, session: Session) -> None:
    theirs, ada = program("mara"), cast.browser("ada")
    assert "of mara works Mara Manager" in ada.page("/account/tokens").words
    ada.send(f"/account/tokens/{service.tokens(session)[0].id}/revoke")
    theirs.ask("/api/v1/jobs", status=401)


def test_candidates_have_no_tokens(cast: Cast) -> None:
    assert cast.browser("cleo").get("/account/tokens").status_code == 403
