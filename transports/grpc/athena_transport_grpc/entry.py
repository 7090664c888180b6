"""What every call goes through: who is it, then its own work, and nothing but a status comes out."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NoReturn
from urllib.parse import unquote

import grpc
from attrs import frozen

from athena.errors import Fault, ServiceError
from athena.interfaces import PluginContext
from athena.models import Attempt, Principal
from athena_proto.answers import internal
from athena_proto.native import peek_service, verify

from .faults import STATUS, trailers

__all__ = ["Call", "Entry", "method", "remaining"]

PACKAGE = "/athena.v1.Inference/"
NAME = "grpc"

# Any: generic handlers carry bytes, and an iterator where the client streams.
Wire = grpc.aio.ServicerContext[Any, Any]


def remaining(wire: Wire) -> float | None:
    """Seconds until the client stops waiting; None where it waits for ever, of which gRPC's types know nothing."""
    ask: Any = wire.time_remaining
    left: float | None = ask()
    return left


@frozen(eq=False)
class Call:
    """What is known of a call before its message is decoded.

    Attributes:
        wire: gRPC's own context.
        principal: Who was authenticated.
        headers: The call's metadata.
        deadline: ``time.monotonic()`` by which the client wants its answer, or None.
    """

    wire: Wire
    principal: Principal
    headers: Mapping[str, str]
    deadline: float | None


def method(name: str) -> str:
    """The full name of a method of ours."""
    return PACKAGE + name


BEGINNINGS = frozenset({"once", "stream", "open"})
"""Operations that begin something."""


class Entry:
    """One per server.

    Attributes:
        draining: True once nothing new is taken; calls of sessions that are open go on.
    """

    def __init__(self, context: PluginContext, mutual: bool) -> None:
        self.dispatcher = context.dispatcher
        self.limits = context.limits
        self.log = context.log
        self.draining = False
        self._mutual = mutual

    def guarded(
        self,
        operation: str,
        full_method: str,
        act: Callable[[Any, Call], Awaitable[object]],
        peek: Callable[[bytes], str] = peek_service,
    ) -> Callable[[Any, Wire], Awaitable[Any]]:
        """A handler that authenticates, acts, and turns whatever is raised into a status.

        Args:
            operation: The operation, as guards know it.
            full_method: The method, as gRPC knows it.
            act: Gets the message (bytes) or the iterator of messages, and the call.
            peek: Says whom a message is for, before it is decoded.
        """

        async def handle(message: Any, wire: Wire) -> Any:  # Any: what act returns; a refusal returns nothing
            try:
                call = await self._enter(operation, full_method, message, wire, peek)
                return await act(message, call)
            except GeneratorExit:
                raise  # the loop is being torn down; nothing can be sent any more
            except asyncio.CancelledError:
                if wire.cancelled():
                    raise
                # Nobody cancelled the call: without this the client would wait for ever.
                await self.refuse(wire, ServiceError(Fault.CANCELLED, "the call was cancelled by the server"))
            except grpc.aio.InternalError:
                # A write or read failed under us: the client has gone, and gRPC has not come to cancel us yet.
                raise asyncio.CancelledError from None
            except BaseException as error:  # SystemExit too: it would end the server
                await self.refuse(wire, error)

        return handle

    async def refuse(self, wire: Wire, error: BaseException) -> NoReturn:
        """End a call with the status of an error."""
        if isinstance(error, grpc.aio.AbortError):
            raise error
        fault = error if isinstance(error, ServiceError) else internal(error, self.log)
        try:
            await wire.abort(STATUS[fault.fault], fault.message, trailers(fault))
        except grpc.aio.InternalError:
            # gRPC has ended the call in this very moment, by its own clock or because the client went: it has its
            # status, and what we raise here would stand in the log as an error.
            raise asyncio.CancelledError from None

    async def _enter(
        self, operation: str, full_method: str, message: object, wire: Wire, peek: Callable[[bytes], str]
    ) -> Call:
        pairs = wire.invocation_metadata() or ()
        headers: dict[str, str] = {}
        for key, value in pairs:
            if type(value) is str:  # the values of -bin headers are bytes
                headers[key] = value if key not in headers else f"{headers[key]}, {value}"
        left = remaining(wire)
        attempt = Attempt(
            NAME,
            operation,
            peek(message) if type(message) is bytes else "",
            headers,
            _address(wire.peer()),
            "POST",
            full_method,
            self._certificate(wire) if self._mutual else None,
        )
        principal = await self.dispatcher.authenticate(attempt)
        if self.draining and operation in BEGINNINGS:
            raise ServiceError(Fault.UNAVAILABLE, "the server is shutting down; call another instance", retry_after=1.0)
        if type(message) is bytes:  # a stream is compared by its first message, where that is read
            verify(principal, message)
        return Call(wire, principal, headers, None if left is None else time.monotonic() + left)

    def _certificate(self, wire: Wire) -> bytes | None:
        found = wire.auth_context().get("x509_pem_cert")
        for pem in found or ():
            return ssl.PEM_cert_to_DER_cert(bytes(pem).decode())
        return None


def _address(peer: str) -> str:
    """``ipv6:%5B::1%5D:5090`` as people write it."""
    address = peer.partition(":")[2] or peer
    return unquote(address) if "%" in address else address
