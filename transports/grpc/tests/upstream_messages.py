"""The messages of upstream's RPC as its documentation lists them, built without any module of this project."""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_F = descriptor_pb2.FieldDescriptorProto
_TYPES = {"string": _F.TYPE_STRING, "bytes": _F.TYPE_BYTES, "int32": _F.TYPE_INT32}


def _message(file: Any, package: str, name: str, fields: str) -> None:
    """``"h string 2"``, ``"data DataMeta* 4"`` (repeated), ``"param map 3"`` (of strings)."""
    message = file.message_type.add(name=name)
    for line in filter(None, map(str.strip, fields.split(","))):
        key, kind, number = line.split()
        field = message.field.add(name=key, number=int(number), label=_F.LABEL_OPTIONAL)
        if kind == "map":
            entry = message.nested_type.add(name=f"{key.capitalize()}Entry")
            entry.options.map_entry = True
            entry.field.add(name="key", number=1, type=_F.TYPE_STRING, label=_F.LABEL_OPTIONAL)
            entry.field.add(name="value", number=2, type=_F.TYPE_STRING, label=_F.LABEL_OPTIONAL)
            field.label, field.type = _F.LABEL_REPEATED, _F.TYPE_MESSAGE
            field.type_name = f".{package}.{name}.{key.capitalize()}Entry"
        elif kind in _TYPES:
            field.type = _TYPES[kind]
        else:
            field.type, field.type_name = _F.TYPE_MESSAGE, f".{package}.{kind.rstrip('*')}"
            if kind.endswith("*"):
                field.label = _F.LABEL_REPEATED


def messages() -> dict[str, Any]:
    """Each message's class, by its name; enums are plain numbers on the wire, and here."""
    pool = descriptor_pool.DescriptorPool()
    made: dict[str, Any] = {}
    for package, those in {
        "utils": {
            "Session": "t string 1, h string 2, sess map 3",
            "DataMeta": "data bytes 1, desc map 3",
            "ReqData": "op string 1, s Session 2, param map 3, data DataMeta* 4",
            "ResData": "code int32 1, error_info string 2, s Session 3, param map 4, data DataMeta* 5",
        },
        "protocol": {
            "MetaDesc": "name string 1, dataType int32 2, attribute map 3",
            "Payload": "meta MetaDesc 1, data bytes 2",
            "LoaderInput": "serviceId string 1, serviceName string 2, state int32 3, headers map 4, params map 5, "
            "expect MetaDesc* 6, pl Payload* 7, sync_id int32 8",
            "LoaderOutput": "serviceId string 1, code int32 2, err string 3, status int32 4, pl Payload* 5",
        },
    }.items():
        file = descriptor_pb2.FileDescriptorProto(name=f"{package}.proto", package=package, syntax="proto3")
        for name, fields in those.items():
            _message(file, package, name, fields)
        pool.Add(file)
        for name in those:
            made[name] = message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{package}.{name}"))
    return made
