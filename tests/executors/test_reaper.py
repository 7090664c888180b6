"""The reaper: a worker that does not let go by deadline and grace is retired, then killed, and no other is."""

from __future__ import annotations

import asyncio
import time

from athena.executors.reaper import Reaper
from athena.testing.bounded import eventually

from .fakes import FakeWorker, call, pool


async def test_a_worker_whose_hook_outlives_deadline_and_grace_gets_nothing_more_and_is_killed() -> None:
    there, (worker, other) = pool(workers=2, threads=1, grace=0.05)
    late = call(there, within=0.02)
    there.abandon(late)
    await eventually(lambda: worker.killed != "", "it was killed")
    assert "deadline" in worker.killed
    worker.busy = 0
    assert call(there) in other.peer.entries


async def test_an_answer_in_time_takes_the_death_sentence_back() -> None:
    there, (worker,) = pool(threads=1, grace=0.1)
    late = call(there, within=0.02)
    there.abandon(late)
    worker.peer.answer(0)
    await asyncio.sleep(0.2)
    assert worker.killed == ""


async def test_what_has_no_deadline_gets_patience_and_the_grace() -> None:
    retired: list[object] = []
    reaper = Reaper(0.02, 0.05, retired.append)
    worker = FakeWorker()
    began = asyncio.get_running_loop().time()
    reaper.sentence("entry", worker, None)  # type: ignore[arg-type]
    # A second sentence for the same entry does not put the first one off.
    reaper.sentence("entry", worker, time.monotonic() + 60)  # type: ignore[arg-type]
    await eventually(lambda: worker.killed != "", "it was killed")
    assert asyncio.get_running_loop().time() - began > 0.06
    assert retired == [worker]
