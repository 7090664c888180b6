"""Outcomes cross from lane threads to the loop: once each, in order, bounded, and never to somebody who has gone."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from athena.errors import Cancelled, Fault, ServiceError
from athena.executors.departures import Departures
from athena.executors.mailbox import Mailbox
from athena.executors.sinks import WRITE_WINDOW, OnceSink, StreamSink, ThreadSession
from athena.models import ANONYMOUS, Part, Principal, Reply, Request, Stage
from athena.testing.bounded import eventually, refused


class Finished:
    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> None:
        self.times += 1


class Run:
    """Stands where the engine's session is."""

    def __init__(self) -> None:
        self.writes: list[object] = []
        self.acknowledgements: list[object] = []
        self.asked = 0
        self.closes = 0

    def write(self, request: Request, acknowledge: object) -> None:
        self.writes.append(request)
        self.acknowledgements.append(acknowledge)

    def ask(self) -> None:
        self.asked += 1

    def close(self) -> None:
        self.closes += 1


def item(number: int) -> Reply:
    return Reply((Part("n", b"%d" % number),), Stage.CONTINUE)


def opened(run: Run) -> tuple[ThreadSession, list[ThreadSession]]:
    gone: list[ThreadSession] = []
    loop = asyncio.get_running_loop()
    session = ThreadSession(Request("s", "sid"), Mailbox(loop), Departures(loop), gone.append)
    session.run = run  # type: ignore[assignment]
    return session, gone


async def once(limit: int = 100) -> tuple[OnceSink, asyncio.Future[Reply], Finished]:
    future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
    finished = Finished()
    return OnceSink(Mailbox(asyncio.get_running_loop()), future, limit, finished), future, finished


async def test_a_plain_reply_resolves_its_future_from_another_thread() -> None:
    sink, future, finished = await once()
    threading.Thread(target=sink.done, args=(item(1),)).start()
    assert (await asyncio.wait_for(future, 5)).part("n").data == b"1"
    assert finished.times == 1


async def test_items_are_joined_up_to_the_limit_and_not_beyond() -> None:
    sink, future, _ = await once(limit=3)
    for number in range(3):
        sink.item(item(number))
    with pytest.raises(ServiceError) as caught:
        sink.item(item(3))
    assert caught.value.fault is Fault.TOO_LARGE
    sink.done(None)
    assert bytes((await asyncio.wait_for(future, 5)).part("n").data) == b"012"


async def test_an_outcome_for_somebody_who_has_gone_is_dropped_and_still_counted() -> None:
    for tell in ("done", "failed"):
        sink, future, finished = await once()
        future.cancel()
        getattr(sink, tell)(item(1) if tell == "done" else ServiceError(Fault.USER_ERROR, "x"))
        await eventually(lambda finished=finished: finished.times == 1, "the lane is free again")


async def test_a_stream_gives_its_items_then_ends_or_fails() -> None:
    for error in (None, ServiceError(Fault.USER_ERROR, "x")):
        finished = Finished()
        sink = StreamSink(Mailbox(asyncio.get_running_loop()), finished)
        for number in range(3):
            sink.item(item(number))
        if error is None:
            sink.done(None)
        else:
            sink.failed(error)
        got = [await asyncio.wait_for(sink.inbox.get(), 5) for _ in range(3)]
        assert [bytes(reply.part("n").data) for reply in got if reply is not None] == [b"0", b"1", b"2"]
        if error is None:
            assert await asyncio.wait_for(sink.inbox.get(), 5) is None
        else:
            assert await refused(sink.inbox.get()) is error
        assert finished.times == 1


async def test_a_plain_reply_is_a_stream_of_one() -> None:
    sink = StreamSink(Mailbox(asyncio.get_running_loop()), Finished())
    sink.done(item(1))
    assert await asyncio.wait_for(sink.inbox.get(), 5) is not None
    assert await asyncio.wait_for(sink.inbox.get(), 5) is None


async def test_a_session_is_created_or_refused_or_closed_before_it_began() -> None:
    session, _ = opened(Run())
    session.opened()
    await asyncio.wait_for(session.created(), 5)
    session, _ = opened(Run())
    session.ended(ServiceError(Fault.USER_ERROR, "no"))
    assert (await refused(session.created())).fault is Fault.USER_ERROR
    session, gone = opened(Run())
    session.closed()
    assert (await refused(session.created())).fault is Fault.CANCELLED
    assert gone == [session]


async def test_a_session_tells_its_terminal_fault_once_and_session_closed_after() -> None:
    session, _ = opened(Run())
    session.opened()
    session.emit(item(1))
    session.ended(ServiceError(Fault.USER_ERROR, "x"))
    assert (await asyncio.wait_for(session.read(), 5)).parts
    await refused(session.read(), Fault.USER_ERROR)
    await refused(session.read(), Fault.SESSION_CLOSED)
    await refused(session.write(Request("s")), Fault.SESSION_CLOSED)


async def test_who_writes_is_the_sessions_whatever_a_write_says() -> None:
    run = Run()
    session, _ = opened(run)
    await session.write(Request("other", "another", (Part("a"),), {"k": "v"}, {"h": "w"}, principal=Principal("eve")))
    await asyncio.sleep(0)
    (given,) = run.writes
    assert isinstance(given, Request)
    assert (given.service, given.sid, given.principal) == ("s", "sid", ANONYMOUS)
    assert (given.params, given.headers) == ({"k": "v"}, {"h": "w"})


async def test_the_seventeenth_write_waits_until_a_hook_has_returned() -> None:
    run = Run()
    session, _ = opened(run)
    for _ in range(WRITE_WINDOW):
        await asyncio.wait_for(session.write(Request("s")), 5)
    waiting = asyncio.create_task(session.write(Request("s")))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    acknowledge = run.acknowledgements[0]
    assert callable(acknowledge)
    threading.Thread(target=acknowledge).start()
    await asyncio.wait_for(waiting, 5)
    await asyncio.sleep(0)
    assert len(run.writes) == WRITE_WINDOW + 1


async def test_a_read_that_waits_for_a_while_asks_the_wrapper_and_one_that_waits_forever_does_not() -> None:
    run = Run()
    session, _ = opened(run)
    reply = await asyncio.wait_for(session.read(0.01), 5)
    assert (reply.parts, reply.stage) == ((), Stage.CONTINUE)
    assert run.asked == 1
    session.emit(item(1))
    assert (await asyncio.wait_for(session.read(), 5)).parts
    assert run.asked == 1


async def test_close_waits_for_destroy_and_is_the_same_the_second_time() -> None:
    run = Run()
    session, gone = opened(run)
    closing = asyncio.create_task(session.close())
    await asyncio.sleep(0.02)
    assert not closing.done()
    assert run.closes == 1
    threading.Thread(target=session.closed).start()
    await asyncio.wait_for(closing, 5)
    await asyncio.wait_for(session.close(), 5)
    assert gone == [session]
    with pytest.raises(Cancelled):
        session.emit(item(1))


async def test_close_wakes_a_producer_that_waits_for_the_reader() -> None:
    session, _ = opened(Run())
    ended: list[float] = []

    def flood() -> None:
        try:
            while True:
                session.emit(item(1))
        except Cancelled:
            ended.append(time.monotonic())
        session.closed()

    threading.Thread(target=flood, daemon=True).start()
    await asyncio.sleep(0.05)
    await asyncio.wait_for(session.close(Fault.CANCELLED), 5)
    assert len(ended) == 1
