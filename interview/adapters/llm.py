"""The models: one question or sound file over the OpenAI protocol within a deadline, or the stand-ins for none.

Whatever the server does becomes a ModelProblem with one sentence; the key is never in one. Knows no room.
"""

from __future__ import annotations

import hashlib
import json
import queue
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from interview.ports import (
    LanguageModel,
    ModelAbout,
    ModelAnswer,
    ModelProblem,
    ModelQuestion,
    ModelTrouble,
    SpeechAbout,
    SpeechModel,
)

if TYPE_CHECKING:
    from interview.adapters.llm_transport import GuardedTransport

Found = TypeVar("Found")

TRIES = 3  # only of what a server certainly did not answer: too busy, or its own failure
WAIT_S = 0.5
REST_AFTER, REST_S = 4, 60.0  # failures in a row, and how long the model is left alone then
DETAIL_CHARACTERS = 300
ANSWER_CHARACTERS_MAX = 1 << 16  # several times what is asked for, thinking included
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # no database takes them, and an answer lost is paid again
_AGAIN = frozenset({ModelTrouble.BUSY, ModelTrouble.FAILING})
_ITS_FAULT = _AGAIN | {ModelTrouble.UNREACHABLE, ModelTrouble.LATE}
OFF = "No language model is set up. Everything else works without one; an admin can name one in the settings."


def language_model(*, base_url: str, api_key: str, name: str, deadline_s: float, **more: Any) -> LanguageModel:
    """Return the door to the model that the settings name, or its stand-in when they name none."""
    if not base_url:
        return NullModel()
    return OpenAIModel(
        Reach(base_url, name, api_key, deadline_s, more.pop("allow_private"), more.pop("temperature")), **more
    )


def speech_model(*, base_url: str, api_key: str, name: str, deadline_s: float, **more: Any) -> SpeechModel:
    """Return the door to the model that writes down speech, or its stand-in when the settings name none."""
    if not base_url:
        return NullSpeech()
    return OpenAISpeech(Reach(base_url, name, api_key, deadline_s, more.pop("allow_private")), **more)


class NullSpeech:
    """The stand-in: says that there is no model for speech, and connects nowhere."""

    about = SpeechAbout()

    def write_down(self, path: Path, *, response_format: str, idempotency_key: str) -> str:
        """Raise ModelProblem."""
        raise ModelProblem(ModelTrouble.OFF, "No model that writes down speech is set up. Upload a transcript instead.")


class NullModel:
    """The stand-in: says that there is no model, and connects nowhere."""

    about = ModelAbout()

    def ask(self, question: ModelQuestion) -> ModelAnswer:
        """Raise ModelProblem."""
        raise ModelProblem(ModelTrouble.OFF, OFF)


@dataclass(frozen=True)
class Reach:
    """Where a model is and how it may be reached."""

    base_url: str
    name: str
    api_key: str = field(repr=False)
    deadline_s: float = 30
    allow_private: bool = False
    temperature: float | None = None


