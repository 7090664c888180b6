"""A stream's way through the house: that of a single call, held open between replies."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from athena.models import Reply, Request

from .passage import Passage
from .switchboard import Switchboard

__all__ = ["streamed"]


async def streamed(board: Switchboard, transport: str, request: Request) -> AsyncGenerator[Reply, None]:
    """See :meth:`athena.interfaces.Dispatcher.stream`."""
    passage = Passage(board, transport, request)
    try:
        service, full = passage.enter()
        if board.quotas:
            await passage.acquire()
        async with aclosing(service.stream(full, passage.admitted)) as replies:
            async for reply in replies:
                yield passage.passed(reply)
        passage.ended()
    except BaseException as error:
        failure = passage.failed(error)
        if failure is error:
            raise
        raise failure from error
    finally:
        passage.leave()
