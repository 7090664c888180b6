"""What the operator sees: metrics that a scraper can read back, and logs that a machine can."""

from __future__ import annotations

import io
import json
import logging
import math
import re
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
        "athena_x": "gauge",
    }
    assert families["athena_x"].documentation == "A \\ and\na line."


@contextmanager
def stderr(*, terminal: bool = False) -> Iterator[io.StringIO]:
    """Not a fixture: pytest puts its own stderr in place between a fixture and its test."""
    stream, root = io.StringIO(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stream, "isatty", lambda: terminal)
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


FACTS = {"principal": "ann", "seconds": 0.25, "executed": "no", "service": "two words", "worker": 3}


def test_a_json_line_carries_the_facts_and_nothing_else_that_was_put_beside_it() -> None:
    with stderr() as stream:
        setup_logging("info", "json")
        logging.getLogger("athena.test").info("over", extra={**FACTS, "password": "secret"})
    line = json.loads(stream.getvalue())
    assert line.keys() == {"event", "level", "logger", "timestamp", *FACTS}
    assert {name: line[name] for name in FACTS} == FACTS


def test_a_fact_that_is_no_json_is_shown_as_python_shows_it() -> None:
    with stderr() as stream:
        setup_logging("info", "json")
        logging.getLogger("athena.test").info("over", extra={"worker": Fault.DEADLINE})
    assert json.loads(stream.getvalue())["worker"] == repr(Fault.DEADLINE)


def test_a_console_line_is_for_people_and_the_traceback_stands_below() -> None:
    with stderr() as stream:
        setup_logging("info", "console")
        log = logging.getLogger("athena.test")
        log.warning("slow", extra=FACTS)
        try:
            raise ValueError("no")
        except ValueError:
            log.exception("it failed")
    first, second, *below = stream.getvalue().splitlines()
    moment = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"
    assert re.fullmatch(rf"{moment} \[warning  \] slow +\[athena\.test\] .*", first)
    assert first.endswith("principal=ann seconds=0.25 executed=no service='two words' worker=3")
    assert re.fullmatch(rf"{moment} \[error    \] it failed +\[athena\.test\]", second)
    assert (below[0], below[-1]) == ("Traceback (most recent call last):", "ValueError: no")


@pytest.mark.parametrize(
    ("style", "terminal", "painted", "objects"),
    [
        ("auto", True, True, False),
        ("auto", False, False, True),
        ("console", False, False, False),
        ("json", True, False, True),
    ],
)
def test_auto_asks_whether_somebody_looks_and_colour_is_for_terminals(
    style: str, terminal: bool, painted: bool, objects: bool
) -> None:
    with stderr(terminal=terminal) as stream:
        setup_logging("info", style)
        logging.getLogger("athena.test").info("hello")
    assert ("\x1b[" in stream.getvalue(), stream.getvalue().startswith("{")) == (painted, objects)
