"""What top reads is what happened between two looks."""

from __future__ import annotations

import os
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from athena.cli.readings import Reader
from athena.errors import Fault
from athena.telemetry import BUCKETS, Metrics


def told(name: str = "ocr", **more: Any) -> dict[str, Any]:
    worker = {
        "pid": os.getpid(), "state": "ready", "age": 5.0, "restarts": 1, "busy": 2, "sessions": 3, "finished": 4,
    }  # fmt: skip
    return {
        "name": name, "ready": True, "reason": "", "inflight": 1, "queue": 2, "sessions": 3, "workers": [worker],
        **more,
    }  # fmt: skip


class Kernel:
    """Answers as a kernel would."""

    def __init__(self, *services: dict[str, Any]) -> None:
        self.metrics = Metrics()
        self.services = list(services) or [told()]

    def ask(self, operation: str) -> Any:
        if operation == "metrics":
            return self.metrics.render().decode()
        return {
            "name": "athena", "pid": os.getpid(), "version": "1", "state": "serving", "uptime": 10.0, "in_flight": 4,
            "sessions": 5, "endpoints": ["http://127.0.0.1:1"], "services": self.services,
        }  # fmt: skip


def test_the_first_look_is_about_everything_since_the_start() -> None:
    kernel = Kernel()
    for _ in range(20):
        kernel.metrics.ended("ocr", "http", None, 0.002)
    reading = Reader(kernel.ask).read()
    (service,) = reading.services
    assert (reading.seconds, service.rate, service.requests) == (10.0, 2.0, 20)
    assert (reading.in_flight, reading.sessions, reading.endpoints) == (4, 5, ("http://127.0.0.1:1",))
    assert (service.inflight, service.queue, service.sessions, service.state) == (1, 2, 3, "ready")
    (worker,) = service.workers
    assert (worker.pid, worker.restarts, worker.busy, worker.sessions, worker.finished) == (os.getpid(), 1, 2, 3, 4)
    assert worker.rss is not None
    assert worker.rss == pytest.approx(reading.rss, rel=0.2)


def test_a_later_look_is_about_what_came_since(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("athena.cli.readings.time.monotonic", lambda: now[0])
    kernel = Kernel()
    for _ in range(100):
        kernel.metrics.ended("ocr", "http", None, 20.0)
    reader = Reader(kernel.ask)
    reader.read()
    now[0] += 2.0
    for transport in ("http", "grpc"):
        for _ in range(5):
            kernel.metrics.ended("ocr", transport, None, 0.003)
    kernel.metrics.ended("ocr", "grpc", Fault.DEADLINE, 0.003)
    (service,) = (reading := reader.read()).services
    assert (reading.seconds, service.rate) == (2.0, 5.5)
    assert service.p50 is not None
    assert service.p99 is not None
    assert 0.0025 <= service.p50 <= service.p99 <= 0.005, "the slow ones were before"
    assert (service.requests, service.faults) == (111, {"DEADLINE": 1})
    now[0] += 1.0
    (service,) = reader.read().services
    assert (service.rate, service.p50, service.p99, service.faults) == (0.0, None, None, {"DEADLINE": 1})


@given(st.lists(st.floats(0, 29), min_size=1, max_size=200), st.sampled_from([("p50", 0.5), ("p99", 0.99)]))
def test_a_percentile_is_right_to_its_bucket(durations: list[float], share: tuple[str, float]) -> None:
    kernel = Kernel()
    for seconds in durations:
        kernel.metrics.ended("ocr", "http", None, seconds)
    (service,) = Reader(kernel.ask).read().services
    found = getattr(service, share[0])
    exact = sorted(durations)[max(0, -(-int(share[1] * 100) * len(durations) // 100) - 1)]
    bounds = [0.0, *BUCKETS]
    low, high = next((low, high) for low, high in pairwise(bounds) if exact <= high)
    assert low <= found <= high


def test_beyond_the_last_bucket_the_bound_is_all_that_is_known() -> None:
    kernel = Kernel()
    kernel.metrics.ended("ocr", "http", None, 1000.0)
    (service,) = Reader(kernel.ask).read().services
    assert service.p50 == BUCKETS[-1]


def test_a_service_says_in_one_word_how_it_is() -> None:
    down = told("b", ready=False, reason="has failed")
    kernel = Kernel(told("a"), down, told("c", reason="1 of 2 workers are being restarted"))
    assert [service.state for service in Reader(kernel.ask).read().services] == ["ready", "down", "degraded"]


def test_names_that_nobody_serves_are_counted_together_and_odd_names_are_read_back() -> None:
    odd = 'odd "name"\n\\n'
    kernel = Kernel(told(odd))
    kernel.metrics.ended("*", "http", Fault.NOT_FOUND, 0.001)
    kernel.metrics.ended(odd, "http", None, 0.001)
    reading = Reader(kernel.ask).read()
    assert (reading.unknown, reading.services[0].requests) == (1, 1)


def test_a_kernel_that_was_started_again_is_read_from_its_start() -> None:
    kernel = Kernel()
    reader = Reader(kernel.ask)
    kernel.metrics.ended("ocr", "http", None, 0.001)
    reader.read()
    kernel.metrics = Metrics()
    reading = reader.read()
    assert (reading.services[0].rate, reading.services[0].requests) == (0.0, 0)


def test_a_worker_without_a_process_has_no_memory_of_its_own() -> None:
    kernel = Kernel(told(workers=[{**told()["workers"][0], "pid": 0}]))
    assert Reader(kernel.ask).read().services[0].workers[0].rss is None
