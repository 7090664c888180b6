"""What can be open on a peer besides sessions: a call, a stream of replies, a question about the worker itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from ..errors import Executed, Fault, ServiceError
from ..models import Reply, Request
from . import worker_pb2 as pb
from .faults import fault_of
from .frames import CREDIT, DONE, FAULT, ITEM, PHASE, PONG, READY, REFUSED, Frame, FrameError
from .greeting import Ready, ready_of, refusal_of
from .heads import decode, reply_of
from .inbox import Inbox
from .peer import Peer

__all__ = ["Call", "Greeting", "Once", "Question", "Stream"]


class Call:
    """A CALL and who waits for it; two kinds follow.

    Attributes:
        request: What was asked.
        ended: Called when the worker has answered, before who waits is told: the slot is free.
        id, written: See Entry.
        left: True once nobody waits any more.
        over: True once the worker owes nothing more.
        peer: Where it runs; None while it waits.
        worker: Whatever the owner wants to remember of where it runs.
        began: time.perf_counter() when it was handed to its worker.
        in_lane: See Entry; False for one of a batch, all of which begin at once.
        parcel: Whatever the owner wants to remember of the batch it went with; None for one that went alone.
    """

    __slots__ = ("began", "ended", "id", "in_lane", "left", "over", "parcel", "peer", "request", "worker", "written")

    def __init__(self, request: Request, ended: Callable[[Any], None]) -> None:  # Any: this very call
        self.request = request
        self.ended = ended
        self.id = 0
        self.written = False
        self.left = False
        self.over = False
        self.peer: Peer | None = None
        self.worker: Any = None  # Any: the owner's
        self.began = 0.0
        self.in_lane = True
        self.parcel: Any = None  # Any: the owner's

    def take(self, frame: Frame) -> bool:
        """See Entry."""
        if frame.kind == DONE:
            # First the slot, then the reply: the worker's next call goes out before this one's is even decoded.
            self.over = True
            self.ended(self)
            try:
                self.finish(reply_of(frame) if frame.head or frame.data else None)
            except FrameError:
                self.fail(ServiceError(Fault.WORKER_LOST, "the worker answered nonsense", executed=Executed.UNKNOWN))
                raise
            return True
        if frame.kind == FAULT:
            self.over = True
            self.ended(self)
            self.fail(fault_of(frame))
            return True
        if frame.kind == ITEM:
            self.item(reply_of(frame), len(frame.data))
            return False
        raise FrameError(f"a frame of kind {frame.kind} for a call")

    def lost(self, error: ServiceError) -> None:
        """See Entry."""
        self.over = True
        self.ended(self)
        self.fail(error)

    def give(self, messages: int, size: int) -> None:
        """So many replies have been taken: the worker may send as many more."""
        if self.peer is not None and not self.left:
            head = pb.Credit(messages=messages, bytes=size).SerializeToString()
            self.peer.outgoing.post(CREDIT, self.id, head)

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

    __slots__ = ("_items", "_limit", "_size", "future")

    def __init__(
        self,
        request: Request,
        ended: Callable[[Any], None],  # Any: this very call
        future: asyncio.Future[Reply | list[Reply]],
        limit: int,
    ) -> None:
        """Args:
        limit: Bytes the replies may have together.
        """
        super().__init__(request, ended)
        self.future = future
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
            self.give(1, size)
        elif not self.future.done():
            text = f"the replies together are more than {self._limit} bytes; ask for a stream of them"
            self.future.set_exception(ServiceError(Fault.TOO_LARGE, text, executed=Executed.YES))
            self._items.clear()

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

    def __init__(self, request: Request, ended: Callable[[Any], None]) -> None:  # Any: this very call
        super().__init__(request, ended)
        self.inbox = Inbox(self.give)

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
    in_lane = False

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
    in_lane = False

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
