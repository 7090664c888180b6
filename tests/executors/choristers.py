"""A wrapper whose sessions' writes come as lists, for worker processes."""

from __future__ import annotations

import time
from collections.abc import Sequence

from athena import Wrapper, hookimpl
from athena.models import Part, Reply, Request, SessionContext


class Choristers(Wrapper):
    """Answers each write with the size of its list."""

    @hookimpl
    def athena_session_create(self, context: SessionContext) -> str:
        return context.sid

    @hookimpl
    def athena_batch_exec(self, requests: Sequence[Request]) -> list[Reply]:
        time.sleep(max(float(request.params.get("seconds", 0)) for request in requests))
        return [Reply((Part.from_text("size", str(len(requests))),)) for _ in requests]
