"""The envelope of docs/zmq-protocol.md: a head of ten bytes, a message, and segments; no socket in here."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from struct import Struct

from athena.errors import Fault, ServiceError
from athena.models import EMPTY
from athena_proto import inference_pb2 as pb
from athena_proto.native import MAX_ENTRIES, MAX_SEGMENTS, parse

__all__ = [
    "HEAD",
    "MAX_FRAMES",
    "VERSION",
    "Operation",
    "headers_of",
    "headers_out",
    "pack",
]

VERSION = 1
HEAD = Struct("!BBQ")
"""Version, operation, id of the call; behind it, in the same frame, a ``Headers`` message or nothing."""
MAX_FRAMES = MAX_SEGMENTS + 3
"""Of one message, with the identity that a ROUTER puts before it."""
MAX_HEADERS = 32 * 1024


class Operation(IntEnum):
    """What a message is about; from 128 on: what a server says."""

    ONCE = 1
    STREAM = 2
    OPEN = 3
    OPEN_DETACHED = 4
    WRITE = 5
    WRITE_DETACHED = 6
    READ = 7
    CLOSE = 8
    CANCEL = 9
    CREDIT = 10
    DESCRIBE = 11
    SERVICES = 12
    PING = 13
    LOAD_RESOURCE = 14
    UNLOAD_RESOURCE = 15
    LIST_RESOURCES = 16

    REPLY = 129
    ITEM = 130
    DONE = 131
    OPENED = 132
    ACCEPTED = 133
    CLOSED = 134
    DESCRIPTION = 135
    SERVICE_LIST = 136
    PONG = 137
    GRANTED = 138
    FAULT = 139
    DRAINING = 140
    LOADED = 141
    UNLOADED = 142
    RESOURCE_LIST = 143


def pack(operation: int, number: int, headers: bytes = b"") -> bytes:
    """A head."""
    return HEAD.pack(VERSION, operation, number) + headers if headers else HEAD.pack(VERSION, operation, number)


def headers_out(headers: Mapping[str, str]) -> bytes:
    """What follows a head, with lower-case names."""
    if not headers:
        return b""
    return pb.Headers(headers={name.lower(): value for name, value in headers.items()}).SerializeToString()


def headers_of(head: bytes) -> Mapping[str, str]:
    """What a client says of itself, from a head.

    Raises:
        ServiceError: BAD_REQUEST or TOO_LARGE.
    """
    size = len(head) - HEAD.size
    if size == 0:
        return EMPTY
    if size > MAX_HEADERS:
        raise ServiceError(Fault.TOO_LARGE, f"headers: {size} bytes; at most {MAX_HEADERS} are taken")
    found = parse(pb.Headers, head[HEAD.size :]).headers
    if len(found) > MAX_ENTRIES:
        raise ServiceError(Fault.BAD_REQUEST, f"headers: {len(found)} entries; at most {MAX_ENTRIES} are taken")
    return {name.lower(): value for name, value in found.items()}
