"""Packets that come by calls of their own go through in the order of their numbers, each once."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from athena.errors import Fault, ServiceError
from athena_transport_grpc.order import Order


async def through(order: Order, number: int, log: list[int]) -> bool:
    mine = await order.turn(number)
    if mine:
        await asyncio.sleep(0)
        log.append(number)
        order.done(taken=True)
    return mine


async def begun(first: int = 1, patience: float = 5.0) -> Order:
    order = Order(first, patience)
    assert await order.turn(first, first=True)
    order.done(taken=True)
    return order


@settings(max_examples=30, deadline=None)
@given(st.permutations(range(2, 9)), st.lists(st.integers(2, 8), max_size=5))
def test_whatever_order_they_come_in_each_goes_through_once_and_in_order(numbers: list[int], more: list[int]) -> None:
    async def talk() -> None:
        order = await begun()
        log: list[int] = []
        await asyncio.wait_for(asyncio.gather(*(through(order, number, log) for number in [*numbers, *more])), 5)
        assert log == list(range(2, 9))

    asyncio.run(talk())


async def test_packets_without_numbers_go_through_as_they_come() -> None:
    order = await begun(0)
    log: list[int] = []
    assert await asyncio.gather(*(through(order, 0, log) for _ in range(3))) == [True] * 3


async def test_one_that_waits_in_vain_is_out_of_order_and_changes_nothing() -> None:
    order = await begun(patience=0.05)
    with pytest.raises(ServiceError) as caught:
        await order.turn(3)
    assert caught.value.fault is Fault.OUT_OF_ORDER
    log: list[int] = []
    assert await through(order, 2, log)
    assert await through(order, 3, log)


async def test_one_that_was_not_taken_may_be_sent_again_and_one_that_was_may_not() -> None:
    order = await begun()
    assert await order.turn(2)
    assert not await order.turn(2), "its copy, while it is under way"
    order.done(taken=False)
    assert await order.turn(2)
    order.done(taken=True)
    assert not await order.turn(2)
    with pytest.raises(ServiceError):
        await order.turn(-1)


async def test_one_that_gives_up_waiting_holds_nobody_up() -> None:
    order = await begun()
    waiting = asyncio.ensure_future(order.turn(3))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    log: list[int] = []
    assert await through(order, 2, log)
    assert await through(order, 3, log)


async def test_a_packet_without_a_number_takes_the_place_that_is_free() -> None:
    order = await begun()
    log: list[int] = []
    early = asyncio.ensure_future(through(order, 3, log))
    await asyncio.sleep(0)
    assert await through(order, 0, log), "it was taken for the copy of the one that came too early"
    assert await asyncio.wait_for(early, 5)
    assert log == [0, 3]
