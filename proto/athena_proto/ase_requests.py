"""Requests in ASE JSON: what a server decodes, and what a client encodes."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any

import msgspec
import orjson

from athena.errors import Fault, ServiceError
from athena.models import EMPTY, Expectation, Kind, Part, Request, Stage

from .ase_documents import DOCUMENT, VERBATIM, Units, Verbatim, payload_of, verbatim_of
from .ase_styles import Style, style_of
from .ase_units import KEYS, NAMES, PLAIN, check_value, decode_unit, stage_of
from .strict import decode, malformed, scalar, unique

__all__ = ["MAX_PARTS", "Message", "decode_message", "encode_request", "own"]

MAX_PARTS = 1024
"""Parts of one request."""


class Message(msgspec.Struct, frozen=True, gc=False):
    """What a client sent.

    Attributes:
        parts: Its data, in the order of the payload's keys.
        params, headers, expect: As in :class:`athena.models.Request`.
        sid: ``header.sid``, or "".
        stage: ``header.status``, or None where the header has none.
        plain: Whether the reply's text is to be written as it is.
        style: What else it says about the reply, None for nothing.
        others: The other capabilities it names; units that are called after them are not among the parts.
    """

    parts: tuple[Part, ...]
    params: Mapping[str, str]
    headers: Mapping[str, str]
    expect: tuple[Expectation, ...]
    sid: str
    stage: Stage | None
    plain: bool
    style: Style | None = None
    others: tuple[str, ...] = ()


def decode_message(
    body: bytes,
    service: str,
    limit: int,
    *,
    stage: Stage = Stage.ONCE,
    kinds: MutableMapping[str, Kind] | None = None,
) -> Message:
    """A request, or one frame of a stream.

    Args:
        body: The JSON text.
        service: Whose parameters are wanted: ``parameter.<service>``; where that is missing, all services' together.
        limit: Bytes that all parts together may have.
        stage: The stage of parts that name none, where the header names none either.
        kinds: In a stream: what kind each key had last, for frames without content; written as well.

    Raises:
        ServiceError: BAD_REQUEST with the path, TOO_LARGE.
    """
    document = decode(DOCUMENT, body)
    header, parameter, payload = document.header, document.parameter, document.payload
    count = (header is not None) + (parameter is not None) + (payload is not None)
    headers, sid, given, plain = _header(header) if header else (EMPTY, "", None, False)
    numbers: set[str] = set()
    params, expect, members = _parameters(parameter, service, numbers) if parameter else (EMPTY, (), 0)
    default = stage if given is None else given
    parts, more, literal = _parts(payload, body, default, limit, kinds, numbers) if payload else ((), 0, False)
    unique(body, count + members + more + (len(header) if header else 0))
    others: tuple[str, ...] = ()
    if parameter and len(parameter) > 1 and service in parameter:
        others = tuple([name for name in parameter if name != service])
        parts = own(parts, service, others)
    style = style_of(numbers, expect, _cid(header)) if numbers or expect or "cid" in headers else None
    return Message(parts, params, headers, expect, sid, given, plain or literal, style, others)


def _cid(header: dict[str, Any] | None) -> str | int:  # Any: untyped JSON
    """``header.cid`` as it came, for it goes back so."""
    cid = header.get("cid") if header else None
    return cid if type(cid) is str or type(cid) is int else ""


def own(parts: tuple[Part, ...], service: str, others: tuple[str, ...]) -> tuple[Part, ...]:
    """The parts that are the called capability's: ``service_2_data_1`` is service_2's, where that is named too.

    The longest name that a key begins with is its owner; a key that begins with none is everybody's.
    """
    names = sorted((service, *others), key=len, reverse=True)
    return tuple(
        [
            part
            for part in parts
            if next((name for name in names if part.key == name or part.key.startswith(f"{name}_")), service) == service
        ]
    )


def _header(header: dict[str, Any]) -> tuple[Mapping[str, str], str, Stage | None, bool]:  # Any: untyped JSON
    headers: dict[str, str] = {}
    for name, value in header.items():
        if type(value) is str:
            headers[name.lower()] = value
        elif isinstance(value, list):
            headers[name.lower()] = ";".join([scalar(each, f"header.{name}") for each in value])
        elif value is not None:
            headers[name.lower()] = scalar(value, f"header.{name}")
    alias = headers.pop("appid", None)
    if alias is not None and headers.setdefault("app_id", alias) != alias:
        raise malformed("header", "app_id and its alias appid differ; send one of them")
    sid = headers.pop("sid", "")
    plain = headers.pop(PLAIN, "") in ("true", "1")
    status = header.get("status")  # as it came: 1.0 is no stage, but the string it travels as would be one
    if status is None:
        status = headers.get("status")
    return headers, sid, None if status is None else stage_of(status, "header.status"), plain


def _parameters(
    parameter: dict[str, dict[str, Any] | None],  # Any: untyped JSON
    service: str,
    numbers: set[str],
) -> tuple[Mapping[str, str], tuple[Expectation, ...], int]:
    members = len(parameter)
    several = members > 1
    params: dict[str, str] = {}
    expect: dict[str, Expectation] = {}
    for owner, table in parameter.items():
        if table is None:
            continue
        members += len(table)
        wanted = owner == service or service not in parameter
        for name, value in table.items():
            if isinstance(value, dict):
                members += len(value)
                result = _expectation(name, value, f"parameter.{owner}.{name}", numbers)
                if wanted:
                    expect[name] = result
            elif value is not None:
                text = value if type(value) is str else scalar(value, f"parameter.{owner}.{name}")
                if wanted:
                    if several and params.get(name, text) != text:
                        raise malformed(f"parameter.{owner}.{name}", _CLASH)
                    params[name] = text
    return params or EMPTY, tuple(expect.values()), members


_CLASH = "another capability has another value; call each of them by its name, or send one value"


def _expectation(
    key: str,
    table: dict[str, Any],  # Any: untyped JSON
    path: str,
    numbers: set[str],
) -> Expectation:
    attributes = {name: scalar(value, f"{path}.{name}") for name, value in table.items() if value is not None}
    numbers.update([name for name, value in table.items() if type(value) is int])
    kind = attributes.pop("data_type", None)
    return Expectation(key, None if kind is None else KEYS.get(kind, Kind.OTHER), attributes or EMPTY)


class _Embedded:
    """JSON values that stand in a payload where base64 would: checked, counted, and taken letter by letter."""

    __slots__ = ("_body", "_document", "members")

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._document: Verbatim | None = None
        self.members = 0

    def take(self, key: str, index: int, name: str, content: object) -> bytes:
        self.members += check_value(content, f"payload.{key}.{name}")
        if self._document is None:
            self._document = decode(VERBATIM, self._body)
        return verbatim_of(self._document, key, index, name)


def _parts(
    payload: Units,
    body: bytes,
    stage: Stage,
    limit: int,
    kinds: MutableMapping[str, Kind] | None,
    numbers: set[str],
) -> tuple[tuple[Part, ...], int, bool]:
    parts = []
    members = len(payload)
    literal = False
    size = 0
    embedded = _Embedded(body)
    for key, given in payload.items():
        for index, unit in enumerate((given,) if isinstance(given, dict) else given):
            members += len(unit)
            literal = literal or PLAIN in unit
            kind = Kind.OTHER if kinds is None else kinds.get(key, Kind.OTHER)
            part = decode_unit(key, unit, stage, kind, limit, embedded.take, index, numbers)
            if kinds is not None and part.data:
                kinds[key] = part.kind
            size += len(part.data)
            parts.append(part)
    if len(parts) > MAX_PARTS:
        raise malformed("payload", f"{len(parts)} parts; at most {MAX_PARTS} are taken")
    if size > limit:
        raise ServiceError(Fault.TOO_LARGE, f"payload: {size} bytes; at most {limit} are taken")
    return tuple(parts), members + embedded.members, literal


def encode_request(request: Request, *, service: str = "", stage: Stage | None = None, plain: bool = False) -> bytes:
    """A request, or one frame of a stream, as a client sends it.

    Args:
        request: What to send; sid, deadline and principal are not part of ASE JSON.
        service: The name to write parameters under; empty for the request's own.
        stage: ``header.status``.
        plain: Write text as it is, and ask for such a reply.

    Raises:
        ServiceError: BAD_REQUEST, for strings that JSON cannot hold.
    """
    document: dict[str, object] = {}
    header: dict[str, object] = dict(request.headers)
    if stage is not None:
        header["status"] = stage.value
    if plain:
        header[PLAIN] = True
    if header:
        document["header"] = header
    if request.params or request.expect:
        table: dict[str, object] = dict(request.params)
        for each in request.expect:
            wanted = dict(each.attributes)
            if each.kind is not None:
                wanted["data_type"] = NAMES[each.kind]
            table[each.key] = wanted
        document["parameter"] = {service or request.service: table}
    if request.parts:
        document["payload"] = payload_of(request.parts, plain=plain, embed=False)
    try:
        return orjson.dumps(document)
    except TypeError as error:
        raise malformed("request", f"does not fit into JSON: {error}") from None
