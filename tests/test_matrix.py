"""Every transport found, with every executor and every wrapper: one contract, one table.

``ATHENA_MATRIX_TRANSPORTS``, ``ATHENA_MATRIX_EXECUTORS`` and ``ATHENA_MATRIX_WRAPPERS`` choose, comma-separated; nox
sets them. The rows of the transports' contract carry ``probe`` as their wrapper: it is the one whose behaviour can be
chosen. The rows of a real wrapper ask whether what it answers survives each wire.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from itertools import product
from typing import NamedTuple

import pytest
import pytest_asyncio
from attrs import evolve

from athena.kernel import Kernel, start
from athena.models import ChannelOptions, Document
from athena.testing import Loopback, LoopbackChannel, TransportContract
from athena.testing.bounded import bounded
from athena.testing.found import connect, names, toml
from athena.testing.transport import Case
from athena.testing.wrapper.rows import facts
from athena.testing.wrapper.samples import made_up

LOOPBACK = "loopback"


def chosen(axis: str, there: tuple[str, ...]) -> tuple[str, ...]:
    """What the environment chooses, else what is there."""
    told = os.environ.get(f"ATHENA_MATRIX_{axis.upper()}", "")
    return tuple(name for name in told.split(",") if name) or there


TRANSPORTS = chosen("transports", (LOOPBACK, *(name for name in names("transports") if name != LOOPBACK)))
EXECUTORS = chosen("executors", ("thread", "process"))
WRAPPERS = chosen("wrappers", ("echo",))


def case(transport: str, executor: str) -> Case:
    """How a transport found is set up for its rows."""
    if transport == LOOPBACK:
        plugins = {f"transports.{LOOPBACK}": Loopback}
        return Case(LOOPBACK, executor, {}, False, plugins, LoopbackChannel)
    return Case(transport, executor, {"port": 0})


CASES = [case(*pair) for pair in product(TRANSPORTS, EXECUTORS)]
WIRED, WIRELESS = [one for one in CASES if one.wire], [one for one in CASES if not one.wire]

# Classes without a case are not there: an empty parametrisation would be one more skipped test.
if WIRED:

    @pytest.mark.parametrize("case", WIRED, ids=str, scope="class")
    class TestTransports(TransportContract):
        """The contract, for every transport and executor."""


if WIRELESS:

    @pytest.mark.parametrize("case", WIRELESS, ids=str, scope="class")
    class TestTransportsWithoutAWire(TransportContract):
        """The same, where there is no socket to send garbage to."""

        wire = False


class Row(NamedTuple):
    """One combination with a real wrapper."""

    case: Case
    wrapper: str

    def __str__(self) -> str:
        return f"{self.case.transport}-{self.case.executor}-{self.wrapper}"


ROWS = [
    Row(case(transport, executor), wrapper) for transport, executor, wrapper in product(TRANSPORTS, EXECUTORS, WRAPPERS)
]


@pytest.mark.asyncio(loop_scope="class")
@pytest.mark.parametrize("row", ROWS, ids=str, scope="class")
class TestWrappers:
    """A real wrapper behind every transport answers as it does without one."""

    @pytest_asyncio.fixture(loop_scope="class", scope="class")
    @classmethod
    async def kernel(cls, row: Row) -> AsyncIterator[Kernel]:
        text = toml(
            {
                "services.it": {"wrapper": row.wrapper, "executor": row.case.executor},
                f"transports.{row.case.transport}": dict(row.case.section),
            }
        )
        async with start(Document(text, "1", "matrix.toml"), plugins=row.case.plugins) as running:
            yield running

    @bounded
    async def test_a_single_call_and_a_stream_are_answered_as_without_a_wire(self, row: Row, kernel: Kernel) -> None:
        request = made_up(kernel.services()["it"].description)
        near = await kernel.once("it", request)
        channel = await connect(kernel.endpoints[0].url, ChannelOptions(), row.case.channel)
        try:
            assert facts(await channel.once(evolve(request, service="it"))) == facts(near)
            replies = [reply async for reply in channel.stream(evolve(request, service="it"))]
            assert [part for reply in replies for part in facts(reply)] == facts(near)
        finally:
            await channel.stop()

    @bounded
    async def test_the_description_is_the_same_at_both_ends(self, row: Row, kernel: Kernel) -> None:
        channel = await connect(kernel.endpoints[0].url, ChannelOptions(), row.case.channel)
        try:
            assert await channel.describe("it") == kernel.services()["it"].description
        finally:
            await channel.stop()
