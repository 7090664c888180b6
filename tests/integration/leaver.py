"""Notes when it sees that its caller has gone: polling, iterating, waiting for its reader, in sessions."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

from athena.errors import Cancelled
from athena.models import Part, Reply, Request, SessionContext, Stage
from athena.specs import hookimpl
from athena.testing.probe.lifecycle import Lifecycle

LONGEST = 20.0
"""Seconds after which it stops by itself; a test that gets there has failed."""
ITEM = Reply((Part("data", bytes(1024)),), Stage.CONTINUE)
LARGE = Reply((Part("data", bytes(256 * 1024)),), Stage.CONTINUE)


class Leaver(Lifecycle):
    """``tag`` is the test's name for a call or session; ``began`` and ``seen`` are what it notes."""

    @hookimpl
    def athena_once_exec(self, request: Request) -> Reply | Iterator[Reply]:
        do, tag = request.params["do"], request.params["tag"]
        if do == "quick":
            return Reply()
        if do == "count":
            return self._items(tag, ITEM, 0.005)
        if do == "flood":
            return self._items(tag, LARGE, 0.0)
        self.journal.note("began", tag)
        self._poll(request, tag)
        return Reply()

    def _items(self, tag: str, item: Reply, pause: float) -> Iterator[Reply]:
        lane = threading.get_ident()
        self.journal.note("began", tag)
        try:
            until = time.monotonic() + LONGEST
            while time.monotonic() < until:
                yield item
                self.journal.note("item", tag)
                time.sleep(pause)
        finally:
            self.journal.note("seen", tag, lane=lane == threading.get_ident())

    def _poll(self, what: Request | SessionContext, tag: str) -> None:
        until = time.monotonic() + LONGEST
        while not what.cancelled and time.monotonic() < until:
            time.sleep(0.001)
        self.journal.note("seen", tag, cancelled=what.cancelled)

    @hookimpl
    def athena_session_create(self, context: SessionContext) -> SessionContext:
        return context

    @hookimpl
    def athena_session_write(self, session: SessionContext, request: Request) -> None:
        do, tag = session.params["do"], session.params["tag"]
        self.journal.note("began", tag)
        if do == "poll":
            self._poll(session, tag)
        elif do == "idle":
            threading.Thread(target=self._poll, args=(session, tag), daemon=True).start()
        else:
            self._emit(session, tag, *((LARGE, 0.0) if do == "flood" else (ITEM, 0.005)))

    def _emit(self, session: SessionContext, tag: str, item: Reply, pause: float) -> None:
        try:
            while True:
                session.outbox.emit(item)
                time.sleep(pause)
        except Cancelled:
            self.journal.note("seen", tag, cancelled=session.cancelled)
            raise

    @hookimpl
    def athena_session_destroy(self, session: SessionContext) -> None:
        self.journal.note("destroyed", session.params["tag"])
