"""The writing half: order, urgency, and what can be taken back."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import pytest

from athena.link.frames import CALL, CANCEL, KINDS, WRITE, Decoder, Frame, feed
from athena.link.outgoing import Outgoing


class Owner:
    def __init__(self) -> None:
        self.written = False


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    near, far = socket.socketpair()
    near.setblocking(False)
    far.setblocking(False)
    yield near, far
    near.close()
    far.close()


async def read(far: socket.socket, count: int) -> list[Frame]:
    decoder, frames = Decoder(1 << 30), []
    loop = asyncio.get_running_loop()
    while len(frames) < count:
        frames += feed(decoder, await asyncio.wait_for(loop.sock_recv(far, 65_536), 5))
    return frames


async def test_frames_arrive_in_order_and_urgent_ones_before_what_waits(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    out = Outgoing(pair[0], asyncio.get_running_loop())
    data = bytes(1024 * 1024)
    for id in (1, 2, 3):
        out.post(CALL, id, b"h", [data[:7], data[7:]], len(data))
    await asyncio.sleep(0)
    out.post_urgent(CANCEL, 1)
    out.post_urgent(CANCEL, 9)
    frames = await read(pair[1], 5)
    assert [(KINDS[frame.kind], frame.id) for frame in frames] == [
        ("CALL", 1),
        ("CANCEL", 1),
        ("CANCEL", 9),
        ("CALL", 2),
        ("CALL", 3),
    ]
    assert all(len(frame.data) == len(data) for frame in frames if frame.kind == CALL)
    out.close()


async def test_an_owners_frames_are_taken_back_while_they_wait(pair: tuple[socket.socket, socket.socket]) -> None:
    out = Outgoing(pair[0], asyncio.get_running_loop())
    mine, other = Owner(), Owner()
    data = bytes(1024 * 1024)
    out.post(WRITE, 1, b"", [data], len(data), other)
    out.post(WRITE, 2, b"", [data], len(data), mine)
    out.post(WRITE, 3, b"", [data], len(data), other)
    await asyncio.sleep(0)
    out.take_back(mine)
    assert (mine.written, other.written) == (False, True)
    assert [frame.id for frame in await read(pair[1], 2)] == [1, 3]
    out.close()


async def test_frames_of_one_turn_of_the_loop_are_one_write(pair: tuple[socket.socket, socket.socket]) -> None:
    out = Outgoing(pair[0], asyncio.get_running_loop())
    for id in range(1, 21):
        out.post(CALL, id, b"head", [b"data"], 4)
    assert len(await asyncio.get_running_loop().sock_recv(pair[1], 65_536)) == 20 * 24
    out.close()


async def test_room_waits_while_the_socket_is_far_behind_and_close_ends_the_waiting(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    out = Outgoing(pair[0], asyncio.get_running_loop())
    await asyncio.wait_for(out.room(), 1)
    data = bytes(1024 * 1024)
    for id in range(1, 14):
        out.post(WRITE, id, b"", [data], len(data))
    waiting = asyncio.ensure_future(out.room())
    await asyncio.sleep(0.01)
    assert not waiting.done()
    await read(pair[1], 8)
    await asyncio.wait_for(waiting, 5)
    for id in range(14, 30):
        out.post(WRITE, id, b"", [data], len(data))
    waiting = asyncio.ensure_future(out.room())
    await asyncio.sleep(0.01)
    assert not waiting.done()
    out.close()
    await asyncio.wait_for(waiting, 5)


async def test_many_small_segments_go_through_a_bounded_vector(pair: tuple[socket.socket, socket.socket]) -> None:
    out = Outgoing(pair[0], asyncio.get_running_loop())
    segments = [bytes([n % 256]) * 40 for n in range(3000)]
    out.post(CALL, 1, b"head", segments, 120_000)
    (frame,) = await read(pair[1], 1)
    assert (frame.head, bytes(frame.data)) == (b"head", b"".join(segments))
    out.close()


async def test_writing_to_who_has_gone_raises_nothing(pair: tuple[socket.socket, socket.socket]) -> None:
    out = Outgoing(pair[0], asyncio.get_running_loop())
    pair[1].close()
    out.post(CALL, 1, b"")
    out.post(CALL, 2, b"", [bytes(100_000)], 100_000)
    out.post_urgent(CANCEL, 1)
    out.close()
    out.post(CALL, 3, b"")
