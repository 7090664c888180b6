"""The contract every middleware keeps: a wrapper behind it answers as it did before, and it sees each end once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest
import pytest_asyncio

from athena.errors import Fault
from athena.interfaces import Session
from athena.kernel import Kernel, start
from athena.models import EMPTY, Document, Part, Reply, Request, Stage

from .bounded import bounded, eventually, refused
from .found import toml
from .misbehave import RAISES, RETURNS
from .watched import WatchedJournal

__all__ = ["MiddlewareContract"]

FAULTS = (Fault.USER_ERROR, Fault.BAD_REQUEST, Fault.OVERLOADED, Fault.NOT_FOUND)


class Rows:
    """What a MiddlewareContract declares.

    Attributes:
        middleware: Its name in ``athena.middleware``.
        config: Its table, ``[middleware.<name>]``; a table that needs a folder is made by ``table``.
        executor: Where the probes behind it run.
    """

    pytestmark: ClassVar[Any] = pytest.mark.asyncio(loop_scope="class")  # Any: pytest takes a mark or a list

    middleware: ClassVar[str] = ""
    config: ClassVar[Mapping[str, object]] = EMPTY
    executor: ClassVar[str] = "thread"

    @pytest.fixture(scope="class")
    @classmethod
    def folder(cls, tmp_path_factory: pytest.TempPathFactory) -> Path:
        """Where the probes keep their journal, and a middleware may keep its own."""
        return tmp_path_factory.mktemp("middleware")

    @pytest_asyncio.fixture(loop_scope="class", scope="class")
    @classmethod
    async def kernel(cls, folder: Path) -> AsyncIterator[Kernel]:
        """A kernel with three probes, each behind the middleware."""
        tables: dict[str, Mapping[str, object]] = {f"middleware.{cls.middleware}": cls.table(folder)}
        for name, probe in {"probe": "Probe", "push": "PushProbe", "batch": "BatchProbe"}.items():
            table = {"wrapper": f"athena.testing.probe:{probe}", "executor": cls.executor, "threads": 4}
            tables[f"services.{name}"] = {**table, "middleware": [cls.middleware]}
            tables[f"services.{name}.config"] = {"journal": str(folder / "journal")}
        async with start(Document(toml(tables), "1", "contract.toml")) as running:
            yield running

    @classmethod
    def table(cls, folder: Path) -> Mapping[str, object]:
        """The middleware's table; ``folder`` is its to write into."""
        return cls.config

    def seen(self, folder: Path) -> Sequence[str] | None:
        """What the middleware noted, for one that notes: ``"<hook> <error's class>"`` or ``"<hook> ok"`` per end.

        A contract that overrides it is asked whether every end was seen, once, and with its error.
        """
        return None


class TransparentRows(Rows):
    """The wrapper's answers and errors come through."""

    @bounded
    async def test_a_reply_comes_through(self, kernel: Kernel) -> None:
        reply = await kernel.once("probe", Request("", parts=(Part("a", b"1"),)))
        assert reply.part("a").tobytes() == b"1"

    @bounded
    async def test_an_iterator_stays_an_iterator(self, kernel: Kernel, tmp_path: Path) -> None:
        gate = tmp_path / "gate"
        params = {"do": "count", "n": "3", "wait_for": str(gate)}
        replies = kernel.stream("probe", Request("", params=params))
        first = await asyncio.wait_for(replies.__anext__(), 10)
        gate.touch()
        rest = [reply async for reply in replies]
        assert [reply.part("item").text for reply in (first, *rest)] == ["0", "1", "2"]

    @bounded
    async def test_a_reader_who_stops_closes_the_wrappers_iterator(self, kernel: Kernel, folder: Path) -> None:
        replies = kernel.stream("probe", Request("", params={"do": "count", "n": "100000", "tag": "left"}))
        await replies.__anext__()
        await replies.aclose()
        await WatchedJournal(folder / "journal").seen("iterator closed", "left")

    @bounded
    async def test_faults_keep_their_name_and_code(self, kernel: Kernel) -> None:
        for fault in FAULTS:
            params = {"do": "refuse", "fault": fault.name, "code": "4711"}
            error = await refused(kernel.once("probe", Request("", params=params)), fault)
            assert error.code == 4711
            batch = {"fault": fault.name, "code": "4711"}
            error = await refused(kernel.once("batch", Request("", params=batch)), fault)
            assert error.code == 4711

    @bounded
    async def test_whatever_the_wrapper_does_is_a_typed_error(self, kernel: Kernel) -> None:
        for bad in (*RAISES, *RETURNS):
            await refused(kernel.once("probe", Request("", params={"do": "bad", "bad": bad})), Fault.USER_ERROR)
            await refused(kernel.once("batch", Request("", params={"bad": bad})), Fault.USER_ERROR)

    @bounded
    async def test_a_batch_keeps_its_order(self, kernel: Kernel) -> None:
        async def one(number: int) -> bool:
            reply = await kernel.once("batch", Request("", parts=(Part("n", str(number).encode()),)))
            return reply.part("n").text == str(number)

        assert all(await asyncio.gather(*(one(number) for number in range(20))))

    @bounded
    async def test_sessions_run_to_their_end(self, kernel: Kernel) -> None:
        for service in ("probe", "push"):
            session = await kernel.open(service)
            for number in range(5):
                await session.write(_write(service, number))
            await session.write(_write(service, 5, Stage.END))
            replies = await _drained(session)
            await session.close()
            got = [part.text for reply in replies for part in reply.parts if part.key == "text"]
            assert got == [str(number) for number in range(6)], service

    @bounded
    async def test_errors_of_session_hooks_come_through(self, kernel: Kernel) -> None:
        for hook in ("write", "read"):
            session = await kernel.open("probe", Request("", params={"bad_in": hook, "bad": "exception"}))
            await session.write(_write("probe", 0))
            await refused(_drained(session), Fault.USER_ERROR)
            await session.close()
        await refused(kernel.open("probe", Request("", params={"bad_in": "create", "bad": "none"})), Fault.USER_ERROR)


