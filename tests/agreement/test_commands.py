"""`flask agreement`: the numbers with their fixed keys, words for a hiring manager, and problems with their lines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

PANEL = """candidate;rater;score
Ada;R1;4,5
Ada;R2;4,25
Ada;R3;4
Ben;R1;4
Ben;R2;3,75
Ben;R4;3
Cleo;R2;3,5
Cleo;R3;3,25
Cleo;R4;3
Dev;R1;3,25
Dev;R3;2,75
Dev;R4;2,25
Eve;R1;3,75
Eve;R2;3
Eve;R3;3,25
Finn;R2;2,25
Finn;R3;2,5
Finn;R4;N/O
"""
KEYS = {
    "alpha", "ac1", "ac2", "icc", "rwg", "weighted_kappa", "fleiss_kappa", "components", "dependability", "candidates",
    "pairs", "connected", "notes",
}  # fmt: skip


@pytest.fixture
def run(app: Flask, tmp_path: Path):
    def run(text: str, *words: str) -> Result:
        path = tmp_path / "old.csv"
        path.write_text(text, "utf-8")
        return app.test_cli_runner().invoke(args=["agreement", str(path), *words])

    return run


def test_the_json_has_its_keys_and_null_with_a_note(run):
    result = run(PANEL, "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert set(found) >= KEYS
    assert set(found["alpha"]) == {"nominal", "ordinal", "interval", "ratio"}
    assert set(found["icc"]) == {"1,1", "2,1", "3,1", "1,k", "2,k", "3,k"}
    assert found["icc"]["2,1"] == {"value": None, "ci": None}
    assert found["weighted_kappa"] == {"linear": None, "quadratic": None}
    assert set(found["components"]) == {"candidate", "rater", "residual"}
    assert set(found["dependability"]) == set("123456")
    assert len(found["rwg"]) == 6
    first = found["candidates"][0]
    assert set(first) >= {"candidate", "n", "mean", "adjusted", "sd", "interval", "tier"}
    assert (first["candidate"], first["n"], first["mean"], first["tier"]) == ("Ada", 3, 4.25, 1)
    assert len(first["interval"]) == 2
    assert set(found["pairs"][0]) == {"a", "b", "p_a_above_b"}
    assert found["connected"] is True
    assert any("Not every candidate" in note for note in found["notes"])


def test_the_text_says_it_in_words(run):
    text = run(PANEL).stdout
    assert "17 ratings: candidates 6, raters 4, criteria 1." in text
    assert "Ada is clearly stronger than Ben on this exercise." in text
    assert "Can we tell candidates apart?" in text
    assert text.rstrip().endswith("This describes one exercise on one day.")


def test_problems_go_to_stderr_with_file_and_line(run):
    result = run(PANEL + "Finn;R2;3\nGus;R1;good\n")
    assert (result.exit_code, result.stdout) == (1, "")
    first, second = result.stderr.splitlines()
    assert first.endswith("old.csv:20: rates Finn by R2 again; line 17 did already. Keep one of them.")
    assert second.endswith("old.csv:21: has no usable score: good. Write a number, N/O for not observed, or nothing.")
