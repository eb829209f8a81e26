"""From a bare clone to a signed-in person with one command, and again; all that is installed is pinned."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.running import ROOT, demo_index, running

MAKE_RUN = ("make", "run")


@pytest.fixture
def bare_clone(tmp_path: Path) -> Path:
    """What git would hand out of this tree, in a folder with a space in its name."""
    clone = tmp_path / "a clone"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, clone / name)
    return clone


def installed(clone: Path) -> set[str]:
    """The packages in the clone's .venv as name==version, as pip spells them."""
    frozen = subprocess.run(
        [clone / ".venv/bin/python", "-m", "pip", "freeze"], capture_output=True, text=True, check=True
    )
    return {normal(line) for line in frozen.stdout.splitlines()}


def normal(requirement: str) -> str:
    name, _, version = requirement.partition("==")
    return f"{re.sub('[-_.]+', '-', name).lower()}=={version}"


def test_make_run_from_nothing_and_again(bare_clone: Path, tmp_path: Path):
    data_dir, home = tmp_path / "data", tmp_path / "home"
    home.mkdir()
    with running(data_dir, command=MAKE_RUN, cwd=bare_clone, home=home, DEMO="1") as product:
        product.wait_until_ready()
        assert "Set-up: .venv, Python packages, styles and font of the pages" in product.lines[0]
        assert product.get("/readyz")[0] == 200
        people = demo_index(data_dir)["people"]
        assert {"admin", "hiring_manager", "interviewer", "recruiter"} == {person["role"] for person in people}
        for person in people:
            assert product.get(urlsplit(person["sign_in_url"]).path)[0] == 200
        assert product.get("/static/vendor/bootstrap.min.css")[0] == 200
        _, said = product.stop()
        assert all(person["sign_in_url"] in said for person in people)

    pinned = (bare_clone / "requirements.txt").read_text("utf-8").splitlines()
    assert installed(bare_clone) == {normal(line) for line in pinned if line and not line.startswith("#")}

    with running(data_dir, command=MAKE_RUN, cwd=bare_clone, home=home, DEMO="1") as product:
        product.wait_until_ready()
        assert not [line for line in product.lines if line.startswith("Set-up")]
        assert product.get("/readyz")[0] == 200
        for person in demo_index(data_dir)["people"]:
            assert person["sign_in_url"].startswith(product.url + "/")
            assert product.get(urlsplit(person["sign_in_url"]).path)[0] == 200
        product.stop()
