"""The policy of libzmq's threads is read from the system, thread by thread."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
import zmq

from athena_transport_zmq.threads import settle

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="policies are Linux' own")


def _threads() -> set[int]:
    return {int(task.name) for task in Path("/proc/self/task").iterdir()}


_policy = os.sched_getscheduler


def _carry_a_message(router: zmq.Socket[bytes]) -> None:
    port = router.bind_to_random_port("tcp://127.0.0.1")
    router.setsockopt(zmq.RCVTIMEO, 10_000)
    with zmq.Context() as other, other.socket(zmq.DEALER) as dealer:
        dealer.connect(f"tcp://127.0.0.1:{port}")
        dealer.send(b"hello")
        assert router.recv_multipart()[1] == b"hello"


def _policies_of_a_context() -> set[int]:
    """The policies of the threads that a settled context starts."""
    before = _threads()
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    settle(context)
    socket = context.socket(zmq.ROUTER)
    try:
        _carry_a_message(socket)  # a thread settles itself before it does anything else
        return {_policy(thread) for thread in _threads() - before}
    finally:
        socket.close(0)
        context.term()


def test_libzmqs_threads_push_nobody_aside_and_the_loops_thread_stays_as_it_was() -> None:
    assert _policies_of_a_context() == {os.SCHED_BATCH}
    assert os.sched_getscheduler(0) == os.SCHED_OTHER


def test_where_policies_are_forbidden_the_threads_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "sched_setscheduler", forbidden)
    assert _policies_of_a_context() == {os.SCHED_OTHER}


def test_a_process_with_a_policy_of_its_own_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getscheduler", lambda _: os.SCHED_IDLE)
    assert _policies_of_a_context() == {os.SCHED_OTHER}
