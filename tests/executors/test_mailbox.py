"""What lane threads post arrives on the loop, all of it, in order; an inbox ends once."""

from __future__ import annotations

import asyncio
import threading

import pytest

from athena.errors import Fault, ServiceError
from athena.executors.credit import Credit
from athena.executors.mailbox import Inbox, Mailbox
from athena.models import Part, Reply
from athena.testing.bounded import eventually


def reply(number: int) -> Reply:
    return Reply((Part.from_text("n", str(number)),))


async def test_letters_of_many_threads_all_arrive_each_threads_in_order() -> None:
    mailbox = Mailbox(asyncio.get_running_loop())
    taken: list[tuple[int, int]] = []
    on: set[threading.Thread] = set()

    def letter(thread: int, number: int) -> None:
        on.add(threading.current_thread())
        taken.append((thread, number))

    def post(thread: int) -> None:
        for number in range(500):
            mailbox.post(letter, thread, number)

    threads = [threading.Thread(target=post, args=(index,)) for index in range(4)]
    for thread in threads:
        thread.start()
    await eventually(lambda: len(taken) == 2000, "every letter has arrived")
    for index in range(4):
        assert [number for thread, number in taken if thread == index] == list(range(500))
    assert on == {threading.current_thread()}


async def test_one_letter_that_raises_does_not_hold_up_the_others() -> None:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda *_: None)
    mailbox = Mailbox(loop)
    taken: list[int] = []

    def spoilt() -> None:
        raise ValueError("spoilt")

    mailbox.post(taken.append, 1)
    mailbox.post(spoilt)
    mailbox.post(taken.append, 2)
    await asyncio.sleep(0.05)
    assert taken == [1, 2]


def test_posting_to_a_closed_loop_is_quiet() -> None:
    loop = asyncio.new_event_loop()
    mailbox = Mailbox(loop)
    loop.close()
    mailbox.post(print, "nobody hears this")
    mailbox.post(print, "nor this")


async def test_an_inbox_gives_everything_in_order_then_its_terminal_fault_once() -> None:
    inbox = Inbox(Credit())
    for number in range(3):
        inbox.put(reply(number))
    inbox.end(ServiceError(Fault.DEADLINE, "late"))
    inbox.end(ServiceError(Fault.INTERNAL, "a second end is not heard"))
    inbox.put(reply(99))
    assert not inbox.over
    assert [(await inbox.get()).part("n").text for _ in range(3)] == ["0", "1", "2"]  # type: ignore[union-attr]
    assert inbox.over
    with pytest.raises(ServiceError) as caught:
        await inbox.get()
    assert caught.value.fault is Fault.DEADLINE
    assert await inbox.get() is None


async def test_a_reader_that_waits_gets_the_next_reply_or_the_end() -> None:
    inbox = Inbox(Credit())
    reading = asyncio.create_task(inbox.get())
    await asyncio.sleep(0.01)
    inbox.put(reply(1))
    got = await asyncio.wait_for(reading, 5)
    assert got is not None
    reading = asyncio.create_task(inbox.get())
    await asyncio.sleep(0.01)
    inbox.end(None)
    assert await asyncio.wait_for(reading, 5) is None


async def test_waiting_has_a_bound_when_the_reader_says_one() -> None:
    inbox = Inbox(Credit())
    assert await asyncio.wait_for(inbox.get(0.02), 5) is None
    assert not inbox.over


async def test_a_reader_that_is_cancelled_loses_nothing() -> None:
    inbox = Inbox(Credit())
    reading = asyncio.create_task(inbox.get())
    await asyncio.sleep(0.01)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    inbox.put(reply(7))
    got = await inbox.get()
    assert got is not None
    assert got.part("n").text == "7"


async def test_what_is_read_gives_its_credit_back() -> None:
    credit = Credit(messages=1)
    inbox = Inbox(credit)
    for number in range(5):
        credit.take(1)
        inbox.put(reply(number))
        assert await inbox.get() is not None
