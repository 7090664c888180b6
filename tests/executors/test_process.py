"""The process executor keeps the executors' contract, and what only processes can promise."""

from __future__ import annotations

from athena.testing.executor import ExecutorContract


class TestProcess(ExecutorContract):
    executor = "process"
    isolates = True
