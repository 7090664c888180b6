"""For scripts: a loop in a thread of its own, whose calls wait here and are cancelled from here."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Iterator

import pytest

from athena.client import BlockingSession, LoopThread
from athena.errors import Fault, ServiceError
from athena.interfaces import Session
from athena.models import Part, Reply, Request, Stage


@pytest.fixture
def loop() -> Iterator[LoopThread]:
    thread = LoopThread()
    yield thread
    thread.close()


def test_what_is_awaited_there_is_returned_or_raised_here(loop: LoopThread) -> None:
    async def work() -> str:
        await asyncio.sleep(0)
        return threading.current_thread().name

    async def fail() -> None:
        raise ServiceError(Fault.QUOTA, "no")

    assert loop.run(work()) == "athena-loop"
    with pytest.raises(ServiceError, match="no"):
        loop.run(fail())


def test_calls_from_many_threads_run_beside_each_other(loop: LoopThread) -> None:
    async def meet() -> int:
        nonlocal waiting
        waiting += 1
        while waiting < 8:  # noqa: ASYNC110  the others arrive on this very loop
            await asyncio.sleep(0.001)
        return waiting

    waiting = 0
    results: list[int] = []
    threads = [threading.Thread(target=lambda: results.append(loop.run(meet()))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert results == [8] * 8


class Items:
    """A stream that notes its end."""

    def __init__(self, error: ServiceError | None = None) -> None:
        self.closed = threading.Event()
        self.error = error

    async def stream(self) -> AsyncGenerator[Reply, None]:
        try:
            for number in range(3):
                yield Reply((Part.from_text("n", str(number)),))
            if self.error is not None:
                raise self.error
        finally:
            self.closed.set()


def test_a_stream_comes_item_by_item_and_its_end_is_the_loops_end(loop: LoopThread) -> None:
    items = Items()
    assert [reply.part("n").text for reply in loop.iterate(items.stream())] == ["0", "1", "2"]
    assert items.closed.is_set()


def test_leaving_a_stream_early_closes_it(loop: LoopThread) -> None:
    items = Items()
    replies = loop.iterate(items.stream())
    next(replies)
    assert not items.closed.is_set()
    replies.close()  # type: ignore[attr-defined]
    assert items.closed.wait(5)


def test_a_fault_after_items_is_raised_after_them(loop: LoopThread) -> None:
    replies = loop.iterate(Items(ServiceError(Fault.USER_ERROR, "late")).stream())
    assert [next(replies).part("n").text for _ in range(3)] == ["0", "1", "2"]
    with pytest.raises(ServiceError, match="late"):
        next(replies)


def test_an_interrupt_here_cancels_there(loop: LoopThread, monkeypatch: pytest.MonkeyPatch) -> None:
    began, cancelled = threading.Event(), threading.Event()

    async def work() -> None:
        began.set()
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    def interrupted(self: object, timeout: float | None = None) -> None:
        assert began.wait(5)
        raise KeyboardInterrupt

    monkeypatch.setattr("concurrent.futures.Future.result", interrupted)
    with pytest.raises(KeyboardInterrupt):
        loop.run(work())
    assert cancelled.wait(5)


class Echo(Session):
    """Gives back what it was given."""

    def __init__(self) -> None:
        self.sid = "sid"
        self.parts: list[Part] = []
        self.closes = 0

    async def write(self, request: Request) -> None:
        self.parts.extend(request.parts)

    async def read(self, wait: float | None = None) -> Reply:
        return Reply(tuple(self.parts), Stage.END)

    async def close(self, reason: Fault | None = None) -> None:
        self.closes += 1


def test_a_session_is_written_read_and_closed(loop: LoopThread) -> None:
    inner = Echo()
    session = BlockingSession(inner, loop)
    session.write(Request("", parts=(Part("a", b"1"),)))
    assert session.read(1.0).parts[0].data == b"1"
    session.close()
    assert inner.closes == 1


def test_closing_ends_the_thread() -> None:
    before = threading.active_count()
    for _ in range(3):
        LoopThread().close()
    assert threading.active_count() == before
