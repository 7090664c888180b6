"""``athena drain`` waits for the end of a kernel, and the kernel ends with 0."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .conftest import Typed, in_a_process


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[str]]:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    words = ["run", "--wrapper", "echo", "-t", "grpc=0", "--set=kernel.lame_duck=0.0"]
    process = subprocess.Popen(
        [sys.executable, "-m", "athena.cli", *words], stdout=subprocess.PIPE, text=True, cwd=tmp_path
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("ready ")
    yield process
    process.kill()
    process.communicate()


def test_it_waits_until_the_kernel_has_stopped(kernel: subprocess.Popen[str], athena: Callable[..., Typed]) -> None:
    code, out, err = athena("drain")
    assert (code, out) == (0, "drained\n")
    assert "draining: 0 calls and 0 sessions have at most 30 s" in err
    assert kernel.wait(timeout=10) == 0


def test_it_need_not_wait(kernel: subprocess.Popen[str]) -> None:
    done = in_a_process("drain", "--no-wait")
    assert (done.returncode, done.stdout) == (0, "")
    assert kernel.wait(timeout=20) == 0
