"""A wrapper whose workers do not come up any more, and a kernel that is killed: what is tried, and what is left."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from pathlib import Path

import pytest

import athena
from athena.errors import Fault, ServiceError
from athena.models import Request
from athena.testing.bounded import eventually, refused
from athena.testing.journal import Journal

from .served import running

LOOKED = 12.0
"""Seconds that the crash loop is watched; the schedule of all 60 is in tests/executors/test_backoff.py."""


def table(folder: Path, name: str, keys: str = "", note: str = "") -> str:
    wrapper = Path(__file__).with_name("stuck.py")
    config = f'journal = "{folder / name}"\nnote = "{note}"'
    return f'[services.{name}]\nwrapper = "{wrapper}"\n{keys}\n[services.{name}.config]\n{config}\n'


async def told_at_once(client: athena.Client) -> None:
    before = time.monotonic()
    error = await refused(client.once("held", Request("")), Fault.UNAVAILABLE)
    assert time.monotonic() - before < 1.0
    assert "held has failed" in error.message


@pytest.mark.timeout(120)
async def test_a_crash_loop_is_tried_seldom_told_at_once_named_and_nobody_elses_business(tmp_path: Path) -> None:
    doom = tmp_path / "doom"
    text = table(tmp_path, "held", "workers = 2", str(doom)) + table(tmp_path, "calm")
    async with running(tmp_path, text) as served, athena.Client(served.urls["http"]) as client:
        journal = Journal(tmp_path / "held")
        assert journal.count("spawn") == 2
        doom.touch()
        began = time.monotonic()
        for entry in journal.find("spawn"):
            os.kill(int(str(entry["pid"])), signal.SIGKILL)
        answered = 0
        while time.monotonic() < began + LOOKED:
            reply = await client.once("calm", Request("", params={"do": "work"}, deadline=time.monotonic() + 5))
            assert reply.part("pid").text
            answered += 1
            await asyncio.sleep(0.02)
        assert answered > 100
        # By one at a time, and not again before 30 s have passed; the bound is 10 in 60 s.
        assert 5 <= journal.count("spawn") - 2 <= 8

        seen = await served.look()
        assert (seen.status, seen.workers) == (503, {"failed": 2})
        assert "held has failed" in seen.reason
        assert "exited with status 3 during athena_init" in seen.reason
        async with served.http.get("/readyz") as response:
            told = await response.json()
        assert (told["services"]["held"]["ready"], told["services"]["calm"]["ready"]) == (False, True)
        await told_at_once(client)

        doom.unlink()
        (tmp_path / "aiges.toml").write_text((tmp_path / "aiges.toml").read_text() + "# mended\n")
        os.kill(served.pid, signal.SIGHUP)
        until = time.monotonic() + 20
        while (seen := await served.look()).workers != {"ready": 2}:
            assert time.monotonic() < until, seen
            await asyncio.sleep(0.05)
        assert seen.status == 200
        assert (await client.once("held", Request("", params={"do": "work"}))).part("pid").text


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def descendants(root: int) -> set[int]:
    """Every process below one."""
    parents: dict[int, int] = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            parents[int(name)] = int(Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found = {root}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {root}


@pytest.mark.timeout(120)
async def test_a_killed_kernel_leaves_no_process_after_a_second(tmp_path: Path) -> None:
    text = table(tmp_path, "held", "workers = 2\nspares = 1")
    async with running(tmp_path, text, expect=-signal.SIGKILL) as served, athena.Client(served.urls["http"]) as client:

        async def call(do: str) -> None:
            request = Request("", params={"do": do, "seconds": "60"}, deadline=time.monotonic() + 60)
            with contextlib.suppress(ServiceError):
                await client.once("held", request)

        reply = await client.once("held", Request("", params={"do": "offspring"}))
        offspring = {int(word) for word in reply.part("pids").text.split()}
        assert len(offspring) == 2
        # One worker in a hook that holds the interpreter's lock, one in a hook that does not.
        hanging = [asyncio.create_task(call(do)) for do in ("hold", "nap")]
        journal = Journal(tmp_path / "held")
        await eventually(lambda: journal.count("executing") == 1 and journal.count("once") == 3, "all are in a hook")
        everybody = {pid for pid in descendants(served.pid) | offspring if alive(pid)}
        assert offspring < everybody
        # Three workers, their keepers, the child and the daemon, which is a worker's keeper's no more than anybody's.
        assert len(everybody) >= 8
        os.kill(served.pid, signal.SIGKILL)
        await asyncio.sleep(1.0)
        assert [pid for pid in everybody if alive(pid)] == []
        for task in hanging:
            task.cancel()
        await asyncio.wait(hanging)
    await eventually(lambda: not any(map(alive, everybody)), "none came back")
