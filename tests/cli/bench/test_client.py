"""One process of the load, spoken to as the process that reports speaks to it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import Any

from athena.cli.bench.client import CONNECT
from athena.cli.bench.plan import Plan, Source

COMMAND = [sys.executable, "-m", "athena.cli.bench.client"]


def begun(plan: Plan, number: int = 0) -> tuple[subprocess.Popen[str], dict[str, Any]]:
    """A process that has been told its plan, and its first line."""
    process = subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{number} {plan.packed()}\n")
    return process, json.loads(process.stdout.readline())


def test_it_loads_and_says_each_second_what_it_saw(endpoints: dict[str, str]) -> None:
    plan = Plan(endpoints["grpc"], "echo", sources=(Source("a", text="x"),), duration=1.2, concurrency=2)
    process, first = begun(plan)
    assert first == {"kind": "ready"}
    out, _ = process.communicate(f"go {time.monotonic()!r}\n", timeout=30)
    # The end of stdin stops it too, here at once after the word: what matters is that it says its last line.
    lines = [json.loads(line) for line in out.splitlines()]
    assert lines[-1]["kind"] == "last"
    assert lines[-1]["flying"] == 0
    assert process.returncode == 0


def test_it_goes_when_nobody_waits_for_it_any_more(endpoints: dict[str, str]) -> None:
    process, _ = begun(Plan(endpoints["http"], "echo", duration=1.0))
    process.communicate(timeout=CONNECT + 20)
    assert process.returncode == 0


def test_what_keeps_it_from_beginning_is_a_sentence() -> None:
    process, said = begun(Plan("gopher://x", "echo", duration=1.0))
    assert said["kind"] == "refused"
    assert "gopher is not installed" in said["text"]
    process.communicate(timeout=20)
    assert process.returncode == 1
