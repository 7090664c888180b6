"""Replies in ASE JSON: what a server encodes, and what a client decodes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec
import orjson
import pybase64

from athena.errors import Executed, Fault, ServiceError
from athena.models import EMPTY, Kind, Part, Reply, Stage

from .ase_documents import DOCUMENT, VERBATIM, Units, Verbatim, payload_of, verbatim_of
from .ase_errors import decode_error, word
from .ase_styles import Style
from .ase_units import KEYS, NAMES, decode_unit, not_json, stage_of
from .strict import decode, malformed, scalar

__all__ = ["Answer", "decode_answer", "encode_reply"]


class Answer(msgspec.Struct, frozen=True, gc=False):
    """What a server sent.

    Attributes:
        reply: The reply, None where the answer tells of an error.
        error: The error, None where there is a reply.
        sid: ``header.sid``.
        header: The header as it stands.
    """

    reply: Reply | None
    error: ServiceError | None
    sid: str
    header: Mapping[str, Any]  # Any: an untyped JSON object


def encode_reply(reply: Reply, sid: str, limit: int, *, plain: bool = False, style: Style | None = None) -> bytes:
    """A reply, or one frame of a stream.

    Args:
        reply: What the wrapper answered.
        sid: The call's or session's id.
        limit: Bytes that all parts together may have.
        plain: Write text as it is.
        style: What the request said about its answer.

    Raises:
        ServiceError: TOO_LARGE; USER_ERROR for strings that JSON cannot hold.
    """
    parts = reply.parts
    size = len(parts[0].data) if len(parts) == 1 else sum([len(part.data) for part in parts])
    if size > limit:
        raise ServiceError(
            Fault.TOO_LARGE, f"the reply has {size} bytes; at most {limit} travel", executed=Executed.YES
        )
    if len(parts) == 1 and not reply.attributes and (style is None or _plainest(style)):
        plainly = _plain_reply(parts[0], reply.stage, sid, plain)
        if plainly:
            return plainly
    header: dict[str, object] = {"code": 0, "message": "success", "sid": sid, "status": reply.stage.value}
    if style is not None and style.cid != "":
        header["cid"] = style.cid
    if reply.attributes:
        header["attributes"] = dict(reply.attributes)
    try:
        return orjson.dumps({"header": header, "payload": payload_of(parts, plain=plain, embed=True, style=style)})
    except TypeError as error:
        raise not_json(error) from None


def _plainest(style: Style) -> bool:
    """Whether it says nothing that a part without attributes would show."""
    return not style.folded and style.cid == ""


def _plain_reply(part: Part, stage: Stage, sid: str, plain: bool) -> bytes | None:
    """What nearly every reply is: one part with nothing said about it, as base64; None for any other.

    The same bytes as the long way's, put together from what is the same in all replies of a service.
    """
    if part.attributes or part.seq is not None or (plain and part.kind is Kind.TEXT):
        return None
    try:
        before, between = _around(part.key, part.kind, part.stage, stage)
        return b"".join((before, orjson.dumps(sid), between, pybase64.b64encode(part.data), b'"}}}'))
    except TypeError as error:
        raise not_json(error) from None


@lru_cache(1024)
def _around(key: str, kind: Kind, place: Stage, stage: Stage) -> tuple[bytes, bytes]:
    whole = {
        "header": {"code": 0, "message": "success", "sid": 0, "status": int(stage)},
        "payload": {key: {"status": int(place), NAMES[kind]: ""}},
    }
    before, between = orjson.dumps(whole).split(b'"sid":0,', 1)
    return before + b'"sid":', b"," + between.removesuffix(b'"}}}')


def decode_answer(body: bytes, limit: int) -> Answer:
    """A reply, an error, or one frame of a stream, as a client gets it.

    Raises:
        ServiceError: BAD_REQUEST, when it is not ASE JSON; TOO_LARGE.
    """
    document = decode(DOCUMENT, body)
    header = document.header or {}
    sid = word(header.get("sid"))
    if header.get("code", 0) != 0:
        return Answer(None, decode_error(header), sid, header)
    given = header.get("status")
    stage = Stage.ONCE if given is None else stage_of(given, "header.status")
    parts: tuple[Part, ...] = ()
    if document.payload:
        parts = _reply_parts(document.payload, body, stage, limit)
    about = header.get("attributes")
    if about is not None and not isinstance(about, dict):
        raise malformed("header.attributes", "expected an object")
    attributes = {name: scalar(value, f"header.attributes.{name}") for name, value in about.items()} if about else EMPTY
    return Answer(Reply(parts, stage, attributes), None, sid, header)


def _reply_parts(payload: Units, body: bytes, stage: Stage, limit: int) -> tuple[Part, ...]:
    """As in a request, but any JSON value may be embedded, and there is no bound on the number of parts."""
    parts = []
    verbatim: Verbatim | None = None
    for key, given in payload.items():
        for index, unit in enumerate((given,) if isinstance(given, dict) else given):
            name = next((name for name in KEYS if name in unit), None)
            if name is None or isinstance(unit[name], str):
                parts.append(decode_unit(key, unit, stage, Kind.OTHER, None))
                continue
            verbatim = verbatim or decode(VERBATIM, body)
            data = verbatim_of(verbatim, key, index, name)
            rest = decode_unit(key, {**unit, name: ""}, stage, Kind.OTHER, None)
            parts.append(Part(key, data, rest.kind, rest.stage, rest.seq, {**rest.attributes, "format": "json"}))
    if (size := sum(len(part.data) for part in parts)) > limit:
        raise ServiceError(
            Fault.TOO_LARGE, f"the reply has {size} bytes; at most {limit} are taken", executed=Executed.YES
        )
    return tuple(parts)
