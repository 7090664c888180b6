"""A wrapper's main thread in this process: lifecycle hooks run on it, one at a time, and the loop waits for them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from athena.errors import PluginBroken

from .lanes import Lanes
from .mailbox import Mailbox

__all__ = ["Solo"]

T = TypeVar("T")


class Solo:
    """One thread, awaited from the loop."""

    def __init__(self, service: str, mailbox: Mailbox) -> None:
        self._service = service
        self._mailbox = mailbox
        self._lane = Lanes(f"athena-{service}-main", 1)

    def start(self) -> None:
        """Start the thread."""
        self._lane.start()

    def stop(self) -> None:
        """Let the thread end when what runs on it has returned; nobody waits for that."""
        self._lane.stop(0.0)

    async def run(self, action: Callable[[], T]) -> T:
        """Run there, and bring back what it returned or raised, but never an exit."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()

        def job() -> None:
            try:
                result = action()
            except Exception as error:
                self._mailbox.post(_reject, future, error)
            except BaseException as error:
                # SystemExit and its kin would end the loop if they came out of a future.
                text = f"services.{self._service}: loading its wrapper raised {type(error).__name__}: {error}"
                self._mailbox.post(_reject, future, PluginBroken(text))
            else:
                self._mailbox.post(_resolve, future, result)

        self._lane.submit(job)
        return await future

    def post(self, action: Callable[[], None]) -> None:
        """Run there after what is there already; nobody waits, and what it raises is logged."""
        self._lane.submit(action)


def _resolve(future: asyncio.Future[T], result: T) -> None:
    if not future.done():
        future.set_result(result)


def _reject(future: asyncio.Future[T], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
