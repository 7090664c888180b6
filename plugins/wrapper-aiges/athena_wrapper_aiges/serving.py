"""A wrapper behind upstream's WrapperService: what each call does, without the server. Nothing it says is lost."""

from __future__ import annotations

import itertools
import logging
import queue
import threading
import time
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from aiges.errors import INIT_ERROR, OK, USER_EXEC_ERROR, USER_INIT_ERROR
from athena import Cancelled, Fault, Kind, Part, Principal, Reply, Request, ServiceError, SessionContext, Stage
from athena.models import EMPTY, WrapperContext
from athena_proto import aiges_inner_pb2 as pb

from .options import Options
from .talking import Talk
from .wrapped import InitRefused, hosted

__all__ = ["Serving"]

log = logging.getLogger("aiges.serve")

UNKNOWN_HANDLE = 10008
LOOK = 0.2
"""Seconds between two looks at whether the loader still listens."""
ASK = 0.02
"""Seconds between two questions to a wrapper that is asked for its results."""


class Serving:
    """One wrapper, called by upstream's loader; every result and every error goes onto ``results``.

    Attributes:
        results: What ``communicate`` sends, under the tag of whom it is for.
    """

    def __init__(self, owner: Any, module: ModuleType) -> None:  # Any: an upstream wrapper
        self.results: queue.SimpleQueue[pb.Response] = queue.SimpleQueue()
        self._owner = owner
        self._module = module
        self._plugin: Any = None  # Any: it has the hooks its wrapper has
        self._talks: dict[str, tuple[Talk, str]] = {}
        self._numbers = itertools.count(1)

    def init(self, request: pb.InitRequest) -> pb.Ret:
        """``wrapperInit``: 0, or the wrapper's own number."""
        plugin: Any = hosted(self._owner, self._module, Options(), dict(request.config))
        try:
            plugin.athena_init(WrapperContext("aiges", isolated=True))
        except InitRefused as error:
            log.error("%s", error)
            return pb.Ret(ret=error.code)
        except Exception:
            log.exception("wrapperInit failed")
            return pb.Ret(ret=USER_INIT_ERROR)
        self._plugin = plugin
        return pb.Ret(ret=OK)

    def schema(self, request: pb.SvcId) -> pb.Schema:
        """The wrapper's document."""
        describe = getattr(self._owner, "schema", None)
        return pb.Schema(data=describe() if callable(describe) else "{}")

    def once(self, request: pb.Request) -> pb.Response:
        """``wrapperOnceExec``: answered here, and on ``communicate``, which is where the loader looks."""
        response = self._once(request)
        self.results.put(response)
        return response

    def create(self, request: pb.CreateRequest) -> pb.Handle:
        """``wrapperCreate``: a handle, or the wrapper's own number."""
        tag = request.tag or request.sid or f"session-{next(self._numbers)}"
        box = _Box(tag, self.results)
        context = SessionContext(tag, "aiges", dict(request.params), EMPTY, (), None, Principal("loader"), box, box)
        try:
            talk: Talk = self._hook("athena_session_create")(context)
        except Exception as error:
            return pb.Handle(err_code=self._failed(tag, error, "wrapperCreate"))
        handle = str(talk.handle)
        self._talks[handle] = (talk, tag)
        return pb.Handle(handle=handle)

    def write(self, request: pb.WriteMessage) -> pb.Ret:
        """``wrapperWrite``: 0, or a number, which ``communicate`` says too, for the loader reads none here."""
        if request.handle not in self._talks:
            return pb.Ret(ret=UNKNOWN_HANDLE)
        talk, tag = self._talks[request.handle]
        try:
            self._hook("athena_session_write")(talk, Request("aiges", talk.sid, _parts(request.req.list)))
            if hasattr(self._plugin, "athena_session_read"):
                _gather(self._plugin, talk, self.results, tag)
        except Exception as error:
            return pb.Ret(ret=self._failed(tag, error, "wrapperWrite"))
        return pb.Ret(ret=OK)

    def destroy(self, request: pb.Handle) -> pb.Ret:
        """``wrapperDestroy``: 0, or a number."""
        talk, _ = self._talks.pop(request.handle, (None, ""))
        if talk is None:
            return pb.Ret(ret=UNKNOWN_HANDLE)
        try:
            self._hook("athena_session_destroy")(talk)
        except ServiceError as error:
            return pb.Ret(ret=_number(error))
        except Exception:
            log.exception("wrapperDestroy failed")
            return pb.Ret(ret=USER_EXEC_ERROR)
        return pb.Ret(ret=OK)

    def communicate(self, listens: threading.Event) -> Iterator[pb.Response]:
        """Every result, as long as somebody listens."""
        while listens.is_set():
            try:
                response = self.results.get(timeout=LOOK)
            except queue.Empty:
                continue
            if not listens.is_set():
                self.results.put(response)  # whoever listens next is to have it
                return
            yield response

    def fini(self) -> None:
        """``wrapperFini``."""
        if self._plugin is not None:
            self._plugin.athena_fini()

    def _once(self, request: pb.Request) -> pb.Response:
        asked = Request("aiges", request.tag, _parts(request.list), dict(request.params))
        try:
            reply: Reply = self._hook("athena_once_exec")(asked)
        except ServiceError as error:
            log.info("wrapperOnceExec: %s", error)
            return pb.Response(tag=request.tag, ret=_number(error))
        except Exception:
            log.exception("wrapperOnceExec failed")
            return pb.Response(tag=request.tag, ret=USER_EXEC_ERROR)
        return pb.Response(tag=request.tag, list=_listed(reply))

    def _hook(self, name: str) -> Any:  # Any: a hook of the plugin
        if self._plugin is None:
            raise ServiceError(Fault.UNAVAILABLE, "wrapperInit has not succeeded", code=INIT_ERROR)
        found = getattr(self._plugin, name, None)
        if found is None:
            raise ServiceError(Fault.UNSUPPORTED, f"the wrapper has no {name}", code=USER_EXEC_ERROR)
        return found

    def _failed(self, tag: str, error: Exception, what: str) -> int:
        code = _number(error)
        log.error("%s: %s", what, error, exc_info=None if isinstance(error, ServiceError) else error)
        self.results.put(pb.Response(tag=tag, ret=code))
        return code


