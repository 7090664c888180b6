"""The socket on the loop: nothing is overlooked, whatever comes between, and floods are cut into turns."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
import zmq

from athena.testing.bounded import eventually
from athena_proto.native import LARGE, MAX_SEGMENTS
from athena_transport_zmq.wire import Buffer, Lost, Wire


class Heard:
    """A ROUTER's wire and what it received, and a DEALER at the other end."""

    def __init__(self) -> None:
        self.context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        router = self.context.socket(zmq.ROUTER)
        router.setsockopt(zmq.ROUTER_MANDATORY, 1)
        router.setsockopt(zmq.SNDHWM, 10)
        port = router.bind_to_random_port("tcp://127.0.0.1")
        self.got: list[tuple[bytes, bytes, Buffer, Sequence[Buffer], bool]] = []
        self.answer = False
        self.wire = Wire(router, self.received)
        self.wire.open()
        self.dealer = self.context.socket(zmq.DEALER)
        self.dealer.setsockopt(zmq.LINGER, 0)
        self.dealer.setsockopt(zmq.RCVHWM, 10)
        self.dealer.connect(f"tcp://127.0.0.1:{port}")

    def received(
        self, identity: bytes, head: zmq.Frame, data: Buffer, segments: Sequence[Buffer], too_many: bool
    ) -> None:
        self.got.append((identity, head.bytes, data, segments, too_many))
        if self.answer:
            self.wire.send((identity, head.bytes, b"answer"))

    async def count(self, number: int) -> None:
        await eventually(lambda: len(self.got) >= number, f"{number} messages arrived")
        assert len(self.got) == number


@pytest.fixture
async def heard() -> AsyncIterator[Heard]:
    heard = Heard()
    yield heard
    heard.wire.close(0)
    heard.context.destroy(0)


async def test_a_message_is_taken_apart(heard: Heard) -> None:
    large = bytes(LARGE)
    heard.dealer.send_multipart([b"head", b"small", large])
    heard.dealer.send_multipart([b"head", large])
    heard.dealer.send_multipart([b"head"])
    await heard.count(3)
    (_, head, data, segments, _), (_, _, big, none, _), (_, _, empty, _, _) = heard.got
    assert (head, data, [bytes(segment) for segment in segments]) == (b"head", b"small", [large])
    assert (bytes(big), none, empty) == (large, (), b"")
    for view in (segments[0], big):
        assert isinstance(view, memoryview)
        assert view.readonly


async def test_nothing_is_overlooked_when_sends_swallow_the_word_that_something_came(heard: Heard) -> None:
    heard.answer = True
    for round_ in range(50):
        for number in range(4):
            heard.dealer.send_multipart([b"%d" % number, b""])
        await heard.count(4 * (round_ + 1))
        # A send outside of a turn, just when more arrives.
        identity = heard.got[-1][0]
        heard.dealer.send_multipart([b"more", b""])
        heard.wire.send((identity, b"head", b"unasked"))
        await eventually(lambda: heard.got[-1][1] == b"more", "the message beside a send was seen", within=5)
        heard.got.pop()
        for _ in range(6):
            assert await asyncio.to_thread(heard.dealer.poll, 5000)
            heard.dealer.recv_multipart()


async def test_a_flood_of_parts_is_thrown_away_in_turns_and_the_next_message_is_read(heard: Heard) -> None:
    heard.dealer.send_multipart([b"head", b"message", *[b""] * 20_000])
    heard.dealer.send_multipart([b"next", b"message"])
    longest = 0.0
    loop = asyncio.get_running_loop()
    for _ in range(2000):
        began = loop.time()
        await asyncio.sleep(0)
        longest = max(longest, loop.time() - began)
        if len(heard.got) == 2:
            break
        await asyncio.sleep(0.001)
    (_, _, _, _, too_many), (_, head, _, _, fine) = heard.got
    assert (too_many, head, fine) == (True, b"next", False)
    assert longest < 0.5


async def test_as_many_segments_as_are_allowed_are_taken(heard: Heard) -> None:
    heard.dealer.send_multipart([b"head", b"message", *[b"s"] * MAX_SEGMENTS])
    heard.dealer.send_multipart([b"head", b"message", *[b"s"] * (MAX_SEGMENTS + 1)])
    await heard.count(2)
    assert [(len(segments), too_many) for _, _, _, segments, too_many in heard.got] == [
        (MAX_SEGMENTS, False),
        (0, True),
    ]


async def test_a_full_queue_says_no_and_a_missing_peer_is_lost(heard: Heard) -> None:
    heard.dealer.send_multipart([b"head", b""])
    await heard.count(1)
    identity = heard.got[0][0]
    sent = 0
    while heard.wire.send((identity, b"head", bytes(60_000))):
        sent += 1
        assert sent < 100_000
    assert sent >= 10
    with pytest.raises(Lost):
        heard.wire.send((b"\x00none", b"head", b""))


async def test_a_closed_wire_is_silent(heard: Heard) -> None:
    heard.wire.close(0)
    heard.wire.close(0)
    heard.wire.turn()
    with pytest.raises(Lost):
        heard.wire.send((b"x", b"head", b""))
