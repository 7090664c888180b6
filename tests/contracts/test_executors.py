"""The kernel's own executors keep the contract of executors."""

from __future__ import annotations

from athena.testing import ExecutorContract


class TestThread(ExecutorContract):
    executor = "thread"


class TestProcess(ExecutorContract):
    executor = "process"
    isolates = True
