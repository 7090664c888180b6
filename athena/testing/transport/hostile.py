"""Rows about callers who send too much, or nonsense."""

from __future__ import annotations

import asyncio
import contextlib
import os
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

from athena.errors import Executed, Fault
from athena.models import Part
from athena.testing.bounded import bounded, refused
from athena.testing.declared import needs

from .ground import Ground, write
from .rows import Rows

__all__ = ["HostileRows"]


def garbage() -> Iterator[bytes]:
    """What strangers send to any open port."""
    yield b""
    yield b"\x00"
    yield b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    yield b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nX"
    yield b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 64
    yield b"\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f" + b"\x03\x00NULL" + bytes(48)
    yield b"\xff\xff\xff\xff" * 64
    yield hello()
    for size in (3, 60, 1500, 70_000):
        yield os.urandom(size)


def hello() -> bytes:
    """The first flight of a TLS client."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname="localhost")
    with contextlib.suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


class HostileRows(Rows):
    """Oversize and garbage: refused, and the next caller is served."""

    async def served(self, there: Ground) -> None:
        """Somebody else's call goes on as ever."""
        reply = await asyncio.wait_for((await there.channel()).once(there.request(Part("a", b"1"))), 10)
        assert reply.part("a").tobytes() == b"1"

    @bounded
    async def test_a_message_above_the_limit_is_too_large(self, there: Ground) -> None:
        tag = there.tag()
        request = there.request(Part("big", bytes(there.limit + 1)), tag=tag)
        error = await refused((await there.channel()).once(request), Fault.TOO_LARGE)
        assert error.executed is Executed.NO
        assert there.journal.count("once", tag) == 0
        await self.served(there)

    @bounded
    async def test_parts_are_counted_together(self, there: Ground) -> None:
        third = bytes(there.limit // 2)
        request = there.request(*(Part(f"p{number}", third) for number in range(3)))
        await refused((await there.channel()).once(request), Fault.TOO_LARGE)

    @bounded
    async def test_far_above_the_limit_the_wire_itself_refuses(self, there: Ground) -> None:
        tag = there.tag()
        request = there.request(Part("big", bytes(there.limit * 3)), tag=tag, within=5.0)
        # A wire that drops the peer has no words for it; then the caller is told that the other side is gone.
        faults = (Fault.TOO_LARGE, Fault.UNAVAILABLE, Fault.WORKER_LOST, Fault.DEADLINE)
        await refused((await there.channel()).once(request), *faults)
        assert there.journal.count("once", tag) == 0
        await self.served(there)

    @bounded
    async def test_a_write_above_the_limit_ends_an_attached_session(self, there: Ground) -> None:
        tag = there.tag()
        session = await (await there.channel()).open(there.request(tag=tag))

        async def too_much() -> None:
            await session.write(write(Part("big", bytes(there.limit + 1))))
            await session.read()

        await refused(too_much(), Fault.TOO_LARGE)
        await session.close()
        await there.journal.seen("destroy", tag)
        assert there.journal.count("write", tag) == 0

    @bounded
    async def test_a_reply_above_the_limit_is_too_large(self, there: Ground) -> None:
        request = there.request(do="large", size=str(there.limit + 1))
        error = await refused((await there.channel()).once(request), Fault.TOO_LARGE)
        assert error.executed is Executed.YES
        await self.served(there)

    @needs("wire")
    @bounded
    async def test_garbage_on_the_socket_calls_no_hook_and_hurts_nobody(self, there: Ground) -> None:
        address = urlsplit(there.url)
        before = (there.journal.count("once"), there.journal.count("create"))
        for noise in garbage():
            reader, writer = await asyncio.open_connection(address.hostname, address.port)
            with contextlib.suppress(OSError, asyncio.TimeoutError):
                writer.write(noise)
                await asyncio.wait_for(reader.read(1000), 0.1)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
        assert (there.journal.count("once"), there.journal.count("create")) == before
        await self.served(there)

    @needs("wire")
    @bounded
    async def test_a_connection_that_says_nothing_holds_nobody_up(self, there: Ground) -> None:
        address = urlsplit(there.url)
        silent = [await asyncio.open_connection(address.hostname, address.port) for _ in range(20)]
        await self.served(there)
        for _, writer in silent:
            writer.close()
