"""Every page there is, opened in the seeded demo by somebody who may: 0 axe violations, nothing wider than a phone.

Walks the routes, so that a new page is looked at without anybody remembering to.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.support.axe import assert_accessible
from tests.support.demo import Demo, signed_in

WHO = ("Mateo", "Aiko", "Ingrid", "Chidi", "Tomasz", "Leilani", "Samuel")  # of every role, then candidates
ELSEWHERE = {  # the demo cannot open these; who looks at them
    "people.first_run": "only while nobody has an account: tests/people/test_pages.py",
    "watch.elsewhere.go": "leads to another site: tests/watch/test_browser_elsewhere.py",
    "watch.segment": "a part of a film, behind a key: tests/watch/test_views_streams.py",
    "recording.part": "how many bytes are here, for a script: tests/recording/test_views.py",
    "recording.own_media": "a film: tests/recording/test_views.py",
    "recording.team_part": "how many bytes are here, for a script: tests/recording/test_views.py",
    "recording.media": "a film: tests/journeys/test_reviewed_pitch.py",
    "exercise.requests": "only where the rubric is the feature budget: tests/exercise/test_browser.py",
    "summary.progress": "only while there is a model: tests/summary",
    "summary.test_progress": "only while there is a model: tests/summary",
    "summary.difference": "only with two summaries, which the demo has no model for: tests/summary",
    "transcription.progress": "only while there is a model: tests/transcription",
    "export.fetch": "a file, made only above a thousand applications: tests/export",
}


def paths(demo: Demo, rule: Any) -> list[str]:
    """Return addresses to try for a route: ids that exist in the demo."""
    links = [demo.index["candidates"][-1]["link"], demo.index["people"][0]["sign_in_url"]]
    token = next(
        (link.rsplit("/", 1)[1] for link in links if link.startswith(demo.index["base_url"] + rule.rule[:3])), ""
    )
    found = []
    for number in (3, 1, 5, 2):
        path = re.sub(r"<[^<>]*token>", token, rule.rule)
        path = re.sub(r"<(?:int:)?(?:job_id|material_id|version|version_id)>", "1", path)
        found.append(re.sub(r"<(?:\w+:)?\w+>", str(number), path))
    return list(dict.fromkeys(found))


@pytest.mark.browser
def test_every_page_of_the_demo_is_accessible(demo: Demo, new_context: Any) -> None:
    problems: list[str] = []
    windows: dict[str, Page] = {}
    for who in WHO:
        windows[who] = signed_in(demo, new_context(reduced_motion="reduce"), who, problems)
    windows["nobody"] = new_context(reduced_motion="reduce").new_page()
    begin_an_attempt(windows["Leilani"], demo)
    begin_a_draft(windows["Mateo"], demo)
    unopened = []
    for rule in demo.app.url_map.iter_rules():
        programs = rule.rule.startswith("/api/") or rule.endpoint in ("static", "metrics", "readyz")
        if "GET" not in (rule.methods or ()) or programs or rule.endpoint in ELSEWHERE:
            continue
        kind = open_it(demo, rule, windows)
        if kind is None:
            unopened.append(rule.rule)
    assert not unopened, f"nobody could open {unopened}"
    assert not problems, problems


def begin_an_attempt(page: Page, demo: Demo) -> None:
    page.goto(demo.url + "/prep/knowledge")
    page.get_by_role("button", name="Try again").click()
    page.wait_for_load_state()


def begin_a_draft(page: Page, demo: Demo) -> None:
    page.goto(demo.url + "/rubrics/1")
    page.get_by_role("button", name="Write the next version").click()
    page.wait_for_load_state()


def open_it(demo: Demo, rule: Any, windows: dict[str, Page]) -> str | None:
    """Open a route as the first who may; look at it when it is a page; return its media type."""
    for path in paths(demo, rule):
        for page in windows.values():
            answer = page.request.get(demo.url + path, max_redirects=0)
            if answer.status != 200:
                continue
            kind = answer.headers["content-type"].split(";")[0]
            if kind == "text/html":
                page.goto(demo.url + path)
                assert_accessible(page)
            return kind
    return None
