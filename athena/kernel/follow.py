"""Takes every later configuration of the source as soon as there is one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable

from athena.errors import AthenaError, SettingsError
from athena.interfaces import ConfigSource
from athena.models import Document

__all__ = ["follow"]

log = logging.getLogger("athena.kernel")

AGAIN = 5.0
"""Seconds until a source whose watch has failed is watched again."""


async def follow(
    source: ConfigSource, wanted: Callable[[], bool], reload: Callable[[Document], Awaitable[Iterable[str]]]
) -> None:
    """Watch until cancelled.

    Args:
        wanted: Whether a change is to be taken now.
        reload: Takes one; what it raises is a refusal, and the next one is waited for.
    """
    while True:
        try:
            async for document in source.watch():
                if not wanted():
                    continue
                try:
                    await reload(document)
                except SettingsError:
                    pass  # the kernel has said so
                except AthenaError as error:
                    log.warning("a new configuration could not be taken, the running one stays: %s", error)
            return
        except Exception:
            log.exception("the configuration's source cannot be watched; again in %g s", AGAIN)
            await asyncio.sleep(AGAIN)
