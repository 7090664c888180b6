"""Plugins of every group that write down what is done to them: the order of starting and stopping is the test."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Any

from athena import Reply, Request, Wrapper, fields, hookimpl
from athena.executors.thread import ThreadExecutor
from athena.interfaces import (
    Allocator,
    Balancer,
    ConfigSource,
    Executor,
    ExecutorFactory,
    Guard,
    Lease,
    Meter,
    PluginContext,
    Quota,
    Registry,
    Transport,
)
from athena.models import (
    Attempt,
    Document,
    Endpoint,
    Instance,
    Part,
    Principal,
    ServiceSettings,
    SessionContext,
    Stage,
    Usage,
    WrapperContext,
)
from athena.section import option, section

__all__ = ["TOML", "Echo", "Script", "parts_of"]

TOML = """\
[kernel]
drain_timeout = 5.0
[meters.m]
[guards.g]
[quotas.q]
[gpu.a]
[discovery.r]
[balancers.b]
[transports.t]
[services.echo]
executor = "thread"
"""


@section
class Address:
    """The transport's keys."""

    bound: str = option("127.0.0.1", help="Address to say that it was bound.")


class Script:
    """What happened, in order; ``fail`` names the step that raises.

    Attributes:
        log: ``"guards.g start"`` and the like.
        fail: Such a step, or "".
        error: What it raises.
    """

    def __init__(self) -> None:
        self.log: list[str] = []
        self.fail = ""
        self.error: BaseException = ValueError("on purpose")
        self.contexts: dict[str, PluginContext] = {}
        self.feedback: list[tuple[str, bool, str]] = []
        self.document = Document(TOML, "1", "site.toml")

    def note(self, who: str, what: str) -> None:
        """Write it down, or fail as planned."""
        self.log.append(f"{who} {what}")
        if self.fail == f"{who} {what}":
            raise self.error

    def steps(self, *words: str) -> list[str]:
        """The steps of that kind, in order."""
        return [step for step in self.log if step.split(" ")[1] in words]

    def plugins(self) -> dict[str, type]:
        """A class for every group."""
        kinds: dict[str, tuple[type, ...]] = {
            "meters.m": (_Meter,), "guards.g": (_Guard,), "quotas.q": (_Quota,), "gpu.a": (_Allocator,),
            "discovery.r": (_Registry,), "balancers.b": (_Balancer,), "executors.e": (_Factory,),
            "transports.t": (_Transport,),
        }  # fmt: skip
        made = {
            name: type(f"Player_{name.replace('.', '_')}", bases, self._body(name)) for name, bases in kinds.items()
        }
        return {**made, "sources.src": type("Source", (_Source,), {"script": self, "name": "sources.src"})}

    def _body(self, name: str) -> dict[str, Any]:
        script = self

        def athena_init(self: object, context: PluginContext) -> None:
            script.contexts[name] = context
            script.note(name, "init")

        def athena_provide(self: object) -> tuple[object, ...]:
            script.note(name, "provide")
            return (self,)

        def athena_fini(self: object) -> None:
            script.note(name, "fini")

        async def start(self: Any) -> object:
            script.note(name, "start")
            return (Endpoint("wire", self.section.bound, 1),) if name == "transports.t" else None

        async def stop(self: object, grace: float = 0.0) -> None:
            script.note(name, "stop")

        hooks = {"athena_init": athena_init, "athena_provide": athena_provide, "athena_fini": athena_fini}
        body: dict[str, Any] = {key: hookimpl(hook) for key, hook in hooks.items()}
        body.update(start=start, stop=stop, script=script, registered=name, name=name.partition(".")[2])
        if name == "transports.t":
            body["Section"] = Address
        return body


class _Played:
    script: Script
    registered: str


class _Meter(_Played, Meter):
    def began(self, usage: Usage) -> None: ...

    def ended(self, usage: Usage) -> None: ...


class _Guard(_Played, Guard):
    async def check(self, attempt: Attempt) -> Principal | None:
        return None


class _Quota(_Played, Quota):
    async def acquire(self, principal: Principal, service: str) -> None: ...

    def release(self, principal: Principal, service: str) -> None: ...


class _Allocator(_Played, Allocator):
    def lease(self, ask: object) -> Lease:
        raise NotImplementedError


class _Registry(_Played, Registry):
    async def announce(self, instance: Instance) -> None:
        self.script.note(self.registered, f"announce {instance.service} {instance.endpoints[0].url}")

    async def withdraw(self) -> None:
        self.script.note(self.registered, "withdraw")

    async def watch(self, service: str) -> AsyncIterator[tuple[Instance, ...]]:
        yield ()


class _Balancer(_Played, Balancer):
    def pick(self, instances: tuple[Instance, ...], key: str) -> Instance:
        return instances[0]

    def observe(self, instance: Instance, outcome: object) -> None: ...


class _Factory(_Played, ExecutorFactory):
    def create(
        self, settings: ServiceSettings, section: object, context: PluginContext, changed: Callable[[], None]
    ) -> Executor:
        self.script.note(self.registered, f"create {settings.name}")
        return ThreadExecutor(settings, context.limits, changed)


class _Transport(_Played, Transport):
    def __init__(self, section: Address) -> None:
        self.section = section

    async def accept(self) -> None:
        self.script.note(self.registered, "accept")

    async def drain(self) -> None:
        self.script.note(self.registered, "drain")


class _Source(ConfigSource):
    script: Script
    name: str

    class Section:
        @staticmethod
        def from_url(url: str) -> str:
            return url

    def __init__(self, section: str) -> None:
        self.url = section

    async def start(self) -> None:
        self.script.note(self.name, "start")

    async def stop(self, grace: float = 0.0) -> None:
        self.script.note(self.name, "stop")

    async def read(self) -> Document:
        self.script.note(self.name, "read")
        return self.script.document

    async def watch(self) -> AsyncGenerator[Document, None]:
        await asyncio.Event().wait()
        yield self.script.document

    async def feedback(self, version: str, ok: bool, reason: str) -> None:
        self.script.feedback.append((version, ok, reason))


class Echo(Wrapper):
    """Gives back what it was given; waits for its event where a parameter asks for it."""

    inputs = (fields.anything(),)

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.release, self.called = threading.Event(), threading.Event()

    @hookimpl
    def athena_init(self, context: WrapperContext) -> None:
        self.notes.append("init")

    @hookimpl
    def athena_once_exec(self, request: Request) -> Any:
        self.called.set()
        if "wait" in request.params:
            self.release.wait(20)
        if "items" in request.params:
            return (Reply((Part.from_text("n", str(number)),)) for number in range(3))
        return Reply(tuple(Part(part.key, part.tobytes(), part.kind) for part in request.parts))

    @hookimpl
    def athena_session_create(self, context: SessionContext) -> object:
        return context

    @hookimpl
    def athena_session_write(self, session: SessionContext, request: Request) -> None:
        session.outbox.emit(Reply(request.parts, Stage.END if request.ended else Stage.CONTINUE))

    @hookimpl
    def athena_session_destroy(self, session: object) -> None:
        self.notes.append("destroy")

    @hookimpl
    def athena_fini(self) -> None:
        self.notes.append("fini")


def parts_of(**data: str) -> tuple[Part, ...]:
    """TEXT parts."""
    return tuple(Part.from_text(key, text) for key, text in data.items())
