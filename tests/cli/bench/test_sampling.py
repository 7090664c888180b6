"""What is seen of the server: who listens, what its processes take, and GPUs where there are some."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from athena.cli.bench.sampling import Gpus, Sample, Tree, listening, monitor, watch

BURN = "import time; t = time.time()\nwhile time.time() - t < 0.4: pass\ninput()"


def test_who_listens_on_this_machine_is_found(served: tuple[subprocess.Popen[bytes], dict[str, str]]) -> None:
    process, endpoints = served
    found = monitor()
    assert found is not None
    for endpoint in endpoints.values():
        assert listening(endpoint, found) == (process.pid,)


def test_nobody_is_found_elsewhere() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))  # bound, and nobody listens
        port = free.getsockname()[1]
        for endpoint in (f"tcp://127.0.0.1:{port}", "tcp://192.0.2.1:80", "tcp://localhost", "tcp://localhost:x"):
            assert listening(endpoint, psutil) == ()


def test_a_tree_counts_its_children_and_forgets_no_second_of_the_dead() -> None:
    tree = Tree((os.getpid(),), psutil)
    before = tree.look()
    child = subprocess.Popen(
        [sys.executable, "-c", BURN],
        stdin=subprocess.PIPE,
    )
    until = time.monotonic() + 10
    while tree.look().cpu < before.cpu + 0.3 and time.monotonic() < until:
        time.sleep(0.05)
    during = tree.look()
    child.communicate(timeout=10)
    after = tree.look()
    assert during.cpu >= before.cpu + 0.3
    assert after.cpu >= during.cpu
    assert during.rss > after.rss > 0


def test_a_process_that_is_gone_is_no_error() -> None:
    child = subprocess.Popen(["true"])
    child.wait(10)
    assert Tree((child.pid,), psutil).look().rss == 0


async def test_gpus_are_absent_without_a_word(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    gpus = Gpus()
    await gpus.start()
    assert gpus.look() == ()
    await gpus.stop()


async def test_what_the_driver_says_is_read_and_what_it_mutters_is_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text(
        "#!/bin/sh\necho 'a sentence'\necho '1, 7, 300'\necho '0, 45, 1024'\necho '2, [N/A], 3'\nexec sleep 60\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    gpus = Gpus()
    await gpus.start()
    for _ in range(200):
        if len(gpus.look()) == 2:
            break
        await asyncio.sleep(0.05)
    assert gpus.look() == ((45.0, 1024.0), (7.0, 300.0))
    await asyncio.wait_for(gpus.stop(), 10)


async def test_it_looks_at_once_and_again() -> None:
    seen: list[Sample] = []
    looking = asyncio.create_task(watch(Tree((os.getpid(),), psutil), Gpus(), seen.append, time.monotonic(), 0.05))
    for _ in range(200):
        if len(seen) >= 3:
            break
        await asyncio.sleep(0.02)
    looking.cancel()
    assert len(seen) >= 3
    assert seen[0].rss > 0
