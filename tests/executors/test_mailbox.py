"""What lane threads post arrives on the loop, all of it, in order; an inbox ends once."""

from __future__ import annotations

import asyncio
import threading

from athena.executors.mailbox import Mailbox
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
