"""The browser of the tests: found in the promised order, and closed to the outside."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.support.browser import NoBrowser, find_browser, launch_options


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A machine with no browser; `machine(name)` puts one on its PATH and returns where."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CHROMIUM", raising=False)

    def put(name: str) -> Path:
        program = tmp_path / name
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
        return program

    return put


def playwright_with(browser: Path):
    return SimpleNamespace(chromium=SimpleNamespace(executable_path=str(browser)))


def test_the_named_browser_comes_first_then_playwrights_own_then_the_path(machine, monkeypatch, tmp_path):
    nothing_of_its_own = playwright_with(tmp_path / "missing")
    assert find_browser(nothing_of_its_own) is None

    headless = machine("chromium-headless-shell")
    assert find_browser(nothing_of_its_own) == headless
    chromium = machine("chromium")
    assert find_browser(nothing_of_its_own) == chromium

    own = machine("playwrights-own")
    assert find_browser(playwright_with(own)) == own

    named = machine("my-chromium")
    monkeypatch.setenv("CHROMIUM", str(named))
    assert find_browser(playwright_with(own)) == named


def test_a_browser_that_is_not_there_is_said_in_a_sentence(machine, monkeypatch, tmp_path):
    with pytest.raises(NoBrowser, match="run `make test`, which installs one"):
        launch_options(playwright_with(tmp_path / "missing"))
    monkeypatch.setenv("CHROMIUM", str(tmp_path / "nowhere"))
    with pytest.raises(NoBrowser, match="where no program is"):
        find_browser(playwright_with(tmp_path / "missing"))


@pytest.mark.browser
def test_a_page_reaches_nothing_outside(browser):
    page = browser.new_page()
    failed = []
    page.on("requestfailed", lambda request: failed.append((request.url, request.failure)))
    page.set_content("<img src='http://192.0.2.1/pixel.png'><img src='http://pitchproof.example/pixel.png'>")
    page.wait_for_function("[...document.images].every(image => image.complete)")
    page.close()
    assert sorted(failed) == [
        ("http://192.0.2.1/pixel.png", "net::ERR_NAME_NOT_RESOLVED"),
        ("http://pitchproof.example/pixel.png", "net::ERR_NAME_NOT_RESOLVED"),
    ]
