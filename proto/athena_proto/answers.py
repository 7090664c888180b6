"""The native codec's other answers: faults, descriptions, the list of services."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping

from athena.errors import Executed, Fault, ServiceError
from athena.models import Description, Field, Health, Kind, Param, ServiceView

from . import inference_pb2 as pb
from .parts import KINDS, bad, parse

__all__ = [
    "decode_description",
    "decode_fault",
    "decode_services",
    "encode_description",
    "encode_fault",
    "encode_services",
    "internal",
    "rebuild",
]

_EXECUTED = {Executed.NO: pb.NO, Executed.YES: pb.YES, Executed.UNKNOWN: pb.UNKNOWN}
_EXECUTED_BACK = {int(number): executed for executed, number in _EXECUTED.items()}


def encode_fault(error: ServiceError, status: int = 0) -> bytes:
    """A fault as a message; ``status`` is its number on wires that have one."""
    message = pb.Fault(
        status=status,
        name=error.fault.name,
        message=error.message,
        executed=_EXECUTED[error.executed],
        error_id=error.error_id,
    )
    if error.code is not None:
        message.code = error.code
    if error.retry_after is not None:
        message.retry_after_ms = max(0, round(error.retry_after * 1000))
    return message.SerializeToString()


def decode_fault(data: bytes | memoryview) -> ServiceError:
    """The error a fault message speaks of.

    Raises:
        ServiceError: BAD_REQUEST: what came is not a fault message.
    """
    message = parse(pb.Fault, data)
    return rebuild(
        message.name,
        message.message,
        executed=_EXECUTED_BACK.get(message.executed, Executed.UNKNOWN),
        code=message.code if message.HasField("code") else None,
        retry_after=message.retry_after_ms / 1000 if message.HasField("retry_after_ms") else None,
        error_id=message.error_id,
    )


def rebuild(
    name: str,
    message: str,
    *,
    executed: Executed = Executed.UNKNOWN,
    code: int | None = None,
    retry_after: float | None = None,
    error_id: str = "",
) -> ServiceError:
    """The error that another kernel named; a name we do not know (a newer kernel's) becomes INTERNAL and is told."""
    fault = Fault.__members__.get(name)
    if fault is None:
        fault, message = Fault.INTERNAL, f"{name or 'no fault named'}: {message}"
    return ServiceError(fault, message, executed=executed, code=code, retry_after=retry_after, error_id=error_id)


def encode_description(description: Description) -> bytes:
    """What a wrapper takes and gives, as a message."""
    return _description(description).SerializeToString()


def decode_description(data: bytes | memoryview) -> Description:
    """What a wrapper takes and gives, from a message.

    Raises:
        ServiceError: BAD_REQUEST.
    """
    return _described(parse(pb.Description, data))


def encode_services(views: Mapping[str, ServiceView]) -> bytes:
    """Every service of a kernel, by name."""
    message = pb.ServiceList()
    for name, view in sorted(views.items()):
        message.services.add(
            name=name,
            ready=view.health.ready,
            reason=view.health.reason,
            description=_description(view.description),
        )
    return message.SerializeToString()


def decode_services(data: bytes | memoryview) -> dict[str, tuple[Health, Description]]:
    """Every service another kernel says it has.

    Raises:
        ServiceError: BAD_REQUEST.
    """
    message = parse(pb.ServiceList, data)
    return {one.name: (Health(one.ready, one.reason), _described(one.description)) for one in message.services}


def internal(error: BaseException, log: logging.Logger) -> ServiceError:
    """What a caller is told of a bug of ours: a sentence and an id; the log has the rest under the same id."""
    error_id = os.urandom(4).hex()
    log.error("a call failed inside the transport (error %s)", error_id, exc_info=error)
    text = f"internal error {error_id}: {type(error).__name__}"
    return ServiceError(Fault.INTERNAL, text, executed=Executed.UNKNOWN, error_id=error_id)


def _description(description: Description) -> pb.Description:
    return pb.Description(
        version=description.version,
        summary=description.summary,
        inputs=map(_field, description.inputs),
        outputs=map(_field, description.outputs),
        params=map(_param, description.params),
        operations=sorted(description.operations),
    )


def _field(one: Field) -> pb.Field:
    return pb.Field(
        key=one.key,
        kind=None if one.kind is None else pb.Kind.Name(one.kind),
        required=one.required,
        formats=one.formats,
        schema=one.schema,
        dtype=one.dtype,
        shape=one.shape,
        items=one.items,
        summary=one.summary,
    )


def _param(one: Param) -> pb.Param:
    return pb.Param(
        key=one.key,
        type=one.type,
        required=one.required,
        default=one.default,
        minimum=one.minimum,
        maximum=one.maximum,
        choices=one.choices,
        summary=one.summary,
    )


def _described(message: pb.Description) -> Description:
    return Description(
        version=message.version,
        summary=message.summary,
        inputs=tuple(map(_field_back, message.inputs)),
        outputs=tuple(map(_field_back, message.outputs)),
        params=tuple(map(_param_back, message.params)),
        operations=frozenset(message.operations),
    )


def _field_back(one: pb.Field) -> Field:
    kind: Kind | None = None
    if one.HasField("kind"):
        kind = KINDS.get(one.kind)
        if kind is None:
            raise bad(f"fields.{one.key}.kind: expected 0 to 4, got {one.kind}")
    return Field(
        one.key,
        kind,
        one.required,
        tuple(one.formats),
        one.schema,
        one.dtype,
        tuple(one.shape),
        one.items,
        one.summary,
    )


def _param_back(one: pb.Param) -> Param:
    return Param(
        one.key,
        one.type,
        one.required,
        one.default if one.HasField("default") else None,
        one.minimum if one.HasField("minimum") else None,
        one.maximum if one.HasField("maximum") else None,
        tuple(one.choices),
        one.summary,
    )
