"""The kernel's end: a span for every call and session, from its arrival to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from opentelemetry.trace import Span as OtelSpan
from opentelemetry.trace import SpanKind, Status, StatusCode

from athena import hookimpl
from athena.errors import Executed, Fault
from athena.interfaces import PluginContext, Span, Tracer
from athena.models import Request

from .export import Export, epoch
from .section import OtelSection

__all__ = ["CallSpan", "OtelTracer"]


class OtelTracer(Tracer):
    """The plugin ``meters.otel``."""

    Section = OtelSection

    def __init__(self, section: OtelSection) -> None:
        self._section = section
        self._export: Export | None = None

    @hookimpl
    def athena_provide(self, context: PluginContext) -> tuple[object, ...]:
        return (self,)

    async def start(self) -> None:
        self._export = Export(self._section, "athena.dispatcher", {})

    async def stop(self, grace: float = 0.0) -> None:
        export, self._export = self._export, None
        if export is not None:
            # Bounded by the section's timeout; the loop goes on with everything else meanwhile.
            await asyncio.get_running_loop().run_in_executor(None, export.close)

    def begin(self, request: Request, transport: str, began: float) -> Span:
        export = self._export
        assert export is not None  # the kernel takes calls between start and stop alone
        facts = {"athena.service": request.service, "athena.transport": transport, "athena.sid": request.sid}
        parent = export.parent(request.headers)
        span = export.begin(request.service, SpanKind.SERVER, parent, facts, began)
        return CallSpan(span, export.onward(span, request.headers))


class CallSpan(Span):
    """One call."""

    def __init__(self, span: OtelSpan, headers: Mapping[str, str]) -> None:
        self.headers = headers
        self._span = span

    def ended(self, fault: Fault | None, executed: Executed, admitted: float | None) -> None:
        span = self._span
        if admitted is not None:
            span.add_event("admitted", timestamp=epoch(admitted))
        span.set_attribute("athena.fault", "OK" if fault is None else fault.value)
        span.set_attribute("athena.executed", executed.value)
        if fault is not None:
            span.set_status(Status(StatusCode.ERROR, fault.value))
        span.end()
