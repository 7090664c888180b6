"""One peer: what waits for it while it takes nothing, and what ends when it goes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

import pytest

from athena.errors import Fault, ServiceError
from athena.models import Part, Reply
from athena.testing.bounded import eventually
from athena_proto.answers import decode_fault
from athena_transport_zmq.envelope import HEAD, Operation
from athena_transport_zmq.peers import MAX_WAITING, Peer
from athena_transport_zmq.wire import Buffer, Lost


class Pipe:
    """A wire that is open, full, or leads nowhere."""

    def __init__(self) -> None:
        self.sent: list[Sequence[Buffer]] = []
        self.full = self.lost = False

    def send(self, frames: Sequence[Buffer]) -> bool:
        if self.lost:
            raise Lost
        if not self.full:
            self.sent.append(frames)
        return not self.full

    @property
    def told(self) -> list[tuple[int, int]]:
        return [HEAD.unpack(bytes(frames[1]))[1:] for frames in self.sent]


@pytest.fixture
def pipe() -> Pipe:
    return Pipe()


@pytest.fixture
def gone() -> list[Peer]:
    return []


@pytest.fixture
def peer(pipe: Pipe, gone: list[Peer]) -> Peer:
    return Peer(b"\0abcd", 7, "127.0.0.1:9", pipe, gone.append, logging.getLogger("test"))  # type: ignore[arg-type]


async def forever() -> None:
    await asyncio.Event().wait()


async def test_what_cannot_be_sent_now_is_sent_later_in_order(peer: Peer, pipe: Pipe) -> None:
    peer.send(Operation.PONG, 1)
    pipe.full = True
    for number in range(2, 6):
        peer.send(Operation.PONG, number)
    pipe.full = False
    peer.send(Operation.PONG, 6)  # behind those that wait
    await eventually(lambda: len(pipe.sent) == 6, "all were sent")
    assert [number for _, number in pipe.told] == [1, 2, 3, 4, 5, 6]


async def test_a_peer_that_never_reads_hears_one_fault_for_all(peer: Peer, pipe: Pipe) -> None:
    pipe.full = True
    task = peer.tasks[5] = asyncio.create_task(forever())
    for number in range(MAX_WAITING + 1):
        peer.send(Operation.PONG, number)
    await asyncio.wait({task}, timeout=5)
    assert task.cancelled()
    pipe.full = False
    await eventually(lambda: bool(pipe.sent), "the fault was sent")
    assert pipe.told == [(Operation.FAULT, 0)]
    assert decode_fault(pipe.sent[0][2]).fault is Fault.OVERLOADED


async def test_a_peer_that_is_gone_is_told_to_whoever_keeps_it(peer: Peer, pipe: Pipe, gone: list[Peer]) -> None:
    pipe.lost = True
    peer.send(Operation.PONG, 1)
    assert gone == [peer]


async def test_all_that_ran_for_it_ends_when_it_goes(peer: Peer, pipe: Pipe) -> None:
    task = peer.tasks[5] = asyncio.create_task(forever())
    pipe.full = True
    peer.send(Operation.PONG, 1)
    peer.gone()
    pipe.full = False
    await asyncio.wait({task}, timeout=5)
    assert (task.cancelled(), peer.tasks) == (True, {})
    await asyncio.sleep(0.05)
    assert pipe.sent == []


async def test_large_data_travel_beside_the_reply(peer: Peer, pipe: Pipe) -> None:
    body = bytes(1 << 20)
    peer.reply(Operation.REPLY, 3, Reply((Part("a", body),)))
    (frames,) = pipe.sent
    assert frames[3] is body
    assert len(frames[2]) < 100


async def test_a_bug_is_an_id_and_a_fault_is_itself(peer: Peer, pipe: Pipe, caplog: pytest.LogCaptureFixture) -> None:
    peer.fault(1, RuntimeError("s3cret"))
    peer.fault(2, ServiceError(Fault.QUOTA, "enough"))
    bug, own = (decode_fault(frames[2]) for frames in pipe.sent)
    assert (bug.fault, own.fault, own.message) == (Fault.INTERNAL, Fault.QUOTA, "enough")
    assert "s3cret" not in bug.message
    assert bug.error_id in caplog.text
