"""A stand-in for an OpenTelemetry collector: takes OTLP over HTTP, decodes it, and keeps every span."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from attrs import field, frozen
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)


@frozen
class Told:
    """One span, as the collector got it; ids are hexadecimal."""

    name: str
    trace: str
    span: str
    parent: str
    kind: int
    error: bool
    began: int
    ended: int
    attributes: dict[str, str]
    resource: dict[str, str]
    links: tuple[str, ...]
    events: tuple[str, ...]


@frozen
class Collector:
    """Where it listens, and what it has been told."""

    url: str
    spans: list[Told] = field(factory=list)
    headers: list[dict[str, str]] = field(factory=list)

    def wait(self, enough: Callable[[list[Told]], bool], within: float = 20.0) -> list[Told]:
        """Every span, once there are enough; blocks."""
        until = time.monotonic() + within
        while not enough(list(self.spans)):
            assert time.monotonic() < until, [(span.name, span.trace) for span in self.spans]
            time.sleep(0.02)
        return list(self.spans)


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector on a port of its own."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.path == "/v1/traces"
            assert self.headers["Content-Type"] == "application/x-protobuf"
            collector.headers.append({name.lower(): value for name, value in self.headers.items()})
            collector.spans.extend(decoded(ExportTraceServiceRequest.FromString(body)))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(ExportTraceServiceResponse().SerializeToString())

        def log_message(self, *_: object) -> None:
            """Tests are quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    collector = Collector(f"http://127.0.0.1:{server.server_address[1]}/v1/traces")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def decoded(request: ExportTraceServiceRequest) -> Iterator[Told]:
    """The spans of one message."""
    for group in request.resource_spans:
        resource = {each.key: each.value.string_value for each in group.resource.attributes}
        for scope in group.scope_spans:
            for span in scope.spans:
                yield Told(
                    span.name,
                    span.trace_id.hex(),
                    span.span_id.hex(),
                    span.parent_span_id.hex(),
                    span.kind,
                    span.status.code == span.status.STATUS_CODE_ERROR,
                    span.start_time_unix_nano,
                    span.end_time_unix_nano,
                    {each.key: each.value.string_value for each in span.attributes},
                    resource,
                    tuple(link.trace_id.hex() for link in span.links),
                    tuple(event.name for event in span.events),
                )
