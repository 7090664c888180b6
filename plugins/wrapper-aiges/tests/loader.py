"""Upstream's side of the go-plugin protocol, made of the documented messages alone: no module of ours is in it."""

from __future__ import annotations

from typing import Any

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

TABLE = """
InitRequest: map config 1
Ret: int32 ret 1
SvcId: string serviceId 1
Schema: string data 1
CreateRequest: map params 1, string sid 2, string tag 3
Handle: string handle 1, int32 err_code 2
WriteMessage: Request req 1, string handle 2, string sid 3
Request: string tag 1, map params 2, repeated RequestData list 3
RequestData: string key 1, uint64 len 2, uint32 type 3, uint32 status 4, map desc 5, bytes data 6
ResponseData: string key 1, uint64 len 2, uint32 type 3, uint32 status 4, map desc 5, bytes data 6
Response: string tag 1, int32 ret 2, repeated ResponseData list 3
StreamRequest: string data 1
"""
CALLS = {
    "wrapperInit": ("InitRequest", "Ret"),
    "wrapperOnceExec": ("Request", "Response"),
    "wrapperSchema": ("SvcId", "Schema"),
    "wrapperCreate": ("CreateRequest", "Handle"),
    "wrapperWrite": ("WriteMessage", "Ret"),
    "wrapperDestroy": ("Handle", "Ret"),
}
Types = descriptor_pb2.FieldDescriptorProto


def messages() -> dict[str, Any]:  # Any: classes made at run time
    """The documented messages, as classes."""
    file = descriptor_pb2.FileDescriptorProto(name="documented.proto", package="documented", syntax="proto3")
    for line in TABLE.strip().splitlines():
        name, _, fields = line.partition(": ")
        message = file.message_type.add(name=name)
        for field in fields.split(", "):
            *kind, own, number = field.split(" ")
            _add(message, kind, own, int(number))
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        message.name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"documented.{message.name}"))
        for message in file.message_type
    }


def _add(message: descriptor_pb2.DescriptorProto, kind: list[str], name: str, number: int) -> None:
    label = Types.LABEL_REPEATED if kind[0] in ("repeated", "map") else Types.LABEL_OPTIONAL
    added = message.field.add(name=name, number=number, label=label)
    if kind == ["map"]:
        entry = message.nested_type.add(name=f"{name.capitalize()}Entry")
        entry.options.map_entry = True
        for position, own in enumerate(("key", "value"), 1):
            entry.field.add(name=own, number=position, label=Types.LABEL_OPTIONAL, type=Types.TYPE_STRING)
        added.type, added.type_name = Types.TYPE_MESSAGE, f".documented.{message.name}.{entry.name}"
        return
    scalar = getattr(Types, f"TYPE_{kind[-1].upper()}", None)
    if scalar is None:
        added.type, added.type_name = Types.TYPE_MESSAGE, f".documented.{kind[-1]}"
    else:
        added.type = scalar


class Loader:
    """A client of one child.

    Attributes:
        make: The messages.
        results: What comes on ``communicate``.
    """

    def __init__(self, port: int) -> None:
        self.make = messages()
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        communicate = self._channel.stream_stream(
            "/aiges.WrapperService/communicate",
            lambda message: message.SerializeToString(),
            self.make["Response"].FromString,
        )
        self.results = communicate(iter(()), timeout=50)

    def call(self, method: str, **fields: Any) -> Any:  # Any: as above
        """One call of the service."""
        asked, answered = CALLS[method]
        function = self._channel.unary_unary(
            f"/aiges.WrapperService/{method}",
            lambda message: message.SerializeToString(),
            self.make[answered].FromString,
        )
        return function(self.make[asked](**fields), timeout=20)

    def result(self) -> Any:  # Any: as above
        """The next result on ``communicate``."""
        return next(self.results)

    def raw(self, method: str, data: bytes = b"") -> bytes:
        """One call of any service, bytes in and out."""
        answer: bytes = self._channel.unary_unary(method)(data, timeout=20)
        return answer

    def close(self) -> None:
        """Hang up."""
        self.results.cancel()
        self._channel.close()
