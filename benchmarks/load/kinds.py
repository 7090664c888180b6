"""The kinds of load: each checks one answer byte for byte before anything is counted."""

from __future__ import annotations

import urllib.request
from collections.abc import Mapping
from typing import Protocol

import grpc
from attrs import field, frozen

from benchmarks.messages import SERVICE, ase, ase_data, block, framed, native, native_data, oip, oip_binary, oip_data

from . import dealer
from .programs import Sample, h2load, python, wrk

ONCE = "/athena.v1.Inference/Once"
GRPC_HEADERS = {"content-type": "application/grpc", "te": "trailers"}
LARGEST = [("grpc.max_receive_message_length", 64 << 20), ("grpc.max_send_message_length", 64 << 20)]
PATIENCE = 10.0


class Load(Protocol):
    """What is done to a server."""

    def check(self, url: str) -> int:
        """Make one call and compare; gives the bytes of its answer.

        Raises:
            AssertionError: The answer holds other data.
        """

    def run(self, url: str, seconds: float, core: int) -> Sample:
        """Load the server from that core."""


@frozen
class HttpLoad:
    """Calls over HTTP/1.1.

    Attributes:
        size: Bytes of data.
        at_once: Connections, each with one call under way.
        form: ``ase`` for a document, ``raw`` for the bytes themselves; ``oip`` for a tensor of the Open Inference
            Protocol in JSON, ``oip-binary`` for one behind it.
    """

    size: int
    at_once: int = 32
    form: str = "ase"

    def check(self, url: str) -> int:
        request = urllib.request.Request(self._url(url), self._body(), self._headers(), method="POST")
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:
            answer: bytes = response.read()
        assert self._data(answer) == block(self.size), f"the answer holds other data: {answer[:200]!r}"
        return len(answer)

    def run(self, url: str, seconds: float, core: int) -> Sample:
        body, headers = self._body(), self._headers()
        return wrk(self._url(url), body, headers, connections=self.at_once, seconds=seconds, core=core)

    def _data(self, answer: bytes) -> bytes:
        if self.form == "oip-binary":
            return answer[-self.size :]
        return {"ase": ase_data, "oip": oip_data}.get(self.form, bytes)(answer)

    def _url(self, url: str) -> str:
        return f"{url}/v2/models/{SERVICE}/infer" if "oip" in self.form else f"{url}/v1/private/{SERVICE}"

    def _body(self) -> bytes:
        data = block(self.size)
        if self.form == "oip-binary":
            return oip_binary(data)[0]
        return {"ase": ase, "oip": oip}.get(self.form, bytes)(data)

    def _headers(self) -> Mapping[str, str]:
        if self.form == "oip-binary":
            length = str(oip_binary(block(self.size))[1])
            return {"Content-Type": "application/octet-stream", "Inference-Header-Content-Length": length}
        return {"Content-Type": "application/octet-stream" if self.form == "raw" else "application/json"}


@frozen
class GrpcLoad:
    """Calls over gRPC."""

    size: int
    at_once: int = 32
    _answers: dict[str, int] = field(factory=dict, init=False, repr=False)

    def check(self, url: str) -> int:
        with grpc.insecure_channel(url.partition("://")[2], options=LARGEST) as channel:
            call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(ONCE)
            answer = call(native(block(self.size)), timeout=PATIENCE)
        assert native_data(answer) == block(self.size), "the answer holds other data"
        self._answers[url] = len(framed(answer))
        return self._answers[url]

    def run(self, url: str, seconds: float, core: int) -> Sample:
        answer = self._answers.get(url) or self.check(url)
        http = f"http://{url.partition('://')[2]}{ONCE}"
        body = framed(native(block(self.size)))
        return h2load(http, body, GRPC_HEADERS, streams=self.at_once, seconds=seconds, core=core, answer=answer)


@frozen
class DealerLoad:
    """Calls over ZeroMQ."""

    size: int
    at_once: int = 32

    def check(self, url: str) -> int:
        with dealer.connect(url) as socket:
            return dealer.once(socket, self.size)

    def run(self, url: str, seconds: float, core: int) -> Sample:
        return python("dealer", ["unary", url, str(self.size), str(self.at_once)], seconds=seconds, core=core)


@frozen
class SessionLoad:
    """Sessions in lockstep, sixteen at once; ``wire`` is ``ws``, ``grpc`` or ``zmq``."""

    wire: str

    def check(self, url: str) -> int:
        sample = self.run(url, 0.05, 1)
        assert sample.failed == 0, f"{sample.failed} frames were not answered well"
        assert sample.count > 0, "no frame was answered"
        return 0

    def run(self, url: str, seconds: float, core: int) -> Sample:
        if self.wire == "zmq":
            return python("dealer", ["sessions", url], seconds=seconds, core=core)
        return python("sessions", [self.wire, url], seconds=seconds, core=core)
