"""grpc.aio on uvloop, nothing else: unary and bidirectional echo, of typed messages or of bytes."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator

import grpc
import uvloop
from grpc.aio import ServicerContext as Context

from athena_proto import inference_pb2 as messages

OPTIONS = (
    ("grpc.so_reuseport", 0),
    ("grpc.max_receive_message_length", 64 * 1024 * 1024),
    ("grpc.max_send_message_length", 64 * 1024 * 1024),
)


async def once(request: messages.Request, context: Context[messages.Request, messages.Reply]) -> messages.Reply:
    """The parts back, in the reply's own message."""
    return messages.Reply(parts=request.parts)


async def once_bytes(request: bytes, context: Context[bytes, bytes]) -> bytes:
    """The bytes back."""
    return request


async def session(requests: AsyncIterator[bytes], context: Context[bytes, bytes]) -> AsyncIterator[bytes]:
    """Each message back as it came."""
    async for request in requests:
        yield request


async def main(kind: str) -> None:
    server = grpc.aio.server(options=OPTIONS)
    if kind == "typed":
        unary = grpc.unary_unary_rpc_method_handler(once, messages.Request.FromString, messages.Reply.SerializeToString)
    else:
        unary = grpc.unary_unary_rpc_method_handler(once_bytes)
    handlers = {"Once": unary, "Session": grpc.stream_stream_rpc_method_handler(session)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("athena.v1.Inference", handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(f"ready grpc://127.0.0.1:{port}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
