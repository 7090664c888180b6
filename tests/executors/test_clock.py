"""Deadlines fire once, never early, and not at all for what ended in time."""

from __future__ import annotations

import asyncio
import time

from athena.executors.clock import Clock


class Held:
    def __init__(self, until: float) -> None:
        self.until = until
        self.fired: list[float] = []

    def expire(self) -> None:
        self.fired.append(time.monotonic())


async def test_it_never_fires_early_and_only_once() -> None:
    clock = Clock()
    start = time.monotonic()
    held = [Held(start + 0.0037 * number) for number in range(60)]
    for one in held:
        clock.hold(one.until, one)
    await asyncio.sleep(0.0037 * 60 + 0.3)
    for one in held:
        assert len(one.fired) == 1
        assert one.fired[0] >= one.until


async def test_what_was_dropped_does_not_fire_though_its_neighbours_do() -> None:
    clock = Clock()
    until = time.monotonic() + 0.05
    held = [Held(until) for _ in range(100)]
    slots = [clock.hold(until, one) for one in held]
    for slot, one in list(zip(slots, held, strict=True))[::2]:
        clock.drop(slot, one)
    await asyncio.sleep(0.4)
    assert [len(one.fired) for one in held] == [0, 1] * 50


async def test_a_time_that_has_passed_fires_at_once() -> None:
    clock = Clock()
    late = Held(time.monotonic() - 100)
    clock.hold(late.until, late)
    await asyncio.sleep(0.2)
    assert len(late.fired) == 1


async def test_dropping_what_has_fired_is_harmless_and_a_slot_can_be_used_again() -> None:
    clock = Clock()
    until = time.monotonic() + 0.01
    first = Held(until)
    slot = clock.hold(until, first)
    await asyncio.sleep(0.2)
    clock.drop(slot, first)
    second = Held(until)
    assert clock.hold(until, second) == slot
    await asyncio.sleep(0.2)
    assert (len(first.fired), len(second.fired)) == (1, 1)


async def test_a_thousand_calls_of_one_moment_share_one_timer() -> None:
    loop = asyncio.get_running_loop()
    clock, until = Clock(), time.monotonic() + 30
    timers: list[object] = []
    real = loop.call_later

    def count(*args: object) -> object:
        timers.append(args)
        return real(*args)  # type: ignore[arg-type]

    loop.call_later = count  # type: ignore[method-assign,assignment]
    held = [Held(until) for _ in range(1000)]
    for one in held:
        clock.hold(until, one)
    assert len(timers) == 1


async def test_what_is_held_is_everything_whose_time_has_not_come() -> None:
    clock = Clock()
    now = time.monotonic()
    held = [Held(now + 60 + number) for number in range(3)]
    slots = [clock.hold(one.until, one) for one in held]
    clock.drop(slots[0], held[0])
    assert sorted(clock.held(), key=id) == sorted(held[1:], key=id)
