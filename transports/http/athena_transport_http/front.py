"""What every request of one server shares: the dispatcher, the limits, the log, and how answers begin."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Coroutine, Iterator, Mapping
from itertools import count
from typing import Protocol

from aiohttp import web
from aiohttp.hdrs import METH_GET
from multidict import CIMultiDictProxy, istr

from athena.errors import Executed, Fault, ServiceError
from athena.interfaces import Dispatcher, PluginContext
from athena.models import Attempt, Limits, Principal
from athena_proto import oip
from athena_proto.ase import code_of, encode_error

from .answers import Answer, error_headers
from .connection import Connection
from .faults import SHAPES
from .heads import Post
from .routes import Action, Route
from .section import HttpSection

__all__ = ["PRIORITY_HEADER", "TIMEOUT_HEADER", "Front", "Guest", "Lower", "Refused", "timeout_of"]

TIMEOUT_HEADER = istr("x-request-timeout-ms")
PRIORITY_HEADER = istr("x-priority")
NAME = "http"


class Refused(Exception):
    """A request that HTTP itself refuses, with a status that is no fault's own."""

    def __init__(self, status: int, error: ServiceError, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(error.message)
        self.status = status
        self.error = error
        self.headers = headers or {}


class Guest(Protocol):
    """A client that stays: it is told when the server drains."""

    async def notice(self) -> None: ...


class Lower(Mapping[str, str]):
    """Headers with lower-case names, made without copying them: most guards look at one or none."""

    __slots__ = ("_headers",)

    def __init__(self, headers: CIMultiDictProxy[str]) -> None:
        self._headers = headers

    def __getitem__(self, name: str) -> str:
        return self._headers[name]

    def __iter__(self) -> Iterator[str]:
        return iter({name.lower(): None for name in self._headers})

    def __len__(self) -> int:
        return len({name.lower() for name in self._headers})


class Front:
    """One per server.

    Attributes:
        limits, log, section: As the kernel gave them.
        draining: Whether new work is refused.
        sockets: The WebSockets that are open.
    """

    def __init__(self, section: HttpSection, context: PluginContext) -> None:
        self.section = section
        self.dispatcher: Dispatcher = context.dispatcher
        self.limits: Limits = context.limits
        self.log: logging.Logger = context.log
        self.draining = False
        self._statuses = {int(code): status for code, status in section.code_map.items()}
        self.sockets: set[Guest] = set()
        self._kept: set[asyncio.Task[None]] = set()
        self._prefix = secrets.token_hex(8)
        self._numbers = count(1)

    def keep(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        """Run something to its end, whatever becomes of who began it."""
        task = asyncio.ensure_future(work)
        self._kept.add(task)
        task.add_done_callback(self._kept.discard)
        return task

    def mint(self) -> str:
        """An id for one call, for the reply's header and the log; no session is ever found by it."""
        return f"{self._prefix}{next(self._numbers):x}"

    def admit(self) -> None:
        """Refuse new work while draining.

        Raises:
            ServiceError: UNAVAILABLE.
        """
        if self.draining:
            raise ServiceError(Fault.UNAVAILABLE, "the server is draining; try another one", retry_after=1.0)

    def authenticate(
        self, request: web.BaseRequest, operation: str, route: Route
    ) -> Coroutine[object, object, Principal]:
        """Who is calling, to be awaited exactly once for every call."""
        connection: Connection = request.protocol  # type: ignore[assignment]  # the server makes no other
        attempt = Attempt(
            NAME,
            operation,
            route.service,
            Lower(request.headers),
            connection.peer,
            request.method,
            request.raw_path,
            connection.certificate,
        )
        return self.dispatcher.authenticate(attempt)

    def deadline(self, request: web.BaseRequest) -> float | None:
        """When the client wants its answer, by ``x-request-timeout-ms``.

        Raises:
            ServiceError: BAD_REQUEST, when it is not a number of milliseconds.
        """
        timeout = timeout_of(request.headers)
        return None if timeout is None else time.monotonic() + timeout

    def failure(
        self, request: web.BaseRequest | Post, error: BaseException, route: Route | None, sid: str = ""
    ) -> Answer:
        """The answer that an error is."""
        status = None
        extra: Mapping[str, str] = {}
        if isinstance(error, Refused):
            status, extra, error = error.status, error.headers, error.error
        fault = self.fault(error)
        headers = {**error_headers(fault, spoken=request.method == METH_GET), **extra}
        if route is not None and route.action is Action.OIP:
            answer, code = oip.encode_error(fault), None  # the codes of ASE are no business of this protocol
        else:
            session = route is not None and route.action is Action.SESSION
            answer, code = encode_error(fault, sid, session=session), code_of(fault, session=session)
        if status is None:
            status = SHAPES[fault.fault].status
        if self._statuses and code is not None:
            status = self._statuses.get(code, status)
        return Answer(answer, status=status, headers=headers, close=not request.content.is_eof())

    def fault(self, error: BaseException) -> ServiceError:
        """What the client is told; a bug of ours is a sentence and an id, and its story goes into the log."""
        if isinstance(error, ServiceError):
            return error
        error_id = secrets.token_hex(4)
        self.log.error("a call failed inside the HTTP transport (error %s)", error_id, exc_info=error)
        text = f"internal error {error_id}: {type(error).__name__}"
        return ServiceError(Fault.INTERNAL, text, executed=Executed.UNKNOWN, error_id=error_id)


def timeout_of(headers: CIMultiDictProxy[str]) -> float | None:
    """Seconds that the client waits, by ``x-request-timeout-ms``; None where it does not say.

    Raises:
        ServiceError: BAD_REQUEST, when it is not a number of milliseconds.
    """
    asked = headers.get(TIMEOUT_HEADER)
    if asked is None:
        return None
    if not asked.isascii() or not asked.isdecimal() or len(asked) > 12:
        raise ServiceError(Fault.BAD_REQUEST, f"{TIMEOUT_HEADER}: expected a whole number of milliseconds")
    return int(asked) / 1000
