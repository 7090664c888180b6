"""A wrapper's fields as the JSON document upstream's gateways read: meta, schemainput, schemaoutput."""

from __future__ import annotations

import json
from typing import Any

from .fields import NumberParamField, ParamField, PayloadField, StringParamField

__all__ = ["document"]

# Any, in this file: JSON, and a class of which only its attributes are known.
NAMES = {0: "text", 1: "audio", 2: "image", 3: "video"}
_DEVICE = ("device.imei", "device.imsi", "device.mac", "device.other")
_HEADER = ("uid", "device_id", *_DEVICE, "net.type", "net.isp", "app.ver")
_STATUS = {"type": "integer", "enum": [3]}
_BODIES: dict[str, dict[str, Any]] = {
    "text": {
        "encoding": {"type": "string", "enum": ["utf8", "gb2312"]},
        "compress": {"type": "string", "enum": ["raw", "gzip"]},
        "format": {"type": "string", "enum": ["plain", "json", "xml"]},
        "text": {"type": "string"},
    },
    "image": {
        "encoding": {"type": "string", "enum": ["jpg", "png", "bmp", "jpeg"]},
        "image": {"type": "string", "minLength": 1, "maxLength": 10485760},
    },
    "audio": {
        "encoding": {"type": "string"},
        "sample_rate": {"type": "integer", "enum": [8000, 16000]},
        "bit_depth": {"type": "integer", "enum": [8, 16]},
        "channels": {"type": "integer", "enum": [1, 2]},
        "audio": {"type": "string"},
    },
    "video": {"encoding": {"type": "string"}, "video": {"type": "string"}},
}


def document(cls: Any) -> str:
    """The document of a wrapper's class, as JSON text."""
    mappings = cls.__mappings__
    service, version = str(cls.serviceId), str(cls.version)
    inputs, accepts = mappings["inputs"].values(), mappings["accepts"].values()
    meta = {
        "serviceId": service,
        "version": version,
        "service": [service],
        "sub": mappings.get("sub", "ase"),
        "call": mappings.get("call", "atmos"),
        "call_type": str(mappings.get("call_type", 0)),
        "webgate_type": "0",
        "hosts": "api.xf-yun.com",
        "route": mappings.get("route", f"/{version}/private/{service}"),
        "routeKey": [],
        service: {
            "input": {field.key: {"dataType": _kind(field)} for field in inputs},
            "accept": {field.key: {"dataType": _kind(field)} for field in accepts},
        },
    }
    properties = {
        "header": _header({name: {"type": "string", "maxLength": 50} for name in ("app_id", "appid", *_HEADER)}),
        "parameter": _object({service: _parameters(mappings)}),
        "payload": _object({field.key: _body(field) for field in inputs}),
    }
    answer = {
        "header": _object({"code": {"type": "integer"}, "message": {"type": "string"}, "sid": {"type": "string"}}),
        "payload": _object({field.key: _body(field) for field in accepts}),
    }
    told = {"meta": meta, "schemainput": _object(properties), "schemaoutput": _object(answer)}
    return json.dumps(told, ensure_ascii=False)


def _parameters(mappings: Any) -> dict[str, Any]:
    params = list(mappings["params"].values())
    accepts = {field.key: _accept(field) for field in mappings["accepts"].values()}
    schema = _object({**{field.key: _param(field) for field in params}, **accepts})
    required = [field.key for field in params if field.required]
    return {**schema, "required": required} if required else schema


def _header(properties: dict[str, Any]) -> dict[str, Any]:
    return {**_object({**properties, "status": _STATUS}), "required": ["appid"]}


def _param(field: ParamField) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": field.data_type}
    if field.enums:
        schema["enum"] = [_plain(value) for value in field.enums]
    elif isinstance(field, StringParamField):
        schema.update(minLength=field.minLength, maxLength=field.maxLength)
    elif isinstance(field, NumberParamField):
        schema.update(minimum=field.minimum, maximum=field.maximum)
    if field.value not in ("", b"", None):
        schema["defaultVal"] = _plain(field.value)
    return schema


def _accept(field: Any) -> dict[str, Any]:
    kind = _kind(field)
    settings = {name: value for name, value in _BODIES[kind].items() if name != kind}
    return _object({**settings, "data_type": {"type": "string", "enum": [kind]}})


def _body(field: Any) -> dict[str, Any]:
    kind = _kind(field)
    return {**_object({**_BODIES[kind], "status": {"type": "integer", "enum": [0, 1, 2, 3]}}), "required": [kind]}


def _kind(field: Any) -> str:
    return NAMES[field.data_type] if isinstance(field, PayloadField) else "text"


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def _plain(value: Any) -> Any:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
