"""What the metrics ask of the services at every scrape."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from athena.service import Service
from athena.telemetry import Gauge, Metrics

from .views import Views

__all__ = ["register_gauges"]


def register_gauges(metrics: Metrics, services: Mapping[str, Service], views: Views) -> None:
    """Have every service asked for its numbers."""

    def each(number: Callable[[Service], float]) -> Gauge:
        return lambda: [((name,), number(service)) for name, service in services.items()]

    def ready() -> list[tuple[tuple[str], float]]:
        return [((name,), view.health.ready) for name, view in views.latest().items()]

    def workers() -> list[tuple[tuple[str, str], float]]:
        found = views.latest().items()
        return [((name, state), count) for name, view in found for state, count in view.health.workers.items()]

    labels = ("service",)
    metrics.gauge("athena_inflight", "Calls executing.", labels, each(lambda service: service.admission.executing))
    metrics.gauge("athena_queue_depth", "Calls waiting.", labels, each(lambda service: service.admission.waiting))
    metrics.gauge("athena_sessions", "Open sessions.", labels, each(lambda service: service.sessions))
    metrics.gauge("athena_ready", "1 while ready.", labels, ready)
    metrics.gauge("athena_workers", "Workers by state.", ("service", "state"), workers)
