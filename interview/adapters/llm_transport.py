"""How a model's server is connected to: addresses checked as they are resolved, answers capped in bytes and time.

Knows HTTP and nothing of models; imported where a call is made, because its packages take their time.
"""

from __future__ import annotations

import ipaddress
import socket
import zlib
from collections.abc import Callable, Iterable
from typing import Any

import httpcore2
import httpx2
import openai  # noqa: F401 (loaded here, with the rest of what takes its time)

from interview.ports import ModelProblem, ModelTrouble

REPLY_MAX_BYTES = 1 << 20
_DECODINGS = {"gzip": 31, "x-gzip": 31, "deflate": 15}


class GuardedTransport(httpx2.HTTPTransport):
    """A transport for one request that reads the whole answer itself; what it found stays on it."""

    def __init__(self, *, allow_private: bool, is_over: Callable[[], bool]) -> None:
        super().__init__(verify=_TRUST, trust_env=False)
        self._pool.close()
        self._pool = httpcore2.ConnectionPool(ssl_context=_TRUST, network_backend=_Checked(allow_private, self))
        self._is_over = is_over
        self.problem: ModelProblem | None = None
        self.status: int | None = None
        self.headers: dict[str, str] = {}
        self.content = b""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send the request and read its whole answer, within the limits."""
        request.headers["Accept-Encoding"] = "identity"
        answer = super().handle_request(request)
        headers = {name.lower(): value for name, value in answer.headers.items()}
        try:
            content = self._inflated(self._raw(answer), headers.get("content-encoding", "identity").strip().lower())
        except httpx2.TransportError as problem:
            if self.problem is None and not isinstance(problem, httpx2.TimeoutException):
                self.problem = ModelProblem(ModelTrouble.CUT, "The language model's answer broke off half way.")
            raise
        finally:
            answer.close()
        self.status, self.headers, self.content = answer.status_code, headers, content
        # An answer for the SDK alone, which reads what it expects: ours is read from `content`.
        return httpx2.Response(answer.status_code, headers={"content-type": "text/plain"}, content=b"", request=request)

    def _raw(self, answer: httpx2.Response) -> bytes:
        taken = bytearray()
        assert isinstance(answer.stream, Iterable)
        for chunk in answer.stream:
            taken += chunk
            if len(taken) > REPLY_MAX_BYTES:
                raise self._refuse(ModelTrouble.LARGE, _LARGE)
            if self._is_over():
                raise httpx2.ReadTimeout("over")
        return bytes(taken)

    def _inflated(self, raw: bytes, encoding: str) -> bytes:
        if encoding in ("", "identity"):
            return raw
        if encoding not in _DECODINGS:
            raise self._refuse(
                ModelTrouble.NOT_JSON, "The language model's answer is packed in a way nobody asked for."
            )
        inflating = zlib.decompressobj(_DECODINGS[encoding])
        try:
            content = inflating.decompress(raw, REPLY_MAX_BYTES + 1)
        except zlib.error:
            raise self._refuse(ModelTrouble.NOT_JSON, "The language model's answer cannot be unpacked.") from None
        if len(content) > REPLY_MAX_BYTES:
            raise self._refuse(ModelTrouble.LARGE, _LARGE)
        return content

    def _refuse(self, trouble: ModelTrouble, sentence: str) -> httpx2.TransportError:
        self.problem = ModelProblem(trouble, sentence)
        return httpx2.ReadError(sentence)


_TRUST = httpx2.create_ssl_context()
_LARGE = "The language model's answer is larger than 1 MB, so it was not read."


class _Checked(httpcore2.NetworkBackend):
    """Resolves a name once, checks every address it may connect to, and connects to that very address."""

    def __init__(self, allow_private: bool, transport: GuardedTransport) -> None:
        self._allow_private, self._transport = allow_private, transport
        self._inner: Any = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> Any:
        """Connect, where that is allowed."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError:
            raise httpcore2.ConnectError("the name is not known") from None
        addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
        if not self._allow_private and not all(_is_public(one) for one in addresses):
            self._transport.problem = ModelProblem(
                ModelTrouble.ADDRESS,
                "The language model's address leads into a private network, which is not allowed. "
                "Set MODEL_ALLOW_PRIVATE=1 if it is meant.",
            )
            raise httpcore2.ConnectError("not allowed")
        problem: Exception = httpcore2.ConnectError("no address")
        for address in addresses[:4]:
            try:
                return self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as refused:
                problem = refused
        raise problem


def _is_public(address: str) -> bool:
    one = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(one, "ipv4_mapped", None) or getattr(one, "sixtofour", None)
    return (mapped or one).is_global and not one.is_multicast
