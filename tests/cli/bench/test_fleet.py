"""Processes of a load: ready together, told together, and none outlives the block."""

from __future__ import annotations

import asyncio
from typing import Any

import psutil
import pytest

from athena.cli.bench.fleet import fleet
from athena.cli.bench.plan import Plan, Source
from athena.errors import AthenaError


def plan(endpoint: str, **more: Any) -> Plan:  # Any: fields of a Plan
    return Plan(endpoint, "echo", sources=(Source("a", text="x"),), processes=2, concurrency=2, **more)


def children() -> set[int]:
    return {child.pid for child in psutil.Process().children() if "athena.cli.bench.client" in command(child)}


def command(child: psutil.Process) -> list[str]:
    """Its argv; nothing of one that has ended meanwhile, whoever started it."""
    try:
        return child.cmdline()
    except (psutil.ZombieProcess, psutil.NoSuchProcess):
        return []


async def test_both_say_what_they_saw_and_are_gone(endpoints: dict[str, str]) -> None:
    said: list[tuple[int, str, int]] = []
    async with fleet(plan(endpoints["zmq"], requests=10)) as made:
        assert len(children()) == 2
        made.go()
        await asyncio.wait_for(
            made.lines(lambda number, line: said.append((number, line["kind"], line["answered"]))), 20
        )
    assert children() == set()
    assert sorted(number for number, kind, _ in said if kind == "last") == [0, 1]
    assert sum(answered for *_, answered in said) == 10


async def test_stop_ends_them_early(endpoints: dict[str, str]) -> None:
    said: list[str] = []
    async with fleet(plan(endpoints["grpc"], duration=600.0)) as made:
        made.go()
        await asyncio.sleep(0.5)
        made.stop()
        await asyncio.wait_for(made.lines(lambda _, line: said.append(line["kind"])), 20)
    assert said.count("last") == 2


async def test_an_error_in_the_block_leaves_none_behind(endpoints: dict[str, str]) -> None:
    async def stumble() -> None:
        async with fleet(plan(endpoints["grpc"], duration=600.0)) as made:
            made.go()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await stumble()
    assert children() == set()


async def test_a_process_that_cannot_begin_says_why() -> None:
    with pytest.raises(AthenaError, match=r"could not begin: .*gopher is not installed"):
        async with fleet(plan("gopher://x", duration=1.0)):
            pass
    assert children() == set()
