"""What the operator sees: metrics that a scraper can read back, and logs that a machine can."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from athena.errors import Fault
from athena.telemetry import BUCKETS, Metrics, setup_logging


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


@contextmanager
def stderr() -> Iterator[io.StringIO]:
    """Not a fixture: pytest puts its own stderr in place between a fixture and its test."""
    stream, root = io.StringIO(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stderr", stream)
        try:
            yield stream
        finally:
            root.handlers[:] = handlers
            root.setLevel(level)


def test_json_logs_are_one_object_per_line_with_the_traceback_inside() -> None:
    with stderr() as stream:
        setup_logging("info", "json")
        log = logging.getLogger("athena.test")
        log.info("hello %s", "you")
        try:
            raise ValueError("two\nlines")
        except ValueError:
            log.exception("it failed")
        log.debug("not this one")
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [(line["event"], line["level"], line["logger"]) for line in lines] == [
        ("hello you", "info", "athena.test"),
        ("it failed", "error", "athena.test"),
    ]
    assert "two\nlines" in lines[1]["exception"]
    assert all("timestamp" in line for line in lines)


def test_a_second_setup_replaces_the_first_and_leaves_the_handlers_of_others() -> None:
    other = logging.NullHandler()
    with stderr() as stream:
        logging.getLogger().addHandler(other)
        for _ in range(3):
            setup_logging("INFO", "console")
        logging.getLogger("athena.test").info("once only")
        assert other in logging.getLogger().handlers
    assert stream.getvalue().count("once only") == 1
