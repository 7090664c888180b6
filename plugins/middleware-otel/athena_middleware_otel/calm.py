"""A collector that is away is told of once, and so is its return; the library would say it in each try."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence

from opentelemetry.exporter.otlp.proto.http import trace_exporter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

__all__ = ["Calm"]

log = logging.getLogger("athena.otel")


class _Ours(threading.local):
    """Whether this thread is in one of our exports: those of a program that embeds the kernel go on speaking."""

    busy = False


_ours = _Ours()


def _is_not_ours(_: logging.LogRecord) -> bool:
    return not _ours.busy


class Calm(SpanExporter):
    """Exports as another one does, and says little."""

    def __init__(self, inner: SpanExporter, endpoint: str) -> None:
        """Args:
        endpoint: What the log calls the collector.
        """
        self._inner = inner
        self._endpoint = endpoint
        self._lost = 0
        # Taken once, however many of us there are.
        logging.getLogger(trace_exporter.__name__).addFilter(_is_not_ours)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send them; what cannot be sent is lost, and counted."""
        _ours.busy = True
        try:
            result = self._inner.export(spans)
        finally:
            _ours.busy = False
        if result is not SpanExportResult.SUCCESS:
            if not self._lost:
                log.warning("%s takes no spans; they are lost until it does", self._endpoint)
            self._lost += len(spans)
        elif self._lost:
            log.info("%s takes spans again; %d were lost", self._endpoint, self._lost)
            self._lost = 0
        return result

    def shutdown(self) -> None:
        """Send nothing more."""
        self._inner.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Nothing is kept here."""
        return self._inner.force_flush(timeout_millis)
