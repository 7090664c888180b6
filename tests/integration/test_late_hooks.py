"""A hook that runs on after its caller has gone: it keeps its slot, so never more than allowed run at once."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

import athena
from athena.errors import Fault
from athena.models import Document, Request
from athena.testing.bounded import refused

WRAPPER = """
import threading, time
from pathlib import Path
from athena import Reply, Wrapper, hookimpl

class Slow(Wrapper):
    inside, most = 0, 0
    lock = threading.Lock()

    @hookimpl
    def athena_once_exec(self, request):
        with self.lock:
            type(self).inside += 1
            type(self).most = max(self.most, self.inside)
            Path(__file__).with_name("most").write_text(str(self.most))
        time.sleep(0.4)
        with self.lock:
            type(self).inside -= 1
        return Reply()
"""


@pytest.mark.parametrize("executor", ["thread", "process"])
async def test_never_more_run_at_once_than_max_concurrency_though_every_caller_gives_up(
    executor: str, tmp_path: Path
) -> None:
    (tmp_path / "slow.py").write_text(WRAPPER)
    toml = f"""
        [services.slow]
        wrapper = "./slow.py"
        executor = "{executor}"
        threads = 8
        max_concurrency = 2
        queue = 100
        grace = 30
    """
    async with athena.start(Document(toml, origin=str(tmp_path / "aiges.toml"))) as kernel:

        async def give_up() -> None:
            await refused(kernel.once("slow", Request("", deadline=time.monotonic() + 0.1)), Fault.DEADLINE)

        for _ in range(3):
            await asyncio.gather(*(give_up() for _ in range(4)))
        await asyncio.wait_for(kernel.once("slow", Request("")), 20)
    assert (tmp_path / "most").read_text() == "2"
