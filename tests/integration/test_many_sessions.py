"""Five thousand sessions open at once on one kernel, on all wires: each hears what it said, and all are freed."""

from __future__ import annotations

import asyncio
import resource
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from attrs import frozen

from athena.client import channel
from athena.interfaces import Channel, Session
from athena.models import Part, Request, Stage
from benchmarks.soak.house import House, housed

# Sessions by wire, and over how many connections; a WebSocket is a connection of its own.
SPREAD = {"http": (1000, 1), "grpc": (2000, 2), "zmq": (2000, 2)}
COUNT = sum(sessions for sessions, _ in SPREAD.values())
AT_ONCE = 32
BOUND = 30.0
KERNEL_KIB = 64.0
"""What an idle session may cost the kernel; a WebSocket's buffers are most of it."""


@frozen
class Talk:
    """A session, and what makes its words its own."""

    session: Session
    number: int

    async def says(self, word: str) -> None:
        said = f"{word} from {self.number}"
        part = Part.from_text("data", said, Stage.CONTINUE)
        await asyncio.wait_for(self.session.write(Request("", parts=(part,))), BOUND)
        reply = await asyncio.wait_for(self.session.read(BOUND), BOUND)
        assert [part.text for part in reply.parts] == [said]


async def each(talks: Sequence[Talk], work: Callable[[Talk], Awaitable[None]]) -> None:
    """Do it with every one, a few at a time."""
    waiting = iter(talks)

    async def some() -> None:
        for talk in waiting:
            await work(talk)

    await asyncio.gather(*(some() for _ in range(AT_ONCE)))


@asynccontextmanager
async def talking(house: House, share: int = 1) -> AsyncIterator[list[Talk]]:
    """Everybody's sessions, open; or a fraction of them."""
    talks: list[Talk] = []

    async def some(client: Channel, numbers: Sequence[int]) -> None:
        for number in numbers:
            session = await asyncio.wait_for(client.open(Request("echo")), BOUND)
            talks.append(Talk(session, number))

    async with AsyncExitStack() as stack:
        for wire, (sessions, connections) in SPREAD.items():
            for _ in range(connections):
                client = channel(house.urls[wire])
                await client.start()
                stack.push_async_callback(client.stop)
                numbers = range(len(talks), len(talks) + sessions // connections // share)
                await asyncio.gather(*(some(client, numbers[start::AT_ONCE]) for start in range(AT_ONCE)))
        yield talks


async def emptied(house: House) -> None:
    until = time.monotonic() + BOUND
    while any((busy := await house.busy()).values()):
        assert time.monotonic() < until, busy
        await asyncio.sleep(0.05)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("executor", ["thread", "process"])
async def test_five_thousand_sessions_are_open_at_once_and_each_hears_its_own_words(executor: str) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 4 * SPREAD["http"][0]
    if hard != resource.RLIM_INFINITY and hard < wanted:
        pytest.skip(f"ulimit -n is {hard} at most; {wanted} are needed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    try:
        async with housed(executor, f"services.echo.max_sessions={COUNT}") as house:
            async with talking(house, 50) as talks:  # so that what is made for the first session is there
                await each(talks, lambda talk: talk.says("warm"))
            await emptied(house)
            await asyncio.sleep(1.0)  # the last connections close
            await play(house)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def play(house: House) -> None:
    before = house.held()
    async with talking(house) as talks:
        assert len(talks) == COUNT
        assert (await house.busy())["athena_sessions"] == COUNT
        await each(talks, lambda talk: talk.says("hello"))
        now = house.held()
        kib = (now.rss["kernel"] - before.rss["kernel"]) * 1024 / COUNT
        workers = (now.rss["workers"] - before.rss["workers"]) * 1024 / COUNT
        print(f"{house.executor}: {kib:.1f} KiB of the kernel and {workers:.1f} KiB of its workers a session")
        assert kib < KERNEL_KIB
        # They are all still there, the first as well as the last.
        await each(talks[::10], lambda talk: talk.says("still here"))
        await each(talks, lambda talk: talk.session.close())
        await emptied(house)
    # Two files more are the libraries' own: their pollers keep what a thousand connections once needed.
    after = await house.settled(before)
    assert abs(after.fds - before.fds) <= 2
    assert after.more_than(before).keys() <= {"fds"}
