"""Calls to other people's servers: the same data in the form each of them takes, compared before anything counts."""

from __future__ import annotations

import base64
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import grpc
from attrs import evolve, field, frozen

from benchmarks.messages import block, framed

from .programs import Sample, h2load, wrk

GRPC_HEADERS = {"content-type": "application/grpc", "te": "trailers"}
PATIENCE = 10.0
Document = Any
"""What JSON holds."""


def text_of(size: int) -> str:
    """The data in base64: none of these servers is made to decode it, Athena is."""
    return base64.b64encode(block(size)).decode()


@frozen
class JsonLoad:
    """JSON over HTTP/1.1.

    Attributes:
        path: Of the call.
        document: What is sent.
        found: The keys that lead to the echo in the answer; None where the answer is the echo, as text.
        size: Bytes of data.
        at_once: Connections, each with one call under way.
    """

    path: str
    document: Document
    found: Sequence[str | int] | None
    size: int = 128
    at_once: int = 32

    def check(self, url: str) -> int:
        request = urllib.request.Request(url + self.path, self._body(), _JSON, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as response:
                answer: bytes = response.read()
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{error.code} for {self.path}: {error.read()[:300]!r}") from error
        value = answer if self.found is None else json.loads(answer)
        for key in self.found or ():
            value = value[key]
        assert base64.b64decode(value) == block(self.size), f"the answer holds other data: {answer[:200]!r}"
        return len(answer)

    def run(self, url: str, seconds: float, core: int) -> Sample:
        return wrk(url + self.path, self._body(), _JSON, connections=self.at_once, seconds=seconds, core=core)

    def _body(self) -> bytes:
        return json.dumps(self.document).encode()


_JSON = {"Content-Type": "application/json"}


@frozen
class RpcLoad:
    """Unary calls over gRPC.

    Attributes:
        method: ``/package.Service/Method``.
        message: What is sent.
        echo: The bytes that have to be in the answer.
        metadata: What the server wants beside.
        at_once: Calls under way.
    """

    method: str
    message: bytes
    echo: bytes
    metadata: Mapping[str, str] = field(factory=dict)
    at_once: int = 32
    _answers: dict[str, int] = field(factory=dict, init=False, repr=False)

    def check(self, url: str) -> int:
        with grpc.insecure_channel(url.partition("://")[2]) as channel:
            call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(self.method)
            answer = call(self.message, timeout=PATIENCE, metadata=tuple(self.metadata.items()))
        assert self.echo in answer, f"the answer holds other data: {answer[:200]!r}"
        self._answers[url] = len(framed(answer))
        return self._answers[url]

    def run(self, url: str, seconds: float, core: int) -> Sample:
        answer = self._answers.get(url) or self.check(url)
        http = f"http://{url.partition('://')[2]}{self.method}"
        headers = {**GRPC_HEADERS, **self.metadata}
        body = framed(self.message)
        return h2load(http, body, headers, streams=self.at_once, seconds=seconds, core=core, answer=answer)


class Results:
    """The stream on which upstream's SDK sends every result. One for good: a second one would never be answered."""

    def __init__(self, url: str, echo: bytes) -> None:
        self._channel = grpc.insecure_channel(url.partition("://")[2])
        self._echo = echo
        self.good = self.bad = 0
        self.came = threading.Event()
        self.ready = False
        stream: grpc.StreamStreamMultiCallable[bytes, bytes] = self._channel.stream_stream(f"{_UPSTREAM}/communicate")
        self._call = stream(self._nothing(), wait_for_ready=True)
        threading.Thread(target=self._read, daemon=True).start()

    def call(self, method: str, message: bytes) -> bytes:
        """A unary call on the same channel."""
        unary: grpc.UnaryUnaryMultiCallable[bytes, bytes] = self._channel.unary_unary(f"{_UPSTREAM}/{method}")
        return unary(message, timeout=PATIENCE, wait_for_ready=True)

    def _nothing(self) -> Iterator[bytes]:
        """The loader sends nothing, and keeps its end open."""
        threading.Event().wait()
        yield b""

    def _read(self) -> None:
        try:
            for message in self._call:
                if self._echo in message:
                    self.good += 1
                else:
                    self.bad += 1
                self.came.set()
        except grpc.RpcError:
            return  # the server is gone: its turn is over


_UPSTREAM = "/aiges.WrapperService"


@frozen
class UpstreamLoad:
    """Calls of upstream's SDK: the reply is empty, the result comes on a stream; both have to come to count."""

    message: bytes
    echo: bytes
    at_once: int = 32
    _open: dict[str, Results] = field(factory=dict, init=False, repr=False)

    def check(self, url: str) -> int:
        results = self._open.get(url) or self._open.setdefault(url, Results(url, self.echo))
        if not results.ready:
            results.call("wrapperInit", b"")
            results.ready = True
        results.came.clear()
        answer = results.call("wrapperOnceExec", self.message)
        assert results.came.wait(PATIENCE), "no result came"
        assert results.bad == 0, "a result holds other data"
        return len(framed(answer))

    def run(self, url: str, seconds: float, core: int) -> Sample:
        empty = self.check(url)
        results = self._open[url]
        before = results.good
        http = f"http://{url.partition('://')[2]}{_UPSTREAM}/wrapperOnceExec"
        body = framed(self.message)
        sample = h2load(http, body, GRPC_HEADERS, streams=self.at_once, seconds=seconds, core=core, answer=empty)
        came = results.good - before
        return evolve(sample, count=min(sample.count, came), failed=sample.failed + max(0, sample.count - came))
