"""gRPC's own thread waits for a core as libzmq's does, where nobody has chosen otherwise."""

from __future__ import annotations

import os
import sys
import threading

import grpc
import pytest

from athena_transport_grpc import threads

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="SCHED_BATCH is Linux's")


def pollers() -> list[int]:
    return [thread.native_id or 0 for thread in threading.enumerate() if threads._POLLER in thread.name]


async def test_the_thread_that_waits_for_events_pushes_nobody_aside_and_is_settled_once() -> None:
    server = grpc.aio.server()
    server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        found = pollers()
        assert found, "gRPC names its thread otherwise now: see threads.py"
        for thread in found:
            os.sched_setscheduler(thread, os.SCHED_OTHER, os.sched_param(0))
        assert threads.settle()
        assert {os.sched_getscheduler(thread) for thread in found} == {os.SCHED_BATCH}
        assert not threads.settle()
    finally:
        await server.stop(None)


def test_what_the_system_forbids_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object) -> None:
        raise PermissionError

    stop = threading.Event()
    thread = threading.Thread(target=stop.wait, name=f"Thread-1 ({threads._POLLER})", daemon=True)
    thread.start()
    monkeypatch.setattr(os, "sched_setscheduler", forbidden)
    monkeypatch.setattr(threading, "enumerate", lambda: [thread])
    assert not threads.settle()
    stop.set()
