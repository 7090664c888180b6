"""The native codec of personalised resources: what a client loads, and what it is told of those that are there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from athena.models import EMPTY, Resource, ResourceView

from . import inference_pb2 as pb
from .native import MAX_MESSAGE, MAX_NAME, refuse_large
from .parts import Buffer, bad, join, parse, strings, take
from .scan import varint

__all__ = [
    "decode_listed",
    "decode_resource",
    "decode_unload",
    "encode_listed",
    "encode_resource",
    "encode_unload",
]

_PARTS = 4
_TAG = bytes((_PARTS << 3 | 2,))


def encode_resource(service: str, resource: Resource, segments: list[Buffer] | None = None) -> bytes:
    """A resource for a service as a message; segments as for a request."""
    name = service.encode()
    head = b"\x0a" + varint(len(name)) + name
    rest = pb.Resource(id=resource.id, attributes=resource.attributes).SerializeToString()
    return join(head, _TAG, resource.parts, rest, segments)


def decode_resource(
    data: Buffer, segments: Sequence[Buffer] = (), *, max_message: int = MAX_MESSAGE
) -> tuple[str, Resource]:
    """The service, and what it is to load.

    Raises:
        ServiceError: BAD_REQUEST or TOO_LARGE.
    """
    if segments or len(data) > max_message:
        refuse_large(data, segments, max_message)
    message, parts = take(pb.Resource, data, segments, _PARTS)
    if len(message.service) > MAX_NAME or len(message.id) > MAX_NAME:
        raise bad(f"service, id: expected at most {MAX_NAME} characters")
    attributes = strings(message.attributes, "attributes") if message.attributes else EMPTY
    return message.service, Resource(message.id, parts, attributes)


def encode_unload(service: str, resource_id: str) -> bytes:
    """What is to be forgotten."""
    return pb.UnloadRequest(service=service, id=resource_id).SerializeToString()


def decode_unload(data: Buffer) -> tuple[str, str]:
    """The service, and what it is to forget.

    Raises:
        ServiceError: BAD_REQUEST.
    """
    message = parse(pb.UnloadRequest, data)
    return message.service, message.id


def encode_listed(views: Iterable[ResourceView]) -> bytes:
    """Those that are there."""
    message = pb.ResourceList()
    for view in views:
        message.resources.add(id=view.id, size=view.size, sha256=view.sha256, users=view.users)
    return message.SerializeToString()


def decode_listed(data: Buffer) -> tuple[ResourceView, ...]:
    """Those that are there.

    Raises:
        ServiceError: BAD_REQUEST: what came is no such message.
    """
    found = parse(pb.ResourceList, data).resources
    return tuple(ResourceView(one.id, one.size, one.sha256, one.users) for one in found)
