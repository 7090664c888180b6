"""What an operator may ask of a running kernel, asked over its socket."""

from __future__ import annotations

import asyncio
import logging
import os
from pathlib import Path
from typing import Any

import pytest

import athena
from athena import Request
from athena.control import ask, found
from athena.errors import AthenaError
from athena.models import Document
from athena.testing.bounded import eventually

from .players import Echo

WAITING = Request("", params={"wait": "1"})


def kernel(path: Path | str, more: str = "", **options: Any) -> Any:
    text = f'[kernel]\nname = "here"\ncontrol = "{path}"\n{more}'
    return athena.start(Document(text, "1", "site.toml"), **{"wrappers": {"echo": Echo()}, **options})


async def asked(path: Path | str, operation: str, **arguments: object) -> Any:
    return await asyncio.wait_for(asyncio.to_thread(ask, path, operation, **arguments), 10)


async def test_status_tells_of_the_kernel_its_configuration_its_services_and_their_workers(tmp_path: Path) -> None:
    echo = Echo()
    async with kernel(tmp_path / "s", "[services.echo]\nthreads = 2\nqueue = 3\n", wrappers={"echo": echo}) as running:
        calls = [asyncio.create_task(running.once("echo", WAITING)) for _ in range(3)]
        session = await running.open("echo")
        await eventually(echo.called.is_set, "a call began")
        told = await asked(tmp_path / "s", "status")
        assert (told["name"], told["pid"], told["state"]) == ("here", os.getpid(), "serving")
        assert told["uptime"] > 0.0
        assert (told["in_flight"], told["sessions"]) == (3, 1)
        assert told["config"]["generation"] == 1
        assert len(told["config"]["hash"]) == 64
        (service,) = told["services"]
        assert (service["name"], service["ready"], service["inflight"], service["queue"]) == ("echo", True, 2, 1)
        assert service["sessions"] == 1
        assert service["limits"] == {"max_concurrency": 2, "queue": 3, "max_sessions": 1024, "deadline": None}
        await session.close()
        echo.release.set()
        await asyncio.gather(*calls)


async def test_the_workers_of_a_process_service_are_told_one_by_one(tmp_path: Path) -> None:
    (tmp_path / "w.py").write_text(
        "from athena import Reply, Wrapper, hookimpl\n"
        "class Said(Wrapper):\n"
        "    @hookimpl\n"
        "    def athena_once_exec(self, request):\n"
        "        return Reply(request.parts)\n"
    )
    text = f'[services.w]\nwrapper = "{tmp_path}/w.py"\nworkers = 2\n'
    async with kernel(tmp_path / "s", text, wrappers={}) as running:
        await running.once("w", Request(""))
        (service,) = (await asked(tmp_path / "s", "status"))["services"]
        workers = service["workers"]
        assert [worker["state"] for worker in workers] == ["ready", "ready"]
        assert len({worker["pid"] for worker in workers} - {0, os.getpid()}) == 2
        assert sum(worker["finished"] for worker in workers) == 1
        os.kill(workers[0]["pid"], 9)

        async def replaced() -> bool:
            told = (await asked(tmp_path / "s", "status"))["services"][0]["workers"]
            return [worker["restarts"] for worker in told] == [1, 0] and told[0]["state"] == "ready"

        for _ in range(200):
            if await replaced():
                break
            await asyncio.sleep(0.05)
        assert await replaced()


async def test_metrics_are_what_a_scrape_would_give(tmp_path: Path) -> None:
    async with kernel(tmp_path / "s") as running:
        await running.once("echo", Request(""))
        text = await asked(tmp_path / "s", "metrics")
        assert 'athena_requests_total{service="echo",transport="kernel",fault="OK"} 1.0' in text.splitlines()
        assert "athena_config_generation 1.0" in text.splitlines()


async def test_drain_begins_at_once_and_the_end_is_when_the_kernel_has_stopped(tmp_path: Path) -> None:
    echo = Echo()
    async with kernel(tmp_path / "s", wrappers={"echo": echo}) as running:
        call = asyncio.create_task(running.once("echo", WAITING))
        await eventually(echo.called.is_set, "the call began")
        assert (await asked(tmp_path / "s", "drain"))["in_flight"] == 1
        assert (await asked(tmp_path / "s", "status"))["state"] == "draining"
        assert not call.done()
        echo.release.set()
        await asyncio.wait_for(call, 10)
        await asyncio.wait_for(running.wait(), 10)
        assert not (tmp_path / "s").exists()


async def test_a_reload_that_is_refused_is_counted_and_changes_nothing(tmp_path: Path) -> None:
    async with kernel(tmp_path / "s"):
        before = (await asked(tmp_path / "s", "status"))["config"]
        with pytest.raises(AthenaError, match="list of names"):
            await asked(tmp_path / "s", "reload", swap="echo")
        assert (await asked(tmp_path / "s", "status"))["config"] == before


async def test_auto_is_for_programs_that_are_operated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    async with kernel("auto"):
        assert found() == []
    async with kernel("off", operated=True):
        assert found() == []
    async with kernel("auto", operated=True):
        (path,) = found()
        assert (await asked(path, "status"))["name"] == "here"
    assert found() == []
    (tmp_path / "athena").chmod(0o755)
    with caplog.at_level(logging.WARNING):
        async with kernel("auto", operated=True):
            assert "no control socket" in caplog.text


async def test_a_socket_that_was_asked_for_by_name_and_cannot_be_had_refuses_the_start(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="cannot be bound"):
        async with kernel(tmp_path / "nowhere" / "s"):
            pass
