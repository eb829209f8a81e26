"""An independent client of the protocol: plain HTTP, a cookie jar, what WATCH.md says. Knows no code of the product.

Time is the stage's: playing ten seconds moves the clock by ten seconds and takes none.
"""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any, Protocol
from urllib.parse import urlencode, urlsplit

BEAT_MS = 10_000
THINKING_S = 3.0  # how long somebody takes to read a checkpoint and answer it


class Time(Protocol):
    """What a player needs of time."""

    def forward(self, seconds: float) -> None:
        """Let time pass."""

    def true_ms(self) -> int:
        """Return the time that passed since some start."""


class Unexpected(AssertionError):
    """The server answered something else than it should."""


@dataclass(frozen=True)
class Answer:
    """One HTTP answer."""

    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def text(self) -> str:
        """Return the body as text."""
        return self.content.decode("utf-8", "replace")

    def json(self) -> dict[str, Any]:
        """Return the body as a JSON object; an empty one where it is none."""
        try:
            found = json.loads(self.content)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def reason(self) -> str:
        """Return the machine word of an answer of the protocol."""
        return str(self.json().get("reason", ""))


@dataclass
class Visitor:
    """A browser without a screen: cookies, a CSRF token, an address on the net, a new connection for each request."""

    base_url: str
    address: str
    cookies: dict[str, str] = field(default_factory=dict)
    token: str = ""
    agent: str = "Mozilla/5.0 (X11; Linux x86_64) Player"

    def ask(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Answer:
        """Send one request over a connection of its own; redirects are not followed."""
        host = urlsplit(self.base_url)
        connection = http.client.HTTPConnection(host.hostname or "", host.port or 80, timeout=30)
        sent = {"X-Forwarded-For": self.address, "User-Agent": self.agent, "Connection": "close", **(headers or {})}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        try:
            connection.request(method, path, body, sent)
            came = connection.getresponse()
            content = came.read()
        finally:
            connection.close()
        for line in came.headers.get_all("Set-Cookie") or []:
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
        return Answer(came.status, {name.lower(): value for name, value in came.headers.items()}, content)

    def get(self, path: str, **headers: str) -> Answer:
        """GET an address."""
        return self.ask("GET", path, headers={"Accept": "text/html,*/*", **headers})

    def csrf(self, path: str = "/no-such-page") -> str:
        """Return the CSRF token that every page carries."""
        found = re.search(r'name="csrf-token" content="([^"]+)"', self.get(path).text)
        self.token = found[1] if found else ""
        return self.token

    def form(self, path: str, fields: dict[str, str] | None = None, *, token: str | None = None) -> Answer:
        """POST a form with its CSRF token."""
        token = self.csrf() if token is None else token
        body = urlencode({"csrf_token": token, **(fields or {})}).encode()
        return self.ask("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})

    def send_json(self, path: str, body: object, *, method: str = "POST", token: str | None = None) -> Answer:
        """Send JSON with the CSRF token in its header; an empty token sends none."""
        token = (self.token or self.csrf()) if token is None else token
        headers = {"Content-Type": "application/json", **({"X-CSRFToken": token} if token else {})}
        return self.ask(method, path, json.dumps(body).encode(), headers)

    def open_link(self, path: str) -> Answer:
        """Open a personal or sign-in link as a person does: the page, then its one button."""
        answer = self.form(path, token=self.csrf(path))
        self.token = ""  # whatever it was good for: this is another session
        return answer


@dataclass
class Player:
    """A candidate's player on one piece of material."""

    visitor: Visitor
    time: Time
    material_id: int
    lease: str = ""
    seq: int = 0
    opened_ms: int = 0
    opened: dict[str, Any] = field(default_factory=dict)
    on_open: Callable[[], None] = lambda: None
    answers_checks: bool = True
    knows: Callable[[dict[str, Any]], object] | None = None  # answers content questions
    met_count: int = 0

    def elsewhere(self, visitor: Visitor | None = None, material_id: int | None = None) -> Player:
        """Return the same candidate's player on another device or another film."""
        other = Player(visitor or self.visitor, self.time, material_id or self.material_id)
        other.on_open, other.answers_checks, other.knows = self.on_open, self.answers_checks, self.knows
        return other

    # -- the lease -------------------------------------------------------------------------------------------------

    def ask_lease(self, **fields: object) -> Answer:
        """Ask for a lease and take it up where one is given."""
        self.on_open()
        answer = self.visitor.send_json(f"/watch/{self.material_id}/lease", fields)
        if answer.status == 201:
            self.opened, self.seq, self.opened_ms = answer.json(), 0, self.time.true_ms()
            self.lease = self.opened["lease"]
        return answer

    def open(self, **fields: object) -> Player:
        """Open a lease that must be given."""
        self._expect(self.ask_lease(**fields), 201)
        return self

    @property
    def duration_ms(self) -> int:
        """Return the film's length as the server says."""
        return int(self.opened["duration_ms"])

    @property
    def has_checks(self) -> bool:
        """Say whether the server knows checkpoints."""
        return "checks" in self.opened

    # -- beats -----------------------------------------------------------------------------------------------------

    def beat(self, *pieces: tuple[int, int], speed: float = 1.0, **fields: Any) -> dict[str, Any]:
        """Return the next beat about these pieces; every field may be replaced."""
        self.seq += 1
        mono = max(0, self.time.true_ms() - self.opened_ms)
        segs = [[a, b, round(speed * 100), max(0, mono - round((b - a) / speed)), mono] for a, b in pieces]
        body = {"v": 1, "seq": self.seq, "segs": segs, "pos": pieces[-1][1] if pieces else 0, "state": "playing"}
        return {**body, "mono": mono, "hid": 0, "mut": 0, "qn": 0, **fields}

    def post(self, body: object, *, lease: str | None = None, token: str | None = None) -> Answer:
        """Send a beat, whatever it is."""
        path = f"/watch/lease/{self.lease if lease is None else lease}/beat"
        return self.visitor.send_json(path, body, token=token)

    def raw(self, body: bytes, content_type: str = "application/json", **headers: str) -> Answer:
        """Send bytes where a beat belongs."""
        sent = {"Content-Type": content_type, "X-CSRFToken": self.visitor.token or self.visitor.csrf(), **headers}
        return self.visitor.ask("POST", f"/watch/lease/{self.lease}/beat", body, sent)

    def send(self, *pieces: tuple[int, int], status: int = 200, **fields: Any) -> dict[str, Any]:
        """Send a good beat and return its answer."""
        return self._expect(self.post(self.beat(*pieces, **fields)), status)

    @staticmethod
    def _expect(answer: Answer, status: int) -> dict[str, Any]:
        if answer.status != status:
            raise Unexpected(f"answered {answer.status} instead of {status}: {answer.text[:200]}")
        return answer.json()

    # -- playing ---------------------------------------------------------------------------------------------------

    def play(
        self, start: int, end: int, *, speed: float = 1.0, every_ms: int = BEAT_MS, **fields: Any
    ) -> dict[str, Any]:
        """Play a stretch, a beat every ten seconds, answering what is asked on the way; return the last answer."""
        answer: dict[str, Any] = {}
        at, end = start, min(end, self.duration_ms)
        while at < end:
            upto = min(end, at + round(every_ms * speed))
            self.time.forward((upto - at) / speed / 1000)
            state = "ended" if upto >= self.duration_ms else "playing"
            answer = self.send((at, upto), speed=speed, **{"state": state, **fields})
            answer = self.meet(answer)
            at = upto
        return answer

    def play_all(self, *, speed: float = 1.0, **fields: Any) -> dict[str, Any]:
        """Play the film once, then what is left to do, and return the last answer."""
        self.play(0, self.duration_ms, speed=speed, **fields)
        return self.finish(speed=speed, **fields)

    def finish(self, *, speed: float = 1.0, **fields: Any) -> dict[str, Any]:
        """Play what is missing and what is to be played again for checkpoints, as often as the server asks for it."""
        answer = self.send(state="paused")
        for _ in range(12):
            left = [*answer["missing"], *answer.get("unconfirmed", [])]
            if answer["done"] or not left:
                break
            for start, end in left:
                answer = self.play(start, end, speed=speed, **fields) or answer
                if answer["done"]:
                    break
        return answer

    # -- checkpoints -----------------------------------------------------------------------------------------------

    def meet(self, answer: dict[str, Any]) -> dict[str, Any]:
        """Answer the checkpoint that came with a beat, if one did; return the answer that says where things stand."""
        check = answer.get("checkpoint")
        if not check or not self.answers_checks:
            return answer
        self.met_count += 1
        self.time.forward(THINKING_S)
        came = self.answer_check(check, self.right_answer(check))
        return {**answer, **came.json()} if came.status == 200 else answer

    def answer_check(self, check: dict[str, Any], chosen: object, *, lease: str | None = None) -> Answer:
        """Answer a checkpoint."""
        path = f"/watch/lease/{lease or self.lease}/checkpoint/{check['id']}"
        return self.visitor.send_json(path, {"answer": chosen})

    def right_answer(self, check: dict[str, Any]) -> object:
        """Return the right answer: the word that is shown, or what somebody who watched knows."""
        if check["kind"] == "word":
            return str(check["prompt"]).rpartition(": ")[2]
        return self.knows(check) if self.knows else check["options"][0]

    def wrong_answer(self, check: dict[str, Any]) -> object:
        """Return an option that is wrong."""
        return next(one for one in check["options"] if one != self.right_answer(check))

    def play_to_check(self, *, start: int = 0, speed: float = 1.0) -> dict[str, Any] | None:
        """Play on from a position until a checkpoint is asked, and return it without answering."""
        at = start
        while at < self.duration_ms:
            upto = min(self.duration_ms, at + round(BEAT_MS * speed))
            self.time.forward((upto - at) / speed / 1000)
            check: dict[str, Any] | None = self.send((at, upto), speed=speed).get("checkpoint")
            if check:
                return check
            at = upto
        return None

    # -- the rest of the product -----------------------------------------------------------------------------------

    def checklist(self) -> dict[str, Any]:
        """Return the candidate's own checklist."""
        return self.visitor.get("/prep.json").json()

    def item(self) -> dict[str, Any]:
        """Return this film's line of the checklist."""
        items = self.checklist().get("items", [])
        return next((one for one in items if one["kind"] == "material" and one["id"] == self.material_id), {})

    def pitch(self) -> Answer:
        """Ask for the pitch page."""
        return self.visitor.get("/pitch")
