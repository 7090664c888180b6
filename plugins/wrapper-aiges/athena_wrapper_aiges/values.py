"""From Athena's parts to upstream's nodes, and from whatever a wrapper returns to replies and errors."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from aiges.dto import DataListCls, DataListNode
from athena import Executed, Fault, Kind, Part, Reply, ServiceError, Stage

__all__ = ["PlainNode", "PlainNodes", "Refusal", "answer", "error_of", "nodes", "plain_nodes", "replied", "texts"]

LAST = (Stage.END, Stage.ONCE)
# Any, in this file: a wrapper returns what its author wrote.


class Refusal(Exception):
    """The wrapper said so with a number.

    Attributes:
        code: Its number.
    """

    def __init__(self, code: int) -> None:
        super().__init__(f"the wrapper returned {code}")
        self.code = code


def nodes(parts: Iterable[Part], kinds: Mapping[str, int]) -> DataListCls:
    """A request's parts, as class-style wrappers take them; a part of no kind has the one its field declares."""
    return DataListCls(
        DataListNode(part.key, data, len(data), _kind(part, kinds), int(part.stage), dict(part.attributes))
        for part, data in ((part, part.tobytes()) for part in parts)
    )


class PlainNode(dict[str, Any]):
    """A part as function-style wrappers take it: a dict, whose values are attributes too."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


class PlainNodes(list[PlainNode]):
    """A request's parts as function-style wrappers take them: a list, which answers as a DataListCls would."""

    @property
    def list(self) -> PlainNodes:
        """Itself."""
        return self

    def get(self, key: str) -> PlainNode | None:
        """The first node of that key, or None."""
        return next((node for node in self if node["key"] == key), None)


def plain_nodes(parts: Iterable[Part], kinds: Mapping[str, int]) -> PlainNodes:
    """A request's parts, as function-style wrappers take them."""
    names = ("key", "data", "len", "type", "status", "desc")
    return PlainNodes(PlainNode((name, getattr(node, name)) for name in names) for node in nodes(parts, kinds).list)


def texts(config: Mapping[str, Any], under: str = "") -> dict[str, str]:
    """A table as ``wrapperInit`` is given it: flat, every value a string; tables below it become dotted keys."""
    flat: dict[str, str] = {}
    for key, value in config.items():
        name = f"{under}{key}"
        if isinstance(value, Mapping):
            flat.update(texts(value, f"{name}."))
        elif isinstance(value, bool):
            flat[name] = "true" if value else "false"
        elif isinstance(value, list):
            flat[name] = ";".join(map(str, value))
        else:
            flat[name] = str(value)
    return flat


def answer(returned: Any, results: Iterable[Any], hook: str) -> list[Any]:
    """The nodes of whatever a call returned: a Response, a list of nodes, or a number beside a list it filled.

    Raises:
        Refusal: It returned an error's number.
        ServiceError: USER_ERROR, for what is none of these.
    """
    if isinstance(returned, bool) or returned is None:
        filled = list(results)
        if filled:
            return filled
        _refuse(hook, f"returned {returned}; expected a Response")
    if isinstance(returned, int):
        if returned:
            raise Refusal(returned)
        return list(results)
    if isinstance(returned, list | tuple):
        return list(returned)
    code = getattr(returned, "error_code", 0)
    if isinstance(code, int) and code:
        raise Refusal(code)
    listed = getattr(returned, "list", None)
    if listed is None:
        _refuse(hook, f"returned {type(returned).__name__}; expected a Response")
    return list(listed)


def replied(found: Iterable[Any], hook: str, *, once: bool) -> Reply:
    """Nodes as a reply.

    Args:
        once: Whether it is the whole answer: then every part is, whatever its status says.
    """
    parts = [_part(node, hook, once) for node in found if not _blank(node, once)]
    if once:
        if not parts:
            _refuse(hook, "returned a Response without any data")
        return Reply(tuple(parts))
    ended = any(part.stage in LAST for part in parts)
    return Reply(tuple(part for part in parts if part.key or part.data), Stage.END if ended else Stage.CONTINUE)


def error_of(code: int, text: str) -> ServiceError:
    """A wrapper's own error, with its number and its text."""
    said = f"{text or 'the wrapper gave no text'};code={code}"
    return ServiceError(Fault.USER_ERROR, said, executed=Executed.YES, code=code)


def _blank(node: Any, once: bool) -> bool:
    """The node an empty Response begins with; in a session also the one that readers give for "nothing yet"."""
    data = _of(node, "data", b"")
    if len(data) if hasattr(data, "__len__") else data is not None:
        return False
    status = _of(node, "status", 3)
    return (not _of(node, "key", "") and status == Stage.ONCE) or (not once and status in (Stage.BEGIN, Stage.CONTINUE))


def _part(node: Any, hook: str, once: bool) -> Part:
    key, data, kind, status = (_of(node, *each) for each in (("key", ""), ("data", b""), ("type", 0), ("status", 3)))
    if isinstance(data, str):
        data = data.encode()
    elif not isinstance(data, bytes):
        with contextlib.suppress(TypeError, ValueError):
            data = memoryview(data).tobytes()  # of an array, its numbers
    if not isinstance(data, bytes):
        _refuse(hook, f"returned {key!r} with data of type {type(data).__name__}; expected bytes or str")
    try:
        stage = Stage.ONCE if once else Stage(int(status))
        return Part(str(key), data, Kind(int(kind)), stage, None, texts(_of(node, "desc", {}) or {}))
    except (TypeError, ValueError):
        _refuse(hook, f"returned {key!r} of type {kind!r} and status {status!r}; expected 0 to 4, and 0 to 3")


def _of(node: Any, name: str, default: Any) -> Any:
    if isinstance(node, Mapping):
        return node.get(name, default)
    return getattr(node, name, default)


def _kind(part: Part, kinds: Mapping[str, int]) -> int:
    return kinds.get(part.key, int(part.kind)) if part.kind is Kind.OTHER else int(part.kind)


def _refuse(hook: str, text: str) -> NoReturn:
    raise ServiceError(Fault.USER_ERROR, f"{hook} {text}", executed=Executed.YES)
