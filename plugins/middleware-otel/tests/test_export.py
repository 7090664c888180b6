"""Spans reach a collector, or stderr; one that is not there costs spans and little time."""

from __future__ import annotations

import json
import socket
import time

import pytest
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import SpanKind

from athena.section import Secret
from athena_middleware_otel.export import Export, epoch
from athena_middleware_otel.section import OtelSection

from .collector import collecting

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
UNSAMPLED = PARENT[:-2] + "00"


def begun(export: Export, headers: dict[str, str]) -> tuple[str, str]:
    """Make one span; returns the trace and the flags that go on."""
    span = export.begin("x", SpanKind.SERVER, export.parent(headers), {"a": "b"}, time.monotonic())
    onward = export.onward(span, headers)["traceparent"].split("-")
    assert onward[2] == f"{span.get_span_context().span_id:016x}"
    span.end()
    return onward[1], onward[3]


def test_spans_reach_the_collector_with_the_headers_and_facts_of_the_section() -> None:
    with collecting() as collector:
        section = OtelSection(endpoint=collector.url, name="mine", headers={"x-key": Secret("s3cret")})
        export = Export(section, "test", {"process.pid": "7"})
        trace_id, flags = begun(export, {"traceparent": PARENT, "x": "y"})
        export.close()
        (span,) = collector.spans
    assert (span.trace, span.parent, flags) == (PARENT.split("-")[1], PARENT.split("-")[2], "01")
    assert trace_id == span.trace
    assert (span.name, span.attributes, span.error) == ("x", {"a": "b"}, False)
    assert (span.resource["service.name"], span.resource["process.pid"]) == ("mine", "7")
    assert collector.headers[0]["x-key"] == "s3cret"


@pytest.mark.parametrize(
    ("headers", "sample", "kept"),
    [
        ({}, 1.0, True),
        ({}, 0.0, False),
        ({"traceparent": PARENT}, 0.0, True),
        ({"traceparent": UNSAMPLED}, 1.0, False),
        ({"traceparent": "00-zz-zz-01"}, 1.0, True),
    ],
)
def test_whoever_begins_a_trace_decides_whether_it_is_kept(headers: dict[str, str], sample: float, kept: bool) -> None:
    with collecting() as collector:
        export = Export(OtelSection(endpoint=collector.url, sample=sample), "test", {})
        trace_id, flags = begun(export, headers)
        export.close()
    assert int(flags, 16) & 1 == kept
    assert [span.trace for span in collector.spans] == ([trace_id] if kept else [])
    if headers.get("traceparent", "").startswith("00-0af"):
        assert trace_id == PARENT.split("-")[1]
    else:
        assert trace_id != "0" * 32, "a trace is minted where none is named"


def test_other_headers_go_on_as_they_are_and_old_state_does_not() -> None:
    export = Export(OtelSection(exporter="console"), "test", {})
    span = export.begin("x", SpanKind.SERVER, Context(), {}, time.monotonic())
    headers = export.onward(span, {"x": "y", "traceparent": "nonsense", "tracestate": "a=1"})
    assert headers.keys() == {"x", "traceparent"}
    assert headers["x"] == "y"
    export.close()


def test_state_of_the_trace_goes_on() -> None:
    export = Export(OtelSection(exporter="console", sample=0), "test", {})
    parent = export.parent({"traceparent": UNSAMPLED, "tracestate": "a=1"})
    span = export.begin("x", SpanKind.SERVER, parent, {}, time.monotonic())
    assert export.onward(span, {})["tracestate"] == "a=1"
    export.close()


def test_the_console_is_stderr_one_line_a_span(capfd: pytest.CaptureFixture[str]) -> None:
    export = Export(OtelSection(exporter="console"), "test", {})
    trace_id, _ = begun(export, {})
    export.close()
    out, err = capfd.readouterr()
    assert out == ""
    (line,) = err.splitlines()
    assert json.loads(line)["context"]["trace_id"] == f"0x{trace_id}"


def test_a_collector_that_does_not_answer_holds_the_stop_no_longer_than_the_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}/v1/traces"
        export = Export(OtelSection(endpoint=endpoint, timeout=0.3), "test", {})
        begun(export, {})
        began = time.monotonic()
        export.close()
        assert time.monotonic() - began < 5


def test_nothing_is_put_into_the_global_tracer() -> None:
    before = trace.get_tracer_provider()
    Export(OtelSection(exporter="console"), "test", {}).close()
    assert trace.get_tracer_provider() is before


def test_a_moment_of_this_process_is_a_time_of_day() -> None:
    assert abs(epoch(time.monotonic() - 5) / 1e9 - (time.time() - 5)) < 1
