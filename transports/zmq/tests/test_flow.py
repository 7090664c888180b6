"""Credit: spent, waited for, given back in lots, and never more than there was."""

from __future__ import annotations

import asyncio

from athena_transport_zmq.flow import BYTES, MESSAGES, Flow, Grants


def test_a_flow_closes_when_messages_or_bytes_are_spent() -> None:
    flow = Flow()
    for _ in range(MESSAGES):
        assert flow.open
        flow.spend(1)
    assert not flow.open
    flow = Flow()
    flow.spend(BYTES * 8)  # one message of any size may always go
    assert not flow.open


def test_more_than_there_was_is_never_granted() -> None:
    flow = Flow()
    flow.granted(1 << 30, 1 << 60)
    for _ in range(MESSAGES):
        flow.spend(0)
    assert not flow.open


async def test_waiting_ends_with_a_grant_or_with_patience() -> None:
    flow = Flow()
    for _ in range(MESSAGES):
        flow.spend(1)
    assert not await flow.wait(0.02)
    asyncio.get_running_loop().call_later(0.02, flow.granted, 1, 1)
    assert await asyncio.wait_for(flow.wait(5.0), 5)
    assert flow.open


async def test_who_waits_is_let_go_when_it_is_over() -> None:
    flow = Flow()
    flow.spend(BYTES)
    waiting = asyncio.ensure_future(flow.wait())
    await asyncio.sleep(0)
    flow.release()
    assert await asyncio.wait_for(waiting, 5)


def test_grants_come_in_lots_and_add_up() -> None:
    grants = Grants()
    found = [grants.took(10) for _ in range(MESSAGES)]
    given = [grant for grant in found if grant is not None]
    assert 1 < len(given) < MESSAGES
    assert (sum(count for count, _ in given), sum(size for _, size in given)) == (MESSAGES, 10 * MESSAGES)


def test_a_large_message_is_granted_at_once() -> None:
    assert Grants().took(BYTES) == (1, BYTES)
