"""The examples keep the contract every wrapper keeps, through a kernel and a worker; each is built by its Makefile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from athena import Kind, Part, Request, Stage
from athena.kernel import Kernel
from athena.models import Resource
from athena.testing import WrapperContract
from athena.testing.bounded import bounded

SAMPLES = (
    Request("", parts=(Part.from_text("text", "hello big world"),)),
    Request("", parts=(Part("text", b"a\0b c\xff", Kind.TEXT), Part.from_text("more", "")), params={"odd": "x\0y"}),
)
Example = Callable[[str], Path]


class Built(WrapperContract):
    """An example, whose library is where it was built."""

    __test__ = False
    folder = "c"
    operations = ("once", "session")
    samples = SAMPLES
    resource = Resource("17", (Part("data", b"\0 a model"),))

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def library(cls, example: Example) -> None:
        cls.wrapper = str(example(cls.folder) / "libwrapper.so")


class TestC(Built):
    """The C example, by return and by reading."""

    __test__ = True

    @bounded
    async def test_it_says_it_louder(self, kernel: Kernel) -> None:
        reply = await kernel.once("wrapper", SAMPLES[0])
        assert reply.part("text").text == "HELLO BIG WORLD"


class TestCByCallback(Built):
    """The same library, by callback."""

    __test__ = True
    config = {"native": {"asynchronous": True}}


class TestCInManyThreads(Built):
    """The same library, on four threads of two workers."""

    __test__ = True
    settings = {"threads": 4, "workers": 2}


class TestCpp(Built):
    """The C++ example, which only has callbacks."""

    __test__ = True
    folder = "cpp"
    resource = None
    settings = {"threads": 4}

    @bounded
    async def test_it_counts_words(self, kernel: Kernel) -> None:
        reply = await kernel.once("wrapper", SAMPLES[0])
        assert reply.part("words").text == "3"
        assert reply.part("words").attributes == {"encoding": "utf8"}

    @bounded
    async def test_a_client_that_reads_nothing_and_leaves_holds_no_thread_of_the_library(self, kernel: Kernel) -> None:
        for _ in range(4):  # as many as the worker has threads: one that hung would be missed
            session = await kernel.open("wrapper", Request(""))
            for number in range(200):  # far more results than wait for a client: the library's thread is held
                piece = Part("text", f"word{number} ".encode(), Kind.TEXT, Stage.CONTINUE)
                await session.write(Request("", parts=(piece,)))
            await asyncio.wait_for(session.close(), 15)
        together = await asyncio.gather(*(kernel.once("wrapper", SAMPLES[0]) for _ in range(8)))
        assert {reply.part("words").text for reply in together} == {"3"}
