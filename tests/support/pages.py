"""A test client that inspects every page any test opens, and knows how to send forms."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


class Page(HTMLParser):
    """What the inspection needs to know of one page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text: list[str] = []
        self.title = ""
        self._open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if "title" in self._open and "svg" not in self._open:
            self.title += data
        if not {"script", "style"} & set(self._open):
            self.text.append(data)

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attrs for name, attrs in self.tags if name == tag]

    @property
    def words(self) -> str:
        """The visible text with single spaces."""
        return " ".join(" ".join(self.text).split())


def inspect(html: str, path: str) -> Page:
    """Check what must hold for every page: one h1, a title, unique ids, labelled fields, no inline script or style."""
    page = Page(html)
    assert len(page.all("h1")) == 1, f"{path}: {len(page.all('h1'))} h1 instead of one"
    assert page.title.strip(), f"{path}: no title"
    ids = [attrs["id"] for _, attrs in page.tags if attrs.get("id")]
    assert len(ids) == len(set(ids)), f"{path}: ids twice: {sorted({one for one in ids if ids.count(one) > 1})}"
    labelled = {attrs.get("for") for attrs in page.all("label")}
    for tag in ("input", "select", "textarea"):
        for attrs in page.all(tag):
            if (tag == "input" and attrs.get("type") in {"hidden", "submit", "button"}) or attrs.get(
                "hidden"
            ) is not None:
                continue
            named = attrs.get("id") in labelled or "aria-label" in attrs or "aria-labelledby" in attrs
            assert named, f"{path}: a {tag} named {attrs.get('name')} has no label"
    for tag, attrs in page.tags:
        inline = [name for name in attrs if name == "style" or name.startswith("on")]
        assert not inline, f"{path}: <{tag}> has {inline}, which the policy forbids"
        if tag == "script":
            assert attrs.get("nonce"), f"{path}: a script without a nonce"
        if tag == "img":
            assert "alt" in attrs, f"{path}: an image without alt"
        for attribute in ("aria-describedby", "aria-labelledby", "aria-controls"):
            for one in attrs.get(attribute, "").split():
                assert one in ids, f"{path}: {attribute} names {one}, which is not on the page"
        if tag == "a" and attrs.get("href", "").startswith("#") and len(attrs["href"]) > 1:
            assert attrs["href"][1:] in ids, f"{path}: a link to {attrs['href']}, which is not on the page"
    for attrs in page.all("form"):
        if attrs.get("method", "get").lower() == "post":
            assert 'name="csrf_token"' in html, f"{path}: a form without a CSRF token"
    assert not re.search(r"\{\{|\{%", html), f"{path}: template code on the page"
    return page


class Browser(FlaskClient):
    """A client with a cookie jar of its own; every HTML answer is inspected. CSRF is on, as in the product."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        answer = super().open(*args, **kwargs)
        if answer.mimetype == "text/html" and answer.status_code not in (301, 302, 303, 308):
            inspect(answer.get_data(as_text=True), answer.request.path)
        return answer

    def page(self, path: str, *, status: int = 200) -> Page:
        """GET a page and return it inspected."""
        answer = self.get(path)
        assert answer.status_code == status, f"GET {path}: {answer.status_code}\n{answer.get_data(as_text=True)[-800:]}"
        return Page(answer.get_data(as_text=True))

    def csrf(self) -> str:
        """Return a CSRF token of this browser's session."""
        html = self.get("/gallery-of-nothing").get_data(as_text=True)
        found = re.search(r'name="csrf-token" content="([^"]+)"', html)
        assert found, "no CSRF token on the refusal page"
        return found.group(1)

    def send(self, path: str, data: dict[str, Any] | None = None, *, status: int = 303, **kwargs: Any) -> TestResponse:
        """POST a form with its CSRF token and check the status."""
        answer = self.post(path, data={"csrf_token": self.csrf(), **(data or {})}, **kwargs)
        assert answer.status_code == status, (
            f"POST {path}: {answer.status_code}, wanted {status}\n{Page(answer.get_data(as_text=True)).words[-800:]}"
        )
        return answer

    def send_json(self, path: str, body: Any, *, method: str = "POST", status: int = 200) -> TestResponse:
        """Send JSON with the CSRF header and check the status."""
        answer = self.open(path, method=method, json=body, headers={"X-CSRFToken": self.csrf()})
        assert answer.status_code == status, (
            f"{method} {path}: {answer.status_code}, wanted {status}: {answer.text[:800]}"
        )
        return answer


def browser(app: Flask) -> Browser:
    """Return a fresh browser without cookies."""
    app.test_client_class = Browser
    client = app.test_client()
    assert isinstance(client, Browser)
    return client
