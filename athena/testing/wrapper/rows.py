"""The rows of a WrapperContract: a wrapper driven by what ``wrapper =`` says, through a real kernel and executor."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, ClassVar

import pytest
import pytest_asyncio

from athena.errors import Executed, Fault, ServiceError
from athena.kernel import Kernel, start
from athena.models import EMPTY, END_MARK, Description, Document, Field, Part, Reply, Request, Resource, Stage
from athena.testing.bounded import bounded, refused
from athena.testing.declared import Declared, needs
from athena.testing.found import toml

from .samples import bad_requests, junk_requests, made_up

__all__ = ["BadRows", "OnceRows", "Rows", "SessionRows"]

SERVICE = "wrapper"


class Rows(Declared):
    """What a WrapperContract declares.

    Attributes:
        wrapper: What ``wrapper =`` says: an entry point, ``module:Class``, or a path.
        operations: How it can be called: of once, batch and session.
        config: Its table, ``[services.x.config]``.
        samples: Good requests; without any, one is made up from the description.
        executor: Where it runs.
        settings: Other keys of ``[services.x]``, such as ``python``.
        deterministic: Whether the same request is always answered alike.
        resource: One it takes, where it takes personalised resources.
    """

    pytestmark: ClassVar[Any] = pytest.mark.asyncio(loop_scope="class")  # Any: pytest takes a mark or a list

    wrapper: ClassVar[str] = ""
    operations: ClassVar[Sequence[str]] = ("once",)
    config: ClassVar[Mapping[str, object]] = EMPTY
    samples: ClassVar[Sequence[Request]] = ()
    executor: ClassVar[str] = "process"
    settings: ClassVar[Mapping[str, object]] = EMPTY
    deterministic: ClassVar[bool] = True
    resource: ClassVar[Resource | None] = None

    @classmethod
    def has(cls) -> frozenset[str]:
        """Rows about single calls need ``call``; a batch answers them too."""
        declared = frozenset(cls.operations)
        call = {"call"} if declared & {"once", "batch"} else set()
        more = {"deterministic": cls.deterministic, "resource": cls.resource is not None}
        return declared | call | {name for name, there in more.items() if there}

    @pytest_asyncio.fixture(loop_scope="class", scope="class")
    @classmethod
    async def kernel(cls) -> AsyncIterator[Kernel]:
        """A kernel with that one wrapper."""
        table = {"wrapper": cls.wrapper, "executor": cls.executor, **cls.settings}
        text = toml({f"services.{SERVICE}": table, f"services.{SERVICE}.config": cls.config})
        async with start(Document(text, "1", "contract.toml")) as running:
            yield running

    def description(self, kernel: Kernel) -> Description:
        """What the wrapper says of itself."""
        return kernel.services()[SERVICE].description

    def requests(self, kernel: Kernel) -> list[Request]:
        """The samples, or one that is made up."""
        return list(self.samples) or [made_up(self.description(kernel))]


def field_of(description: Description, key: str) -> Field | None:
    """The output a part of that key belongs to."""
    named = {field.key: field for field in description.outputs}
    return named.get(key) or named.get("*")


def matches(description: Description, replies: Sequence[Reply]) -> None:
    """The replies are what the description says."""
    if not description.outputs:
        return
    keys = [part.key for reply in replies for part in reply.parts]
    for part in (part for reply in replies for part in reply.parts):
        field = field_of(description, part.key)
        assert field is not None, f"part {part.key!r} is not among the declared outputs"
        assert field.kind is None or part.kind is field.kind, f"{part.key}: declared {field.kind!r}, came {part.kind!r}"
        if part.attributes.get("format") == "json":
            json.loads(part.text)
    for field in description.outputs:
        assert not field.required or field.key in keys or field.key == "*", (
            f"the declared output {field.key!r} is missing"
        )


def facts(reply: Reply) -> list[tuple[object, ...]]:
    """A reply, to compare."""
    return [(part.key, part.tobytes(), part.kind, dict(part.attributes)) for part in reply.parts]


class OnceRows(Rows):
    """Good requests."""

    @bounded
    async def test_it_can_be_called_as_the_contract_says(self, kernel: Kernel) -> None:
        found = sorted(self.description(kernel).operations & {"once", "batch", "session"})
        assert found, "it implements no way to be called"
        assert found == sorted(self.operations), f"say `operations = {tuple(found)}` in {type(self).__name__}"

    @bounded
    async def test_its_description_makes_sense(self, kernel: Kernel) -> None:
        description = self.description(kernel)
        for names in (
            [field.key for field in description.inputs],
            [field.key for field in description.outputs],
            [param.key for param in description.params],
        ):
            assert len(names) == len(set(names)), f"a name is declared twice: {names}"
        for field in (*description.inputs, *description.outputs):
            if field.schema:
                json.loads(field.schema)
        for param in description.params:
            assert param.default is None or not param.choices or param.default in param.choices, param.key

    @needs("call")
    @bounded
    async def test_good_requests_are_answered_as_described(self, kernel: Kernel) -> None:
        for request in self.requests(kernel):
            matches(self.description(kernel), [await kernel.once(SERVICE, request)])

    @needs("call")
    @bounded
    async def test_a_stream_holds_the_same_as_a_single_call(self, kernel: Kernel) -> None:
        for request in self.requests(kernel):
            replies = [reply async for reply in kernel.stream(SERVICE, request)]
            matches(self.description(kernel), replies)

    @needs("call")
    @bounded
    async def test_calls_at_once_are_answered_like_calls_alone(self, kernel: Kernel) -> None:
        requests = self.requests(kernel)
        alone = [await kernel.once(SERVICE, request) for request in requests]
        together = await asyncio.gather(*(kernel.once(SERVICE, request) for request in requests * 4))
        if self.deterministic:
            assert [facts(reply) for reply in together] == [facts(reply) for reply in alone] * 4

    @needs("once", "batch", "deterministic")
    @bounded
    async def test_a_batch_is_answered_like_single_calls(self, kernel: Kernel) -> None:
        table = {"wrapper": self.wrapper, "executor": self.executor, **self.settings, "max_concurrency": 8}
        batch = {"max_size": 8, "max_wait_ms": 50.0}
        tables = {"services.many": table, "services.many.config": self.config, "services.many.batch": batch}
        requests = self.requests(kernel)
        alone = [await kernel.once(SERVICE, request) for request in requests]
        async with start(Document(toml(tables), "1", "contract.toml")) as many:
            together = await asyncio.gather(*(many.once("many", request) for request in requests * 4))
        assert [facts(reply) for reply in together] == [facts(reply) for reply in alone] * 4

    @needs("batch")
    @bounded
    async def test_bad_input_in_a_batch_is_the_fault_of_whoever_sent_it(self, kernel: Kernel) -> None:
        table = {"wrapper": self.wrapper, "executor": self.executor, **self.settings, "max_concurrency": 64}
        batch = {"max_size": 64, "max_wait_ms": 50.0}
        tables = {"services.many": table, "services.many.config": self.config, "services.many.batch": batch}
        good = self.requests(kernel)[0]
        alone = await kernel.once(SERVICE, good)
        junk = [request for _, request in junk_requests(self.description(kernel), good)]
        async with start(Document(toml(tables), "1", "contract.toml")) as many:
            mixed = [request for each in junk for request in (each, good)]
            found = await asyncio.gather(*(many.once("many", one) for one in mixed), return_exceptions=True)
        for reply in found[1::2]:
            assert isinstance(reply, Reply), f"a good request failed beside a bad one: {reply!r}"
            assert not self.deterministic or facts(reply) == facts(alone)

    @needs("call")
    @bounded
    async def test_a_caller_who_leaves_leaves_it_well(self, kernel: Kernel) -> None:
        request = self.requests(kernel)[0]
        for _ in range(3):
            call = asyncio.ensure_future(kernel.once(SERVICE, request))
            await asyncio.sleep(0.01)
            call.cancel()
            await asyncio.wait({call}, timeout=10)
        await kernel.once(SERVICE, request)


class BadRows(Rows):
    """Requests that are wrong: the caller's fault, said as such, and the next one is served."""

    @needs("call")
    @bounded
    async def test_what_the_description_rules_out_is_a_bad_request(self, kernel: Kernel) -> None:
        good = self.requests(kernel)[0]
        for what, request in bad_requests(self.description(kernel), good):
            try:
                error = await refused(kernel.once(SERVICE, request), Fault.BAD_REQUEST)
            except AssertionError as failure:
                raise AssertionError(f"{what}: {failure}") from failure
            assert error.executed is Executed.NO, what
        await kernel.once(SERVICE, good)

    @needs("call")
    @bounded
    async def test_input_that_makes_no_sense_is_a_bad_request_or_an_answer(self, kernel: Kernel) -> None:
        good = self.requests(kernel)[0]
        for what, request in junk_requests(self.description(kernel), good):
            try:
                await kernel.once(SERVICE, request)
            except ServiceError as error:
                hint = "raise ServiceError(Fault.BAD_REQUEST, …) for what the caller got wrong"
                assert error.fault is Fault.BAD_REQUEST, f"{what}: {error!r}; {hint}"
        await kernel.once(SERVICE, good)

    @needs("call")
    @bounded
    async def test_an_empty_request_is_a_bad_request_or_an_answer(self, kernel: Kernel) -> None:
        try:
            await kernel.once(SERVICE, Request(SERVICE))
        except ServiceError as error:
            assert error.fault is Fault.BAD_REQUEST, repr(error)
        await kernel.once(SERVICE, self.requests(kernel)[0])

    @needs("call")
    @bounded
    async def test_parameters_nobody_declared_change_nothing(self, kernel: Kernel) -> None:
        good = self.requests(kernel)[0]
        odd = {"self": "x", "_kernel": "y", "deadline": "0", "sid": "mine", **good.params}
        reply = await kernel.once(SERVICE, Request("", parts=good.parts, params=odd))
        if self.deterministic:
            assert facts(reply) == facts(await kernel.once(SERVICE, good))

    @bounded
    async def test_it_is_well_in_the_end(self, kernel: Kernel) -> None:
        health = kernel.services()[SERVICE].health
        assert health.ready, health.reason


