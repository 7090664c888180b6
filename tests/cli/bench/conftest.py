"""A real ``athena run`` with echo on every wire, once for all that load it."""

from __future__ import annotations

import select
import subprocess
import sys
from collections.abc import Iterator

import pytest

WIRES = ("http", "grpc", "zmq")


@pytest.fixture(scope="package")
def served() -> Iterator[tuple[subprocess.Popen[bytes], dict[str, str]]]:
    """The process, and its endpoints by scheme; ``ws`` is another way to say ``http``."""
    wires = [word for wire in WIRES for word in ("--transport", f"{wire}=127.0.0.1:0")]
    limits = ("--set", "services.echo.queue=256", "--set", "services.echo.executor=thread")
    command = [sys.executable, "-m", "athena.cli", "run", "--wrapper", "echo", *wires, *limits]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        assert process.stdout is not None
        assert select.select([process.stdout], [], [], 40)[0], "it was not ready within 40 s"
        ready, *urls = process.stdout.readline().decode().split()
        assert ready == "ready"
        found = {url.partition(":")[0]: url for url in urls}
        yield process, found | {"ws": found["http"].replace("http", "ws", 1)}
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture
def endpoints(served: tuple[subprocess.Popen[bytes], dict[str, str]]) -> dict[str, str]:
    """Its endpoints."""
    return served[1]
