"""Rows about personalised resources, for wrappers that take them."""

from __future__ import annotations

import asyncio

import attrs

from athena.errors import Fault
from athena.kernel import Kernel
from athena.models import ANONYMOUS, Reply
from athena.testing.bounded import bounded, refused
from athena.testing.declared import needs

from .rows import SERVICE, Rows, matches

__all__ = ["ResourceRows"]


class ResourceRows(Rows):
    """``athena_resource_load`` and ``athena_resource_unload``."""

    async def named(self, kernel: Kernel, name: str) -> Reply:
        """A good request that names it, by call or by session."""
        request = self.requests(kernel)[0]
        request = attrs.evolve(request, params={**request.params, "res_id": name})
        if self.has() & {"call"}:
            return await kernel.once(SERVICE, request)
        session = await kernel.open(SERVICE, attrs.evolve(request, parts=()))
        await session.close()
        return Reply()

    @needs("resource")
    @bounded
    async def test_a_resource_is_taken_named_and_forgotten_and_taken_again(self, kernel: Kernel) -> None:
        resource, door = self.resource, kernel.dispatcher
        assert resource is not None
        assert "resource" in self.description(kernel).operations, "it has no athena_resource_load"
        await refused(self.named(kernel, resource.id), Fault.NOT_FOUND)
        for _ in range(2):
            await door.load(SERVICE, resource, ANONYMOUS)
            assert [one.id for one in door.resources(SERVICE, ANONYMOUS)] == [resource.id]
            matches(self.description(kernel), [await self.named(kernel, resource.id)])
            await asyncio.gather(*(self.named(kernel, resource.id) for _ in range(4)))
            await door.unload(SERVICE, resource.id, ANONYMOUS)
        await refused(self.named(kernel, resource.id), Fault.NOT_FOUND)

    @needs("resource")
    @bounded
    async def test_two_resources_are_two(self, kernel: Kernel) -> None:
        resource, door = self.resource, kernel.dispatcher
        assert resource is not None
        other = attrs.evolve(resource, id=f"{resource.id}-too")
        await door.load(SERVICE, resource, ANONYMOUS)
        await door.load(SERVICE, other, ANONYMOUS)
        await door.unload(SERVICE, resource.id, ANONYMOUS)
        await self.named(kernel, other.id)
        await door.unload(SERVICE, other.id, ANONYMOUS)
