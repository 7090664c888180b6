"""A kernel whose standard streams are closed serves and ends as any other."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from athena.control import ask
from athena.errors import AthenaError

RUN = [sys.executable, "-m", "athena.cli", "run", "--wrapper", "echo", "--transport", "http=0"]
KEYS = ["--set", "services.echo.executor=thread", "--set", "kernel.control=control", "--set", "kernel.lame_duck=0"]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_with_streams_closed_it_serves_and_a_signal_ends_it_with_0(closed: str, tmp_path: Path) -> None:
    shell = ["sh", "-c", f'exec "$@" {closed}', "sh", *RUN, *KEYS]
    with subprocess.Popen(shell, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        until = time.monotonic() + 30
        while process.poll() is None:
            try:
                status = ask(tmp_path / "control", "status")
                break
            except AthenaError:
                assert time.monotonic() < until
                time.sleep(0.05)
        assert process.poll() is None, f"it ended with {process.returncode}"
        assert status["state"] == "serving"
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
