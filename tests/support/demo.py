"""The seeded demo behind a real port, for tests that look at pages with something on them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page

from interview import config
from interview.app import create_app
from interview.web.database import database
from interview.web.limits import limiter
from tests.support.live import serve


@dataclass(frozen=True)
class Demo:
    """The seeded demo, served: its address and its demo.json."""

    url: str
    index: dict[str, Any]
    app: Flask

    def application(self, name: str) -> int:
        """Return a candidate's application by the first name."""
        return next(one["application_id"] for one in self.index["candidates"] if one["name"].startswith(name))

    def link(self, who: str) -> str:
        """Return the path that signs in a person (by first name) or a candidate."""
        named = [*self.index["people"], *self.index["candidates"]]
        one = next(one for one in named if one["name"].startswith(who))
        full: str = one.get("sign_in_url") or one["link"]
        return full.removeprefix(self.index["base_url"])


@pytest.fixture
def demo(sqlite_template: Path, tmp_path: Path) -> Iterator[Demo]:
    """The demo as `demo seed` makes it, on the machine's own clock."""
    path = tmp_path / "pitchproof.sqlite"
    shutil.copy(sqlite_template, path)
    settings = config.load(
        {"DATA_DIR": str(tmp_path), "DATABASE_URL": f"sqlite:///{path}", "DEMO": "0", "SECRET_KEY": "s" * 48}
    )
    app = create_app(settings)
    limiter.enabled = False
    seeded = app.test_cli_runner().invoke(args=["demo", "seed"])
    assert seeded.exit_code == 0, seeded.output
    server, url = serve(app)
    yield Demo(url, json.loads((tmp_path / "demo.json").read_text("utf-8")), app)
    server.shutdown()
    with app.app_context():
        database.engine.dispose()


def signed_in(demo: Demo, context: Any, who: str, problems: list[str]) -> Page:
    """Sign somebody of the demo in and note every script error of the page."""
    page: Page = context.new_page()
    page.on("pageerror", lambda error: problems.append(f"{page.url}: {error}"))
    page.goto(demo.url + demo.link(who))
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_load_state()
    return page
