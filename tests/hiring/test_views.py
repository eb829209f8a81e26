"""The pages of hiring: who may do what, dirty input, what the next step is."""

from __future__ import annotations

import io
import re

import pytest
from playwright.sync_api import Page

from interview.access import Role
from interview.db import writing
from interview.hiring import service
from interview.hiring.models import Interview
from tests.support.axe import assert_accessible
from tests.support.cast import Cast
from tests.support.live import Live
from tests.support.pages import Browser


def test_a_job_is_made_from_a_template_and_edited(cast: Cast) -> None:
    mara = cast.browser("mara")
    made = mara.send("/jobs", {"title": "Seller", "template": "founding_seller"})
    page = mara.page(made.location)
    assert "Founding" not in page.title
    assert "Required: the pitch opens when the preparation is done" in page.words
    form = {
        "title": "Senior Seller",
        "brief": "Sell us our own product.",
        "buyer_persona": "<b>Bold</b> buyer",
        "questions": "One?\nTwo?",
        "contact": "x@example.org",
        "gate": "off",
        "pitch_min": "20",
        "scorecard_due_h": "48",
    }
    mara.send(made.location + "/edit", form)
    page = mara.page(made.location)
    assert page.title.startswith("Senior Seller")
    assert "<b>Bold</b> buyer" in page.words  # as text


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [("title", "", "Enter the job"), ("pitch_min", "4", "5 to 240"), ("pitch_min", "soon", "Not a valid integer")],
)
def test_a_job_with_a_wrong_field_keeps_what_was_typed(cast: Cast, field: str, value: str, says: str) -> None:
    form = {
        "title": "Kept title",
        "brief": "Kept brief",
        "gate": "off",
        "pitch_min": "20",
        "scorecard_due_h": "48",
        field: value,
    }
    answer = cast.browser("mara").send(f"/jobs/{cast.job_id}/edit", form, status=422)
    assert says in answer.text
    assert "Kept brief" in answer.text


def test_a_candidate_is_added_once(cast: Cast) -> None:
    rita = cast.browser("rita")
    path = f"/jobs/{cast.job_id}/candidates"
    first = rita.send(path, {"name": "Nora New", "email": "nora@example.org"})
    again = rita.send(path, {"name": "Nora N.", "email": "NORA@example.org"})
    assert first.location == again.location
    assert "was on this job already" in rita.page(again.location).words
    assert "This is not an e-mail address" in rita.send(path, {"name": "X", "email": "nope"}, status=422).text


def test_a_list_with_a_bad_row_names_the_line_and_imports_nothing(cast: Cast) -> None:
    rita = cast.browser("rita")
    path = f"/jobs/{cast.job_id}/candidates/import"

    def upload(content: bytes, status: int) -> str:
        return rita.send(path, {"file": (io.BytesIO(content), "list.csv")}, status=status).text

    assert "Line 3 has no usable e-mail address" in upload(b"name,email\nA,a@example.org\nB,b\n", 422)
    assert "Choose a CSV file" in upload(b"", 422)
    assert service.stage_counts(cast.session, [cast.job_id])[cast.job_id]["invited"] == 2
    upload(b"name,email\nA,a@example.org\nB,b@example.org\n", 303)
    cast.session.rollback()
    assert service.stage_counts(cast.session, [cast.job_id])[cast.job_id]["invited"] == 4


def test_a_personal_link_is_shown_once_and_opens_the_preparation(cast: Cast, anonymous: Browser) -> None:
    rita = cast.browser("rita")
    made = rita.send(f"/applications/{cast.cato_id}/link", status=200).text
    token = re.search(r"/c/([\w-]{43})", made).group(1)
    assert token not in rita.page(f"/applications/{cast.cato_id}").words
    for _ in range(5):
        assert "Cato" in anonymous.page(f"/c/{token}").words  # a scanner's GETs change nothing
    assert anonymous.send(f"/c/{token}").location == "/prep"
    assert anonymous.page("/prep").title
    rita.send(f"/applications/{cast.cato_id}/link/revoke")
    assert anonymous.get("/prep").status_code in (302, 401)
    anonymous.page(f"/c/{token}", status=410)
    anonymous.page("/c/" + "x" * 43, status=410)


