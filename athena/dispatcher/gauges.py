"""What the metrics ask of the services at every scrape."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from athena.errors import Fault
from athena.service import Service
from athena.telemetry import Gauge, Metrics

from .views import Views

__all__ = ["register_gauges"]

HELD: Sequence[tuple[str, str, Callable[[Service], float]]] = (
    ("athena_resources", "Personalised resources it holds.", lambda service: len(service.resources.views())),
    ("athena_resource_bytes", "Bytes of all of those.", lambda service: service.resources.size()),
)


def register_gauges(metrics: Metrics, services: Mapping[str, Service], views: Views) -> None:
    """Have every service asked for its numbers."""

    def each(number: Callable[[Service], float]) -> Gauge:
        return lambda: [((name,), number(service)) for name, service in services.items()]

    def ready() -> list[tuple[tuple[str], float]]:
        return [((name,), view.health.ready) for name, view in views.latest().items()]

    def workers() -> list[tuple[tuple[str, str], float]]:
        found = views.latest().items()
        return [((name, state), count) for name, view in found for state, count in view.health.workers.items()]

    # The very family the calls are counted in: a client that went away is counted there already.
    requests = metrics.counter("athena_requests_total", "", ("service", "transport", "fault"))

    def cancelled() -> list[tuple[Sequence[str], float]]:
        return [(key[:2], count) for key, count in requests.items() if key[2] == Fault.CANCELLED.value]

    def dropped() -> Iterable[tuple[tuple[str, str], float]]:
        for name, service in services.items():
            yield (name, "expired"), service.admission.expired
            yield (name, "cancelled"), service.admission.cancelled
            yield (name, "displaced"), service.admission.displaced

    labels = ("service",)
    metrics.gauge(
        "athena_inflight", "Calls that execute now.", labels, each(lambda service: service.admission.executing)
    )
    metrics.gauge(
        "athena_queue_depth", "Calls that wait for their turn.", labels, each(lambda service: service.admission.waiting)
    )
    metrics.gauge("athena_sessions", "Sessions open now.", labels, each(lambda service: service.sessions))
    metrics.gauge("athena_ready", "1 while it can take work.", labels, ready)
    metrics.gauge("athena_workers", "Workers by their state.", ("service", "state"), workers)
    text = "Calls and sessions whose client went away, or took them back."
    metrics.counter("athena_cancelled_total", text, ("service", "transport"), cancelled)
    text = "Calls that waited and were never begun: late, cancelled, or displaced by more urgent ones."
    metrics.counter("athena_dropped_total", text, ("service", "reason"), dropped)
    for name, text, number in HELD:
        metrics.gauge(name, text, labels, each(number))
