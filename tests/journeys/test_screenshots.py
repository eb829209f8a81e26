"""Screenshots of the main pages of the seeded demo, and that each of them stands: one heading, no error, accessible.

SCREENSHOTS=1 writes docs/screenshots/ anew (light, as README shows them); LOOKS=folder writes whole pages there, in
light, in dark and on a phone, for looking at.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page

from tests.support.demo import Demo, signed_in

DOCS = Path(__file__).parents[2] / "docs" / "screenshots"
SIZE = {"width": 1280, "height": 800}
FILMS = "[...document.querySelectorAll('video')]"


MAIN: dict[str, tuple[str, Callable[[Demo], str]]] = {
    "home": ("Naveed", lambda demo: "/"),
    "board": ("Mateo", lambda demo: f"/jobs/{demo.index['job_id']}/board"),
    "prep": ("Tomasz", lambda demo: "/prep"),
    "player": ("Tomasz", lambda demo: f"/prep/material/{demo.index['materials'][0]['id']}"),
    "knowledge": ("Leilani", lambda demo: "/prep/knowledge"),
    "status": ("Renske", lambda demo: "/prep/status"),
    "scorecard": ("Chidi", lambda demo: f"{_pitch_of(demo, 'Priya')}/scorecard"),
    "compare": (
        "Mateo",
        lambda demo: (
            f"/jobs/{demo.index['job_id']}/compare?application={demo.application('Adaeze')}"
            f"&application={demo.application('Lucas')}"
        ),
    ),
    "debrief": ("Mateo", lambda demo: f"/applications/{demo.application('Lucas')}/debrief"),
}
MORE: dict[str, tuple[str, Callable[[Demo], str]]] = {
    "jobs": ("Mateo", lambda demo: "/jobs"),
    "job": ("Mateo", lambda demo: f"/jobs/{demo.index['job_id']}"),
    "application": ("Mateo", lambda demo: f"/applications/{demo.application('Adaeze')}"),
    "interview": ("Greta", lambda demo: _pitch_of(demo, "Samuel")),
    "transcript": ("Mateo", lambda demo: f"{_pitch_of(demo, 'Adaeze')}/transcript"),
    "review": ("Mateo", lambda demo: f"{_pitch_of(demo, 'Bruno')}/review"),
    "panel": ("Greta", lambda demo: f"{_pitch_of(demo, 'Adaeze')}/scorecards"),
    "prep-record": ("Mateo", lambda demo: f"/applications/{demo.application('Leilani')}/prep"),
    "materials": ("Mateo", lambda demo: f"/jobs/{demo.index['job_id']}/materials"),
    "questions": ("Mateo", lambda demo: f"/jobs/{demo.index['job_id']}/questions"),
    "facts": ("Mateo", lambda demo: f"/jobs/{demo.index['job_id']}/facts"),
    "rubric": ("Mateo", lambda demo: f"/jobs/{demo.index['job_id']}/rubric"),
    "export": ("Aiko", lambda demo: f"/jobs/{demo.index['job_id']}/export"),
    "people": ("Ingrid", lambda demo: "/people"),
    "audit": ("Ingrid", lambda demo: "/system/audit"),
}


def _pitch_of(demo: Demo, name: str) -> str:
    """Return the path of a candidate's pitch interview; they were scheduled in this order."""
    order = ("Renske", "Adaeze", "Lucas", "Jonas", "Priya", "Samuel", "Bruno")
    return f"/interviews/{order.index(name) + 1}"


@pytest.mark.browser
def test_main_pages_of_the_demo(demo: Demo, new_context: Any, tmp_path: Path) -> None:
    pictures = DOCS if os.environ.get("SCREENSHOTS") else tmp_path / "screenshots"
    looks = os.environ.get("LOOKS")
    pictures.mkdir(parents=True, exist_ok=True)
    pages: dict[str, Page] = {}
    problems: list[str] = []
    for name, (who, path) in {**MAIN, **MORE}.items():
        page = pages.get(who) or pages.setdefault(
            who, signed_in(demo, new_context(viewport=SIZE, reduced_motion="reduce"), who, problems)
        )
        answer = page.goto(demo.url + path(demo), wait_until="networkidle")
        assert answer is not None
        assert answer.status == 200, f"{name}: {answer.status}"
        assert page.locator("h1").count() == 1, name
        page.wait_for_function(f"{FILMS}.every(film => film.readyState === 4 && !film.seeking)")
        if name in MAIN:
            _take(page, pictures / f"{name}.png")
        if looks:
            _look(page, Path(looks), name)
    assert not problems, problems


def _take(page: Page, path: Path) -> None:
    """Take the first screenful in light, in few colours, so that the file stays small."""
    page.evaluate("document.documentElement.dataset.bsTheme = 'light'")
    page.evaluate(f"{FILMS}.forEach(film => film.controls = false)")  # they may show a turning circle for a while
    page.screenshot(path=path)
    with Image.open(path) as taken:
        small = taken.convert("RGB").quantize(96, dither=Image.Dither.NONE)
    small.save(path, optimize=True)
    assert path.stat().st_size < 150_000, path.name


def _look(page: Page, folder: Path, name: str) -> None:
    """Take the whole page in light, in dark and on a phone."""
    page.evaluate("document.documentElement.dataset.bsTheme = 'light'")
    page.screenshot(path=folder / f"{name}.png", full_page=True)
    page.evaluate("document.documentElement.dataset.bsTheme = 'dark'")
    page.screenshot(path=folder / f"{name}-dark.png", full_page=True)
    page.evaluate("document.documentElement.dataset.bsTheme = 'light'")
    page.set_viewport_size({"width": 360, "height": 740})
    page.screenshot(path=folder / f"{name}-phone.png", full_page=True)
    page.set_viewport_size(SIZE)
