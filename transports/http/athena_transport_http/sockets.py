"""Attached sessions over WebSocket: every text frame is an ASE document, and the socket's end is the session's end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable

from aiohttp import WSMsgType, web
from multidict import CIMultiDictProxy

from athena.errors import Fault, ServiceError
from athena.interfaces import Session
from athena.models import Kind, Part, Principal, Reply, Request, Stage
from athena_proto.ase import Message, decode_message, encode_error, encode_reply

from .connection import Connection
from .faults import SHAPES
from .front import Front
from .routes import Route
from .tracing import traced

__all__ = ["Socket", "answer_socket"]

END = (Part("", b"", Kind.OTHER, Stage.END),)
"""The part that half-closes a session without data."""
FAREWELL = 2.0
"""Seconds a client may take to answer the closing handshake."""
GOODBYE = b"going away"


async def answer_socket(front: Front, request: web.BaseRequest, route: Route) -> web.StreamResponse:
    """Upgrade, and serve one session until it or its client ends.

    Raises:
        ServiceError: Whatever refuses it before the upgrade.
    """
    principal = await front.authenticate(request, "open", route)
    deadline = front.deadline(request)
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
    socket = Socket(front, wire, route.service, principal, deadline, request.headers)
    connection: Connection = request.protocol  # type: ignore[assignment]  # the server makes no other
    connection.ping = socket.ping
    front.sockets.add(socket)
    try:
        await socket.run()
    finally:
        front.sockets.discard(socket)
    return wire


class Socket:
    """One WebSocket and its session.

    Attributes:
        sid: The session's id, "" before it is open.
    """

    def __init__(
        self,
        front: Front,
        wire: web.WebSocketResponse[bool],
        service: str,
        principal: Principal,
        deadline: float | None,
        spoken: CIMultiDictProxy[str],
    ) -> None:
        """Args:
        spoken: The headers of the upgrade.
        """
        self._front = front
        self._wire = wire
        self._service = service
        self._principal = principal
        self._deadline = deadline
        self._spoken = spoken
        self._kinds: dict[str, Kind] = {}
        self._plain = False
        self._session: Session | None = None
        self._pump: asyncio.Task[None] | None = None
        self._refusal: ServiceError | None = None
        self.sid = ""

    async def run(self) -> None:
        """From the first frame to the last."""
        reason: Fault | None = None
        try:
            while (body := await self._frame()) is not None:
                await self._take(body)
            reason = Fault.CANCELLED  # it has left; where the session had ended before, that changes nothing
        except (ConnectionError, asyncio.CancelledError):
            reason = Fault.CANCELLED
            raise
        except Exception as error:
            fault = self._front.fault(error)
            reason = fault.fault
            await self._stop_pump()
            await self._fail(fault)
        finally:
            # A client that closes and hangs up cancels this task twice; the session is closed whatever happens here.
            await asyncio.shield(self._front.keep(self._finish(reason)))

    async def notice(self) -> None:
        """Tell the client that the server is draining: finish, and take new sessions elsewhere."""
        await _quietly(self._send(encode_reply(Reply((), Stage.CONTINUE, {"event": "draining"}), self.sid, 0)))

    def ping(self) -> None:
        """Ask whether the client is there; called by the watch."""
        self._front.keep(_quietly(self._wire.ping()))

    async def _frame(self) -> bytes | None:
        """The next text frame; None when the client has closed."""
        first = self._session is None
        try:
            message = await self._wire.receive(self._front.section.body_timeout if first else None)
        except asyncio.TimeoutError:
            raise ServiceError(Fault.DEADLINE, "no first frame came") from None
        if message.type is WSMsgType.TEXT:
            data: bytes = message.data
            return data
        if message.type is WSMsgType.BINARY:
            raise ServiceError(Fault.BAD_REQUEST, "frames are JSON text, not binary")
        return None

    async def _take(self, body: bytes) -> None:
        limit = self._front.limits.max_message
        default = Stage.CONTINUE
        message = decode_message(body, self._service, limit, stage=default, kinds=self._kinds)
        if self._session is None:
            await self._open(message)
        parts = message.parts
        if not parts and message.stage is Stage.END:
            parts = END
        if not parts or self._session is None:
            return
        try:
            await self._session.write(
                Request(self._service, self.sid, parts, message.params, message.headers, principal=self._principal)
            )
        except ServiceError as error:
            # It ends the session, and the pump tells why; where it only crossed another end, that one is told.
            self._refusal = error
            await self._session.close(error.fault)

    async def _open(self, message: Message) -> None:
        front = self._front
        front.admit()
        self._plain = message.plain
        request = Request(
            self._service,
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
        await self._send(encode_reply(Reply((), Stage.BEGIN), self.sid, 0))
        self._pump = asyncio.ensure_future(self._forward(session))

    async def _forward(self, session: Session) -> None:
        """Everything the wrapper says, until it says no more."""
        limit = self._front.limits.max_message
        try:
            while True:
                reply = await session.read()
                await self._send(encode_reply(reply, self.sid, limit, plain=self._plain))
                if reply.stage is Stage.END:
                    await self._wire.close()
                    return
        except ConnectionError:
            return
        except Exception as error:
            fault, refusal = self._front.fault(error), self._refusal
            crossed = refusal is not None and refusal.fault is Fault.SESSION_CLOSED and fault.fault is not refusal.fault
            await self._fail(fault if refusal is None or crossed else refusal)

    async def _send(self, body: bytes) -> None:
        await self._wire.send_frame(body, WSMsgType.TEXT)

    async def _fail(self, error: ServiceError) -> None:
        """An error frame, then the close code that goes with it."""
        if self._wire.closed:
            return
        code = 1007 if "not UTF-8" in error.message and error.fault is Fault.BAD_REQUEST else SHAPES[error.fault].close
        with contextlib.suppress(ConnectionError, RuntimeError):
            await self._send(encode_error(error, self.sid))
            await self._wire.close(code=code, message=error.fault.name.encode())

    async def _finish(self, reason: Fault | None) -> None:
        await self._stop_pump()
        if self._session is not None:
            await self._session.close(reason)

    async def _stop_pump(self) -> None:
        pump, self._pump = self._pump, None
        if pump is not None:
            pump.cancel()
            await asyncio.wait({pump})


async def _quietly(sending: Awaitable[object]) -> None:
    """Send to a client that may have gone."""
    with contextlib.suppress(ConnectionError, RuntimeError):
        await sending
