"""The flusher: what is held goes soon, though nobody else sends; and it costs nothing where nothing is held."""

from __future__ import annotations

import threading
import time

from athena.link.flusher import Flusher


class Held:
    """Counts what was flushed."""

    def __init__(self) -> None:
        self.waiting = 0
        self.flushed = 0
        self.empty = threading.Event()

    def flush(self) -> None:
        self.flushed += self.waiting
        self.waiting = 0
        self.empty.set()


def test_what_is_held_is_flushed_soon_and_again_after_a_rest() -> None:
    held = Held()
    flusher = Flusher(held.flush)
    for number in range(1, 4):
        held.empty.clear()
        held.waiting = 1
        flusher.wake()
        assert held.empty.wait(5), "nobody flushed"
        assert held.flushed == number
        time.sleep(0.02)  # it dozes again by now


def test_there_is_no_thread_before_anything_is_held() -> None:
    before = threading.active_count()
    Flusher(lambda: None)
    assert threading.active_count() == before


def test_nothing_is_missed_by_many_who_hold_at_once() -> None:
    held = Held()
    flusher = Flusher(held.flush)
    lock = threading.Lock()

    def hold() -> None:
        for _ in range(200):
            with lock:
                held.waiting += 1
            flusher.wake()

    held.flush = lambda: None  # type: ignore[method-assign]
    threads = [threading.Thread(target=hold) for _ in range(4)]
    last: list[float] = []
    flusher._flush = lambda: last.append(time.monotonic())
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    ended = time.monotonic()
    time.sleep(0.05)
    assert last
    assert last[-1] >= ended - 0.01, "what was held last was never looked for"
