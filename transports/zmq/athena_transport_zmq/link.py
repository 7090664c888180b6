"""A client's connection: a DEALER, what is sent through it, and who waits for what."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Sequence
from contextlib import suppress

import zmq

from athena.errors import Executed, Fault, ServiceError
from athena_proto.answers import decode_fault

from .dial import Dial, Keys
from .envelope import HEAD, VERSION, Operation, pack
from .inflow import Inflow, Message, One, Waiting
from .wire import Buffer, Lost

__all__ = ["Link"]

MARGIN = 0.05
"""Seconds that the server, who knows more, has to tell of a passed deadline before the client does."""


class Link:
    """One connection to one server, made anew when it is lost.

    Attributes:
        reason: Why it cannot be used now, or "".
    """

    def __init__(self, url: str, address: str, max_message: int, keys: Keys | None) -> None:
        self._url = url
        self._dial = Dial(address, max_message, keys, self._received, self._connection)
        self._waiting: dict[int, Waiting] = {}
        self._numbers = itertools.count(1)
        self._tried = asyncio.Event()
        self._refused: ServiceError | None = None
        self._up = False
        self._stopped = False
        self.reason = f"{url}: not connected"

    async def connect(self, timeout: float) -> None:
        """Connect.

        Raises:
            ServiceError: UNAVAILABLE, when nobody answers in time; UNAUTHENTICATED, when the server refuses the key.
        """
        self._dial.open()
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._tried.wait(), timeout)
        if self._refused is not None:
            raise self._refused
        if not self._up:
            text = f"{self._url}: no answer within {timeout:g} s; is the server there?"
            raise ServiceError(Fault.UNAVAILABLE, text)

    def send(self, operation: int, number: int, headers: bytes, data: Buffer, segments: Sequence[Buffer] = ()) -> None:
        """Send one message.

        Raises:
            ServiceError: UNAVAILABLE or OVERLOADED: nothing was sent.
        """
        # Nothing is queued for a server that is not there: it would run when nobody waits for it any more.
        wire = self._dial.wire
        if wire is None or not self._up:
            raise ServiceError(Fault.UNAVAILABLE, self.reason)
        try:
            sent = wire.send((pack(operation, number, headers), data, *segments))
        except Lost:
            raise ServiceError(Fault.UNAVAILABLE, self.reason) from None
        if not sent:
            raise ServiceError(Fault.OVERLOADED, f"{self._url}: the connection takes no more for now")

    async def ask(
        self, operation: int, headers: bytes, data: Buffer, segments: Sequence[Buffer], deadline: float | None
    ) -> Message:
        """Send one message and wait for its one answer.

        Raises:
            ServiceError: What the server says; DEADLINE, when it says nothing in time.
        """
        number = next(self._numbers)
        one = One()
        timer: asyncio.TimerHandle | None = None
        if deadline is not None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise ServiceError(Fault.DEADLINE, "the deadline had passed before the call was made")
            timer = asyncio.get_running_loop().call_later(left + MARGIN, self._late, number)
        self._waiting[number] = one
        try:
            self.send(operation, number, headers, data, segments)
            answer = await one.future
        except asyncio.CancelledError:
            self.cancel(number)
            raise
        finally:
            self._waiting.pop(number, None)
            if timer is not None:
                timer.cancel()
        if isinstance(answer, ServiceError):
            raise answer
        return answer

    def begin(
        self, operation: int, headers: bytes, data: Buffer, segments: Sequence[Buffer], deadline: float | None
    ) -> tuple[int, Inflow]:
        """Send one message; its answers come into the inflow, until :meth:`forget`.

        Raises:
            ServiceError: Nothing was sent.
        """
        number = next(self._numbers)

        def grant(credit: bytes) -> None:
            with suppress(ServiceError):  # the connection is gone, which is told otherwise
                self.send(Operation.CREDIT, number, b"", credit)

        inflow = Inflow(grant)
        if deadline is not None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise ServiceError(Fault.DEADLINE, "the deadline had passed before the call was made")
            inflow.timer = asyncio.get_running_loop().call_later(left + MARGIN, self._late, number)
        self._waiting[number] = inflow
        try:
            self.send(operation, number, headers, data, segments)
        except BaseException:
            self.forget(number)
            raise
        return number, inflow

    def forget(self, number: int, *, cancel: bool = False) -> None:
        """Nobody reads these answers any more.

        Args:
            number: The id.
            cancel: Tell the server too.
        """
        waiting = self._waiting.pop(number, None)
        if isinstance(waiting, Inflow):
            waiting.stop()
            if cancel and not waiting.over:
                self.cancel(number)

    def cancel(self, number: int) -> None:
        """Tell the server that nobody waits."""
        with suppress(ServiceError):  # then it has noticed
            self.send(Operation.CANCEL, number, b"", b"")

    async def stop(self) -> None:
        """Close; who still waits hears of it."""
        if self._stopped:
            return
        self.reason = f"{self._url}: not started, or stopped"
        self._fail(
            ServiceError(Fault.CANCELLED, "the channel was stopped while the call ran", executed=Executed.UNKNOWN)
        )
        self._stopped = True
        self._up = False
        await self._dial.stop()

    def _received(self, _: bytes, frame: zmq.Frame, data: Buffer, segments: Sequence[Buffer], too_many: bool) -> None:
        head = frame.bytes
        if len(head) < HEAD.size or head[0] != VERSION or too_many:
            return  # no message of this protocol
        _, operation, number = HEAD.unpack_from(head)
        waiting = self._waiting.get(number)
        try:
            if waiting is not None:
                waiting.take((operation, data, segments))
            elif number == 0 and operation == Operation.FAULT:
                self._fail(decode_fault(data))
            elif operation == Operation.DRAINING:
                self.reason = f"{self._url}: the server is shutting down"
        except ServiceError as error:  # a fault or credit that cannot be read
            if waiting is not None:
                waiting.fail(error)

    def _connection(self, event: int, value: int) -> None:
        if event == zmq.EVENT_HANDSHAKE_SUCCEEDED:
            self.reason = ""
            self._refused = None
            self._up = True
            self._tried.set()
        elif event == zmq.EVENT_HANDSHAKE_FAILED_AUTH:
            self.reason = f"{self._url}: the server refused this connection (ZAP status {value})"
            self._refused = ServiceError(Fault.UNAUTHENTICATED, self.reason)
            self._tried.set()
        elif event == zmq.EVENT_DISCONNECTED and self._up and self._dial.wire is not None:
            self._dial.wire.turn()  # what the server said before it went
            self._up = False
            asyncio.get_running_loop().call_soon(self._dial.again)
            self.reason = f"{self._url}: the connection was lost"
            self._fail(ServiceError(Fault.WORKER_LOST, self.reason, executed=Executed.UNKNOWN))

    def _fail(self, error: ServiceError) -> None:
        waiting, self._waiting = self._waiting, {}
        for each in waiting.values():
            each.fail(error)

    def _late(self, number: int) -> None:
        waiting = self._waiting.pop(number, None)
        if waiting is not None:
            text = "the server did not answer within the deadline"
            waiting.fail(ServiceError(Fault.DEADLINE, text, executed=Executed.UNKNOWN))
            self.cancel(number)
