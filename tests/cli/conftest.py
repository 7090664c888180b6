"""The command as users have it: typed, in this process or in one of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from athena.cli.app import run

Typed = tuple[int, str, str]
"""Exit code, stdout, stderr."""


@pytest.fixture
def athena(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Typed]:
    """``athena("plugins", "--json")``, in this process."""
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("NO_COLOR", "1")

    def typed(*words: str) -> Typed:
        code = run(words)
        out, err = capsys.readouterr()
        return code, out, err

    return typed


def in_a_process(*words: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """The same in a process of its own, to its end."""
    return subprocess.run(
        [sys.executable, "-m", "athena.cli", *words],
        input=stdin,
        env={**os.environ, "NO_COLOR": "1", **environment},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
