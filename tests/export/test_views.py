"""The export page, its files, and `flask export`."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import openpyxl
import pytest

from interview import audit
from tests.debrief.stage import scored
from tests.support.cast import Cast
from tests.support.pages import Browser, Page


def test_a_workbook_is_made_kept_in_the_audit_trail_and_sent(stage: Cast) -> None:
    scored(stage, "Amy Adams", (4, 3, 4))
    mara = stage.browser("mara")
    path = f"/jobs/{stage.job_id}/export"
    assert "ratings" in mara.page(path).words
    answer = mara.send(path, {"which": "all", "format": "xlsx"}, status=200)
    assert answer.headers["Content-Disposition"] == "attachment; filename=pitchproof-account-executive-2026-11-23.xlsx"
    assert answer.content_length == len(answer.data)
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    assert book.sheetnames == ["README", "candidates", "scorecards", "ratings", "evidence"]
    assert book["candidates"].max_row == 4
    newest = audit.listing(stage.session)[0]
    assert (newest.action, newest.actor_name) == ("export:made", "Mara Manager")


def test_a_recruiter_gets_the_wished_candidates_as_csv(stage: Cast) -> None:
    scored(stage, "Amy Adams", (4, 3, 4))
    answer = stage.browser("rita").send(
        f"/jobs/{stage.job_id}/export", {"which": "pitched", "format": "csv"}, status=200
    )
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        lines = archive.read("candidates.csv").decode("utf-8-sig").splitlines()
    assert len(lines) == 2
    assert '"Amy Adams"' in lines[1]


@pytest.mark.parametrize("data", [{}, {"which": "all", "format": "doc"}, {"which": "mine", "format": "csv"}])
def test_wrong_wishes_come_back_and_leave_no_file_and_no_record(stage: Cast, data: dict[str, str]) -> None:
    answer = stage.browser("mara").send(f"/jobs/{stage.job_id}/export", data, status=422)
    assert "Please check" in Page(answer.text).words
    assert audit.listing(stage.session, action="export:") == []


def test_a_get_makes_no_file(stage: Cast) -> None:
    stage.browser("mara").page(f"/jobs/{stage.job_id}/export?format=csv&which=all")
    assert audit.listing(stage.session, action="export:") == []


def test_only_hiring_managers_of_the_job_and_recruiters_export(stage: Cast, anonymous: Browser) -> None:
    path = f"/jobs/{stage.job_id}/export"
    assert anonymous.get(path).status_code == 302
    for name, status in (("mara", 200), ("rita", 200), ("ada", 403), ("ivo", 403), ("otto", 404), ("nils", 404)):
        one = stage.browser(name)
        assert (name, one.get(path).status_code) == (name, status)
        if status != 200:
            one.send(path, {"which": "all", "format": "csv"}, status=status)
    stage.browser("mara").page("/jobs/4711/export", status=404)


def run(stage: Cast, *arguments: str) -> tuple[int, str, str]:
    result = stage.app.test_cli_runner().invoke(args=["export", *arguments])
    return result.exit_code, result.stdout, result.stderr


def test_the_command_writes_a_file_with_the_hiring_managers_eyes(stage: Cast, tmp_path: Path) -> None:
    scored(stage, "Amy Adams", (4, 3, 4))
    out = tmp_path / "all.xlsx"
    code, said, _ = run(stage, str(stage.job_id), "--format", "xlsx", "--out", str(out))
    assert (code, said) == (0, f"{out}: 3 candidates, 3 scorecards, 18 ratings, 0 evidence\n")
    assert openpyxl.load_workbook(out)["ratings"].max_row == 19
    newest = audit.listing(stage.session)[0]
    assert (newest.actor, newest.on_behalf) == ("system", f"person:{stage.person_ids['mara']}")


def test_the_command_refuses_in_one_sentence(stage: Cast, tmp_path: Path) -> None:
    out = str(tmp_path / "x.zip")
    for arguments, sentence in (
        (("4711", "--format", "csv", "--out", out), "There is no such job.\n"),
        (
            (str(stage.job_id), "--format", "csv", "--out", out, "--as", "nils@example.org"),
            "nils@example.org is not on this job's hiring team.\n",
        ),
        (
            (str(stage.job_id), "--format", "csv", "--out", str(tmp_path / "no" / "x.zip")),
            f"{tmp_path}/no/x.zip cannot be written: No such file or directory.\n",
        ),
    ):
        assert run(stage, *arguments) == (1, "", sentence)
    assert run(stage, str(stage.job_id), "--format", "doc")[0] == 2
    assert list(tmp_path.glob("x.zip*")) == []
