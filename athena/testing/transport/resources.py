"""Rows about personalised resources: loaded by one call, named by others, and the same facts on every wire."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

from athena.errors import Fault, ServiceError
from athena.interfaces import Channel, Resources
from athena.models import Kind, Part, Resource, ResourceView
from athena.testing.bounded import bounded, refused
from athena.testing.stand_in import SERVICE
from athena.testing.witness import CALL

from .faults import errors, facts
from .ground import Case, Ground, alone
from .rows import Rows

__all__ = ["ResourceRows"]

KEPT = "kept"


def resources(channel: Channel) -> Resources:
    """The channel's way to them."""
    assert channel.resources is not None, "a channel carries resources"
    return channel.resources


def words(name: str, text: str = "hello world", **attributes: str) -> Resource:
    """A small one, with every kind of part."""
    parts = (
        Part.from_text("words", text),
        Part("model", bytes(range(256)) * 400, Kind.OTHER),
        Part("empty", b"", Kind.OTHER),
    )
    return Resource(name, parts, attributes)


class ResourceRows(Rows):
    """``load``, ``unload`` and ``listed``, over the wire."""

    @bounded
    async def test_a_resource_is_loaded_named_listed_and_unloaded(self, there: Ground) -> None:
        channel, name = await there.shared(), there.tag()
        resource = words(name, "grüße", language="de")
        await resources(channel).load(KEPT, resource)
        await resources(channel).load(KEPT, resource)  # again: an answer that was lost is no reason to fail
        (view,) = [one for one in await resources(channel).listed(KEPT) if one.id == name]
        assert view == ResourceView(name, sum(len(part.data) for part in resource.parts), view.sha256, 0)
        for request in (
            there.request(service=KEPT, do="held", res_id=name),
            there.request(service=KEPT, do="held", patch_id=name),
        ):
            reply = await channel.once(request)
            told = json.loads(reply.part("held").text)
            assert told["named"] == [[name, {"language": "de"}, ["words", "model", "empty"]]]
            assert reply.part("words").text == "grüße"
            assert reply.part("model").tobytes() == resource.parts[1].data
            assert reply.part("empty").tobytes() == b""
        await resources(channel).unload(KEPT, name)
        assert name not in [one.id for one in await resources(channel).listed(KEPT)]
        await refused(channel.once(there.request(service=KEPT, do="held", res_id=name)), Fault.NOT_FOUND)
        assert there.journal.count("unload", name) >= 1

    @bounded
    async def test_a_request_that_names_what_is_not_there_reaches_no_wrapper(self, there: Ground) -> None:
        tag = there.tag()
        await refused(
            (await there.shared()).once(there.request(service=KEPT, res_id="nobody", tag=tag)), Fault.NOT_FOUND
        )
        assert there.journal.count("once", tag) == 0

    @bounded
    async def test_every_operation_on_resources_is_authenticated_once(self, there: Ground) -> None:
        tag = there.tag()
        channel = await there.channel("ann", **{CALL: tag})
        saw = []
        steps: tuple[Callable[[], Awaitable[object]], ...] = (
            lambda: resources(channel).load(KEPT, words(tag)),
            lambda: resources(channel).listed(KEPT),
            lambda: resources(channel).unload(KEPT, tag),
        )
        for step in steps:
            await step()
            saw.append(len(there.witness.saw(tag)))
        assert saw == [1, 2, 3]
        assert {attempt.operation for attempt in there.witness.saw(tag)} <= {"resource", "load", "resources", "unload"}

    @bounded
    async def test_who_is_refused_loads_and_sees_nothing(self, there: Ground) -> None:
        tag = there.tag()
        channel = await there.channel("nobody")
        await refused(resources(channel).load(KEPT, words(tag)), Fault.UNAUTHENTICATED)
        await refused(resources(channel).listed(KEPT), Fault.UNAUTHENTICATED)
        await refused(resources(channel).unload(KEPT, tag), Fault.UNAUTHENTICATED)
        assert there.journal.count("load", tag) == 0

    @bounded
    async def test_what_is_wrong_with_a_resource_is_said_as_of_a_call(self, there: Ground) -> None:
        own, name = resources(await there.shared()), there.tag()
        await refused(own.load("probe", words(name)), Fault.UNSUPPORTED)
        await refused(own.load("no-such", words(name)), Fault.NOT_FOUND)
        await refused(own.unload(KEPT, name), Fault.NOT_FOUND)
        await refused(own.load(KEPT, words("not;one")), Fault.BAD_REQUEST)
        large = Resource(name, (Part("model", bytes(there.limit + 1)),))
        await refused(own.load(KEPT, large), Fault.TOO_LARGE)
        error = await refused(own.load(KEPT, words(name, do="refuse")), Fault.BAD_REQUEST)
        assert (error.message, error.code) == ("this resource is not for me", 4711)
        await own.load(KEPT, words(name))
        await refused(own.load(KEPT, words(name, "another")), Fault.BAD_REQUEST)
        await own.unload(KEPT, name)

    @bounded
    async def test_every_fault_of_a_load_arrives_as_it_was_said(self, case: Case) -> None:
        async with alone(case) as (dispatcher, channel):
            for error in errors():
                dispatcher.error = error
                for step in (
                    resources(channel).load(SERVICE, words("one")),
                    resources(channel).unload(SERVICE, "one"),
                    resources(channel).listed(SERVICE),
                ):
                    try:
                        await step
                    except ServiceError as found:
                        assert facts(found) == facts(error), f"{error.fault.name}: {found!r}"
                    else:
                        raise AssertionError(f"{error.fault.name} did not arrive")
