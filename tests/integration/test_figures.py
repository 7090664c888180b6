"""Known traffic gives exact figures and one line a call, over three wires, also when a worker is killed on the way."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

import athena
from athena.errors import Fault, ServiceError
from athena.models import Part, Reply, Request, Stage
from athena.testing.bounded import eventually, refused
from athena.testing.journal import Journal

from .served import Served, served

GOOD, BAD, LOST = 20, 3, 4
KEYS = f"threads = {LOST}\nqueue = 64\n[log]\naccess = true\n"
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


async def scraped(server: Served) -> Samples:
    async with server.http.get("/metrics") as response:
        text = await response.text()
    families = text_string_to_metric_families(text)
    return {(each.name, frozenset(each.labels.items())): each.value for family in families for each in family.samples}


def requests(samples: Samples) -> Counter[tuple[str, str]]:
    """By transport and fault."""
    found: Counter[tuple[str, str]] = Counter()
    for (name, labels), value in samples.items():
        if name == "athena_requests_total":
            told = dict(labels)
            assert told["service"] == "held"
            found[told["transport"], told["fault"]] = int(value)
    return found


def expected(wires: Sequence[str] = ("http", "grpc", "zmq")) -> Counter[tuple[str, str]]:
    """What the traffic below comes to."""
    found: Counter[tuple[str, str]] = Counter()
    for wire in wires:
        found[wire, "OK"] = 2 * (GOOD + 2)
        found[wire, "TOO_LARGE"] = 2 * BAD
    for wire, _ in zip([*wires] * LOST, range(LOST), strict=False):
        found[wire, "WORKER_LOST"] += 1
    return found


async def traffic(client: athena.Client) -> None:
    """A known number of each outcome."""
    for number in range(GOOD):
        await client.once("held", Request("", parts=(Part("a", str(number).encode()),)))
    for _ in range(BAD):
        await refused(client.once("held", Request("", params={"do": "refuse", "fault": "TOO_LARGE"})), Fault.TOO_LARGE)
    async for _ in client.stream("held", Request("", params={"do": "count", "n": "3"})):
        pass
    session = await client.open("held")
    await session.write(Request("", parts=(Part.from_text("said", "1", Stage.END),)))
    while (await asyncio.wait_for(session.read(), 20)).stage is not Stage.END:
        pass
    await session.close()


async def lost(clients: list[athena.Client], folder: Path) -> list[Reply | BaseException]:
    """Calls that are in a worker when it is killed."""
    gate = folder / "gate"
    os.mkfifo(gate)
    calls = [
        asyncio.create_task(client.once("held", Request("", params={"do": "held", "gate": str(gate), "tag": "lost"})))
        for client, _ in zip(clients * LOST, range(LOST), strict=False)
    ]
    journal = Journal(folder / "journal")
    await eventually(lambda: len(journal.find("once", "lost")) == LOST, "all calls are in the worker", within=20)
    os.kill(int(str(journal.find("once", "lost")[0]["pid"])), signal.SIGKILL)
    return await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), 20)


def lines(folder: Path) -> list[dict[str, Any]]:  # Any: what stands in a JSON document
    """The access log."""
    every = [json.loads(line) for line in (folder / "stderr").read_text().splitlines() if line.startswith("{")]
    return [line for line in every if line["logger"] == "athena.access"]


@pytest.mark.timeout(120)
async def test_figures_and_the_access_log_are_exact_although_a_worker_was_killed(tmp_path: Path) -> None:
    async with served(tmp_path, KEYS) as server:
        clients = [athena.Client(url) for url in server.urls.values()]
        for client in clients:
            await client.__aenter__()
        assert [*server.urls] == ["http", "grpc", "zmq"]
        for client in clients:
            await traffic(client)
        outcomes = await lost(clients, tmp_path)
        assert {each.fault for each in outcomes if isinstance(each, ServiceError)} == {Fault.WORKER_LOST}
        for client in clients:
            await traffic(client)
        for client in clients:
            await client.__aexit__(None, None, None)
        samples = await scraped(server)
        for _ in range(200):
            # A session's end is told to its client before everything of it is freed.
            if sum(requests(samples).values()) == sum(expected().values()):
                break
            await asyncio.sleep(0.05)
            samples = await scraped(server)
    assert requests(samples) == expected()
    for wire in server.urls:
        labels = {("service", "held"), ("transport", wire)}
        count = sum(number for (each, _), number in expected().items() if each == wire)
        assert samples["athena_request_seconds_count", frozenset(labels)] == count
        for stage in ("queue", "execute"):
            assert samples["athena_stage_seconds_count", frozenset(labels | {("stage", stage)})] == count
    told = lines(tmp_path)
    assert Counter((line["transport"], line["fault"]) for line in told) == expected()
    names = {"transport", "service", "sid", "principal", "fault", "executed", "ms", "bytes_in", "bytes_out"}
    for line in told:
        assert names | {"timestamp"} <= line.keys()
    assert {line["bytes_in"] for line in told} == {0, 1, 2}


async def test_the_access_log_is_off_unless_asked_for(tmp_path: Path) -> None:
    async with served(tmp_path, "threads = 1\n") as server, athena.Client(server.urls["http"]) as client:
        await client.once("held", Request(""))
    assert lines(tmp_path) == []
