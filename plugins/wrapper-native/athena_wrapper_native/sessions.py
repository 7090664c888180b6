"""Sessions: written by wrapperWrite, answered by wrapperRead or by callbacks."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from athena import Cancelled, Executed, Fault, Kind, Part, Reply, Request, ServiceError, SessionContext, Stage, hookimpl
from athena.models import Outbox

from .abi import FFI, NULL, Pointer
from .library import Library
from .nodes import parts_of, words
from .once import params_of
from .resources import Resources
from .tags import Outcome, Tag

__all__ = ["Answering", "Read", "Talk"]

log = logging.getLogger("athena.wrapper.native")

_PATIENCE = 100
"""Reads in a row that may give nothing after the input has ended; upstream's loader gives up after as many."""
_LAST = (Stage.END, Stage.ONCE)


class Talk:
    """One session of the library's.

    Attributes:
        tag: Its name.
        handle: What wrapperCreate gave.
        due: Whether a write has not been followed by a read yet.
        ended: Whether the client has nothing more to write.
        empty: Reads in a row that gave nothing, since then.
        spoken: Whether anything was written to it.
        outbox: Where results go that come by callback.
    """

    def __init__(self, library: Library, tag: Tag, handle: Pointer) -> None:
        self.tag = tag
        self.handle = handle
        self.due = False
        self.ended = False
        self.empty = 0
        self.spoken = False
        self.outbox: Outbox | None = None
        self._library = library
        self._open: dict[str, Kind] = {}

    def write(self, request: Request) -> None:
        """One write, all its parts as one list; an empty one is nothing to a library.

        Raises:
            ServiceError: The library's error.
        """
        parts = self._taken(request.parts)
        if not parts:
            return
        self.spoken = True
        lent = self._library.lent()
        code = self._library.lib.wrapperWrite(self.handle, lent.parts(parts))
        if code:
            raise self._library.failed("wrapperWrite", code)
        self.due = True

    def read(self) -> Sequence[Part]:
        """What is ready.

        Raises:
            ServiceError: The library's error.
        """
        self.due = False
        results = FFI.new("DataList **")
        code = self._library.lib.wrapperRead(self.handle, results)
        if code:
            raise self._library.failed("wrapperRead", code)
        return parts_of(results[0], "wrapperRead")

    def destroy(self) -> None:
        """Exactly once; the library's line about it goes to the log before."""
        library = self._library
        if library.has("wrapperDebugInfo") and (line := words(library.lib.wrapperDebugInfo(self.handle))):
            log.debug("%s: %s", self.tag.name, line)
        try:
            if code := library.lib.wrapperDestroy(self.handle):
                log.warning("%s: wrapperDestroy returned %d", self.tag.name, code)
        finally:
            library.tags.end(self.tag)
            if lost := self.tag.usage():
                log.warning("%s: told after its last reply, and not counted: %s", self.tag.name, dict(lost))

    def _taken(self, parts: Sequence[Part]) -> list[Part]:
        """The parts for the library. A bare end mark becomes an empty last node of each stream that is open."""
        taken: list[Part] = []
        for part in parts:
            if not part.key and part.stage in _LAST and not part.data:
                taken.extend(Part(key, b"", kind, Stage.END) for key, kind in self._open.items())
                self._open.clear()
                self.ended = True
                continue
            taken.append(part)
            if part.stage in _LAST:
                self._open.pop(part.key, None)
            else:
                self._open[part.key] = part.kind
        self.ended = self.ended or (any(part.stage in _LAST for part in taken) and not self._open)
        return taken


class _Sessions:
    """What both kinds share."""

    library: Library
    resources: Resources

    def created(self, context: SessionContext, tag: Tag, callback: Pointer) -> Talk:
        """Have the library begin one.

        Raises:
            ServiceError: It would not.
        """
        library = self.library
        try:
            lent, code = library.lent(), FFI.new("int *")
            params = lent.params(params_of(library, context.sid, context.params, context.headers))
            ids = lent.numbers(self.resources.named(context.params, context.headers))
            handle = library.lib.wrapperCreate(tag.pointer, params, callback, *ids, code)
            if code[0]:
                raise library.failed("wrapperCreate", code[0])
            if handle == NULL:
                raise ServiceError(Fault.USER_ERROR, "wrapperCreate gave no session", executed=Executed.YES)
        except BaseException:
            library.tags.end(tag)
            raise
        return Talk(library, tag, handle)

    @hookimpl
    def athena_session_destroy(self, session: Talk) -> None:
        session.destroy()


class Read(_Sessions):
    """Sessions whose results are read: once after each write, and on and on when the input has ended."""

    @hookimpl
    def athena_session_create(self, context: SessionContext) -> Talk:
        return self.created(context, self.library.tags.begin(context.sid), NULL)

    @hookimpl
    def athena_session_write(self, session: Talk, request: Request) -> None:
        session.write(request)

    @hookimpl
    def athena_session_read(self, session: Talk) -> Reply:
        if not session.ended and not (session.due and self.library.options.realtime):
            return Reply()
        if not session.spoken:
            return Reply(stage=Stage.END)  # nothing was ever said to it, so it has nothing to say
        parts = session.read()
        if parts:
            session.empty = 0
            return _reply(parts, session.tag)
        session.empty += session.ended
        if session.empty > _PATIENCE:
            text = f"wrapperRead gave nothing {_PATIENCE} times after the input had ended, and no last result"
            raise ServiceError(Fault.USER_ERROR, text)
        return Reply()


class Answering(_Sessions):
    """Sessions whose results come by callback."""

    @hookimpl
    def athena_session_create(self, context: SessionContext) -> Talk:
        def deliver(outcome: Outcome) -> bool:
            try:
                context.outbox.emit(self._told(outcome, tag))
            except Cancelled:
                return False
            except ServiceError as error:  # a reply too large to travel is how it ends
                context.outbox.emit(error)
            return True

        tag = self.library.tags.begin(context.sid, deliver)
        session = self.created(context, tag, self.library.callback)
        session.outbox = context.outbox
        return session

    @hookimpl
    def athena_session_write(self, session: Talk, request: Request) -> None:
        session.write(request)
        if session.ended and not session.spoken and session.outbox is not None:
            session.outbox.emit(Reply(stage=Stage.END))  # nothing was ever said to it, so no callback will come

    def _told(self, outcome: Outcome, tag: Tag) -> Reply | ServiceError:
        if isinstance(outcome, int):
            return self.library.failed("the callback", outcome)
        return outcome if isinstance(outcome, ServiceError) else _reply(outcome, tag)


def _reply(parts: Sequence[Part], tag: Tag) -> Reply:
    stage = Stage.END if any(part.stage in _LAST for part in parts) else Stage.CONTINUE
    return Reply(tuple(parts), stage, tag.usage())
