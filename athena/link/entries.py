"""What can be open on a peer besides sessions: a call, a stream of replies, a question about the worker itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from ..errors import Executed, Fault, ServiceError
from ..models import Reply, Request
from . import worker_pb2 as pb
from .frames import DONE, FAULT, ITEM, PHASE, PONG, READY, REFUSED, Frame, FrameError
from .greeting import Ready, ready_of, refusal_of
from .heads import decode, fault_of, reply_of
from .inbox import Inbox

__all__ = ["Call", "Greeting", "Once", "Question", "Stream"]


class Call:
    """A CALL and who waits for it; two kinds follow.

    Attributes:
        request: What was asked.
        ended: Called when the worker has answered, before who waits is told: the slot is free.
        id, written: See Entry.
        left: True once nobody waits any more.
    """

    __slots__ = ("ended", "id", "left", "request", "written")

    def __init__(self, request: Request, ended: Callable[[Any], None]) -> None:  # Any: this very call
        self.request = request
        self.ended = ended
        self.id = 0
        self.written = False
        self.left = False

    def take(self, frame: Frame) -> bool:
        """See Entry."""
        if frame.kind == DONE:
            # First the slot, then the reply: the worker's next call goes out before this one's is even decoded.
            self.ended(self)
            try:
                self.finish(reply_of(frame) if frame.head or frame.data else None)
            except FrameError as error:
                self.lost(ServiceError(Fault.WORKER_LOST, f"the worker answered nonsense: {error}"))
                raise
            return True
        if frame.kind == FAULT:
            self.ended(self)
            self.fail(fault_of(frame))
            return True
        if frame.kind == ITEM:
            self.item(reply_of(frame), len(frame.data))
            return False
        raise FrameError(f"a frame of kind {frame.kind} for a call")

    def lost(self, error: ServiceError) -> None:
        """See Entry."""
        self.ended(self)
        self.fail(error)

    def item(self, reply: Reply, size: int) -> None:
        """One of many."""
        raise NotImplementedError

    def finish(self, reply: Reply | None) -> None:
        """The good end."""
        raise NotImplementedError

    def fail(self, error: ServiceError) -> None:
        """The bad end; also for calls that were never sent."""
        raise NotImplementedError


class Once(Call):
    """A call whose replies are wanted as one.

    Attributes:
        future: Its outcome: the reply, or the list of an iterator's replies.
    """

    __slots__ = ("_items", "_limit", "_size", "credit", "future")

    def __init__(
        self,
        request: Request,
        ended: Callable[[Any], None],  # Any: this very call
        future: asyncio.Future[Reply | list[Reply]],
        limit: int,
        credit: Callable[[int, int, int], None],
    ) -> None:
        """Args:
        limit: Bytes the replies may have together.
        credit: Told (id, messages, bytes) that were taken.
        """
        super().__init__(request, ended)
        self.future = future
        self.credit = credit
        self._limit = limit
        self._items: list[Reply] | None = None
        self._size = 0

    def item(self, reply: Reply, size: int) -> None:
        """Gather, up to the limit."""
        if self._items is None:
            self._items = []
        self._size += size
        if self._size <= self._limit:
            self._items.append(reply)
        elif not self.future.done():
            text = f"the replies together are more than {self._limit} bytes; ask for a stream of them"
            self.future.set_exception(ServiceError(Fault.TOO_LARGE, text, executed=Executed.YES))
        if not self.left:
            self.credit(self.id, 1, size)

    def finish(self, reply: Reply | None) -> None:
        """Resolve the future."""
        if not self.future.done():
            self.future.set_result((self._items or []) if reply is None else reply)

    def fail(self, error: ServiceError) -> None:
        """Reject the future."""
        if not self.future.done():
            self.future.set_exception(error)


class Stream(Call):
    """A call whose replies are read one by one.

    Attributes:
        inbox: Where they wait for the reader.
    """

    __slots__ = ("inbox",)

    def __init__(self, request: Request, ended: Callable[[Any], None], inbox: Inbox) -> None:  # Any: this very call
        super().__init__(request, ended)
        self.inbox = inbox

    def item(self, reply: Reply, size: int) -> None:
        """Put it into the inbox."""
        self.inbox.put(reply, size)

    def finish(self, reply: Reply | None) -> None:
        """The last reply, if there is one, and the end."""
        if reply is not None:
            self.inbox.put(reply, 0)
        self.inbox.end(None)

    def fail(self, error: ServiceError) -> None:
        """The end."""
        self.inbox.end(error)


class Question:
    """CHECK, RELOAD, RESOURCE_LOAD, RESOURCE_UNLOAD or PING: yes, or why not."""

    __slots__ = ("future", "id", "written")

    def __init__(self, future: asyncio.Future[None]) -> None:
        self.future = future
        self.id = 0
        self.written = False

    def take(self, frame: Frame) -> bool:
        """See Entry."""
        if frame.kind not in (DONE, PONG, REFUSED):
            raise FrameError(f"a frame of kind {frame.kind} for a question")
        if not self.future.done():
            if frame.kind == REFUSED:
                self.future.set_exception(refusal_of(frame))
            else:
                self.future.set_result(None)
        return True

    def lost(self, error: ServiceError) -> None:
        """See Entry."""
        if not self.future.done():
            self.future.set_exception(error)


class Greeting:
    """HELLO: what the worker says of itself, and how far it has come.

    Attributes:
        phase: What it does now: "start", "load", "init".
    """

    __slots__ = ("future", "id", "phase", "written")

    def __init__(self, future: asyncio.Future[Ready]) -> None:
        self.future = future
        self.phase = "start"
        self.id = 0
        self.written = False

    def take(self, frame: Frame) -> bool:
        """See Entry."""
        if frame.kind == PHASE:
            self.phase = decode(pb.Phase, frame).name
            return False
        if frame.kind == READY:
            ready = ready_of(frame)
            if not self.future.done():
                self.future.set_result(ready)
        elif frame.kind == REFUSED:
            if not self.future.done():
                self.future.set_exception(refusal_of(frame))
        else:
            raise FrameError(f"a frame of kind {frame.kind} before READY")
        return True

    def lost(self, error: ServiceError) -> None:
        """See Entry."""
        if not self.future.done():
            self.future.set_exception(error)