class SeenRows(Rows):
    """For a middleware that notes ends: each is seen once, and as what it was."""

    async def noted(self, folder: Path, before: int, *ends: str) -> None:
        """Those ends, and no other, were noted since."""

        def new() -> list[str]:
            seen = self.seen(folder)
            assert seen is not None
            return sorted(seen[before:])

        await eventually(lambda: len(new()) >= len(ends), f"the middleware saw {ends}; it saw {new()}", within=5.0)
        assert new() == sorted(ends)

    def count_or_skip(self, folder: Path) -> int:
        """How much was noted so far."""
        seen = self.seen(folder)
        if seen is None:
            pytest.skip("the contract does not say what the middleware noted: override seen()")
        return len(seen)

    @bounded
    async def test_it_sees_the_end_of_single_calls(self, kernel: Kernel, folder: Path) -> None:
        before = self.count_or_skip(folder)
        await kernel.once("probe", Request(""))
        await refused(kernel.once("probe", Request("", params={"do": "bad", "bad": "exception"})))
        await self.noted(folder, before, "athena_once_exec ok", "athena_once_exec ValueError")

    @bounded
    async def test_it_sees_the_end_of_iterators(self, kernel: Kernel, folder: Path) -> None:
        before = self.count_or_skip(folder)
        async for _ in kernel.stream("probe", Request("", params={"do": "count"})):
            pass
        await refused(kernel.once("probe", Request("", params={"do": "bad", "bad": "exception", "good": "1"})))
        await self.noted(folder, before, "athena_once_exec ok", "athena_once_exec ValueError")

    @bounded
    async def test_it_sees_the_end_of_batches(self, kernel: Kernel, folder: Path) -> None:
        before = self.count_or_skip(folder)
        await kernel.once("batch", Request(""))
        await refused(kernel.once("batch", Request("", params={"bad": "exception"})))
        await self.noted(folder, before, "athena_batch_exec ok", "athena_batch_exec ValueError")

    @bounded
    async def test_it_sees_the_end_of_session_hooks(self, kernel: Kernel, folder: Path) -> None:
        before = self.count_or_skip(folder)
        session = await kernel.open("push")
        await session.write(_write("push", 0, Stage.END))
        await _drained(session)
        await session.close()
        hooks = ("create", "write", "destroy")
        await self.noted(folder, before, *(f"athena_session_{hook} ok" for hook in hooks))


class MiddlewareContract(TransparentRows, SeenRows):
    """Everything a wrapper may expect of what stands before it::

    class TestMine(MiddlewareContract):
        middleware = "mine"
    """


def _write(service: str, number: int, stage: Stage = Stage.CONTINUE) -> Request:
    return Request(service, parts=(Part.from_text("text", str(number), stage),))


async def _drained(session: Session) -> list[Reply]:
    replies = [await asyncio.wait_for(session.read(), 10)]
    while replies[-1].stage is not Stage.END:
        replies.append(await asyncio.wait_for(session.read(), 10))
    return replies
