"""Streams as Server-Sent Events: one event per item, then ``end``, or ``fault`` when it went wrong on the way."""

from __future__ import annotations

from contextlib import aclosing

from aiohttp import web

from athena.models import Reply, Stage
from athena_proto.ase import encode_error, encode_reply

from .answers import Answer
from .front import Front
from .once import decode_call, encoded
from .routes import Route

__all__ = ["EVENTS", "answer_stream", "event"]

EVENTS = "text/event-stream"


async def answer_stream(
    front: Front, request: web.BaseRequest, route: Route, shared: dict[str, str]
) -> web.StreamResponse | Answer:
    """One request, many replies.

    A fault before the first item is an ordinary HTTP error; after it, the status has been sent, and an event tells.

    Args:
        front: The server's.
        request: The request.
        route: Its route.
        shared: Headers for pages of other origins.
    """
    principal = await front.authenticate(request, "stream", route)
    call = await decode_call(front, request, route, principal)
    limit = front.limits.max_message
    async with aclosing(front.dispatcher.stream(call.request)) as replies:
        try:
            first = await anext(replies, None)
        except Exception as error:
            return front.failure(request, error, route, call.sid)
        answer = web.StreamResponse(
            headers={"Content-Type": EVENTS, "Cache-Control": "no-store", "x-athena-sid": call.sid, **shared}
        )
        await answer.prepare(request)
        try:
            if first is not None:
                await answer.write(event(await encoded(front, first, call.sid, call.plain, call.style)))
                async for reply in replies:
                    await answer.write(event(await encoded(front, reply, call.sid, call.plain, call.style)))
        except (ConnectionError, GeneratorExit):
            raise
        except Exception as error:
            fault = front.fault(error)
            await answer.write(event(encode_error(fault, call.sid), "fault"))
        else:
            await answer.write(event(encode_reply(Reply((), Stage.END), call.sid, limit), "end"))
    await answer.write_eof()
    return answer


def event(data: bytes, name: str = "") -> bytes:
    """JSON has no line breaks outside its escapes, unless a wrapper's embedded value brings some."""
    head = f"event: {name}\ndata: ".encode() if name else b"data: "
    if b"\n" in data or b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\ndata: ")
    return head + data + b"\n\n"
