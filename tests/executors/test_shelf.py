"""Shelves: what hangs, what runs on, who leaves; the rest every executor's contract asks."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from athena.errors import Fault, PluginBroken, ServiceError
from athena.executors.mailbox import Mailbox
from athena.executors.shelf import HostedShelf, WorkerShelf
from athena.executors.solo import Solo
from athena.link.frames import RESOURCE_LOAD, RESOURCE_UNLOAD
from athena.models import Part, Resource
from athena.testing.bounded import eventually, refused

A = Resource("a", (Part("x", b"12"),))


class Asked:
    """A worker that is asked."""

    def __init__(self) -> None:
        self.alive = True
        self.asked: list[int] = []
        self.answers: list[BaseException] = []
        self.killed = ""
        self.gate = asyncio.Event()
        self.gate.set()

    async def ask(self, kind: int, head: bytes, timeout: float, segments: Any = (), size: int = 0) -> None:
        self.asked.append(kind)
        await self.gate.wait()
        if self.answers:
            raise self.answers.pop(0)

    def kill(self, why: str, reason: str) -> None:
        self.killed, self.alive = reason, False


class Pool:
    """Those that are ready."""

    def __init__(self, *workers: Asked) -> None:
        self.workers = workers
        self.retired: list[Asked] = []

    def retire(self, worker: Asked) -> None:
        self.retired.append(worker)


def among(*workers: Asked) -> tuple[WorkerShelf, Pool]:
    pool = Pool(*workers)
    return WorkerShelf(pool, "asr", 1.0), pool  # type: ignore[arg-type]


async def test_without_a_worker_nothing_is_taken() -> None:
    await refused(among()[0].load(A), Fault.UNAVAILABLE)


async def test_a_worker_whose_hook_hangs_is_replaced_and_the_others_forget() -> None:
    good, bad = Asked(), Asked()
    shelf, pool = among(good, bad)
    bad.answers = [asyncio.TimeoutError()]
    with pytest.raises(PluginBroken, match="athena_resource_load took longer than 1 s"):
        await shelf.load(A)
    assert (pool.retired, bad.killed) == ([bad], "resource")
    assert (good.asked, bad.asked) == ([RESOURCE_LOAD, RESOURCE_UNLOAD], [RESOURCE_LOAD])


async def test_who_leaves_has_everybody_forget() -> None:
    one, two = Asked(), Asked()
    shelf, _ = among(one, two)
    two.gate.clear()
    loading = asyncio.ensure_future(shelf.load(A))
    await eventually(lambda: bool(two.asked), "both are asked")
    loading.cancel()
    await asyncio.sleep(0.01)
    two.gate.set()
    with pytest.raises(asyncio.CancelledError):
        await loading
    assert one.asked == two.asked == [RESOURCE_LOAD, RESOURCE_UNLOAD]


async def test_a_new_worker_is_given_all_of_them_and_nothing_is_loaded_until_it_is_one_of_the_others() -> None:
    old, new = Asked(), Asked()
    shelf, pool = among(old)
    await shelf.load(A)
    async with shelf.stocked(new):  # type: ignore[arg-type]
        assert new.asked == [RESOURCE_LOAD]
        loading = asyncio.ensure_future(shelf.load(Resource("b", A.parts)))
        await asyncio.sleep(0.01)
        assert not loading.done()
        pool.workers = (old, new)
    await loading
    assert new.asked == [RESOURCE_LOAD, RESOURCE_LOAD]


async def test_a_new_worker_that_refuses_one_is_no_worker() -> None:
    shelf, _ = among(Asked())
    await shelf.load(A)
    new = Asked()
    new.answers = [PluginBroken("it raised", plugin="x")]
    with pytest.raises(PluginBroken):
        async with shelf.stocked(new):  # type: ignore[arg-type]
            raise AssertionError("it was taken all the same")


async def test_a_worker_that_is_busy_is_told_again_to_forget_one_that_is_dead_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("athena.executors.shelf._PAUSE", 0.01)
    busy, dead, stuck = Asked(), Asked(), Asked()
    shelf, pool = among(busy, dead, stuck)
    busy.answers = [PluginBroken("a hook ran on for 5 s; nothing was changed")]
    dead.answers = [ServiceError(Fault.WORKER_LOST, "gone")]
    stuck.answers = [asyncio.TimeoutError()]
    await shelf.unload("a")
    assert busy.asked == [RESOURCE_UNLOAD, RESOURCE_UNLOAD]
    assert dead.asked == [RESOURCE_UNLOAD]
    assert pool.retired == [stuck]


class Hooks:
    """A wrapper's, on its main thread."""

    def __init__(self) -> None:
        self.did: list[str] = []
        self.gate = threading.Event()
        self.gate.set()

    def resource_load(self, resource: Resource) -> None:
        self.gate.wait(10)
        self.did.append(f"load {resource.id}")

    def resource_unload(self, resource_id: str) -> None:
        self.did.append(f"unload {resource_id}")


@asynccontextmanager
async def hosted(hooks: Hooks, timeout: float = 5.0) -> AsyncIterator[HostedShelf]:
    main = Solo("asr", Mailbox(asyncio.get_running_loop()))
    main.start()

    def alone(action: Callable[[], object]) -> None:
        action()

    try:
        yield HostedShelf(main, alone, lambda: hooks, timeout)  # type: ignore[arg-type,return-value]
    finally:
        hooks.gate.set()
        main.stop()


async def test_what_a_hosted_wrapper_has_is_what_its_successor_is_given() -> None:
    hooks = Hooks()
    async with hosted(hooks) as shelf:
        await shelf.load(A)
        assert list(shelf.held) == ["a"]
        await shelf.unload("a")
        assert shelf.held == {}
    assert hooks.did == ["load a", "unload a"]


async def test_a_load_that_nobody_waits_for_any_more_is_undone_when_it_is_done() -> None:
    hooks = Hooks()
    async with hosted(hooks, timeout=0.05) as shelf:
        hooks.gate.clear()
        with pytest.raises(PluginBroken, match="took longer"):
            await shelf.load(A)
        loading = asyncio.ensure_future(shelf.load(Resource("b", A.parts)))
        await asyncio.sleep(0.01)
        loading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await loading
        hooks.gate.set()
        await eventually(lambda: len(hooks.did) == 4, "both are undone")
        assert shelf.held == {}
    assert hooks.did == ["load a", "unload a", "load b", "unload b"]
