"""The gauges: every service's numbers as they are at the scrape, read back by Prometheus' own parser."""

from __future__ import annotations

from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from athena.dispatcher.gauges import register_gauges
from athena.dispatcher.views import Views
from athena.models import Description, Health, ServiceSettings, ServiceView
from athena.telemetry import Metrics


class Admission:
    executing, waiting = 2, 3


class Stub:
    """A service with numbers."""

    admission = Admission()
    sessions = 5
    health = Health(True, "", {"ready": 1, "starting": 2})

    def view(self) -> ServiceView:
        return ServiceView("a", Description(), self.health, ServiceSettings("a"))


def numbers(metrics: Metrics) -> dict[tuple[str, str], float]:
    families = text_string_to_metric_families(metrics.render().decode())
    return {
        (sample.name, sample.labels.get("state", sample.labels["service"])): sample.value
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
    }