def test_an_interview_is_scheduled_in_the_readers_zone(cast: Cast) -> None:
    rita = cast.browser("rita")
    form = {"starts_at": "2026-12-01T10:00", "minutes": "30", "place": "Room 2", "time_zone": "Europe/Berlin"}
    refused = rita.send(f"/applications/{cast.cato_id}/interview", form, status=422)
    assert "Choose at least one person for the panel" in refused.text
    form[f"seat-{cast.person_ids['ivo']}"] = "buyer"
    made = rita.send(f"/applications/{cast.cato_id}/interview", form)
    event = cast.session.get_one(Interview, int(made.location.rsplit("/", 1)[1]))
    assert event.starts_at.isoformat() == "2026-12-01T09:00:00+00:00"
    assert "Plays the buyer" in rita.page(made.location).words
    assert "Buyer persona" not in rita.page(made.location).words  # the kit is for the panel
    assert "Buyer persona" in cast.browser("ivo").page(made.location).words


@pytest.mark.parametrize("mistyped", ["0001-01-01T00:10", "9999-12-31T23:59"])
def test_a_year_without_sense_is_refused_at_its_field(cast: Cast, mistyped: str) -> None:
    form = {"starts_at": mistyped, "minutes": "30", "place": "Room 2", "time_zone": "Europe/Berlin"}
    form[f"seat-{cast.person_ids['ivo']}"] = "buyer"
    refused = cast.browser("rita").send(f"/applications/{cast.cato_id}/interview", form, status=422)
    assert "Enter a year from 2000 to 2100." in refused.text
    assert "Room 2" in refused.text


@pytest.mark.parametrize("group", [["people", "add", "--role", "recruiter"], ["candidate", "invite", "--job", "1"]])
def test_a_command_refuses_what_is_no_address(cast: Cast, group: list[str]) -> None:
    said = cast.app.test_cli_runner().invoke(args=[*group, "--email", "nobody", "--name", "Nobody"])
    assert (said.exit_code, said.stderr) == (1, "nobody is not an e-mail address.\n")


def test_a_command_refuses_a_number_that_no_job_can_have(cast: Cast) -> None:
    job = ["--job", "9" * 20, "--email", "new@example.com", "--name", "New"]
    assert cast.app.test_cli_runner().invoke(args=["candidate", "invite", *job]).exit_code == 2
    assert cast.app.test_cli_runner().invoke(args=["export", "9" * 20, "--format", "csv"]).exit_code == 2


def test_interviewers_see_the_name_and_not_the_contact(cast: Cast) -> None:
    path = f"/applications/{cast.cleo_id}"
    assert "cleo@example.com" in cast.browser("rita").page(path).words
    assert "cleo@example.com" not in cast.browser("ivo").page(path).words
    cast.browser("nils").page(path, status=404)
    cast.browser("otto").page(path, status=404)


def test_a_closed_account_is_out_at_once(cast: Cast) -> None:
    ivo, ada = cast.browser("ivo"), cast.browser("ada")
    ivo.page("/jobs")
    ada.send(f"/people/{cast.person_ids['ivo']}/disable")
    assert ivo.get("/jobs").status_code == 302


def test_jobs_list_shows_what_one_can_reach(cast: Cast) -> None:
    assert "Sales Engineer" not in cast.browser("mara").page("/jobs").words
    assert "Account Executive" in cast.browser("ivo").page("/jobs").words
    assert "on no hiring team" in cast.browser("nils").page("/jobs").words


@pytest.mark.browser
def test_hiring_pages_are_accessible(live: Live, page: Page) -> None:
    cast = live.cast
    with writing(cast.session):
        service.join_team(
            cast.session, cast.actor("mara"), cast.job, cast.person_ids["rita"], Role.RECRUITER, now=cast.clock.now()
        )
    live.sign_in(page, "mara")
    for path in (
        "/",
        "/jobs",
        "/jobs/new",
        f"/jobs/{cast.job_id}",
        f"/jobs/{cast.job_id}/edit",
        f"/jobs/{cast.job_id}/panel",
        f"/jobs/{cast.job_id}/board",
        f"/applications/{cast.cleo_id}",
        f"/applications/{cast.cato_id}/interview",
        f"/interviews/{cast.interview_id}",
        f"/interviews/{cast.interview_id}/edit",
    ):
        page.goto(live.url + path)
        assert_accessible(page)


@pytest.mark.parametrize(
    ("who", "path", "form", "sentence"),
    [
        ("ada", "/people", {"name": "  ", "email": "blank@example.com", "role": "recruiter"}, "Enter the person"),
        ("mara", "/jobs", {"title": " \u00a0", "template": "founding_seller"}, "Enter the job"),
    ],
)
def test_spaces_are_no_name(cast: Cast, who: str, path: str, form: dict[str, str], sentence: str) -> None:
    assert sentence in cast.browser(who).send(path, form, status=422).text
