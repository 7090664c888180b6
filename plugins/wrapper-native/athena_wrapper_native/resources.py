"""Personalised resources: the numbers by which a library knows them, and requests that name them."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

from athena import Fault, ServiceError
from athena.models import Resource, named_resources

from .abi import FFI
from .library import Library

__all__ = ["Resources"]


class Resources:
    """What is loaded in this worker."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._numbers: dict[str, int] = {}

    def load(self, resource: Resource) -> None:
        """Hand it a personalised resource, as one node.

        Raises:
            ServiceError: There is not just one part, its number is taken, or the library said no.
        """
        if len(resource.parts) != 1:
            text = f"resource {resource.id!r} has {len(resource.parts)} parts; a wrapper library takes exactly one"
            raise ServiceError(Fault.BAD_REQUEST, text)
        number = _number(resource.id)
        if number in self._numbers.values() and resource.id not in self._numbers:
            text = f"the number of resource {resource.id!r}, {number}, is another's; load it under another id"
            raise ServiceError(Fault.BAD_REQUEST, text)
        (part,) = resource.parts
        lent = self._library.lent()
        node = FFI.new("DataList *")
        lent.node(node, part.key, part.data, 4, 2)  # DataPer, DataEnd
        # First among them: what runs Python wrappers behind this ABI looks for it there.
        node.desc = lent.params({"patch_id": resource.id, **part.attributes, **resource.attributes})
        if code := self._library.lib.wrapperLoadRes(node, number):
            raise self._library.failed("wrapperLoadRes", code)
        self._numbers[resource.id] = number

    def unload(self, resource_id: str) -> None:
        """Have it forget a resource.

        Raises:
            ServiceError: The library said no.
        """
        number = self._numbers.pop(resource_id, None)
        if number is not None and (code := self._library.lib.wrapperUnloadRes(number)):
            raise self._library.failed("wrapperUnloadRes", code)

    def named(self, params: Mapping[str, str], headers: Mapping[str, str]) -> list[int]:
        """The numbers of the resources that a request names.

        Raises:
            ServiceError: BAD_REQUEST, for one that is not loaded.
        """
        wanted = named_resources(params, headers)
        if not wanted or not self._library.has("wrapperLoadRes"):
            return []
        for one in wanted:
            if one not in self._numbers:
                raise ServiceError(Fault.BAD_REQUEST, f"res_id: no resource {one!r} is loaded")
        return [self._numbers[one] for one in wanted]


def _number(resource_id: str) -> int:
    """The number a resource goes by: the same in every worker, and its own where its id is one."""
    if resource_id.isascii() and resource_id.isdigit() and int(resource_id) < 2**32:
        return int(resource_id)
    return zlib.crc32(resource_id.encode("utf-8", "replace"))
