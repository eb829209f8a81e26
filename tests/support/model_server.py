"""A server that speaks the OpenAI protocol over real HTTP on a free port, and behaves as it is told to.

A behaviour is a function of a request (Asked) that sends an answer. The named ones are what servers were seen to do, or
could do to harm somebody; `good` reads the question and answers it as asked.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Body = dict[str, Any]


@dataclass
class Asked:
    """One request, and how to answer it."""

    path: str
    headers: Mapping[str, str]
    body: Body
    raw: bytes
    number: int  # of requests so far, from 1
    handler: BaseHTTPRequestHandler
    hold: threading.Event  # set when the server stops: what hangs waits for it

    @property
    def material(self) -> Body:
        """The JSON of the user's message."""
        found: Body = json.loads(self.body["messages"][1]["content"])
        return found

    def field(self, name: str) -> str:
        """A field of a form with a file, or an empty text."""
        found = re.search(rb'name="%s(?:\[\])?"\r\n\r\n(.*?)\r\n' % name.encode(), self.raw)
        return found.group(1).decode() if found else ""

    @property
    def segments(self) -> list[Body]:
        """The segments in the question."""
        return list(self.material["segments"])

    def send(
        self,
        body: bytes | str | Any,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        content_type: str = "application/json",
        length: int | None = None,
    ) -> None:
        """Send an answer; what is neither text nor bytes as JSON."""
        data = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
        self.handler.send_response(status)
        sent = {"Content-Type": content_type, "Content-Length": str(len(data) if length is None else length)}
        for name, value in (sent | dict(headers or {})).items():
            self.handler.send_header(name, value)
        self.handler.end_headers()
        self.handler.wfile.write(data)

    def complete(self, content: Any, finish: str = "stop", usage: Body | None = None, **message: Any) -> None:
        """Send a chat completion with this content (JSON unless it is text)."""
        text = content if isinstance(content, str) or content is None else json.dumps(content, ensure_ascii=False)
        counted = {"prompt_tokens": max(1, len(self.raw) // 4), "completion_tokens": max(1, len(text or "") // 4)}
        self.send(
            {
                "id": "x",
                "object": "chat.completion",
                "created": 1,
                "model": self.body.get("model", ""),
                "choices": [
                    {"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": text, **message}}
                ],
                "usage": counted if usage is None else usage,
            }
        )

    def refuse(self, message: str, status: int = 400) -> None:
        """Send an error of the protocol."""
        self.send({"error": {"message": message, "type": "invalid_request_error", "param": None}}, status)


Behaviour = Callable[[Asked], None]


@dataclass
class ModelServer:
    """A running server: set `behaviour`, look at `requests`."""

    base_url: str
    behaviour: Behaviour
    requests: list[Asked] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How often it was asked."""
        return len(self.requests)


@contextmanager
def model_server(behaviour: Behaviour | None = None) -> Iterator[ModelServer]:
    """Run a server on a free port of this machine; what hangs is let go at the end."""
    hold, mutex = threading.Event(), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            is_json = self.headers.get("Content-Type", "").startswith("application/json")
            with mutex:
                asked = Asked(
                    self.path, self.headers, json.loads(raw) if is_json else {}, raw, server.count + 1, self, hold
                )
                server.requests.append(asked)
            self.close_connection = True
            with contextlib.suppress(OSError):  # who asked has gone
                server.behaviour(asked)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    server = ModelServer(f"http://127.0.0.1:{http.server_port}/v1", behaviour or good)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        hold.set()
        http.shutdown()
        http.server_close()


# -- answers that a good model would give ----------------------------------------------------------------------------


def claim(asked: Asked, index: int = 0, **changed: Any) -> Body:
    """A claim on one segment of the question that holds: its first words as the quote."""
    segment = asked.segments[index]
    made = {
        "criterion": asked.material["criteria"][0]["key"],
        "text": "How the team works today was talked about.",
        "segment_ids": [segment["id"]],
        "quote": " ".join(segment["text"].split()[:7]),
    }
    return made | changed


def reply(asked: Asked, *claims: Body, **changed: Any) -> Body:
    """A whole answer with these claims."""
    marks = {name: asked.material[name] for name in ("start_mark", "end_mark")}
    return {"claims": list(claims), **marks, **changed}


def good(asked: Asked) -> None:
    """Answer as asked, with a claim on each of the first segments that has enough words."""
    long = [index for index, one in enumerate(asked.segments) if len(one["text"].split()) >= 4][:4]
    keys = [one["key"] for one in asked.material["criteria"]]
    asked.complete(
        reply(
            asked,
            *(
                claim(asked, index, criterion=keys[n % len(keys)], text=f"{GOOD_WORDS[n]} was talked about here.")
                for n, index in enumerate(long)
            ),
        )
    )


GOOD_WORDS = ("How calls are handled today", "What the delay costs", "How the product works", "What it does not do")


def saying(*claims: Callable[[Asked], Body], **changed: Any) -> Behaviour:
    """A behaviour that answers with these claims."""
    return lambda asked: asked.complete(reply(asked, *(one(asked) for one in claims), **changed))


def wrapped(template: str) -> Behaviour:
    """A behaviour that puts a good answer into other text, at {}."""
    return lambda asked: asked.complete(template.replace("{}", json.dumps(reply(asked, claim(asked)))))


def refusing(*names: str) -> Behaviour:
    """A behaviour that answers 400 while the request holds one of these, else as asked.

    json_schema and json_object are kinds of response_format; anything else is an argument."""

    def behave(asked: Asked) -> None:
        kind = asked.body.get("response_format", {}).get("type")
        for name in names:
            if name == kind:
                return asked.refuse(f"'response_format.type' {name} is not supported by this server")
            if name in asked.body and name != "response_format":
                return asked.refuse(f"Unsupported parameter: '{name}' is not supported with this model.")
        return good(asked)

    return behave


def fixed(body: bytes | str, status: int = 200, content_type: str = "application/json", **headers: str) -> Behaviour:
    """A behaviour that always sends the same bytes."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda asked: asked.send(body, status, sent, content_type)


def first(count: int, before: Behaviour, after: Behaviour = good) -> Behaviour:
    """A behaviour for the first requests, then another one."""
    return lambda asked: before(asked) if asked.number <= count else after(asked)


def hang(asked: Asked) -> None:
    """Never answer."""
    asked.hold.wait(30)


def trickle(asked: Asked) -> None:
    """Send a byte at a time, for ever."""
    asked.handler.send_response(200)
    asked.handler.send_header("Content-Type", "application/json")
    asked.handler.send_header("Content-Length", "100000")
    asked.handler.end_headers()
    while not asked.hold.wait(0.02):
        asked.handler.wfile.write(b" ")
        asked.handler.wfile.flush()


def cut(asked: Asked) -> None:
    """Break off in the middle of the body."""
    asked.send('{"choices":[{"message":{"content":"', length=5000)


def enormous(asked: Asked) -> None:
    """Send more than anybody reads."""
    asked.complete("x" * 3_000_000)


def bomb(asked: Asked) -> None:
    """Send 20 MB of zeros in a few kilobytes."""
    asked.send(gzip.compress(b"0" * 20_000_000), headers={"Content-Encoding": "gzip"})
