"""One worker: its start, its questions, its logs, and every way to end it."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

import psutil
import pytest

from athena.errors import Fault, PluginBroken, ServiceError, SettingsError
from athena.executors.spawn import Start
from athena.executors.worker import Worker
from athena.link import worker_pb2 as pb
from athena.link.entries import Once
from athena.link.frames import CALL, PING
from athena.link.heads import encode_request
from athena.link.peer import Entry
from athena.models import Limits
from athena.testing.bounded import refused

from .crew import alive, request, settings


class Deaths:
    """What ``died`` was called with."""

    def __init__(self) -> None:
        self.unseen: list[list[Entry]] = []

    def __call__(self, worker: Worker, unseen: list[Entry]) -> None:
        self.unseen.append(unseen)


async def started(**keys: Any) -> tuple[Worker, Deaths]:
    deaths = Deaths()
    worker = Worker(settings(**keys), Limits(), (), deaths)
    assert not worker.alive
    ready = await asyncio.wait_for(worker.start(Start("odd")), 15)
    assert {"athena_once_exec", "athena_config_reload"} <= ready.hooks
    assert worker.alive
    return worker, deaths


def sleeping(worker: Worker, seconds: float) -> Once:
    entry = Once(
        request(do="sleep", seconds=str(seconds)), lambda it: None, asyncio.get_running_loop().create_future(), 1000
    )
    worker.peer.begin(CALL, entry, *encode_request(entry.request))
    return entry


def process(worker: Worker) -> int:
    assert worker._child is not None
    return worker._child.pid


async def test_bye_lets_what_runs_finish() -> None:
    worker, deaths = await started()
    entry = sleeping(worker, 0.3)
    await worker.stop(5.0)
    assert await asyncio.wait_for(entry.future, 1)
    assert (worker.gone.result(), deaths.unseen) == ("exited with status 0", [[]])
    assert not worker.alive


async def test_a_worker_that_does_not_leave_is_made_to_and_stop_is_bounded() -> None:
    worker, deaths = await started()
    entry = sleeping(worker, 60)
    began = time.monotonic()
    await asyncio.wait_for(worker.stop(0.2), 10)
    assert time.monotonic() - began < 5
    await refused(entry.future, Fault.WORKER_LOST)
    assert not alive(process(worker))
    assert len(deaths.unseen) == 1
    await asyncio.wait_for(worker.stop(0.2), 1)


async def test_a_stopped_worker_leaves_no_zombie_to_a_loop_that_ends() -> None:
    worker, _ = await started()
    assert worker._child is not None
    keeper = worker._child.session
    await asyncio.wait_for(worker.stop(1.0), 10)
    assert not psutil.pid_exists(keeper)  # a zombie would still be there


async def test_kill_says_why_to_everybody_who_is_lost() -> None:
    worker, _ = await started()
    entry = sleeping(worker, 60)
    await asyncio.sleep(0.1)
    worker.kill("was killed: for a test")
    error = await refused(entry.future, Fault.WORKER_LOST)
    assert error.message == "the worker was killed: for a test"
    assert worker.condemned
    assert not alive(process(worker))


async def test_ping_is_answered_while_a_hook_runs() -> None:
    worker, _ = await started()
    entry = sleeping(worker, 1.0)
    await asyncio.wait_for(worker.ask(PING, b"", 5), 5)
    assert not entry.future.done()
    worker.kill("was killed")
    await refused(entry.future, Fault.WORKER_LOST)


async def test_a_start_that_takes_too_long_says_what_took_it_and_is_ended() -> None:
    worker = Worker(settings({"slow": 30.0}, init_timeout=0.8), Limits(), (), Deaths())
    with pytest.raises(ServiceError, match="athena_init took longer than init_timeout") as caught:
        await worker.start(Start("odd"))
    assert caught.value.fault is Fault.UNAVAILABLE
    await asyncio.wait_for(worker.gone, 5)
    assert not alive(process(worker))


async def test_a_start_that_is_given_up_leaves_nothing_behind() -> None:
    worker = Worker(settings({"slow": 30.0}), Limits(), (), Deaths())
    starting = asyncio.create_task(worker.start(Start("odd")))
    await asyncio.sleep(0.4)
    starting.cancel()
    await asyncio.wait([starting])
    await asyncio.wait_for(worker.gone, 5)
    assert not alive(process(worker))


async def test_an_interpreter_that_is_not_there_is_a_problem_of_its_key() -> None:
    deaths = Deaths()
    worker = Worker(settings(), Limits(), (), deaths)
    with pytest.raises(SettingsError, match=r"^python: /nowhere/python cannot be started"):
        await worker.start(Start("odd", python="/nowhere/python"))
    assert worker.gone.done()
    assert deaths.unseen == [[]]


async def test_a_foreign_program_that_is_not_there_is_a_broken_plugin() -> None:
    worker = Worker(settings(), Limits(), (), Deaths())
    with pytest.raises(PluginBroken, match=r"services\.odd: /nowhere/foreign cannot be started"):
        await worker.start(Start("odd", ("/nowhere/foreign",), "/ignored/python"))


async def test_records_of_a_worker_are_logged_under_their_own_name_and_level(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    worker = Worker(settings(), Limits(), (), Deaths())
    worker._logged(pb.Log(level=logging.WARNING, logger="mine.deep", message="100 % sure", time=12.5))
    worker._logged(pb.Log(level=logging.DEBUG, logger="mine", message="not asked for"))
    (record,) = caplog.records
    assert (record.name, record.levelno, record.getMessage(), record.created) == (
        "mine.deep",
        logging.WARNING,
        "100 % sure",
        12.5,
    )
    assert record.service == "odd"  # type: ignore[attr-defined]
    assert "mine.deep" not in logging.root.manager.loggerDict
