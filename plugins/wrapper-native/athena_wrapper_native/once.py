"""Single calls: answered by wrapperExec, or by one callback after wrapperExecAsync."""

from __future__ import annotations

import queue
from collections.abc import Mapping, Sequence

from athena import Cancelled, Part, Reply, Request, ServiceError, hookimpl

from .abi import FFI, Pointer
from .library import Library
from .nodes import Lent, parts_of
from .resources import Resources
from .tags import Outcome, Tag

__all__ = ["Called", "Returned", "params_of"]

_PAUSE = 0.05
"""Seconds between two looks at whether anybody still waits."""


def params_of(library: Library, sid: str, params: Mapping[str, str], headers: Mapping[str, str]) -> Mapping[str, str]:
    """A caller's parameters, with ``sid`` and the headers that are to be passed, as upstream's loader adds them."""
    added = {name: headers[name] for name in library.options.header_pass if name in headers}
    return {"sid": sid, **added, **params}


class Returned:
    """Single calls by wrapperExec."""

    library: Library
    resources: Resources

    @hookimpl
    def athena_once_exec(self, request: Request) -> Reply:
        library = self.library
        tag, lent = library.tags.begin(request.sid), library.lent()
        try:
            results = FFI.new("DataList **")
            params, nodes, ids = _given(lent, request, library, self.resources)
            code = library.lib.wrapperExec(tag.pointer, params, nodes, results, *ids)
            if code:
                raise library.failed("wrapperExec", code)
            return Reply(tuple(self._copied(tag, results)), attributes=tag.usage())
        finally:
            library.tags.end(tag)

    def _copied(self, tag: Tag, results: Pointer) -> Sequence[Part]:
        head = results[0]
        try:
            return parts_of(head, "wrapperExec")
        finally:
            if self.library.has("wrapperExecFree"):
                results[0] = head
                self.library.lib.wrapperExecFree(tag.pointer, results)


class Called:
    """Single calls by wrapperExecAsync; the hook waits for the callback, which may come from any thread."""

    library: Library
    resources: Resources

    @hookimpl
    def athena_once_exec(self, request: Request) -> Reply:
        library = self.library
        answers: queue.SimpleQueue[Outcome] = queue.SimpleQueue()

        def deliver(outcome: Outcome) -> bool:
            library.tags.end(tag)  # one callback is awaited, and the next one finds nobody
            answers.put(outcome)
            return True

        tag, lent = library.tags.begin(request.sid, deliver), library.lent()
        try:
            params, nodes, ids = _given(lent, request, library, self.resources)
            # No timeout, as upstream: who waits no longer is known here, and the library cannot be stopped anyway.
            code = library.lib.wrapperExecAsync(tag.pointer, params, nodes, library.callback, 0, *ids)
            if code:
                raise library.failed("wrapperExecAsync", code)
            del lent  # it was lent for that call only
            outcome = _waited(answers, request)
            if isinstance(outcome, ServiceError):
                raise outcome
            if isinstance(outcome, int):
                raise library.failed("the callback", outcome)
            return Reply(tuple(outcome), attributes=tag.usage())
        finally:
            library.tags.end(tag)


def _given(
    lent: Lent, request: Request, library: Library, resources: Resources
) -> tuple[Pointer, Pointer, tuple[Pointer, int]]:
    params = lent.params(params_of(library, request.sid, request.params, request.headers))
    ids = lent.numbers(resources.named(request.params, request.headers))
    return params, lent.parts(request.parts), ids


def _waited(answers: queue.SimpleQueue[Outcome], request: Request) -> Outcome:
    while True:
        try:
            return answers.get(timeout=_PAUSE)
        except queue.Empty:
            if request.cancelled:
                raise Cancelled("nobody waits for the callback any more") from None
