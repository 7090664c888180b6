"""A producer runs ahead of its reader by a window of messages and bytes, and not by one more."""

from __future__ import annotations

import threading

import pytest

from athena.errors import Cancelled
from athena.executors.credit import Credit, size_of
from athena.models import Part, Reply


def fits(credit: Credit, size: int) -> tuple[threading.Thread, threading.Event]:
    """Take in a thread; the event says that there was room."""
    taken = threading.Event()

    def take() -> None:
        try:
            credit.take(size)
        except Cancelled:
            return
        taken.set()

    thread = threading.Thread(target=take, daemon=True)
    thread.start()
    return thread, taken


def test_the_window_counts_messages() -> None:
    credit = Credit(messages=2, size=1000)
    credit.take(1)
    credit.take(1)
    _, taken = fits(credit, 1)
    assert not taken.wait(0.1)
    credit.give(1, 1)
    assert taken.wait(5)


def test_the_window_counts_bytes() -> None:
    credit = Credit(messages=100, size=10)
    credit.take(6)
    _, taken = fits(credit, 5)
    assert not taken.wait(0.1)
    credit.give(1, 6)
    assert taken.wait(5)


def test_one_message_always_fits_into_an_empty_window_however_large() -> None:
    credit = Credit(messages=2, size=10)
    credit.take(10_000)
    _, taken = fits(credit, 1)
    assert not taken.wait(0.1)
    credit.give(1, 10_000)
    assert taken.wait(5)


def test_closing_wakes_everybody_and_nobody_takes_any_more() -> None:
    credit = Credit(messages=1)
    credit.take(0)
    waiting = [fits(credit, 0) for _ in range(4)]
    credit.close()
    for thread, taken in waiting:
        thread.join(5)
        assert not thread.is_alive()
        assert not taken.is_set()
    credit.give(1, 0)
    with pytest.raises(Cancelled):
        credit.take(0)


def test_many_producers_never_exceed_the_window() -> None:
    credit = Credit(messages=8, size=1 << 20)
    lock = threading.Lock()
    out, most = [0], [0]

    def produce() -> None:
        for _ in range(200):
            credit.take(1)
            with lock:
                out[0] += 1
                most[0] = max(most[0], out[0])

    threads = [threading.Thread(target=produce, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    taken = 0
    bound = threading.Event()
    while taken < 800:
        with lock:
            ready, out[0] = out[0], 0
        taken += ready
        for _ in range(ready):
            credit.give(1, 1)
        if not ready:
            bound.wait(0.001)
    for thread in threads:
        thread.join(5)
    assert most[0] <= 8


def test_the_window_is_what_the_outbox_promises() -> None:
    credit = Credit()
    for _ in range(64):
        credit.take(0)
    _, taken = fits(credit, 0)
    assert not taken.wait(0.1)
    credit.close()


def test_a_replys_size_is_its_data() -> None:
    assert size_of(Reply((Part("a", b"123"), Part("b", memoryview(b"45"))))) == 5
    assert size_of(Reply()) == 0