class _Box:
    """A session's outbox: its results, and its end, under its tag."""

    cancelled = False

    def __init__(self, tag: str, results: queue.SimpleQueue[pb.Response]) -> None:
        self._tag = tag
        self._results = results

    def emit(self, reply: Reply | ServiceError) -> None:
        """Raises: Cancelled: The session has ended."""
        if self.cancelled:
            raise Cancelled("the session is over")
        if isinstance(reply, ServiceError):
            self.cancelled = True
            self._results.put(pb.Response(tag=self._tag, ret=_number(reply)))
            return
        self.cancelled = reply.stage is Stage.END
        self._results.put(pb.Response(tag=self._tag, list=_listed(reply)))


def _gather(plugin: Any, talk: Talk, results: queue.SimpleQueue[pb.Response], tag: str) -> None:  # Any: as above
    """Ask for results, as nobody else does here: until there is nothing, and after the last write until the end."""
    while True:
        reply = plugin.athena_session_read(talk)
        if reply.parts or reply.stage is Stage.END:
            results.put(pb.Response(tag=tag, list=_listed(reply)))
        if reply.stage is Stage.END:
            return
        if not reply.parts:
            if talk.ended is None or talk.called_back:
                return
            time.sleep(ASK)


def _parts(listed: Any) -> tuple[Part, ...]:  # Any: a repeated field
    return tuple(
        Part(each.key, each.data, _kind(each.type), _stage(each.status), None, dict(each.desc) or EMPTY)
        for each in listed
    )


def _kind(number: int) -> Kind:
    return Kind(number) if number in set(Kind) else Kind.OTHER


def _stage(number: int) -> Stage:
    return Stage(number) if number in set(Stage) else Stage.ONCE


def _listed(reply: Reply) -> list[pb.ResponseData]:
    found = [
        pb.ResponseData(
            key=part.key,
            data=part.tobytes(),
            len=len(part.data),
            type=int(part.kind),
            status=int(part.stage),
            desc=dict(part.attributes),
        )
        for part in reply.parts
    ]
    if not found and reply.stage is Stage.END:
        found.append(pb.ResponseData(status=int(Stage.END)))
    return found


def _number(error: Exception) -> int:
    code = getattr(error, "code", None)
    return code if isinstance(code, int) and code else USER_EXEC_ERROR
