"""The worker's end: work goes to the runner, what must be at once is at once, and lifecycle hooks run alone."""

from __future__ import annotations

from athena.errors import Executed, Fault, ServiceError
from athena.link.faults import fault_of
from athena.link.frames import (
    CALL,
    CANCEL,
    HELLO,
    PING,
    FrameError,
)
from athena.link.heads import reply_of
from athena.models import Part, Reply, Request

from .near import Near


def test_a_call_is_handed_over_and_answered(near: Near) -> None:
    near.ask(CALL, 5, Request("", "s", (Part("a", b"hi"),), {"k": "v"}))
    request, sink = near.runner.calls.get(timeout=5)
    assert (request.service, request.sid, bytes(request.part("a").data), request.params) == (
        "svc",
        "s",
        b"hi",
        {"k": "v"},
    )
    sink.done(Reply(request.parts))
    frame = near.frame()
    assert (frame.id, bytes(reply_of(frame).parts[0].data)) == (5, b"hi")


def test_cancel_reaches_a_call_that_runs_and_is_silent_for_one_that_is_over(near: Near) -> None:
    near.ask(CALL, 5, Request(""))
    request, sink = near.runner.calls.get(timeout=5)
    assert not request.cancelled
    near.say(CANCEL, 5)
    near.say(PING, 1)
    assert near.names(1) == ["PONG"]
    assert request.cancelled
    sink.failed(ServiceError(Fault.CANCELLED, "gone", executed=Executed.YES))
    assert fault_of(near.frame()).fault is Fault.CANCELLED
    near.say(CANCEL, 5)
    near.say(PING, 2)
    assert near.frame().id == 2


def test_frames_for_kernels_and_garbage_end_the_worker(near: Near) -> None:
    near.say(HELLO, 0)
    assert isinstance(near.outcome.get(timeout=5), FrameError)


def test_bye_ends_it_well_and_the_end_of_the_stream_does_not() -> None:
    first, second = Near(), Near()
    first.close()
    assert first.outcome.get(timeout=5) is True
    second.socket.close()
    assert second.outcome.get(timeout=5) is False
