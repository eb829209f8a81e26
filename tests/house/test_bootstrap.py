"""The set-up says what went wrong in words a person can act on, and does again only what has changed or vanished."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from interview import bootstrap


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ("OSError: [Errno 28] No space left on device", "The disk is full: free some space"),
        ("npm error code ENOSPC", "The disk is full: free some space"),
        ("error: [Errno 13] Permission denied: '/x'", "This user may not write where the packages must go"),
        ("Failed to establish: Temporary failure in name resolution", "The network did not answer while fetching the"),
        ("npm error code ENOTFOUND", "The network did not answer while fetching the packages"),
        ("[SSL: CERTIFICATE_VERIFY_FAILED]", "The package registry's certificate was refused"),
        ("because ensurepip is not\navailable", "as root run `apt-get install python3-venv`"),
        ("ERROR: No matching distribution found for numpy==9", "is not made for this Python and machine"),
        ("a riddle", "a riddle\n\nSetting up the packages failed, for the reason above."),
    ],
)
def test_a_tools_last_words_become_a_sentence(output: str, sentence: str):
    assert sentence in bootstrap.sentence_for(output, "the packages")


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone in which everything has been set up, without the packages themselves."""
    for name, at in {"ROOT": "", "VENV_PYTHON": ".venv/bin/python", "STAMP": ".venv/stamp", "VENDOR": "vendor"}.items():
        monkeypatch.setattr(bootstrap, name, tmp_path / at)
    for name in ("requirements.txt", "requirements-dev.txt", "package.json", "package-lock.json"):
        (tmp_path / name).write_text(name)
    (tmp_path / "interview").mkdir()
    (tmp_path / "interview" / "bootstrap.py").touch()
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    bootstrap.VENV_PYTHON.touch()
    for name in bootstrap.VENDOR_FILES.values():
        (tmp_path / "vendor" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "vendor" / name).touch()
    bootstrap.write_stamp(bootstrap.wanted_stamp(dev=True))
    return tmp_path


def stale(*, dev: bool = False) -> list[str]:
    return [
        piece
        for piece, made_from in bootstrap.wanted_stamp(dev=dev).items()
        if bootstrap.read_stamp().get(piece) != made_from
    ]


def test_nothing_is_done_twice(clone: Path):
    assert bootstrap.set_up(dev=True) == []
    assert bootstrap.set_up(dev=False) == []


def test_what_changed_is_done_again(clone: Path):
    (clone / "requirements-dev.txt").write_text("a newer pytest")
    assert stale(dev=True) == [bootstrap.TOOLS]
    assert stale() == []
    (clone / "requirements.txt").write_text("a newer Flask")
    assert stale(dev=True) == [bootstrap.PACKAGES, bootstrap.TOOLS]
    (clone / "package-lock.json").write_text("a newer font")
    assert stale() == [bootstrap.PACKAGES, bootstrap.PAGES]


def test_what_vanished_is_done_again(clone: Path):
    (clone / "vendor" / "bootstrap.min.css").unlink()
    assert stale() == [bootstrap.PAGES]
    bootstrap.VENV_PYTHON.unlink()
    assert stale() == [bootstrap.VENV_PIECE, bootstrap.PACKAGES, bootstrap.PAGES]


def test_a_venv_that_was_copied_from_elsewhere_is_made_anew(clone: Path):
    bootstrap.write_stamp({**bootstrap.read_stamp(), bootstrap.VENV_PIECE: "/elsewhere"})
    assert bootstrap.VENV_PIECE in stale()


@pytest.mark.parametrize("damage", ["", "{"])
def test_a_damaged_stamp_counts_as_none(clone: Path, damage: str):
    bootstrap.STAMP.write_text(damage)
    assert bootstrap.read_stamp() == {}


def test_the_lock_file_names_no_registry():
    lock = json.loads((Path(__file__).parents[2] / "package-lock.json").read_text("utf-8"))
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []
    assert all(package["integrity"] for name, package in lock["packages"].items() if name)
