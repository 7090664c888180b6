"""What the two ends tell each other before the first call: HELLO, READY and REFUSED."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from ..errors import (
    AthenaError,
    PluginBroken,
    PluginError,
    PluginMissing,
    PluginRefused,
    ServiceError,
    SettingsError,
)
from ..models import Description, Field, Kind, Limits, Param
from ..settings.problems import Problem
from ..specs import API
from . import worker_pb2 as pb
from .faults import error_of, fault_head
from .frames import Frame
from .heads import decode
from .tables import Tables, tables_into, tables_of

__all__ = [
    "Hello",
    "Ready",
    "encode_hello",
    "encode_ready",
    "encode_refusal",
    "hello_of",
    "ready_of",
    "refusal_of",
]

_REFUSALS: Mapping[str, type[PluginError]] = {
    "missing": PluginMissing,
    "broken": PluginBroken,
    "refused": PluginRefused,
}


@frozen
class Hello:
    """What a worker is told first."""

    service: str
    wrapper: str
    folder: str = "."
    tables: Tables = field(factory=Tables)
    devices: tuple[str, ...] = ()
    limits: Limits = field(factory=Limits)
    threads: int = 1
    probe: bool = False
    log_level: str = "info"
    api: tuple[int, int] = (API, API)
    gathers: bool = False


@frozen
class Ready:
    """What a worker that came up says."""

    description: Description
    hooks: frozenset[str] = frozenset()
    version: str = ""
    api: int = API
    holds: int = 0


def encode_hello(hello: Hello) -> bytes:
    """HELLO's head.

    Raises:
        SettingsError: The configuration holds a number that no worker protocol can carry.
    """
    limits = hello.limits
    head = pb.Hello(
        api_low=hello.api[0],
        api_high=hello.api[1],
        service=hello.service,
        wrapper=hello.wrapper,
        folder=hello.folder,
        devices=hello.devices,
        threads=hello.threads,
        probe=hello.probe,
        log_level=hello.log_level,
        gathers=hello.gathers,
        limits=pb.Limits(
            max_message=limits.max_message,
            max_in_flight=limits.max_in_flight,
            default_deadline=limits.default_deadline,
            max_deadline=limits.max_deadline,
            idle_timeout=limits.idle_timeout,
            max_lifetime=limits.max_lifetime,
        ),
    )
    tables_into(head, hello.tables)
    return head.SerializeToString()


def hello_of(frame: Frame) -> Hello:
    """The HELLO frame's content."""
    head: pb.Hello = decode(pb.Hello, frame)
    told = head.limits
    limits = Limits(
        told.max_message,
        told.max_in_flight,
        told.default_deadline,
        told.max_deadline,
        told.idle_timeout,
        told.max_lifetime,
    )
    return Hello(
        head.service,
        head.wrapper,
        head.folder,
        tables_of(head),
        tuple(head.devices),
        limits if head.HasField("limits") else Limits(),
        max(1, head.threads),
        head.probe,
        head.log_level or "info",
        (head.api_low, head.api_high),
        head.gathers,
    )


def encode_ready(ready: Ready) -> bytes:
    """READY's head."""
    description = ready.description
    head = pb.Ready(api=ready.api, hooks=sorted(ready.hooks), version=ready.version, holds=ready.holds)
    told = head.description
    told.version = description.version
    told.summary = description.summary
    told.operations.extend(sorted(description.operations))
    for fields, target in ((description.inputs, told.inputs), (description.outputs, told.outputs)):
        for one in fields:
            target.add(
                key=one.key,
                kind=one.kind,
                required=one.required,
                formats=one.formats,
                schema=one.schema,
                dtype=one.dtype,
                shape=one.shape,
                items=one.items,
                summary=one.summary,
            )
    for param in description.params:
        told.params.add(
            key=param.key,
            type=param.type,
            required=param.required,
            default=param.default,
            minimum=param.minimum,
            maximum=param.maximum,
            choices=param.choices,
            summary=param.summary,
        )
    told.SetInParent()
    return head.SerializeToString()


def ready_of(frame: Frame) -> Ready:
    """The READY frame's content."""
    head: pb.Ready = decode(pb.Ready, frame)
    told = head.description
    description = Description(
        told.version,
        told.summary,
        tuple(_field_of(one) for one in told.inputs),
        tuple(_field_of(one) for one in told.outputs),
        tuple(_param_of(param) for param in told.params),
        frozenset(told.operations),
    )
    return Ready(description, frozenset(head.hooks), head.version, head.api, head.holds)


def _field_of(told: pb.Field) -> Field:
    kind = Kind(told.kind) if told.HasField("kind") and told.kind <= Kind.OTHER else None
    return Field(
        told.key,
        kind,
        told.required,
        tuple(told.formats),
        told.schema,
        told.dtype,
        tuple(told.shape),
        told.items,
        told.summary,
    )  # fmt: skip


def _param_of(told: pb.Param) -> Param:
    return Param(
        told.key,
        told.type,
        told.required,
        told.default if told.HasField("default") else None,
        told.minimum if told.HasField("minimum") else None,
        told.maximum if told.HasField("maximum") else None,
        tuple(told.choices),
        told.summary,
    )


def encode_refusal(error: BaseException) -> bytes:
    """REFUSED's head, for whatever kept the wrapper from coming up or from taking a change."""
    if isinstance(error, SettingsError):
        head = pb.Refused(reason="settings")
        for problem in error.problems:
            head.problems.add(path=problem.path, text=_clean(problem.text))
        return head.SerializeToString()
    head = pb.Refused(reason="broken", message=_clean(str(error) or type(error).__name__))
    if isinstance(error, PluginError):
        head.plugin = error.plugin
        head.distribution = error.distribution
        head.reason = next((name for name, cls in _REFUSALS.items() if isinstance(error, cls)), "broken")
    elif not isinstance(error, AthenaError):
        head.message = _clean(f"{type(error).__name__}: {str(error) or 'no reason given'}")
    elif isinstance(error, ServiceError):
        head.message = _clean(error.message)
    if isinstance(error.__cause__, ServiceError):
        head.fault.MergeFrom(fault_head(error.__cause__))  # the hook's own words
    return head.SerializeToString()


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def refusal_of(frame: Frame) -> AthenaError:
    """The error that a REFUSED frame stands for: the very one that loading it in this process would have raised."""
    head: pb.Refused = decode(pb.Refused, frame)
    if head.reason == "settings":
        return SettingsError(Problem(tuple(problem.path), problem.text) for problem in head.problems)
    error = _REFUSALS.get(head.reason, PluginBroken)(head.message, plugin=head.plugin, distribution=head.distribution)
    if head.HasField("fault"):
        error.__cause__ = error_of(head.fault)
    return error
