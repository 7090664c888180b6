"""Streams of both executors: replies as the wrapper's iterator gives them, for as long as somebody asks."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from functools import partial

from ..link.entries import Stream
from ..link.token import Token
from ..models import Reply, Request
from .hosted import Hosted
from .pool import Pool
from .sinks import StreamSink, cancel, held
from .tally import Tally

__all__ = ["thread_items", "worker_items"]


async def thread_items(hosted: Hosted, tally: Tally, request: Request) -> AsyncGenerator[Reply, None]:
    """Those of a wrapper that is hosted here."""
    engine = hosted.engine
    sink = StreamSink(hosted.mailbox, held(tally, hosted.losses, request))
    if isinstance(request.cancellation, Token):
        request.cancellation.on_cancel(sink.credit.close)
        request.cancellation.behind = sink.inbox.behind
    # An iterator's replies cannot be a batch's: a stream is gathered only where there is nothing else to call.
    bundles = hosted.bundles if engine.hooks.once is None else None
    if bundles is None:
        hosted.departures.add(partial(engine.call, request, sink))
    else:
        bundles.add(request, sink)
    try:
        while (reply := await sink.inbox.get()) is not None:
            yield reply
    finally:
        sink.credit.close()
        cancel(request)
        if hosted.losses is not None:
            hosted.losses.watch(request)
        if bundles is not None:
            bundles.discard(sink)


async def worker_items(pool: Pool, request: Request) -> AsyncGenerator[Reply, None]:
    """Those of a worker process."""
    call = Stream(request, pool.ended)
    if isinstance(request.cancellation, Token):
        # Also while nobody asks for the next reply: a deadline passes, a reader is given up.
        request.cancellation.on_cancel(partial(pool.abandon, call))
        request.cancellation.behind = call.inbox.behind
    pool.submit(call)
    try:
        while (reply := await call.inbox.get()) is not None:
            yield reply
    finally:
        if not call.over:
            call.inbox.end(None)
            pool.abandon(call)
