"""The wrapper's spans: it is as it was behind them, and each hook is seen once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import trace

from athena import SessionContext, Wrapper, hookimpl
from athena.kernel import start
from athena.models import Document, Part, Reply, Request, Stage
from athena.testing import MiddlewareContract

from .collector import Collector, Told, collecting

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
OTHER = "00-11111111111111111111111111111111-2222222222222222-01"


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with collecting() as made:
        yield made


class TestOtel(MiddlewareContract):
    middleware = "otel"

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def _collector(cls, collector: Collector) -> None:
        cls.collector = collector

    @classmethod
    def table(cls, folder: Path) -> Mapping[str, object]:
        return {"endpoint": cls.collector.url, "delay": 0.05}

    def seen(self, folder: Path) -> Sequence[str]:
        return [f"{span.name} {span.attributes.get('error.type', 'ok')}" for span in self.collector.spans]


class TestOtelInWorkers(TestOtel):
    executor = "process"


def current() -> str:
    """The trace of the span that is current."""
    return f"{trace.get_current_span().get_span_context().trace_id:032x}"


class Nested(Wrapper):
    """Says which trace is the current one while its hooks run."""

    @hookimpl
    def athena_once_exec(self, request: Request) -> Reply | Iterator[Reply]:
        if "items" not in request.params:
            return Reply((Part.from_text("trace", current()),))
        return (Reply((Part.from_text("trace", current()),)) for _ in range(3))


class Shared(Wrapper):
    """Sessions that all have one token."""

    @hookimpl
    def athena_session_create(self, context: SessionContext) -> object:
        return True

    @hookimpl
    def athena_session_write(self, session: object, request: Request) -> None:
        self.over = request.ended

    @hookimpl
    def athena_session_read(self, session: object) -> Reply:
        return Reply((), Stage.END if self.over else Stage.CONTINUE)

    @hookimpl
    def athena_session_destroy(self, session: object) -> None:
        """Nothing to free."""


class Batch(Wrapper):
    """Takes lists."""

    @hookimpl
    def athena_batch_exec(self, requests: Sequence[Request]) -> list[Any]:
        return [Reply() for _ in requests]


def document(url: str, service: str) -> Document:
    table = f'[middleware.otel]\nendpoint = "{url}"\n[services.{service}]\nmiddleware = ["otel"]\n'
    return Document(table + 'executor = "thread"\n')


def named(spans: Sequence[Told], name: str) -> list[Told]:
    return [span for span in spans if span.name == name]


async def test_what_a_wrapper_traces_itself_becomes_a_child() -> None:
    with collecting() as collector:
        async with start(document(collector.url, "nested"), wrappers={"nested": Nested}) as kernel:
            reply = await kernel.once("nested", Request("", headers={"traceparent": PARENT}))
            stream = kernel.stream("nested", Request("", params={"items": "3"}, headers={"traceparent": PARENT}))
            items = [item async for item in stream]
    wanted = PARENT.split("-")[1]
    assert [part.text for each in (reply, *items) for part in each.parts] == [wanted] * 4
    once = named(collector.spans, "athena_once_exec")
    assert {(span.trace, span.parent) for span in once} == {tuple(PARENT.split("-")[1:3])}
    assert len(once) == 2


async def test_the_hooks_of_a_session_belong_to_the_trace_that_opened_it() -> None:
    with collecting() as collector:
        async with start(document(collector.url, "shared"), wrappers={"shared": Shared}) as kernel:
            session = await kernel.open("shared", Request("", headers={"traceparent": PARENT}))
            await session.write(Request("", parts=(Part("a", stage=Stage.CONTINUE),)))
            await session.write(Request("", parts=(Part("a", stage=Stage.END),), headers={"traceparent": OTHER}))
            await session.read()
            await session.close()
    first, other = PARENT.split("-")[1], OTHER.split("-")[1]
    assert {span.trace for span in named(collector.spans, "athena_session_create")} == {first}
    assert sorted(span.trace for span in named(collector.spans, "athena_session_write")) == sorted([first, other])
    assert [span.trace for span in named(collector.spans, "athena_session_destroy")] == [first]


async def test_a_batch_belongs_to_the_trace_of_its_item() -> None:
    with collecting() as collector:
        async with start(document(collector.url, "batch"), wrappers={"batch": Batch}) as kernel:
            await kernel.once("batch", Request("", headers={"traceparent": PARENT}))
    (span,) = named(collector.spans, "athena_batch_exec")
    assert (span.trace, span.parent) == tuple(PARENT.split("-")[1:3])
