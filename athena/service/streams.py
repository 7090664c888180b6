"""A stream's way through its service: as a single call's, its slot held until the last reply, or until it is left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Protocol

from athena.describe import Checker, judge_reply
from athena.errors import ServiceError
from athena.executors.clock import Clock
from athena.interfaces import Executor
from athena.models import Description, Reply, Request

from .admission import Admission, noted
from .overdue import Overdue
from .resources import Resources

__all__ = ["Streamed", "streamed"]


class Streamed(Protocol):
    """What a stream needs of its service; see there."""

    admission: Admission
    clock: Clock
    debug: bool
    executor: Executor
    facts: tuple[Description, Checker] | None
    resources: Resources
    streams: set[Overdue]

    def check(self, request: Request) -> None: ...


async def streamed(
    service: Streamed, request: Request, began: Callable[[], None] | None
) -> AsyncGenerator[Reply, None]:
    """Admit, check, and give reply after reply."""
    overdue = Overdue(service.clock, request, request.deadline)
    service.streams.add(overdue)
    admitted = False

    def leave() -> None:
        nonlocal admitted
        if admitted:
            admitted = False
            service.resources.give_back(request)
            service.admission.left(request)

    overdue.let_go = leave
    try:
        if not service.admission.try_enter():
            await service.admission.enter(request, service.executor.refusal)
        admitted = True
        service.check(request)
        if began is not None:
            began()
        async with aclosing(_replies(service, request, overdue)) as replies:
            async for reply in replies:
                yield reply
    except (asyncio.CancelledError, ServiceError) as error:
        answer = noted(service.admission, overdue.answer(error), request)
        if answer is error:
            raise
        raise answer from None
    finally:
        overdue.drop()
        service.streams.discard(overdue)
        leave()


async def _replies(service: Streamed, request: Request, overdue: Overdue) -> AsyncGenerator[Reply, None]:
    async with aclosing(service.executor.stream(request)) as replies:
        while True:
            overdue.watch(waiting=True)
            try:
                reply = await replies.__anext__()
            except StopAsyncIteration:
                return
            overdue.watch(waiting=False)
            if service.debug and service.facts is not None:
                judge_reply(service.facts[0], reply, whole=False)
            yield reply
            if overdue.expired:
                raise overdue.fault()
