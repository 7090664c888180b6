"""Back-off: starts that fail come slower and slower, one after the other, and then the breaker opens."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from athena.executors import backoff as module
from athena.executors.backoff import Backoff


class Clock:
    """time.monotonic and asyncio's waiting, without waiting."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: self.now))
        monkeypatch.setattr(module, "random", SimpleNamespace(uniform=lambda low, high: 1.0))


async def test_starts_that_fail_come_slower_and_slower_and_then_the_breaker_opens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock, backoff = Clock(monkeypatch), Backoff()
    waits = []
    for _ in range(8):
        backoff.failed("no")
        waits.append(round(backoff._until - clock.now, 3))
        clock.now = backoff._until
    assert waits == [0.1, 0.2, 0.4, 0.8, 1.6, 30.0, 30.0, 30.0]
    assert backoff.tripped
    assert backoff.reason == "no"
    # Ten starts in 60 s at the most; and it is tried for ever, for what was broken may be mended.
    backoff.succeeded()
    assert not backoff.tripped
    for _ in range(20):
        clock.now += 20
        backoff.failed("now and then")
    assert not backoff.tripped


async def test_seats_that_fail_together_count_once(monkeypatch: pytest.MonkeyPatch) -> None:
    Clock(monkeypatch)
    backoff = Backoff()
    for _ in range(64):
        backoff.failed("the model is gone")
    assert not backoff.tripped


async def test_success_and_a_new_configuration_begin_again(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, backoff = Clock(monkeypatch), Backoff()
    for _ in range(6):
        backoff.failed("no")
        clock.now = backoff._until
    backoff.failed("no")
    waiting = asyncio.create_task(backoff.wait())
    await asyncio.sleep(0.01)
    assert not waiting.done()
    backoff.clear()
    await asyncio.wait_for(waiting, 1)
    assert not backoff.tripped
    await asyncio.wait_for(backoff.wait(), 1)


async def test_a_crash_loop_is_at_most_ten_starts_in_any_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, backoff = Clock(monkeypatch), Backoff()
    starts = []
    while clock.now < 1000.0 + 300.0:
        starts.append(clock.now)
        clock.now += 0.2  # what a start takes to fail
        backoff.failed("no")
        clock.now = max(clock.now, backoff._until)
    busiest = max(sum(begun <= other < begun + 60.0 for other in starts) for begun in starts)
    assert 5 < busiest <= 10
    assert len(starts) > 10, "and it is tried for ever"
