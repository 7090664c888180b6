"""What only processes can promise; the executors' contract itself is kept in tests/contracts/test_executors.py."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from athena.errors import Fault, PluginBroken, SettingsError
from athena.executors import process
from athena.executors.process import ProcessExecutor
from athena.models import Change, Limits, Part
from athena.testing.bounded import eventually, refused

from .crew import Context, alive, crew, pid, request, seen, settings, value


@pytest.mark.parametrize("what", ["text", "bomb", "stray"])
async def test_garbage_from_a_worker_costs_that_worker_and_nothing_else(what: str) -> None:
    async with crew(workers=2) as executor:
        error = await refused(executor.once(request(do="garbage", what=what)), Fault.WORKER_LOST)
        assert "protocol" in error.message
        assert (await executor.once(request(Part("a", b"1")))).part("a").data == b"1"
        await eventually(lambda: executor.health().workers == {"ready": 2}, "the worker is back")


async def test_a_worker_that_leaves_is_replaced_and_its_status_is_told() -> None:
    async with crew() as executor:
        error = await refused(executor.once(request(do="leave", status="9")), Fault.WORKER_LOST)
        assert error.message == "the worker exited with status 9"
        assert await asyncio.wait_for(pid(executor), 10) > 0


async def test_a_hook_that_does_not_return_by_deadline_and_grace_is_killed_and_replaced_at_once(tmp_path: Path) -> None:
    async with crew(grace=0.3) as executor:
        first = await pid(executor)
        for _ in range(7):  # more than the breaker allows: a kill of ours is no failed start
            call = asyncio.create_task(executor.once(request(do="sleep", seconds="30", within=0.2)))
            await asyncio.sleep(0.2)
            call.cancel()
            await asyncio.wait([call])
            after = await asyncio.wait_for(pid(executor), 10)
            assert after != first
            first = after


async def test_a_hook_that_returns_in_time_is_not_killed() -> None:
    async with crew(grace=0.5) as executor:
        first = await pid(executor)
        call = asyncio.create_task(executor.once(request(do="sleep", seconds="0.3", within=0.1)))
        await asyncio.sleep(0.1)
        call.cancel()
        await asyncio.wait([call])
        assert await pid(executor) == first
        await asyncio.sleep(0.6)
        assert await pid(executor) == first


async def test_a_call_that_was_cancelled_while_it_waited_never_runs(tmp_path: Path) -> None:
    async with crew() as executor:
        busy = asyncio.create_task(executor.once(request(do="sleep", seconds="0.4")))
        late = asyncio.create_task(executor.once(request(do="sleep", seconds="0", began=str(tmp_path / "ran"))))
        await asyncio.sleep(0.1)
        late.cancel()
        await asyncio.wait([late])
        await busy
        await executor.drain()
        assert not (tmp_path / "ran").exists()


async def test_large_parts_come_back_as_they_went() -> None:
    data = os.urandom(3 * 1024 * 1024)
    async with crew(threads=4) as executor:
        parts = (Part("a", data[: 1024 * 1024]), Part("b", memoryview(data)[1024 * 1024 :]), Part("c", b""))
        for reply in await asyncio.gather(*(executor.once(request(*parts)) for _ in range(8))):
            assert [bytes(part.data) for part in reply.parts] == [bytes(part.data) for part in parts]


async def test_a_flood_on_the_wrappers_stdout_changes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    async with crew(threads=2) as executor:
        flood = asyncio.create_task(executor.once(request(do="flood", seconds="1.5")))
        beats = []
        for _ in range(40):
            began = time.monotonic()
            assert (await executor.once(request(Part("a", b"1")))).parts
            beats.append(time.monotonic() - began)
        assert sorted(beats)[20] < 0.25
        assert (await flood).part("done").text == "yes"
    assert len(caplog.records) < 3000


async def test_the_child_is_sealed_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    async with crew() as executor:
        there = await seen(executor)
    assert "AWS_SECRET_ACCESS_KEY" not in there["environment"]
    assert there["environment"]["OMP_NUM_THREADS"] == "1"
    assert there["core"] == 0
    assert there["no_new_privs"]
    assert there["group"] == there["pid"]
    assert there["sockets"] == 1


@pytest.mark.parametrize("how", ["grandchild", "forked"])
async def test_what_a_wrapper_started_dies_with_its_worker(how: str) -> None:
    async with crew() as executor:
        grandchild = value(await executor.once(request(do=how)), "pid")
        assert alive(grandchild)
        worker = await pid(executor)
        os.kill(worker, signal.SIGKILL)
        await eventually(lambda: not alive(grandchild), "the grandchild is gone")
        await eventually(lambda: worker not in [each.pid for each in executor.workers()], "its kernel knows it")
        # The fork holds the stream open: that the worker died is known all the same.
        assert await asyncio.wait_for(pid(executor), 10) != worker


async def test_a_check_that_nobody_answers_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_CHECK", 0.3)
    async with crew() as executor:
        busy = asyncio.create_task(executor.once(request(do="sleep", seconds="1.5")))
        await asyncio.sleep(0.2)
        with pytest.raises(PluginBroken, match=r"within 0\.3 s"):
            await executor.check(Change(None, settings({"note": "new"})))
        await busy


@pytest.mark.parametrize(
    ("config", "keys", "said"),
    [
        ({}, {"wrapper": "odd:Nobody"}, "odd has no Nobody"),
        ({}, {"wrapper": "./gone.py"}, "no such file"),
        ({}, {"python": "/nowhere/python"}, "/nowhere/python cannot be started"),
        ({"slow": 5.0}, {"init_timeout": 0.8}, r"services.odd: athena_init took longer than init_timeout = 0.8 s"),
        ({}, {"gpu": object()}, "no plugin gives out GPUs"),
    ],
)
async def test_a_start_that_is_refused_says_why_and_leaves_nothing_behind(
    config: dict[str, object], keys: dict[str, object], said: str
) -> None:
    executor = ProcessExecutor(settings(config, **keys), Context(), lambda: None)
    with pytest.raises(Exception, match=said):
        await asyncio.wait_for(executor.start(), 15)
    assert not executor.health().ready
    await refused(executor.once(request()), Fault.UNAVAILABLE)


async def test_a_start_that_ends_the_process_names_the_phase(tmp_path: Path) -> None:
    doom = tmp_path / "doom"
    doom.touch()
    executor = ProcessExecutor(settings({"doom": str(doom)}), Context(), lambda: None)
    with pytest.raises(PluginBroken, match=r"services\.odd: the worker exited with status 3 during athena_init"):
        await asyncio.wait_for(executor.start(), 15)


async def test_an_import_string_starts_from_the_folder_of_the_toml(tmp_path: Path) -> None:
    (tmp_path / "mine_of_this_test.py").write_text(
        "from athena import Part, Reply, Wrapper, hookimpl\n"
        "class Mine(Wrapper):\n"
        "    @hookimpl\n"
        "    def athena_once_exec(self, request):\n"
        "        return Reply((Part.from_text('mine', 'yes'),))\n"
    )
    async with crew(wrapper="mine_of_this_test:Mine", folder=str(tmp_path)) as executor:
        assert (await executor.once(request())).part("mine").text == "yes"


async def test_a_probe_describes_without_init_and_refuses_like_a_start(tmp_path: Path) -> None:
    doom = tmp_path / "doom"
    doom.touch()
    description = await process.probe(settings({"doom": str(doom)}), Limits())
    assert {"once", "session"} <= description.operations
    with pytest.raises(SettingsError, match="nott"):
        await process.probe(settings({"nott": 1}), Limits())


KERNEL = """
import asyncio, sys
from tests.executors.crew import crew, pid, request, value
async def main():
    async with crew() as executor:
        worker = await pid(executor)
        busy = asyncio.create_task(executor.once(request(do="sleep", seconds="60", within=100)))
        await asyncio.sleep(0.2)
        print(worker, flush=True)
        await asyncio.sleep(60)
asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel of the system tells the worker")
def test_a_killed_kernel_leaves_no_worker_behind_even_in_a_hook() -> None:
    root = Path(__file__).parents[2]
    kernel = subprocess.Popen([sys.executable, "-c", KERNEL], stdout=subprocess.PIPE, text=True, cwd=root)
    assert kernel.stdout is not None
    worker = int(kernel.stdout.readline())
    assert alive(worker)
    kernel.kill()
    kernel.wait(5)
    kernel.stdout.close()
    until = time.monotonic() + 1.0
    while alive(worker) and time.monotonic() < until:
        time.sleep(0.01)
    assert not alive(worker)
