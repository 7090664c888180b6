"""A hosted wrapper: what it says of its health while it comes, is replaced and goes."""

from __future__ import annotations

import asyncio
import threading

import attrs
import pytest

from athena import Wrapper, hookimpl
from athena.errors import Fault, ServiceError
from athena.executors.hosted import Hosted
from athena.models import Change, Health, Limits, Reply, Request, ServiceSettings, WrapperContext
from athena.section import option, section


class Moody(Wrapper):
    """Fails to reload, and to start anew, when its table says so."""

    starts = 0

    @section
    class Section:
        refuse: str = option("", help="Which hook fails.")

    def __init__(self, table: Moody.Section) -> None:
        self.table = table

    @hookimpl
    def athena_init(self, context: WrapperContext) -> None:
        type(self).starts += 1
        if self.table.refuse == "init":
            raise ValueError("will not start")

    @hookimpl
    def athena_config_reload(self, change: Change) -> None:
        raise ValueError("will not reload")

    @hookimpl
    def athena_once_exec(self, request: Request) -> Reply:
        return Reply()


def hosted(told: list[Health], **config: str) -> Hosted:
    settings = ServiceSettings("moody", executor="thread", config=config)
    made: Hosted = Hosted(settings, Limits(), lambda: told.append(made.health), Moody)
    return made


async def test_it_is_unavailable_before_its_start_and_after_its_stop() -> None:
    told: list[Health] = []
    room = hosted(told)
    for _ in range(2):
        with pytest.raises(ServiceError, match="moody is not running") as caught:
            assert room.engine
        assert caught.value.fault is Fault.UNAVAILABLE
        if not told:
            await room.start()
            assert room.health.ready
            await room.stop()
    assert [health.ready for health in told] == [True, False]


async def test_a_wrapper_that_fails_to_reload_is_replaced_and_says_so_meanwhile() -> None:
    told: list[Health] = []
    room = hosted(told)
    await room.start()
    before = Moody.starts
    await room.reload(attrs.evolve(room._settings, config={}), "2")
    assert Moody.starts == before + 1
    assert [(health.ready, health.reason) for health in told[1:]] == [(False, "replacing the wrapper"), (True, "")]
    await room.stop()


async def test_a_successor_that_does_not_start_is_the_reason_it_is_not_ready() -> None:
    told: list[Health] = []
    room = hosted(told)
    await room.start()
    await room.reload(attrs.evolve(room._settings, config={"refuse": "init"}), "2")
    assert not room.health.ready
    assert "athena_init raised ValueError: will not start" in room.health.reason
    await room.stop()


async def test_a_hook_that_never_returns_does_not_hold_the_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("athena.executors.hosted.STOP_GRACE", 0.1)
    room = hosted([])
    await room.start()
    gate, entered = threading.Event(), threading.Event()

    def hang() -> None:
        entered.set()
        gate.wait(10)

    room.engine._lanes.submit(hang)
    assert await asyncio.to_thread(entered.wait, 5)
    await asyncio.wait_for(room.stop(), 5)
    gate.set()
