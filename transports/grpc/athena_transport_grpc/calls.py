"""The methods of Inference that are one call each: once, stream, describe, services."""

from __future__ import annotations

from contextlib import aclosing
from typing import Any

import grpc

from athena.errors import Fault, ServiceError
from athena.models import Request
from athena_proto import inference_pb2 as pb
from athena_proto.answers import encode_description, encode_services
from athena_proto.native import decode_request, encode_reply, parse, unnamed

from .entry import Call, Entry, method

__all__ = ["Calls", "decoded"]


def decoded(message: bytes, call: Call, max_message: int) -> tuple[Request, str]:
    """The request in a message, with what the call itself knows."""
    return decode_request(
        message, principal=call.principal, headers=call.headers, deadline=call.deadline, max_message=max_message
    )


class Calls:
    """One request, one or many replies."""

    def __init__(self, entry: Entry) -> None:
        self._entry = entry
        self._dispatcher = entry.dispatcher
        self._max_message = entry.limits.max_message

    def handlers(self) -> dict[str, grpc.RpcMethodHandler[Any, Any]]:  # Any: bytes in, bytes out
        """What serves each method."""
        guarded = self._entry.guarded
        unary, streaming = grpc.unary_unary_rpc_method_handler, grpc.unary_stream_rpc_method_handler
        return {
            "Once": unary(guarded("once", method("Once"), self.once)),
            "Stream": streaming(guarded("stream", method("Stream"), self.stream)),
            "Describe": unary(guarded("describe", method("Describe"), self.describe)),
            "Services": unary(guarded("describe", method("Services"), self.services)),
        }

    async def once(self, message: bytes, call: Call) -> bytes:
        """One request, one reply."""
        request = unnamed(decoded(message, call, self._max_message)[0])
        return encode_reply(await self._dispatcher.once(request))

    async def stream(self, message: bytes, call: Call) -> None:
        """One request, many replies; a client that reads slowly holds the wrapper up, in ``write``."""
        request = unnamed(decoded(message, call, self._max_message)[0])
        async with aclosing(self._dispatcher.stream(request)) as replies:
            async for reply in replies:
                await call.wire.write(encode_reply(reply))

    async def describe(self, message: bytes, call: Call) -> bytes:
        """What one service takes and gives."""
        name = parse(pb.DescribeRequest, message).service
        views = self._dispatcher.services()
        view = views.get(name)
        scopes = call.principal.scopes
        if view is None or (scopes is not None and name not in scopes):
            raise ServiceError(Fault.NOT_FOUND, f"no service {name!r}; this server has: {', '.join(views) or 'none'}")
        return encode_description(view.description)

    async def services(self, message: bytes, call: Call) -> bytes:
        """Every service the caller may use."""
        parse(pb.ServicesRequest, message)
        scopes = call.principal.scopes
        views = self._dispatcher.services()
        return encode_services({name: view for name, view in views.items() if scopes is None or name in scopes})
