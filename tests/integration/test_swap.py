"""A version is swapped under load: no call fails, sessions end where they began, and bad ones change nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from athena.errors import ServiceError, SettingsError
from athena.interfaces import Session
from athena.models import Reply, Stage
from athena.testing.bounded import eventually

from .stand import WIRES, Stand, piece, running, wrapper

CALLERS, SESSIONS = 24, 20
TOML = """\
[kernel]
control = "control"
lame_duck = 0.0
watch = false
[services.v]
wrapper = "one.py"
executor = "EXECUTOR"
workers = 2
threads = 4
queue = 256
"""
BAD = (
    "[services.v\n", "", "x", "\x00", "[services.v]\n", '[services.v]\nwrapper = ""\n', "[[services]]\n",
    '[services.v]\nwrapper = "nowhere.py"\n', '[services.v]\nwrapper = "broken.py"\n',
    '[services.v]\nwrapper = "one.py"\nworkers = 0\n', '[services.v]\nwrapper = "one.py"\nworkers = "2"\n',
    '[services.v]\nwrapper = "one.py"\nwrokers = 2\n', '[services.v]\nwrapper = "one.py"\nexecutor = "nonesuch"\n',
    '[services.v]\nwrapper = "one.py"\nguards = ["nobody"]\n', '[services.v]\nwrapper = "one.py"\ndeadline = 1e9\n',
    '[services.v]\nwrapper = "one.py"\n[services.v]\n', '[services.v]\nwrapper = "one.py"\n[guards.nonesuch]\n',
    '[services.v]\nwrapper = "one.py"\n[transprots.http]\n', '[services.v]\nwrapper = "one.py"\npython = "/nowhere"\n',
    "a = " + "[" * 5000, "# " + "x" * 1_100_000, 'x = "', "a.b = 1\na = 2\n", "[kernel]\nname = 1\n",
)  # fmt: skip
"""Configurations that are refused whatever they are put into; the others below are refused for what runs already."""


class Load:
    """Calls without pause, over all WIRES."""

    def __init__(self, stand: Stand) -> None:
        self.answers: list[str] = []
        self.failed: list[ServiceError] = []
        self._stand = stand
        self._over = False
        self._callers = [asyncio.create_task(self._caller(number)) for number in range(CALLERS)]

    async def _caller(self, number: int) -> None:
        while not self._over:
            outcome = await self._stand.call(number, seconds="0.01")
            if isinstance(outcome, Reply):
                self.answers.append(outcome.part("said").text)
            else:
                self.failed.append(outcome)

    async def more(self, count: int = 200) -> None:
        """Until so many more have been answered."""
        wanted = len(self.answers) + count
        await eventually(lambda: len(self.answers) >= wanted, "the load goes on", 30)

    async def end(self) -> None:
        self._over = True
        await asyncio.wait_for(asyncio.gather(*self._callers), 30)


async def said(session: Session, text: str, stage: Stage = Stage.CONTINUE) -> str:
    await session.write(piece(text, stage))
    return (await asyncio.wait_for(session.read(), 20)).part("said").text


def write(folder: Path, text: str) -> None:
    (folder / "aiges.toml").write_text(text)


async def opened(stand: Stand) -> list[Session]:
    return [await stand.clients[number % 3].open("v") for number in range(SESSIONS)]


async def only_the_new_ones_are_left(stand: Stand, count: int) -> None:
    workers = []
    for _ in range(200):
        workers = (await stand.ask("status"))["services"][0]["workers"]
        if not [worker for worker in workers if worker["state"] == "draining"]:
            break
        await asyncio.sleep(0.05)
    assert [worker["state"] for worker in workers] == ["ready"] * count


async def swaps(stand: Stand, load: Load, folder: Path, text: str) -> None:
    """Another wrapper, new code under its name, and one that does not come up; sessions of all that had begun."""
    await load.more()
    old = await opened(stand)
    assert {await said(session, "a") for session in old} == {"1 a"}
    write(folder, text.replace("one.py", "two.py") + WIRES)
    told = await stand.ask("reload")
    assert "services.v: new workers have taken over; sessions end where they began" in told["changed"]
    await load.more()
    assert set(load.answers[-50:]) == {"2"}
    new = await opened(stand)
    assert {await said(session, "b") for session in new} == {"2 b"}
    assert {await said(session, "b") for session in old} == {"1 b"}
    wrapper(folder / "two.py", "2.1")
    await stand.ask("reload", swap=["v"])
    await load.more()
    assert set(load.answers[-50:]) == {"2.1"}
    before = (await stand.ask("status"))["config"]
    write(folder, text.replace("one.py", "broken.py") + WIRES)
    with pytest.raises(SettingsError, match=r"aiges\.toml:6: .*the model of version 3 is broken"):
        await stand.ask("reload")
    await load.more()
    assert (await stand.ask("status"))["config"] == {**before, "refused": 1}
    assert {await said(session, "z", Stage.END) for session in old} == {"1 z"}
    assert {await said(session, "z", Stage.END) for session in new} == {"2 z"}
    for session in (*old, *new):
        await session.close()


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.parametrize("executor", ["process", "thread"])
async def test_a_version_is_swapped_under_load_and_one_that_does_not_come_up_is_rolled_back(
    executor: str, tmp_path: Path
) -> None:
    text = TOML.replace("EXECUTOR", executor)
    wrapper(tmp_path / "one.py", "1")
    wrapper(tmp_path / "two.py", "2")
    wrapper(tmp_path / "broken.py", "3", "raise RuntimeError('the model of version 3 is broken')")
    async with running(tmp_path, text) as stand:
        load = Load(stand)
        await swaps(stand, load, tmp_path, text)
        await load.end()
        await only_the_new_ones_are_left(stand, 2 if executor == "process" else 0)
        stand.process.terminate()
        assert (await stand.ended(20))[0] == 0
    print(f"{executor}: {len(load.answers)} answered, {len(load.failed)} failed")
    assert load.failed == []
    assert len(load.answers) >= 800


@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_thirty_bad_reloads_leave_what_runs_as_it_was(tmp_path: Path) -> None:
    text = TOML.replace("EXECUTOR", "process")
    good = text + WIRES
    wrapper(tmp_path / "one.py", "1")
    wrapper(tmp_path / "broken.py", "3", "raise RuntimeError('broken')")
    bad = [bad + WIRES if bad.startswith("[services.v]\nwrapper") else bad for bad in BAD]
    bad += [
        good.replace('name = "', 'name = "').replace("[kernel]", '[kernel]\nname = "other"'),
        good.replace("[transports.zmq]\nport = 0\n", ""),
        good.replace("[transports.http]\nport = 0", "[transports.http]\nport = 1"),
        good + "[kernel.limits]\nmax_message = 4096\n",
        good.replace('control = "control"', 'control = "elsewhere"'),
        good[: len(good) // 2],
    ]
    assert len(bad) == 30
    async with running(tmp_path, text) as stand:
        load = Load(stand)
        before = (await stand.ask("status"))["config"]
        for number, document in enumerate(bad, 1):
            (tmp_path / "aiges.toml").write_bytes(document.encode())
            with pytest.raises(SettingsError) as caught:
                await stand.ask("reload")
            assert "aiges.toml" in str(caught.value), document[:80]
            config = (await stand.ask("status"))["config"]
            assert (config["hash"], config["generation"]) == (before["hash"], before["generation"])
            assert config["refused"] == number
        (tmp_path / "aiges.toml").unlink()
        with pytest.raises(SettingsError, match="no such file"):
            await stand.ask("reload")
        assert "athena_config_reload_failed_total 31" in await stand.ask("metrics")
        await load.more(50)
        await load.end()
        assert load.failed == []
        assert set(load.answers) == {"1"}
        write(tmp_path, good.replace("queue = 256", "queue = 128"))
        assert (await stand.ask("reload"))["changed"] == ["services.v.queue: 256 → 128"]
        stand.process.terminate()
        assert (await stand.ended(20))[0] == 0
        print(f"{len(load.answers)} answered, {len(load.failed)} failed, {len(bad) + 1} refused")
