"""The batch half of the probes."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

from athena.errors import ServiceError
from athena.models import Part, Reply, Request
from athena.specs import hookimpl
from athena.testing.misbehave import misbehave

from .lifecycle import Lifecycle, refusal

__all__ = ["BatchProbe"]

TICK, PATIENCE = 0.002, 20.0


class BatchProbe(Lifecycle):
    """Batch alone: the size of each list is an attribute of its replies."""

    @hookimpl
    def athena_batch_exec(self, requests: Sequence[Request]) -> list[Reply | ServiceError]:
        """Echo each; ``bad`` of the first request makes the whole batch go wrong, its ``wait_for`` waits for a file."""
        for request in requests:
            self.took("once", request.params, request.sid)
        first = requests[0].params
        until = time.monotonic() + PATIENCE
        while "wait_for" in first and not os.path.exists(first["wait_for"]) and time.monotonic() < until:
            time.sleep(TICK)
        if "bad" in first:
            wrong: list[Reply | ServiceError] = misbehave(first["bad"])
            return wrong
        if "short" in first:
            return []
        return [self._one(request, len(requests)) for request in requests]

    def _one(self, request: Request, size: int) -> Reply | ServiceError:
        if "fault" in request.params:
            return refusal(request.params)
        parts = tuple(Part(p.key, p.tobytes(), p.kind, p.stage, p.seq, p.attributes) for p in request.parts)
        return Reply(parts, attributes={"batch": str(size)})
