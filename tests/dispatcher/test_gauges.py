"""The gauges: every service's numbers as they are at the scrape, read back by Prometheus' own parser."""

from __future__ import annotations

from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from athena.dispatcher.gauges import register_gauges
from athena.dispatcher.views import Views
from athena.errors import Fault
from athena.models import Description, Health, ServiceSettings, ServiceView
from athena.telemetry import Metrics


class Admission:
    executing, waiting = 2, 3
    displaced = 9
    expired, cancelled = 7, 8


class Resources:
    def views(self) -> list[int]:
        return [1, 2]

    def size(self) -> int:
        return 77


class Stub:
    """A service with numbers."""

    resources = Resources()
    admission = Admission()
    sessions = 5
    health = Health(True, "", {"ready": 1, "starting": 2})

    def view(self) -> ServiceView:
        return ServiceView("a", Description(), self.health, ServiceSettings("a"))


def numbers(metrics: Metrics) -> dict[tuple[str, str], float]:
    families = text_string_to_metric_families(metrics.render().decode())

    def which(labels: dict[str, str]) -> str:
        return labels.get("state") or labels.get("reason") or labels["service"]

    return {
        (sample.name, which(sample.labels)): sample.value
        for family in families
        for sample in family.samples
        if "service" in sample.labels
    }


def test_each_gauge_is_asked_at_every_scrape() -> None:
    metrics, services = Metrics(), {}
    stub: Any = Stub()
    views = Views(services)
    register_gauges(metrics, services, views)
    assert numbers(metrics) == {}
    services["a"] = stub
    views.changed()
    assert numbers(metrics) == {
        ("athena_inflight", "a"): 2,
        ("athena_queue_depth", "a"): 3,
        ("athena_sessions", "a"): 5,
        ("athena_ready", "a"): 1,
        ("athena_workers", "ready"): 1,
        ("athena_workers", "starting"): 2,
        ("athena_dropped_total", "expired"): 7,
        ("athena_dropped_total", "cancelled"): 8,
        ("athena_dropped_total", "displaced"): 9,
        ("athena_resources", "a"): 2,
        ("athena_resource_bytes", "a"): 77,
    }


def test_who_went_away_is_counted_by_service_and_transport() -> None:
    metrics = Metrics()
    register_gauges(metrics, {}, Views({}))
    for fault in (None, Fault.CANCELLED, Fault.CANCELLED, Fault.DEADLINE):
        metrics.ended("s", "wire", fault, 0.1)
    assert numbers(metrics)["athena_cancelled_total", "s"] == 2
