"""Where a worker's outcomes go: each call and each session writes its own frames, from whichever thread it runs on."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import ServiceError
from ..models import Reply, Stage
from . import worker_pb2 as pb
from .faults import encode_fault
from .frames import ACK, CLOSED, CREDIT_BYTES, CREDIT_MESSAGES, DONE, EMIT, FAULT, ITEM, OPENED
from .heads import encode_reply
from .pipe import Credits, Pipe
from .token import Token

__all__ = ["CallOutlet", "SessionOutlet"]

_ACK_MESSAGES = CREDIT_MESSAGES // 8
_ACK_BYTES = CREDIT_BYTES // 8
"""Acknowledgements are gathered up to an eighth of the window: fewer frames, and the window never stands still."""


class CallOutlet:
    """One CALL: items, then exactly one end."""

    __slots__ = ("_answer", "_forget", "_id", "_pipe", "credits", "token")

    def __init__(self, pipe: Pipe, id: int, token: Token, credits: Credits, forget: Callable[[int], object]) -> None:
        self.token = token
        self.credits = credits
        self._pipe = pipe
        self._answer = pipe.answer
        self._id = id
        self._forget = forget

    def item(self, reply: Reply) -> None:
        """One of many; blocks while the reader is behind.

        Raises:
            Cancelled: Nobody waits any more.
            ServiceError: It cannot travel.
        """
        head, segments, size = encode_reply(reply)
        self.credits.take(size)
        self._pipe.send(ITEM, self._id, head, segments, size)

    def done(self, reply: Reply | None) -> None:
        """The end: a plain reply, or None after items."""
        if reply is None:
            self._forget(self._id)
            self._answer(DONE, self._id)
            return
        try:
            head, segments, size = encode_reply(reply)
        except ServiceError as error:
            self.failed(error)
            return
        self._forget(self._id)
        self._answer(DONE, self._id, head, segments, size)

    def failed(self, error: ServiceError) -> None:
        """The end, badly."""
        self._forget(self._id)
        self._answer(FAULT, self._id, encode_fault(error))

    def together(self) -> None:
        """It is one of a batch: its answer may be written together with theirs."""
        self._answer = self._pipe.hold

    def cancel(self) -> None:
        """CANCEL came: the hook sees it, and an iterator that waits for its reader is woken."""
        self.token.cancel()
        self.credits.close()


class SessionOutlet:
    """One session: replies, one terminal event, then CLOSED.

    Attributes:
        over: True once nothing follows any more.
    """

    __slots__ = ("_acked", "_acked_size", "_forget", "_id", "_pipe", "credits", "over")

    def __init__(self, pipe: Pipe, id: int, credits: Credits, forget: Callable[[int], object]) -> None:
        self.credits = credits
        self.over = False
        self._pipe = pipe
        self._id = id
        self._forget = forget
        self._acked = 0
        self._acked_size = 0

    def opened(self) -> None:
        """athena_session_create has returned."""
        self._pipe.send(OPENED, self._id)

    def emit(self, reply: Reply) -> None:
        """One reply; blocks while the reader is behind.

        Raises:
            Cancelled: The session is over.
            ServiceError: It cannot travel.
        """
        head, segments, size = encode_reply(reply)
        if reply.stage is not Stage.END:
            # The last reply needs no credit: nothing comes after it, and a session must be able to end.
            self.credits.take(size)
        self._pipe.send_soon(EMIT, self._id, head, segments, size)

    def ended(self, error: ServiceError | None) -> None:
        """The terminal event; without an error the END reply was it."""
        if error is not None:
            self._pipe.send(FAULT, self._id, encode_fault(error))

    def closed(self) -> None:
        """athena_session_destroy has run; nothing follows."""
        self.over = True
        # A wrapper's thread that still waits for credit would wait for ever: no CLOSE finds this session any more.
        self.credits.close()
        self._forget(self._id)
        self._pipe.send(CLOSED, self._id)

    def acknowledge(self, size: int) -> None:
        """A write's hook has returned. Writes of a session never overlap, so nothing is locked here."""
        self._acked += 1
        self._acked_size += size
        if self._acked >= _ACK_MESSAGES or self._acked_size >= _ACK_BYTES:
            head = pb.Credit(messages=self._acked, bytes=self._acked_size)
            self._acked = self._acked_size = 0
            self._pipe.send_soon(ACK, self._id, head.SerializeToString())

    def close(self) -> None:
        """CLOSE came: whoever waits for credit is woken."""
        self.credits.close()