class SessionRows(Rows):
    """Sessions, for wrappers that have them."""

    def writes(self, request: Request) -> list[Request]:
        """A sample, as the writes of a session: its parts, and then the end."""
        parts = tuple(Part(p.key, p.data, p.kind, Stage.BEGIN, None, p.attributes) for p in request.parts)
        return [Request(SERVICE, parts=parts), Request(SERVICE, parts=(END_MARK,))]

    async def talk(self, kernel: Kernel, request: Request) -> list[Reply]:
        """One whole session."""
        session = await kernel.open(SERVICE, Request(SERVICE, params=request.params))
        try:
            for write in self.writes(request):
                await session.write(write)
            replies = [await asyncio.wait_for(session.read(), 20)]
            while replies[-1].stage is not Stage.END:
                replies.append(await asyncio.wait_for(session.read(), 20))
            return replies
        finally:
            await session.close()

    @needs("session")
    @bounded
    async def test_a_session_ends_after_its_input_has_ended(self, kernel: Kernel) -> None:
        for request in self.requests(kernel):
            replies = await self.talk(kernel, request)
            assert replies[-1].stage is Stage.END

    @needs("session")
    @bounded
    async def test_sessions_at_once_do_not_disturb_each_other(self, kernel: Kernel) -> None:
        request = self.requests(kernel)[0]
        alone = await self.talk(kernel, request)
        together = await asyncio.gather(*(self.talk(kernel, request) for _ in range(4)))
        if self.deterministic:
            said = [part for reply in alone for part in facts(reply)]
            assert [[part for reply in replies for part in facts(reply)] for replies in together] == [said] * 4

    @needs("session")
    @bounded
    async def test_a_session_may_be_left_at_any_time(self, kernel: Kernel) -> None:
        request = self.requests(kernel)[0]
        for count in range(3):
            session = await kernel.open(SERVICE, Request(SERVICE, params=request.params))
            for write in self.writes(request)[:count]:
                await session.write(write)
            await asyncio.wait_for(session.close(), 15)
        assert (await self.talk(kernel, request))[-1].stage is Stage.END
