"""A real server for browser tests: the test's application in a thread of its own, on a free port of 127.0.0.1.

Import the `live` fixture in tests/conftest.py; it runs on both databases as `app` does, with the system's clock.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from playwright.sync_api import Page
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from interview.access import SYSTEM
from interview.db import writing
from interview.people import service as people
from interview.people.models import Person
from tests.support.cast import Cast


class _Quiet(WSGIRequestHandler):
    """HTTP/1.1 without a line per request."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: object = "-", size: object = "-") -> None:
        pass


@dataclass
class Live:
    """The running server and who can use it."""

    url: str
    cast: Cast

    def sign_in(self, page: Page, name: str) -> None:
        """Sign a member of the cast in, through the page a person would use."""
        cast = self.cast
        if name in cast.links:
            page.goto(f"{self.url}/c/{cast.links[name]}")
        else:
            with writing(cast.session):
                person = cast.session.get_one(Person, cast.person_ids[name])
                token = people.make_sign_in_link(cast.session, SYSTEM, person, now=cast.clock.now())
            page.goto(f"{self.url}/sign-in/{token}")
        page.locator("main form button[type=submit]").first.click()
        page.wait_for_load_state()


def serve(app: Flask) -> tuple[BaseWSGIServer, str]:
    """Start serving on a free port; returns the server and its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_port}"


@pytest.fixture
def live(app: Flask, cast: Cast) -> Iterator[Live]:
    """The cast's application, served on a real port."""
    server, url = serve(app)
    yield Live(url, cast)
    server.shutdown()
