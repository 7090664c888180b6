"""A tracer comes from a plugin like any other component, and the kernel starts it, shows it every call and stops it."""

from __future__ import annotations

from collections.abc import Mapping

from athena import Wrapper, hookimpl
from athena.errors import Executed, Fault
from athena.interfaces import PluginContext, Span, Tracer
from athena.kernel import start
from athena.models import Document, Part, Reply, Request


class Mark(Span):
    """One call."""

    def __init__(self, said: list[str], headers: Mapping[str, str]) -> None:
        self._said = said
        self.headers = {**headers, "marked": "yes"}

    def ended(self, fault: Fault | None, executed: Executed, admitted: float | None) -> None:
        self._said.append(f"ended {executed.value}")


class Follow(Tracer):
    """A plugin that is its own tracer."""

    said: list[str]

    @hookimpl
    def athena_provide(self, context: PluginContext) -> tuple[object, ...]:
        type(self).said = []
        return (self,)

    async def start(self) -> None:
        self.said.append("start")

    async def stop(self, grace: float = 0.0) -> None:
        self.said.append("stop")

    def begin(self, request: Request, transport: str, began: float) -> Span:
        self.said.append(f"begin {transport}")
        return Mark(self.said, request.headers)


class Tell(Wrapper):
    """Says whether its request was marked."""

    @hookimpl
    def athena_once_exec(self, request: Request) -> Reply:
        return Reply((Part.from_text("marked", request.headers.get("marked", "no")),))


async def test_the_kernel_starts_it_shows_it_calls_and_stops_it() -> None:
    document = Document("[meters.follow]\n")
    async with start(document, wrappers={"tell": Tell}, plugins={"meters.follow": Follow}) as kernel:
        reply = await kernel.once("tell", Request(""))
    assert reply.part("marked").text == "yes"
    assert Follow.said == ["start", "begin kernel", "ended yes", "stop"]
