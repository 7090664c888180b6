"""A session as the kernel sees it: one entry of a peer, one Session for the rooms above."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

from ..errors import Executed, Fault, ServiceError
from ..interfaces import Session
from ..models import Reply, Request, Stage
from . import worker_pb2 as pb
from .faults import fault_of
from .frames import (
    ACK,
    ASK,
    CLOSE,
    CLOSED,
    CREDIT,
    CREDIT_BYTES,
    CREDIT_MESSAGES,
    EMIT,
    FAULT,
    OPEN,
    OPENED,
    WRITE,
    Frame,
    FrameError,
)
from .heads import decode, encode_request, encode_write, reply_of
from .inbox import Inbox
from .outgoing import BACKLOG
from .peer import Peer
from .token import Token

__all__ = ["Conversation"]

_CLOSE_GRACE = 5.0
"""Seconds ``athena_session_destroy`` may take before ``close`` returns without it."""


class Conversation(Session):
    """An OPEN and all that follows, until CLOSED.

    Attributes:
        request: The opening.
        id, written: See Entry.
        opened: Done when athena_session_create has returned; failed with what it raised.
        closing: True once this side has closed it.
    """

    in_lane = False

    def __init__(
        self, request: Request, peer: Peer, ended: Callable[[Any], None], leaving: Callable[[Any], None]
    ) -> None:  # Any: this very conversation
        """Args:
        ended: Called once, when nothing more may come.
        leaving: Called when the worker has been told to close it, and has yet to answer.
        """
        self.sid = request.sid
        self.request = request
        self.id = 0
        self.written = False
        self.closing = False
        self._peer = peer
        self._ended = ended
        self._leaving = leaving
        self._inbox = Inbox(self._give)
        if isinstance(request.cancellation, Token):
            request.cancellation.behind = self._inbox.behind
        loop = asyncio.get_running_loop()
        self.opened: asyncio.Future[None] = loop.create_future()
        self._closed: asyncio.Future[None] = loop.create_future()
        self._messages = 0
        self._size = 0
        self._writers: deque[asyncio.Future[None]] = deque()

    def begin(self) -> None:
        """Send OPEN.

        Raises:
            ServiceError: It cannot be sent.
        """
        self._peer.begin(OPEN, self, *encode_request(self.request))

    async def write(self, request: Request) -> None:
        head, segments, size = encode_write(request)
        while (self._messages >= CREDIT_MESSAGES or self._size >= CREDIT_BYTES) and not self._inbox.ended:
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._writers.append(waiter)
            await waiter
        if self._inbox.ended:
            raise ServiceError(Fault.SESSION_CLOSED, "the session has ended")
        self._messages += 1
        self._size += size
        outgoing = self._peer.outgoing
        outgoing.post(WRITE, self.id, head, segments, size, self)
        if outgoing.backlog > BACKLOG:
            await outgoing.room()

    async def read(self, wait: float | None = None) -> Reply:
        if wait is not None and not self._inbox.ended:
            self._peer.outgoing.post(ASK, self.id, b"", (), 0, self)
        reply = await self._inbox.get(wait)
        if reply is not None:
            return reply
        if self._inbox.over:
            raise ServiceError(Fault.SESSION_CLOSED, "the session has ended")
        return Reply((), Stage.CONTINUE)

    async def close(self, reason: Fault | None = None) -> None:
        self.shut(reason)
        # Not wait_for: it would cancel the future that others wait for as well.
        await asyncio.wait([self._closed], timeout=_CLOSE_GRACE)

    def shut(self, reason: Fault | None = None) -> None:
        """As close, without waiting for athena_session_destroy."""
        error = None if reason is None else ServiceError(reason, "the session was closed", executed=Executed.YES)
        self._inbox.end(error)
        if not self.closing and not self._closed.done():
            self.closing = True
            if self._peer.give_up(CLOSE, self):
                self._finish()
            else:
                self._leaving(self)
        self._wake_writers()

    def take(self, frame: Frame) -> bool:
        """See Entry."""
        kind = frame.kind
        if kind == EMIT:
            reply = reply_of(frame)
            self._inbox.put(reply, len(frame.data))
            if reply.stage is Stage.END:
                self._end(None)
        elif kind == ACK:
            head: pb.Credit = decode(pb.Credit, frame)
            self._messages -= head.messages
            self._size -= head.bytes
            self._wake_writers()
        elif kind == OPENED:
            if not self.opened.done():
                self.opened.set_result(None)
        elif kind == FAULT:
            self._end(fault_of(frame))
        elif kind == CLOSED:
            self._finish()
            return True
        else:
            raise FrameError(f"a frame of kind {kind} for a session")
        return False

    def lost(self, error: ServiceError) -> None:
        """See Entry."""
        self._end(error)
        self._finish()

    def _end(self, error: ServiceError | None) -> None:
        if not self.opened.done():
            self.opened.set_exception(
                error or ServiceError(Fault.SESSION_CLOSED, "the session ended while it was opened")
            )
            # Whoever opens may have gone already; then nobody will ever ask for this.
            self.opened.exception()
        self._inbox.end(error)
        self._wake_writers()

    def _finish(self) -> None:
        self._end(None)
        if not self._closed.done():
            self._closed.set_result(None)
            self._ended(self)

    def _give(self, messages: int, size: int) -> None:
        head = pb.Credit(messages=messages, bytes=size)
        self._peer.outgoing.post(CREDIT, self.id, head.SerializeToString(), (), 0, self)

    def _wake_writers(self) -> None:
        if not self._writers:
            return
        waiters, self._writers = self._writers, deque()
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)
