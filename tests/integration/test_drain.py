"""SIGTERM under load on three transports: nothing that was accepted is lost, and the exit keeps its time."""

from __future__ import annotations

import asyncio
import signal
import time
from pathlib import Path

import pytest

from athena.errors import Fault, ServiceError
from athena.interfaces import Session
from athena.models import Reply, Stage
from athena.testing.bounded import eventually

from .stand import Stand, piece, running, wrapper

SESSIONS, CALLERS, ACCEPTED = 20, 128, 2000
DRAIN, LAST = 12.0, 2.0


def toml(executor: str, drain: float = DRAIN) -> str:
    return (
        f'[kernel]\ncontrol = "control"\ndrain_timeout = {drain}\nlame_duck = 1.0\n'
        f'[services.v]\nwrapper = "v.py"\nexecutor = "{executor}"\nworkers = 2\nthreads = 64\nqueue = 256\n'
        f'[services.hung]\nwrapper = "v.py"\nexecutor = "{executor}"\nthreads = 4\n'
    )


class Load:
    """Calls without pause, over all wires, until the server takes no more; every outcome is kept."""

    def __init__(self, stand: Stand) -> None:
        self.stand = stand
        self.outcomes: list[Reply | ServiceError] = []
        self.in_flight = 0
        self.over = False

    async def caller(self, number: int) -> None:
        while not self.over:
            self.in_flight += 1
            # Long enough for 64 to be in flight at any moment, short enough for thousands.
            outcome = await self.stand.call(number, seconds="0.3" if number % 4 else "0.02")
            self.in_flight -= 1
            self.outcomes.append(outcome)
            if isinstance(outcome, ServiceError):
                return  # it is refused: a balancer would go elsewhere now


async def talk(session: Session, number: int) -> None:
    """A session that goes on through the drain, and ends by itself in good order."""
    for turn in range(12):
        await session.write(piece(f"{number}.{turn}"))
        reply = await asyncio.wait_for(session.read(), 20)
        assert reply.part("said").text == f"1 {number}.{turn}"
        await asyncio.sleep(0.25)
    await session.write(piece("bye", Stage.END))
    last = await asyncio.wait_for(session.read(), 20)
    assert (last.part("said").text, last.stage) == ("1 bye", Stage.END)
    await session.close()


def refused_well(error: ServiceError) -> bool:
    """A late one: told so, safe to send again, never begun."""
    return error.fault is Fault.UNAVAILABLE and error.executed.value == "no"


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize("executor", ["process", "thread"])
async def test_sigterm_under_load_loses_nothing_that_was_accepted(executor: str, tmp_path: Path) -> None:
    wrapper(tmp_path / "v.py", "1")
    async with running(tmp_path, toml(executor)) as stand:
        load = Load(stand)
        callers = [asyncio.create_task(load.caller(number)) for number in range(CALLERS)]
        await eventually(lambda: len(load.outcomes) >= ACCEPTED, "enough were accepted", 60)
        sessions = [await stand.clients[number % 3].open("v") for number in range(SESSIONS)]
        talks = [asyncio.create_task(talk(session, number)) for number, session in enumerate(sessions)]
        await asyncio.sleep(0.3)
        status = await stand.ask("status")
        assert status["in_flight"] >= 64, status["in_flight"]
        assert status["sessions"] == SESSIONS
        stand.process.send_signal(signal.SIGTERM)
        code, seconds = await stand.ended(DRAIN + LAST + 5)
        load.over = True
        await asyncio.wait_for(asyncio.gather(*callers), 20)
        await asyncio.wait_for(asyncio.gather(*talks), 20)
    answered = [outcome for outcome in load.outcomes if isinstance(outcome, Reply)]
    late = [outcome for outcome in load.outcomes if isinstance(outcome, ServiceError)]
    print(
        f"{executor}: {len(answered)} answered, {len(late)} late, {SESSIONS} sessions, exit {code} in {seconds:.2f} s"
    )
    assert len(answered) >= ACCEPTED
    assert [error for error in late if not refused_well(error)] == []
    assert (code, seconds < DRAIN + LAST) == (0, True)
    assert "did not end in time" not in stand.log()
    assert "Traceback" not in stand.log()


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize("executor", ["process", "thread"])
async def test_a_hung_wrapper_costs_its_own_callers_their_answer_and_the_exit_nothing(
    executor: str, tmp_path: Path
) -> None:
    drain = 4.0
    wrapper(tmp_path / "v.py", "1")
    async with running(tmp_path, toml(executor, drain)) as stand:
        hung = [asyncio.create_task(stand.call(number, "hung", do="hang")) for number in range(3)]
        load = Load(stand)
        callers = [asyncio.create_task(load.caller(number)) for number in range(CALLERS)]
        await eventually(lambda: len(load.outcomes) >= ACCEPTED, "enough were accepted", 60)
        sessions = [await stand.clients[number % 3].open("v") for number in range(SESSIONS)]
        idle = [asyncio.create_task(session.read()) for session in sessions]
        stand.process.send_signal(signal.SIGTERM)
        code, seconds = await stand.ended(drain + LAST + 5)
        load.over = True
        await asyncio.wait_for(asyncio.gather(*callers), 20)
        told = await asyncio.wait_for(asyncio.gather(*hung), 20)
        ends = await asyncio.wait_for(asyncio.gather(*idle, return_exceptions=True), 20)
    late = [outcome for outcome in load.outcomes if isinstance(outcome, ServiceError)]
    print(f"{executor}: exit {code} in {seconds:.2f} s; hung: {told}; sessions: {set(map(repr, ends))}")
    assert [error for error in late if not refused_well(error)] == []
    # Each of them gets exactly one answer: that the server goes, and that nobody knows how far their call had come.
    for outcome in told:
        assert isinstance(outcome, ServiceError)
        assert (outcome.fault, outcome.executed.value) == (Fault.UNAVAILABLE, "unknown")
    assert [end for end in ends if not (isinstance(end, ServiceError) and end.fault is Fault.UNAVAILABLE)] == []
    assert (code, seconds < drain + LAST) == (0, True)


@pytest.mark.timeout(60)
async def test_a_second_signal_cancels_what_still_runs_and_exits_with_0(tmp_path: Path) -> None:
    wrapper(tmp_path / "v.py", "1")
    async with running(tmp_path, toml("thread", 30.0)) as stand:
        hung = [asyncio.create_task(stand.call(number, "hung", do="hang")) for number in range(3)]
        await asyncio.sleep(0.5)
        stand.process.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.3)
        stand.process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        assert (await stand.ended(10))[0] == 0
        assert time.monotonic() - began < 4.0
        for outcome in await asyncio.wait_for(asyncio.gather(*hung), 10):
            assert isinstance(outcome, ServiceError)
            assert outcome.fault is Fault.UNAVAILABLE


@pytest.mark.timeout(60)
async def test_readiness_goes_first_and_new_work_is_taken_meanwhile(tmp_path: Path) -> None:
    wrapper(tmp_path / "v.py", "1")
    async with running(tmp_path, toml("thread").replace("lame_duck = 1.0", "lame_duck = 3.0")) as stand:
        stand.process.send_signal(signal.SIGTERM)
        while (await stand.ask("status"))["state"] != "draining":  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        service = (await stand.ask("status"))["services"][0]
        assert (service["ready"], service["reason"]) == (False, "the server is shutting down")
        for number in range(3):
            reply = await stand.call(number)
            assert isinstance(reply, Reply), reply
        assert (await stand.ended(20))[0] == 0
