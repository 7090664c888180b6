"""One call, measured: what is sent, what is heard, and what becomes of a failure."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, cast

import pytest

from athena import Reply, Request
from athena.cli.bench.inputs import load
from athena.cli.bench.plan import Plan, Source
from athena.cli.bench.recorder import UNFINISHED, Recorder, Seen
from athena.cli.bench.shots import Shots
from athena.errors import Fault, ServiceError
from athena.interfaces import Channel
from athena.models import Stage


class Wire:
    """A channel without a wire: answers once, thrice, or each write of a session ``echoes`` times."""

    def __init__(self, echoes: int = 1, fails: Exception | None = None, ends: bool = True) -> None:
        self.echoes, self.fails, self.ends = echoes, fails, ends
        self.requests: list[Request] = []
        self.closed = False
        self.replies: asyncio.Queue[Reply] = asyncio.Queue()
        self.sid = "1"

    async def once(self, request: Request) -> Reply:
        self.requests.append(request)
        if self.fails is not None:
            raise self.fails
        return Reply(request.parts)

    async def stream(self, request: Request) -> AsyncGenerator[Reply, None]:
        for _ in range(3):
            yield Reply(request.parts)

    async def open(self, request: Request, *, detached: bool = False, alias: str | None = None) -> Any:  # Any: itself
        self.requests.append(request)
        return self

    async def write(self, request: Request) -> None:
        self.requests.append(request)
        if self.fails is not None:
            raise self.fails
        last = request.parts[0].stage is Stage.END and self.ends
        for number in range(self.echoes):
            ended = last and number == self.echoes - 1
            self.replies.put_nowait(Reply(request.parts, Stage.END if ended else Stage.CONTINUE))

    async def read(self, wait: float | None = None) -> Reply:
        return await self.replies.get()

    async def close(self, reason: Fault | None = None) -> None:
        self.closed = True


async def fire(wire: Wire, plan: Plan, due: float = 0.0) -> tuple[bool, Seen]:
    recorder = Recorder(0.0, 1e12, open_loop=False)
    good = await asyncio.wait_for(Shots(cast(Channel, wire), plan, load(plan), recorder).fire(0, due), 10)
    assert recorder.flying == 0
    return good, recorder.taken()


def plan(way: str = "once", **more: Any) -> Plan:  # Any: fields of a Plan
    cut = 2 if way == "session" else 0
    sources = (Source("a", text="12345", cut=cut, pace=more.pop("pace", 0.0)),)
    return Plan(
        "x://y", "s", way, sources, params={"p": "1"}, headers={"h": "2"}, expect=(Source("r", "text"),), **more
    )


async def test_a_call_has_its_parts_params_headers_wishes_and_deadline() -> None:
    wire = Wire()
    good, seen = await fire(wire, plan(deadline=5.0))
    (request,) = wire.requests
    assert good
    assert (request.service, request.params, request.headers) == ("s", {"p": "1"}, {"h": "2"})
    assert [part.key for part in request.parts] == ["a"]
    assert [wish.key for wish in request.expect] == ["r"]
    assert request.remaining is not None
    assert 0 < request.remaining <= 5.0
    assert (seen.answered, seen.replies, seen.sent, seen.received) == (1, 1, 5, 5)


async def test_a_stream_has_a_first_reply() -> None:
    _, seen = await fire(Wire(), plan("stream"))
    assert (seen.replies, seen.received) == (3, 15)
    assert seen.times["first"].count == 1


async def test_a_session_whose_frames_are_answered_one_by_one_has_their_times() -> None:
    wire = Wire()
    _, seen = await fire(wire, plan("session"))
    opening, *writes = wire.requests
    assert opening.parts == ()
    assert [bytes(write.parts[0].data) for write in writes] == [b"12", b"34", b"5"]
    counts = {name: histogram.count for name, histogram in seen.times.items()}
    assert counts == {"whole": 1, "sent": 0, "first": 1, "last": 1, "frame": 3, "failed": 0, "late": 0}
    assert wire.closed


async def test_frames_that_have_several_replies_each_have_no_times_of_their_own() -> None:
    _, seen = await fire(Wire(echoes=2), plan("session"))
    assert (seen.replies, seen.times["frame"].count) == (6, 0)


async def test_frames_keep_their_pace_and_how_late_they_were_is_known() -> None:
    _, seen = await fire(Wire(), plan("session", pace=0.03))
    assert seen.times["whole"].most / 1e9 >= 0.06
    assert seen.times["late"].count == 2
    assert seen.times["frame"].at(100) < 0.06


async def test_in_lockstep_a_frame_waits_for_the_reply_to_the_one_before() -> None:
    heard: list[int] = []

    class Slow(Wire):
        async def write(self, request: Request) -> None:
            heard.append(self.replies.qsize())
            await super().write(request)

    await fire(Slow(), plan("session", lockstep=True))
    assert heard == [0, 0, 0]


@pytest.mark.parametrize("way", ["once", "session"])
async def test_a_refusal_is_a_row_of_the_table_and_no_end(way: str) -> None:
    good, seen = await fire(Wire(fails=ServiceError(Fault.OVERLOADED, "full")), plan(way))
    assert (good, seen.failed, seen.faults) == (False, 1, {("OVERLOADED", "full"): 1})


async def test_failures_that_differ_in_their_id_alone_are_one_row() -> None:
    for number in ("ab63f4f6", "05c097ef"):
        error = ServiceError(Fault.USER_ERROR, f"it raised ValueError; error {number}", error_id=number)
        _, seen = await fire(Wire(fails=error), plan())
        assert seen.faults == {("USER_ERROR", "it raised ValueError; error …"): 1}


async def test_what_the_channel_itself_raises_is_one_too() -> None:
    _, seen = await fire(Wire(fails=ConnectionResetError("gone")), plan())
    assert seen.faults == {("ConnectionResetError", "gone"): 1}


async def test_a_session_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("athena.cli.bench.shots.SLACK", 0.05)
    _, seen = await fire(Wire(ends=False), plan("session", deadline=0.05))
    assert seen.faults == {("DEADLINE", "the session had not ended after 0.1 s"): 1}


async def test_a_call_that_is_cut_off_is_unfinished() -> None:
    class Hung(Wire):
        async def once(self, request: Request) -> Reply:
            await asyncio.sleep(60)
            return Reply()

    recorder = Recorder(0.0, 1e12, open_loop=False)
    task = asyncio.create_task(Shots(cast(Channel, Hung()), plan(), load(plan()), recorder).fire(0, 0.0))
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.wait({task}, timeout=5)
    assert [fault for fault, _ in recorder.taken().faults] == [UNFINISHED]
