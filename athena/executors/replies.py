"""What hooks hand back, checked where the wrapper lives: a wrong type is the wrapper's fault, named, never a hang."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping
from typing import NoReturn

import attrs

from athena.errors import Cancelled, Executed, Fault, ServiceError
from athena.models import Buffer, Kind, Part, Reply, Stage

__all__ = ["checked", "fault_of", "join", "user_error"]

log = logging.getLogger("athena.wrapper")


def user_error(hook: str, text: str) -> ServiceError:
    """A USER_ERROR that names the hook; ``text`` holds types only, never values."""
    return ServiceError(Fault.USER_ERROR, f"{hook} {text}", executed=Executed.YES)


def fault_of(error: BaseException, hook: str) -> ServiceError:
    """What a hook raised, as the value its caller gets; the traceback goes to the log under an error id."""
    if isinstance(error, ServiceError):
        error.executed = Executed.YES
        return _sound(error, hook)
    if isinstance(error, Cancelled):
        return ServiceError(Fault.CANCELLED, "the call was cancelled", executed=Executed.YES)
    error_id = os.urandom(4).hex()  # as secrets does, which loads OpenSSL for it
    log.error("%s raised %s (error %s)", hook, type(error).__name__, error_id, exc_info=error)
    text = f"{hook} raised {type(error).__name__}; error {error_id}"
    return ServiceError(Fault.USER_ERROR, text, executed=Executed.YES, error_id=error_id)


def _sound(error: ServiceError, hook: str) -> ServiceError:
    """A wrapper's own error, when every wire can carry it: its fields are whatever its author put there."""
    right = {"fault": Fault, "message": str, "code": int | None, "retry_after": float | int | None}
    for name, expected in right.items():
        value = getattr(error, name)
        if not isinstance(value, expected):
            return user_error(hook, f"raised a ServiceError whose {name} is {type(value).__name__}")
    return error


def checked(reply: object, hook: str, limit: int, expected: str = "a Reply") -> Reply:
    """The reply, when it is one that can travel.

    Raises:
        ServiceError: USER_ERROR naming what was expected and the type that came; TOO_LARGE above ``limit`` bytes.
    """
    try:
        return _travels(reply, hook, limit, expected)
    except ServiceError:
        raise
    except BaseException as error:
        # What a hook returns may have properties of its own that raise; its caller would never be answered.
        raise fault_of(error, hook) from error


def _travels(reply: object, hook: str, limit: int, expected: str) -> Reply:
    if not isinstance(reply, Reply):
        _refuse(hook, f"returned {type(reply).__name__}; expected {expected}")
    parts: object = reply.parts
    if type(parts) is not tuple:
        if not isinstance(parts, list):
            _refuse(hook, f"returned a Reply whose parts are {type(parts).__name__}; expected a tuple of Part")
        parts = tuple(parts)
        reply = attrs.evolve(reply, parts=parts)
    size = 0
    each: tuple[object, ...] = parts
    for part in each:
        if not isinstance(part, Part):
            _refuse(hook, f"returned a Reply with a {type(part).__name__} among its parts; expected Part")
        if type(part.data) is not bytes or part.attributes or not isinstance(part.stage, Stage):
            _check_part(part, hook)
        if type(part.key) is not str or not isinstance(part.kind, Kind):
            _refuse(hook, "returned a Part whose key is not a str or whose kind is not a Kind")
        size += len(part.data)
    if not isinstance(reply.stage, Stage):
        _refuse(hook, f"returned a Reply whose stage is {type(reply.stage).__name__}; expected a Stage")
    if reply.attributes:
        _check_strings(reply.attributes, hook)
    if size > limit:
        text = f"{hook} returned {size} bytes; at most {limit} can travel ([kernel.limits] max_message)"
        raise ServiceError(Fault.TOO_LARGE, text, executed=Executed.YES)
    return reply


def _check_part(part: Part, hook: str) -> None:
    data: object = part.data
    if not isinstance(data, bytes | memoryview):
        hint = "; use Part.from_text" if isinstance(data, str) else ""
        _refuse(hook, f"returned part {part.key!r} with data of type {type(data).__name__}; expected bytes{hint}")
    if isinstance(data, memoryview) and (data.ndim != 1 or data.itemsize != 1 or not data.contiguous):
        _refuse(hook, f"returned part {part.key!r} as a memoryview that is not flat bytes; use .tobytes() or cast('B')")
    if not isinstance(part.stage, Stage):
        _refuse(hook, f"returned part {part.key!r} whose stage is {type(part.stage).__name__}; expected a Stage")
    if part.attributes:
        _check_strings(part.attributes, hook)


def _check_strings(attributes: object, hook: str) -> None:
    if not isinstance(attributes, Mapping):
        _refuse(hook, f"returned attributes of type {type(attributes).__name__}; expected a mapping of strings")
    for key, value in attributes.items():
        if not isinstance(key, str) or not isinstance(value, str):
            _refuse(hook, f"returned attribute {key!r} of type {type(value).__name__}; expected str")


def _refuse(hook: str, text: str) -> NoReturn:
    raise user_error(hook, text)


def join(replies: Iterable[Reply]) -> Reply:
    """An iterator's replies as one: parts of one key are joined in order, attributes of later ones win."""
    pieces: dict[str, list[Part]] = {}
    attributes: dict[str, str] = {}
    for reply in replies:
        _merge(attributes, reply.attributes)
        for part in reply.parts:
            pieces.setdefault(part.key, []).append(part)
    return Reply(tuple(_joined(parts) for parts in pieces.values()), Stage.ONCE, attributes)


def _merge(sums: dict[str, str], attributes: Mapping[str, str]) -> None:
    for key, value in attributes.items():
        if key.startswith("usage.") and key in sums:
            # Billable units of the items add up; everything else is a statement, and the last one holds.
            value = _added(sums[key], value)
        sums[key] = value


def _added(one: str, other: str) -> str:
    try:
        return repr(float(one) + float(other))
    except ValueError:
        return other


def _joined(parts: list[Part]) -> Part:
    if len(parts) == 1:
        return attrs.evolve(parts[0], stage=Stage.ONCE)
    attributes: dict[str, str] = {}
    for part in parts:
        attributes.update(part.attributes)
    data: Buffer = b"".join(part.data for part in parts)
    return Part(parts[0].key, data, parts[0].kind, Stage.ONCE, None, attributes)
