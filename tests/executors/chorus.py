"""A wrapper that takes lists, for worker processes: what it does, its requests say."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from athena import Wrapper, hookimpl
from athena.errors import Fault, ServiceError
from athena.models import Part, Reply, Request


class Chorus(Wrapper):
    """Answers each with the list it was in."""

    def __init__(self) -> None:
        self.running = 0
        self.most = 0
        self.lock = threading.Lock()

    @hookimpl
    def athena_batch_exec(self, requests: Sequence[Request]) -> list[Reply | ServiceError]:
        with self.lock:
            self.running += 1
            self.most = max(self.most, self.running)
        try:
            return self.sung(requests)
        finally:
            with self.lock:
                self.running -= 1

    def sung(self, requests: Sequence[Request]) -> list[Reply | ServiceError]:
        said = [request.params for request in requests]
        if any("die" in params for params in said):
            os._exit(9)
        if any("raise" in params for params in said):
            raise ValueError("no")
        for params in said:
            if "gate" in params:
                Path(params["gate"]).with_suffix(".began").touch()
                while not Path(params["gate"]).exists():
                    time.sleep(0.002)
        until = time.monotonic() + max(float(params.get("seconds", 0)) for params in said)
        while time.monotonic() < until and not any(
            request.cancelled for request in requests if "poll" in request.params
        ):
            time.sleep(0.005)
        together = ",".join(params["n"] for params in said)
        return [self.one(request, together) for request in requests]

    def one(self, request: Request, together: str) -> Reply | ServiceError:
        if "bad" in request.params:
            return ServiceError(Fault.BAD_REQUEST, "not this one")
        facts = {"together": together, "pid": str(os.getpid()), "most": str(self.most)}
        facts["cancelled"] = str(request.cancelled)
        parts = tuple(Part(part.key, part.tobytes(), part.kind) for part in request.parts)
        return Reply((*parts, *(Part.from_text(key, value) for key, value in facts.items())))
