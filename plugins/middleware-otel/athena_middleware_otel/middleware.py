"""The wrapper's end: a span for every hook that works, below the kernel's span, wherever the wrapper lives."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Any

from opentelemetry import context as current
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

from athena import hookimpl
from athena.middleware import each
from athena.models import Request, SessionContext, WrapperContext

from .export import Export
from .parents import Parents
from .section import OtelSection

__all__ = ["Otel"]

# Any: what a hook returns is the wrapper's; middleware hands it on.
Around = Generator[None, Any, Any]


class Otel:
    """The middleware ``otel``; what the wrapper itself traces while a hook runs becomes a child of the hook's span."""

    Section = OtelSection

    def __init__(self, section: OtelSection) -> None:
        self._section = section
        self._parents = Parents()
        self._service = ""
        self._export: Export | None = None

    @hookimpl
    def athena_init(self, context: WrapperContext) -> None:
        self._service = context.service
        self._export = Export(self._section, "athena.wrapper", {"process.pid": str(os.getpid())})

    @hookimpl
    def athena_fini(self) -> None:
        if self._export is not None:
            self._export.close()

    @hookimpl(wrapper=True)
    def athena_once_exec(self, request: Request) -> Around:
        return (yield from self._around("athena_once_exec", self._of(request), sid=request.sid))

    @hookimpl(wrapper=True)
    def athena_batch_exec(self, requests: Sequence[Request]) -> Around:
        # Many traces meet in one batch: it is a child of the first one, and linked with the others.
        parents = [self._of(request) for request in requests] or [Context()]
        return (yield from self._around("athena_batch_exec", *parents))

    @hookimpl(wrapper=True)
    def athena_session_create(self, context: SessionContext) -> Around:
        parent = self._tracing.parent(context.headers)
        session = yield from self._around("athena_session_create", parent, sid=context.sid)
        self._parents.opened(context.sid, session, parent)
        return session

    @hookimpl(wrapper=True)
    def athena_session_write(self, session: object, request: Request) -> Around:
        return (yield from self._around("athena_session_write", self._of(request), sid=request.sid))

    @hookimpl(wrapper=True)
    def athena_session_destroy(self, session: object) -> Around:
        sid, parent = self._parents.closed(session)
        return (yield from self._around("athena_session_destroy", parent, sid=sid))

    @property
    def _tracing(self) -> Export:
        assert self._export is not None  # athena_init has returned before any other hook is called
        return self._export

    def _of(self, request: Request) -> Context:
        """Whose child a request is: its own headers say, or those its session was opened with."""
        own = self._tracing.parent(request.headers)
        known = trace.get_current_span(own).get_span_context().is_valid
        return own if known else self._parents.of(request.sid)

    def _around(self, hook: str, *parents: Context, sid: str = "") -> Around:
        """The hook inside a span; an iterator's span ends with the iterator."""
        facts = {"athena.service": self._service, **({"athena.sid": sid} if sid else {})}
        span = self._tracing.begin(hook, SpanKind.INTERNAL, parents[0], facts, time.monotonic())
        for parent in parents[1:]:
            span.add_link(trace.get_current_span(parent).get_span_context())
        within = trace.set_span_in_context(span, parents[0])
        token = current.attach(within)
        try:
            answer = yield
        except BaseException as error:
            _end(span)(error)
            raise
        finally:
            current.detach(token)
        if isinstance(answer, Iterator):
            return each(_inside(answer, within), ended=_end(span))
        _end(span)(None)
        return answer


def _inside(items: Iterator[Any], within: Context) -> Iterator[Any]:
    """The iterator, run with its span as the current one."""
    try:
        while True:
            token = current.attach(within)
            try:
                item = next(items)
            except StopIteration:
                return
            finally:
                current.detach(token)
            yield item
    finally:
        close = getattr(items, "close", None)
        if close is not None:
            close()


def _end(span: Span) -> Callable[[BaseException | None], None]:
    def ended(error: BaseException | None) -> None:
        if error is not None:
            # The class alone: what the wrapper says of it may be somebody's data.
            span.set_attribute("error.type", type(error).__qualname__)
            span.set_status(Status(StatusCode.ERROR, type(error).__name__))
        span.end()

    return ended
