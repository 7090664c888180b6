"""Both loops against a server that is only a coroutine: what is sent, when, and what a stall does to the times."""

from __future__ import annotations

import asyncio
import time

from athena.cli.bench.load import Load
from athena.cli.bench.plan import Plan
from athena.cli.bench.recorder import Answered, Recorder

STALL = 0.4


class Server:
    """One at a time; the call of one number holds it for a while."""

    def __init__(self, recorder: Recorder, stalls: int = -1) -> None:
        self.recorder = recorder
        self.stalls = stalls
        self.numbers: list[int] = []
        self.dues: list[float] = []
        self.fails = False
        self._lock = asyncio.Lock()

    async def shot(self, number: int, due: float) -> bool:
        self.numbers.append(number)
        self.dues.append(due)
        sent = time.monotonic()
        self.recorder.began(due, sent, 0)
        try:
            async with self._lock:
                await asyncio.sleep(STALL if number == self.stalls else 0)
        except asyncio.CancelledError:
            self.recorder.failed(due, time.monotonic(), "UNFINISHED", "")
            raise
        if self.fails:
            self.recorder.failed(due, time.monotonic(), "OVERLOADED", "")
            return False
        self.recorder.answered(due, sent, time.monotonic(), Answered(1, 0))
        return True


async def run(plan: Plan, stalls: int = -1, process: int = 0) -> tuple[Server, Recorder]:
    start = time.monotonic()
    recorder = Recorder(start + plan.warmup, start + plan.warmup + (plan.duration or 1e9), open_loop=plan.rate > 0)
    server = Server(recorder, stalls)
    await asyncio.wait_for(Load(plan, process, start, server.shot).run(), 20)
    return server, recorder


async def test_an_open_loop_charges_a_stall_to_all_whom_it_kept_waiting() -> None:
    plan = Plan("x://y", "s", rate=200, duration=1.0)
    server, recorder = await run(plan, stalls=50)
    seen = recorder.taken()
    assert seen.answered == seen.began == 200
    assert server.numbers == list(range(200))
    # 0.4 s at 200/s: eighty calls waited, 0.2 s on average; the p90 of the whole run has to show it.
    assert seen.times["whole"].at(99) > STALL * 0.9
    assert seen.times["whole"].at(80) > STALL * 0.3


async def test_a_closed_loop_hides_the_same_stall_in_one_call() -> None:
    _, recorder = await run(Plan("x://y", "s", concurrency=1, requests=200), stalls=50)
    whole = recorder.taken().times["whole"]
    assert whole.count == 200
    assert whole.most / 1e9 >= STALL * 0.9
    assert whole.at(99) < STALL * 0.5


async def test_lateness_of_the_load_itself_is_part_of_the_time_and_is_told() -> None:
    plan = Plan("x://y", "s", rate=200, duration=0.5, in_flight=1)
    _, recorder = await run(plan, stalls=20)
    times = recorder.taken().times
    # One in flight: the calls behind the stall could not even be sent, and yet their time runs from when they were due.
    assert times["late"].at(99) > STALL * 0.7
    assert times["whole"].at(99) > STALL * 0.7
    assert times["sent"].at(90) < STALL * 0.5


async def test_processes_take_numbers_and_shares_of_their_own() -> None:
    plan = Plan("x://y", "s", concurrency=3, requests=10, processes=2)
    first, second = [(await run(plan, process=process))[0] for process in (0, 1)]
    assert (first.numbers, second.numbers) == ([0, 2, 4, 6, 8], [1, 3, 5, 7, 9])


async def test_the_warm_up_comes_before_the_calls_that_are_counted() -> None:
    plan = Plan("x://y", "s", concurrency=1, requests=5, warmup=0.05)
    server, recorder = await run(plan)
    assert recorder.taken().answered == 5
    assert len(server.numbers) > 5


async def test_an_open_loop_counts_its_requests_too() -> None:
    plan = Plan("x://y", "s", rate=500, requests=20, warmup=0.02)
    server, recorder = await run(plan)
    assert recorder.taken().answered == 20
    assert len(server.numbers) == 30


async def test_callers_come_in_along_the_ramp() -> None:
    plan = Plan("x://y", "s", concurrency=4, ramp=0.4, duration=0.35)
    start = time.monotonic()
    entered: list[float] = []

    async def shot(number: int, due: float) -> bool:
        entered.append(time.monotonic() - start)
        await asyncio.sleep(1)
        return True

    await asyncio.wait_for(Load(plan, 0, start, shot).run(), 20)
    assert len(entered) == 4
    assert all(moment >= caller * 0.1 - 0.005 for caller, moment in enumerate(entered))


async def test_what_does_not_end_is_given_up_after_the_grace() -> None:
    plan = Plan("x://y", "s", rate=100, duration=0.1, grace=0.1)
    _, recorder = await run(plan, stalls=5)
    seen = recorder.taken()
    assert (seen.began, seen.answered, seen.failed) == (10, 5, 5)
    assert seen.faults == {("UNFINISHED", ""): 5}


async def test_stop_ends_both_loops_soon() -> None:
    for plan in (Plan("x://y", "s", rate=100, duration=60), Plan("x://y", "s", concurrency=2, duration=60)):
        recorder = Recorder(time.monotonic(), 1e12, open_loop=False)
        load = Load(plan, 0, time.monotonic(), Server(recorder).shot)
        running = asyncio.create_task(load.run())
        await asyncio.sleep(0.05)
        load.stop()
        await asyncio.wait_for(running, 5)
        assert recorder.flying == 0


async def test_a_caller_that_is_refused_draws_breath() -> None:
    recorder = Recorder(time.monotonic(), 1e12, open_loop=False)
    server = Server(recorder)
    server.fails = True
    plan = Plan("x://y", "s", concurrency=2, duration=0.2)
    await asyncio.wait_for(Load(plan, 0, time.monotonic(), server.shot).run(), 10)
    assert 2 <= recorder.taken().failed <= 42


async def test_a_fault_of_our_own_is_not_swallowed() -> None:
    async def shot(number: int, due: float) -> bool:
        raise RuntimeError("ours")

    load = Load(Plan("x://y", "s", concurrency=1, duration=5), 0, time.monotonic(), shot)
    try:
        await asyncio.wait_for(load.run(), 5)
    except RuntimeError as error:
        assert str(error) == "ours"
    else:
        raise AssertionError("it was swallowed")
