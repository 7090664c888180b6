"""BentoML with a service that gives its input back, one API worker; runs in BentoML's own environment.

``bentoml serve bentoml_echo:Once`` or ``bentoml_echo:Batch``.
"""

from __future__ import annotations

import time

import bentoml

QUIET = {"access": {"enabled": False}}


@bentoml.service(name="once", workers=1, logging=QUIET)
class Once:
    """The input back."""

    @bentoml.api
    def echo(self, data: str) -> str:
        return data


@bentoml.service(name="batch", workers=1, logging=QUIET)
class Batch:
    """The same, in batches, after 5 ms and 0.2 ms for each item."""

    @bentoml.api(batchable=True, max_batch_size=32, max_latency_ms=10_000)
    def echo(self, data: list[str]) -> list[str]:
        time.sleep(0.005 + 0.0002 * len(data))
        return data
