"""An inbox: in order, one terminal event, and credit given back before the worker has to wait for it."""

from __future__ import annotations

import asyncio

import pytest

from athena.errors import Fault, ServiceError
from athena.link.frames import CREDIT_BYTES, CREDIT_MESSAGES, FrameError
from athena.link.inbox import Inbox
from athena.models import Reply


def inbox() -> tuple[Inbox, list[tuple[int, int]]]:
    given: list[tuple[int, int]] = []
    return Inbox(lambda messages, size: given.append((messages, size))), given


async def test_replies_come_in_order_and_the_terminal_fault_once() -> None:
    box, _ = inbox()
    sent = [Reply(attributes={"n": str(n)}) for n in range(3)]
    for reply in sent:
        box.put(reply, 1)
    box.end(ServiceError(Fault.USER_ERROR, "no"))
    box.end(ServiceError(Fault.INTERNAL, "the second end is not heard"))
    box.put(sent[0], 1)
    assert box.ended
    assert [await box.get() for _ in range(3)] == sent
    assert box.over
    with pytest.raises(ServiceError, match="no"):
        await box.get()
    assert await box.get() is None


async def test_a_wait_that_passes_gives_nothing_and_loses_nothing() -> None:
    box, _ = inbox()
    assert await asyncio.wait_for(box.get(0.01), 1) is None
    assert not box.over
    reader = asyncio.ensure_future(box.get())
    await asyncio.sleep(0)
    box.put(Reply(), 0)
    assert await asyncio.wait_for(reader, 1) is not None


async def test_a_second_reader_is_refused() -> None:
    box, _ = inbox()
    reader = asyncio.ensure_future(box.get())
    await asyncio.sleep(0)
    with pytest.raises(ServiceError, match="one reader"):
        await box.get()
    reader.cancel()


async def test_credit_is_given_back_in_eighths_and_never_for_what_nobody_read() -> None:
    box, given = inbox()
    for _ in range(CREDIT_MESSAGES):
        box.put(Reply(), 10)
    assert given == []
    for _ in range(7):
        await box.get()
    assert given == []
    await box.get()
    assert given == [(8, 80)]
    for _ in range(20):
        await box.get()
    assert given == [(8, 80), (8, 80), (8, 80)]
    box.put(Reply(), CREDIT_BYTES)
    for _ in range(37):
        await box.get()
    assert sum(messages for messages, _ in given) == CREDIT_MESSAGES + 1


async def test_a_worker_that_ignores_the_credit_breaks_the_protocol() -> None:
    box, _ = inbox()
    for _ in range(CREDIT_MESSAGES + 1):
        box.put(Reply(), 0)
    with pytest.raises(FrameError, match="credit"):
        box.put(Reply(), 0)
    box, _ = inbox()
    box.put(Reply(), CREDIT_BYTES + 1)
    with pytest.raises(FrameError, match="credit"):
        box.put(Reply(), 0)


async def test_a_reader_that_waits_hears_the_end() -> None:
    box, _ = inbox()
    reader = asyncio.ensure_future(box.get())
    await asyncio.sleep(0)
    box.end(None)
    assert await asyncio.wait_for(reader, 1) is None


async def test_a_reader_that_is_cancelled_loses_nothing() -> None:
    box, _ = inbox()
    reader = asyncio.ensure_future(box.get())
    await asyncio.sleep(0)
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    reply = Reply()
    box.put(reply, 0)
    assert await box.get() is reply


async def test_a_reader_is_behind_while_all_waits_that_may_and_it_takes_nothing() -> None:
    box, _ = inbox()
    for _ in range(CREDIT_MESSAGES - 1):
        box.put(Reply(), 1)
    assert [box.behind(now) for now in (100.0, 105.0)] == [0.0, 0.0], "there is room still"
    box.put(Reply(), 1)
    assert [box.behind(now) for now in (110.0, 113.0)] == [0.0, 3.0]
    await box.get()
    assert [box.behind(now) for now in (114.0, 116.0)] == [0.0, 2.0], "it took one, and the window is as full as before"
    for _ in range(CREDIT_MESSAGES // 8):
        await box.get()
    assert [box.behind(now) for now in (117.0, 119.0)] == [0.0, 0.0]
    box.put(Reply(), CREDIT_BYTES)
    assert [box.behind(now) for now in (120.0, 121.0)] == [0.0, 1.0], "bytes fill it too"
    box.end(None)
    assert box.behind(130.0) == 0.0
