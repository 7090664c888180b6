"""A bound for every row of a contract: a plugin that hangs fails its row, and the rows after it still run."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import ParamSpec, TypeVar

from athena.errors import Fault, ServiceError

__all__ = ["bounded", "eventually", "refused"]

P = ParamSpec("P")
T = TypeVar("T")
BOUND = 30.0


def bounded(test: Callable[P, Coroutine[None, None, None]]) -> Callable[P, Coroutine[None, None, None]]:
    """Fail a test that is not through after 30 s."""

    @functools.wraps(test)
    async def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            await asyncio.wait_for(test(*args, **kwargs), BOUND)
        except asyncio.TimeoutError as error:
            raise AssertionError(f"{test.__name__} hangs: it is not through after {BOUND:.0f} s") from error

    return run


async def refused(call: Awaitable[object], *faults: Fault, within: float = 10.0) -> ServiceError:
    """The ServiceError that a call must end with.

    Args:
        call: What is awaited.
        faults: The faults it may be; none given means any.
        within: Seconds it may take.

    Raises:
        AssertionError: It ended well, with another fault or another exception, or not in time.
    """
    wanted = " or ".join(fault.name for fault in faults) or "a ServiceError"
    try:
        got = await asyncio.wait_for(_settled(call), within)
    except asyncio.TimeoutError:
        raise AssertionError(f"expected {wanted}; there was no answer within {within} s") from None
    if not isinstance(got, ServiceError):
        raise AssertionError(f"expected {wanted}; it ended with {got!r}") from (
            got if isinstance(got, BaseException) else None
        )
    if faults and got.fault not in faults:
        raise AssertionError(f"expected {wanted}; got {got!r}") from got
    return got


async def eventually(holds: Callable[[], bool], what: str, within: float = 10.0) -> None:
    """Wait until something holds.

    Raises:
        AssertionError: It did not, ``within`` seconds; ``what`` says what it was.
    """
    until = time.monotonic() + within
    while not holds():
        if time.monotonic() > until:
            raise AssertionError(f"within {within} s it did not come about that {what}")
        await asyncio.sleep(0.02)


async def _settled(call: Awaitable[object]) -> object:
    try:
        return await call
    except asyncio.CancelledError:
        raise
    except Exception as error:
        return error
