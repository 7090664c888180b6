"""A token is set once, from any thread, and wakes whoever asked to be woken."""

from __future__ import annotations

import threading
from functools import partial
from queue import SimpleQueue

from athena.link.token import Token


def test_callbacks_run_once_when_it_is_cancelled_and_at_once_when_it_was() -> None:
    token = Token()
    calls: list[str] = []
    token.on_cancel(lambda: calls.append("before"))
    assert not token.cancelled
    token.cancel()
    token.cancel()
    token.on_cancel(lambda: calls.append("after"))
    assert token.cancelled
    assert calls == ["before", "after"]


def test_every_callback_runs_exactly_once_however_threads_race() -> None:
    for _ in range(50):
        token = Token()
        called: SimpleQueue[int] = SimpleQueue()
        threads = [threading.Thread(target=token.cancel) for _ in range(3)]
        threads += [threading.Thread(target=token.on_cancel, args=(partial(called.put, 1),)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(5)
        assert called.qsize() == 3


def test_a_reader_lags_only_where_an_executor_streams_for_it() -> None:
    token = Token()
    assert token.lag(100.0) == 0.0
    token.behind = lambda now: now - 90.0
    assert token.lag(100.0) == 10.0
