"""The other end of a peer, for tests: a worker that says exactly what a test wants it to say."""

from __future__ import annotations

import asyncio
import socket
from collections import deque

from athena.errors import ServiceError
from athena.link.faults import encode_fault
from athena.link.frames import KINDS, Decoder, Frame, prefix
from athena.link.heads import encode_reply
from athena.link.peer import Peer
from athena.models import Reply

LIMIT = 64 * 1024 * 1024


class Far:
    """A worker's end without a worker.

    Attributes:
        peer: The kernel's end.
        reasons: What its ``lost`` was called with.
        logs: The LOG messages it was given.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        near, self.socket = socket.socketpair()
        for end in (near, self.socket):
            # Small, so that little is on its way that neither end can take back.
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        self.socket.setblocking(False)
        self.reasons: list[str] = []
        self.logs: list[str] = []
        self.peer = Peer(near, limit, self.reasons.append, lambda told: self.logs.append(told.message))
        self._decoder = Decoder(LIMIT)
        self._frames: deque[Frame] = deque()

    async def frame(self, within: float = 5.0) -> Frame:
        """The next frame the kernel sends."""
        return await asyncio.wait_for(self._frame(), within)

    async def names(self, count: int) -> list[str]:
        """The kinds of the next frames, by name."""
        return [KINDS[(await self.frame()).kind] for _ in range(count)]

    async def _frame(self) -> Frame:
        loop = asyncio.get_running_loop()
        while not self._frames:
            count = await loop.sock_recv_into(self.socket, self._decoder.space())
            if not count:
                raise EOFError
            self._frames.extend(self._decoder.received(count))
        return self._frames.popleft()

    async def silent(self, seconds: float = 0.05) -> bool:
        """Whether the kernel sends nothing for a while."""
        try:
            self._frames.appendleft(await self.frame(seconds))
        except asyncio.TimeoutError:
            return True
        return False

    async def say(self, kind: int, id: int, head: bytes = b"", data: bytes = b"") -> None:
        """Send a frame."""
        await self.raw(prefix(kind, id, len(head), len(data)) + head + data)

    async def reply(self, kind: int, id: int, reply: Reply) -> None:
        """Send a reply as ITEM, DONE or EMIT."""
        head, segments, _ = encode_reply(reply)
        await self.say(kind, id, head, b"".join(segments))

    async def fault(self, kind: int, id: int, error: ServiceError) -> None:
        """Send an error."""
        await self.say(kind, id, encode_fault(error))

    async def raw(self, data: bytes) -> None:
        """Send bytes as they are."""
        await asyncio.wait_for(asyncio.get_running_loop().sock_sendall(self.socket, data), 5)

    def close(self) -> None:
        """Close both ends."""
        self.peer.close("was closed by the test")
        self.socket.close()
