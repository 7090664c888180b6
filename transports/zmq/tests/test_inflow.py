"""What a client waits for: in order, then the end, once."""

from __future__ import annotations

import asyncio

import pytest

from athena.errors import Fault, ServiceError
from athena_proto import inference_pb2 as pb
from athena_transport_zmq.envelope import Operation
from athena_transport_zmq.faults import encoded
from athena_transport_zmq.flow import BYTES, MESSAGES
from athena_transport_zmq.inflow import Inflow, One

QUOTA = encoded(ServiceError(Fault.QUOTA, "enough"))


async def test_one_answer_is_the_first_that_comes() -> None:
    one = One()
    one.take((Operation.REPLY, b"1", ()))
    one.take((Operation.REPLY, b"2", ()))
    one.fail(ServiceError(Fault.INTERNAL, "late"))
    assert await one.future == (Operation.REPLY, b"1", ())


async def test_a_fault_is_an_error_as_a_value() -> None:
    one = One()
    one.take((Operation.FAULT, QUOTA, ()))
    answer = await one.future
    assert isinstance(answer, ServiceError)
    assert answer.fault is Fault.QUOTA


async def test_what_came_before_the_end_is_read_before_it() -> None:
    inflow = Inflow(lambda credit: None)
    for number in range(3):
        inflow.take((Operation.ITEM, b"%d" % number, ()))
    inflow.take((Operation.FAULT, QUOTA, ()))
    inflow.take((Operation.ITEM, b"after", ()))
    assert inflow.over
    got = [await inflow.next() for _ in range(3)]
    assert [message and message[1] for message in got] == [b"0", b"1", b"2"]
    with pytest.raises(ServiceError) as caught:
        await inflow.next()
    assert caught.value.fault is Fault.QUOTA
    assert await inflow.next() is None


async def test_done_is_an_end_without_an_error() -> None:
    inflow = Inflow(lambda credit: None)
    inflow.take((Operation.DONE, b"", ()))
    assert await inflow.next() is None
    inflow.fail(ServiceError(Fault.INTERNAL, "late"))
    assert await inflow.next() is None


async def test_waiting_ends_with_the_first_arrival_or_with_time() -> None:
    inflow = Inflow(lambda credit: None)
    assert await inflow.next(0.0) is None
    assert await inflow.next(0.01) is None
    asyncio.get_running_loop().call_later(0.01, inflow.take, (Operation.ITEM, b"1", ()))
    message = await asyncio.wait_for(inflow.next(), 5)
    assert message is not None
    assert message[1] == b"1"


async def test_what_is_read_is_granted_again() -> None:
    granted: list[pb.Credit] = []
    inflow = Inflow(lambda credit: granted.append(pb.Credit.FromString(credit)))
    for _ in range(MESSAGES):
        inflow.take((Operation.ITEM, b"ten bytes!", (b"and ten..!",)))
    assert granted == []
    for _ in range(MESSAGES):
        await inflow.next()
    assert sum(credit.messages for credit in granted) == MESSAGES
    assert sum(credit.bytes for credit in granted) == 20 * MESSAGES


async def test_the_servers_grants_open_the_other_direction_and_its_end_too() -> None:
    inflow = Inflow(lambda credit: None)
    inflow.flow.spend(BYTES)
    inflow.take((Operation.GRANTED, pb.Credit(messages=1, bytes=BYTES).SerializeToString(), ()))
    assert inflow.flow.open
    inflow.flow.spend(BYTES)
    inflow.fail(ServiceError(Fault.INTERNAL, "over"))
    assert inflow.flow.open, "nobody waits for credit in a session that is over"


async def test_its_timer_ends_with_it() -> None:
    inflow = Inflow(lambda credit: None)
    inflow.timer = timer = asyncio.get_running_loop().call_later(60, print)
    inflow.take((Operation.DONE, b"", ()))
    assert timer.cancelled()
