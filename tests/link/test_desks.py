"""The desks: batches, sessions and questions, each handled where it belongs."""

from __future__ import annotations

import pytest

from athena.errors import Fault, PluginBroken, ServiceError
from athena.link import worker_pb2 as pb
from athena.link.faults import fault_of
from athena.link.frames import (
    ASK,
    BATCH,
    CALL,
    CANCEL,
    CHECK,
    CLOSE,
    DRAIN,
    GATHER,
    OPEN,
    PING,
    RELOAD,
    RESOURCE_LOAD,
    RESOURCE_UNLOAD,
    WRITE,
    FrameError,
)
from athena.link.greeting import refusal_of
from athena.link.heads import encode_resource
from athena.link.outlets import SessionOutlet
from athena.link.tables import Tables, encode_change
from athena.models import Part, Reply, Request, Resource

from .near import Near, Run


def test_held_calls_run_when_a_batch_names_them_and_in_its_order(near: Near) -> None:
    for id in (1, 2, 3):
        near.ask(CALL, id, Request("", f"s{id}"), held=True)
    near.say(CANCEL, 2)
    near.say(BATCH, 0, pb.Batch(calls=[3, 1, 2]).SerializeToString())
    batch = near.runner.batches.get(timeout=5)
    assert [request.sid for request, _ in batch] == ["s3", "s1", "s2"]
    assert [request.cancelled for request, _ in batch] == [False, False, True]
    assert near.runner.calls.empty()


def test_the_answers_of_a_batch_may_be_written_together(near: Near) -> None:
    for id in (1, 2, 3):
        near.ask(CALL, id, Request("", f"s{id}"), held=True)
    near.say(BATCH, 0, pb.Batch(calls=[1, 2, 3]).SerializeToString())
    for _, sink in near.runner.batches.get(timeout=5):
        sink.done(Reply())
    assert near.names(3) == ["DONE"] * 3


def test_the_limits_of_lists_of_writes_are_handed_on(near: Near) -> None:
    near.say(GATHER, 0, pb.Gather(max_size=7, max_wait_ms=1.5).SerializeToString())
    near.say(GATHER, 0, pb.Gather(max_wait_ms=-1).SerializeToString())
    near.say(PING, 1)
    assert near.names(1) == ["PONG"]
    assert near.runner.told == ["at most 7 for 1.5 ms", "at most 1 for 0.0 ms"]


def test_a_batch_of_what_is_not_held_breaks_the_protocol(near: Near) -> None:
    near.say(BATCH, 0, pb.Batch(calls=[9]).SerializeToString())
    assert isinstance(near.outcome.get(timeout=5), FrameError)


def test_a_session_is_opened_written_asked_and_closed(near: Near) -> None:
    near.ask(OPEN, 7, Request("", "s", params={"lang": "en"}))
    run = near.runner.runs.get(timeout=5)
    assert run.request.params == {"lang": "en"}
    run.sink.opened()
    near.ask(WRITE, 7, Request("", parts=(Part("a", b"1"),)))
    near.say(ASK, 7)
    near.say(CLOSE, 7)
    request, _ = run.writes.get(timeout=5)
    assert bytes(request.part("a").data) == b"1"
    assert [run.told.get(timeout=5) for _ in range(2)] == ["ask", "close"]
    run.sink.closed()
    assert near.names(2) == ["OPENED", "CLOSED"]
    # The kernel may not know yet that it is over.
    near.ask(WRITE, 7, Request(""))
    near.say(CLOSE, 7)
    near.say(PING, 1)
    assert near.names(1) == ["PONG"]


def test_a_session_the_runner_refuses_is_a_fault_and_closed(near: Near) -> None:
    near.runner.refusal = ServiceError(Fault.UNSUPPORTED, "svc has no sessions")
    near.ask(OPEN, 7, Request(""))
    assert fault_of(near.frame()).fault is Fault.UNSUPPORTED
    assert near.names(1) == ["CLOSED"]


def test_lifecycle_hooks_are_asked_and_answered(near: Near) -> None:
    near.say(CHECK, 1, encode_change(Tables({"n": 1}), "v2"))
    near.say(RELOAD, 2, encode_change(Tables({"n": 1}), "v2"))
    head, segments, _ = encode_resource(Resource("voice", (Part("a", b"12"),)))
    near.say(RESOURCE_LOAD, 3, head, b"".join(segments))
    near.say(RESOURCE_UNLOAD, 4, pb.ResourceId(id="voice").SerializeToString())
    near.say(DRAIN, 0)
    assert near.names(4) == ["DONE"] * 4
    assert near.runner.told == ["check {'n': 1} v2", "reload {'n': 1} v2", "load voice [b'12']", "unload voice"]


@pytest.mark.parametrize(
    "error", [SystemExit(3), KeyboardInterrupt(), StopIteration(), GeneratorExit(), ValueError("no")]
)
def test_whatever_a_lifecycle_hook_raises_is_a_refusal_and_the_worker_goes_on(near: Near, error: BaseException) -> None:
    near.runner.error = error
    near.say(CHECK, 1, encode_change(Tables(), ""))
    found = refusal_of(near.frame())
    assert isinstance(found, PluginBroken)
    assert type(error).__name__ in str(found)
    near.say(PING, 2)
    assert near.names(1) == ["PONG"]


def test_a_hook_that_runs_on_refuses_what_must_run_alone(near: Near) -> None:
    near.runner.calm = False
    near.say(RELOAD, 1, encode_change(Tables(), ""))
    assert "ran on" in str(refusal_of(near.frame()))
    assert near.runner.told == []


def test_a_change_that_is_none_breaks_the_protocol_and_is_no_refusal(near: Near) -> None:
    near.say(CHECK, 1, b"\xff\xff\xff")
    assert isinstance(near.outcome.get(timeout=5), FrameError)


def test_a_session_that_fails_before_it_stands_in_the_table_is_forgotten(near: Near) -> None:
    """The runner may close it on a lane before open() has returned on the reading thread."""
    opened = near.runner.open

    def failing(request: Request, sink: SessionOutlet) -> Run:
        sink.ended(ServiceError(Fault.USER_ERROR, "no"))
        sink.closed()
        return opened(request, sink)

    near.runner.open = failing  # type: ignore[method-assign]
    near.ask(OPEN, 7, Request(""))
    assert near.names(2) == ["FAULT", "CLOSED"]
    run = near.runner.runs.get(timeout=5)
    near.say(CLOSE, 7)
    near.say(PING, 1)
    assert near.names(1) == ["PONG"]
    assert run.told.empty()
