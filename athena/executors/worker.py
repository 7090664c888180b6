"""One supervised worker: its process, its end of the protocol, what it has in hand, and how it ends."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from ..errors import Fault, PluginBroken, Problem, ServiceError, SettingsError
from ..link import worker_pb2 as pb
from ..link.conversation import Conversation
from ..link.entries import Greeting, Question
from ..link.frames import BYE, HELLO, frame_limit
from ..link.greeting import Hello, Ready, encode_hello
from ..link.peer import Entry, Peer
from ..link.sockets import widen
from ..link.tables import Tables
from ..models import Buffer, Limits, ServiceSettings
from .spawn import Child, Start, spawn

__all__ = ["Worker"]

log = logging.getLogger("athena.worker")

_LAST_WORDS = 0.2
"""Seconds from the end of the stream to the end of the process; then it is taken for dead."""
_TERM_GRACE = 1.0
_UNKILLABLE = 5.0
"""Seconds from SIGKILL until a process that is still there is taken for dead."""
_DOING = {"start": "before it began", "load": "while it loaded its wrapper", "init": "during athena_init"}


class Worker:
    """A child process from spawn to its end; then another one takes its place.

    Attributes:
        pid: Its process; 0 before there is one.
        busy: Executions it has been given.
        finished: Calls it has answered.
        pace: Seconds from one answer to the next while it has work, lately.
        answered: time.perf_counter() of its latest answer.
        sessions: What is open on it.
        gone: Done when it is dead; the result says how it ended.
        condemned: True when we have killed it ourselves, for a reason that is no fault of its start.
        reason: Why it ended, in a word: ``died``, ``protocol``, or what :meth:`kill` was told.
        lanes: Calls it may be executing: its threads, less those that its predecessor still uses.
        successor: Who has taken its place while it finishes what it has.
        bound: Calls after which it is worn out.
        worn: Done when it is to be replaced; the result says which bound it has reached.
        ready_at: time.monotonic() of READY; 0.0 before.
    """

    def __init__(
        self,
        settings: ServiceSettings,
        limits: Limits,
        devices: Sequence[str],
        died: Callable[[Worker, list[Entry]], None],
    ) -> None:
        """Args:
        died: Called once, with the entries it has never seen.
        """
        self.pid = 0
        self.busy = 0
        self.finished = 0
        self.pace = 1.0
        self.answered = 0.0
        self.sessions: set[Conversation] = set()
        self.condemned = False
        self.reason = "died"
        self.lanes = settings.threads
        self.successor: Worker | None = None
        self.bound = sys.maxsize
        self.ready_at = 0.0
        self._settings = settings
        self._limits = limits
        self._devices = tuple(devices)
        self._died = died
        self._loop = asyncio.get_running_loop()
        self.gone: asyncio.Future[str] = self._loop.create_future()
        self.worn: asyncio.Future[str] = self._loop.create_future()
        self._child: Child | None = None
        self._peer: Peer | None = None
        self._why = ""
        self._holds = 0

    @property
    def peer(self) -> Peer:
        """Its end of the protocol; after start alone."""
        assert self._peer is not None  # start() made it, and nobody is given a worker earlier
        return self._peer

    @property
    def alive(self) -> bool:
        """Whether it can be given work."""
        return self.ready_at > 0.0 and not self.gone.done()

    async def start(self, how: Start) -> Ready:
        """Spawn it and wait until it is ready.

        Raises:
            PluginError, SettingsError: It refused, with what loading the wrapper here would have raised; or it died.
            ServiceError: UNAVAILABLE, when that took longer than ``init_timeout``.
        """
        settings = self._settings
        under = f"services.{settings.name}"
        hello = encode_hello(_hello(settings, self._limits, self._devices, how.probe))
        try:
            self._child = await spawn(how)
        except (OSError, asyncio.TimeoutError) as error:
            self._finish(f"could not be started: {error}")
            if how.python and not how.command:
                text = f"{how.python} cannot be started: {error}"
                raise SettingsError([Problem(("python",), text)]) from error
            what = how.command[0] if how.command else "its worker"
            raise PluginBroken(f"{under}: {what} cannot be started: {error}") from error
        self.pid = self._child.pid
        connection = self._child.connection
        assert connection is not None  # spawn returns connected children
        widen(connection)
        self._peer = Peer(connection, frame_limit(self._limits.max_message), self._lost, self._logged)
        self._child.watch(self._end)
        greeting = Greeting(self._loop.create_future())
        self._peer.greet(HELLO, greeting, hello)
        try:
            ready = await asyncio.wait_for(greeting.future, settings.init_timeout)
        except asyncio.TimeoutError:
            self.kill("took longer than init_timeout")
            doing = "athena_init" if greeting.phase == "init" else "loading the wrapper"
            text = f"{under}: {doing} took longer than init_timeout = {settings.init_timeout:g} s"
            raise ServiceError(Fault.UNAVAILABLE, text) from None
        except ServiceError as error:
            doing = _DOING.get(greeting.phase, f"during {greeting.phase}")
            raise PluginBroken(f"{under}: the worker {self._why} {doing}") from error
        except BaseException:
            self.kill("was refused")
            raise
        self.ready_at = time.monotonic()
        self._holds = ready.holds
        self.pid = self._child.pid  # its own, and no longer its keeper's
        return ready

    async def ask(self, kind: int, head: bytes, timeout: float, segments: Sequence[Buffer] = (), size: int = 0) -> None:
        """Put a question to it.

        Raises:
            PluginError, SettingsError: It refused.
            asyncio.TimeoutError: It said nothing.
        """
        question = Question(self._loop.create_future())
        self.peer.begin(kind, question, head, segments, size)
        await asyncio.wait_for(question.future, timeout)

    async def stop(self, grace: float) -> None:
        """BYE, then SIGTERM, then SIGKILL; returns when it is gone."""
        self.condemned = True
        if self.alive:
            self.peer.outgoing.post(BYE, 0, b"")
            await asyncio.wait([self.gone], timeout=grace)
        if self._child is not None and not self.gone.done():
            self._why = "was stopped"
            self._child.signal(signal.SIGTERM)
            await asyncio.wait([self.gone], timeout=_TERM_GRACE)
            self.kill("was stopped")
        await asyncio.wait([self.gone], timeout=_TERM_GRACE)
        if self._child is not None:
            await self._child.buried()

    def kill(self, why: str, reason: str = "killed") -> None:
        """End it now."""
        self.condemned = True
        self._why = self._why or why
        self.reason = reason if self.reason == "died" else self.reason
        if self._child is not None:
            self._child.signal(signal.SIGKILL)
            # A process that hangs inside the system dies when that lets go of it; nobody waits for it.
            self._loop.call_later(_UNKILLABLE, self._end)

    def wear(self, bound: str) -> None:
        """It has reached a bound: it is to be replaced."""
        if not self.worn.done():
            self.worn.set_result(bound)

    def _lost(self, reason: str) -> None:
        """Its stream has ended: either it is dying, or it will."""
        self._why = self._why or reason
        if reason:
            self.reason = "protocol"
        if self._child is not None:
            self._child.signal(signal.SIGKILL)
        self._loop.call_later(_LAST_WORDS, self._end)

    def _end(self) -> None:
        if self.gone.done():
            return
        how = self._child.close() if self._child is not None else "ended"
        self._finish(self._why or how)

    def _finish(self, why: str) -> None:
        self._why = why
        self.gone.set_result(why)
        begun = self._settings.threads + self._holds
        unseen = self._peer.close(why, begun) if self._peer is not None else []
        self._died(self, unseen)

    def _logged(self, told: pb.Log) -> None:
        if not log.isEnabledFor(told.level):
            return
        # Handled by our logger under its own name: a worker's names must not pile up in the registry of loggers.
        record = logging.LogRecord(told.logger, told.level, "worker", 0, told.message, None, None)
        record.created = told.time or record.created
        extra: dict[str, Any] = {
            "service": self._settings.name,
            "worker": self.pid,
        }
        record.__dict__.update(extra)
        log.handle(record)


def _hello(settings: ServiceSettings, limits: Limits, devices: tuple[str, ...], probe: bool) -> Hello:
    level = logging.getLevelName(log.getEffectiveLevel()).lower()
    return Hello(
        settings.name,
        settings.wrapper,
        os.path.abspath(settings.folder),  # the worker's own working directory is another one
        Tables(settings.config, settings.middleware_config),
        devices,
        limits,
        settings.threads,
        probe,
        level,
        gathers=settings.batch is not None,
    )
