"""`flask audit`: one sentence, an exit code, and a checkpoint that sees what the chain cannot."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from interview.db import writing
from tests.audit.test_audit import drop_guards, rewrite, write


def test_a_whole_trail(app: Flask, session: Session) -> None:
    write(session)
    result = app.test_cli_runner().invoke(args=["audit", "verify"])
    assert (result.exit_code, result.output) == (0, "The audit trail is whole: 5 rows.\n")


def test_a_changed_row_is_one_sentence_on_stderr_and_exit_1(app: Flask, session: Session) -> None:
    write(session)
    drop_guards(session)
    with writing(session):
        session.execute(text("UPDATE audit_event SET action = 'decision:unmade' WHERE seq = 2"))
    result = app.test_cli_runner().invoke(args=["audit", "verify"])
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Row 2 (decision:unmade, 2026-03-02 12:01 UTC) was changed.\n"


def test_a_checkpoint_kept_elsewhere_sees_a_rewritten_trail(app: Flask, session: Session, tmp_path: Path) -> None:
    write(session)
    runner, kept = app.test_cli_runner(), tmp_path / "checkpoint"
    kept.write_text(runner.invoke(args=["audit", "checkpoint"]).output)
    verify = ["audit", "verify", "--checkpoint", str(kept)]
    assert runner.invoke(args=verify).exit_code == 0
    rewrite(session)
    assert runner.invoke(args=["audit", "verify"]).exit_code == 0
    assert "written anew" in runner.invoke(args=verify).stderr
    kept.write_text(kept.read_text().replace("seq=5", "seq=4"))
    assert "secret key" in runner.invoke(args=verify).stderr
