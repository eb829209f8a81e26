"""The Chromium of browser tests: found on the machine or installed, closed to everything but 127.0.0.1.

`python -m tests.support.browser` makes sure of one before the tests; the fixtures stand in for pytest-playwright's.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Playwright, Request, sync_playwright

ON_PATH = ("chromium", "chromium-headless-shell", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
OWN_HOSTS = ("127.0.0.1", "localhost")


class NoBrowser(Exception):
    """There is no Chromium to run the tests in; the message says what to do."""


def find_browser(playwright: Playwright) -> Path | None:
    """Return the Chromium to use: $CHROMIUM, Playwright's own, the first on the PATH; None where there is none.

    Raises NoBrowser when $CHROMIUM names no file.
    """
    named = os.environ.get("CHROMIUM")
    if named:
        path = shutil.which(named)
        if not path:
            raise NoBrowser(
                f"CHROMIUM is {named}, where no program is: name a Chromium, or unset it to have one found."
            )
        return Path(path)
    playwrights_own = Path(playwright.chromium.executable_path)
    if playwrights_own.exists():
        return playwrights_own
    return next((Path(path) for path in map(shutil.which, ON_PATH) if path), None)


def launch_options(playwright: Playwright) -> dict[str, Any]:
    """Return how to launch it; raises NoBrowser where there is none."""
    path = find_browser(playwright)
    if path is None:
        raise NoBrowser("There is no Chromium on this machine: run `make test`, which installs one, or set CHROMIUM.")
    closed = ", ".join(["MAP * ~NOTFOUND", *(f"EXCLUDE {host}" for host in OWN_HOSTS)])
    arguments = [f"--host-resolver-rules={closed}", "--disable-background-networking", "--disable-dev-shm-usage"]
    arguments += [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
    ]  # a camera that is always there
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")
    return {"executable_path": str(path), "args": arguments}


def install_browser() -> None:
    """Install Chromium: as root on Debian its package, else Playwright's build; raises NoBrowser when that fails."""
    ways = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        ways.insert(0, ["apt-get", "install", "-qq", "-y", "--no-install-recommends", "chromium-headless-shell"])
        subprocess.run(["apt-get", "update", "-qq"], check=False)
    for way in ways:
        print("Installing a browser for the tests:", *way[-3:], flush=True)  # noqa: T201
        if subprocess.run(way, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, check=False).returncode == 0:
            return
    raise NoBrowser(
        "The browser tests need Chromium, and none could be installed: install chromium or google-chrome yourself, "
        "or name one with CHROMIUM=/path/to/it, then run `make test` again."
    )


def main() -> None:
    """Leave a browser that starts; raises NoBrowser."""
    with sync_playwright() as playwright:
        if find_browser(playwright) is None:
            install_browser()
        playwright.chromium.launch(**launch_options(playwright)).close()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any], playwright: Playwright) -> dict[str, Any]:
    return {**browser_type_launch_args, **launch_options(playwright)}


@pytest.fixture
def new_context(new_context: Any) -> Iterator[Any]:
    """Give contexts whose pages ask nobody but this machine; a test whose page tried fails and names the address."""
    asked_outside: list[str] = []

    def note(request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in ("http", "https", "ws", "wss") and address.hostname not in OWN_HOSTS:
            asked_outside.append(request.url)

    def watched_context(**options: Any) -> BrowserContext:
        context: BrowserContext = new_context(**options)
        context.on("request", note)
        return context

    yield watched_context
    assert not asked_outside, f"A page asked for what is not served by this machine: {asked_outside}"


if __name__ == "__main__":
    try:
        main()
    except Exception as problem:
        sys.exit(
            f"{problem}" if isinstance(problem, NoBrowser) else f"The browser for the tests does not start: {problem}"
        )
