"""The kernel's span of a call says what became of it."""

from __future__ import annotations

import asyncio

import pytest

from athena import Wrapper, hookimpl
from athena.errors import Fault
from athena.kernel import start
from athena.models import Document, Part, Reply, Request
from athena.testing.bounded import refused

from .collector import Told, collecting

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Tell(Wrapper):
    """Tells the trace it belongs to, sleeps, or fails."""

    @hookimpl
    def athena_once_exec(self, request: Request) -> Reply:
        if "fail" in request.params:
            raise ValueError("on purpose")
        return Reply((Part.from_text("parent", request.headers["traceparent"]),))


def document(url: str) -> Document:
    return Document(f'[meters.otel]\nendpoint = "{url}"\n')


async def test_a_call_is_one_span_and_the_wrapper_is_told_of_it() -> None:
    with collecting() as collector:
        async with start(document(collector.url), wrappers={"tell": Tell}) as kernel:
            reply = await kernel.once("tell", Request("", headers={"traceparent": PARENT}))
        (span,) = collector.spans
    version, trace, parent, flags = reply.part("parent").text.split("-")
    assert (version, trace, parent, flags) == ("00", span.trace, span.span, "01")
    assert (span.trace, span.parent) == tuple(PARENT.split("-")[1:3])
    assert (span.name, span.error, span.events) == ("tell", False, ("admitted",))
    facts = dict(span.attributes)
    assert facts.pop("athena.sid")
    assert facts == {
        "athena.service": "tell", "athena.transport": "kernel", "athena.fault": "OK", "athena.executed": "yes",
    }  # fmt: skip
    assert 0 < span.ended - span.began < 60e9


@pytest.mark.parametrize(
    ("service", "fault", "events"),
    [("tell", Fault.USER_ERROR, ("admitted",)), ("nobody", Fault.NOT_FOUND, ())],
)
async def test_a_call_that_fails_is_a_span_that_says_why(service: str, fault: Fault, events: tuple[str, ...]) -> None:
    with collecting() as collector:
        async with start(document(collector.url), wrappers={"tell": Tell}) as kernel:
            await refused(kernel.once(service, Request("", params={"fail": "1"})), fault)
        (span,) = collector.spans
    assert (span.name, span.error, span.events) == (service, True, events)
    assert span.attributes["athena.fault"] == fault.value
    assert span.parent == "", "a trace of its own"


async def test_calls_without_a_trace_get_one_each() -> None:
    with collecting() as collector:
        async with start(document(collector.url), wrappers={"tell": Tell}) as kernel:
            await asyncio.gather(*(kernel.once("tell", Request("")) for _ in range(10)))
        traces: list[Told] = collector.spans
    assert len({span.trace for span in traces}) == 10
