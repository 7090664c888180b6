"""A child process: what it inherits, what it connects to, and that nothing of it is left."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from athena.executors import process, spawn
from athena.executors.process import ProcessExecutor
from athena.executors.spawn import Start
from athena.models import Part, Stage
from athena.testing.bounded import eventually

from .crew import Context, alive, request, settings

FOREIGN = (sys.executable, str(Path(__file__).parent / "foreign.py"))
SLEEP = (sys.executable, "-c", "import time; time.sleep(60)")


async def test_a_program_in_any_language_is_a_worker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Only who starts it knows of its command; the rest of the executor does not see the difference."""
    monkeypatch.setattr(process, "_command", lambda settings: FOREIGN)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    executor = ProcessExecutor(settings(), Context(), lambda: None)
    description = await executor.start()
    try:
        assert (description.version, description.operations) == ("foreign 1", {"once", "session"})
        data = os.urandom(300_000)
        reply = await executor.once(request(Part("a", data), Part.from_text("b", "x", encoding="utf8")))
        assert bytes(reply.part("a").data) == data
        assert reply.part("b").attributes == {"encoding": "utf8"}
        session = await executor.open(request())
        for n in range(100):
            await session.write(request(Part("n", str(n).encode(), stage=Stage.CONTINUE)))
            assert (await session.read(5)).part("n").data == str(n).encode()
        await session.write(request(Part("n", b"end", stage=Stage.END)))
        assert (await session.read(5)).stage is Stage.END
    finally:
        await executor.stop()
    await eventually(lambda: os.listdir(tmp_path) == [], "both folders are gone")


async def test_a_program_that_never_connects_is_told_by_its_end() -> None:
    with pytest.raises(ConnectionError, match="exited with status 4 before it connected"):
        await asyncio.wait_for(spawn.spawn(Start("svc", (sys.executable, "-c", "raise SystemExit(4)"))), 10)


def test_a_stranger_on_the_socket_is_not_the_worker(tmp_path: Path) -> None:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "s"))
    listener.listen(1)
    with socket.socket(socket.AF_UNIX) as stranger:
        stranger.connect(str(tmp_path / "s"))
        connection, _ = listener.accept()
        assert spawn._is(connection, os.getpid())
        child = subprocess.Popen(SLEEP, start_new_session=True)
        assert not spawn._is(connection, child.pid)
        child.kill()
        child.wait(5)
        connection.close()
    listener.close()


async def test_the_end_of_a_child_is_told_once_and_how_it_ended() -> None:
    child = await spawn.spawn(Start("svc"))
    ends: list[int] = []
    child.watch(lambda: ends.append(1))
    child.signal(signal.SIGTERM)
    await eventually(lambda: ends == [1], "its end was told")
    assert child.close() == "was killed by SIGTERM"
    assert child.connection is not None
    child.connection.close()


async def test_closing_a_child_kills_it_with_all_it_has_started(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    code = (
        "import os, pathlib, socket, subprocess, sys\n"
        f"p = subprocess.Popen({list(SLEEP)!r}, start_new_session=True)\n"
        f"pathlib.Path({str(note)!r}).write_text(str(p.pid))\n"
        "end = socket.socket(socket.AF_UNIX)\n"
        "end.connect(os.environ['ATHENA_WORKER_SOCKET'])\n"
        "p.wait()"
    )
    child = await asyncio.wait_for(spawn.spawn(Start("svc", (sys.executable, "-c", code))), 10)
    child.watch(lambda: None)
    worker, grandchild = child.pid, int(note.read_text())
    assert worker != child.session
    assert child.close() in ("was killed", "was killed by SIGKILL")
    await eventually(lambda: not any(map(alive, (grandchild, worker, child.session))), "all are gone")
    await eventually(lambda: child.status is not None, "it was reaped")
