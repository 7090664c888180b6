"""The HTTP transport: binds, accepts, drains and stops; every request goes from here to its room."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from typing import Any, cast

from aiohttp import web
from aiohttp.hdrs import ACCEPT, ORIGIN, UPGRADE

from athena import hookimpl
from athena.errors import Fault, ServiceError
from athena.interfaces import PluginContext, Transport
from athena.models import Endpoint

from .answers import Answer
from .connection import MAX_HEADER_BYTES, MAX_HEADERS, Connection
from .counter import Counter
from .detached import answer_open, answer_session
from .events import EVENTS, answer_stream
from .front import NAME, Front, Refused
from .oip import Oip
from .once import answer_once
from .origins import Origins, Stranger
from .pages import answer_page
from .plain import PlainConnection
from .resources import answer_resource
from .routes import READS, Action, Route, Routes, allowed
from .section import HttpSection
from .sockets import answer_socket
from .tls import server_context
from .watch import Watch

__all__ = ["Http", "HttpServer"]

READ_BUFFER = 1024 * 1024
LINGER = 2.0
MAX_FIELD = 16 * 1024


class Http:
    """Serves ASE JSON over HTTP and WebSocket, server-sent events, health and metrics (docs/ase-protocol.md)."""

    Section = HttpSection

    def __init__(self, section: HttpSection) -> None:
        self._section = section

    @hookimpl
    def athena_provide(self, context: PluginContext) -> tuple[object, ...]:
        """The server, one per kernel."""
        return (HttpServer(self._section, context),)


class HttpServer(Transport):
    """The server end."""

    name = NAME

    def __init__(self, section: HttpSection, context: PluginContext) -> None:
        self._section = section
        self._front = Front(section, context)
        self._origins = Origins(section)
        self._routes = Routes()
        self._oip = Oip(self._front)
        self._calls = Counter(self._front, self._origins, self._oip)
        self._manager: web.Server | None = None
        self._watch: Watch | None = None
        self._listener: asyncio.Server | None = None

    async def start(self) -> tuple[Endpoint, ...]:
        """Bind; nothing is accepted yet.

        Raises:
            OSError: The address cannot be had; the sentence names transport, host and port.
        """
        section = self._section
        loop = asyncio.get_running_loop()
        # mypy: aiohttp wants StreamResponse; Answer has the two methods it calls (see answers.py).
        handler = cast(Any, self._serve)
        self._manager = web.Server(handler, handler_cancellation=True)
        self._watch = Watch(section, self._manager)
        try:
            self._listener = await loop.create_server(
                self._connection,
                section.host,
                section.port,
                ssl=server_context(section),
                backlog=1024,
                start_serving=False,
            )
        except OSError as error:
            raise OSError(error.errno, _why(section, error)) from error
        scheme = "https" if section.certificate else "http"
        ports = dict.fromkeys(bound.getsockname()[1] for bound in self._listener.sockets)
        return tuple(Endpoint(scheme, section.host, port) for port in ports)

    async def accept(self) -> None:
        """Begin to take connections."""
        assert self._listener is not None
        assert self._watch is not None
        await self._listener.start_serving()
        self._watch.start()

    async def drain(self) -> None:
        """Refuse new work with 503, close connections behind their answers, and tell the sessions."""
        front = self._front
        front.draining = True
        await asyncio.gather(*(socket.notice() for socket in tuple(front.sockets)))

    async def stop(self, grace: float = 0.0) -> None:
        """Close the port, give what is under way the grace, then cut it off."""
        if self._watch is not None:
            self._watch.stop()
        if self._listener is not None:
            self._listener.close()
        if self._manager is not None:
            self._manager.pre_shutdown()
            await self._manager.shutdown(grace)
        if self._listener is not None:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._listener.wait_closed(), 1.0)

    def _connection(self) -> Connection:
        section = self._section
        assert self._manager is not None
        assert self._watch is not None
        return PlainConnection(
            self._manager,
            self._watch.admit,
            self._routes,
            self._calls,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=section.idle_timeout,
            access_log=None,
            max_headers=MAX_HEADERS,
            max_field_size=MAX_FIELD,
            lingering_time=LINGER,
            read_bufsize=READ_BUFFER,
            auto_decompress=False,
        )

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse | Answer:
        """One request, whatever it asks for; nothing but an answer or a cancellation comes out."""
        connection = cast(Connection, request.protocol)
        route: Route | None = None
        try:
            if connection.began() > MAX_HEADER_BYTES:
                _bound_headers(request)
            route = self._routes.find(request.method, request.raw_path)
            self._origins.check(request.headers)
            if route.action is Action.CALL and request.method == "POST":
                self._front.admit()
                if EVENTS not in request.headers.get(ACCEPT, ""):
                    answer = await answer_once(self._front, request, route)
                    return self._finished(answer, request)
                other = await answer_stream(self._front, request, route, self._origins.shared_with(request.headers))
            else:
                other = await self._other(request, route)
            if not isinstance(other, Answer):
                return other
            answer = other
        except Stranger as stranger:
            answer = self._front.failure(request, Refused(stranger.status, stranger.error), route)
        except Exception as error:
            answer = self._front.failure(request, _of_departure(error, request), route)
        finally:
            connection.busy = False
        return self._finished(answer, request)

    async def _other(self, request: web.BaseRequest, route: Route) -> web.StreamResponse | Answer:
        front, action, method = self._front, route.action, request.method
        if method == "OPTIONS":
            return Answer(b"", status=204, headers=_preflight(self._origins.shared_with(request.headers), action))
        if action is Action.OIP:
            return await self._oip.answer(request, route, self._origins.shared_with(request.headers))
        if action is Action.SESSION:
            return await answer_session(front, request, route)
        if action is Action.RESOURCES:
            return await answer_resource(front, request, route)
        if action is Action.OPEN:
            front.admit()
            return await answer_open(front, request, route)
        if action is Action.CALL:
            if method == "GET" and request.headers.get(UPGRADE, "").lower() == "websocket":
                front.admit()
                return await answer_socket(front, request, route)
            text = "a service is called with POST, or with GET and Upgrade: websocket"
            raise Refused(405, ServiceError(Fault.UNSUPPORTED, text), {"Allow": allowed(action)})
        if action is Action.NONE:
            raise ServiceError(Fault.NOT_FOUND, "no such page; services are at /v1/private/{service}")
        if method not in READS:
            text = "this path is the server's own and takes GET; a service of its name is at /v1/private/{service}"
            raise Refused(405, ServiceError(Fault.UNSUPPORTED, text), {"Allow": allowed(action)})
        return await answer_page(front, request, route)

    def _finished(self, answer: Answer, request: web.BaseRequest) -> Answer:
        if self._front.draining:
            answer.keep_alive = False
        if ORIGIN in request.headers:
            answer.with_headers(self._origins.shared_with(request.headers))
        return answer


def _of_departure(error: Exception, request: web.BaseRequest) -> Exception:
    """No bug of ours, where a write met the client's departure before aiohttp told of it; else what was raised."""
    transport = request.transport
    if isinstance(error, ConnectionError) and (transport is None or transport.is_closing()):
        return ServiceError(Fault.CANCELLED, "the client has gone")
    return error


