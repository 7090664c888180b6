"""The wrapper of the overload: ten milliseconds of work that is none of this machine's two cores'."""

from __future__ import annotations

import time

from athena import Reply, Request, Wrapper, hookimpl

__all__ = ["Busy"]


class Busy(Wrapper):
    """Takes 10 ms, and gives back what it was given."""

    @hookimpl
    def athena_once_exec(self, request: Request) -> Reply:
        time.sleep(0.01)
        return Reply(request.parts)