class _Server:
    """A server of the protocol that is asked one thing at a time; whatever it does becomes a ModelProblem."""

    def __init__(
        self,
        reach: Reach,
        *,
        sleep: Callable[[float], None] = time.sleep,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self.reach, self._sleep, self._steady = reach, sleep, steady
        self.key = hashlib.sha256(f"{reach.base_url}\n{reach.name}".encode()).hexdigest()
        self.host = urlsplit(reach.base_url).netloc
        self._mutex = threading.Lock()
        self._failures_in_a_row = 0
        self._rests_until = 0.0

    def ask(self, send: Callable[[Any], object], read: Callable[[bytes, int], Found]) -> Found:
        """Send with the SDK's client and read the bytes of the answer. Raises ModelProblem, and nothing else."""
        from interview.adapters import llm_transport  # noqa: F401 (0.8 s with the SDK: no page pays it, nor an answer)

        begun = self._steady()
        deadline = begun + self.reach.deadline_s
        with self._mutex:
            if begun < self._rests_until:
                raise ModelProblem(
                    ModelTrouble.RESTING,
                    "The language model failed several times in a row and is left alone for a minute. Try again then.",
                )
        for tries_left in reversed(range(TRIES)):
            try:
                found = self._within(deadline, lambda: self._try(send, read, deadline, begun))
            except ModelProblem as problem:
                wait_s = problem.retry_after_s
                wait_s = WAIT_S * 2 ** (TRIES - 1 - tries_left) if wait_s is None else wait_s
                if problem.trouble in _AGAIN and tries_left and self._steady() + wait_s < deadline:
                    self._sleep(wait_s)
                    continue
                self._remember(problem.trouble in _ITS_FAULT)
                raise
            self._remember(False)
            return found
        raise AssertionError("the last try returns or raises")

    def _remember(self, failed: bool) -> None:
        with self._mutex:
            self._failures_in_a_row = self._failures_in_a_row + 1 if failed else 0
            if self._failures_in_a_row >= REST_AFTER:
                self._rests_until, self._failures_in_a_row = self._steady() + REST_S, 0

    def _within(self, deadline: float, call: Callable[[], Found]) -> Found:
        """Call in a thread of its own: a timeout of a read does not end an answer that comes a byte at a time."""
        outcome: queue.SimpleQueue[tuple[Found | None, ModelProblem | None]] = queue.SimpleQueue()

        def work() -> None:
            try:
                outcome.put((call(), None))
            except ModelProblem as problem:
                outcome.put((None, problem))
            except BaseException as problem:  # the one seam: no shape of an answer may surface as anything else
                outcome.put((None, ModelProblem(ModelTrouble.SHAPE, _SHAPE, detail=type(problem).__name__)))

        threading.Thread(target=work, name="language-model", daemon=True).start()
        try:
            found, problem = outcome.get(timeout=max(0.0, deadline - self._steady()))
        except queue.Empty:
            raise self._late() from None
        if problem is not None:
            raise problem from None
        assert found is not None
        return found

    def _late(self) -> ModelProblem:
        sentence = f"The language model did not finish its answer within {self.reach.deadline_s:g} seconds."
        return ModelProblem(ModelTrouble.LATE, sentence)

    def _try(
        self, send: Callable[[Any], object], read: Callable[[bytes, int], Found], deadline: float, begun: float
    ) -> Found:
        import httpx2
        import openai

        from interview.adapters.llm_transport import GuardedTransport

        left_s = max(0.05, deadline - self._steady())
        transport = GuardedTransport(allow_private=self.reach.allow_private, is_over=lambda: self._steady() > deadline)
        with httpx2.Client(transport=transport, follow_redirects=False, trust_env=False, timeout=left_s) as http:
            client = openai.OpenAI(
                base_url=self.reach.base_url,
                api_key=self.reach.api_key or "none",  # some servers of one's own ask for any key
                http_client=http,
                max_retries=0,
                timeout=left_s,
            )
            try:
                send(client)
            except openai.APIStatusError:
                pass  # read below, as every status is
            except openai.APITimeoutError:
                raise self._late() from None
            except openai.APIConnectionError:
                pass  # the transport knows why
        return read(self._content(transport), round((self._steady() - begun) * 1000))

    def _content(self, transport: GuardedTransport) -> bytes:
        if transport.problem is not None:
            raise transport.problem
        if transport.status is None:
            raise ModelProblem(ModelTrouble.UNREACHABLE, f"The language model's server {self.host} cannot be reached.")
        if not 200 <= transport.status < 300:
            raise self._status_problem(transport.status, transport.headers, transport.content)
        return transport.content

    def _status_problem(self, status: int, headers: dict[str, str], content: bytes) -> ModelProblem:
        detail = self._without_key(error_words(content))
        if 300 <= status < 400:
            return ModelProblem(
                ModelTrouble.REDIRECT,
                "The language model's address leads on to another one, which is not followed. Correct the base URL.",
            )
        if status in (401, 403):
            return ModelProblem(
                ModelTrouble.KEY,
                f"The language model refuses the key (status {status}). Check MODEL_API_KEY.",
                detail=detail,
            )
        if status in (404, 405):
            return ModelProblem(
                ModelTrouble.UNKNOWN,
                f"The language model's server does not know this address or this model (status {status}). "
                "Check MODEL_BASE_URL and MODEL_NAME.",
                detail=detail,
            )
        if status == 429:
            wait_s = _seconds(headers.get("retry-after", ""))
            when = f" in {wait_s:.0f} seconds" if wait_s else " later"
            return ModelProblem(
                ModelTrouble.BUSY,
                f"The language model is asked too often or its quota is used up. Try again{when}.",
                detail=detail,
                retry_after_s=wait_s,
            )
        if status in (500, 502, 503):
            return ModelProblem(
                ModelTrouble.FAILING,
                f"The language model's server failed (status {status}). Try again later.",
                detail=detail,
                retry_after_s=_seconds(headers.get("retry-after", "")),
            )
        if status >= 500:  # whether it worked on it, and charged for it, nobody knows: not tried again by itself
            sentence = f"The language model's server failed (status {status}). Try again later."
            return ModelProblem(ModelTrouble.LATE, sentence, detail=detail)
        return ModelProblem(
            ModelTrouble.REFUSED, f"The language model refused the request (status {status}).", detail=detail
        )

    def _without_key(self, words: str) -> str:
        return words.replace(self.reach.api_key, "[key]") if self.reach.api_key else words


class OpenAIModel:
    """A ports.LanguageModel on the openai SDK; its `create` is used for the request, never its reading of answers."""

    def __init__(
        self,
        reach: Reach,
        *,
        context_tokens: int = 32_000,
        run_tokens_max: int = 200_000,
        input_price: Decimal | None = None,
        output_price: Decimal | None = None,
        currency: str = "USD",
        **clock: Any,
    ) -> None:
        self.reach, self._server = reach, _Server(reach, **clock)
        self.about = ModelAbout(
            is_on=True,
            key=self._server.key,
            host=self._server.host,
            name=reach.name,
            context_tokens=context_tokens,
            run_tokens_max=run_tokens_max,
            takes_temperature=reach.temperature is not None,
            input_price=input_price,
            output_price=output_price,
            currency=currency,
        )

    def ask(self, question: ModelQuestion) -> ModelAnswer:
        """Ask within the deadline. Raises ModelProblem, and nothing else, with a sentence for people."""
        arguments = self._arguments(question)
        return self._server.ask(lambda client: client.chat.completions.with_raw_response.create(**arguments), answer_of)

    def _arguments(self, question: ModelQuestion) -> dict[str, Any]:
        arguments: dict[str, Any] = {
            "model": self.reach.name,
            "messages": [
                {"role": "system", "content": question.system},
                {"role": "user", "content": question.user},
            ],
        }
        if question.response_format:
            arguments["response_format"] = dict(question.response_format)
        if question.limit_name:
            arguments[question.limit_name] = question.answer_tokens_max
        if question.with_temperature and self.reach.temperature is not None:
            arguments["temperature"] = self.reach.temperature
        if question.idempotency_key:
            arguments["extra_headers"] = {"Idempotency-Key": question.idempotency_key}
        return arguments


class OpenAISpeech:
    """A ports.SpeechModel on the openai SDK."""

    def __init__(
        self, reach: Reach, *, minute_price: Decimal | None = None, currency: str = "USD", **clock: Any
    ) -> None:
        self.reach, self._server = reach, _Server(reach, **clock)
        self.about = SpeechAbout(True, self._server.key, self._server.host, reach.name, minute_price, currency)

    def write_down(self, path: Path, *, response_format: str, idempotency_key: str) -> str:
        """Return the JSON that the model answers for a sound file, unread. Raises ModelProblem, and nothing else."""
        arguments: dict[str, Any] = {"model": self.reach.name, "response_format": response_format}
        if response_format == "diarized_json":
            arguments["chunking_strategy"] = "auto"  # asked for above 30 seconds
        if response_format == "verbose_json":
            arguments["timestamp_granularities"] = ["segment"]
        content = path.read_bytes()
        return self._server.ask(
            lambda client: client.audio.transcriptions.with_raw_response.create(
                file=("part.ogg", content, "audio/ogg"),
                extra_headers={"Idempotency-Key": idempotency_key},
                **arguments,
            ),
            lambda answer, _: json_of(answer),
        )


_SHAPE = "The language model's server answered in a shape that is not of the OpenAI protocol."


def answer_of(content: bytes, took_ms: int = 0) -> ModelAnswer:
    """Read the body of a chat completion without trusting it. Raises ModelProblem."""
    said = json.loads(json_of(content))
    choice = _first(said.get("choices")) if isinstance(said, dict) else None
    message = choice.get("message") if choice else None
    if choice is None or not isinstance(message, dict):
        raise ModelProblem(ModelTrouble.SHAPE, _SHAPE)
    finish = choice.get("finish_reason")
    if finish == "content_filter":
        raise ModelProblem(ModelTrouble.FILTERED, "The language model's content filter held its answer back.")
    if message.get("refusal"):
        raise ModelProblem(ModelTrouble.DECLINED, "The language model declined to answer.")
    text = _storable(_text(message.get("content")))
    if not text.strip():
        raise ModelProblem(ModelTrouble.EMPTY, "The language model gave an answer without words.")
    if len(text) > ANSWER_CHARACTERS_MAX:
        raise ModelProblem(
            ModelTrouble.LARGE, "The language model's answer is larger than anything that was asked for."
        )
    usage = said.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    return ModelAnswer(
        text=text,
        finish=_storable(finish) if isinstance(finish, str) else "",
        input_tokens=_count(usage.get("prompt_tokens")),
        output_tokens=_count(usage.get("completion_tokens")),
        took_ms=took_ms,
    )


def json_of(content: bytes) -> str:
    """Return a body that is JSON as text. Raises ModelProblem saying what it is instead."""
    try:
        text = content.decode("utf-8")
        json.loads(text)
    except (ValueError, RecursionError):
        start = content.lstrip()[:200].lower()
        if start.startswith(b"<"):
            sentence = (
                "The language model's address answers with a web page. Is the base URL right, is a proxy between?"
            )
        elif not start:
            sentence = "The language model's server gave an empty answer."
        else:
            sentence = "The language model's server gave an answer that is not JSON."
        raise ModelProblem(ModelTrouble.NOT_JSON, sentence) from None
    return text


def error_words(content: bytes) -> str:
    """Return what a server says of its refusal: the message of its JSON, else nothing."""
    try:
        said = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError):
        return ""
    error = said.get("error", said) if isinstance(said, dict) else said
    message = error.get("message") if isinstance(error, dict) else error
    words = message if isinstance(message, str) else json.dumps(error, ensure_ascii=False)
    return _storable(" ".join(words.split())[:DETAIL_CHARACTERS])


def _storable(text: str) -> str:
    return _UNSTORABLE.sub("\ufffd", text)


def _first(choices: object) -> dict[str, Any] | None:
    first = choices[0] if isinstance(choices, list) and choices else None
    return first if isinstance(first, dict) else None


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "".join(part["text"] for part in parts if isinstance(part, dict) and isinstance(part.get("text"), str))


def _count(value: object) -> int | None:
    return value if type(value) is int and 0 <= value < 2**31 else None


def _seconds(header: str) -> float | None:
    try:
        seconds = float(header)
    except ValueError:
        return None
    return seconds if 0 <= seconds < 1e6 else None
