"""A collector that is away is told of once, and so is its return."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from athena_middleware_otel.calm import Calm

SPANS = [ReadableSpan("one"), ReadableSpan("two")]


class Fickle(SpanExporter):
    """Fails as often as it is told."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.over = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.failures -= 1
        return SpanExportResult.FAILURE if self.failures >= 0 else SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        self.over = True

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return True


def test_it_is_told_of_once_and_so_is_its_return(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    inner = Fickle(3)
    calm = Calm(inner, "http://collector")
    results = [calm.export(SPANS) for _ in range(5)]
    assert results == [SpanExportResult.FAILURE] * 3 + [SpanExportResult.SUCCESS] * 2
    assert [record.getMessage() for record in caplog.records] == [
        "http://collector takes no spans; they are lost until it does",
        "http://collector takes spans again; 6 were lost",
    ]
    assert calm.force_flush()
    calm.shutdown()
    assert inner.over


def test_what_the_library_says_in_each_try_is_not_repeated(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    calm = Calm(OTLPSpanExporter("http://127.0.0.1:9/v1/traces", timeout=0.2), "it")
    assert calm.export([]) is SpanExportResult.FAILURE
    assert [record.name for record in caplog.records] == ["athena.otel"]
    calm.shutdown()


def test_other_exporters_of_the_process_go_on_speaking(caplog: pytest.LogCaptureFixture) -> None:
    Calm(Fickle(0), "it")
    other = OTLPSpanExporter("http://127.0.0.1:9/v1/traces", timeout=0.2)
    assert other.export([]) is SpanExportResult.FAILURE
    assert caplog.records
    other.shutdown()
