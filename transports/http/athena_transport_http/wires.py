"""What every use of a WebSocket shares: the next text frame, and sending to a client that may have gone."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable
from typing import TypeAlias

from aiohttp import WSMsgType, web

from athena.errors import Fault, ServiceError
from athena_proto.ase import encode_error

from .faults import SHAPES

__all__ = ["Wire", "next_frame", "part", "quietly"]

Wire: TypeAlias = "web.WebSocketResponse[bool]"


async def next_frame(wire: Wire, patience: float | None) -> bytes | None:
    """The next text frame; None when the client has closed.

    Raises:
        ServiceError: DEADLINE, when none comes in time; BAD_REQUEST for a binary one.
    """
    try:
        message = await wire.receive(patience)
    except asyncio.TimeoutError:
        raise ServiceError(Fault.DEADLINE, "no first frame came") from None
    if message.type is WSMsgType.TEXT:
        data: bytes = message.data
        return data
    if message.type is WSMsgType.BINARY:
        raise ServiceError(Fault.BAD_REQUEST, "frames are JSON text, not binary")
    return None


async def part(wire: Wire, error: ServiceError, sid: str = "", cid: str | int = "") -> None:
    """An error frame, then the close code that goes with it."""
    if wire.closed:
        return
    code = 1007 if "not UTF-8" in error.message and error.fault is Fault.BAD_REQUEST else SHAPES[error.fault].close
    with contextlib.suppress(ConnectionError, RuntimeError):
        await wire.send_frame(encode_error(error, sid, cid=cid), WSMsgType.TEXT)
        await wire.close(code=code, message=error.fault.name.encode())


async def quietly(sending: Awaitable[object]) -> None:
    """Send to a client that may have gone."""
    with contextlib.suppress(ConnectionError, RuntimeError):
        await sending
