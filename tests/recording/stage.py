"""What tests of recorded pitches stand on: consent given, parts sent in chunks as a browser does."""

from __future__ import annotations

import hashlib
from typing import Any

from werkzeug.test import TestResponse

from tests.support.pages import Browser

CHUNK = 4_000


def consent(browser: Browser, *, recording: str = "yes") -> None:
    """Answer the consent questions as a candidate."""
    browser.send("/prep/consent", {"recording": recording, "ai": "no"})


class Sender:
    """A client of the protocol of parts, as a browser is: it knows addresses, offsets and hashes, no code."""

    def __init__(self, browser: Browser, base: str = "/pitch/parts") -> None:
        self.browser, self.base, self.token = browser, base, browser.csrf()

    def ask(self, method: str, path: str = "", **how: Any) -> TestResponse:
        headers = {"X-CSRFToken": self.token, "Accept": "application/json", **how.pop("headers", {})}
        return self.browser.open(f"{self.base}{path}", method=method, headers=headers, **how)

    def begin(self, name: str, *, status: int = 201, **told: Any) -> dict[str, Any]:
        answer = self.ask("POST", json={"name": name, "way": "recorded", **told})
        assert answer.status_code == status, answer.text
        return answer.get_json()

    def append(self, part_id: int, content: bytes, offset: int, *, status: int = 200) -> dict[str, Any]:
        answer = self.ask(
            "PATCH",
            f"/{part_id}",
            data=content,
            headers={"Upload-Offset": str(offset)},
            content_type="application/octet-stream",
        )
        assert answer.status_code == status, answer.text
        return answer.get_json()

    def finish(self, part_id: int, content: bytes, *, status: int = 200, **told: Any) -> dict[str, Any]:
        sent = {"sha256": hashlib.sha256(content).hexdigest(), "size_bytes": len(content), "length_ms": 2000, **told}
        answer = self.ask("POST", f"/{part_id}/finish", json=sent)
        assert answer.status_code == status, answer.text
        return answer.get_json()

    def send(self, name: str, content: bytes, **told: Any) -> int:
        """Send a whole part; returns its id."""
        part_id = self.begin(name, **told)["id"]
        for at in range(0, len(content), CHUNK):
            self.append(part_id, content[at : at + CHUNK], at)
        self.finish(part_id, content)
        return int(part_id)
