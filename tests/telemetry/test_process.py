"""The process' own figures are what the system says."""

from __future__ import annotations

import os
import resource
import sys
import time
from pathlib import Path

import pytest

from athena.telemetry.process import KINDS, figures

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows all of them")


def test_every_figure_is_there_and_each_is_explained() -> None:
    assert {name for name, _ in figures()} == KINDS.keys()


def test_they_are_those_of_this_process() -> None:
    found = dict(figures())
    assert found["process_open_fds"] == pytest.approx(len(os.listdir("/proc/self/fd")) - 1, abs=2)
    # Not threading.active_count(): other tests of this process may have left threads of C libraries behind.
    assert found["process_threads"] == pytest.approx(len(os.listdir("/proc/self/task")), abs=2)
    assert found["process_max_fds"] == resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    assert 0 < found["process_resident_memory_bytes"] <= peak * 1.01 <= found["process_virtual_memory_bytes"] * 2
    assert time.time() - 86400 * 7 < found["process_start_time_seconds"] <= time.time() + 1
    assert 0 < found["process_cpu_seconds_total"] <= dict(figures())["process_cpu_seconds_total"]


def test_a_system_without_proc_still_tells_some(tmp_path: Path) -> None:
    assert {name for name, _ in figures(tmp_path)} == {"process_cpu_seconds_total", "process_max_fds"}
