"""Attached sessions over WebSocket: every text frame is an ASE document, and the socket's end is the session's end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from urllib.parse import parse_qs

from aiohttp import WSMsgType, web

from athena.errors import Fault, ServiceError
from athena.models import Principal, Reply, Stage
from athena_proto.ase import encode_reply

from .connection import Connection
from .front import Front
from .multiplex import Multiplex
from .routes import Route
from .strands import Strand
from .wires import Wire, next_frame, part, quietly

__all__ = ["Socket", "answer_socket"]

FAREWELL = 2.0
"""Seconds a client may take to answer the closing handshake."""
MODE = "stream_mode"


async def answer_socket(front: Front, request: web.BaseRequest, route: Route) -> web.StreamResponse:
    """Upgrade, and serve one session until it or its client ends; many, where the query asks for that.

    Raises:
        ServiceError: Whatever refuses it before the upgrade.
    """
    principal = await front.authenticate(request, "open", route)
    deadline = front.deadline(request)
    several = bool(route.query) and _several(route.query)
    wire = web.WebSocketResponse(
        timeout=FAREWELL,
        max_msg_size=2 * front.limits.max_message,
        compress=front.section.compress,
        decode_text=False,
    )
    try:
        await wire.prepare(request)
    except web.HTTPException as error:
        raise ServiceError(Fault.BAD_REQUEST, f"not a WebSocket handshake: {error.text}") from None
    guest: Socket | Multiplex
    if several:
        guest = Multiplex(front, wire, route.service, principal, request)
    else:
        guest = Socket(front, wire, route.service, principal, deadline, request)
    connection: Connection = request.protocol  # type: ignore[assignment]  # the server makes no other
    connection.ping = lambda: front.keep(quietly(wire.ping()))
    front.sockets.add(guest)
    try:
        await guest.run()
    finally:
        front.sockets.discard(guest)
    return wire


def _several(query: str) -> bool:
    """Whether one socket is to carry many sessions.

    Raises:
        ServiceError: BAD_REQUEST, for a mode that nobody knows.
    """
    modes = parse_qs(query).get(MODE)
    if modes is None:
        return False
    if modes != ["multiplex"]:
        raise ServiceError(Fault.BAD_REQUEST, f"query: {MODE} is multiplex, or not given")
    return True


class Socket:
    """One WebSocket and its session."""

    def __init__(
        self,
        front: Front,
        wire: Wire,
        service: str,
        principal: Principal,
        deadline: float | None,
        request: web.BaseRequest,
    ) -> None:
        self._front = front
        self._wire = wire
        self._strand = Strand(front, self, service, principal, deadline, request.headers)

    async def run(self) -> None:
        """From the first frame to the last."""
        reason: Fault | None = None
        strand, patience = self._strand, self._front.section.body_timeout
        try:
            while (body := await next_frame(self._wire, None if strand.open else patience)) is not None:
                await strand.take(body)
            reason = Fault.CANCELLED  # it has left; where the session had ended before, that changes nothing
        except (ConnectionError, asyncio.CancelledError):
            reason = Fault.CANCELLED
            raise
        except Exception as error:
            fault = self._front.fault(error)
            reason = fault.fault
            await strand.stop_pump()
            await self.failed(strand, fault)
        finally:
            # A client that closes and hangs up cancels this task twice; the session is closed whatever happens here.
            await asyncio.shield(self._front.keep(strand.finish(reason)))

    async def notice(self) -> None:
        """Tell the client that the server is draining: finish, and take new sessions elsewhere."""
        await quietly(self.send(encode_reply(Reply((), Stage.CONTINUE, {"event": "draining"}), self._strand.sid, 0)))

    def send(self, body: bytes) -> Awaitable[None]:
        """One frame."""
        return self._wire.send_frame(body, WSMsgType.TEXT)

    async def done(self, strand: Strand) -> None:
        """The session has ended well."""
        await self._wire.close()

    async def failed(self, strand: Strand, error: ServiceError) -> None:
        """An error frame, then the close code that goes with it."""
        await part(self._wire, error, strand.sid, strand.style.cid if strand.style is not None else "")
