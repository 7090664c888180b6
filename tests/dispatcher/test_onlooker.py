"""Whoever looks on sees every call once, whatever becomes of it, and is never in the way."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping
from typing import Any

import attrs
import pytest

from athena.errors import Executed, Fault, ServiceError
from athena.interfaces import Span, Tracer
from athena.models import EMPTY, Part, Reply, Request, Stage
from athena.testing.bounded import refused

from .house import ALICE, END, OPEN, Room, house, write

CALL = Request("s", parts=(Part("a", b"12345"),), headers={"traceparent": "theirs", "x": "y"}, principal=ALICE)


class Noted(Span):
    """Remembers its end."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self.headers = {**headers, "traceparent": "ours"}
        self.ends: list[tuple[Fault | None, Executed, bool]] = []

    def ended(self, fault: Fault | None, executed: Executed, admitted: float | None) -> None:
        self.ends.append((fault, executed, admitted is not None))


class Watcher(Tracer):
    """Remembers what it was shown; a broken one raises."""

    def __init__(self, broken: str = "") -> None:
        self.broken = broken
        self.seen: list[tuple[Request, Noted]] = []

    def begin(self, request: Request, transport: str, began: float) -> Span:
        if self.broken == "begin":
            raise ValueError("a defect of the tracer")
        span = Noted(request.headers)
        if self.broken == "end":
            span.ends = None  # type: ignore[assignment]
        self.seen.append((request, span))
        return span


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    yield
    logging.getLogger("athena.access").setLevel(logging.NOTSET)


async def looked_at(*tracers: Watcher, access: bool = False) -> Room:
    room = await house()
    room.board.observe(access=access, tracers=tracers)
    return room


def facts(record: logging.LogRecord) -> dict[str, Any]:
    names = ("transport", "service", "sid", "principal", "fault", "executed", "ms", "bytes_in", "bytes_out")
    return {name: vars(record)[name] for name in names}


async def test_a_tracer_sees_a_call_and_the_wrapper_gets_its_headers() -> None:
    watcher = Watcher()
    room = await looked_at(watcher)
    await room.door.once(CALL)
    (request, span), (given,) = watcher.seen[0], room.executor.requests
    assert request.sid == given.sid != ""
    assert dict(request.headers) == {"traceparent": "theirs", "x": "y"}
    assert dict(given.headers) == {"traceparent": "ours", "x": "y"}
    assert span.ends == [(None, Executed.YES, True)]


@pytest.mark.parametrize("fault", [Fault.USER_ERROR, Fault.DEADLINE])
async def test_a_tracer_sees_how_it_ended(fault: Fault) -> None:
    watcher = Watcher()
    room = await looked_at(watcher)
    room.executor.error = ServiceError(fault, "x", executed=Executed.UNKNOWN)
    await refused(room.door.once(CALL), fault)
    assert watcher.seen[0][1].ends == [(fault, Executed.UNKNOWN, True)]


async def test_a_tracer_sees_those_too_that_are_refused_at_the_door() -> None:
    watcher = Watcher()
    room = await looked_at(watcher)
    await refused(room.door.once(attrs.evolve(CALL, service="nobody")), Fault.NOT_FOUND)
    ((request, span),) = watcher.seen
    assert (request.service, span.ends) == ("nobody", [(Fault.NOT_FOUND, Executed.NO, False)])


async def test_a_tracer_sees_streams_and_sessions_to_their_end() -> None:
    watcher = Watcher()
    room = await looked_at(watcher)
    async for _ in room.door.stream(CALL):
        assert watcher.seen[0][1].ends == []
    session = await room.door.open(attrs.evolve(OPEN, headers={"traceparent": "theirs"}), detached=False)
    assert [span.ends for _, span in watcher.seen] == [[(None, Executed.YES, True)], []]
    await session.close()
    assert len(watcher.seen[1][1].ends) == 1


@pytest.mark.parametrize("broken", ["begin", "end"])
async def test_a_tracer_that_fails_is_not_in_the_way(broken: str, caplog: pytest.LogCaptureFixture) -> None:
    good = Watcher()
    room = await looked_at(Watcher(broken), good, access=True)
    room.executor.reply = Reply((Part("x", b"1"),))
    assert (await room.door.once(CALL)).part("x").tobytes() == b"1"
    assert good.seen[0][1].ends == [(None, Executed.YES, True)]
    assert [record.name for record in caplog.records] == ["athena.dispatcher", "athena.access"]


async def test_the_access_log_has_one_line_per_call_with_what_came_and_went(caplog: pytest.LogCaptureFixture) -> None:
    room = await looked_at()
    await room.door.once(CALL)
    assert not caplog.records
    room.board.observe(access=True, tracers=())
    room.executor.reply = Reply((Part("x", b"123"), Part("y", memoryview(b"4567"))))
    await room.door.once(attrs.evolve(CALL, sid="7"))
    await refused(room.door.once(attrs.evolve(CALL, service="no\nsuch")), Fault.NOT_FOUND)
    first, second = (facts(record) for record in caplog.records)
    assert first.pop("ms") >= 0
    assert first == {
        "transport": "wire", "service": "s", "sid": "7", "principal": "alice", "fault": "OK", "executed": "yes",
        "bytes_in": 5, "bytes_out": 7,
    }  # fmt: skip
    assert (second["service"], second["fault"], second["executed"]) == ("no\nsuch", "NOT_FOUND", "no")


async def test_the_access_log_has_the_id_that_the_caller_was_told(caplog: pytest.LogCaptureFixture) -> None:
    room = await looked_at(access=True)
    room.executor.error = ServiceError(Fault.USER_ERROR, "it raised", executed=Executed.YES, error_id="ab63f4f6")
    await refused(room.door.once(CALL), Fault.USER_ERROR)
    room.executor.error = ServiceError(Fault.DEADLINE, "late")
    await refused(room.door.once(CALL), Fault.DEADLINE)
    assert [vars(record).get("error") for record in caplog.records] == ["ab63f4f6", None]


async def test_the_access_log_adds_up_what_a_session_wrote_and_read(caplog: pytest.LogCaptureFixture) -> None:
    room = await looked_at(access=True)
    session = await room.door.open(OPEN, detached=False)
    talk = room.executor.talks[0]
    for data in (b"12", b"345"):
        await session.write(write(Part("a", data, stage=Stage.CONTINUE)))
    talk.replies.put_nowait(Reply((Part("x", b"6789"),), Stage.CONTINUE))
    talk.replies.put_nowait(END)
    while (await asyncio.wait_for(session.read(), 5)).stage is not Stage.END:
        pass
    assert not caplog.records
    await session.close()
    (line,) = (facts(record) for record in caplog.records)
    assert (line["bytes_in"], line["bytes_out"], line["fault"], line["sid"]) == (5, 4, "OK", session.sid)


async def test_the_access_log_is_written_although_the_rest_is_quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("ERROR")
    caplog.handler.setLevel("DEBUG")
    room = await looked_at(access=True)
    await room.door.once(CALL)
    assert len(caplog.records) == 1


async def test_nobody_looks_on_unless_asked() -> None:
    room = await looked_at()
    assert not room.board.observed
    await room.door.once(attrs.evolve(CALL, headers=EMPTY))
    assert room.executor.requests[0].headers is EMPTY
