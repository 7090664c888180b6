"""What a call of the Open Inference Protocol asks, the same for both its wires: parameters, outputs, sequences."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from attrs import frozen

from athena.errors import Fault, ServiceError
from athena.models import EMPTY, END_MARK, Description, Expectation, Part, Principal, Reply, Request, Stage

from .oip_tensors import OTHER_WAYS, Tensor, parts_of, tensors_of
from .strict import malformed, scalar

__all__ = [
    "Call",
    "Caller",
    "Options",
    "Sequence",
    "Wanted",
    "called",
    "chosen",
    "made",
    "options_of",
    "told_of",
    "wanted_of",
]

_LONGEST = 24 * 3600.0
_SILENT = frozenset({"binary_data_size", "triton_enable_empty_final_response"})
_PRIORITY = "x-priority"


@frozen
class Sequence:
    """Which sequence a call belongs to, and where it stands there."""

    id: str
    start: bool = False
    end: bool = False

    @property
    def stage(self) -> Stage:
        """The stage of its parts."""
        if self.end:
            return Stage.ONCE if self.start else Stage.END
        return Stage.BEGIN if self.start else Stage.CONTINUE


@frozen
class Options:
    """What a call's parameters say.

    Attributes:
        params: Those for the wrapper.
        sequence: The sequence, or None.
        timeout: Seconds, or None.
        priority: ``0`` to ``9``, or "".
        binary: Whether outputs are wanted in binary where nothing else is said of them.
        final: Whether a stream's end is to be told by an answer of its own.
    """

    params: Mapping[str, str] = EMPTY
    sequence: Sequence | None = None
    timeout: float | None = None
    priority: str = ""
    binary: bool = False
    final: bool = False


@frozen
class Wanted:
    """One output that was asked for, and whether in binary (None: nothing was said)."""

    name: str
    binary: bool | None = None
    attributes: Mapping[str, str] = EMPTY


class Caller(NamedTuple):
    """What a wire knows of a call beside the call itself."""

    principal: Principal
    headers: Mapping[str, str]
    deadline: float | None


class Call(NamedTuple):
    """A decoded call.

    Attributes:
        request: For the dispatcher.
        id: The client's own, given back to it.
        options: What its parameters say.
        outputs: What it asked for; nothing means everything.
    """

    request: Request
    id: str
    options: Options
    outputs: tuple[Wanted, ...] = ()


def options_of(parameters: Mapping[str, object] | None) -> Options:
    """Take the protocol's own parameters out of a call's; the others are the wrapper's.

    Raises:
        ServiceError: BAD_REQUEST.
    """
    if not parameters:
        return _PLAIN
    params = {name: value for name, value in parameters.items() if value is not None}
    sequence = _sequence(params)
    timeout = params.pop("timeout", None)
    priority = params.pop("priority", None)
    binary = params.pop("binary_data_output", None)
    final = params.pop("triton_enable_empty_final_response", None)
    return Options(
        {name: scalar(value, f"parameters.{name}") for name, value in params.items() if name not in _SILENT},
        sequence,
        _seconds(timeout),
        _priority(priority),
        _flag(binary, "binary_data_output"),
        _flag(final, "triton_enable_empty_final_response"),
    )


_PLAIN = Options()


def _sequence(params: dict[str, object]) -> Sequence | None:
    key = params.pop("sequence_id", None)
    start = _flag(params.pop("sequence_start", None), "sequence_start")
    end = _flag(params.pop("sequence_end", None), "sequence_end")
    if key is not None and (isinstance(key, bool) or not isinstance(key, (int, str)) or len(str(key)) > 256):
        raise malformed("parameters.sequence_id", "expected a number, or a string of at most 256 characters")
    if key in (None, 0, ""):
        if start or end:
            raise malformed("parameters.sequence_id", "missing; sequence_start and sequence_end need one that is not 0")
        return None
    return Sequence(str(key), start, end)


def _flag(value: object, name: str) -> bool:
    if value is None:
        return False
    if not isinstance(value, bool):
        raise malformed(f"parameters.{name}", "expected true or false")
    return value


def _whole(value: object, name: str) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise malformed(f"parameters.{name}", "expected a whole number, not negative")
    return value


def _seconds(value: object) -> float | None:
    """Microseconds, as Triton has them; 0 means none."""
    micros = 0 if value is None else _whole(value, "timeout")
    return min(micros * 1e-6, _LONGEST) if micros else None


def _priority(value: object) -> str:
    """Here 1 is the highest and 0 the default; in the house 9 is the highest."""
    said = 0 if value is None else _whole(value, "priority")
    return str(max(0, 10 - said)) if said else ""


def told_of(parameters: Mapping[str, object] | None, path: str) -> Mapping[str, str]:
    """What is said of one tensor, as strings.

    Raises:
        ServiceError: BAD_REQUEST; UNSUPPORTED for what lies in shared memory.
    """
    if not parameters:
        return EMPTY
    if any(name in parameters for name in OTHER_WAYS):
        raise ServiceError(Fault.UNSUPPORTED, f"{path}: shared memory is not taken; send the tensor with the request")
    return {name: scalar(value, f"{path}.{name}") for name, value in parameters.items() if value is not None}


def wanted_of(name: str, parameters: Mapping[str, object] | None) -> Wanted:
    """One output that a call asks for.

    Raises:
        ServiceError: BAD_REQUEST; UNSUPPORTED for classification and shared memory.
    """
    path = f"outputs.{name}.parameters"
    told = dict(told_of(parameters, path))
    if told.pop("classification", "0") != "0":
        raise ServiceError(Fault.UNSUPPORTED, f"{path}.classification: scores are not ranked here; ask for the tensor")
    binary = told.pop("binary_data", None)
    if binary not in (None, "true", "false"):
        raise malformed(f"{path}.binary_data", "expected true or false")
    return Wanted(name, None if binary is None else binary == "true", told)


def made(
    service: str,
    description: Description,
    tensors: Iterable[Tensor],
    options: Options,
    outputs: tuple[Wanted, ...] = (),
    id: str = "",
) -> Call:
    """The call that tensors and options are.

    Raises:
        ServiceError: BAD_REQUEST, UNSUPPORTED.
    """
    declared = {one.key: one for one in description.inputs}
    stage = Stage.ONCE if options.sequence is None else options.sequence.stage
    parts: list[Part] = []
    names: set[str] = set()
    for tensor in tensors:
        if tensor.name in names:
            raise malformed("inputs", f"two tensors of the name {tensor.name[:64]!r}")
        names.add(tensor.name)
        parts += parts_of(tensor, declared, stage)
    if outputs:
        _must_be_there(outputs, description)
    expect = tuple(Expectation(one.name, None, one.attributes) for one in outputs) if outputs else ()
    headers = {_PRIORITY: options.priority} if options.priority else EMPTY
    if options.sequence is not None and options.sequence.end and not parts:
        parts.append(END_MARK)
    return Call(Request(service, "", tuple(parts), options.params, headers, expect), id, options, outputs)


def _must_be_there(outputs: tuple[Wanted, ...], description: Description) -> None:
    known = {one.key for one in description.outputs}
    for one in outputs:
        if known and "*" not in known and one.name not in known:
            raise malformed("outputs", f"no output {one.name[:64]!r}; there are: {', '.join(sorted(known))}")


def called(call: Call, principal: Principal, headers: Mapping[str, str], deadline: float | None) -> Call:
    """The same with what the wire itself knows; the nearer deadline counts, and a sequence outlives its calls'."""
    timeout = call.options.timeout
    if timeout is not None:
        mine = time.monotonic() + timeout
        deadline = mine if deadline is None else min(mine, deadline)
    bare = call.request
    told = {**headers, **bare.headers} if bare.headers else headers
    full = Request(bare.service, "", bare.parts, bare.params, told, bare.expect, deadline, principal)
    return Call(full, call.id, call.options, call.outputs)


def chosen(call: Call, reply: Reply, description: Description) -> list[Tensor]:
    """The tensors of an answer: those that were asked for, in that order, else all.

    Raises:
        ServiceError: USER_ERROR, for parts that are no tensors.
    """
    tensors = tensors_of(reply.parts, description)
    if not call.outputs:
        return tensors
    by_name = {tensor.name: tensor for tensor in tensors}
    return [by_name[one.name] for one in call.outputs if one.name in by_name]
