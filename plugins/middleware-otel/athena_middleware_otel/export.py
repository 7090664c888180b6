"""Makes spans and sends them: OpenTelemetry's own SDK, set up from a section, global to nobody."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Mapping

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Span, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import AttributeValue

from .calm import Calm
from .section import OtelSection

__all__ = ["Export"]


class Export:
    """A tracer and its way out."""

    def __init__(self, section: OtelSection, module: str, told: Mapping[str, str]) -> None:
        """Args:
        module: What the spans' scope is called.
        told: Facts of the process, for the resource.
        """
        self._section = section
        self._provider = TracerProvider(
            sampler=ParentBased(TraceIdRatioBased(section.sample)),
            resource=Resource.create({"service.name": section.name, **told}),
            shutdown_on_exit=False,
        )
        delay = max(1, round(section.delay * 1000))
        self._provider.add_span_processor(BatchSpanProcessor(_exporter(section), schedule_delay_millis=delay))
        self._tracer = self._provider.get_tracer(module)
        self._propagator = TraceContextTextMapPropagator()

    def parent(self, headers: Mapping[str, str]) -> Context:
        """The context a request's headers name; an empty one where they name none, or are not well-formed."""
        return self._propagator.extract(headers, Context())

    def begin(
        self, name: str, kind: SpanKind, parent: Context, attributes: Mapping[str, AttributeValue], began: float
    ) -> Span:
        """A span, begun at that ``time.monotonic()``."""
        return self._tracer.start_span(name, parent, kind, dict(attributes), start_time=epoch(began))

    def onward(self, span: Span, headers: Mapping[str, str]) -> dict[str, str]:
        """The headers with that span as the parent of whoever gets them."""
        carried = {name: value for name, value in headers.items() if name not in self._propagator.fields}
        self._propagator.inject(carried, trace.set_span_in_context(span, Context()))
        return carried

    def close(self) -> None:
        """Send what is left, within the section's timeout; what a silent collector has not taken by then is lost."""
        last = threading.Thread(target=self._provider.shutdown, name="athena-otel-last", daemon=True)
        last.start()
        last.join(self._section.timeout)


def epoch(moment: float) -> int:
    """Nanoseconds since 1970 of a ``time.monotonic()``."""
    return time.time_ns() - round((time.monotonic() - moment) * 1e9)


def _exporter(section: OtelSection) -> SpanExporter:
    if section.exporter == "console":
        # stdout is the kernel's one line for whoever started it.
        return ConsoleSpanExporter(out=sys.stderr, formatter=lambda span: f"{span.to_json(indent=None)}\n")
    headers = {name: value.reveal() for name, value in section.headers.items()}
    return Calm(OTLPSpanExporter(section.endpoint, headers=headers, timeout=section.timeout), section.endpoint)
