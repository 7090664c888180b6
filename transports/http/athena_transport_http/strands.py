"""One session spoken in ASE frames, whatever carries them: what comes is written, what the wrapper says is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Protocol

from multidict import CIMultiDictProxy

from athena.errors import Fault, ServiceError
from athena.interfaces import Session
from athena.models import Kind, Part, Principal, Reply, Request, Stage
from athena_proto.ase import Message, Style, decode_message, merged, own

from .calls import single
from .front import Front
from .once import encoded
from .tracing import traced

__all__ = ["Strand", "Way"]

END = (Part("", b"", Kind.OTHER, Stage.END),)
"""The part that half-closes a session without data."""


class Way(Protocol):
    """What carries a session's frames."""

    def send(self, body: bytes) -> Awaitable[None]:
        """One frame."""

    async def done(self, strand: Strand) -> None:
        """The last frame has been sent."""

    async def failed(self, strand: Strand, error: ServiceError) -> None:
        """The session has ended in a fault, of which the client is to be told."""


class Strand:
    """A session, open from its first frame on.

    Attributes:
        sid: The session's id, "" before it is open.
        service: The service it is a session of.
        style: How the client wants its frames.
        open: Whether a first frame has opened it.
    """

    def __init__(
        self,
        front: Front,
        way: Way,
        service: str,
        principal: Principal,
        deadline: float | None,
        spoken: CIMultiDictProxy[str],
    ) -> None:
        """Args:
        spoken: The headers of the upgrade.
        """
        self._front = front
        self._way = way
        self._principal = principal
        self._deadline = deadline
        self._spoken = spoken
        self._kinds: dict[str, Kind] = {}
        self._plain = False
        self._others: tuple[str, ...] = ()
        self._session: Session | None = None
        self._pump: asyncio.Task[None] | None = None
        self._refusal: ServiceError | None = None
        self.service = service
        self.style: Style | None = None
        self.sid = ""

    @property
    def open(self) -> bool:
        """Whether a first frame has come."""
        return self._session is not None

    async def take(self, body: bytes) -> None:
        """One frame from the client.

        Raises:
            ServiceError: It is no frame, or the session cannot be opened.
        """
        limit = self._front.limits.max_message
        message = decode_message(body, self.service, limit, stage=Stage.CONTINUE, kinds=self._kinds)
        if message.style is not None:
            self.style = merged(self.style, message.style)
        if self._session is None:
            await self._open(message)
        parts = message.parts
        if not parts and message.stage is Stage.END:
            parts = END
        if not parts or self._session is None:
            return
        if self._others:
            parts = own(parts, self.service, self._others)
        if parts and parts[0].key == self.service:
            parts = single(self._front, self.service, parts)
        try:
            await self._session.write(
                Request(self.service, self.sid, parts, message.params, message.headers, principal=self._principal)
            )
        except ServiceError as error:
            # It ends the session, and the pump tells why; where it only crossed another end, that one is told.
            self._refusal = error
            await self._session.close(error.fault)

    async def _open(self, message: Message) -> None:
        front = self._front
        front.admit()
        self._plain = message.plain
        self._others = message.others
        request = Request(
            self.service,
            "",
            (),
            message.params,
            traced(message.headers, self._spoken),
            message.expect,
            self._deadline,
            self._principal,
        )
        self._session = session = await front.dispatcher.open(request, detached=False)
        self.sid = session.sid
        await self._way.send(await encoded(front, Reply((), Stage.BEGIN), self.sid, False, self.style))
        self._pump = asyncio.ensure_future(self._forward(session))

    async def _forward(self, session: Session) -> None:
        """Everything the wrapper says, until it says no more."""
        front, way = self._front, self._way
        try:
            while True:
                reply = await session.read()
                await way.send(await encoded(front, reply, self.sid, self._plain, self.style))
                if reply.stage is Stage.END:
                    await way.done(self)
                    return
        except ConnectionError:
            return
        except Exception as error:
            fault, refusal = front.fault(error), self._refusal
            crossed = refusal is not None and refusal.fault is Fault.SESSION_CLOSED and fault.fault is not refusal.fault
            await way.failed(self, fault if refusal is None or crossed else refusal)

    async def finish(self, reason: Fault | None) -> None:
        """Nothing comes and nothing is sent any more."""
        await self.stop_pump()
        if self._session is not None:
            await self._session.close(reason)

    async def stop_pump(self) -> None:
        """Send nothing more of what the wrapper says."""
        pump, self._pump = self._pump, None
        if pump is not None:
            pump.cancel()
            await asyncio.wait({pump})
