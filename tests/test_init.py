"""The author's door: all an author needs, and nothing an author would wait for."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import athena

HEAVY = ["asyncio", "cattrs", "google.protobuf", "prometheus_client", "structlog", "numpy", "click", "pytest"]


def test_everything_it_promises_is_there() -> None:
    assert [name for name in athena.__all__ if not hasattr(athena, name)] == []
    assert sorted(athena.__all__) == athena.__all__


def test_an_unknown_name_is_an_ordinary_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'begin'"):
        _ = athena.begin


def test_who_imports_athena_pays_for_no_loop_no_toml_and_no_network() -> None:
    code = f"import athena, json, sys; print(json.dumps([m for m in {HEAVY!r} if m in sys.modules]))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=50, check=True)
    assert json.loads(run.stdout) == []


def test_the_kernel_is_fetched_when_it_is_asked_for_and_not_before() -> None:
    code = """
import sys, athena
class Mine(athena.Wrapper):
    @athena.hookimpl
    def athena_once_exec(self, request): return athena.Reply()
early = [name for name in ("athena.kernel", "athena.dispatcher", "athena.client") if name in sys.modules]
athena.start
print(early, "athena.kernel" in sys.modules)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=50, check=True)
    assert run.stdout.split("\n")[0] == "[] True"
