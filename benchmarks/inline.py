"""An executor that answers where it is asked: what is left is what the kernel itself does for a call."""

from __future__ import annotations

from collections.abc import Callable

from athena.executors.thread import ThreadExecutor, ThreadFactory
from athena.interfaces import Executor, PluginContext
from athena.models import Reply, Request, ServiceSettings


class InlineExecutor(ThreadExecutor):
    """Like that of threads, but the echo is made on the loop: no thread, no wake-up, no hook."""

    def __init__(self, settings: ServiceSettings, context: PluginContext, changed: Callable[[], None]) -> None:
        super().__init__(settings, context.limits, changed)

    async def once(self, request: Request) -> Reply:
        return Reply(request.parts)


class InlineFactory(ThreadFactory):
    """The plugin ``executors.inline``."""

    def create(
        self, settings: ServiceSettings, section: object, context: PluginContext, changed: Callable[[], None]
    ) -> Executor:
        return InlineExecutor(settings, context, changed)
