"""The client's side of a call, whatever the wire: once, as a stream, or as a session that writes while it reads."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from urllib.parse import urlsplit

import click
from attrs import evolve, frozen

from athena.models import END_MARK

from ..client import channel
from ..interfaces import Channel, Session
from ..models import ChannelOptions, Part, Reply, Request, Stage
from ..plugins import Catalog
from .parts import Given, staged

__all__ = ["PATIENCE", "Call", "next_reply", "once", "open_channel", "stream", "talk"]

PATIENCE = 30.0
"""Seconds a call may take when nobody says otherwise."""
SOON = 0.5
"""Seconds in which a session whose write was refused may say why it ended."""


@frozen
class Call:
    """What is to be called, and how."""

    endpoint: str
    service: str
    parts: tuple[Given, ...] = ()
    params: Mapping[str, str] = {}
    headers: Mapping[str, str] = {}
    timeout: float | None = None
    chunk: int = 0

    def request(self) -> Request:
        """All parts at once; stdin is read to its end."""
        parts = tuple(_filled(each) for each in self.parts)
        deadline = time.monotonic() + (self.timeout or PATIENCE)
        return Request(self.service, parts=parts, params=self.params, headers=self.headers, deadline=deadline)

    def opening(self) -> Request:
        """The request a session begins with."""
        deadline = None if self.timeout is None else time.monotonic() + self.timeout
        return Request(self.service, params=self.params, headers=self.headers, deadline=deadline)


def open_channel(endpoint: str, options: ChannelOptions) -> Channel:
    """The channel whose scheme the endpoint has, not yet started.

    Raises:
        click.UsageError: It is no URL.
        PluginError: No channel of that scheme can be had.
    """
    catalog = Catalog()
    scheme = urlsplit(endpoint).scheme
    if "://" not in endpoint or not scheme:
        known = ", ".join(f"{name}://" for name in catalog.names("channels")) or "none is installed"
        raise click.UsageError(f"{endpoint!r} is no endpoint; expected a URL that begins with one of: {known}")
    return channel(endpoint, options, catalog)


async def once(wire: Channel, call: Call) -> AsyncGenerator[Reply, None]:
    """One reply."""
    yield await wire.once(call.request())


def stream(wire: Channel, call: Call) -> AsyncGenerator[Reply, None]:
    """An iterator's replies, as they come."""
    return wire.stream(call.request())


async def talk(wire: Channel, call: Call) -> AsyncGenerator[Reply, None]:
    """A session's replies, while its writes go out."""
    session = await wire.open(call.opening())
    writing = asyncio.create_task(_write(session, call))
    try:
        while True:
            reply = await next_reply(session, writing)
            yield reply
            if reply.stage is Stage.END:
                return
    finally:
        writing.cancel()
        await asyncio.wait({writing})
        await session.close()


async def next_reply(session: Session, writing: asyncio.Task[None]) -> Reply:
    """The next reply; a write that is refused ends the session instead."""
    if writing.done() and writing.exception() is None:
        return await session.read()
    reading = asyncio.create_task(session.read())
    try:
        await asyncio.wait({reading, writing}, return_when=asyncio.FIRST_COMPLETED)
        if not reading.done() and writing.exception() is not None:
            # The session's own end says more than that it takes no more, and comes soon or never.
            await asyncio.wait({reading}, timeout=SOON)
            if not reading.done():
                writing.result()
        return await reading
    finally:
        reading.cancel()


async def _write(session: Session, call: Call) -> None:
    typed = [each.part for each in call.parts if each.stdin]
    known = [each.part for each in call.parts if not each.stdin]
    for part in staged(known, call.chunk, more=bool(typed)):
        await session.write(Request(call.service, session.sid, (part,)))
    if not typed and len({part.key for part in known}) == 1:
        return  # the end of the only stream has ended the session's input
    for part in typed:
        stage = Stage.BEGIN
        async for line in _lines():
            await session.write(Request(call.service, session.sid, (evolve(part, data=line, stage=stage),)))
            stage = Stage.CONTINUE
    await session.write(Request(call.service, session.sid, (END_MARK,)))


async def _lines() -> AsyncIterator[bytes]:
    """Lines of stdin as they are typed, without their end."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[bytes] = asyncio.Queue()

    def pump() -> None:
        for line in sys.stdin.buffer:
            loop.call_soon_threadsafe(queue.put_nowait, line.rstrip(b"\r\n"))
        loop.call_soon_threadsafe(queue.put_nowait, b"\n")

    # A daemon of its own: a thread that waits for a key that nobody presses must not keep the process alive.
    threading.Thread(target=pump, name="athena-stdin", daemon=True).start()
    while (line := await queue.get()) != b"\n":
        yield line


def _filled(each: Given) -> Part:
    return evolve(each.part, data=sys.stdin.buffer.read()) if each.stdin else each.part
