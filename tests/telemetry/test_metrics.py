"""Metrics that a scraper reads back with Prometheus' own parser."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from athena.errors import Fault
from athena.telemetry import BUCKETS, Metrics


def samples(metrics: Metrics) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    families = text_string_to_metric_families(metrics.render().decode())
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def labelled(**labels: str) -> frozenset[tuple[str, str]]:
    return frozenset(labels.items())


def test_outcomes_are_counted_by_service_transport_and_fault() -> None:
    metrics = Metrics()
    for fault in (None, None, Fault.DEADLINE):
        metrics.ended("ocr", "http", fault, 0.01)
    metrics.ended("ocr", "grpc", None, 0.01)
    found = samples(metrics)
    name = "athena_requests_total"
    assert found[name, labelled(service="ocr", transport="http", fault="OK")] == 2
    assert found[name, labelled(service="ocr", transport="http", fault="DEADLINE")] == 1
    assert found[name, labelled(service="ocr", transport="grpc", fault="OK")] == 1


@given(st.lists(st.floats(0, 60), max_size=40))
def test_the_histogram_is_the_one_the_durations_make(durations: list[float]) -> None:
    metrics = Metrics()
    for seconds in durations:
        metrics.ended("s", "t", None, seconds)
    found = samples(metrics)
    if not durations:
        assert ("athena_request_seconds_count", labelled(service="s", transport="t")) not in found
        return
    assert found["athena_request_seconds_count", labelled(service="s", transport="t")] == len(durations)
    assert found["athena_request_seconds_sum", labelled(service="s", transport="t")] == pytest.approx(sum(durations))
    for bound in BUCKETS:
        key = ("athena_request_seconds_bucket", labelled(service="s", transport="t", le=str(bound)))
        assert found[key] == sum(seconds <= bound for seconds in durations), bound


def test_a_label_may_hold_whatever_a_toml_can_name() -> None:
    metrics = Metrics()
    metrics.ended('odd "name"\n\\', "t", None, 0.1)
    assert ("athena_requests_total", labelled(service='odd "name"\n\\', transport="t", fault="OK")) in samples(metrics)


def test_a_gauge_is_asked_at_every_scrape() -> None:
    metrics = Metrics()
    now = {"a": 1.0}
    metrics.gauge("athena_x", "X.", ("service",), lambda: [((name,), value) for name, value in now.items()])
    assert samples(metrics)["athena_x", labelled(service="a")] == 1
    now["a"] = 7.0
    assert samples(metrics)["athena_x", labelled(service="a")] == 7


@pytest.mark.parametrize("value", [math.inf, -math.inf, 0.1, 1e300, 12345678901234567890.0])
def test_a_number_is_read_back_as_it_was(value: float) -> None:
    metrics = Metrics()
    metrics.gauge("athena_x", "A \\ and\na line.", (), lambda: [((), value)])
    assert samples(metrics)["athena_x", labelled()] == value


def test_what_is_no_number_is_said_to_be_none() -> None:
    metrics = Metrics()
    metrics.gauge("athena_x", "X.", (), lambda: [((), math.nan)])
    assert math.isnan(samples(metrics)["athena_x", labelled()])


def test_every_family_says_what_it_is_and_helps() -> None:
    metrics = Metrics()
    metrics.gauge("athena_x", "A \\ and\na line.", (), list)
    families = {family.name: family for family in text_string_to_metric_families(metrics.render().decode())}
    assert {name: family.type for name, family in families.items()} == {
        "athena_requests": "counter",
        "athena_request_seconds": "histogram",
        "athena_stage_seconds": "histogram",
        "athena_x": "gauge",
        "process_cpu_seconds": "counter",
        "process_max_fds": "gauge",
        "process_open_fds": "gauge",
        "process_resident_memory_bytes": "gauge",
        "process_start_time_seconds": "gauge",
        "process_threads": "gauge",
        "process_virtual_memory_bytes": "gauge",
    }
    assert {name for name, *_ in metrics.families()} == {
        f"{name}_total" if family.type == "counter" else name for name, family in families.items()
    }
    assert families["athena_x"].documentation == "A \\ and\na line."


def test_the_stages_of_a_call_add_up_to_its_time() -> None:
    metrics = Metrics()
    metrics.ended("ocr", "http", None, 0.3, queued=0.1)
    metrics.ended("ocr", "http", Fault.OVERLOADED, 0.002)
    found, name = samples(metrics), "athena_stage_seconds"
    queue, execute = (labelled(service="ocr", transport="http", stage=stage) for stage in ("queue", "execute"))
    assert (found[f"{name}_count", queue], found[f"{name}_count", execute]) == (2, 1)
    total = found[f"{name}_sum", queue] + found[f"{name}_sum", execute]
    assert total == pytest.approx(found["athena_request_seconds_sum", labelled(service="ocr", transport="http")])


def test_a_name_asked_for_twice_is_one_family() -> None:
    metrics = Metrics()
    first, second = (metrics.counter("athena_y_total", "Y.", ("service",)) for _ in range(2))
    first["a",] += 1
    second["a",] += 1
    second["b",] += 1
    found = samples(metrics)
    assert found["athena_y_total", labelled(service="a")] == 2
    assert found["athena_y_total", labelled(service="b")] == 1
    for service in "ab":
        metrics.gauge("athena_z", "Z.", ("service",), lambda service=service: [((service,), 1)])
    assert {key for key in samples(metrics) if key[0] == "athena_z"} == {
        ("athena_z", labelled(service=service)) for service in "ab"
    }


def test_a_name_cannot_mean_two_things() -> None:
    metrics = Metrics()
    metrics.counter("athena_y_total", "Y.", ("service",))
    with pytest.raises(ValueError, match="athena_y_total is a counter with the labels service already"):
        metrics.counter("athena_y_total", "Y.", ("service", "reason"))
    with pytest.raises(ValueError, match="give yours another name"):
        metrics.gauge("athena_y_total", "Y.", ("service",), list)