def _bound_headers(request: web.BaseRequest) -> None:
    """More came than headers may have; mostly that is the body, so count.

    Raises:
        Refused: 431.
    """
    if sum(len(name) + len(value) + 4 for name, value in request.headers.items()) > MAX_HEADER_BYTES:
        raise Refused(431, ServiceError(Fault.TOO_LARGE, f"headers of more than {MAX_HEADER_BYTES} bytes"))


def _preflight(shared: dict[str, str], action: Action) -> dict[str, str]:
    """What a browser wants to hear before it lets a page of an allowed origin call."""
    if not shared:
        return {"Allow": allowed(action)}
    return {
        **shared,
        "Access-Control-Allow-Methods": "POST, GET, PUT, DELETE",
        "Access-Control-Allow-Headers": "authorization, content-type, x-api-key, x-request-timeout-ms, x-priority, "
        "traceparent, tracestate",
        "Access-Control-Max-Age": "600",
    }


def _why(section: HttpSection, error: OSError) -> str:
    # asyncio's own sentence names the address once more; a name that does not resolve has no number of the system.
    reason = error.strerror if isinstance(error, socket.gaierror) else os.strerror(error.errno or 0)
    return f"transports.http: cannot listen on {section.host}:{section.port}: {reason}; choose another host or port"
