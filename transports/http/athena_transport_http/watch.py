"""One look a second at every connection: who sends nothing, who takes nothing, who is not there any more."""

from __future__ import annotations

import asyncio
from collections import Counter

from aiohttp import web

from athena.errors import Fault, ServiceError

from .connection import Connection
from .section import HttpSection

__all__ = ["Watch"]

EVERY = 1.0
PINGS = 2
"""Pings, a ping interval apart, which a WebSocket's client may leave unanswered; it is gone when a third is due.

Pings are counted, not seconds: a loop that comes to its timers late has sent none meanwhile, and what came may lie
unread until its next round; between two looks it reads at least once.
"""


class Watch:
    """Guards a server against clients that hold connections and give nothing."""

    def __init__(self, section: HttpSection, server: web.Server) -> None:
        self._section = section
        self._server = server
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Look from now on."""
        self._timer = self._loop.call_later(EVERY, self._look)

    def stop(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()

    def admit(self, newcomer: Connection) -> bool:
        """Whether one more connection fits; the newcomer is counted already."""
        section = self._section
        if len(self._server.connections) > section.max_connections:
            return False
        bound = section.max_connections_per_address
        if not bound:
            return True
        return Counter(_address(each) for each in self._server.connections)[newcomer.address] <= bound

    def _look(self) -> None:
        now = self._loop.time()
        for connection in self._server.connections:
            if isinstance(connection, Connection) and connection.transport is not None:
                self._judge(connection, connection.transport, now)
        self.start()

    def _judge(self, connection: Connection, transport: asyncio.Transport, now: float) -> None:
        section = self._section
        if connection.writing_paused:
            unsent = transport.get_write_buffer_size()
            if connection.stuck is None or unsent < connection.stuck[0]:
                # Who takes something is there, and cannot answer a ping that lies behind what is yet to be taken.
                connection.stuck = (unsent, now)
                connection.seen, connection.unanswered = now, 0
            elif now - connection.stuck[1] >= section.send_timeout:
                transport.abort()
                return
        else:
            connection.stuck = None
        if not connection.busy:
            if connection.partial and now - connection.partial > section.header_timeout:
                connection.part(408, ServiceError(Fault.DEADLINE, "the request's headers came too slowly"))
        elif connection.ping is not None and transport.is_reading():
            if now - max(connection.seen, connection.pinged) <= section.ping_interval:
                return
            if connection.unanswered >= PINGS:
                transport.abort()
            else:
                connection.unanswered += 1
                connection.pinged = now
                connection.ping()


def _address(connection: web.RequestHandler) -> str:
    return connection.address if isinstance(connection, Connection) else ""
