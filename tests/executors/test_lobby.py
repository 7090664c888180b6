"""Where sessions begin: on the worker that has the fewest, or as soon as there is one."""

from __future__ import annotations

import asyncio

from athena.errors import Fault
from athena.link.frames import CLOSED, OPENED, Frame
from athena.testing.bounded import eventually, refused

from .crew import request
from .fakes import FakeWorker, pool


async def test_who_comes_before_the_workers_waits_for_one() -> None:
    there, _ = pool(workers=1)
    (worker,) = there.active
    there.retire(worker)
    opening = asyncio.create_task(there.lobby.open(request()))
    await asyncio.sleep(0)
    assert not opening.done()
    later = FakeWorker()
    there.came(later)
    await eventually(lambda: len(later.sessions) == 1, "it went to the worker that came")
    later.peer.entries[0].take(Frame(OPENED, 1, b"", b""))
    session = await asyncio.wait_for(opening, 5)
    later.peer.entries[0].take(Frame(CLOSED, 1, b"", b""))
    assert later.sessions == set()
    assert later.finished == 1
    await refused(session.read(), Fault.SESSION_CLOSED)


async def test_a_lobby_that_is_closed_refuses_whoever_waits_and_whoever_comes() -> None:
    there, (worker,) = pool()
    there.retire(worker)
    opening = asyncio.create_task(there.lobby.open(request()))
    await asyncio.sleep(0)
    there.close("odd has stopped")
    await refused(opening, Fault.UNAVAILABLE)
    there.came(FakeWorker())
    await refused(there.lobby.open(request()), Fault.UNAVAILABLE)


async def test_sessions_go_to_the_worker_that_has_the_fewest() -> None:
    there, (one, other) = pool(workers=2)
    openings = [asyncio.create_task(there.lobby.open(request())) for _ in range(4)]
    await asyncio.sleep(0)
    assert (len(one.sessions), len(other.sessions)) == (2, 2)
    for opening in openings:
        opening.cancel()
    await asyncio.wait(openings)
    # Creation may have begun: each is closed, and counted until the worker says that it is over.
    assert len(one.peer.given_up) == 2
    assert one.sessions


async def test_a_session_whose_hook_never_lets_it_close_costs_the_worker() -> None:
    there, (worker,) = pool(grace=0.05)
    opening = asyncio.create_task(there.lobby.open(request(within=0.02)))
    await asyncio.sleep(0)
    opening.cancel()
    await eventually(lambda: worker.killed != "", "it was killed")
