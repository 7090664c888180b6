"""What a client waits for: one answer, or the many of a stream or session."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from athena.errors import ServiceError
from athena_proto import inference_pb2 as pb
from athena_proto.answers import decode_fault
from athena_proto.native import parse

from .envelope import Operation
from .flow import Flow, Grants
from .wire import Buffer

__all__ = ["Inflow", "Message", "One", "Waiting"]

Message = tuple[int, Buffer, Sequence[Buffer]]
"""Operation, message, segments."""


class Waiting(Protocol):
    """Whoever waits under an id."""

    def take(self, message: Message) -> None:
        """Something came for it; called from the wire's turn."""

    def fail(self, error: ServiceError) -> None:
        """Nothing will come any more."""


class One(Waiting):
    """One answer."""

    __slots__ = ("future",)

    def __init__(self) -> None:
        self.future: asyncio.Future[Message | ServiceError] = asyncio.get_running_loop().create_future()

    def take(self, message: Message) -> None:
        if not self.future.done():
            self.future.set_result(decode_fault(message[1]) if message[0] == Operation.FAULT else message)

    def fail(self, error: ServiceError) -> None:
        if not self.future.done():
            self.future.set_result(error)


class Inflow(Waiting):
    """Many answers, in order, and then an end: none, or an error.

    Args:
        grant: Called with what the server may send again.

    Attributes:
        flow: What may be sent the other way.
        over: Whether the last answer has come; there may be answers before it that nobody took yet.
        timer: What ends it at the caller's deadline.
    """

    __slots__ = ("_error", "_grant", "_grants", "_waiter", "_waiting", "flow", "over", "timer")

    def __init__(self, grant: Callable[[bytes], None]) -> None:
        self._grant = grant
        self._grants = Grants()
        self._waiting: deque[Message] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._error: ServiceError | None = None
        self.flow = Flow()
        self.over = False
        self.timer: asyncio.TimerHandle | None = None

    def take(self, message: Message) -> None:
        operation = message[0]
        if operation == Operation.GRANTED:
            credit = parse(pb.Credit, message[1])
            self.flow.granted(credit.messages, credit.bytes)
        elif operation == Operation.FAULT:
            self.fail(decode_fault(message[1]))
        elif not self.over:
            if operation == Operation.DONE:
                self._end()
            else:
                self._waiting.append(message)
            self._wake()

    def fail(self, error: ServiceError) -> None:
        if not self.over:
            self._error = error
            self._end()
            self._wake()

    async def next(self, wait: float | None = None) -> Message | None:
        """The next answer; None when ``wait`` seconds passed, or at the end (then ``over`` is true).

        Raises:
            ServiceError: What ended it, once.
        """
        if not self._waiting and not self.over:
            await self._arrival(wait)
        if self._waiting:
            message = self._waiting.popleft()
            if not self.over:
                granted = self._grants.took(len(message[1]) + sum(map(len, message[2])))
                if granted is not None:
                    self._grant(pb.Credit(messages=granted[0], bytes=granted[1]).SerializeToString())
            return message
        if self._error is not None:
            error, self._error = self._error, None
            raise error
        return None

    async def _arrival(self, wait: float | None) -> None:
        waiter = self._waiter = asyncio.get_running_loop().create_future()
        if wait is None:
            await waiter
        elif wait > 0:
            await asyncio.wait({waiter}, timeout=wait)
        self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def stop(self) -> None:
        """Nobody reads on."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    def _end(self) -> None:
        self.over = True
        self.flow.release()
        self.stop()
