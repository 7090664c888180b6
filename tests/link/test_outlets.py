"""Outlets: one end per call and session, credit before data, and nothing the wire cannot hold."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from athena.errors import Cancelled, Fault, ServiceError
from athena.link import worker_pb2 as pb
from athena.link.faults import fault_of
from athena.link.frames import CALL, CANCEL, CLOSE, CREDIT, CREDIT_MESSAGES, OPEN, WRITE
from athena.link.outlets import CallOutlet, SessionOutlet
from athena.models import Part, Reply, Request, Stage

from .near import Near, Run

ITEM = Reply((Part("n", b"12345678"),), Stage.CONTINUE)


def call(near: Near) -> CallOutlet:
    near.ask(CALL, 5, Request(""))
    return near.runner.calls.get(timeout=5)[1]


def session(near: Near) -> Run:
    near.ask(OPEN, 7, Request(""))
    return near.runner.runs.get(timeout=5)


def blocked(send: Callable[[Reply], None]) -> tuple[threading.Thread, list[BaseException]]:
    """A thread that sends one more than the credit allows."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            for _ in range(CREDIT_MESSAGES + 1):
                send(ITEM)
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread, raised


def test_items_wait_for_credit_and_go_on_with_it(near: Near) -> None:
    outlet = call(near)
    thread, raised = blocked(outlet.item)
    assert near.names(CREDIT_MESSAGES) == ["ITEM"] * CREDIT_MESSAGES
    assert near.silent()
    near.say(CREDIT, 5, pb.Credit(messages=1, bytes=8).SerializeToString())
    assert near.names(1) == ["ITEM"]
    thread.join(5)
    assert raised == []
    outlet.done(None)
    frame = near.frame()
    assert (frame.head, frame.data) == (b"", b"")


def test_an_item_that_waits_is_woken_by_cancel(near: Near) -> None:
    thread, raised = blocked(call(near).item)
    near.names(CREDIT_MESSAGES)
    near.say(CANCEL, 5)
    thread.join(5)
    assert isinstance(raised[0], Cancelled)


def test_an_emit_that_waits_is_woken_by_close_and_the_end_needs_no_credit(near: Near) -> None:
    run = session(near)
    thread, raised = blocked(run.sink.emit)
    near.names(CREDIT_MESSAGES)
    run.sink.emit(Reply((), Stage.END))
    assert near.names(1) == ["EMIT"]
    near.say(CLOSE, 7)
    thread.join(5)
    assert isinstance(raised[0], Cancelled)


def test_an_emit_that_waits_is_woken_when_the_session_ends_by_itself(near: Near) -> None:
    run = session(near)
    thread, raised = blocked(run.sink.emit)
    near.names(CREDIT_MESSAGES)
    run.sink.emit(Reply((), Stage.END))
    run.sink.closed()
    assert near.names(2) == ["EMIT", "CLOSED"]
    thread.join(5)
    assert isinstance(raised[0], Cancelled)


def test_bytes_alone_may_use_the_credit_up(near: Near) -> None:
    outlet = call(near)
    huge = Reply((Part("n", bytes(5 * 1024 * 1024)),))
    first = threading.Thread(target=outlet.item, args=(huge,), daemon=True)
    first.start()
    near.frame()
    first.join(5)
    second = threading.Thread(target=outlet.item, args=(ITEM,), daemon=True)
    second.start()
    assert near.silent()
    near.say(CREDIT, 5, pb.Credit(messages=1, bytes=5 * 1024 * 1024).SerializeToString())
    assert near.names(1) == ["ITEM"]
    second.join(5)


def test_a_reply_the_wire_cannot_hold_is_a_fault_and_not_silence(near: Near) -> None:
    outlet = call(near)
    outlet.done(Reply((Part("n", attributes={"k": "\ud800"}),)))
    assert fault_of(near.frame()).fault is Fault.USER_ERROR
    outlet = call(near)
    with pytest.raises(ServiceError):
        outlet.item(Reply((Part("n", attributes={"k": "\ud800"}),)))


def test_acknowledgements_are_gathered_to_an_eighth_of_the_window(near: Near) -> None:
    run = session(near)
    for _ in range(8):
        near.ask(WRITE, 7, Request("", parts=(Part("a", b"123"),)))
    for n in range(8):
        run.writes.get(timeout=5)[1]()
        if n == 6:
            assert near.silent()
    told = pb.Credit.FromString(near.frame().head)
    assert (told.messages, told.bytes) == (8, 24)
    near.ask(WRITE, 7, Request("", parts=(Part("a", bytes(600_000)),)))
    run.writes.get(timeout=5)[1]()
    assert pb.Credit.FromString(near.frame().head).messages == 1


def test_a_sessions_terminal_fault_and_its_closing_are_two_frames(near: Near) -> None:
    run = session(near)
    assert isinstance(run.sink, SessionOutlet)
    run.sink.ended(ServiceError(Fault.USER_ERROR, "no"))
    run.sink.ended(None)
    run.sink.closed()
    assert near.names(2) == ["FAULT", "CLOSED"]
    assert run.sink.over
